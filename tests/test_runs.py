"""The run store: read or make, stale, damaged, shared; and that the record in the repository is honest."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vadstudy import corpora, goemotions, metrics, recipes, runs, tables, training
from vadstudy.errors import RunError
from vadstudy.runs import RunStore

RECORD = RunStore("study")
STORED = sorted((path.parent.parent.name, int(path.parent.name.removeprefix("seed")))
                for path in RECORD.folder.glob("*/*/recipe.json"))  # fmt: skip


@pytest.fixture
def store(tmp_path):
    found = RunStore("smoke", tmp_path / "runs")
    found.scratch = tmp_path / "scratch"
    return found


def again(store):
    other = RunStore("smoke", store.folder)
    other.scratch = store.scratch
    return other


def test_made_once_then_read(store):
    made = store.get("scaled-mae")
    assert store.summary() == "0 runs read from the record; 1 made just now"
    other = again(store)
    read = other.get("scaled-mae")
    date = made.meta["date"][:10]
    assert other.summary() == f"1 runs read from the record of {date}; 0 made just now"
    assert read.predictions.equals(made.predictions)
    assert read.outputs("test").shape == (112, 3) and read.splits == ["train", "dev", "test"]
    assert np.allclose(read.mapper.points, read.meta["points"]) and read.mapper.labels[27] == "neutral"
    assert not list(store.folder.rglob(".*")) and not list(store.scratch.glob("checkpoints/scaled*"))


def test_weights_give_the_recorded_predictions_back(store):
    run = store.get("scaled-mae")
    tokenizer, regressor = run.regressor()
    texts = list(corpora.load("mini")["test"]["text"])
    points = runs.training.predict(regressor, tokenizer(texts)["input_ids"])
    assert np.abs(points - run.outputs("test")).max() < 2e-3
    with pytest.raises(RunError, match=r"bce.*weights\.safetensors is missing"):
        store.get("bce").regressor()


def test_unknown_recipe(store):
    with pytest.raises(RunError, match="unknown recipe 'nope' in profile smoke; expected one of scaled-mae, softmax"):
        store.get("nope")


def test_a_stale_run_is_an_error_with_the_fields(store):
    store.get("nrc-mae")
    other = again(store)
    other.recipes["nrc-mae"] = replace(other.recipes["nrc-mae"], epochs=7, pooling="cls")
    with pytest.raises(RunError, match=r"(?s)another recipe.*pooling: 'mean' -> 'cls'.*epochs: 2 -> 7.*make retrain"):
        other.get("nrc-mae")


def test_a_damaged_run_is_an_error(store):
    place = store.get("nrc-mae").folder
    with open(place / "predictions.parquet", "r+b") as file:
        file.seek(100)
        file.write(b"\0\1\2")
    with pytest.raises(RunError, match=r"predictions\.parquet is damaged: SHA-256 .*make retrain RUN=nrc-mae SEED=42"):
        again(store).get("nrc-mae")
    (place / "predictions.parquet").unlink()
    with pytest.raises(RunError, match=r"predictions\.parquet is damaged: SHA-256 no file"):
        again(store).get("nrc-mae")
    (place / "recipe.json").write_text('{"recipe": ')
    with pytest.raises(RunError, match=r"recipe\.json is damaged"):
        again(store).get("nrc-mae")
    assert len(again(store).get("nrc-mae", retrain=True).predictions) == 560


def test_what_is_computed_from_a_run_is_stale_when_that_changes(store):
    store.get("nrc-mae-svm")
    assert store.dependents("nrc-mae") == ["nrc-mae-svm"]
    assert again(store).get("nrc-mae-svm").outputs("test").sum(axis=1) == pytest.approx(np.ones(112), abs=1e-2)
    path = store.place("nrc-mae", 42) / "predictions.parquet"
    frame = pd.read_parquet(path).assign(o0=0.5)
    frame.to_parquet(path)
    with pytest.raises(RunError, match="computed from other predictions of 'nrc-mae' than are stored"):
        again(store).get("nrc-mae-svm")


def test_a_failure_leaves_nothing_behind(store, monkeypatch):
    def fail(*_):
        raise training.TrainingError("recipe 'bce': the loss is nan at step 3")

    monkeypatch.setattr(training, "train", fail)
    with pytest.raises(training.TrainingError):
        store.get("bce")
    assert not list(store.folder.rglob("*.parquet")) and not store.place("bce", 42).exists()


def test_two_processes_train_a_run_once(tmp_path):
    script = (
        "import sys, pathlib; from vadstudy.runs import RunStore\n"
        "store = RunStore('smoke', pathlib.Path(sys.argv[1]) / 'runs'); store.scratch = pathlib.Path(sys.argv[1])\n"
        "store.get('bce'); print(len(store.made))"
    )
    both = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) for _ in "ab"]
    assert sorted(process.communicate()[0].strip() for process in both) == [b"0", b"1"]


@pytest.mark.parametrize(("name", "seed"), STORED)
def test_the_record_matches_the_code(name, seed):
    run = RECORD.get(name, seed)
    assert (name, seed) in recipes.plan() or name.startswith("search-")
    assert recipes.differences(run.meta["recipe"], RECORD.recipes[name]) == []
    text = list(run.predictions.select_dtypes(["object", "string"]))
    assert set(text) <= {"split", "id", "label"}
    outputs = run.predictions.filter(regex=r"^o\d+$").to_numpy()
    assert np.isfinite(outputs).all()


@pytest.mark.parametrize(
    ("name", "seed"), [each for each in STORED if "dev" in getattr(RECORD.recipes[each[0]], "splits", ())]
)
def test_the_record_holds_what_its_history_says(name, seed):
    run = RECORD.get(name, seed)
    predicted = tables.nearest(run, "dev") if run.recipe.mapper else tables.most_probable(run, "dev")
    best = run.history["dev_macro_f1"].max()
    assert metrics.macro_f1(run.labels("dev"), predicted) == pytest.approx(best, abs=0.005)


@pytest.mark.parametrize(("name", "seed"), STORED)
def test_the_record_has_exactly_the_rows_of_its_corpus(name, seed, data_folder):
    run = RECORD.get(name, seed)
    corpus = goemotions.load() if run.recipe.name == "corpus-lengths" else corpora.load(run.recipe.corpus)
    assert corpora.fingerprint(corpus) == run.meta["fingerprints"]["corpus"]
    for split in run.splits:
        ids = list(run.ids(split))
        if split == "train" and getattr(run.recipe, "fold", None):
            assert len(ids) == pytest.approx(len(corpus[split]) / run.recipe.fold[1], abs=1)
            assert set(ids) <= set(corpus[split]["id"])
        elif split == "train" and getattr(run.recipe, "train_rows", None):
            assert len(ids) == run.recipe.train_rows and set(ids) <= set(corpus[split]["id"])
        else:
            assert ids == list(corpus[split]["id"])


def test_the_record_is_small():
    files = [path for path in RECORD.folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 70e6
    for path in RECORD.folder.glob("*/*/recipe.json"):
        assert json.loads(path.read_text())["seconds"] > 0
