"""Where things lie: the project, its data, and what the package brings with it."""

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from vadstudy.errors import CorpusError, StorageError

#: The project's folder; the package is installed editable, so that it finds ``runs/`` and ``data/`` beside itself.
ROOT = Path(__file__).resolve().parents[1]
#: Files of the package.
PACKAGED = Path(__file__).parent / "data"
#: What the system says where there is no more room.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: What it says where one may not write.
FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)


def data_folder():
    """Folder of the local data: ``VADSTUDY_DATA`` if set, else the project's ``data/`` if there, else None.

    A relative ``VADSTUDY_DATA`` is taken from the working folder, else from the project's.
    """
    named = os.environ.get("VADSTUDY_DATA")
    if not named:
        return ROOT / "data" if (ROOT / "data").is_dir() else None
    for folder in (Path(named), ROOT / named):
        if folder.is_dir():
            return folder
    raise CorpusError(f"VADSTUDY_DATA names {named!r}, which is not a folder; correct it, or unset it")


def free_bytes(path: Path) -> int:
    """Bytes that are free on the disk on which ``path`` lies, or would lie."""
    return shutil.disk_usage(next(folder for folder in (path, *path.absolute().parents) if folder.exists())).free


@contextmanager
def writing(path: Path):
    """Context in which ``path`` is written; an ``OSError`` becomes a ``StorageError`` of one line that names it."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageError(
                f"{path} cannot be written: its disk is full ({free_bytes(path):,} bytes are free); "
                "make room, then give the same command again"
            ) from error
        if error.errno in FORBIDDEN:
            raise StorageError(
                f"{path} cannot be written ({error.strerror}): it or its folder is read-only or another user's; "
                "work in a copy of the project that is yours"
            ) from error
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error


def writable(folder: Path) -> Path:
    """The folder, made if it is missing; a ``StorageError`` if nothing can be written there."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return folder
