"""Rows written to CSV, TSV, JSON lines and Parquet: which types their columns have, parts of a file, and the whole."""

import codecs
import csv
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vadstudy.use.arrow import as_rows
from vadstudy.use.tabular import DIALECTS

TAB_BREAKS = str.maketrans("\t\r\n", "   ")
#: Rows of a row group of Parquet files that are written.
GROUP = 65_536


class Kinds:
    """Which Arrow type holds all values of each column that were seen; text where they are mixed or nested."""

    def __init__(self):
        self.seen: dict[str, set] = {}

    def add(self, row: dict[str, Any]) -> None:
        """Take note of a row's columns and of the kinds of their values."""
        for name, value in row.items():
            kind: type | str = type(value)
            if kind is int and abs(value) > 2**53:
                kind = "long" if abs(value) < 2**63 else object
            self.seen.setdefault(name, set()).add(kind)

    def schema(self) -> pa.Schema:
        """The columns, in the order of their first appearance, with their types."""
        return pa.schema([(name, self._type(kinds - {type(None)})) for name, kinds in self.seen.items()])

    @staticmethod
    def _type(kinds):
        for allowed, found in (({bool}, pa.bool_()), ({int, "long"}, pa.int64()), ({int, float}, pa.float64())):
            if kinds and kinds <= allowed:
                return found
        return pa.string()


def as_json(value: Any) -> str:
    """A value as JSON: what it has no type for, such as a date, as text; NaN and infinity, which it lacks, as null."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=str)


def _finite(value):
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_text(value: Any) -> str:
    """A value as text: nothing for None, JSON for lists and dicts, ``true`` or ``NaN`` as JSON's readers know them."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return as_json(value) if isinstance(value, list | tuple | dict) else str(value)


class _Lines:
    r"""A file whose lines end with ``\n``, for a writer that ends them with ``\r\n``."""

    def __init__(self, file):
        self.file = file

    def write(self, line):
        self.file.write(line.removesuffix("\r\n") + "\n")


def write_part(path: Path, kind: str, rows: pa.Table | list[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows, a list of dicts or an Arrow table, without a header in the format ``kind``, one of the suffixes."""
    if kind == ".parquet":
        pq.write_table(rows if isinstance(rows, pa.Table) else _table(rows, schema), path, write_page_checksum=True)
        return
    if isinstance(rows, pa.Table):
        rows = as_rows(rows, path)
    with open(path, "w", encoding="utf-8", newline="") as file:
        if kind == ".jsonl":
            file.writelines(as_json(row) + "\n" for row in rows)
        else:
            cells = ([as_text(row.get(name)) for name in schema.names] for row in rows)
            if kind == ".tsv":
                cells = ([cell.translate(TAB_BREAKS) for cell in row] for row in cells)
            csv.writer(_Lines(file), **DIALECTS[kind]).writerows(cells)


def _table(rows, schema):
    texts = [field.name for field in schema if field.type == pa.string()]
    for row in rows:
        row |= {name: as_text(row[name]) for name in texts if row.get(name) is not None}
    return pa.Table.from_pylist(rows, schema=schema)


def join(parts: Iterable[Path], path: Path, kind: str, schema: pa.Schema, mark: bool = False) -> None:
    """Write a file from its parts, with a header where the format has one, after a byte order mark if asked."""
    if kind == ".parquet":
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            held = []
            for part in parts:
                held.append(pq.read_table(part, schema=schema))
                if sum(map(len, held)) >= GROUP:
                    writer.write_table(pa.concat_tables(held).combine_chunks(), GROUP)
                    held = []
            if held:
                writer.write_table(pa.concat_tables(held).combine_chunks(), GROUP)
        return
    with open(path, "wb") as out:
        out.write(codecs.BOM_UTF8 * mark)
        if kind != ".jsonl":
            start = path.with_name("header")
            write_part(start, kind, [dict(zip(schema.names, schema.names, strict=True))], schema)
            out.write(start.read_bytes())
        for part in parts:
            out.write(part.read_bytes())
