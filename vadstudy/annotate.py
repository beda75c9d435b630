"""Annotate a file: every text's VAD and emotion in new columns, in constant memory, to be resumed after a kill.

The rows are read in parts of :data:`PART`; each is written to the folder ``.<OUT>.parts`` when it is done, and a later
call with the same input and options goes on after them. The output appears whole, by one rename.
"""

import json
import os
import shutil
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from vadstudy import tabular
from vadstudy.emotions import EMOTIONS, VAD
from vadstudy.errors import TableError
from vadstudy.inference import quiet
from vadstudy.regressor import sha256

#: Rows of a part: what a kill costs at most, and how many texts are sorted by their length at a time.
PART = 1024


def new_columns(probabilities=False):
    """Schema of what is added: VAD, the most probable label, its probability, and ``p_<label>`` of all if asked."""
    shares = [f"p_{emotion}" for emotion in EMOTIONS if probabilities]
    numbers = [(name, pa.float32()) for name in (*VAD, "probability", *shares)]
    return pa.schema([*numbers[:3], ("emotion", pa.string()), *numbers[3:]])


def survey(path, column, keep=(), added=()):
    """Read a file once, to find what is wrong before hours of work: number of rows, and the schema of what is kept.

    Raises
    ------
    TableError
        If a column is not there, a text is not a string, a name is taken by a new column, or the file has no rows.
    """
    names, kinds, count = tabular.header(path), tabular.Kinds(), 0
    if names is not None and names:
        _has(path, names, column, *keep)
    if tabular.suffix(path) == ".parquet":
        schema, count = pq.read_schema(path).remove_metadata(), pq.read_metadata(path).num_rows
        found = schema.field(column).type
        if not (pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_string_view(found)):
            raise TableError(f"{path}: column {column!r} is {found}, expected text; name another with --column")
    else:
        for place, row in tabular.rows(path):
            count += 1
            if names is None:
                _has(f"{path}, {place}", row, column)
                if not isinstance(row[column], str | None):
                    raise TableError(f"{path}, {place}: {column!r} is {json.dumps(row[column])[:60]}, expected text")
            kinds.add(row)
        schema = kinds.schema()
    if not count:
        raise TableError(f"{path} holds no rows; expected a column {column!r} and a row for each text")
    _has(path, schema.names, *keep)
    schema = pa.schema([field for field in schema if field.name in keep or not keep])
    if taken := [name for name in schema.names if name in added]:
        raise TableError(f"{path} has the columns {', '.join(taken)} already, which are to be added; rename them, or "
                         "name those to copy with --keep")  # fmt: skip
    return count, schema


def _has(place, names, *wanted):
    for name in wanted:
        if name not in names:
            raise TableError(f"{place} has no column {name!r}; it has {', '.join(map(str, names))}")


