"""Files of rows: every format is read as it was written, and what is wrong in one is named by its line."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vadstudy.errors import TableError
from vadstudy.use import tabular, writing
from vadstudy.use.tabular import header, rows
from vadstudy.use.writing import Kinds, join, write_part

ROWS = [{"id": "1", "text": 'He said "no",\nand left'}, {"id": "", "text": "naïve 😀"}, {"id": "3", "text": ""}]


def written(path, records, schema=None):
    """A file of records in two parts."""
    kind = tabular.suffix(path)
    if schema is None:
        kinds = Kinds()
        for record in records:
            kinds.add(record)
        schema = kinds.schema()
    parts = [path.with_name(f"{i}.part") for i in range(2)]
    for part, some in zip(parts, (records[:1], records[1:]), strict=True):
        write_part(part, kind, [dict(record) for record in some], schema)
    join(parts, path, kind, schema)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_rows_come_back(tmp_path, suffix):
    path = written(tmp_path / f"rows{suffix}", ROWS)
    assert [row for _, row in rows(path)] == ROWS
    assert header(path) == (None if suffix == ".jsonl" else ["id", "text"])


def test_tsv_has_no_quotes_and_no_breaks(tmp_path):
    path = written(tmp_path / "rows.tsv", [{"text": 'a\tb\nc "d', "n": 1}, {"text": '"', "n": 2}])
    assert path.read_text() == 'text\tn\na b c "d\t1\n"\t2\n'
    assert [row for _, row in rows(path)] == [{"text": 'a b c "d', "n": "1"}, {"text": '"', "n": "2"}]


def test_kinds_hold_every_value(tmp_path):
    records = [
        {
            "n": 1,
            "x": 1,
            "b": True,
            "s": "a",
            "mixed": 1,
            "big": 2**70,
            "long": 2**60,
            "nested": {"a": [1]},
            "none": None,
        },
        {"n": None, "x": 2.5, "b": False, "s": "b", "mixed": "one", "big": 1, "long": 2, "late": "late"},
    ]
    path = written(tmp_path / "rows.parquet", records)
    types = {field.name: str(field.type) for field in pq.read_schema(path)}
    assert types == {
        "n": "int64",
        "x": "double",
        "b": "bool",
        "s": "string",
        "mixed": "string",
        "big": "string",
        "long": "int64",
        "nested": "string",
        "none": "string",
        "late": "string",
    }
    first, second = (row for _, row in rows(path))
    assert first["nested"] == '{"a": [1]}' and first["mixed"] == "1" and second["mixed"] == "one"
    assert (first["big"], first["long"], first["x"], first["late"]) == (str(2**70), 2**60, 1.0, None)
    as_csv = written(tmp_path / "rows.csv", records)
    assert next(row for _, row in rows(as_csv))["b"] == "true"


def test_parquet_keeps_its_types_and_large_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "GROUP", 3)
    schema = pa.schema(
        [
            ("t", pa.large_string()),
            ("d", pa.timestamp("ms")),
            ("l", pa.list_(pa.int8())),
            ("c", pa.dictionary(pa.int32(), pa.string())),
        ]
    )
    table = pa.table({"t": ["a", None], "d": [0, 1], "l": [[1], []], "c": ["x", "y"]}, schema=schema)
    pq.write_table(table, tmp_path / "in.parquet")
    read = [row for _, row in rows(tmp_path / "in.parquet")]
    out = written(tmp_path / "out.parquet", read, schema)
    assert pq.read_table(out).equals(table) and pq.ParquetFile(out).num_row_groups == 1
    assert next(row for _, row in rows(written(tmp_path / "out.csv", read, schema)))["d"] == "1970-01-01 00:00:00"


def test_a_byte_order_mark_and_windows_lines_are_no_text(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'\xef\xbb\xbftext,n\r\n"a\r\nb",1\r\n\r\nc,2\r\n')
    assert list(rows(path)) == [("line 2", {"text": "a\r\nb", "n": "1"}), ("line 5", {"text": "c", "n": "2"})]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"text,n\nfine,1\na,b,c\n", r"a\.csv, line 3 has 3 columns, the header 2"),
        ("a.csv", b'text,n\nfine,1\n"never closed,2\nmore,3\n', r"a\.csv, line 4: unexpected end of data"),
        ("a.csv", b"text,text\n1,2\n", "line 1: the header names a column twice: text, text"),
        ("a.csv", "text\nnaïve\n".encode("latin1"), "a.csv is not UTF-8 .*iconv"),
        ("a.jsonl", b'{"text": "a"}\n\n{"text": \n', r"a\.jsonl, line 3 is not JSON"),
        ("a.jsonl", b'{"text": "a"}\n["b"]\n', r"a\.jsonl, line 2 is list, expected an object"),
        ("a.parquet", b"no parquet", r"a\.parquet cannot be read"),
        ("a.xlsx", b"", r"suffix '\.xlsx', expected one of \.csv, \.tsv, \.jsonl, \.parquet"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=message):
        list(rows(tmp_path / name))


def test_missing_files_are_named(tmp_path):
    for name in ("a.csv", "a.parquet"):
        with pytest.raises(TableError, match="cannot be read"):
            list(rows(tmp_path / name))


def test_json_lines_are_kept_as_they_are(tmp_path):
    records = [{"text": "a", "n": 2**70, "deep": {"x": [1, None]}}, {"other": True}]
    path = written(tmp_path / "rows.jsonl", records)
    assert [json.loads(line) for line in path.read_text().splitlines()] == records
