"""Corpora and lexicons that are damaged, half there, of another version or encoding, or not to be had."""

import errno
import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from vadstudy import corpora
from vadstudy.disk import schemas, sources
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import CorpusError
from vadstudy.lab import fetch

COMMENTS = "fine by me\t4\t{0}1\nwow, thanks\t15,26\t{0}2\n"
TWEETS = "text;label_name\ni feel fine; really;joy\ni am lost;fear\n"
HEAD = "id,split,V,A,D,text\n"
SENTENCES = 'a,train,1,3.0,5,"Well, ""yes"""\nb,train,3,3,3,ok\nc,dev,3,3,3,so\nd,test,2,2,2,no\n'
JOY, GRIEF = "joy\t0.98\t0.824\t0.794\n", "grief\t0.06\t0.64\t0.474\n"
SIGNED = "term\tvalence\tarousal\tdominance\n"


def parquet(labels=(1, 0), texts=("Good.", "Bad."), names=("text", "label")):
    """A Parquet file of two reviews, as bytes."""
    file = BytesIO()
    pq.write_table(pa.table(dict(zip(names, (list(texts), list(labels)), strict=True))), file)
    return file.getvalue()


def workbook():
    """The beginning of what a spreadsheet program saves."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


#: Files of corpora of two rows that are read without fault.
GOOD = {
    **{f"goemotions/{split}.tsv": COMMENTS.format(split) for split in ("train", "dev", "test")},
    **{f"emotion/{stem}.txt": TWEETS for stem in ("train", "val", "test")},
    "emobank/emobank.csv": HEAD + SENTENCES,
    "imdb/train.parquet": parquet(),
    "imdb/test.parquet": parquet(),
    "nrc-vad/NRC-VAD-Lexicon.txt": JOY + GRIEF,
}
READERS = {
    "goemotions": corpora.goemotions,
    "emotion": corpora.emotion,
    "imdb": corpora.imdb,
    "emobank": corpora.emobank,
    "nrc-vad": corpora.lexicon,
}
TRAIN, TWEET, BANK = "goemotions/train.tsv", "emotion/train.txt", "emobank/emobank.csv"
REVIEW, LEXICON = "imdb/train.parquet", "nrc-vad/NRC-VAD-Lexicon.txt"
FIRST = COMMENTS.format("train").splitlines(keepends=True)[0]


def comment(line):
    """Train of GoEmotions with this as its second line."""
    return FIRST + line + "\n"


CASES = [
    pytest.param(TRAIN, comment("ok\t3,3\tx"), "line 2, labels: '3,3' is not .* none twice", id="labels: one twice"),
    pytest.param(TRAIN, comment("ok\t28\tx"), "line 2, labels: '28' is not", id="labels: beyond the last"),
    pytest.param(TRAIN, comment("ok\t-1\tx"), "line 2, labels: '-1' is not", id="labels: below zero"),
    pytest.param(TRAIN, comment("ok\t03\tx"), "line 2, labels: '03' is not", id="labels: a zero before the number"),
    pytest.param(TRAIN, comment("ok\t3, 4\tx"), "line 2, labels: '3, 4' is not", id="labels: a space"),
    pytest.param(TRAIN, comment("ok\t3,\tx"), "line 2, labels: '3,' is not", id="labels: a comma too many"),
    pytest.param(TRAIN, comment("ok\t\tx"), "line 2, labels: '' is not", id="labels: none"),
    pytest.param(TRAIN, comment("ok\t१\tx"), "line 2, labels: '१' is not", id="labels: digits of another script"),
    pytest.param(TRAIN, comment("ok\tjoy\tx"), "line 2, labels: 'joy' is not", id="labels: a name"),
    pytest.param(TRAIN, "ok\t3,3\tx\n" * 2, r"line 1, .*\(and 1 more rows\)", id="labels: how many more are counted"),
    pytest.param(TRAIN, comment("\t3\tx"), "line 2, text: '' is not a text", id="text: none"),
    pytest.param(TRAIN, comment(" \xa0\t3\tx"), "line 2, text: .* is not a text", id="text: blanks alone"),
    pytest.param(TRAIN, comment("a\0b\t3\tx"), "looks like binary data", id="text: a zero byte"),
    pytest.param(TRAIN, comment("a\ufeffb\t3\tx"), "line 2, text: ", id="text: a byte order mark within"),
    pytest.param(TRAIN, comment("ok\t3\t"), "line 2, id: '' is not an id", id="id: none"),
    pytest.param(TRAIN, comment("ok\t3\tx y"), "line 2, id: 'x y' is not an id", id="id: a space"),
    pytest.param(TRAIN, FIRST * 2, "line 2: id 'train1' stands in .*train.tsv, line 1, too", id="id: twice in a file"),
    pytest.param(
        TRAIN, comment("ok\t3\tdev2"), "dev.tsv, line 2: id 'dev2' .*train.tsv, line 2", id="id: in two files"
    ),
    pytest.param(TRAIN, comment("a\tb\t3\tx"), "line 2: 4 tab-separated fields, expected 3", id="fields: one too many"),
    pytest.param(TRAIN, comment("ok,3,x"), "line 2: 1 tab-separated fields, expected 3", id="fields: commas for tabs"),
    pytest.param(TRAIN, comment(""), "line 2: 1 tab-separated fields, expected 3", id="fields: an empty line"),
    pytest.param(TRAIN, "", "train.tsv is empty; restore", id="half a file: empty"),
    pytest.param(
        TRAIN, FIRST, "has 1 rows of train, goemotions as published 2.*make data", id="half a file: GoEmotions"
    ),
    pytest.param(TRAIN, FIRST + "wow, tha", "line 2: 1 tab-separated fields", id="half a file: cut within a line"),
    pytest.param(
        TRAIN, ("à" + FIRST + "né").encode()[:-1], "text that was cut off: fetch it", id="half a file: cut in a letter"
    ),
    pytest.param(TRAIN, comment("a\t3\tx") + "b\t3\ty\n", "has 3 rows of train.* 2: the study", id="a row too many"),
    pytest.param(TRAIN, None, "train.tsv is missing; run `make data`", id="a file is missing"),
    pytest.param("goemotions/emotions.txt", "joy\n" + "\n".join(EMOTIONS), "another order", id="labels: another order"),
    pytest.param(TRAIN, comment("né\t3\tx").encode("cp1252"), "looks like Windows-1252.*iconv", id="encoding: cp1252"),
    pytest.param(TRAIN, FIRST.encode("utf-16"), "looks like UTF-16 text.*iconv", id="encoding: UTF-16"),
    pytest.param(TRAIN, FIRST.encode("utf-16-le"), "looks like UTF-16LE text.*iconv", id="encoding: UTF-16, no mark"),
    pytest.param(TRAIN, gzip.compress(FIRST.encode()), "looks like gzip: .*gunzip", id="format: gzip named .tsv"),
    pytest.param(TRAIN, workbook(), "looks like an Excel workbook: save it", id="format: xlsx named .tsv"),
    pytest.param(TRAIN, parquet(), "looks like Parquet", id="format: Parquet named .tsv"),
    pytest.param(TRAIN, "<!DOCTYPE html>\n<html>", "looks like a web page", id="format: a web page named .tsv"),
    pytest.param(
        TRAIN, "version https://git-lfs.github.com/spec/v1\noid x\n", "Git LFS", id="format: a Git LFS pointer"
    ),
    pytest.param(
        TWEET, "sentence;emotion\na;joy\n", "line 1, label: 'emotion' is not one of", id="Emotion: other header"
    ),
    pytest.param(TWEET, "a;joy\nb;hunger\n", "line 2, label: 'hunger' is not one of", id="Emotion: other label"),
    pytest.param(TWEET, "a;joy\nb;joy \n", "line 2, label: 'joy ' is not one of", id="Emotion: a blank at the end"),
    pytest.param(TWEET, "a;joy\nb;1\n", "line 2, label: '1' is not one of", id="Emotion: a number for a label"),
    pytest.param(TWEET, "a;joy\nb,joy\n", "line 2, text: '' is not", id="Emotion: no semicolon"),
    pytest.param(TWEET, "a;joy\n;joy\n", "line 2, text: '' is not", id="Emotion: no text"),
    pytest.param(TWEET, "a;joy\n", "has 1 rows of train, emotion as published 2", id="half a file: Emotion"),
    pytest.param(
        BANK, HEAD + "a,train,1,3,5,Well, yes\n", "line 2: 7 comma-separated", id="EmoBank: an unquoted comma"
    ),
    pytest.param(
        BANK, HEAD + 'a,train,1,3,5,"Well\n' + SENTENCES, "line 2: a quote is not", id="EmoBank: an open quote"
    ),
    pytest.param(BANK, HEAD + 'x,train,1,3,5,"ok\n', "line 2: a quote is not", id="EmoBank: an open quote at the end"),
    pytest.param(
        BANK, HEAD + 'x,train,1,3,5,"a\nb"\n', "line 2, text: .* one line", id="EmoBank: a quote over two lines"
    ),
    pytest.param(BANK, "id,V,A,D,text\n", "line 1: header 'id,V,A,D,text', expected", id="EmoBank: a column missing"),
    pytest.param(BANK, HEAD.lower(), "line 1: header 'id,split,v,a,d,text'", id="EmoBank: other column names"),
    pytest.param(BANK, HEAD + "a,valid,1,3,5,x\n", "line 2, split: 'valid' is not one of", id="EmoBank: other split"),
    pytest.param(
        BANK, HEAD + "a,dev,1,3,5.5,x\n", "line 2, D: '5.5' is not a number from 1 to 5", id="EmoBank: off scale"
    ),
    pytest.param(BANK, HEAD + "a,dev,nan,3,5,x\n", "line 2, V: 'nan' is not a number", id="EmoBank: not a number"),
    pytest.param(
        BANK, HEAD + "a,dev,1_0,3,5,x\n", "line 2, V: '1_0' is not a number", id="EmoBank: Python's own digits"
    ),
    pytest.param(BANK, HEAD + 'a,dev,"1,5",3,5,x\n', "line 2, V: '1,5' is not a number", id="EmoBank: a decimal comma"),
    pytest.param(BANK, HEAD + "a,dev,1,,5,x\n", "line 2, A: '' is not a number", id="EmoBank: no rating"),
    pytest.param(BANK, HEAD + "a,dev,1,2,5,\n", "line 2, text: '' is not", id="EmoBank: no text"),
    pytest.param(BANK, HEAD + SENTENCES + "a,dev,1,2,5,x\n", "line 6: id 'a' .*line 2, too", id="EmoBank: an id twice"),
    pytest.param(
        BANK,
        "".join((HEAD + SENTENCES).splitlines(keepends=True)[:3]),
        "has 0 rows of dev, emobank as published 1",
        id="half a file: EmoBank",
    ),
    pytest.param(BANK, HEAD, "has 0 rows of train, emobank as published 2", id="half a file: EmoBank's header"),
    pytest.param(REVIEW, parquet([1, 2]), r"row 2, label: 2 is not 0 \(negative\) or 1", id="IMDB: label 2"),
    pytest.param(REVIEW, parquet([1, -1]), "row 2, label: -1 is not 0", id="IMDB: label -1"),
    pytest.param(REVIEW, parquet([None, 1]), "row 1, label: None is not 0", id="IMDB: no label"),
    pytest.param(REVIEW, parquet([True, False]), "row 1, label: True is not 0", id="IMDB: labels true and false"),
    pytest.param(REVIEW, parquet(["1", "0"]), "row 1, label: '1' is not 0", id="IMDB: labels as text"),
    pytest.param(REVIEW, parquet(["positive"] * 2), "row 1, label: 'positive' is not 0", id="IMDB: labels as names"),
    pytest.param(
        REVIEW,
        parquet(names=("review", "sentiment")),
        "has the columns review, sentiment, expected text, label",
        id="IMDB: other column names",
    ),
    pytest.param(REVIEW, parquet(texts=["a", None]), "row 2, text: None is not a text", id="IMDB: no text"),
    pytest.param(REVIEW, parquet(texts=["a", " "]), "row 2, text: ' ' is not a text", id="IMDB: a blank text"),
    pytest.param(REVIEW, parquet([1], ["a"]), "has 1 rows of train, imdb as published 2", id="half a file: IMDB"),
    pytest.param(REVIEW, parquet()[:-9], "looks like Parquet that was cut off", id="half a file: cut Parquet"),
    pytest.param(REVIEW, "text,label\na,1\n", "cannot be read as Parquet.*like text", id="format: CSV named .parquet"),
    pytest.param(REVIEW, gzip.compress(b"a"), "cannot be read as Parquet.*like gzip", id="format: gzip named .parquet"),
    pytest.param(LEXICON, JOY * 2, "line 2: word 'joy' stands in .*line 1, too", id="lexicon: a word twice"),
    pytest.param(LEXICON, JOY, "has 1 words, version 1 as published 2; get all", id="half a file: the lexicon"),
    pytest.param(
        LEXICON,
        "joy\t1.2\t0\t0\n" + GRIEF,
        "line 1, valence: '1.2' is not a number from 0 to 1",
        id="lexicon: off scale",
    ),
    pytest.param(
        LEXICON, JOY + "x\t-.5\t0\t0\n", "line 2, valence: '-.5' is not a number", id="lexicon: half a number"
    ),
    pytest.param(
        LEXICON,
        JOY + "grief\t-0.88\t0\t0\n",
        "line 2, valence: '-0.88' .*version 2.1.* header",
        id="lexicon: version 2.1 without its header",
    ),
    pytest.param(
        LEXICON,
        "word\tvalence\tarousal\tdominance\n" + JOY,
        "line 1, valence: 'valence' is not a number",
        id="lexicon: a header of neither version",
    ),
    pytest.param(
        LEXICON,
        SIGNED + JOY + GRIEF + "a b\t0\t0\t0\n",
        "2.1's header and no valence below 0.* -1 to 1",
        id="lexicon: version 2.1's header over version 1's scale",
    ),
    pytest.param(
        LEXICON,
        SIGNED + "joy\t1\t0\t0\ngrief\t-1\t0\t0\n",
        "has 2 words, version 2.1 as published 3",
        id="half a file: the lexicon's version 2.1",
    ),
    pytest.param(
        LEXICON,
        SIGNED + "joy\t1.5\t0\t0\n",
        "line 2, valence: '1.5' is not a number from -1 to 1",
        id="lexicon: version 2.1 off scale",
    ),
    pytest.param(LEXICON, "\t0\t0\t0\n" + JOY, "line 1, word: '' is not a word", id="lexicon: no word"),
    pytest.param(
        LEXICON, "joy \t0\t0\t0\n" + JOY, "line 1, word: 'joy ' is not a word", id="lexicon: a blank at the end"
    ),
    pytest.param(
        LEXICON,
        None,
        "is missing; get the lexicon at .* name its file NRC-VAD-Lexicon.txt, whichever",
        id="lexicon: its file has another name",
    ),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder of corpora of two rows, where two rows are what is published."""
    monkeypatch.setenv("VADSTUDY_DATA", str(tmp_path))
    two = {"train": 2, "dev": 2, "test": 2}
    for name, rows in {
        "goemotions": two,
        "emotion": two,
        "imdb": {"train": 2, "test": 2},
        "emobank": {"train": 2, "dev": 1, "test": 1},
    }.items():
        monkeypatch.setitem(schemas.ROWS, name, rows)
    monkeypatch.setitem(schemas.LEXICON_ROWS, "1", (2,))
    monkeypatch.setitem(schemas.LEXICON_ROWS, "2.1", (3,))
    for path, content in GOOD.items():
        put(tmp_path / path, content)
    return tmp_path