@dataclass
class Annotation:
    """A file to annotate: checked when it is made, done by :meth:`run`; rows without text are copied and get nothing.

    Parameters
    ----------
    source, out : Path
        Files whose suffixes are among :data:`vadstudy.tabular.SUFFIXES`.
    column : str
        The column of texts.
    keep : sequence of str
        Columns to copy, by default all.
    probabilities : bool
        Add the probability of every label, too.
    overwrite : bool
        Replace ``out``, and parts of other calls.

    Raises
    ------
    TableError
        If an input or an option is wrong, or ``out`` exists.
    """

    source: Path
    out: Path
    column: str = "text"
    keep: tuple = ()
    probabilities: bool = False
    overwrite: bool = False

    def __post_init__(self):
        self.kind, added, folder = tabular.suffix(self.out), new_columns(self.probabilities), self.out.parent
        if not folder.is_dir():
            raise TableError(f"{self.out}: the folder {folder} is missing; make it, or name another")
        if self.out.exists() and (not self.overwrite or self.out.samefile(self.source)):
            raise TableError(f"{self.out} exists; name another file, or replace it with --overwrite (never the input)")
        self.rows, schema = survey(self.source, self.column, self.keep, added.names)
        self.schema = pa.schema([*schema, *added])

    def run(self, pipeline):
        """Annotate, or go on after the parts that are there.

        Returns
        -------
        dict
            ``rows``, ``empty`` (rows without text), ``read`` (rows that this call annotated) and its ``seconds``.

        Raises
        ------
        TableError
            If parts of another call are in the way, or another process writes the same file.
        """
        call = {"input": sha256(self.source), "column": self.column, "keep": list(self.keep), "part": PART,
                "probabilities": self.probabilities, **pipeline.fingerprint()}  # fmt: skip
        folder = self.out.with_name(f".{self.out.name}.parts")
        folder.mkdir(exist_ok=True)
        try:
            with FileLock(folder / "lock", timeout=0):
                self._claim(folder, call)
                summary = self._fill(pipeline, folder)
                tabular.join(sorted(folder.glob("*.part")), folder / "whole", self.kind, self.schema)
                os.replace(folder / "whole", self.out)
                shutil.rmtree(folder)
        except Timeout:
            raise TableError(f"{self.out} is being written by another process; wait for it, or name another file"
                             ) from None  # fmt: skip
        return summary

    def _claim(self, folder, call):
        """Make sure that the parts in the folder are of this call."""
        path = folder / "call.json"
        stored = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        differing = [name for name in call if stored.get(name) != call[name]]
        if stored and differing and not self.overwrite:
            raise TableError(f"{folder} holds parts of another call, which differs in: {', '.join(differing)}; repeat "
                             "that call, or start anew with --overwrite")  # fmt: skip
        if differing:
            for part in folder.glob("*.part"):
                part.unlink()
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_text(json.dumps(call), encoding="utf-8")
            os.replace(unfinished, path)

    def _fill(self, pipeline, folder):
        """Write the parts that are not there."""
        rows, empty, read, started = (row for _, row in tabular.rows(self.source)), 0, 0, time.perf_counter()
        done = min(self.rows, PART * len(list(folder.glob("*.part"))))
        with tqdm(total=self.rows, initial=done, desc="annotating", unit="text", disable=quiet()) as bar:
            for i in range(0, self.rows, PART):
                chunk = list(islice(rows, PART))
                empty += sum(not (row[self.column] or "").strip() for row in chunk)
                part = folder / f"{i // PART:07}.part"
                if not part.exists():
                    found = _annotated(pipeline, chunk, self.column, self.schema)
                    unfinished = part.with_suffix(".unfinished")
                    tabular.write_part(unfinished, self.kind, found, self.schema)
                    os.replace(unfinished, part)
                    bar.update(len(chunk))
                    read += len(chunk)
        return {"rows": self.rows, "empty": empty, "read": read, "seconds": time.perf_counter() - started}


def _annotated(pipeline, rows, column, schema):
    """Rows with the new columns, cut to those of the schema; numbers have four decimals in every format."""
    texts = [row[column] for row in rows if (row[column] or "").strip()]
    results = iter(())
    if texts:
        vad, proba = pipeline.arrays(texts, progress=False)
        best = proba.argmax(axis=1)
        numbers = np.round(np.column_stack([vad, proba.max(axis=1), proba]).astype(float), 4).tolist()
        names = [*VAD, "probability", *(f"p_{emotion}" for emotion in EMOTIONS)]
        results = (dict(zip(names, row, strict=True)) | {"emotion": EMOTIONS[i]}
                   for i, row in zip(best, numbers, strict=True))  # fmt: skip
    out, wanted, added = [], set(schema.names), new_columns(probabilities="p_neutral" in schema.names).names
    for row in rows:
        found = next(results) if (row[column] or "").strip() else {}
        copied = {name: value for name, value in row.items() if name in wanted}
        out.append(copied | {name: found.get(name) for name in added})
    return out
