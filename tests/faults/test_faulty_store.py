"""The record: files that were damaged, swapped or cut short, writers that were killed, disks that were full."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import save

from vadstudy import computed, profiles, recipes, training
from vadstudy.disk import files, sealed
from vadstudy.errors import RunError, WriteError
from vadstudy.runs import TEXTS, RunStore

SEED = recipes.SEED
NAME = "scaled-mae"


class Stub:
    """Stands in for a trained regressor."""

    def packed(self, dtype, of):
        weight = torch.full((64, 64), int(of["predictions"][:4], 16), dtype=torch.float32)
        return save({"weight": weight}, {"regressor": json.dumps(of)})

    def load(self, path, tensors):
        return self

    def eval(self):
        return self


def trained(version):
    """What a training gives, every number of which says which one it was."""
    rng = np.random.default_rng(version)
    frame = pd.DataFrame({"split": ["dev"] * 400 + ["test"] * 400, "id": [f"c{i}" for i in range(800)], "label": 3})
    frame = frame.assign(o0=np.float32(version), o1=rng.random(800, np.float32), o2=rng.random(800, np.float32))
    history = pd.DataFrame({"step": [10], "dev_loss": [float(version)]})
    return training.Trained(frame, history, Stub(), {"encoder": "e", "corpus": "c"}, float(version))


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A smoke store whose flagship, weights and all, its SVM and another run are recorded; nothing is trained."""
    monkeypatch.setattr(training, "train", lambda recipe, seed, workdir: trained(1))
    monkeypatch.setattr(training, "build", lambda recipe: (None, Stub(), "e"))
    monkeypatch.setitem(computed.COMPUTE, recipes.SVM, lambda recipe, seed, sources: (sources[0].predictions, "c"))
    made = fresh(tmp_path)
    for name, seed in ((f"{NAME}-svm", SEED), (NAME, 43), ("softmax", SEED)):
        made.get(name, seed)
    return fresh(tmp_path)


def fresh(folder):
    store = RunStore("smoke", folder / "runs")
    store.scratch = folder / "scratch"
    return store


def flipped(find=None, at=0):
    """Flips a bit of the byte ``at``, counted from ``find`` if it is given."""

    def damage(store, path):
        data = bytearray(path.read_bytes())
        data[at + (data.index(find) if find else 0)] ^= 1
        path.write_bytes(data)

    return damage


def cut(keep):
    return lambda store, path: path.write_bytes(path.read_bytes()[:keep])


def honest(change):
    """Another run's honest file: sealed anew, with ``change`` made to what it says."""

    def damage(store, path):
        data = path.read_bytes()
        files.write(path, sealed.pack(sealed.unpack(data, store.folder / TEXTS), sealed.meta(data) | change))

    return damage


def said(text):
    """Sealed, but what it says is the JSON ``text``."""

    def damage(store, path):
        table = pq.read_table(path)
        with pq.ParquetWriter(buffer := BytesIO(), table.schema.remove_metadata()) as writer:
            writer.write_table(table.replace_schema_metadata(None))
            writer.add_key_value_metadata({"run": text, "seal": sealed.BLANK.decode()})
        data = buffer.getvalue()
        path.write_bytes(data.replace(sealed.BLANK, b"sealed:" + hashlib.sha256(data).hexdigest().encode()))

    return damage


def point_changed(store, path):
    table = pq.read_table(path)
    said = pq.read_metadata(path).metadata
    changed = table.from_pandas(table.to_pandas().assign(o0=np.float32(0.25)), preserve_index=False)
    pq.write_table(changed.replace_schema_metadata(said), path)


def rewritten(store, path):
    pd.read_parquet(path).to_parquet(path)


def replaced_by(name, seed):
    return lambda store, path: shutil.copy(store.place(name, seed), path)


def folder(store, path):
    path.unlink()
    path.mkdir()


def recipe_of(**changes):
    return honest({"recipe": recipes.as_fields(replace(profiles.named("smoke")[NAME], **changes))})


