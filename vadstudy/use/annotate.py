"""Annotate a file: every text's VAD and emotion in new columns, in constant memory, to be resumed after a kill.

The rows are read in parts of :data:`PART`; each is written to the folder ``.<OUT>.parts`` when it is done, and a later
call with the same input and options goes on after them. The output appears whole, by one rename.
"""

import errno
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from vadstudy.disk import files
from vadstudy.errors import TableError
from vadstudy.use import tabular, writing
from vadstudy.use.columns import COUNTS, annotated, new_columns
from vadstudy.use.parts import Parts
from vadstudy.use.survey import survey

if TYPE_CHECKING:
    from vadstudy.use.pipeline import EmotionPipeline

#: Rows of a part: what a kill costs at most, and how many texts are sorted by their length at a time.
PART = 1024


@dataclass
class Annotation:
    """A file to annotate: checked when it is made, done by :meth:`run`.

    Rows without text are copied and get nothing; those in whose text the model knows no sign get flags alone.

    Parameters
    ----------
    source, out : Path
        Files whose suffixes are among :data:`vadstudy.use.tabular.SUFFIXES`.
    column : str
        The column of texts.
    keep : sequence of str
        Columns to copy, by default all.
    probabilities : bool
        Add the probability of every label, too.
    overwrite : bool
        Replace ``out``, and parts of other calls.
    encoding : str, optional
        Of a source that is not UTF-8, such as ``cp1252``; what is written is UTF-8.
    ranks : bool
        The classifier only ranks the labels: there are no columns ``probability`` and ``uncertain``.
    several : bool
        Add the column ``emotions``: all labels that are likely enough, the best first, as in ``joy;love``.
    excel : bool
        Begin ``out``, a CSV file, with the byte order mark by which Excel knows that it is UTF-8.
    own : sequence of str
        Names of the pipeline's own labels: adds the columns ``label`` and ``label_score``, and, with ``probabilities``,
        ``score_<label>`` of each.

    Raises
    ------
    TableError
        If an input or an option is wrong, or ``out`` exists.
    """

    source: Path
    out: Path
    column: str = "text"
    keep: Sequence[str] = ()
    probabilities: bool = False
    overwrite: bool = False
    encoding: str | None = None
    ranks: bool = False
    several: bool = False
    excel: bool = False
    own: Sequence[str] = ()

    def __post_init__(self):
        if self.ranks and self.probabilities:
            raise TableError(
                "an SVM ranks the emotions and has no probabilities: leave --probabilities out, or use 1nn"
            )
        self.kind, folder = tabular.suffix(self.out), self.out.parent
        if not folder.is_dir():
            raise TableError(f"{self.out}: the folder {folder} is missing; make it, or name another")
        if self.out.exists() and (not self.overwrite or self.out.samefile(self.source)):
            raise TableError(f"{self.out} exists; name another file, or replace it with --overwrite (never the input)")
        if self.excel and self.kind != ".csv":
            raise TableError(f"{self.out} is {self.kind}, and the mark for Excel is of .csv files; leave --excel out")
        self.added = new_columns(self.probabilities, self.ranks, self.several, self.own)
        self._surveyed = _state(self.source)
        self.rows, self.kept = survey(self.source, self.column, self.keep, self.added.names, self.kind, self.encoding)
        self.schema = pa.schema([*self.kept, *self.added])

    def run(self, pipeline: "EmotionPipeline") -> dict[str, Any]:
        """Annotate, or go on after the parts that are there.

        Returns
        -------
        dict
            ``rows``; ``empty``, rows without text; ``unknown``, rows in whose text the model knows no sign; ``cut``,
            texts of which it read the beginning only; ``foreign``, texts that are not English; ``read``, rows
            that this call annotated, and its ``seconds``.

        Raises
        ------
        TableError
            If parts of another call are in the way, another process writes the same file, the source was changed
            meanwhile, or something cannot be written.
        """
        if pipeline.ranks_only and not self.ranks:
            raise TableError("the pipeline's classifier only ranks the emotions; pass ranks=True")
        if self.several and pipeline.several is None:
            raise TableError('the pipeline names one emotion a text; make it with labels="several"')
        if (own := pipeline.own.names if pipeline.own else ()) != tuple(self.own):
            raise TableError(f"the pipeline's own labels are {', '.join(own) or 'none'}; pass their names as own")
        self._input, parts = self._digest(), Parts(self.out)
        if _state(self.source) != self._surveyed:
            raise TableError(f"{self.source} was changed while it was read; the same command starts anew")
        call = {
            "input": self._input,
            "column": self.column,
            "keep": list(self.keep),
            "part": PART,
            "probabilities": self.probabilities,
            "encoding": self.encoding,
            "ranks": self.ranks,
            "several": self.several,
            **pipeline.fingerprint(),
        }
        try:
            parts.folder.mkdir(exist_ok=True)
            with FileLock(parts.folder / "lock", timeout=0):
                parts.claim(call, self.overwrite)
                summary = self._fill(pipeline, parts)
                self._finish(parts)
        except Timeout:
            raise TableError(
                f"{self.out} is being written by another process; wait for it, or name another file"
            ) from None
        except OSError as error:
            raise TableError(self._unwritten(parts, error)) from error
        return summary

    def _fill(self, pipeline, parts):
        """Write the parts that are not there, or not whole."""
        chunks, started = tabular.chunks(self.source, PART, self.encoding), time.perf_counter()
        sizes = [min(PART, self.rows - start) for start in range(0, self.rows, PART)]
        told = [parts.record(i) for i in range(len(sizes))]
        done = sum(size for size, found in zip(sizes, told, strict=True) if found)
        with tqdm(total=self.rows, initial=done, desc="annotating", unit="text") as bar:
            for i, (size, chunk) in enumerate(zip(sizes, chain(chunks, repeat(())), strict=False)):
                self._unchanged(parts, len(chunk) == size)
                if not told[i]:
                    rows, told[i] = annotated(pipeline, chunk, self.column, self.kept, self.added)
                    write = partial(writing.write_part, kind=self.kind, rows=rows, schema=self.schema)
                    parts.add(i, write, told[i])
                    bar.update(size)
        counts = {name: sum(found[name] for found in told) for name in COUNTS}
        return {"rows": self.rows, **counts, "read": self.rows - done, "seconds": time.perf_counter() - started}

    def _finish(self, parts):
        """Put the parts together, unless the source is not any more what they were made from."""
        whole = parts.folder / "whole"
        writing.join([parts.path(i) for i in range(-(-self.rows // PART))], whole, self.kind, self.schema, self.excel)
        if self.kind == ".parquet" and (found := pq.read_metadata(whole).num_rows) != self.rows:
            raise TableError(f"{whole} has {found} rows, expected {self.rows}; start anew with --overwrite")
        self._unchanged(parts, self._digest() == self._input)
        if self.out.exists() and not self.overwrite:
            raise TableError(f"{self.out} was made by somebody else; move it away, and the same command goes on")
        files.replace(whole, self.out)
        shutil.rmtree(parts.folder, ignore_errors=True)

    def _digest(self):
        try:
            return files.sha256(self.source)
        except OSError as error:
            raise TableError(f"{self.source} cannot be read: {error}") from error

    def _unchanged(self, parts, right):
        """Make sure that the source is the file that was surveyed: else it is not known what the parts are made of."""
        if right and (state := _state(self.source)) != self._surveyed:
            right, self._surveyed = self._digest() == self._input, state
        if not right:
            parts.clear()
            raise TableError(
                f"{self.source} was changed while it was read, and nothing was written; the same command starts anew"
            )

    def _unwritten(self, parts, error):
        kept = min(PART * len(list(parts.folder.glob("*.part"))), self.rows)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        todo = "make room" if full else "make its folder writable, or name another file"
        return (
            f"{self.out} cannot be written ({error.strerror or error}); {kept:,} of {self.rows:,} rows are kept in "
            f"{parts.folder}: {todo}, and the same command goes on"
        )


def counted(summary: dict[str, Any], max_length: int) -> str:
    """What :meth:`Annotation.run` counted, in words; ``max_length`` is how many tokens of a text are read."""
    said = f"{summary['rows']:,} rows, {summary['empty']:,} of them without text"
    if summary["unknown"]:
        said += f", {summary['unknown']:,} with a text in which the model knows no sign"
    if summary["cut"]:
        said += f"; {summary['cut']:,} texts cut after {max_length} tokens"
    if summary["foreign"]:
        said += f"; {summary['foreign']:,} texts not English"
    rate = summary["read"] / max(summary["seconds"], 1e-9)
    return f"{said}; {summary['read']:,} annotated just now, {rate:,.0f} a second"


def _state(path):
    """What changes with a file's content, unless somebody takes care that it does not; None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
