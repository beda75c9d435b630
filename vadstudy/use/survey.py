"""A file of texts read once before it is annotated: what is wrong in it is found before hours of work, not after."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from vadstudy.disk import sniff
from vadstudy.errors import TableError
from vadstudy.use import arrow, tabular, writing

#: Rows of a Parquet file that are looked at at a time.
ROWS = 8192


def survey(
    path: Path,
    column: str,
    keep: Sequence[str] = (),
    added: Sequence[str] = (),
    kind: str = ".parquet",
    encoding: str | None = None,
) -> tuple[int, pa.Schema]:
    """Read a file once, to find what is wrong before hours of work: number of rows, and the schema of what is kept.

    Raises
    ------
    TableError
        If a column is not there, a text is not a string, a name is taken by a new column, the file has no rows, or
        holds what cannot be written in the format ``kind``.
    """
    tabular.codec(path, encoding)
    names = tabular.header(path, encoding)
    if names:
        _has(path, names, column, *keep, hint=sniff.advice if encoding is None else None)
    if tabular.suffix(path) == ".parquet":
        count, schema = _survey_parquet(path, column, keep or names, kind)
    else:
        count, schema = _survey_text(path, column, keep, names, encoding)
    if not count:
        raise TableError(f"{path} holds no rows; expected a column {column!r} and a row for each text")
    _has(path, schema.names, *keep)
    schema = pa.schema([field for field in schema if field.name in keep or not keep])
    if taken := [name for name in schema.names if name in added]:
        raise TableError(
            f"{path} has the columns {', '.join(taken)} already, which are to be added; rename them, or name those to "
            "copy with --keep"
        )
    return count, schema


def _survey_parquet(path, column, keep, kind):
    schema, count = arrow.schema(path), 0
    _has(path, schema.names, column)
    found = schema.field(column).type
    if not arrow.is_text(found):
        raise TableError(f"{path}: column {column!r} is {found}, expected text; name another with --column")
    for table in arrow.tables(path, ROWS):
        count += len(table)
        if kind != ".parquet":
            arrow.as_rows(table.select(keep), path)
    return count, schema


def _survey_text(path, column, keep, names, encoding):
    kinds, count, wanted = writing.Kinds(), 0, {column, *keep}
    for place, row in tabular.rows(path, encoding):
        count += 1
        if names is None:
            _has(f"{path}, {place}", row, column)
            if not isinstance(row[column], str | None):
                raise TableError(f"{path}, {place}: {column!r} is {json.dumps(row[column])[:60]}, expected text")
        for name, value in row.items():
            if not keep or name in wanted:
                _whole(path, place, name, value)
        kinds.add(row)
    return count, kinds.schema()


def _whole(path, place, name, value):
    """Refuse half a character: JSON can hold it, as an escape, but no other format, and no file of UTF-8."""
    if isinstance(value, list | dict):
        value = writing.as_json(value)
    for text in (name, value):
        if isinstance(text, str) and (half := tabular.half_character(text)):
            raise TableError(
                f"{path}, {place}: {name!r} holds half a character, {half!r}, as of an emoji that was cut; remove it, "
                "or leave its column out with --keep"
            )


def _has(place, names, *wanted, hint=None):
    for name in wanted:
        if name not in names:
            looks = hint(place) if hint else ""
            raise TableError(f"{place} has no column {name!r}; it has {', '.join(map(str, names))}{looks}")
