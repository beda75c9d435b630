"""Files that are written whole or not at all, and said in one line where they cannot be."""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from vadstudy.errors import WriteError

#: What the system says where there is no more room.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ADVICE = {
    errno.ENOSPC: "free some space on that disk",
    errno.EDQUOT: "free some space of your quota",
    errno.EFBIG: "raise the limit of a file's size",
    errno.EROFS: "it is read-only; work in a copy of the project where you may write",
    errno.EACCES: "ask its owner for the right to write, or work in a copy of the project of your own",
    errno.EPERM: "ask its owner for the right to write, or work in a copy of the project of your own",
}


def write(path: Path, data: bytes, mtime: float | None = None) -> None:
    """Put a file in its place, on disk, by one rename; its folder is made if missing, its mode is what the umask gives.

    Until then the data is under a hidden name beside it, ``.NAME.PID.part``, which a killed process leaves behind.

    Parameters
    ----------
    mtime : float, optional
        The file's date, in seconds since 1970, if not now.

    Raises
    ------
    WriteError
        If it cannot be written: the disk is full, the folder read-only or another user's. What was there stays.
    """
    write_all({path: data}, mtime)


def write_all(contents: dict[Path, bytes], mtime: float | None = None) -> None:
    """Put several files in their places, none before all are on disk; else as :func:`write`, in their order."""
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in contents}
    try:
        for path, part in parts.items():
            with writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(part, contents[path], mtime)
        for path, part in parts.items():
            with writing(path):
                os.replace(part, path)
    finally:
        for part in parts.values():
            with contextlib.suppress(OSError):
                part.unlink()


def _write(part, data, mtime):
    with open(part, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if mtime is not None:
        os.utime(part, (mtime, mtime))


def clean(path: Path) -> None:
    """Remove what killed writers of a file left beside it; for callers who hold its lock."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(OSError):
            part.unlink()


def check(folder: Path) -> None:
    """Raise a ``WriteError`` if a folder cannot be made or written to: before the work, not after it."""
    # Not by Path.exists, which raises for what may not be looked into.
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.exists(each))
    if not there.is_dir():
        raise unwritable(folder, NotADirectoryError(errno.ENOTDIR, f"{there} is no folder"))
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        code = errno.EROFS if os.statvfs(there).f_flag & os.ST_RDONLY else errno.EACCES
        raise unwritable(folder, OSError(code, os.strerror(code)))


def writable(folder: Path) -> Path:
    """The folder, made if it is missing; a ``WriteError`` if nothing can be written there."""
    check(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Context in which ``path`` is written; an ``OSError`` becomes a ``WriteError`` of one line that names it."""
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error


def replace(part: Path, path: Path) -> None:
    """Put a finished file in the place of another, by one rename, after its content is on the disk."""
    sync(part)
    os.replace(part, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have a file, or the entries of a folder, written to the disk itself, not only to the system's memory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_bytes(path: Path) -> int:
    """Bytes that are free on the disk on which ``path`` lies, or would lie."""
    return shutil.disk_usage(next(folder for folder in (path, *path.absolute().parents) if folder.exists())).free


def unwritable(path: Path, error: OSError) -> WriteError:
    """The error of one line that says what cannot be written, why, and what helps."""
    advice = ADVICE.get(error.errno or 0, f"look at {path.parent}")
    room = f", {free_bytes(path):,} bytes are free" if error.errno in FULL else ""
    return WriteError(f"{path} cannot be written ({error.strerror or error}{room}); {advice}, then try again")
