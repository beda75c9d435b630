"""The run store: read or make, stale, damaged, shared; and that the record in the repository is honest."""

import functools
import os
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from vadstudy import corpora, experiments, inference, metrics, plots, profiles, recipes, related, tables, training
from vadstudy.classifiers import NearestEmotion
from vadstudy.disk import files, manifests, sealed
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import RunError
from vadstudy.runs import RunStore

RECORD = RunStore("study")
FILES = {path: re.fullmatch(r"seed(\d+)\.parquet", path.name) for path in RECORD.folder.glob("*/*")}
STORED = sorted((path.parent.name, found[1]) for path, found in FILES.items() if found)
PLANNED = frozenset(profiles.plan())


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


def test_a_manifest_has_the_runs_of_the_stores_beside_it(store):
    (other := store.beside("mini")).folder = store.folder
    assert store.beside("mini") is other
    store["corpus-lengths"]
    other.read["softmax", 43] = {"date": "2026-01-02T00:00:00", "digest": "abc"}
    assert store.finish("01_any") == "1 runs read from the record of 2026-01-02; 1 made just now"
    place = store.executed / "01_any.ipynb"
    manifest = manifests.read([place], "")[place]
    assert manifest.read == {"mini/softmax/seed43": other.read["softmax", 43]}
    assert list(manifest.made) == ["corpus-lengths/seed42"]


def test_weights_give_the_recorded_predictions_back(lend):
    store = lend("scaled-mae", "bce")
    run = store.get("scaled-mae")
    tokenizer, regressor = run.regressor()
    texts = list(corpora.load("mini")["test"]["text"])
    points = inference.predict(regressor, tokenizer(texts)["input_ids"])
    assert np.abs(points - run.outputs("test")).max() < 2e-3
    with pytest.raises(RunError, match=r"bce/seed42\.safetensors is missing"):
        store.get("bce").regressor()


def test_unknown_recipe(store):
    with pytest.raises(RunError, match="unknown recipe 'nope' in profile smoke; expected one of scaled-mae, softmax"):
        store.get("nope")


def test_a_stale_run_is_an_error_with_the_fields(lend):
    other = lend("nrc-mae")
    other.recipes["nrc-mae"] = replace(other.recipes["nrc-mae"], epochs=7, pooling="cls")
    with pytest.raises(RunError, match=r"(?s)another recipe.*pooling: 'mean' -> 'cls'.*epochs: 2 -> 7.*make retrain"):
        other.get("nrc-mae")


def test_a_damaged_run_is_an_error_until_it_is_made_again(store, lend):
    path = lend("nrc-mae").get("nrc-mae").path
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(RunError, match=r"seed42\.parquet is damaged \(SHA-256 .*git, or retrain it with `make retrain"):
        again(store).get("nrc-mae")
    assert len(again(store).get("nrc-mae", retrain=True).predictions) == 560


def test_history_and_points_come_back_as_they_were(lend):
    store = lend("nrc-mae", "corpus-lengths")
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


def test_weights_that_are_no_longer_kept_are_removed(store, lend):
    assert lend("scaled-mae").get("scaled-mae").path.with_suffix(".safetensors").exists()
    store.recipes["scaled-mae"] = replace(store.recipes["scaled-mae"], keep_weights=False)
    run = store.get("scaled-mae", retrain=True)
    assert [path.name for path in run.path.parent.iterdir()] == ["seed42.parquet"]


def test_recorded_reads_and_never_makes(store, lend):
    how = "git clone.*make retrain RUN=bce SEED=42 PROFILE=smoke"
    with pytest.raises(RunError, match=rf"bce/seed42\.parquet is missing.*{how}"):
        store.recorded("bce")
    with pytest.raises(RunError, match="unknown recipe 'nope'"):
        store.recorded("nope")
    assert not store.folder.exists() and not store.scratch.exists() and not store.made
    assert lend("bce").recorded("bce").digest == RunStore("smoke").get("bce").digest


def test_reading_makes_no_lock_and_no_folder(lend):
    store = lend("nrc-mae-svm")
    store.get("nrc-mae-svm")
    assert not store.scratch.exists()


def test_what_is_computed_from_a_run_is_stale_when_that_changes(lend):
    store = lend("nrc-mae-svm")
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


def test_a_recipe_has_runs_where_they_are_recorded_or_can_be_made(tmp_path):
    assert not RunStore("study", tmp_path).has("softmax") and RECORD.has("softmax")
    assert RunStore("smoke", tmp_path).has("softmax") and not RunStore("smoke", tmp_path).has("scaled-distance")


def test_two_processes_train_a_run_once(tmp_path):
    script = (
        "import sys, pathlib; from vadstudy.runs import RunStore\n"
        "store = RunStore('smoke', pathlib.Path(sys.argv[1]) / 'runs'); store.scratch = pathlib.Path(sys.argv[1])\n"
        "store.get('bce'); print(len(store.made))"
    )
    both = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) for _ in "ab"]
    assert sorted(process.communicate()[0].strip() for process in both) == [b"0", b"1"]


