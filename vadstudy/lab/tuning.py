"""Tuning on dev with Optuna: as many trials for the baselines as for the rows with a space.

A trial trains a recipe with other hyperparameters on a fixed subsample and sees dev alone. The study is a small journal
beside the runs, ``runs/tuning.log`` (other profiles: ``build/<profile>/tuning.log``), which two processes may write to
at once. :mod:`vadstudy.lab.tuned` reads it. What wins here is a candidate: only a training on all rows confirms it.
"""

import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import optuna
from filelock import FileLock, Timeout
from optuna.trial import TrialState
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from vadstudy import corpora, metrics, recipes, training
from vadstudy.disk.files import writable, writing
from vadstudy.errors import RunError, WriteError
from vadstudy.lab.tuned import FAMILIES, TRAINED_FAMILIES, journal, open_journal
from vadstudy.recipes import SEED, Recipe
from vadstudy.runs import RunStore

log = logging.getLogger(__name__)

#: How many comments a trial trains on, the same for every trial, and how many recorded points the SVM is fitted on.
TRAIN_ROWS, SVM_ROWS = 4000, 6000
#: Trials of a family that are drawn at random before the sampler learns from them.
STARTUP = 6
#: Fields of a recipe that may differ between a study's trials.
FREE = (
    "name",
    "splits",
    "keep_weights",
    "learning_rate",
    "epochs",
    "pooling",
    "dropout",
    "hidden_layers",
    "target_noise",
    "mapper",
    "loss_lambda",
    "temperature",
)


def tune(store: RunStore, wanted: int = 10, families: Sequence[str] = FAMILIES) -> None:
    """Bring each family to ``wanted`` trials, in turns; it goes on where it was stopped, and beside another process.

    A trial whose process was killed is marked as failed and made up for; one whose loss was not finite counts.

    Raises
    ------
    RunError
        If a family is unknown, the journal is damaged, or it was begun with a recipe that had other fields.
    WriteError
        If the journal or a trial's files cannot be written; the trial is not counted.
    """
    if unknown := [family for family in families if family not in FAMILIES]:
        raise RunError(f"unknown family {unknown[0]!r}; expected one of {', '.join(FAMILIES)}")
    corpus = corpora.load(store.recipes["softmax"].corpus) if set(families) & set(TRAINED_FAMILIES) else None
    with writing(journal(store)):
        storage = open_journal(store)
        chosen = [_study(store, storage, family) for family in families]
        for goal in range(1, wanted + 1):
            for study in chosen:
                with _claimed(store, study, goal) as trial:
                    if trial:
                        _carry_out(store, study, trial, corpus)


def candidate(base: Recipe, parameters: dict[str, Any], **fields: Any) -> Recipe:
    """The recipe ``base`` with a trial's parameters; ``fields`` change more of it, such as its name.

    ``hidden_layers`` counts layers of 128 units, ``n_quantiles`` makes the mapper; other parameters are fields.
    """
    changed = parameters | {"hidden_layers": (128,) * parameters["hidden_layers"]}
    if "n_quantiles" in changed:
        changed["mapper"] = f"scaled-{changed.pop('n_quantiles')}"
    return replace(base, **changed | fields)


def suggest(trial: optuna.Trial, family: str, base: Recipe | None) -> dict[str, Any]:
    """Draw a trial's parameters; what families share comes first, so that they begin with the same draws."""
    if family == "svm" or base is None:
        return {
            "C": trial.suggest_float("C", 0.1, 1000, log=True),
            "gamma": trial.suggest_float("gamma", 0.1, 100, log=True),
        }
    # All layers are trained at a sixth of the rate of the upper two, as in the recipes.
    scale = 1 if base.trainable_layers else 1 / 6
    trial.suggest_float("learning_rate", 1e-4 * scale, 6e-4 * scale, log=True)
    trial.suggest_int("epochs", 1, 3)
    trial.suggest_categorical("pooling", ("mean", "cls", "max"))
    trial.suggest_float("dropout", 0, 0.3, step=0.1)
    trial.suggest_int("hidden_layers", 0, 1)
    if base.mapper:
        trial.suggest_float("target_noise", 0, 0.1, step=0.02)
    if family == "scaled-mae":
        trial.suggest_categorical("n_quantiles", (5, 10, 15, 18, 21, 28))
    if family == "nrc-mae-ce":
        trial.suggest_float("loss_lambda", 0.03, 3, log=True)
        trial.suggest_float("temperature", 0.02, 1, log=True)
    return trial.params