def put(path, content):
    path.parent.mkdir(exist_ok=True)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def read(path):
    return READERS[path.split("/")[0]]()


@pytest.mark.parametrize(("path", "content", "message"), CASES)
def test_a_faulty_file_is_refused_by_name_and_line(folder, path, content, message):
    read(path)
    put(folder / path, content)
    with pytest.raises(CorpusError, match=message) as error:
        read(path)
    assert "\n" not in str(error.value)
    assert Path(path).name in str(error.value) or "dev.tsv" in str(error.value)


READ = [
    pytest.param(
        TRAIN,
        b"\xef\xbb\xbf" + COMMENTS.format("train").encode(),
        lambda: corpora.goemotions()["train"]["text"][0],
        "fine by me",
        id="a byte order mark is no part of the first text",
    ),
    pytest.param(
        TRAIN,
        COMMENTS.format("train").replace("\n", "\r\n"),
        lambda: corpora.goemotions()["train"]["id"][:],
        ["train1", "train2"],
        id="line ends of Windows are no part of the id",
    ),
    pytest.param(
        TRAIN,
        COMMENTS.format("train")[:-1],
        lambda: corpora.goemotions()["train"]["id"][:],
        ["train1", "train2"],
        id="no line end behind the last row",
    ),
    pytest.param(
        TRAIN,
        '"open\t3\tx\nit\'s "so\t4\ty\n',
        lambda: corpora.goemotions()["train"]["text"][:],
        ['"open', "it's \"so"],
        id="quotes are text where fields are separated by tabs",
    ),
    pytest.param(
        LEXICON,
        ("\ufeff" + JOY + GRIEF),
        lambda: list(corpora.lexicon().index),
        ["joy", "grief"],
        id="a byte order mark is no part of the first word",
    ),
    pytest.param(
        LEXICON,
        "\ufeffWord\tValence\tArousal\tDominance\r\n" + JOY + GRIEF,
        lambda: list(corpora.lexicon().index),
        ["joy", "grief"],
        id="version 1's header behind a byte order mark",
    ),
    pytest.param(
        LEXICON,
        SIGNED + "joy\t1\t0\t0\na b\t0\t0\t0\ngrief\t-1\t0\t0\n",
        lambda: corpora.lexicon()["valence"].to_dict(),
        {"joy": 1, "a b": 0.5, "grief": 0},
        id="version 2.1's scale",
    ),
    pytest.param(
        TWEET,
        "i feel fine;joy\ni am lost;fear\n",
        lambda: corpora.emotion()["train"].to_dict(),
        {"text": ["i feel fine", "i am lost"], "label": [1, 4], "id": ["train0", "train1"]},
        id="Emotion's first row, where there is no header",
    ),
    pytest.param(
        TWEET,
        "\ufefftext;label\na;joy\nb;fear\n",
        lambda: corpora.emotion()["train"]["text"][:],
        ["a", "b"],
        id="Emotion's header behind a byte order mark",
    ),
    pytest.param(
        BANK,
        "\ufeff" + HEAD + SENTENCES,
        lambda: corpora.emobank()["train"]["text"][:],
        ['Well, "yes"', "ok"],
        id="EmoBank's header behind a byte order mark",
    ),
    pytest.param(
        REVIEW,
        parquet(texts=["Good.\nVery.", "Bad."]),
        lambda: corpora.imdb()["train"]["text"][0],
        "Good.\nVery.",
        id="a line break in a review",
    ),
]