@pytest.fixture(scope="module", params=STORED, ids="-".join)
def recorded(request):
    """A run of the record, read once for the tests below."""
    name, seed = request.param
    return RECORD.get(name, int(seed))


@functools.cache
def corpus(name, whole=False, most=None):
    """Fingerprint of a corpus, or of its sample with so many texts a split, and the ids of its splits."""
    found = corpora.goemotions() if whole else corpora.sample(name, most)[0]
    return corpora.fingerprint(found), {split: list(rows["id"]) for split, rows in found.items()}


def test_the_record_matches_the_code(recorded):
    name = recorded.recipe.name
    assert (name, recorded.seed) in PLANNED or name.startswith("search-")
    assert recipes.differences(recorded.meta["recipe"], RECORD.recipes[name]) == []
    assert recorded.meta["seconds"] > 0
    text = list(recorded.predictions.select_dtypes(["object", "string"]))
    assert set(text) <= {"split", "id", "label", "labels", "genre"}
    outputs = recorded.predictions.filter(regex=r"^o\d+$").to_numpy()
    assert np.isfinite(outputs).all()


def test_the_record_holds_what_its_history_says(recorded):
    if "history" not in recorded.meta or "dev" not in recorded.splits:
        return
    if recorded.recipe.mapper == recipes.HUMAN:
        people = RECORD.get("vad-people").rows("dev")[["valence", "arousal", "dominance"]]
        r = metrics.pearson(people, recorded.outputs("dev", RECORD.get("vad-people").ids("dev"))).mean()
        assert r == pytest.approx(recorded.history["dev_pearson"].max(), abs=0.005)
        return
    best = recorded.history["dev_macro_f1"].max()
    if recorded.recipe in experiments.SEVERAL_LABELS:
        truth = related.sets(RECORD, "dev")
        likely = expit(recorded.outputs("dev", truth.index).astype(float))
        threshold = metrics.best_common_threshold(likely, truth.to_numpy())
        assert metrics.set_scores(likely, truth, threshold)["macro_f1"] == pytest.approx(best, abs=0.005)
        return
    labels, outputs = recorded.labels("dev"), recorded.outputs("dev")
    known = np.flatnonzero(~np.isin(EMOTIONS, recorded.recipe.without))
    if "scale" in recorded.meta:
        predicted = tables.nearest(recorded, "dev")
    elif recorded.recipe.loss == "sorted":
        predicted = related.sorted_label(recorded, "dev")
    elif recorded.recipe.mapper:
        predicted = NearestEmotion().fit(recorded.mapper.points[known], known).predict(outputs)
    else:
        predicted = outputs.argmax(axis=1)
    seen = np.isin(labels, known)
    assert metrics.macro_f1(labels[seen], predicted[seen]) == pytest.approx(best, abs=0.005)


def test_the_record_has_exactly_the_rows_of_its_corpus(recorded, data_folder):
    recipe = recorded.recipe
    fingerprint, rows = corpus(recipe.corpus, recipe.name == "corpus-lengths", getattr(recipe, "rows", None))
    assert fingerprint == recorded.meta["fingerprints"]["corpus"]
    carried = dict(getattr(recipe, "carried_to", ())) or {f"{recipe.corpus}-several": None}
    for split in [split for split in recorded.splits if "/" in split]:
        name, part = split.split("/")
        assert list(recorded.ids(split)) == corpus(name, most=carried[name])[1][part]
    for split in [split for split in recorded.splits if "/" not in split]:
        ids = list(recorded.ids(split))
        if split == "labels":
            assert ids == list(EMOTIONS)
        elif split == "train" and getattr(recipe, "fold", None):
            assert len(ids) == pytest.approx(len(rows[split]) / recipe.fold[1], abs=1)
            assert set(ids) <= set(rows[split])
        elif split == "train" and getattr(recipe, "train_rows", None):
            assert len(ids) == recipe.train_rows and set(ids) <= set(rows[split])
        else:
            assert ids == rows[split]


def test_the_record_is_small():
    """What a clone downloads: a seed of 28 numbers a text is 0.4 MB, and both encoders' rows have up to five."""
    base = RECORD.folder / "base"
    sizes = {path: path.stat().st_size for path in RECORD.folder.rglob("*") if path.is_file()}
    of_base = {path: size for path, size in sizes.items() if base in path.parents and path.suffix == ".parquet"}
    assert sum(size for path, size in sizes.items() if base not in path.parents) < 110e6
    assert sum(of_base.values()) < 20e6
    runs = [size for path, size in sizes.items() if path.suffix == ".parquet"]
    # The largest have 28 numbers a text of five corpora, or 84 of two.
    assert np.mean(runs) < 0.4e6 and max(runs) < 2e6


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True])
def test_a_seed_that_no_generator_takes_is_one_line(store, seed):
    for read in (store.get, store.recorded):
        with pytest.raises(RunError, match="lengths.: seed .*, expected a whole number from 0 to 4294967295"):
            read("corpus-lengths", seed)
