"""Files of rows, read in constant memory: CSV, TSV, JSON lines and Parquet, by their suffix.

A row is a dict. CSV and TSV have strings only. What is read from Parquet stays in Arrow's types, because Python's hold
neither every date nor nanoseconds.
"""

import codecs
import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from vadstudy.disk import sniff
from vadstudy.errors import TableError
from vadstudy.use.arrow import as_rows, once, schema, tables

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
#: TSV knows no quotes: tabs and line breaks in a field become spaces. Lines are written with ``\n`` alone; the writer
#: is told otherwise, because it puts quotes around a lone ``\r`` only where that is part of a line's end.
DIALECTS: dict[str, dict[str, Any]] = {
    ".csv": dict(strict=True, lineterminator="\r\n"),
    ".tsv": dict(delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\r\n"),
}
#: The encodings of what :func:`vadstudy.disk.sniff.looks_like` tells apart.
ENCODINGS = {
    "Windows-1252 text": "cp1252",
    "UTF-16 text": "utf-16",
    "UTF-16LE text": "utf-16-le",
    "UTF-16BE text": "utf-16-be",
    "UTF-32 text": "utf-32",
}


def suffix(path: Path) -> str:
    """A path's suffix, one of :data:`SUFFIXES`; a ``TableError`` lists them."""
    if path.suffix.lower() not in SUFFIXES:
        hint = sniff.advice(path) if path.is_file() else ""
        expected = f"expected one of {', '.join(SUFFIXES)}"
        raise TableError(f"{path} has the suffix {path.suffix!r}, {expected}; rename it, or convert it{hint}")
    return path.suffix.lower()


def codec(path: Path, encoding: str | None = None) -> str:
    """The codec that a file of text is read with, UTF-8 if none is named; a ``TableError`` if it is unknown."""
    if encoding is not None and suffix(path) == ".parquet":
        raise TableError(f"{path} is Parquet, whose texts are UTF-8; leave --encoding {encoding} out")
    try:
        "".encode(encoding or "utf-8")
        name = codecs.lookup(encoding or "utf-8").name
    except (LookupError, ValueError):
        raise TableError(f"unknown encoding {encoding!r}; expected utf-8, cp1252, latin-1, utf-16, ...") from None
    return "utf-8-sig" if name == "utf-8" else name


def half_character(text: str) -> str | None:
    """The first half of a character in a text, which no UTF-8 file can hold (a lone surrogate); None if it is whole."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return text[error.start]
    return None


def rows(path: Path, encoding: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, row) of each row, the place as "line 7" or "row 7", counted from 1.

    Raises
    ------
    TableError
        If the file is missing, empty, not in the encoding, or a line is malformed.
    """
    if suffix(path) == ".parquet":
        found = (row for table in tables(path, 1024) for row in as_rows(table, path))
        yield from ((f"row {number}", row) for number, row in enumerate(found, 1))
    else:
        yield from _text(path, _json_lines if suffix(path) == ".jsonl" else _separated, encoding)


def chunks(path: Path, size: int, encoding: str | None = None) -> Iterator[pa.Table | list[dict[str, Any]]]:
    """Yield a file in pieces of so many rows: Arrow tables of Parquet, lists of rows of the others."""
    if suffix(path) == ".parquet":
        yield from tables(path, size)
    else:
        found = (row for _, row in rows(path, encoding))
        while chunk := list(islice(found, size)):
            yield chunk


def header(path: Path, encoding: str | None = None) -> list[str] | None:
    """Column names of a CSV or TSV file or a Parquet file; None for JSON lines, where each line has its own."""
    if suffix(path) == ".parquet":
        return schema(path).names
    if suffix(path) == ".jsonl":
        return None
    return next(_text(path, lambda *opened: iter([_names(path, _reader(*opened)) or []]), encoding))


def _text(path, read, encoding):
    """Yield what ``read`` yields of a file of text; of one that cannot be decoded, tell what it looks like."""
    name = codec(path, encoding)
    try:
        if encoding is None:
            with open(path, "rb") as file:
                # Zeros are valid UTF-8, and what a workbook or UTF-16 has many of.
                if b"\0" in file.read(4096) and (kind := sniff.looks_like(path)):
                    raise TableError(f"{path} is not UTF-8{_offer(path, kind)}")
        with open(path, encoding=name, newline="") as file:
            yield from read(path, file)
    except UnicodeError as error:
        if encoding is not None:
            raise TableError(f"{path} is not {encoding} ({error}); name its own with --encoding") from error
        raise TableError(f"{path} is not UTF-8 (line {_undecodable(path)}){_offer(path)}") from error
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error}") from error


def _offer(path, kind=None):
    kind = kind or sniff.looks_like(path)
    encoding = ENCODINGS.get(kind)
    return sniff.advice(path) + (f", or read it as it is with --encoding {encoding}" if encoding else "")


def _undecodable(path):
    """Number of the first line that is not UTF-8."""
    with open(path, "rb") as file:
        return next((i for i, line in enumerate(file, 1) if line.decode(errors="ignore").encode() != line), "unknown")


def _object(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"an object has {next(name for name in names if names.count(name) > 1)!r} twice")
    return found


def _json_lines(path, file):
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                row = json.loads(line.rstrip(), object_pairs_hook=_object)
            except (ValueError, RecursionError) as error:
                what = getattr(error, "msg", error)
                raise TableError(f"{path}, line {number} is not JSON ({what}); correct or remove it") from error
            if not isinstance(row, dict):
                raise TableError(
                    f'{path}, line {number} is {type(row).__name__}, expected an object such as {{"text": "..."}}'
                )
            yield f"line {number}", row


def _reader(path, file):
    csv.field_size_limit(2**31 - 1)
    return csv.reader(file, **DIALECTS[suffix(path)])


def _names(path, reader):
    """The header; None of a file without a line."""
    names = _next(path, reader)
    if names == []:
        raise TableError(f"{path}, line 1 is blank; expected a header, the names of the columns")
    once(f"{path}, line 1", names or [])
    return names


def _separated(path, file):
    reader = _reader(path, file)
    names = _names(path, reader)
    line = reader.line_num + 1
    while (cells := _next(path, reader)) is not None:
        # A blank line is no row, unless an empty cell is all that a row has.
        if not cells and len(names) == 1:
            cells = [""]
        if cells:
            if len(cells) != len(names):
                raise TableError(
                    f"{path}, line {line} has {len(cells)} columns, the header {len(names)}; correct it (a field with "
                    "a comma or a line break needs quotes)"
                )
            yield f"line {line}", dict(zip(names, cells, strict=True))
        line = reader.line_num + 1


def _next(path, reader):
    try:
        return next(reader, None)
    except csv.Error as error:
        raise TableError(f"{path}, line {reader.line_num}: {error}; correct it") from error
