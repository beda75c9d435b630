"""The grid: what it makes in which order, what failures and other processes do to it, and that it may be stopped."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from click.testing import CliRunner
from filelock import FileLock

from vadstudy import profiles, recipes
from vadstudy.cli import main
from vadstudy.errors import CorpusError, RunError, TrainingError
from vadstudy.lab import grid, progress
from vadstudy.runs import RunStore

SEED = recipes.SEED


class Worker(threading.Thread):
    """Stands in for a process; ``exitcode`` is that of a process that was killed."""

    exitcode = -9

    def terminate(self):
        pass


@pytest.fixture
def worked(monkeypatch):
    """Tasks run in threads and a run takes a moment and makes an empty folder; the fixture notes what happened when.

    Recipes in ``worked.failing`` fail, those in ``worked.dying`` take their process with them; ``worked.slow`` has the
    seconds of those that take longer.
    """

    class Notes(list):
        failing, dying, slow = (), (), {}

        def names(self, event):
            return [name for found, name in self if found == event]

    notes, context = Notes(), grid.multiprocessing.get_context("spawn")

    def get(store, name, seed=SEED):
        notes.append(("start", name))
        time.sleep(notes.slow.get(name, 0.05))
        if name in notes.failing:
            raise TrainingError(f"recipe {name!r}: the loss is nan")
        store.place(name, seed).mkdir(parents=True)
        notes.append(("end", name))

    def start(store, task, failed, running):
        ours, theirs = context.Pipe(duplex=False)

        def work():
            if task[0][0] not in notes.dying:
                grid.make(store, task, failed, lambda *news: theirs.send(news))
            theirs.close()

        worker = Worker(target=work)
        worker.start()
        running[ours] = worker, list(task), "log"

    def survey(store):
        return {job: 60.0 for job in profiles.plan("smoke") if store.place(*job).exists()}, {}

    monkeypatch.setattr(RunStore, "get", get)
    monkeypatch.setattr(grid, "_start", start)
    monkeypatch.setattr(grid, "survey", survey)
    monkeypatch.setattr(grid, "POLL", 0.02)
    return notes


@pytest.mark.parametrize("profile", recipes.PROFILES)
def test_tasks_hold_each_job_once_and_after_its_sources(profile):
    store, jobs = RunStore(profile), profiles.plan(profile)
    tasks = grid.tasks(store, jobs)
    assert sorted(sum(tasks, [])) == sorted(jobs)
    firsts = [task[0] for task in tasks]
    assert firsts == [job for job in jobs if job in firsts], "the plan's order"
    for task in tasks:
        for i, job in enumerate(task):
            assert set(grid.sources(store, job)) <= set(jobs), "what is not planned would be waited for forever"
            assert bool(set(grid.sources(store, job)) & set(task[:i])) == (i > 0)
    if profile == "base":  # which has no folds
        return
    # What needs runs of several tasks comes with the last of them, and so never keeps the others from starting.
    assert [job[0] for job in next(task for task in tasks if ("scaled-mae-fold3of3", SEED) in task)] == [
        "scaled-mae-fold3of3",
        "scaled-mae-svm-heldout",
    ]


def test_two_at_a_time_and_nothing_before_its_sources(store, plan, worked, caplog):
    caplog.set_level("INFO", "vadstudy.lab.grid")
    plan(
        "scaled-mae",
        "scaled-mae-fold1of3",
        "scaled-mae-fold2of3",
        "scaled-mae-fold3of3",
        "bce",
        "scaled-mae-svm",
        "scaled-mae-svm-heldout",
        "labels-words",
    )
    worked.slow = {"scaled-mae-fold2of3": 1}  # what waits for it cannot start together with the other work
    grid.local(store, 2)
    assert len(worked.names("end")) == 8
    open_runs = 0
    for event, _ in worked:
        open_runs += 1 if event == "start" else -1
        assert open_runs <= 2
    assert len(caplog.messages) >= 5 and caplog.messages[0].startswith("0 done, 2 running, 6 left")
    assert caplog.messages[-1].endswith("60 s; 8 done, 0 running, 0 left")
    third = worked.index(("start", "scaled-mae-fold3of3"))
    assert {"scaled-mae", "scaled-mae-fold1of3", "scaled-mae-fold2of3"} <= {n for e, n in worked[:third] if e == "end"}
    assert worked.index(("start", "bce")) < third, "nobody waits for a source while there is other work"
    worked.clear()
    grid.local(store, 2)
    assert worked == [], "what is recorded is not made again"


def test_a_failed_run_stops_only_what_is_computed_from_it(store, plan, worked):
    plan("nrc-mae", "scaled-mae", "nrc-mae-svm", "scaled-mae-svm", "six-points", "six-points-svm", "bce")
    worked.failing = ("scaled-mae",)
    with pytest.raises(RunError) as error:
        grid.local(store, 1)
    assert sorted(worked.names("end")) == ["bce", "nrc-mae", "nrc-mae-svm"]
    assert worked.names("start").count("scaled-mae") == 1, "it is not tried again for what needs it"
    lines = str(error.value).splitlines()
    assert lines[:2] == ["4 runs failed:", "scaled-mae, seed 42: recipe 'scaled-mae': the loss is nan (log: log)"]
    assert lines[4].startswith("six-points-svm, seed 42: six-points, which it is computed from, failed")


def test_a_failure_reaches_other_tasks(store, plan, worked):
    plan("scaled-mae", "scaled-mae-fold1of3", "scaled-mae-fold2of3", "scaled-mae-fold3of3", "scaled-mae-svm-heldout")
    worked.failing = ("scaled-mae-fold1of3",)
    with pytest.raises(RunError, match="2 runs failed"):
        grid.local(store, 2)
    assert "scaled-mae-fold3of3" in worked.names("end") and "scaled-mae-svm-heldout" not in worked.names("start")


def test_a_process_that_dies_is_a_failure_of_its_task(store, plan, worked):
    plan("nrc-mae", "nrc-mae-svm", "bce")
    worked.dying = ("nrc-mae",)
    with pytest.raises(RunError, match=r"(?s)2 runs failed:\nnrc-mae, seed 42: its process ended with code -9 \(log: "):
        grid.local(store, 2)
    assert worked.names("end") == ["bce"]


def test_what_another_process_makes_is_waited_for_and_not_made_twice(store, plan, worked):
    plan("nrc-mae", "nrc-mae-svm", "bce")
    locks = store.scratch / "locks"
    locks.mkdir(parents=True)
    lock = FileLock(locks / f"nrc-mae-seed{SEED}.lock", thread_local=False)
    lock.acquire()

    def other():
        while ("end", "bce") not in worked:
            time.sleep(0.01)
        time.sleep(0.2)
        store.place("nrc-mae", SEED).mkdir(parents=True)
        lock.release()

    thread = threading.Thread(target=other)
    thread.start()
    grid.local(store, 1)
    thread.join()
    assert worked.names("start") == ["bce", "nrc-mae-svm"]


def test_a_missing_corpus_is_one_error_before_anything_is_begun(store, plan, worked, monkeypatch, caplog):
    def missing(name):
        raise CorpusError(f"{name} is not here")

    plan("bce", "labels-words", "nrc-mae", "nrc-mae-svm")
    monkeypatch.setattr(grid.corpora, "load", missing)
    for engine in (grid.local, lambda store: grid.slurm(store, "debug")):
        with pytest.raises(CorpusError, match="^mini is not here$"):
            engine(store)
    assert worked == [] and not store.folder.exists()
    store.place("bce", SEED).mkdir(parents=True)
    plan("bce")
    caplog.set_level("INFO", "vadstudy.lab.grid")
    grid.local(store)  # nothing is missing, so no corpus is needed
    assert caplog.messages == ["1 done, 0 running, 0 left"]


def test_a_missing_encoder_is_one_error_too(store, plan):
    plan("bce")
    store.recipes["bce"] = replace(store.recipes["bce"], encoder="no/such-encoder")
    with pytest.raises(RunError, match="encoder 'no/such-encoder' is neither a folder nor"):
        grid.local(store)


def test_submitit_s_executor_makes_what_is_missing(store, plan):
    plan("nrc-mae", "bce", "nrc-mae-svm")
    store.get("bce")
    jobs = grid.slurm(store, "debug")
    assert [job.result() for job in jobs] == [None]
    assert progress.summary(store, *progress.survey(store)) == "3 done, 0 running, 0 left"
    assert grid.slurm(store, "debug") == []


def test_a_submitted_task_that_fails_says_so_and_makes_the_rest(store, worked):
    worked.failing = ("nrc-mae",)
    with pytest.raises(RunError, match="2 runs failed:\nnrc-mae, seed 42: recipe 'nrc-mae': the loss is nan"):
        grid.Task()(store, [(name, SEED) for name in ("nrc-mae", "nrc-mae-svm", "bce")])
    assert worked.names("end") == ["bce"]


@pytest.mark.skipif(shutil.which("srun") is not None, reason="there is a Slurm here")
def test_without_slurm_it_is_one_line(store):
    result = CliRunner().invoke(main, ["grid", "--engine", "slurm", "--profile", "smoke"])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "there is no Slurm on this machine" in result.output and "`make grid`" in result.output


@pytest.mark.smoke
def test_submitit_s_local_executor_makes_runs_in_processes(store, plan):
    plan("nrc-mae", "bce", "nrc-mae-svm")
    for job in grid.slurm(store, "local"):
        job.result()
    assert len(progress.survey(store)[0]) == 3


@pytest.mark.parametrize(("jobs", "threads"), [(1, None), (2, "1")])
@pytest.mark.parametrize("interrupt", [signal.default_int_handler, signal.SIG_IGN], ids=["shell", "background"])
def test_runs_side_by_side_have_one_thread_each_and_sigterm_stops_them(store, monkeypatch, jobs, threads, interrupt):
    seen = []

    def local(store, jobs):
        seen.append((jobs, os.environ.get("OMP_NUM_THREADS")))
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    monkeypatch.setattr(grid, "local", local)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OMP_NUM_THREADS")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGINT, interrupt)  # a shell starts a background job with it ignored
    try:
        result = CliRunner().invoke(main, ["grid", "--profile", "smoke", "--jobs", str(jobs)])
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert (result.exit_code, result.output) == (1, "Error: stopped; `make grid` goes on where it was\n")
    assert seen == [(jobs, threads)]


GRID = """
import sys
from dataclasses import replace
from pathlib import Path
from vadstudy import cli, profiles, runs
from vadstudy.runs import RunStore

