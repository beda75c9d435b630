"""The run store: read or make, stale, damaged, shared; and that the record in the repository is honest."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import ANY

import numpy as np
import pandas as pd
import pytest

from vadstudy import corpora, experiments, metrics, plots, recipes, runs, tables, training
from vadstudy.disk import files, manifests, sealed
from vadstudy.errors import RunError
from vadstudy.lab import show
from vadstudy.runs import RunStore

RECORD = RunStore("study")
FILES = {path: re.fullmatch(r"seed(\d+)\.parquet", path.name) for path in RECORD.folder.glob("*/*")}
STORED = sorted((path.parent.name, int(found[1])) for path, found in FILES.items() if found)


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


def test_a_manifest_says_what_was_read_made_and_written_and_by_which_cell(store, tmp_path, monkeypatch):
    figure, _ = plots.subplots()
    kernel = SimpleNamespace(execution_count=7)
    monkeypatch.setattr("IPython.get_ipython", lambda: kernel)
    store.get("corpus-lengths")
    (other := again(store))["corpus-lengths"]
    assert plots.save(figure, "01_any", other) is figure
    kernel.execution_count = 8
    tables.save(pd.DataFrame({"a": [1]}), "any", other, "A table.")
    assert other.finish("01_any") == other.summary()
    place = other.executed / "01_any.ipynb"
    manifest = manifests.read([place], "do it again")[place]
    wrote = {name: (each["cell"], each["sha256"]) for name, each in manifest.outputs.items()}
    names = {"figures/01_any.png": 7, "figures/01_any.svg": 7} | {
        f"reports/tables/any.{end}": 8 for end in ("csv", "md", "tex")
    }
    assert wrote == {name: (cell, files.sha256(store.scratch / name)) for name, cell in names.items()}
    assert manifest.figures(7) == ["01_any"] and manifest.figures(8) == []
    assert list(manifest.read) == ["corpus-lengths/seed42"] and manifest.made == {}
    store.finish("02_other")
    found = manifests.read([place.with_name("02_other.ipynb")], "")[place.with_name("02_other.ipynb")]
    assert (found.read, list(found.made)) == ({}, ["corpus-lengths/seed42"])
    assert found.made == manifest.read == found.runs


def test_weights_give_the_recorded_predictions_back(store):
    run = store.get("scaled-mae")
    tokenizer, regressor = run.regressor()
    texts = list(corpora.load("mini")["test"]["text"])
    points = runs.training.predict(regressor, tokenizer(texts)["input_ids"])
    assert np.abs(points - run.outputs("test")).max() < 2e-3
    with pytest.raises(RunError, match=r"bce/seed42\.safetensors is missing"):
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


def test_a_damaged_run_is_an_error_until_it_is_made_again(store):
    path = store.get("nrc-mae").path
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(RunError, match=r"seed42\.parquet is damaged \(SHA-256 .*git, or retrain it with `make retrain"):
        again(store).get("nrc-mae")
    assert len(again(store).get("nrc-mae", retrain=True).predictions) == 560


def test_a_file_keeps_every_bit_and_labels_of_64_bits(store):
    run = store.get("nrc-mae")
    rng = np.random.default_rng(0)
    frame = run.predictions.assign(
        o0=rng.random(560, np.float32), o1=rng.normal(size=560).astype(np.float16), o2=rng.random(560)
    )
    frame.loc[3, ["o0", "o1", "o2"]] = np.nan
    read = sealed.unpack(data := sealed.pack(frame, run.meta))
    assert read.equals(frame) and read.dtypes.equals(frame.dtypes) and read["label"].dtype == np.int64
    assert [read[name].to_numpy().tobytes() for name in ("o0", "o1", "o2")] == [
        frame[name].to_numpy().tobytes() for name in ("o0", "o1", "o2")
    ]
    assert sealed.meta(data)["digest"] == sealed.digest(frame) == sealed.digest(read.astype({"label": np.int8}))
    for change in ({"o1": frame["o1"].astype(np.float32)}, {"o0": frame["o0"] + 1e-6}, {"id": frame["id"] + "x"}):
        assert sealed.digest(frame.assign(**change)) != sealed.digest(frame)


def test_history_and_points_come_back_as_they_were(store):
    run = store.get("nrc-mae")
    assert list(run.history) == ["step", "epoch", "train_loss", "dev_loss", "dev_accuracy", "dev_macro_f1"]
    assert run.history["step"].dtype == np.int64 and len(run.history) == run.recipe.epochs
    assert run.mapper.points.tolist() == run.meta["points"]
    with pytest.raises(RunError, match=r"seed42\.parquet has no history: 'corpus-lengths' is computed, not trained"):
        _ = store.get("corpus-lengths").history


def test_files_have_the_mode_that_the_umask_gives(store):
    before = os.umask(0o027)
    try:
        run = store.get("scaled-mae")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in run.path.parent.iterdir()}
    assert modes == {"seed42.parquet": 0o640, "seed42.safetensors": 0o640}


def test_weights_that_are_no_longer_kept_are_removed(store):
    assert store.get("scaled-mae").path.with_suffix(".safetensors").exists()
    store.recipes["scaled-mae"] = replace(store.recipes["scaled-mae"], keep_weights=False)
    run = store.get("scaled-mae", retrain=True)
    assert [path.name for path in run.path.parent.iterdir()] == ["seed42.parquet"]


def test_recorded_reads_and_never_makes(store):
    how = "git clone.*make retrain RUN=bce SEED=42 PROFILE=smoke"
    with pytest.raises(RunError, match=rf"bce/seed42\.parquet is missing.*{how}"):
        store.recorded("bce")
    with pytest.raises(RunError, match="unknown recipe 'nope'"):
        store.recorded("nope")
    assert not store.folder.exists() and not store.scratch.exists() and not store.made
    made = store.get("bce")
    assert again(store).recorded("bce").digest == made.digest


def test_reading_makes_no_lock_and_no_folder(store):
    store.get("nrc-mae-svm")
    shutil.rmtree(store.scratch)
    again(store).get("nrc-mae-svm")
    assert not store.scratch.exists()


def test_show_tells_what_a_run_holds(store):
    run = store.get("nrc-mae")
    lines = show.text(run).splitlines()
    words = {line.split()[0]: line for line in lines[1:]}
    assert lines[0] == "nrc-mae, seed 42" and words["digest"].endswith(run.digest)
    assert run.meta["date"] in words["made"] and "torch 2" in words["versions"]
    assert "loss mae, mapper nrc" in words["recipe"] and "epochs 2" in show.text(run)
    accuracy = metrics.accuracy(run.labels("test"), tables.nearest(run))
    assert words["test"].split() == ["test", "112", "rows,", "accuracy", f"{accuracy:.4f},", "macro-F1", ANY]
    assert lines[-1].split()[0] == str(run.history["step"].iloc[-1])
    assert "weights" not in words and "weights   seed42.safetensors" in show.text(store.get("scaled-mae"))
    lengths = show.text(store.get("corpus-lengths")).splitlines()
    assert lengths[-1].endswith("rows") and "history" not in "".join(lengths)


def test_what_is_computed_from_a_run_is_stale_when_that_changes(store):
    store.get("nrc-mae-svm")
    assert store.dependents("nrc-mae") == ["nrc-mae-svm"]
    assert again(store).get("nrc-mae-svm").outputs("test").sum(axis=1) == pytest.approx(np.ones(112), abs=1e-2)
    run = store.get("nrc-mae")
    files.write(run.path, sealed.pack(run.predictions.assign(o0=0.5), run.meta))
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
    assert (name, seed) in experiments.plan() or name.startswith("search-")
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
    corpus = corpora.goemotions() if run.recipe.name == "corpus-lengths" else corpora.load(run.recipe.corpus)
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
    assert sum(path.stat().st_size for path in files) < 60e6
    for name, seed in STORED:
        assert RECORD.get(name, seed).meta["seconds"] > 0


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True])
def test_a_seed_that_no_generator_takes_is_one_line(store, seed):
    for read in (store.get, store.recorded):
        with pytest.raises(RunError, match="lengths.: seed .*, expected a whole number from 0 to 4294967295"):
            read("corpus-lengths", seed)