@pytest.mark.parametrize(("path", "content", "value", "expected"), READ)
def test_what_is_unusual_but_right_is_read(folder, path, content, value, expected):
    put(folder / path, content)
    assert value() == expected


def test_the_mini_corpus_is_held_to_its_schema(tmp_path):
    path = tmp_path / "mini.tsv"
    path.write_text("ok\t4\tm1\ttrain\nno\t3,3\tm2\ttrain\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 2, labels: '3,3' is not"):
        corpora.mini(path)
    path.write_text("ok\t4\tm1\tvalid\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 1, split: 'valid' is not one of train, dev, test"):
        corpora.mini(path)
    path.write_text("ok\t4\tm1\ttrain\nno\t3\tm1\tdev\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 2: id 'm1' stands in"):
        corpora.mini(path)


def hub(
    label=(1, 4), text=("a", "b"), names=schemas.SIX_EMOTIONS, column="label", splits=("train", "validation", "test")
):
    """What the hub has of Emotion, in place of the library's own answer."""
    kind = ClassLabel(names=list(names)) if names else Value("int64")
    features = Features({"text": Value("string"), column: kind})
    rows = Dataset.from_dict({"text": list(text), column: list(label)}, features=features)
    return DatasetDict(dict.fromkeys(splits, rows))


