"""Files of rows as columns with line numbers, each row held to its schema; what is not whole is not read."""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, TypeAdapter, ValidationError

from vadstudy.disk.schemas import NRC_HOME, PUBLISHED, ROWS
from vadstudy.disk.sniff import advice, looks_like
from vadstudy.errors import CorpusError
from vadstudy.paths import PACKAGED


def remedy(source: Path | str) -> str:
    """How to get what a file or the hub should have held: the end of a message."""
    if not isinstance(source, Path):
        return "set VADSTUDY_DATA to a folder that holds the published files"
    if source.parent == PACKAGED:
        return "it belongs to the package: restore it with git, or install the package anew"
    if source.parent.name == "nrc-vad":
        return f"get the lexicon at {NRC_HOME} and name its file NRC-VAD-Lexicon.txt, whichever its version"
    return "restore the file, for example with `make data`"


def missing(path: Path) -> CorpusError:
    """The error about a file that is not there."""
    to_do = remedy(path) if path.parent.name == "nrc-vad" else "run `make data`, or see the README's section on data"
    return CorpusError(f"{path} is missing; {to_do}")


@dataclass
class Table:
    """Columns of a file, or of a split from the hub, and the number of the line (or row) that each row stands on."""

    source: Path | str
    columns: dict[str, Sequence]
    numbers: Sequence[int]
    unit: str = "line"

    def __len__(self):
        return len(self.numbers)

    def where(self, i: int) -> str:
        """A row's place, as messages name it."""
        return f"{self.source}, {self.unit} {self.numbers[i]}"

    def part(self, name: str, value: str) -> "Table":
        """The rows that have this value in this column."""
        kept = [i for i, found in enumerate(self.columns[name]) if found == value]
        columns: dict[str, Sequence] = {each: [values[i] for i in kept] for each, values in self.columns.items()}
        return Table(self.source, columns, [self.numbers[i] for i in kept], self.unit)

    def check(self, schema: type[BaseModel]) -> None:
        """Hold every row to a schema; a ``CorpusError`` names the first that breaks it, and how many more do."""
        names = list(self.columns)
        rows = [dict(zip(names, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]
        try:
            TypeAdapter(list[schema]).validate_python(rows)  # type: ignore[valid-type]
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False)
            i, name = int(faults[0]["loc"][0]), str(faults[0]["loc"][1])
            value, others = repr(rows[i][name]), len({fault["loc"][0] for fault in faults}) - 1
            message = (
                f"{self.where(i)}, {name}: {value if len(value) < 80 else value[:80] + '...'} is not "
                f"{schema.model_fields[name].description}{f' (and {others:,} more rows)' if others else ''}; "
                f"{remedy(self.source)}"
            )
            raise (_refused(self.source, message) if self.unit == "line" else CorpusError(message)) from None


def unique(tables: Iterable[Table], name: str) -> None:
    """A ``CorpusError`` names the first value of a column that comes twice, and both its places."""
    tables = list(tables)
    seen: dict[object, tuple[Table, int]] = {}
    if len(set().union(*(table.columns[name] for table in tables))) == sum(map(len, tables)):
        return
    for table in tables:
        for i, value in enumerate(table.columns[name]):
            if value in seen:
                first, j = seen[value]
                raise CorpusError(
                    f"{table.where(i)}: {name} {value!r} stands in {first.where(j)}, too; every {name} may come once; "
                    f"{remedy(table.source)}"
                )
            seen[value] = table, i


def whole(name: str, tables: Mapping[str, Table]) -> None:
    """A ``CorpusError`` where a split has another number of rows than the published one."""
    for split, table in tables.items():
        if len(table) != ROWS[name][split]:
            raise CorpusError(
                f"{table.source} has {len(table):,} rows of {split}, {name} as published {ROWS[name][split]:,}: the "
                f"study needs the whole corpus; {remedy(table.source)}"
            )


def published(path: Path) -> bool:
    """Whether a file is, to the byte, the one that the study's numbers rest on."""
    with reading(path), open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return found == PUBLISHED.get(f"{path.parent.name}/{path.name}")


def admit(table: Table, schema: type[BaseModel]) -> None:
    """Take a published file as it is, and hold the rows of any other to the schema."""
    if not published(Path(table.source)):
        table.check(schema)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What goes wrong while a file is read becomes a ``CorpusError`` that says what the file looks like."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise _refused(path, f"{path} is not UTF-8 text ({error}); {remedy(path)}") from error
    except csv.Error as error:
        raise _refused(path, f"{path} is not CSV ({error}); {remedy(path)}") from error
    except FileNotFoundError as error:
        raise missing(path) from error
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror or error}); correct its permissions, or {remedy(path)}"
        ) from error


def _refused(path, message):
    """An error about a file of text: what it looks like, where that is something else, else the message."""
    found = advice(path)
    return CorpusError(f"{path} is not UTF-8 text{found}" if found else message)


def read_lines(path: Path) -> list[str]:
    """Lines of a UTF-8 file, with or without a byte order mark, without their ends; empty is an error."""
    with reading(path), open(path, encoding="utf-8-sig", newline="") as file:
        lines = [line.rstrip("\r\n") for line in file]
    if not lines:
        raise CorpusError(f"{path} is empty; {remedy(path)}")
    return lines


def read_tsv(path: Path, names: Sequence[str]) -> Table:
    """A tab-separated file without a header; a line with another number of fields is an error."""
    rows = [line.split("\t") for line in read_lines(path)]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise _refused(
                path,
                f"{path}, line {number}: {len(row)} tab-separated fields, expected {len(names)} "
                f"({', '.join(names)}); {remedy(path)}",
            )
    return Table(path, _columns(names, rows), range(1, len(rows) + 1))


def read_csv(path: Path, names: Sequence[str]) -> Table:
    """A comma-separated file with exactly this header; quotes that do not match are an error that names the line."""
    rows, numbers = [], []
    with reading(path), open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if header != list(names):
            raise _refused(
                path, f"{path}, line 1: header {','.join(header)[:80]!r}, expected {','.join(names)}; {remedy(path)}"
            )
        start = 2
        try:
            for row in reader:
                if len(row) != len(names):
                    raise CorpusError(
                        f"{path}, line {start}: {len(row)} comma-separated fields, expected {len(names)} "
                        f"({', '.join(names)}); put a text with a comma into quotes, or {remedy(path)}"
                    )
                rows.append(row)
                numbers.append(start)
                start = reader.line_num + 1
        except csv.Error as error:
            raise _refused(
                path, f"{path}, line {start}: a quote is not closed, or not doubled ({error}); {remedy(path)}"
            ) from error
    return Table(path, _columns(names, rows), numbers)


def _columns(names, rows):
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return dict(zip(names, columns, strict=True))


def read_parquet(path: Path, names: Sequence[str]) -> Table:
    """The named columns of a Parquet file; others are left."""
    with reading(path):
        try:
            found = pq.read_schema(path).names
            rows = pq.read_table(path, columns=list(names)).to_pydict() if set(names) <= set(found) else {}
        except (pa.ArrowException, UnicodeDecodeError) as error:
            kind = looks_like(path) or "text"
            raise CorpusError(
                f"{path} cannot be read as Parquet ({error}); it looks like {kind}; {remedy(path)}"
            ) from error
    if not rows:
        raise CorpusError(f"{path} has the columns {', '.join(found)}, expected {', '.join(names)}; {remedy(path)}")
    return Table(path, rows, range(1, len(rows[names[0]]) + 1), "row")