AGAIN = rf"retrain it with `make retrain RUN={NAME} SEED=42 PROFILE=smoke`"
FROM_GIT = "restore it from git, or "
CASES = [
    pytest.param(flipped(at=0), "seal|SHA-256", id="a flipped byte: in the file's first"),
    pytest.param(flipped(at=200), "SHA-256", id="a flipped byte: in a page of predictions"),
    pytest.param(flipped(b'"points": [[', 14), "SHA-256", id="a flipped byte: in a point"),
    pytest.param(flipped(b'"recipe": {', 1), "SHA-256", id="a flipped byte: in a field's name"),
    pytest.param(flipped(b"sealed:", 3), "without a seal", id="a flipped byte: in the seal's name"),
    pytest.param(flipped(b"sealed:", 12), "SHA-256|without a seal", id="a flipped byte: in the seal"),
    pytest.param(flipped(at=-1), "SHA-256", id="a flipped byte: in the file's last"),
    pytest.param(cut(-1), "SHA-256", id="cut short: by a byte"),
    pytest.param(cut(1500), "1500 bytes without a seal", id="cut short: to a half"),
    pytest.param(cut(0), "0 bytes without a seal", id="cut short: to nothing"),
    pytest.param(point_changed, "SHA-256|seal", id="changed by hand: a point, what the file says kept"),
    pytest.param(rewritten, "without a seal", id="changed by hand: written anew by pandas, without metadata"),
    pytest.param(said('["a", "list"]'), "its metadata is list, expected an object", id="metadata: a list"),
    pytest.param(said("null"), "its metadata is NoneType, expected an object", id="metadata: null"),
    pytest.param(said('{"recipe": '), "Expecting value", id="metadata: no JSON"),
    pytest.param(said("{}"), "field 'recipe' is None, expected dict", id="metadata: an empty object"),
    pytest.param(honest({"recipe": "x"}), "field 'recipe' is 'x', expected dict", id="metadata: a recipe that is text"),
    pytest.param(honest({"seed": "42"}), "field 'seed' is '42', expected int", id="metadata: a seed that is text"),
    pytest.param(
        replaced_by(NAME, 43), "holds another run, 'scaled-mae' of seed 43", id="another run's file: of another seed"
    ),
    pytest.param(
        replaced_by("softmax", SEED), "holds another run, 'softmax' of seed 42", id="another run's file: of a recipe"
    ),
    pytest.param(folder, "cannot be read", id="unreadable: a folder in its place"),
]


@pytest.mark.parametrize(("damage", "message"), CASES)
def test_what_is_not_the_run_is_an_error_until_it_is_made_again(store, damage, message):
    path = store.place(NAME, SEED)
    damage(store, path)
    for read in (store.get, store.recorded):
        with pytest.raises(RunError, match=rf"(?s){path}.*({message}).*{FROM_GIT}{AGAIN}") as error:
            read(NAME)
        assert "\n" not in str(error.value)
    # What is computed from it is not trusted, either.
    with pytest.raises(RunError, match=rf"{path}.*({message})"):
        store.get(f"{NAME}-svm")
    if path.is_dir():
        path.rmdir()
    assert len(store.get(NAME, retrain=True).predictions) == 800
    assert store.get(f"{NAME}-svm").meta["fingerprints"]["source"] == store.get(NAME).digest


def test_a_flipped_bit_of_any_byte_is_found(store):
    data = bytearray(store.place("softmax", SEED).read_bytes())
    assert sealed.meta(bytes(data))
    for i in range(len(data)):
        data[i] ^= 1 << i % 8
        with pytest.raises(ValueError):
            sealed.meta(bytes(data))
        data[i] ^= 1 << i % 8


def test_another_recipe_is_an_error_with_the_fields(store):
    recipe_of(epochs=9)(store, store.place(NAME, SEED))
    with pytest.raises(RunError, match=rf"(?s)seed42.parquet was made by another recipe.*epochs: 9 -> 2.*{AGAIN}"):
        store.get(NAME)


def other_predictions(store, path):
    files.write(path, sealed.pack(trained(2).predictions, sealed.meta(path.read_bytes())))


SOURCES = [
    pytest.param(other_predictions, "computed from other predictions of 'scaled-mae'", id="source: other predictions"),
    pytest.param(lambda store, path: path.unlink(), "seed42.parquet is missing, from which", id="source: missing"),
    pytest.param(cut(99), "seed42.parquet is damaged", id="source: damaged"),
]


@pytest.mark.parametrize(("change", "message"), SOURCES)
def test_what_is_computed_from_a_run_needs_that_run(store, change, message):
    change(store, store.place(NAME, SEED))
    with pytest.raises(RunError, match=message):
        store.recorded(f"{NAME}-svm")


def weights_of_another(store, path):
    path.write_bytes(Stub().packed(None, {"predictions": sealed.digest(trained(2).predictions)}))


WEIGHTS = [
    pytest.param(flipped(at=900), "is damaged", id="weights: a flipped byte"),
    pytest.param(cut(500), "is damaged", id="weights: cut short"),
    pytest.param(cut(0), "is damaged", id="weights: nothing"),
    pytest.param(weights_of_another, "belongs to other predictions", id="weights: of other predictions"),
    pytest.param(lambda store, path: path.unlink(), "is missing", id="weights: missing"),
]


@pytest.mark.parametrize(("damage", "message"), WEIGHTS)
def test_weights_that_are_not_the_runs_are_an_error_when_they_are_used(store, damage, message):
    path = store.get(NAME).path.with_suffix(".safetensors")
    store.get(NAME).regressor()
    damage(store, path)
    run = store.get(NAME)
    assert len(run.predictions) == 800
    with pytest.raises(RunError, match=rf"{path} {message}.*`make retrain RUN={NAME}"):
        run.regressor()


