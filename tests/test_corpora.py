"""Loading: the real corpora where they are, hand-made files for what else is read and written."""

import logging
from pathlib import Path

import pytest
from datasets import DatasetDict

from vadstudy import corpora
from vadstudy.disk import reading, sealed
from vadstudy.emotions import EMOTIONS, emotion_vad
from vadstudy.errors import CorpusError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder, in use."""
    monkeypatch.setenv("VADSTUDY_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def sizes(monkeypatch):
    """Numbers of rows that hand-made corpora are whole with, instead of the published ones."""
    one = {"train": 1, "dev": 1, "test": 1}
    for name, rows in {"goemotions": {"train": 1, "dev": 2, "test": 2}, "emotion": one, "emobank": one}.items():
        monkeypatch.setitem(reading.ROWS, name, rows)
    monkeypatch.setitem(corpora.LEXICON_ROWS, "1", (1, 2))
    monkeypatch.setitem(corpora.LEXICON_ROWS, "2.1", (3,))


def write(folder, path, text):
    path = folder / path
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_goemotions(folder, train="fine by me\t4\tid1\n"):
    for split in ("train", "dev", "test"):
        other = f"ok\t27\t{split}2\nwow, thanks\t15,26\t{split}3\n"
        write(folder, f"goemotions/{split}.tsv", train if split == "train" else other)


def test_goemotions_and_what_the_filter_drops(data_folder):
    kept, dropped = corpora.single_label(corpora.goemotions())
    assert {split: len(rows) for split, rows in kept.items()} == {"train": 36308, "dev": 4548, "test": 4590}
    assert dropped.loc["train", "rows"] == 43410
    assert (dropped["kept"] + dropped["dropped"] == dropped["rows"]).all()


def test_single_label_keeps_rows_with_one_label(folder, sizes):
    write_goemotions(folder)
    kept, dropped = corpora.single_label(corpora.goemotions())
    assert kept["dev"].to_dict() == {"id": ["dev2"], "text": ["ok"], "label": [27]}
    assert dropped.loc["dev"].tolist() == [2, 1, 1, 0.5]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no tab here\n", r"train\.tsv, line 2: 1 tab-separated fields, expected 3"),
        ("text\t28\tid9\n", r"train\.tsv, line 2, labels: '28' is not comma-separated label indices from 0 to 27"),
        ("text\t-1\tid9\n", r"train\.tsv, line 2, labels: '-1' is not comma-separated label indices"),
        ("text\tjoy\tid9\n", r"train\.tsv, line 2, labels: 'joy' is not comma-separated label indices"),
    ],
)
def test_a_bad_line_is_named(folder, line, message):
    write_goemotions(folder, "fine by me\t4\tid1\n" + line)
    with pytest.raises(CorpusError, match=message):
        corpora.goemotions()


def test_a_missing_or_empty_file_is_named(folder):
    write_goemotions(folder, train="")
    with pytest.raises(CorpusError, match=r"train\.tsv is empty"):
        corpora.goemotions()
    (folder / "goemotions" / "dev.tsv").unlink()
    write(folder, "goemotions/train.tsv", "fine by me\t4\tid1\n")
    with pytest.raises(CorpusError, match=r"dev\.tsv is missing; run `make data`"):
        corpora.goemotions()


def test_a_missing_folder_is_named(monkeypatch):
    monkeypatch.setenv("VADSTUDY_DATA", "nowhere/at/all")
    with pytest.raises(CorpusError, match="VADSTUDY_DATA names 'nowhere/at/all', which is not a folder"):
        corpora.load("goemotions")


@pytest.mark.parametrize("name", ["goemotions", "emotion", "imdb"])
def test_a_hub_that_cannot_be_reached_says_what_to_do(folder, name):
    with pytest.raises(CorpusError, match=f"{name} is not in .* hub.* cannot be reached.*set VADSTUDY_DATA"):
        corpora.load(name)


def test_emobank_is_not_on_the_hub(folder):
    with pytest.raises(CorpusError, match="emobank is not in .* not on the hub; run `make data`"):
        corpora.load("emobank")


def test_unknown_corpus():
    with pytest.raises(CorpusError, match="unknown corpus 'tweets'; expected one of goemotions, mini"):
        corpora.load("tweets")


def test_emotion(folder, sizes):
    for stem in ("train", "val", "test"):
        write(folder, f"emotion/{stem}.txt", "text;label_name\ni feel fine; really;joy\n")
    assert corpora.emotion()["dev"][0] == {"id": "dev0", "text": "i feel fine; really", "label": 1}
    write(folder, "emotion/val.txt", "text;label_name\ni feel fine;hunger\n")
    with pytest.raises(CorpusError, match=r"val\.txt, line 2, label: 'hunger' is not one of sadness, joy"):
        corpora.emotion()


def test_emobank_is_scaled_to_the_unit_cube(folder, sizes):
    header = "id,split,V,A,D,text\n"
    write(folder, "emobank/emobank.csv", header + 'a,train,1,3.0,5,"Well, yes"\nb,dev,3,3,3,ok\nc,test,2,2,2,no\n')
    assert corpora.emobank()["train"][0] == {"id": "a", "text": "Well, yes", "vad": [0.0, 0.5, 1.0]}
    write(folder, "emobank/emobank.csv", header + "a,train,1,3,5.5,no\n")
    with pytest.raises(CorpusError, match=r"emobank\.csv, line 2, D: '5\.5' is not a number from 1 to 5"):
        corpora.emobank()
    write(folder, "emobank/emobank.csv", "id,V,A,D,text\n")
    with pytest.raises(CorpusError, match=r"emobank\.csv, line 1: header"):
        corpora.emobank()


def test_sizes_of_the_real_corpora(data_folder):
    assert {split: len(rows) for split, rows in corpora.emotion().items()} == dict(train=16000, dev=2000, test=2000)
    assert {split: len(rows) for split, rows in corpora.emobank().items()} == dict(train=8062, dev=1000, test=1000)
    imdb = corpora.imdb()
    assert {split: len(rows) for split, rows in imdb.items()} == dict(train=25000, test=25000)
    assert sum(imdb["test"]["label"]) == 12500


def test_lexicon(folder, sizes):
    with pytest.raises(CorpusError, match="may not be redistributed: get it at saifmohammad"):
        corpora.lexicon()
    write(folder, "nrc-vad/NRC-VAD-Lexicon.txt", "joy\t0.98\t0.824\t0.794\n")
    assert corpora.lexicon().loc["joy"].tolist() == [0.98, 0.824, 0.794]
    write(folder, "nrc-vad/NRC-VAD-Lexicon.txt", "joy\t0.98\t1.824\t0.794\n")
    with pytest.raises(CorpusError, match=r"line 1, arousal: '1\.824' is not a number from 0 to 1"):
        corpora.lexicon()


def test_stand_ins_regroup_the_mini_corpus():
    mini = corpora.load("mini")
    text_label = {row["text"]: EMOTIONS[row["label"]] for row in mini["test"]}
    pairs = {text_label[row["text"]]: row["label"] for row in corpora.load("mini-sentiment")["test"]}
    assert (pairs["joy"], pairs["grief"], "neutral" in pairs, "surprise" in pairs) == (1, 0, False, False)
    assert len(set(corpora.load("mini-ekman")["train"]["label"])) == 6
    assert corpora.load("mini-vad")["dev"].num_rows == 112


def test_fingerprint_sees_texts_labels_and_order():
    mini = corpora.load("mini")
    same = DatasetDict({split: rows.select(range(len(rows))) for split, rows in mini.items()})
    assert corpora.fingerprint(same) == corpora.fingerprint(mini)
    turned = DatasetDict({**mini, "dev": mini["dev"].select(range(len(mini["dev"]) - 1, -1, -1))})
    relabelled = DatasetDict({**mini, "dev": mini["dev"].map(lambda row: {"label": 27 - row["label"]})})
    assert len({corpora.fingerprint(corpus) for corpus in (mini, turned, relabelled)}) == 3


RECORDED = {
    "goemotions": lambda: corpora.load("goemotions"),
    "goemotions, before the filter": corpora.goemotions,
    "emotion": corpora.emotion,
    "imdb": corpora.imdb,
    "emobank": corpora.emobank,
}


@pytest.mark.parametrize("name", RECORDED)
def test_the_record_rests_on_the_corpora_as_they_are_read(name, data_folder):
    recorded = set()
    for path in Path(__file__).parent.parent.glob("runs/*/seed??.parquet"):
        run = sealed.meta(path.read_bytes())
        unfiltered = run["recipe"]["name"] == "corpus-lengths"
        sampled = run["recipe"].get("rows")
        if run["recipe"]["corpus"] + ", before the filter" * unfiltered == name and not sampled:
            recorded.add(run["fingerprints"]["corpus"])
    assert recorded == {corpora.fingerprint(RECORDED[name]())}


def test_published_files_are_known_by_their_hash(data_folder):
    for name in reading.PUBLISHED:
        assert reading.published(data_folder / name), name


def test_the_page_on_data_has_the_hashes_and_sizes():
    page = (Path(__file__).parent.parent / "DATA.md").read_text(encoding="utf-8")
    for name, digest in reading.PUBLISHED.items():
        assert f"| `{name}` |" in page and f"| `{digest}` |" in page
    sizes = [size for rows in reading.ROWS.values() for size in rows.values()]
    assert all(f"{size:,}" in page for size in [*sizes, *sum(corpora.LEXICON_ROWS.values(), ())])


def test_published_files_hold_to_the_schemas_too(data_folder, monkeypatch):
    monkeypatch.setattr(reading, "published", lambda path: False)
    monkeypatch.setattr(corpora, "published", lambda path: False)
    for name in ("goemotions", "emotion", "imdb", "emobank"):
        corpora.load(name)
    assert len(corpora.lexicon()) == 19971


def test_emotion_without_a_header_is_the_same_corpus(data_folder, folder, monkeypatch):
    for path in (data_folder / "emotion").iterdir():
        write(folder, f"emotion/{path.name}", path.read_text(encoding="utf-8").split("\n", 1)[1])
    bare = corpora.fingerprint(corpora.emotion())
    monkeypatch.setenv("VADSTUDY_DATA", str(data_folder))
    assert bare == corpora.fingerprint(corpora.emotion())


ROWS_OF_JOY = "joy\t0.98\t0.824\t0.794\ngrief\t0.06\t0.64\t0.474\n"


def test_version_1_of_the_lexicon_with_its_own_header(folder, sizes, caplog):
    write(folder, "nrc-vad/NRC-VAD-Lexicon.txt", "Word\tValence\tArousal\tDominance\n" + ROWS_OF_JOY)
    words = corpora.lexicon()
    assert words.index.tolist() == ["joy", "grief"] and words.loc["joy"].tolist() == [0.98, 0.824, 0.794]
    assert "is version 1 of the NRC VAD lexicon with 2 words, not the file with" in caplog.text


def test_version_2_1_of_the_lexicon_is_converted_and_said(folder, sizes, caplog):
    rows = "joy\t1\t0.648\t0.588\na battery of tests\t-0.5\t0\t-1\ngrief\t-0.88\t0.28\t-0.052\n"
    write(folder, "nrc-vad/NRC-VAD-Lexicon.txt", "term\tvalence\tarousal\tdominance\n" + rows)
    words = corpora.lexicon()
    assert words.columns.tolist() == ["valence", "arousal", "dominance"] and words.index.name == "word"
    assert words.loc["joy"].tolist() == pytest.approx([1, 0.824, 0.794])
    assert words.loc["a battery of tests"].tolist() == [0.25, 0.5, 0]
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "is version 2.1 of the NRC VAD lexicon" in record.getMessage()
    assert "scale, -1 to 1, is converted to 0 to 1" in record.getMessage()


def test_the_published_lexicon_is_read_without_a_word(data_folder, caplog):
    words = corpora.lexicon()
    assert words.loc[list(EMOTIONS)].equals(emotion_vad()) and not caplog.records
