"""Files of rows, read and written in constant memory: CSV, TSV, JSON lines and Parquet, by their suffix.

A row is a dict. CSV and TSV have strings only; a cell of them that holds anything else is written as JSON.
"""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq

from vadstudy.errors import TableError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
#: TSV knows no quotes: tabs and line breaks in a field become spaces.
DIALECTS = {".csv": dict(strict=True, lineterminator="\n"),
            ".tsv": dict(delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")}  # fmt: skip
TAB_BREAKS = str.maketrans("\t\r\n", "   ")
#: Rows of a row group of Parquet files that are written.
GROUP = 65_536


def suffix(path):
    """A path's suffix, one of :data:`SUFFIXES`; a ``TableError`` lists them."""
    if path.suffix.lower() not in SUFFIXES:
        raise TableError(f"{path} has the suffix {path.suffix!r}, expected one of {', '.join(SUFFIXES)}; rename it, or "
                         "convert it")  # fmt: skip
    return path.suffix.lower()


def rows(path):
    """Yield (place, row) of each row, the place as "line 7" or "row 7", counted from 1.

    Raises
    ------
    TableError
        If the file is missing, empty, not UTF-8, or a line is malformed.
    """
    kind = suffix(path)
    try:
        if kind == ".parquet":
            yield from _parquet(path)
        else:
            with open(path, encoding="utf-8-sig", newline="") as file:
                yield from (_json_lines if kind == ".jsonl" else _separated)(path, file)
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is not UTF-8 ({error}); convert it, for example with `iconv -f latin1 -t utf-8`"
                         ) from error  # fmt: skip
    except (OSError, pa.ArrowInvalid) as error:
        raise TableError(f"{path} cannot be read: {error}") from error


def _parquet(path):
    count = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(1024):
            for row in batch.to_pylist():
                count += 1
                yield f"row {count}", row


def _json_lines(path, file):
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                row = json.loads(line.rstrip())
            except ValueError as error:
                what = getattr(error, "msg", error)
                raise TableError(f"{path}, line {number} is not JSON ({what}); correct or remove it") from error
            if not isinstance(row, dict):
                raise TableError(f'{path}, line {number} is {type(row).__name__}, expected an object such as '
                                 '{"text": "..."}')  # fmt: skip
            yield f"line {number}", row


def _separated(path, file):
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(file, **DIALECTS[suffix(path)])
    names = next(reader, None)
    if names is not None and len(set(names)) < len(names):
        raise TableError(f"{path}, line 1: the header names a column twice: {', '.join(names)}; rename one")
    line = reader.line_num + 1
    while (cells := _next(path, reader)) is not None:
        if cells:
            if len(cells) != len(names):
                raise TableError(f"{path}, line {line} has {len(cells)} columns, the header {len(names)}; correct it "
                                 "(a field with a comma or a line break needs quotes)")  # fmt: skip
            yield f"line {line}", dict(zip(names, cells, strict=True))
        line = reader.line_num + 1


def _next(path, reader):
    try:
        return next(reader, None)
    except csv.Error as error:
        raise TableError(f"{path}, line {reader.line_num}: {error}; correct it") from error


def header(path):
    """Column names of a CSV or TSV file or a Parquet file; None for JSON lines, where each line has its own."""
    kind = suffix(path)
    if kind == ".parquet":
        try:
            return pq.read_schema(path).names
        except (OSError, pa.ArrowInvalid) as error:
            raise TableError(f"{path} cannot be read: {error}") from error
    if kind == ".jsonl":
        return None
    with open(path, encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file, **DIALECTS[kind]), [])


class Kinds:
    """Which Arrow type holds all values of each column that were seen; text where they are mixed or nested."""

    def __init__(self):
        self.seen = {}

    def add(self, row):
        """Take note of a row's columns and of the kinds of their values."""
        for name, value in row.items():
            kind = type(value)
            if kind is int and abs(value) > 2**53:
                kind = "long" if abs(value) < 2**63 else object
            self.seen.setdefault(name, set()).add(kind)

    def schema(self):
        """The columns, in the order of their first appearance, with their types."""
        return pa.schema([(name, self._type(kinds - {type(None)})) for name, kinds in self.seen.items()])

    @staticmethod
    def _type(kinds):
        for allowed, found in (({bool}, pa.bool_()), ({int, "long"}, pa.int64()), ({int, float}, pa.float64())):
            if kinds and kinds <= allowed:
                return found
        return pa.string()


def as_text(value):
    """A value as text: nothing for None, JSON for numbers, lists and dicts."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | int | float | list | dict) else str(value)


def write_part(path, kind, rows, schema):
    """Write rows (dicts) without a header in the format ``kind``, one of :data:`SUFFIXES`."""
    if kind == ".parquet":
        texts = [field.name for field in schema if field.type == pa.string()]
        for row in rows:
            row |= {name: as_text(row[name]) for name in texts if row.get(name) is not None}
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
        return
    with open(path, "w", encoding="utf-8", newline="") as file:
        if kind == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
        else:
            cells = ([as_text(row.get(name)) for name in schema.names] for row in rows)
            if kind == ".tsv":
                cells = ([cell.translate(TAB_BREAKS) for cell in row] for row in cells)
            csv.writer(file, **DIALECTS[kind]).writerows(cells)


def join(parts, path, kind, schema):
    """Write a file from its parts, with a header where the format has one."""
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
        if kind != ".jsonl":
            start = path.with_name("header")
            write_part(start, kind, [dict(zip(schema.names, schema.names, strict=True))], schema)
            out.write(start.read_bytes())
        for part in parts:
            out.write(part.read_bytes())
