"""What a notebook read, made and wrote: JSON beside the executed notebooks, from which the report knows it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from vadstudy.disk import files
from vadstudy.errors import ReportError


@dataclass(frozen=True)
class Manifest:
    """A notebook's account of itself, written by its last cell.

    Attributes
    ----------
    notebook : str
        The notebook's name, without its suffix.
    outputs : dict
        For each file that it wrote, by its path from the profile's folder: ``sha256``, and ``cell``, the number of the
        cell that wrote it (null outside a kernel).
    read, made : dict
        For each run that was read from the record, or made just now, by ``RECIPE/seedK``, or ``PROFILE/RECIPE/seedK``
        where it is another profile's: ``date`` and ``digest``.
    """

    notebook: str
    outputs: dict
    read: dict
    made: dict

    @property
    def runs(self) -> dict:
        """All runs that the notebook's numbers rest on."""
        return self.read | self.made

    def figures(self, cell: int) -> list[str]:
        """Names of the figures that a cell wrote, in their order."""
        return [Path(path).stem for path, of in self.outputs.items() if path.endswith(".png") and of["cell"] == cell]


def write(folder: Path, root: Path, notebook: str, outputs: Mapping, read: Mapping, made: Mapping) -> Path:
    """Write a notebook's manifest to ``folder/NOTEBOOK.json``; ``outputs`` maps each file below ``root`` to its cell.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    named = {
        path.relative_to(root).as_posix(): {"sha256": files.sha256(path), "cell": cell}
        for path, cell in outputs.items()
    }
    runs = [{f"{name}/seed{seed}": of for (name, seed), of in each.items()} for each in (read, made)]
    path = folder / f"{notebook}.json"
    files.write(path, (json.dumps(asdict(Manifest(notebook, named, *runs)), indent=1) + "\n").encode())
    return path


def read(notebooks: Iterable[Path], again: str) -> dict[Path, Manifest]:
    """The manifest of each executed notebook; a ``ReportError`` says which has none, and that ``again`` helps."""
    found = {}
    for path in notebooks:
        place = path.with_suffix(".json")
        try:
            found[path] = Manifest(**json.loads(place.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise ReportError(
                f"{path} has no manifest, {place.name} beside it, which its last cell writes; {again}"
            ) from error
        except (OSError, ValueError, TypeError) as error:
            raise ReportError(f"{place} is no manifest ({error}); {again}") from error
    return found