def in_a_child(work):
    """Do work in a fork of this process, which ends by itself or is killed; returns its signal or 0."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    return child


def killed_at(moment, store):
    """Retrain the flagship as another version, and be killed at a moment of writing."""
    original = {"fsync": os.fsync, "replace": os.replace}
    name, which, when = moment
    seen = []

    def call(*arguments):
        seen.append(arguments)
        if len(seen) == which and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        original[name](*arguments)
        if len(seen) == which:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(files.os, name, call)
    training.train = lambda recipe, seed, workdir: trained(2)
    store.get(NAME, retrain=True)


MOMENTS = [
    pytest.param(("fsync", 1, "before"), 1, True, id="killed: while the weights are written"),
    pytest.param(("replace", 1, "before"), 1, True, id="killed: before the weights take their place"),
    pytest.param(("replace", 1, "after"), 1, False, id="killed: between the weights and the run"),
    pytest.param(("fsync", 2, "before"), 1, False, id="killed: while the run is written"),
    pytest.param(("replace", 2, "before"), 1, False, id="killed: before the run takes its place"),
    pytest.param(("replace", 2, "after"), 2, True, id="killed: when the run has its place"),
]


@pytest.mark.faults
@pytest.mark.parametrize(("moment", "version", "usable"), MOMENTS)
def test_a_kill_leaves_the_old_run_or_the_new_one(store, moment, version, usable):
    _, status = os.waitpid(in_a_child(lambda: killed_at(moment, store)), 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    run = store.get(NAME)
    assert run.predictions.equals(sealed.unpack(sealed.pack(trained(version).predictions, run.meta)))
    assert run.meta["history"]["dev_loss"] == [version]
    if usable:
        run.regressor()
    else:
        with pytest.raises(RunError, match="belongs to other predictions"):
            run.regressor()
    assert store.seeds(NAME) == [SEED]
    store.get(NAME, retrain=True).regressor()
    assert sorted(path.name for path in run.path.parent.iterdir()) == [
        "seed42.parquet",
        "seed42.safetensors",
        "seed43.parquet",
    ]


@pytest.mark.faults
def test_readers_during_retrains_see_one_run_or_another(store):
    def work():
        for version in range(1, 200):
            training.train = lambda recipe, seed, workdir, version=version: trained(version)
            store.get(NAME, retrain=True)

    child, seen = in_a_child(work), set()
    try:
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            run = store.get(NAME)
            version = int(run.meta["examples_per_second"])
            assert (run.predictions["o0"] == version).all() and run.history["dev_loss"].tolist() == [version]
            assert sealed.digest(run.predictions) == run.digest
            seen.add(version)
    finally:
        if not seen:
            os.kill(child, signal.SIGKILL)
    assert len(seen) > 3


@contextmanager
def mounted(folder, size, *, read_only=False):
    """A small file system at a folder."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def full(store):
    return mounted(store.folder / "bce", "4k")


@contextmanager
def read_only(store):
    with mounted(store.folder / "bce", "4k") as folder:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield


@contextmanager
def of_another_user(store):
    """The folder is root's, and this process for a while nobody's, who may read it."""
    for each in (store.folder, *store.folder.parents):
        if each.stat().st_uid == 0 and each.is_relative_to("/tmp"):
            each.chmod(each.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


WRITES = [
    pytest.param(full, "No space left on device.*free some space", id="cannot be written: the disk is full"),
    pytest.param(read_only, "Read-only file system.*work in a copy", id="cannot be written: the disk is read-only"),
    pytest.param(of_another_user, "Permission denied.*ask its owner", id="cannot be written: another user's folder"),
]


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts, and becomes another user: needs root")
@pytest.mark.parametrize(("hindered", "message"), WRITES)
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(store, monkeypatch, hindered, message):
    calls = []
    monkeypatch.setattr(training, "train", lambda *_: calls.append(1) or trained(3))
    with hindered(store):
        assert len(store.get(NAME).predictions) == 800, "reading needs no right to write"
        with pytest.raises(WriteError, match=rf"bce\S* cannot be written \({message}") as error:
            store.get("bce")
        assert "\n" not in str(error.value)
        assert not (store.folder / "bce").exists() or not list((store.folder / "bce").iterdir())
    assert bool(calls) == (hindered is full), "what can be known before the training is"
    shutil.rmtree(store.folder / "bce", ignore_errors=True)
    assert len(store.get("bce").predictions) == 800


def test_what_a_killed_writer_left_is_no_run_and_is_cleaned_by_the_next(store):
    left = store.place("bce", SEED).parent / ".seed42.parquet.99999.part"
    left.parent.mkdir()
    left.write_bytes(b"half")
    assert store.seeds("bce") == [] and not store.place("bce", SEED).exists()
    with pytest.raises(RunError, match="is missing"):
        store.recorded("bce")
    store.get("bce")
    assert [path.name for path in left.parent.iterdir()] == ["seed42.parquet"]


def test_a_failure_says_what_it_was_when_it_is_no_error_of_the_disk(tmp_path):
    (tmp_path / "a").write_text("a file, not a folder")
    for write in (lambda: files.check(tmp_path / "a"), lambda: files.write(tmp_path / "a" / "b", b"x")):
        with pytest.raises(WriteError, match=rf"{tmp_path}/a\S* cannot be written"):
            write()
    assert (tmp_path / "a").read_text() == "a file, not a folder"
