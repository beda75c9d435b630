"""Files of texts in every state in which they are handed over, and what a power cut leaves of those being written."""

import csv
import errno
import gzip
import io
import json
import math
import os
import signal
import subprocess
import sys
import time
import zipfile
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stubs import Stub

from vadstudy.disk import files
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import TableError
from vadstudy.use import annotate
from vadstudy.use.annotate import Annotation


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(annotate, "PART", 8)


def parquet(**columns):
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held)
    return held.getvalue()


def workbook():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return held.getvalue()


TWICE = io.BytesIO()
pq.write_table(pa.table([pa.array(["a"]), pa.array([1]), pa.array([2])], names=["text", "n", "n"]), TWICE)
BROKEN = pa.Array.from_buffers(
    pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"\xff\xfe")]
)
FAR = pa.array([[2**60]], pa.list_(pa.timestamp("ms")))
TEXT = pa.array(["a"])
#: A file's name and bytes, the options it is given, and what the one line of the error says.
CASES = [
    pytest.param(
        "a.csv",
        "id,text\n1,fine\n2,naïve\n".encode("cp1252"),
        {},
        r"a\.csv is not UTF-8 \(line 3\); it looks like Windows-1252 text: .*iconv.*--encoding cp1252$",
        id="encoding: Windows-1252, by the line and with the option that reads it",
    ),
    pytest.param(
        "a.csv",
        "text\nnaïve\n".encode("utf-16"),
        {},
        "it looks like UTF-16 text.*--encoding utf-16$",
        id="encoding: UTF-16",
    ),
    pytest.param(
        "a.csv",
        "text\nfine\n".encode("utf-16-le"),
        {},
        "it looks like UTF-16LE text.*--encoding utf-16-le",
        id="encoding: UTF-16 without a byte order mark, which is valid UTF-8 with zeros in it",
    ),
    pytest.param(
        "a.jsonl",
        '{"text": "naïve"}\n'.encode("cp1252"),
        {},
        r"\(line 1\).*--encoding cp1252",
        id="encoding: JSON lines in Windows-1252",
    ),
    pytest.param(
        "a.csv",
        b"text\nfine\n\x9d\xe9\n",
        {},
        "a.csv is not UTF-8 .line 3.; it looks like text in neither",
        id="encoding: neither UTF-8 nor Windows-1252",
    ),
    pytest.param(
        "a.csv", b"text\n\xff\n", {"encoding": "ascii"}, "a.csv is not ascii", id="encoding: another than is named"
    ),
    pytest.param(
        "a.csv",
        b"text\nfine\n",
        {"encoding": "utf-99"},
        "unknown encoding 'utf-99'; expected",
        id="encoding: an unknown name",
    ),
    pytest.param(
        "a.csv",
        b"text\nfine\n",
        {"encoding": "rot13"},
        "unknown encoding 'rot13'; expected",
        id="encoding: a codec that is none",
    ),
    pytest.param(
        "a.parquet",
        parquet(text=TEXT),
        {"encoding": "cp1252"},
        "is Parquet, whose texts are UTF-8; leave",
        id="encoding: of a Parquet file",
    ),
    pytest.param(
        "a.csv", gzip.compress(b"text\nfine\n"), {}, "it looks like gzip: unpack it", id="format: gzip named .csv"
    ),
    pytest.param("a.csv", workbook(), {}, "it looks like an Excel workbook: save it", id="format: xlsx named .csv"),
    pytest.param(
        "a.xlsx",
        workbook(),
        {},
        "has the suffix '.xlsx'.*it looks like an Excel workbook: save it",
        id="format: xlsx named as it is",
    ),
    pytest.param(
        "a.csv",
        b"<!DOCTYPE html>\n<p>no\n",
        {},
        "has no column 'text'.*it looks like a web page",
        id="format: a web page named .csv",
    ),
    pytest.param(
        "a.parquet", b"text\nfine\n", {}, "cannot be read: .*looks like text", id="format: text named .parquet"
    ),
    pytest.param(
        "a.parquet", parquet(text=TEXT)[:-9], {}, "cannot be read: .*cut off", id="format: half a Parquet file"
    ),
    pytest.param(
        "a.csv",
        b"text,text\na,b\n",
        {},
        "a.csv, line 1: the header names a column twice: text, text",
        id="header: a name twice in CSV",
    ),
    pytest.param(
        "a.parquet",
        TWICE.getvalue(),
        {},
        "a.parquet: the header names a column twice: n, n; rename one",
        id="header: a name twice in Parquet",
    ),
    pytest.param(
        "a.jsonl",
        b'{"text": "a"}\n{"text": "a", "n": 1, "n": 2}\n',
        {},
        "line 2 is not JSON .*'n' twice",
        id="header: a name twice in JSON",
    ),
    pytest.param(
        "a.csv",
        b'"text,id\nfine,1\n',
        {},
        r"a\.csv, line \d: unexpected end of data; correct it",
        id="header: a quote that is never closed",
    ),
    pytest.param(
        "a.csv",
        b'"text"x,id\nfine,1\n',
        {},
        r"a\.csv, line 1: .*expected after.*; correct it",
        id="header: letters after a quote",
    ),
    pytest.param(
        "a.csv", b"\ntext,id\nfine,1\n", {}, "a.csv, line 1 is blank; expected a header", id="header: a blank line"
    ),
    pytest.param("a.parquet", parquet(), {}, "has no column 'text'", id="header: Parquet without a column"),
    pytest.param(
        "a.jsonl",
        rb'{"text": "a", "n": "\ud83d"}',
        {},
        r"a\.jsonl, line 1: 'n' holds half a character, '\\ud8",
        id="half a character: in a column to copy",
    ),
    pytest.param(
        "a.jsonl",
        rb'{"text": "cut \ud83d"}',
        {"keep": ("n",)},
        "'text' holds half a character",
        id="half a character: in the text, which is not copied",
    ),
    pytest.param(
        "a.jsonl", rb'{"text": "a", "\ud83d": 1}', {}, "holds half a character", id="half a character: in a name"
    ),
    pytest.param(
        "a.jsonl",
        rb'{"text": "a", "n": [{"m": "\ude00"}]}',
        {},
        "'n' holds half a character",
        id="half a character: deep in a list",
    ),
    pytest.param(
        "a.jsonl", b'{"text": ' + b"[" * 10**5, {}, "line 1 is not JSON .*recursion", id="JSON: nested too deep"
    ),
    pytest.param(
        "a.parquet",
        parquet(text=TEXT, n=BROKEN),
        {},
        "rows 1 to 1: column 'n' is damaged .Invalid UTF8",
        id="Parquet: a text that is not UTF-8",
    ),
    pytest.param(
        "a.parquet",
        parquet(text=TEXT, n=FAR),
        {},
        "column 'n', list.*cannot be written as text .*--keep, or",
        id="Parquet: a list with a date after the year 9999, to CSV",
    ),
    pytest.param(
        "a.parquet",
        parquet(text=pa.array([1]).dictionary_encode()),
        {},
        "'text' is .*expected text",
        id="Parquet: categories that are no texts",
    ),
]


