"""Fetching: the files that are written are those that are read."""

import pytest
from datasets import DatasetDict

from vadstudy import corpora
from vadstudy.disk import reading
from vadstudy.errors import CorpusError
from vadstudy.lab import fetch


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder, in use."""
    monkeypatch.setenv("VADSTUDY_DATA", str(tmp_path))
    return tmp_path


class Small:
    """The mini corpus in place of the three on the hub."""

    def __init__(self, monkeypatch):
        def add(corpus):
            return DatasetDict({split: rows.remove_columns("id") for split, rows in corpus.items()})

        self.corpora = {
            "goemotions": corpora.mini(),
            "emotion": add(corpora.load("mini-ekman")),
            "imdb": add(corpora.load("mini-sentiment")),
        }
        for name, corpus in self.corpora.items():
            _, *rest = fetch.CORPORA[name]
            monkeypatch.setitem(fetch.CORPORA, name, (lambda corpus=corpus: corpus, *rest))
            rows = {split: len(corpus[split]) for split in reading.ROWS[name]}
            monkeypatch.setitem(reading.ROWS, name, rows)


@pytest.fixture
def small(monkeypatch):
    return Small(monkeypatch).corpora


def test_fetched_files_are_those_that_are_read(folder, small):
    lines = [fetch.store(name, folder) for name in small]
    assert lines[0] == f"goemotions: train 336, dev 112, test 112 rows in {folder / 'goemotions'}, each row checked"
    assert corpora.goemotions()["train"].to_dict() == corpora.mini()["train"].to_dict()
    assert corpora.emotion()["dev"]["label"] == corpora.load("mini-ekman")["dev"]["label"]
    assert corpora.imdb()["test"]["text"] == corpora.load("mini-sentiment")["test"]["text"]
    assert sorted(path.name for path in folder.iterdir()) == ["emotion", "goemotions", "imdb"]


@pytest.mark.parametrize("name", ["goemotions", "emotion", "emobank"])
def test_what_fetch_writes_are_the_published_files(name, data_folder, tmp_path, monkeypatch, served):
    got = {"goemotions": corpora.goemotions, "emotion": corpora.emotion, "emobank": fetch.emobank}[name]
    monkeypatch.setattr(fetch, "EMOBANK", f"{served(data_folder)}/emobank/")
    monkeypatch.setitem(fetch.CORPORA, name, (got, *fetch.CORPORA[name][1:]))
    assert fetch.store(name, tmp_path).endswith("the published files")


def test_fetch_without_a_network_leaves_nothing_behind(tmp_path):
    with pytest.raises(CorpusError, match="cannot be reached"):
        list(fetch.fetch(tmp_path / "data"))
    assert not list(tmp_path.rglob("*"))
