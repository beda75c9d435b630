"""Where things lie: the project, its data, and what the package brings with it."""

import os
from pathlib import Path

from vadstudy.errors import CorpusError

#: The project's folder; the package is installed editable, so that it finds ``runs/`` and ``data/`` beside itself.
ROOT = Path(__file__).resolve().parents[1]
#: Folder of what can be made again; ``VADSTUDY_BUILD`` names another.
BUILD = Path(os.environ.get("VADSTUDY_BUILD") or ROOT / "build").resolve()
#: Files of the package.
PACKAGED = Path(__file__).parent / "data"


def data_folder() -> Path | None:
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


def notebooks(folder: Path = ROOT / "notebooks") -> list[Path]:
    """The paper's notebooks in a folder, in their order: all with a number but 00, the explorer's."""
    return sorted(path for path in folder.glob("[0-9][0-9]_*.ipynb") if not path.name.startswith("00_"))
