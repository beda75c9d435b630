"""What an output was made from, in a record beside it, by which a later call knows whether it is there and right."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vadstudy.disk import files
from vadstudy.errors import TableError

#: Folder beside the outputs: records, locks, and what Slurm's jobs wrote.
RECORDS = ".vadstudy"


@dataclass(frozen=True)
class Made:
    """What decides an output: the input's SHA-256, the options, and what the model is, both as JSON values."""

    input: str
    options: Mapping[str, Any]
    model: Mapping[str, Any]


class Record:
    """The record of an output: what it was made from, and its SHA-256; for who holds the lock.

    It is written after the output is in its place, so that what it says was there.

    Parameters
    ----------
    out : Path
        The output file; the record is ``.vadstudy/<NAME>.json`` in its folder.

    Attributes
    ----------
    lock : Path
        The file whose lock is held by who makes the output.
    """

    def __init__(self, out: Path):
        self.out, self.path = out, out.parent / RECORDS / f"{out.name}.json"
        self.lock = self.path.with_suffix(".lock")

    def why(self, made: Made, overwrite: bool = False) -> str | None:
        """Why the output is to be made, in words, none if it never was; None if it is there and right.

        Raises
        ------
        TableError
            If it is there without a record, and not to be overwritten: somebody else made it.
        """
        if not self.path.exists():
            if self.out.exists() and not overwrite:
                raise TableError(
                    f"{self.out} was not made by this command; move it away, or replace it with --overwrite"
                )
            return ""
        try:
            stored = json.loads(self.path.read_text(encoding="utf-8"))
            if stored == {}:
                return ""
            before, output = Made(stored["input"], stored["options"], stored["model"]), stored["output"]
            changed = ["its content changed"] if before.input != made.input else []
            for name in ("options", "model"):
                if differing := _differing(getattr(before, name), getattr(made, name)):
                    changed.append(f"other {name}: {differing}")
        except (ValueError, LookupError, TypeError, AttributeError):
            return "its record was damaged"
        if not self.out.exists():
            changed.append("its output was gone")
        elif not changed and files.sha256(self.out) != output:
            changed.append("its output was damaged or edited")
        return "; ".join(changed) or None

    def begin(self) -> None:
        """Say that the output is to be made here: one that is found without a record is somebody else's."""
        files.clean(self.path)
        if not self.path.exists():
            files.write(self.path, b"{}\n")

    def end(self, made: Made) -> None:
        """Say what the output, which is in its place now, was made from."""
        stored = asdict(made) | {"output": files.sha256(self.out)}
        files.write(self.path, (json.dumps(stored, indent=1) + "\n").encode())


def _differing(one, other):
    return ", ".join(sorted(name for name in {*one, *other} if one.get(name) != other.get(name)))