@pytest.mark.parametrize(("name", "content", "options", "message"), CASES)
def test_one_line_says_what_is_wrong_before_any_work(tmp_path, name, content, options, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=message) as caught:
        Annotation(tmp_path / name, tmp_path / "out.csv", **options)
    assert "\n" not in str(caught.value) and [path.name for path in tmp_path.iterdir()] == [name]


#: A file's name and bytes, the options it is given, the texts that are read from it and are in what is written.
READ = [
    pytest.param("a.csv", "text\nnaïve\n".encode("cp1252"), {"encoding": "cp1252"}, ["naïve"], id="encoding: cp1252"),
    pytest.param("a.csv", "text\nnaïve\n".encode("utf-16"), {"encoding": "UTF16"}, ["naïve"], id="encoding: UTF-16"),
    pytest.param(
        "a.tsv",
        "text\nnaïve\n".encode("utf-16-be"),
        {"encoding": "utf-16-be"},
        ["naïve"],
        id="encoding: UTF-16 without a byte order mark",
    ),
    pytest.param(
        "a.csv",
        "text\nnaïve\n".encode("utf-8-sig"),
        {"encoding": "utf-8"},
        ["naïve"],
        id="encoding: UTF-8, named, with a byte order mark",
    ),
    pytest.param("a.csv", b"text\na\n\n\nb\n", {}, ["a", "", "", "b"], id="blank rows of a file of one column"),
    pytest.param("a.tsv", b"text\na\n\nb\n", {}, ["a", "", "b"], id="blank rows of one column in TSV"),
    pytest.param("a.csv", b'text\n"a"\n""\n', {}, ["a", ""], id="an empty cell in quotes"),
    pytest.param("a.csv", b'text\n"a\rb"\n"c\r\nd"\n', {}, ["a\rb", "c\r\nd"], id="lone carriage returns in cells"),
    pytest.param("a.csv", b'text,n\n=1+1,@x\n"-2,5",+3\n', {}, ["=1+1", "-2,5"], id="formulas are copied"),
    pytest.param(
        "a.parquet",
        parquet(text=pa.array(["a", None, "a"]).dictionary_encode()),
        {},
        ["a", "", "a"],
        id="Parquet: texts as categories",
    ),
    pytest.param(
        "a.parquet",
        parquet(text=TEXT, n=[{"d": pd.Timestamp("2020-01-01"), "x": Decimal("1.10")}]),
        {},
        ["a"],
        id="Parquet: dates and decimals inside of others",
    ),
    pytest.param(
        "a.parquet",
        parquet(text=TEXT, n=pa.array([2**55], pa.timestamp("ms"))),
        {},
        ["a"],
        id="Parquet: a date after the year 9999",
    ),
    pytest.param(
        "a.parquet",
        parquet(text=TEXT, n=pa.array([-(2**60)], pa.timestamp("us"))),
        {},
        ["a"],
        id="Parquet: a date before the year 1",
    ),
    pytest.param(
        "a.parquet",
        parquet(text=TEXT, n=pa.array([1], pa.timestamp("us", "No/Where"))),
        {"keep": ("text",)},
        ["a"],
        id="Parquet: a time zone that is nowhere, in a column that is not copied",
    ),
]


