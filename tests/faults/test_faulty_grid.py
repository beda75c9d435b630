"""What may happen to a grid: signals at any moment, sources that are gone or fail, folders that cannot be written."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from pickle import PicklingError

import optuna
import pytest
from optuna.trial import TrialState

from vadstudy import recipes, training
from vadstudy.errors import RunError, TrainingError, WriteError
from vadstudy.lab import grid, progress, tuned, tuning
from vadstudy.runs import RunStore

SEED = recipes.SEED


@pytest.fixture
def store(tmp_path):
    found = RunStore("smoke", tmp_path / "runs")
    found.scratch = tmp_path / "scratch"
    found.recipes["nrc-mae"] = replace(found.recipes["nrc-mae"], epochs=1)
    return found


class Worker(threading.Thread):
    """Stands in for a process."""

    exitcode = 0

    def terminate(self):
        pass


@pytest.fixture
def threads(monkeypatch):
    """Tasks are made in threads of this process."""

    def start(store, task, failed, running):
        ours, theirs = grid.multiprocessing.get_context("spawn").Pipe(duplex=False)

        def work():
            grid.make(store, task, failed, lambda *news: theirs.send(news))
            theirs.close()

        worker = Worker(target=work)
        worker.start()
        running[ours] = worker, list(task), "log"

    monkeypatch.setattr(grid, "_start", start)
    monkeypatch.setattr(grid, "POLL", 0.02)


def remove(store, name):
    """A run is gone from the record, whether it is a folder or a file."""
    place = store.place(name, SEED)
    place.rename(place.with_name("elsewhere"))


def fails(recipe, *_):
    raise TrainingError(f"recipe {recipe.name!r}: the loss is nan")


def another(recipe, seed, workdir):
    return training_of(replace(recipe, learning_rate=3e-3), seed, workdir)


training_of = training.train

#: How the source of a recorded run, which is gone, comes out when it is made anew, and what is said of whom.
CASES = [
    pytest.param(training_of, {}, id="source: gone, and made again as it was"),
    pytest.param(
        fails,
        {"nrc-mae": "the loss is nan", "nrc-mae-svm": "nrc-mae, seed 42, which it is computed"},
        id="source: gone, and it fails",
    ),
    pytest.param(
        another,
        {"nrc-mae-svm": "computed from other predictions of 'nrc-mae'"},
        id="source: gone, and it comes out otherwise",
    ),
]


@pytest.mark.parametrize(("made", "said"), CASES)
def test_a_recorded_run_whose_source_is_gone(made, said, store, plan, threads, monkeypatch):
    plan("nrc-mae", "nrc-mae-svm")
    store.get("nrc-mae-svm")
    remove(store, "nrc-mae")
    assert progress.survey(store)[1] == {
        ("nrc-mae-svm", SEED): "nrc-mae, seed 42, which it is computed from, is not recorded"
    }
    monkeypatch.setattr(training, "train", made)
    try:
        grid.local(store, 1)
        lines = []
    except RunError as error:
        lines = str(error).splitlines()[1:]
    told = {line.partition(",")[0]: line for line in lines if ", seed 42: " in line}
    assert told.keys() == said.keys()
    for name, words in said.items():
        assert words in told[name]


def test_a_source_that_goes_while_the_grid_runs_is_made_by_who_needs_it(store, plan, threads, monkeypatch):
    plan("labels-words", "nrc-mae", "nrc-mae-svm")
    store.get("nrc-mae")
    get = store.get

    def meanwhile(name, seed=SEED):
        if name == "labels-words" and not store.place(name, seed).exists():
            remove(store, "nrc-mae")
        return get(name, seed)

    monkeypatch.setattr(store, "get", meanwhile)
    monkeypatch.setattr(grid, "tasks", lambda store, jobs: [[job] for job in jobs])
    watchdog = threading.Timer(240, lambda: os.kill(os.getpid(), signal.SIGINT))
    watchdog.start()
    try:
        grid.local(store, 1)
    finally:
        watchdog.cancel()
    assert len(progress.survey(store)[0]) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_process_is_started_comes_after(number):
    handlers = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGTERM)}
    done = []
    try:
        with pytest.raises(KeyboardInterrupt), grid._uninterrupted():
            signal.raise_signal(number)
            time.sleep(0.05)
            done.append("started")
        assert done == ["started"]
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)


def test_a_process_that_cannot_be_started_leaves_the_signals_as_they_were(store):
    before = signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    (store.scratch / "grid").mkdir(parents=True)
    store.unpicklable = lambda: None
    with pytest.raises((AttributeError, PicklingError)):
        grid._start(store, [("nrc-mae", SEED)], {}, {})
    assert (signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())) == before


SLOW = """
import os, sys, time
from pathlib import Path
if __name__ != "__main__":
    Path(sys.argv[1], f"importing{os.getpid()}").touch()
    time.sleep(3)  # stands in for what takes long
from vadstudy import cli, profiles, runs
from vadstudy.runs import RunStore

def store(profile):
    runs.RunStore = RunStore  # as it was, for those who look the class up by its name
    found = RunStore("smoke", Path(sys.argv[1]) / "runs")
    found.scratch = Path(sys.argv[1]) / "scratch"
    return found

if __name__ == "__main__":
    profiles.plan = lambda profile: [("nrc-mae", 42), ("bce", 42)]
    runs.RunStore = store
    cli.main(["grid", "--profile", "smoke", "--jobs", "2"])
"""


@pytest.mark.faults
@pytest.mark.parametrize(
    ("kill", "number"),
    [
        pytest.param(os.killpg, signal.SIGINT, id="interrupt: Ctrl-C while processes import"),
        pytest.param(os.kill, signal.SIGTERM, id="interrupt: SIGTERM while processes import"),
        pytest.param(os.kill, signal.SIGKILL, id="interrupt: SIGKILL while processes import"),
    ],
)
def test_stopped_while_its_processes_import_it_says_one_line_and_takes_them_along(kill, number, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SLOW)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 240
    while not list(tmp_path.glob("importing*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    kill(process.pid, number)
    output = process.communicate(timeout=120)[0]
    assert "Traceback" not in output and "Error" not in output.replace("Error: stopped", "")
    if number != signal.SIGKILL:
        assert output.splitlines()[-1] == "Error: stopped; `make grid` goes on where it was"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("its processes go on")


def full(*_):
    raise WriteError("build/checkpoint-3 cannot be written: its disk is full")


def test_a_full_disk_is_no_trial(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(training, "train", full)
        with pytest.raises(WriteError, match="its disk is full"):
            tuning.tune(store, 1, ("bce",))
    assert tuned.trials(store).empty
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tuning.tune(store, 1, ("bce",))
    assert [trial.state for trial in tuned.studies(store)["bce"].trials] == [TrialState.FAIL, TrialState.COMPLETE]


def submitted(store):
    grid.slurm(store, "debug")


def tuning_one(store):
    tuning.tune(store, 1, ("bce",))


@pytest.mark.parametrize("engine", [grid.local, submitted, tuning_one])
def test_a_build_folder_that_cannot_be_written_is_one_line(engine, store, plan):
    plan("bce")
    store.scratch.parent.mkdir(exist_ok=True)
    Path(store.scratch).write_text("a file where a folder should be")
    with pytest.raises(WriteError, match=f"^{store.scratch}.* cannot be written") as error:
        engine(store)
    assert "\n" not in str(error.value)