def raising(error):
    def load(*args):
        raise error

    return load


def nested(outer, inner):
    outer.__cause__ = inner
    return outer


HUB = [
    pytest.param(
        lambda *_: hub([1, 7], names=None),
        "dair-ai/emotion on the hub, train, row 2, label: '7' is not one of",
        id="label: beyond the last",
    ),
    pytest.param(
        lambda *_: hub(names=schemas.SIX_EMOTIONS[::-1]),
        "on the hub, train: .* expected text, label with the",
        id="label: names in another order",
    ),
    pytest.param(
        lambda *_: hub(column="emotion"),
        "train: columns text, emotion, expected text, label",
        id="columns: other names",
    ),
    pytest.param(
        lambda *_: hub(splits=("train", "test")), "on the hub, dev: columns none", id="splits: one is missing"
    ),
    pytest.param(
        lambda *_: hub(text=["a", ""]), "train, row 2, text: '' is not a text.*set VADSTUDY_DATA", id="text: none"
    ),
    pytest.param(lambda *_: hub([1], ["a"]), "has 1 rows of train, emotion as published 2", id="half a corpus"),
    pytest.param(
        raising(ConnectionError("no route\nto host\n\nand more")),
        r"cannot be reached \(no route\); set",
        id="no network: a message of many lines",
    ),
    pytest.param(
        raising(RuntimeError("Cannot send a request")),
        r"cannot be reached \(Cannot send",
        id="no network: an error of the transport's own kind",
    ),
    pytest.param(raising(TimeoutError()), r"cannot be reached \(TimeoutError\); set", id="no network: no message"),
    pytest.param(
        raising(datasets.exceptions.DatasetGenerationError("failed")),
        r"cannot be reached \(failed\)",
        id="an error of the library's own kind",
    ),
    pytest.param(
        raising(nested(RuntimeError("failed"), OSError(errno.ENOSPC, "No space left on device", "/cache/x"))),
        r"cannot be stored in the hub's cache \(No space left on device: /cache/x\); make room",
        id="disk full",
    ),
    pytest.param(
        raising(PermissionError(errno.EACCES, "Permission denied", "/cache/x")),
        r"cache \(Permission denied: /cache/x\).*HF_HOME",
        id="a cache that cannot be written",
    ),
]