def read_back(path):
    """The texts in a file that was written, by another reader than ours."""
    if path.suffix == ".csv":
        with open(path, encoding="utf-8", newline="") as file:
            return [row["text"] for row in csv.DictReader(file, strict=True)]
    if path.suffix == ".jsonl":
        return [json.loads(line)["text"] or "" for line in path.read_text(encoding="utf-8").splitlines()]
    return [text or "" for text in pq.read_table(path)["text"].to_pylist()]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize(("name", "content", "options", "texts"), READ)
def test_it_is_read_and_written_whole(tmp_path, name, content, options, texts, suffix):
    (tmp_path / name).write_bytes(content)
    summary = Annotation(tmp_path / name, tmp_path / f"out{suffix}", **options).run(Stub())
    assert read_back(tmp_path / f"out{suffix}") == texts
    assert (summary["rows"], summary["empty"]) == (len(texts), texts.count(""))


def test_parquet_copies_what_python_has_no_type_for(tmp_path):
    columns = {
        "text": TEXT,
        "far": pa.array([2**55], pa.timestamp("ms")),
        "nano": pa.array([1], pa.timestamp("ns")),
        "nowhere": pa.array([1], pa.timestamp("us", "No/Where")),
        "list": FAR,
        "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())),
    }
    (tmp_path / "in.parquet").write_bytes(parquet(**columns))
    Annotation(tmp_path / "in.parquet", tmp_path / "out.parquet").run(Stub())
    found = pq.read_table(tmp_path / "out.parquet").select(list(columns))
    assert found.equals(pq.read_table(tmp_path / "in.parquet"))


def test_numbers_that_json_lacks_are_null(tmp_path):
    values = [1.5, math.nan, math.inf, -math.inf]
    (tmp_path / "in.parquet").write_bytes(parquet(text=["a"] * 4, x=values, deep=[[each] for each in values]))
    (tmp_path / "in.jsonl").write_text('{"text": "a", "x": NaN, "deep": [Infinity, 1.5]}\n')

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    found = []
    for name in ("in.parquet", "in.jsonl"):
        Annotation(tmp_path / name, tmp_path / "out.jsonl", overwrite=True).run(Stub())
        lines = (tmp_path / "out.jsonl").read_text().splitlines()
        found += [(row["x"], row["deep"]) for row in (json.loads(line, parse_constant=refuse) for line in lines)]
    assert found == [(1.5, [1.5]), (None, [None]), (None, [None]), (None, [None]), (None, [None, 1.5])]


