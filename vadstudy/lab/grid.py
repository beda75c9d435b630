"""The grid: every run of the plan that is not recorded is made, side by side on this machine or on a Slurm cluster.

What is done is what the record holds. So the grid may be stopped at any moment and goes on where it was, a training
from its last checkpoint, and a run that another process is making is left to it.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import submitit

from vadstudy import corpora, profiles
from vadstudy.disk.files import writable, writing
from vadstudy.errors import ModelError, RunError
from vadstudy.lab.cluster import executor
from vadstudy.lab.progress import Job, gone, held, sources, summary, survey, tasks
from vadstudy.model import load_encoder
from vadstudy.recipes import SVM, Recipe
from vadstudy.runs import RunStore

log = logging.getLogger(__name__)

#: Seconds after which a free place looks again whether another process has made what the next task needs.
POLL = 1.0


def missing(store: RunStore, *recorded: Collection[Job]) -> list[list[Job]]:
    """The plan's tasks without the jobs in ``recorded``.

    Each corpus and encoder that they need is loaded once, so that one which is missing is one error before anything is
    begun: a ``CorpusError`` or a ``RunError``.
    """
    jobs = [job for job in profiles.plan(store.profile) if not any(job in each for each in recorded)]
    needed = [store.recipes[name] for name in dict(jobs)]
    for corpus in dict.fromkeys(recipe.corpus for recipe in needed if not isinstance(recipe, SVM)):
        corpora.load(corpus)
    if any(getattr(recipe, "lexicon", "") == "nrc" for recipe in needed):
        corpora.lexicon()
    try:
        for encoder in {recipe.encoder for recipe in needed if isinstance(recipe, Recipe)}:
            load_encoder(encoder)
    except ModelError as error:
        raise RunError(str(error)) from error
    return tasks(store, jobs)


def make(
    store: RunStore,
    task: Iterable[Job],
    failed: Collection[Job] = (),
    tell: Callable[[Job, str | None], object] = lambda job, error: None,
) -> dict[Job, str]:
    """Make a task's runs in turn; one that fails stops only what is computed from it. Returns the failed and why.

    ``failed`` are other tasks' failed jobs; ``tell`` is called at each run's end.
    """
    errors: dict[Job, str] = {}
    for job in task:
        lost = [source for source in sources(store, job) if source in errors or source in failed]
        try:
            if lost:
                raise RunError(f"{lost[0][0]}, which it is computed from, failed")
            store.get(*job)
        except Exception as error:  # whatever it is, the others go on
            log.exception("%s, seed %d, failed", *job)
            errors[job] = str(error) or repr(error)
        tell(job, errors.get(job))
    return errors


def report(errors: Mapping[Job, str]) -> None:
    """Raise a ``RunError`` that lists failed jobs, if there are some."""
    if errors:
        lines = [f"{name}, seed {seed}: {error}" for (name, seed), error in errors.items()]
        raise RunError(f"{len(errors)} runs failed:\n" + "\n".join(lines))


def _process(store, task, failed, connection, path):
    """Make a task in a process of its own, tell the parent, write all else to a file; end when the parent ends."""

    def end_with_parent():
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    with open(path, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    make(store, task, failed, lambda *news: connection.send(news))


@contextmanager
def _uninterrupted():
    """Context in which a process is started; what would interrupt it comes after.

    Half started, a process would not be ended, or be left without what it waits for and say so in a traceback. It has
    Ctrl-C, which reaches it, too, blocked from its first moment on: it is ended by its parent.
    """
    resource_tracker.ensure_running()  # unblocks signals when it starts
    late = []
    handler = signal.signal(signal.SIGTERM, lambda *_: late.append(True))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        finally:
            signal.signal(signal.SIGTERM, handler)
            if late:
                signal.raise_signal(signal.SIGTERM)


def _start(store, task, failed, running):
    context = multiprocessing.get_context("spawn")
    path = store.scratch / "grid" / "{}-seed{}.log".format(*task[0])
    with writing(path):
        path.write_text("")  # a process that ends before it writes there leaves no older one's words
    with _uninterrupted():
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_process, args=(store, task, dict(failed), theirs, path), daemon=True)
        process.start()
        running[ours] = process, list(task), path
        theirs.close()


def _ready(store, task, failed, planned):
    """Whether nobody else makes a run of the task, and what it needs is recorded, has failed, or is made by no one.

    The last was recorded when the grid began, and is gone: the task makes it, too.
    """
    needed = {source for job in task for source in sources(store, job)} - set(task) - set(failed)
    awaited = {source for source in needed if not store.place(*source).exists()}
    return not any(source in planned or held(store, source) for source in awaited) and not any(
        held(store, job) for job in task
    )


def local(store: RunStore, jobs: int = 2) -> None:
    """Make what is missing, ``jobs`` tasks at a time; each run's end is a line in the log. For the main thread.

    Stopped by an exception, such as ``KeyboardInterrupt``, it takes its processes with it. What these log is in
    ``build/<profile>/grid/``.

    Raises
    ------
    RunError
        At the end, if runs failed or are unusable, with a list of them.
    """
    done, failed = _surveyed(store)
    waiting, errors, mine = missing(store, done, failed), dict[Job, str](), list[Job]()
    running: dict[Any, tuple[Any, list[Job], Path]] = {}  # by the connection to each process
    ended: list[Job] | None = None
    connection: Any
    if waiting:
        writable(store.scratch / "grid")
    try:
        while True:
            waiting = [left for task in waiting if (left := [job for job in task if not store.place(*job).exists()])]
            places = jobs - sum(bool(task) for _, task, _ in running.values())  # with no job left, a process is ending
            planned = {job for task in (*waiting, *(task for _, task, _ in running.values())) for job in task}
            for task in [task for task in waiting if _ready(store, task, failed, planned)][:places]:
                waiting.remove(task)
                _start(store, task, failed, running)
            if ended != []:
                done, unusable = _surveyed(store)
                failed = unusable | errors
                words = [_said(job, done) for job in ended or ()]
                current = [task[0] for _, task, _ in running.values() if task]
                log.info("; ".join([*words, summary(store, done, failed, jobs, mine, current)]))
            if not waiting and not running:
                break
            ended = []
            # Other processes may make what a free place waits for; else there is nothing to look for.
            for connection in wait(list(running), POLL if waiting and len(running) < jobs else None):
                process, task, path = running[connection]
                try:
                    told = [connection.recv()]
                except EOFError:
                    process.join()
                    del running[connection]
                    told = [(job, f"its process ended with code {process.exitcode}") for job in task]
                for job, error in told:
                    task.remove(job)
                    ended.append(job)
                    if error:
                        failed[job] = errors[job] = f"{error} (log: {path})"
                    else:
                        mine.append(job)
    finally:
        for process, *_ in running.values():
            process.terminate()
        for process, *_ in running.values():
            process.join()
    report(survey(store)[1] | errors)


def _said(job, done):
    """A run's end in words."""
    return f"{job[0]}, seed {job[1]}: " + (f"{done[job]:.0f} s" if job in done else "failed")


def _surveyed(store):
    """The :func:`survey`, but what only lacks its sources is not unusable: they are made, and then it is seen to."""
    done, unusable = survey(store)
    return done, {job: why for job, why in unusable.items() if not gone(store, job)}


class Task(submitit.helpers.Checkpointable):
    """A task on a compute node, which Slurm may stop and start again; a ``RunError`` if a run fails."""

    def __call__(self, store: RunStore, task: Iterable[Job]) -> None:
        """Make the task's runs."""
        report(make(store, task))


def slurm(store: RunStore, cluster: str = "slurm") -> list[submitit.Job]:
    """Submit what is missing as one array of tasks, and return its submitit jobs; those queued before are not known.

    A task that needs another one's run waits for it, or makes it if it comes first: the cluster's file system must
    support locks. ``cluster`` is as for :func:`vadstudy.lab.cluster.executor`.

    Raises
    ------
    RunError
        If there is no Slurm.
    """
    submitter = executor(store.scratch / "grid", cluster, "train here with `make grid`")
    done, unusable = _surveyed(store)
    for job, why in unusable.items():
        log.error("%s, seed %d: %s", *job, why)
    found = missing(store, done, unusable)
    return submitter.map_array(Task(), [store] * len(found), found) if found else []
