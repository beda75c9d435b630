"""Annotating a file: the rows in order with the model's answers, the same after a kill, and never half a file."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import stubs
from stubs import Stub

from vadstudy.emotions import EMOTIONS
from vadstudy.errors import TableError
from vadstudy.use import annotate
from vadstudy.use.annotate import Annotation

TEXTS = [f"text {i}" + " and so on" * (i % 5) for i in range(45)]
NEW = ["valence", "arousal", "dominance", "emotion", "probability", "uncertain", "flags"]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(annotate, "PART", 8)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    pd.DataFrame({"id": range(45), "text": TEXTS}).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_rows_keep_their_order_and_get_answers(source, tmp_path, suffix):
    out = tmp_path / f"out{suffix}"
    summary = Annotation(source, out).run(Stub())
    assert (summary["rows"], summary["read"], summary["empty"]) == (45, 45, 0)
    found = {
        ".csv": pd.read_csv,
        ".tsv": lambda path: pd.read_csv(path, sep="\t"),
        ".parquet": pd.read_parquet,
        ".jsonl": lambda path: pd.read_json(path, lines=True),
    }[suffix](out)
    assert list(found) == ["id", "text", *NEW] and list(found["text"]) == TEXTS
    assert list(found["emotion"]) == [EMOTIONS[len(text) % 28] for text in TEXTS]
    assert np.allclose(found["valence"], [len(text) / 100 for text in TEXTS], atol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", out.name]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_an_interrupted_call_goes_on_to_the_same_bytes(source, tmp_path, suffix):
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    Annotation(source, whole).run(Stub())
    with pytest.raises(KeyboardInterrupt):
        Annotation(source, out).run(Stub(calls=3))
    assert not out.exists()
    second = Stub()
    summary = Annotation(source, out).run(second)
    assert second.seen == TEXTS[24:] and summary["read"] == 21 and summary["rows"] == 45
    assert out.read_bytes() == whole.read_bytes() and not (tmp_path / f".out{suffix}.parts").exists()


def test_a_killed_process_goes_on_to_the_same_bytes(source, tmp_path):
    out = tmp_path / "out.csv"
    script = (
        "import sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "import stubs; from vadstudy.use import annotate; annotate.PART = 8\n"
        "class Slow(stubs.Stub):\n"
        "    def arrays(self, texts, progress=True):\n"
        "        if len(self.seen) >= 16: time.sleep(60)\n"
        "        return super().arrays(texts)\n"
        "annotate.Annotation(Path(sys.argv[2]), Path(sys.argv[3])).run(Slow())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, os.path.dirname(stubs.__file__), source, out])
    folder = tmp_path / ".out.csv.parts"
    while process.poll() is None and not (folder / "0000001.part").exists():
        time.sleep(0.05)
    with pytest.raises(TableError, match="out.csv is being written by another process"):
        Annotation(source, out).run(Stub())
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists() and len(list(folder.glob("*.part"))) == 2
    Annotation(source, out).run(Stub())
    Annotation(source, tmp_path / "whole.csv").run(Stub())
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_parts_of_another_call_are_not_mixed_in(source, tmp_path):
    out = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        Annotation(source, out).run(Stub(calls=2))
    with pytest.raises(TableError, match=r"\.out\.csv\.parts holds parts of another call, which differs in: weights;"):
        Annotation(source, out).run(Stub(model="two"))
    with pytest.raises(TableError, match=r"differs in: keep, probabilities;"):
        Annotation(source, out, keep=("id",), probabilities=True).run(Stub())
    changed = Stub(model="two")
    Annotation(source, out, overwrite=True).run(changed)
    assert changed.seen == TEXTS


def test_columns_to_keep_and_all_probabilities(source, tmp_path):
    out = tmp_path / "out.parquet"
    Annotation(source, out, keep=("id",), probabilities=True).run(Stub())
    found = pd.read_parquet(out)
    assert list(found) == ["id", *NEW, *(f"p_{emotion}" for emotion in EMOTIONS)]
    assert found.filter(like="p_").to_numpy().sum(axis=1) == pytest.approx(np.ones(45), abs=0.01)
    assert (found.filter(like="p_").to_numpy().max(axis=1) == found["probability"]).all()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_uncertain_answers_are_marked(source, tmp_path, suffix):
    out, stub = tmp_path / f"out{suffix}", Stub()
    read = pd.read_csv if suffix == ".csv" else pd.read_parquet
    for sure, expected in ((0.45, False), (0.5, True)):
        stub.sure = sure
        Annotation(source, out, overwrite=True).run(stub)
        assert read(out)["uncertain"].tolist() == [expected] * 45


def test_several_emotions_stand_in_one_cell_the_best_first(tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\nabc\n\u2603\n", encoding="utf-8")
    Annotation(source, out, several=True).run(Stub())
    found = pd.read_csv(out, keep_default_na=False)
    assert list(found) == ["text", *NEW[:-1], "emotions", "flags"] and found["emotions"].tolist() == [EMOTIONS[3], ""]
    some = Stub()
    some.several = 0.01
    Annotation(source, out, several=True, overwrite=True).run(some)
    named = pd.read_csv(out, keep_default_na=False)["emotions"][0].split(";")
    assert named[0] == EMOTIONS[3] and sorted(named) == sorted(EMOTIONS)
    some.several = None
    with pytest.raises(TableError, match='names one emotion a text; make it with labels="several"'):
        Annotation(source, tmp_path / "other.csv", several=True).run(some)


def test_excel_gets_its_mark_and_pandas_the_same_rows(tmp_path):
    source, plain, marked = tmp_path / "in.csv", tmp_path / "plain.csv", tmp_path / "marked.csv"
    source.write_text("text\nna\u00efve\n", encoding="utf-8")
    Annotation(source, plain).run(Stub())
    Annotation(source, marked, excel=True).run(Stub())
    assert marked.read_bytes() == b"\xef\xbb\xbf" + plain.read_bytes()
    pd.testing.assert_frame_equal(pd.read_csv(marked), pd.read_csv(plain))
    Annotation(marked, tmp_path / "again.jsonl", keep=("text",)).run(Stub())
    with pytest.raises(TableError, match=r"out\.jsonl is \.jsonl, and the mark for Excel is of \.csv files"):
        Annotation(source, tmp_path / "out.jsonl", excel=True)


def test_flags_have_a_column_and_foreign_texts_are_counted(tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    pd.DataFrame({"text": ["fine", "Spaß", "\u2603 ß", " "]}).to_csv(source, index=False)
    done = Annotation(source, out).run(Stub())
    assert (done["foreign"], done["unknown"], done["empty"]) == (2, 1, 1)
    found = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert found["flags"].tolist() == ["", "not English: German", "not English: German", ""]
    assert (found["emotion"] == "").tolist() == [False, False, True, True]


def test_own_labels_have_columns(source, tmp_path):
    class Labelled(Stub):
        own = type("Two", (), {"names": ("awe", "envy")})

        def own_scores(self, texts, scores):
            return [{"envy": 0.75, "awe": 0.25} if len(text) > 10 else {"awe": 0.6, "envy": 0.4} for text in texts]

    out = tmp_path / "out.parquet"
    Annotation(source, out, keep=("id",), probabilities=True, own=("awe", "envy")).run(Labelled())
    found = pd.read_parquet(out)
    names = [*NEW, "label", "label_score", *(f"p_{emotion}" for emotion in EMOTIONS), "score_awe", "score_envy"]
    assert list(found) == ["id", *names]
    assert found["label"].tolist() == ["envy" if len(text) > 10 else "awe" for text in TEXTS]
    assert np.allclose(found["label_score"], found[["score_awe", "score_envy"]].max(axis=1))
    with pytest.raises(TableError, match="the pipeline's own labels are none; pass their names as own"):
        Annotation(source, tmp_path / "other.csv", own=("awe", "envy")).run(Stub())
    pd.DataFrame({"text": ["a"], "label": [1]}).to_csv(source, index=False)
    with pytest.raises(TableError, match="has the columns label already"):
        Annotation(source, tmp_path / "third.csv", own=("awe", "envy"))


def test_rows_without_text_are_copied_and_counted(tmp_path):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    records = [{"text": None, "n": 1}, {"text": "  "}, {"text": "word", "deep": {"a": 1}}]
    source.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert Annotation(source, out).run(Stub())["empty"] == 2
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [{name: row[name] for name in record} for row, record in zip(found, records, strict=True)] == records
    assert [row["emotion"] for row in found] == [None, None, EMOTIONS[4]] and found[0]["valence"] is None
    Annotation(source, tmp_path / "out.parquet").run(Stub())
    assert pd.read_parquet(tmp_path / "out.parquet")["valence"].isna().tolist() == [True, True, False]


def test_parquet_in_keeps_its_types(tmp_path):
    frame = pd.DataFrame({"text": ["a", None, "b"], "when": pd.to_datetime(["2020-01-01"] * 3), "n": [1, 2, 3]})
    frame.to_parquet(tmp_path / "in.parquet")
    Annotation(tmp_path / "in.parquet", tmp_path / "out.parquet").run(Stub())
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert found["when"].dtype == frame["when"].dtype and found["n"].dtype == "int64"
    assert found["emotion"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("in.csv", "id,body\n1,a\n", {}, r"in\.csv has no column 'text'; it has id, body"),
        ("in.csv", "id,text\n1,a\n", {"keep": ("no",)}, r"in\.csv has no column 'no'; it has id, text"),
        ("in.csv", "text\n", {}, "in.csv holds no rows; expected a column 'text'"),
        ("in.csv", "", {}, "in.csv holds no rows"),
        ("in.jsonl", "", {}, "in.jsonl holds no rows"),
        ("in.jsonl", '{"text": "a"}\n{"body": "b"}\n', {}, r"in\.jsonl, line 2 has no column 'text'; it has body"),
        ("in.jsonl", '{"text": "a"}\n{"text": 3}\n', {}, r"in\.jsonl, line 2: 'text' is 3, expected text"),
        ("in.jsonl", '{"text": "a"}\n{oops\n', {}, r"in\.jsonl, line 2 is not JSON"),
        ("in.csv", "text,valence\na,1\n", {}, "has the columns valence already.*--keep"),
        ("in.txt", "a\n", {}, r"in\.txt has the suffix '\.txt'"),
    ],
)
def test_what_is_wrong_is_named_before_any_work(tmp_path, name, content, options, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(TableError, match=message):
        Annotation(tmp_path / name, tmp_path / "out.csv", **options)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_wrong_outputs_are_named(source, tmp_path):
    with pytest.raises(TableError, match=r"out\.xlsx has the suffix"):
        Annotation(source, tmp_path / "out.xlsx")
    with pytest.raises(TableError, match="the folder .* is missing"):
        Annotation(source, tmp_path / "no" / "out.csv")
    out = tmp_path / "out.csv"
    out.write_text("precious")
    with pytest.raises(TableError, match="out.csv exists; name another file, or replace it with --overwrite"):
        Annotation(source, out)
    with pytest.raises(TableError, match="never the input"):
        Annotation(source, source, overwrite=True)
    assert out.read_text() == "precious"


def test_a_column_of_numbers_is_no_text(tmp_path):
    pd.DataFrame({"text": [1, 2]}).to_parquet(tmp_path / "in.parquet")
    with pytest.raises(TableError, match="column 'text' is int64, expected text; name another with --column"):
        Annotation(tmp_path / "in.parquet", tmp_path / "out.csv")