def test_columns_named_like_those_of_other_options_are_copied(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text": "a", "p_neutral": "mine"}\n')
    Annotation(tmp_path / "in.jsonl", tmp_path / "out.jsonl").run(Stub())
    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert row["p_neutral"] == "mine" and "p_joy" not in row and row["emotion"] in EMOTIONS


def test_what_the_model_does_not_know_gets_nothing_and_is_counted(tmp_path):
    texts = ["a", "☃", " ", "b" * 60, "☃☃"]
    pd.DataFrame({"text": texts}).to_csv(tmp_path / "in.csv", index=False)
    for suffix in (".csv", ".parquet", ".jsonl"):
        out = tmp_path / f"out{suffix}"
        for calls in (1, 9):  # stopped after no part, then whole: counts are those of all parts
            annotation = Annotation(tmp_path / "in.csv", out, probabilities=True, overwrite=True)
            done = annotation.run(Stub(calls=calls))
        assert (done["empty"], done["unknown"], done["cut"]) == (1, 2, 1)
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert found["emotion"].isna().tolist() == [False, True, True, False, True]
    assert found.filter(regex="valence|prob|p_").isna().all(axis=1).tolist() == [False, True, True, False, True]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    pd.DataFrame({"text": [f"text {i}" + "☃" * (i % 9 == 0) for i in range(45)]}).to_csv(path, index=False)
    return path


def cut(folder):
    path = folder / "0000001.part"
    path.write_bytes(path.read_bytes()[:-40])


def emptied(folder):
    (folder / "0000002.part").write_bytes(b"")


def flipped(folder):
    path = folder / "0000000.part"
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)


def without_record(folder):
    (folder / "0000001.json").unlink()


def with_half_a_record(folder):
    (folder / "0000001.json").write_text('{"sha256"')


def with_another_record(folder):
    (folder / "0000001.json").write_text("[1]")


def without_part(folder):
    (folder / "0000001.part").unlink()


#: What is done to the finished parts between a call that was stopped and the next.
DAMAGES = [
    pytest.param(cut, id="a part that was cut short"),
    pytest.param(emptied, id="a part that never reached the disk"),
    pytest.param(flipped, id="a part with a flipped bit"),
    pytest.param(without_part, id="a part that is not there"),
    pytest.param(without_record, id="a part without its record"),
    pytest.param(with_half_a_record, id="a record that was cut short"),
    pytest.param(with_another_record, id="a record that is something else"),
]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_after_a_power_cut_the_same_bytes(source, tmp_path, damage, suffix):
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    expected = Annotation(source, whole).run(Stub())
    with pytest.raises(KeyboardInterrupt):
        Annotation(source, out).run(Stub(calls=4))
    damage(tmp_path / f".{out.name}.parts")
    found = Annotation(source, out).run(Stub())
    assert out.read_bytes() == whole.read_bytes() and found["read"] == 45 - 3 * 8
    assert {name: found[name] for name in annotate.COUNTS} == {name: expected[name] for name in annotate.COUNTS}


def appended(source, when):
    with open(source, "a") as file:
        file.write("one more\n")


def replaced(source, when):
    other = source.with_name("other")
    other.write_text(source.read_text().replace("text 40", "TEXT 40"))
    os.replace(other, source)


def shortened(source, when):
    source.write_text("text\nshort\n")


def changed_with_the_old_date(source, when):
    source.write_text(source.read_text().replace("text 40", "TEXT 40"))
    os.utime(source, ns=(when, when))


def removed(source, when):
    source.unlink()


#: What is done to the source while it is read.
CHANGES = [
    pytest.param(appended, id="lines are appended to the source"),
    pytest.param(replaced, id="another file takes its name"),
    pytest.param(shortened, id="it is written anew, shorter"),
    pytest.param(changed_with_the_old_date, id="it is changed and gets its old date"),
    pytest.param(removed, id="it is removed"),
]