def _study(store, storage, family):
    """A family's study, begun if it is new; a ``RunError`` if it was begun with another recipe."""
    base = replace(store.recipes[family], train_rows=TRAIN_ROWS) if family in TRAINED_FAMILIES else None
    with _lock(store, "tuning"):
        if family not in optuna.get_all_study_names(storage):
            study = optuna.create_study(study_name=family, storage=storage, direction="maximize")
            study.set_user_attr("recipe", recipes.as_fields(base) if base else None)
    study = optuna.load_study(study_name=family, storage=storage)
    changed = recipes.differences(study.user_attrs["recipe"], base) if base else []
    if changed := [line for line in changed if line.partition(":")[0] not in FREE]:
        raise RunError(
            f"{journal(store)}, study {family}, was begun with another recipe than the code's:\n  "
            + "\n  ".join(changed)
            + "\nGive the recipe its old fields back, or delete the journal and tune "
            "anew with `make tune`"
        )
    return study


def _lock(store, name, timeout=-1):
    return FileLock(writable(store.scratch / "locks") / f"{name}.lock", timeout=timeout)


def _workdir(store, study, trial):
    # Beside the checkpoints of runs, to share their frozen states.
    return store.scratch / "checkpoints" / f"tuning-{study.study_name}-{trial.number}"


@contextmanager
def _claimed(store, study, goal):
    """A new trial, whose lock is held while it runs; None if as many as ``goal`` are done or running."""
    with _lock(store, "tuning"):
        for left in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            try:
                with _lock(store, f"tuning-{study.study_name}-{left.number}", timeout=0):
                    study.tell(left.number, state=TrialState.FAIL)
                    shutil.rmtree(_workdir(store, study, left), ignore_errors=True)
            except Timeout:
                pass  # another process is at it
        begun = study.get_trials(deepcopy=False)
        trial = held = None
        if sum(each.state != TrialState.FAIL for each in begun) < goal:
            # A seed for each trial: the same one would repeat the first draws whenever tuning goes on.
            study.sampler = optuna.samplers.TPESampler(seed=SEED + len(begun), n_startup_trials=STARTUP)
            trial = study.ask()
            held = _lock(store, f"tuning-{study.study_name}-{trial.number}")
            held.acquire()
            shutil.rmtree(_workdir(store, study, trial), ignore_errors=True)
    try:
        yield trial
    finally:
        if held:
            held.release()


def _carry_out(store, study, trial, corpus):
    """Make a trial, and tell the study its best dev macro-F1 and the scores beside it."""
    started, family, workdir = time.perf_counter(), study.study_name, _workdir(store, study, trial)
    base = store.recipes.get(family)
    parameters = suggest(trial, family, base)
    try:
        found = _trained(base, parameters, workdir, corpus) if base else _svm(store, parameters)
    except WriteError:  # says nothing about the recipe; the trial is made up for
        raise
    except training.TrainingError as error:
        trial.set_user_attr("error", str(error))
        study.tell(trial, state=TrialState.PRUNED)
        log.info("%s, trial %d: %s", family, trial.number, error)
        return
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    score, seconds = found.pop("dev_macro_f1"), round(time.perf_counter() - started, 1)
    for name, value in (found | {"seconds": seconds}).items():
        trial.set_user_attr(name, value)
    study.tell(trial, score)
    log.info("%s, trial %d: dev macro-F1 %.3f, %.0f s", family, trial.number, score, seconds)


def _trained(base, parameters, workdir, corpus):
    recipe = candidate(base, parameters, name=workdir.name, train_rows=TRAIN_ROWS, splits=("dev",), keep_weights=False)
    history = training.train(recipe, SEED, workdir, corpus).history
    best = history.loc[history["dev_macro_f1"].idxmax()]
    scores = {name: float(best[name]) for name in ("dev_macro_f1", "dev_accuracy", "dev_loss")}
    return scores | {"best_epoch": int(best["epoch"])}


def _svm(store, parameters):
    run = store["scaled-mae"]
    points, labels = run.outputs("train"), run.labels("train")
    if len(labels) > SVM_ROWS:
        points, _, labels, _ = train_test_split(points, labels, train_size=SVM_ROWS, stratify=labels, random_state=SEED)
    model = SVC(**parameters, break_ties=True, cache_size=500).fit(points, labels)
    found = metrics.scores(run.labels("dev"), model.predict(run.outputs("dev")))
    return {f"dev_{name}": score for name, score in found.items()}
