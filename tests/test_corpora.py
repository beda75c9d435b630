"""Loading: the real corpora where they are, hand-made files for what can go wrong."""

import pytest
from datasets import DatasetDict

from vadstudy import corpora, fetch, goemotions
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import CorpusError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder, in use."""
    monkeypatch.setenv("VADSTUDY_DATA", str(tmp_path))
    return tmp_path


def write(folder, path, text):
    path = folder / path
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


OTHER = "ok\t27\tid2\nwow, thanks\t15,26\tid3\n"


def write_goemotions(folder, train="fine by me\t4\tid1\n"):
    for split in ("train", "dev", "test"):
        write(folder, f"goemotions/{split}.tsv", train if split == "train" else OTHER)


def test_goemotions_and_what_the_filter_drops(data_folder):
    kept, dropped = goemotions.single_label(goemotions.load())
    assert {split: len(rows) for split, rows in kept.items()} == {"train": 36308, "dev": 4548, "test": 4590}
    assert dropped.loc["train", "rows"] == 43410
    assert (dropped["kept"] + dropped["dropped"] == dropped["rows"]).all()


def test_single_label_keeps_rows_with_one_label(folder):
    write_goemotions(folder)
    kept, dropped = goemotions.single_label(goemotions.load())
    assert kept["dev"].to_dict() == {"id": ["id2"], "text": ["ok"], "label": [27]}
    assert dropped.loc["dev"].tolist() == [2, 1, 1, 0.5]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no tab here\n", r"train\.tsv, line 2: 1 tab-separated fields, expected 3"),
        ("text\t28\tid9\n", r"train\.tsv, line 2: label index 28 is out of range, expected 0 to 27"),
        ("text\t-1\tid9\n", r"train\.tsv, line 2: label index -1 is out of range"),
        ("text\tjoy\tid9\n", r"train\.tsv, line 2: labels 'joy' are not comma-separated indices"),
    ],
)
def test_a_bad_line_is_named(folder, line, message):
    write_goemotions(folder, "fine by me\t4\tid1\n" + line)
    with pytest.raises(CorpusError, match=message):
        goemotions.load()


def test_a_missing_or_empty_file_is_named(folder):
    write_goemotions(folder, train="")
    with pytest.raises(CorpusError, match=r"train\.tsv is empty"):
        goemotions.load()
    (folder / "goemotions" / "dev.tsv").unlink()
    write(folder, "goemotions/train.tsv", "fine by me\t4\tid1\n")
    with pytest.raises(CorpusError, match=r"dev\.tsv is missing; run `make data`"):
        goemotions.load()


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


def test_emotion(folder):
    for stem in ("train", "val", "test"):
        write(folder, f"emotion/{stem}.txt", "text;label_name\ni feel fine; really;joy\n")
    assert corpora.emotion()["dev"][0] == {"id": "dev0", "text": "i feel fine; really", "label": 1}
    write(folder, "emotion/val.txt", "text;label_name\ni feel fine;hunger\n")
    with pytest.raises(CorpusError, match=r"val\.txt, line 2: label 'hunger', expected sadness"):
        corpora.emotion()


def test_emobank_is_scaled_to_the_unit_cube(folder):
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


def test_lexicon(folder):
    with pytest.raises(CorpusError, match="may not be redistributed: get it at saifmohammad"):
        corpora.lexicon()
    write(folder, "nrc-vad/NRC-VAD-Lexicon.txt", "joy\t0.98\t0.824\t0.794\n")
    assert corpora.lexicon().loc["joy"].tolist() == [0.98, 0.824, 0.794]
    write(folder, "nrc-vad/NRC-VAD-Lexicon.txt", "joy\t0.98\t1.824\t0.794\n")
    with pytest.raises(CorpusError, match=r"line 1: '1\.824' is not a number from 0 to 1"):
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


def test_fetched_files_are_those_that_are_read(folder):
    def add(corpus):
        return DatasetDict({split: rows.remove_columns("id") for split, rows in corpus.items()})

    for name, corpus in (("goemotions", goemotions.mini()), ("emotion", add(corpora.load("mini-ekman"))),
                         ("imdb", add(corpora.load("mini-sentiment")))):  # fmt: skip
        (folder / name).mkdir()
        fetch.WRITERS[name](corpus, folder / name)
    assert goemotions.load()["train"].to_dict() == goemotions.mini()["train"].to_dict()
    assert corpora.emotion()["dev"]["label"] == corpora.load("mini-ekman")["dev"]["label"]
    assert corpora.imdb()["test"]["text"] == corpora.load("mini-sentiment")["test"]["text"]


def test_fetch_without_a_network_leaves_nothing_behind(tmp_path):
    with pytest.raises(CorpusError, match="cannot be reached"):
        list(fetch.fetch(tmp_path))
    assert not list(tmp_path.rglob("*.tsv"))
