"""What people said of the texts, read from its files and recorded."""

import numpy as np
import pytest

from vadstudy import corpora, ratings
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import CorpusError

RATED = '"id","V","A","D","stdV","stdA","stdD","N"\n"a_1","3.0","5.0","1.0","0.4","0.0","2.0","5"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("VADSTUDY_DATA", str(tmp_path))
    (tmp_path / "emobank").mkdir()
    (tmp_path / "goemotions").mkdir()
    for name in ("reader.csv", "writer.csv"):
        (tmp_path / "emobank" / name).write_text(RATED)
    (tmp_path / "emobank" / "meta.tsv").write_text("id\tdocument\tcategory\tsubcategory\na_1\ta\tblog\t \n")
    return tmp_path


def test_ratings_come_to_the_unit_cube_with_their_genre(folder):
    row = ratings.readers_and_writers().loc["a_1"]
    assert [row[f"reader_{name}"] for name in ("valence", "arousal", "dominance")] == [0.5, 1.0, 0.0]
    assert row["writer_dominance_sd"] == 0.5 and row["reader_n"] == 5 and row["genre"] == "blog"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("reader.csv", RATED.replace("3.0", "0.5"), "line 2, V: '0.5' is not a number from 1 to 5"),
        ("writer.csv", RATED.replace('"5"', '"many"'), "line 2, N: 'many' is not a number of raters"),
        ("writer.csv", RATED + RATED.splitlines()[1] + "\n", "line 3: id 'a_1' stands in .*line 2, too"),
        ("meta.tsv", "a_1\ta\tblog\t \n", "line 1: expected the header id, document, category, subcategory"),
        ("meta.tsv", "id\tdocument\tcategory\tsubcategory\na_1\ta\t \t \n", "line 2, category: ' ' is not a genre"),
    ],
)
def test_what_is_no_rating_is_refused_by_file_and_line(folder, name, content, message):
    (folder / "emobank" / name).write_text(content)
    with pytest.raises(CorpusError, match=f"{name}, {message}"):
        ratings.readers_and_writers()


def test_votes_are_shares_by_label(folder):
    header = ",".join(("split", "id", "example_very_unclear", *EMOTIONS))
    path = folder / "goemotions" / "votes.csv"
    path.write_text(f"{header}\ndev,x,0,{','.join(['0.6667'] + ['0'] * 26 + ['0.3333'])}\n")
    found = ratings.votes()
    assert found.loc["x", "admiration"] == 0.6667 and found.loc["x", "neutral"] == 0.3333
    path.write_text(f"{header}\ntrain,x,0,{','.join(['0'] * 28)}\n")
    with pytest.raises(CorpusError, match="line 2, split: 'train' is not dev or test"):
        ratings.votes()
    path.unlink()
    with pytest.raises(CorpusError, match="votes.csv is missing"):
        ratings.votes()


def test_the_recorded_ratings_are_the_files(data_folder):
    readers, votes = ratings.readers_and_writers(), ratings.votes()
    assert len(readers) >= 10062 and len(votes) == 5426 + 5427
    correlation = readers["reader_valence"].corr(readers["writer_valence"])
    assert correlation == pytest.approx(0.66, abs=0.01)


def test_stand_ins_cover_the_mini_corpus_and_its_pairs():
    votes, several = ratings.mini_votes(), corpora.load("mini-several")
    assert set(votes.sum(axis=1).round(2)) == {1.0, 1.33, 2.0, 2.33}
    for split in ("dev", "test"):
        for row in several[split]:
            assert len(row["labels"]) == 2
            assert set(np.flatnonzero(votes.loc[row["id"]] == 1)) == set(row["labels"])
    readers = ratings.mini_readers_and_writers()
    assert set(readers.index) == {i for part in corpora.load("mini-vad").values() for i in part["id"]}
    assert (readers["reader_arousal"] == readers["writer_arousal"]).all()
