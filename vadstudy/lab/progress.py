"""How far a profile's plan is: the runs that are recorded, being made, and left, and how long they may take.

A *job* is a (name, seed) of :func:`vadstudy.profiles.plan`.
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from statistics import median

import pandas as pd
from filelock import FileLock, Timeout

from vadstudy import profiles
from vadstudy.errors import RunError, StudyError
from vadstudy.recipes import Recipe
from vadstudy.runs import RunStore

#: What a recipe without ``train_rows`` trains on, for estimates: GoEmotions' train split.
ALL_ROWS = 36308
#: A (name, seed) of :func:`vadstudy.profiles.plan`.
Job = tuple[str, int]


def sources(store: RunStore, job: Job) -> list[Job]:
    """The jobs, (name, seed), that a job is computed from."""
    return [(source, job[1]) for source in getattr(store.recipes[job[0]], "sources", ())]


def tasks(store: RunStore, jobs: Iterable[Job]) -> list[list[Job]]:
    """Jobs as tasks, lists that one process makes in turn: a training, and what is computed from it.

    What has several sources belongs to the last of them.
    """
    found: list[list[Job]] = []
    place: dict[Job, int] = {}
    for job in jobs:
        of = [place[source] for source in sources(store, job) if source in place]
        place[job] = max(of, default=len(found))
        if not of:
            found.append([])
        found[place[job]].append(job)
    return found


def survey(store: RunStore) -> tuple[dict[Job, float], dict[Job, str]]:
    """The plan's recorded jobs with their seconds, and the recorded ones that are unusable with the reason."""
    done, unusable = {}, {}
    for job in profiles.plan(store.profile):
        if store.place(*job).exists():
            try:
                if lost := gone(store, job):
                    raise RunError("{}, seed {}, which it is computed from, is not recorded".format(*lost[0]))
                done[job] = store.get(*job).meta["seconds"]
            except (StudyError, OSError) as error:
                unusable[job] = str(error)
    return done, unusable


def gone(store: RunStore, job: Job) -> list[Job]:
    """The sources of a job, and theirs, that are not recorded."""
    found = []
    for source in sources(store, job):
        found += gone(store, source) + [source] * (not store.place(*source).exists())
    return found


def held(store: RunStore, job: Job) -> bool:
    """Whether some process is making a run at this moment."""
    path = store.scratch / "locks" / "{}-seed{}.lock".format(*job)
    try:
        with FileLock(path, timeout=0) if path.exists() else contextlib.nullcontext():
            return False
    except Timeout:
        return True
    except OSError:  # another user's lock: whoever makes the run will say what is wrong
        return False


def status(store: RunStore) -> pd.DataFrame:
    """Seeds that are done, running, left and unusable, a row a recipe."""
    done, unusable = survey(store)
    rows: dict[str, dict[str, str]] = {}
    for job in profiles.plan(store.profile):
        state = "done" if job in done else "unusable" if job in unusable else "running" if held(store, job) else "left"
        rows.setdefault(job[0], dict.fromkeys(("done", "running", "left", "unusable"), ""))[state] += f" {job[1]}"
    return pd.DataFrame(rows).T.rename_axis("recipe")


def summary(
    store: RunStore,
    done: Mapping[Job, float],
    failed: Collection[Job] = (),
    jobs: int = 2,
    mine: Collection[Job] = (),
    started: Collection[Job] = (),
) -> str:
    """One line: how many runs are done, running, left and failed, and roughly how long they take, ``jobs`` at a time.

    The estimate rests on recorded seconds, of whatever machine; how those of the jobs ``mine``, made just now, compare
    to what was expected of them says how fast this one is. There is none as long as no training is recorded.
    ``started`` are jobs that run, though their lock may not be held yet.
    """
    unmade = [job for job in profiles.plan(store.profile) if job not in done and job not in failed]
    running = [job for job in unmade if job in started or held(store, job)]
    text = f"{len(done)} done, {len(running)} running, {len(unmade) - len(running)} left"
    text += f", {len(failed)} failed" if failed else ""
    before = {job: seconds for job, seconds in done.items() if job not in mine}
    pace = [
        done[job] / usual
        for job in mine
        if isinstance(store.recipes[job[0]], Recipe) and job in done and (usual := expected(store, job, before))
    ]
    seconds = [each for job in unmade if (each := expected(store, job, done)) is not None]
    if unmade and len(seconds) == len(unmade):
        # Of a running one, half is still to come, on average.
        total = sum(each / 2 if job in running else each for job, each in zip(unmade, seconds, strict=True))
        minutes = total * (median(pace) if pace else 1) / jobs / 60
        text += ", roughly " + (f"{minutes / 60:.1f} h" if minutes > 90 else f"{max(minutes, 1):.0f} min")
    return text


def expected(store: RunStore, job: Job, done: Mapping[Job, float]) -> float | None:
    """Seconds that a run may take: those of its recipe's other seeds, else by its rows and epochs; None if unknown."""
    recipe = store.recipes[job[0]]
    of = {each: store.recipes[each[0]] for each in done}

    def work(trained):
        return trained.epochs * (trained.train_rows or ALL_ROWS)

    if same := [seconds for each, seconds in done.items() if each[0] == job[0]]:
        return median(same)
    if isinstance(recipe, Recipe):
        rates = [seconds / work(of[each]) for each, seconds in done.items() if isinstance(of[each], Recipe)]
        return median(rates) * work(recipe) if rates else None
    return median([seconds for each, seconds in done.items() if type(of[each]) is type(recipe)] or [0])