class Meddling(Stub):
    """Changes the source at the third part."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def arrays(self, texts, progress=True):
        if len(self.seen) == 16:
            self.change()
        return super().arrays(texts)


@pytest.mark.parametrize("change", CHANGES)
def test_a_source_that_changes_while_it_is_read_writes_nothing(source, tmp_path, change):
    out, when = tmp_path / "out.csv", source.stat().st_mtime_ns
    content = source.read_bytes()
    with pytest.raises(TableError, match=r"in\.csv (was changed while it was read|cannot be read)"):
        Annotation(source, out).run(Meddling(lambda: change(source, when)))
    assert not out.exists()
    if not source.exists():
        source.write_bytes(content)
    again = Annotation(source, out)
    again.run(Stub())
    assert len(pd.read_csv(out)) == again.rows == len(pd.read_csv(source))
    assert list(pd.read_csv(out)["text"]) == list(pd.read_csv(source)["text"])


def test_a_source_that_changes_before_it_is_read(source, tmp_path):
    annotation = Annotation(source, tmp_path / "out.csv")
    appended(source, None)
    with pytest.raises(TableError, match="was changed while it was read; the same command starts anew"):
        annotation.run(Stub())


def test_a_source_that_is_only_touched_goes_on(source, tmp_path):
    summary = Annotation(source, tmp_path / "out.csv").run(Meddling(source.touch))
    assert summary["rows"] == 45 and len(pd.read_csv(tmp_path / "out.csv")) == 45


def test_a_file_that_somebody_else_makes_meanwhile_is_kept(source, tmp_path):
    out = tmp_path / "out.csv"
    with pytest.raises(TableError, match="out.csv was made by somebody else; move it away, and the same command goes"):
        Annotation(source, out).run(Meddling(lambda: out.write_text("precious")))
    assert out.read_text() == "precious"
    out.unlink()
    assert Annotation(source, out).run(Stub())["read"] == 0 and len(pd.read_csv(out)) == 45


@pytest.mark.parametrize("content", ["[]", "3", '"text"', "", '{"half', "null"])
def test_a_damaged_call_is_one_line(source, tmp_path, content):
    out = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        Annotation(source, out).run(Stub(calls=2))
    (tmp_path / ".out.csv.parts" / "call.json").write_text(content)
    with pytest.raises(TableError, match=r"call\.json is damaged \(.*\); start anew with --overwrite"):
        Annotation(source, out).run(Stub())
    assert Annotation(source, out, overwrite=True).run(Stub())["read"] == 45


#: What the system says at the fourth write to the disk, and what the one line makes of it.
WRITES = [
    pytest.param(
        errno.ENOSPC,
        "No space left on device.*8 of 45 rows are kept in .*: make room, and the same command",
        id="a full disk",
    ),
    pytest.param(errno.EDQUOT, "quota exceeded.*make room, and the same command goes on", id="a quota that is used up"),
    pytest.param(errno.EROFS, "Read-only file system.*make its folder writable", id="a folder that became read-only"),
    pytest.param(errno.EIO, "Input/output error.*the same command goes on", id="a disk that fails"),
]


@pytest.mark.parametrize(("number", "message"), WRITES)
def test_what_cannot_be_written_is_one_line_and_the_same_command_goes_on(
    source, tmp_path, monkeypatch, number, message
):
    out, writes, replace = tmp_path / "out.csv", [], files.replace

    def failing(part, path):
        writes.append(path)
        if len(writes) == 4:
            raise OSError(number, os.strerror(number))
        replace(part, path)

    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", failing)
        with pytest.raises(TableError, match=rf"out\.csv cannot be written \(.*{message}"):
            Annotation(source, out).run(Stub())
    assert not list((tmp_path / ".out.csv.parts").glob("*unfinished"))
    assert Annotation(source, out).run(Stub())["read"] == 37 and len(pd.read_csv(out)) == 45


def test_a_folder_that_nobody_may_write_to_is_one_line(source):
    with pytest.raises(TableError, match="cannot be written .*0 of 45 rows are kept.*make its folder writable"):
        Annotation(source, Path("/sys/out.csv")).run(Stub())


@pytest.mark.faults
def test_a_disk_that_is_full_says_so_and_goes_on(source, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", small], check=False).returncode:
        pytest.skip("no disk can be made here")
    try:
        for suffix in (".csv", ".parquet", ".jsonl"):
            out = small / f"out{suffix}"
            (small / "filler").write_bytes(b"x" * 60_000)
            with pytest.raises(TableError, match="No space left on device.*rows are kept in .*: make room"):
                Annotation(source, out).run(Stub())
            assert not out.exists()
            subprocess.run(["mount", "-o", "remount,size=2m", small], check=True)
            Annotation(source, out).run(Stub())
            Annotation(source, tmp_path / out.name).run(Stub())
            assert out.read_bytes() == (tmp_path / out.name).read_bytes()
            out.unlink()
            (small / "filler").unlink()
            subprocess.run(["mount", "-o", "remount,size=96k", small], check=True)
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.faults
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_killed_again_and_again_it_ends_with_the_same_bytes(tmp_path, suffix):
    source, out, whole = tmp_path / "in.csv", tmp_path / f"out{suffix}", tmp_path / f"whole{suffix}"
    pd.DataFrame({"text": [f"text {i}" for i in range(1200)]}).to_csv(source, index=False)
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "import stubs; from vadstudy.use import annotate; annotate.PART = 8\n"
        "print(flush=True)\n"
        "annotate.Annotation(Path(sys.argv[2]), Path(sys.argv[3])).run(stubs.Stub())\n"
    )
    command = [sys.executable, "-c", script, str(Path(__file__).parents[1]), source, out]
    for wait in np.random.default_rng(0).uniform(0, np.linspace(0.1, 2, 8)):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        out.unlink(missing_ok=True)
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    Annotation(source, whole).run(Stub())
    assert out.read_bytes() == whole.read_bytes()