@pytest.mark.parametrize(("answer", "message"), HUB)
def test_a_faulty_answer_of_the_hub_is_one_line(folder, monkeypatch, answer, message):
    shutil.rmtree(folder / "emotion")
    monkeypatch.setattr(sources, "load_dataset", lambda *_: hub())
    assert corpora.emotion()["dev"].to_dict() == {"text": ["a", "b"], "label": [1, 4], "id": ["dev0", "dev1"]}
    monkeypatch.setattr(sources, "load_dataset", answer)
    with pytest.raises(CorpusError, match=message) as error:
        corpora.emotion()
    assert "\n" not in str(error.value)


def test_goemotions_and_imdb_of_the_hub_are_held_to_the_schemas(folder, monkeypatch):
    kinds = Features(
        {"text": Value("string"), "labels": datasets.List(ClassLabel(names=list(EMOTIONS))), "id": Value("string")}
    )

    def comments(ids):
        splits = zip(("train", "validation", "test"), ids, strict=True)
        return DatasetDict(
            {
                split: Dataset.from_dict(
                    {"text": ["a", "b"], "labels": [[3], [3, 27]], "id": [i, i + "x"]}, features=kinds
                )
                for split, i in splits
            }
        )

    for name in ("goemotions", "imdb"):
        shutil.rmtree(folder / name)
    monkeypatch.setattr(sources, "load_dataset", lambda *_: comments("abc"))
    assert corpora.goemotions()["dev"].to_dict() == {"id": ["b", "bx"], "text": ["a", "b"], "labels": [[3], [3, 27]]}
    monkeypatch.setattr(sources, "load_dataset", lambda *_: comments("aba"))
    with pytest.raises(CorpusError, match="on the hub, test, row 1: id 'a' stands in .* on the hub, train, row 1, too"):
        corpora.goemotions()
    monkeypatch.setattr(sources, "load_dataset", lambda *_: hub([0, 1], names=("neg", "pos")))
    assert corpora.imdb()["test"].to_dict() == {"text": ["a", "b"], "label": [0, 1], "id": ["test0", "test1"]}
    monkeypatch.setattr(sources, "load_dataset", lambda *_: hub([0, 1], names=("pos", "neg")))
    with pytest.raises(CorpusError, match="with the labels neg, pos"):
        corpora.imdb()


