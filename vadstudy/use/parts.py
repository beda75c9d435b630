"""The finished parts of a file that is being written, in a folder beside it: what a kill or a power cut leaves.

A part counts only with a record beside it, written after it, whose checksum is the part's: one that was cut short, or
never reached the disk, is made again.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vadstudy.disk import files
from vadstudy.errors import TableError


class Parts:
    """The folder ``.<OUT>.parts`` of an output file.

    Parameters
    ----------
    out : Path
        The output file.
    """

    def __init__(self, out: Path):
        self.folder = out.with_name(f".{out.name}.parts")

    def claim(self, call: dict[str, Any], overwrite: bool) -> None:
        """Make sure that the parts in the folder are of this call, a dict; with ``overwrite``, remove those of another.

        Raises
        ------
        TableError
            If parts of another call are in the way.
        """
        path = self.folder / "call.json"
        try:
            stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
            differing = [name for name in call if stored.get(name) != call[name]]
        except (ValueError, AttributeError) as error:
            if not overwrite:
                raise TableError(f"{path} is damaged ({error}); start anew with --overwrite") from error
            stored, differing = {}, list(call)
        if stored and differing and not overwrite:
            raise TableError(
                f"{self.folder} holds parts of another call, which differs in: {', '.join(differing)}; repeat that "
                "call, or start anew with --overwrite"
            )
        if differing:
            self.clear()
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_text(json.dumps(call), encoding="utf-8")
            files.replace(unfinished, path)

    def clear(self) -> None:
        """Remove what was written; the lock stays."""
        for path in self.folder.iterdir():
            if path.name != "lock":
                path.unlink()

    def path(self, i: int) -> Path:
        """Of the i-th part."""
        return self.folder / f"{i:07}.part"

    def record(self, i: int) -> Any:
        """What :meth:`add` was told of the i-th part; None if the part is not there, or not whole."""
        try:
            found = json.loads(self.path(i).with_suffix(".json").read_text(encoding="utf-8"))
            return found["told"] if found["sha256"] == files.sha256(self.path(i)) else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def add(self, i: int, write: Callable[[Path], None], told: Any) -> None:
        """Write the i-th part by ``write(path)``, then its record."""
        unfinished = self.path(i).with_suffix(".unfinished")
        try:
            write(unfinished)
            record = {"sha256": files.sha256(unfinished), "told": told}
            files.replace(unfinished, self.path(i))
            unfinished.write_text(json.dumps(record), encoding="utf-8")
            files.replace(unfinished, self.path(i).with_suffix(".json"))
        finally:
            unfinished.unlink(missing_ok=True)
