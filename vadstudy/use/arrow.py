"""Parquet files read as Arrow tables, in pieces, and their values as Python's, where Python has a type for them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vadstudy.disk import sniff
from vadstudy.errors import TableError

#: What reading or converting an Arrow value raises: a date outside years 1 to 9999, a time zone that is not known, ...
UNREADABLE = (ValueError, OverflowError, LookupError, pa.ArrowException)


def once(place: Path | str, names: Sequence[str]) -> None:
    """Raise a ``TableError`` if a column's name is there twice: a row has one value of each."""
    if len(set(names)) < len(names):
        twice = [name for name in names if names.count(name) > 1]
        raise TableError(f"{place}: the header names a column twice: {', '.join(twice)}; rename one")


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type is one of those of text, or a dictionary of them."""
    values = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(values) or pa.types.is_large_string(values) or pa.types.is_string_view(values)


def schema(path: Path) -> pa.Schema:
    """Columns of a Parquet file with their types; a ``TableError`` if a name is there twice."""
    try:
        found = pq.read_schema(path).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    once(path, found.names)
    return found


def tables(path: Path, size: int) -> Iterator[pa.Table]:
    """Yield a Parquet file as Arrow tables of so many rows, the last one smaller, each of whose values is valid."""
    held, count, place = [], 0, 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(size):
                _check(path, batch, place)
                place += len(batch)
                held.append(batch)
                count += len(batch)
                if count >= size:
                    table = pa.Table.from_batches(held)
                    yield table[:size]
                    held, count = table[size:].to_batches(), count - size
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    if count:
        yield pa.Table.from_batches(held)


def _check(path, batch, place):
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowException as error:
            rows = f"rows {place + 1} to {place + len(batch)}"
            raise TableError(f"{path}, {rows}: column {name!r} is damaged ({error}); write the file anew") from error


def as_rows(table: pa.Table, path: Path) -> list[dict[str, Any]]:
    """Rows (dicts) of an Arrow table; a value that Python has no type for becomes text, if Arrow can write it."""
    columns = []
    for name, column in zip(table.schema.names, table.columns, strict=True):
        try:
            columns.append(_values(column))
        except UNREADABLE as error:
            raise TableError(
                f"{path}: column {name!r}, {column.type}, holds what cannot be written as text ({error}); leave it out "
                "with --keep, or write Parquet"
            ) from error
    return [dict(zip(table.schema.names, values, strict=True)) for values in zip(*columns, strict=True)]


def _values(column):
    try:
        return column.to_pylist()
    except UNREADABLE:
        return [_value(scalar) for scalar in column]


def _value(scalar):
    try:
        return scalar.as_py()
    except UNREADABLE:
        return scalar.cast(pa.string()).as_py()


def _unreadable(path, error):
    hint = ""
    if path.is_file():
        magic = "Parquet magic bytes not found" in str(error)
        hint = sniff.advice(path) or (" (it looks like text: give it the suffix of its format)" if magic else "")
    return TableError(f"{path} cannot be read: {error}{hint}")