@contextmanager
def another_user():
    """Do something as a user who owns nothing here, where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder(folder, monkeypatch):
    """The data folder at a place that every user reaches."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    data = place / "data"
    shutil.copytree(folder, data)
    monkeypatch.setenv("VADSTUDY_DATA", str(data))
    yield data
    for path in (data, *data.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(place)


@pytest.mark.parametrize("path", [TRAIN, TWEET, BANK, REVIEW, LEXICON])
@pytest.mark.parametrize("what", ["its file", "its folder", "the data folder"])
def test_what_belongs_to_another_user_is_one_line(open_folder, path, what):
    of = open_folder / path
    {"its file": of, "its folder": of.parent, "the data folder": open_folder}[what].chmod(0)
    with another_user(), pytest.raises(CorpusError, match="cannot be read.*Permission denied.*permissions"):
        read(path)


def fetched(monkeypatch, got=None):
    """Let fetch have this corpus for GoEmotions, or the one of two rows that is in the data folder."""
    got = corpora.goemotions() if got is None else got
    monkeypatch.setitem(fetch.CORPORA, "goemotions", (lambda: got, *fetch.CORPORA["goemotions"][1:]))


@pytest.mark.parametrize("place", ["a folder that is read only", "a corpus's folder that is read only", "a file"])
def test_fetching_where_nothing_can_be_written_is_one_line(open_folder, monkeypatch, place):
    fetched(monkeypatch)
    target = open_folder.parent / "target"
    (target / "goemotions").mkdir(parents=True)
    target.chmod(0o777)
    (target / "goemotions").chmod(0o555)
    if place == "a folder that is read only":
        target.chmod(0o555)
    if place == "a file":
        target = open_folder / TRAIN
    with another_user(), pytest.raises(CorpusError, match=f"{re.escape(str(target))} cannot be written") as error:
        fetch.store("goemotions", target)
    assert "\n" not in str(error.value) and "make data" in str(error.value)
    assert not list(target.rglob("*.tsv"))


def test_what_fetch_is_given_in_part_never_takes_the_place_of_what_is_whole(folder, monkeypatch):
    corpus = corpora.goemotions()
    corpus["test"] = corpus["test"].select([0])
    fetched(monkeypatch, corpus)
    with pytest.raises(CorpusError, match="test.tsv has 1 rows of test"):
        fetch.store("goemotions", folder)
    assert (folder / "goemotions" / "test.tsv").read_text(encoding="utf-8") == COMMENTS.format("test")
    assert not (folder / ".part").exists()


def test_emobank_that_differs_or_cannot_be_had_is_not_written(folder, monkeypatch, served):
    address = served(folder)
    monkeypatch.setattr(fetch, "EMOBANK", f"{address}/emobank/")
    with pytest.raises(CorpusError, match="emobank.csv is another file than the study's .*1ade4a"):
        fetch.store("emobank", folder / "target")
    monkeypatch.setattr(fetch, "EMOBANK", f"{address}/nowhere/")
    with pytest.raises(CorpusError, match="nowhere/emobank.csv cannot be reached .* by hand") as error:
        fetch.store("emobank", folder / "target")
    assert "\n" not in str(error.value) and not list((folder / "target").rglob("*"))


@pytest.mark.faults
def test_a_full_disk_while_fetching_is_one_line_and_leaves_nothing(folder, tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs root to mount a small disk")
    try:
        long = {"text": ["a " * 40_000] * 2, "labels": [[3]] * 2}
        ids = {"train": ["a", "b"], "dev": ["c", "d"], "test": ["e", "f"]}
        corpus = DatasetDict({split: Dataset.from_dict({**long, "id": each}) for split, each in ids.items()})
        fetched(monkeypatch, corpus)
        with pytest.raises(CorpusError, match=r"disk cannot be written \(No space left on device\); .*make room"):
            fetch.store("goemotions", disk)
        assert not list(disk.rglob("*"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


KILLED = """
import os, signal, sys
from pathlib import Path
from vadstudy.lab import fetch
from vadstudy import corpora
from vadstudy.disk import schemas

mini = corpora.mini()
schemas.ROWS["goemotions"] = {split: len(rows) for split, rows in mini.items()}
moment, folder = sys.argv[1], Path(sys.argv[2])
def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
def half(corpus, folder):
    (folder / "train.tsv").write_text("half a li")
    kill()
write = half if moment == "writing" else fetch.write_goemotions
read = kill if moment == "reading" else corpora.goemotions_files
fetch.CORPORA["goemotions"] = (lambda: mini, write, read)
replace, moved = os.replace, []
def replacing(source, target):
    if moment == "moving" and moved:
        kill()
    moved.append(target)
    replace(source, target)
os.replace = replacing
print(fetch.store("goemotions", folder))
"""


@pytest.mark.faults
@pytest.mark.parametrize("moment", ["writing", "reading", "moving"])
def test_a_killed_fetch_leaves_only_whole_files_and_the_next_one_mends_it(tmp_path, moment):
    environment = {**os.environ, "PYTHONPATH": str(Path(fetch.__file__).parents[1])}
    command = [sys.executable, "-c", KILLED]
    killed = subprocess.run([*command, moment, tmp_path], env=environment, capture_output=True, timeout=300)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = {path.name: path.read_bytes() for path in (tmp_path / "goemotions").glob("*")}
    again = subprocess.run([*command, "none", tmp_path], env=environment, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    whole = {path.name: path.read_bytes() for path in (tmp_path / "goemotions").iterdir()}
    assert sorted(whole) == ["dev.tsv", "emotions.txt", "test.tsv", "train.tsv"]
    assert left == {name: whole[name] for name in left} and not (tmp_path / ".part").exists()
    assert len(left) == (moment == "moving")