def store(profile):
    runs.RunStore = RunStore  # as it was, for those who look the class up by its name
    found = RunStore("smoke", Path(sys.argv[1]) / "runs")
    found.scratch = Path(sys.argv[1]) / "scratch"
    found.recipes["nrc-mae"] = replace(found.recipes["nrc-mae"], epochs=10)
    return found

if __name__ == "__main__":
    profiles.plan = lambda profile: [("nrc-mae", 42), ("nrc-mae-svm", 42)]
    runs.RunStore = store
    cli.main(["grid", "--profile", "smoke", "--jobs", "2"])
"""


def ended(group, seconds=30):
    """Whether a process group has no process any more, or soon."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.faults
def test_stopped_in_any_way_it_takes_its_processes_along_and_goes_on(store, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(GRID)

    def start():
        # As from a terminal: where the tests themselves run in the background, Ctrl-C is ignored.
        return subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def steps():
        found = store.scratch.glob("checkpoints/nrc-mae-seed42/checkpoint-*/trainer_state.json")
        return max((int(path.parent.name.split("-")[1]) for path in found), default=0)

    reached = 0
    for stop, how in ((os.kill, signal.SIGKILL), (os.killpg, signal.SIGINT)):
        process = start()
        deadline = time.monotonic() + 240
        while steps() <= reached and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        reached = steps()
        assert reached
        stop(process.pid, how)
        output = process.communicate(timeout=60)[0]
        assert ended(process.pid)
        if how != signal.SIGKILL:
            assert process.returncode == 1
            assert output.splitlines()[-1] == "Error: stopped; `make grid` goes on where it was"
            assert "Traceback" not in output
        assert not store.place("nrc-mae", SEED).exists()
    store.recipes["nrc-mae"] = replace(store.recipes["nrc-mae"], epochs=10)
    assert grid.make(store, [("nrc-mae", SEED), ("nrc-mae-svm", SEED)]) == {}
    assert len(store["nrc-mae"].history) == 10 and not list(store.scratch.glob("checkpoints/nrc-mae*"))
