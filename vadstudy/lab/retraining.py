"""Retraining: a recorded run made again, and whether it came out as it was recorded."""

import numpy as np

from vadstudy import metrics, tables
from vadstudy.errors import RunError
from vadstudy.runs import Run, RunStore


def again(store: RunStore, name: str, seed: int) -> tuple[Run, str]:
    """Make a run again in place of the recorded one.

    Returns
    -------
    run : Run
        The new one.
    said : str
        One sentence: whether its predictions are the recorded ones, and if not, how far off and what differed.
    """
    old, why = None, "nothing was recorded to compare it with"
    if store.place(name, seed).exists():
        try:
            old = store.get(name, seed)
        except RunError as error:
            why = f"not compared with the recorded one: {error}"
    new = store.get(name, seed, retrain=True)
    return new, said(old, new, store) if old is not None else why


def said(old: Run, new: Run, store: RunStore) -> str:
    """Whether two runs of one recipe and seed have equal predictions; if not, their scores beside the seeds' spread."""
    if old.predictions.equals(new.predictions):
        return "the same predictions as recorded, bit for bit"
    shared = [split for split in new.splits if split in old.splits]
    if shared and set(old.splits) != set(new.splits) and all(_equal(old, new, split) for split in shared):
        return (
            f"the same predictions as recorded, bit for bit, of {', '.join(shared)}; recorded were "
            f"{', '.join(old.splits)}, made are {', '.join(new.splits)}"
        )
    why = conditions(old, new)
    because = (
        f"made under other conditions ({'; '.join(why)})" if why else "under the same versions, threads and precision"
    )
    split = new.splits[-1]
    if not hasattr(new.recipe, "loss") or split == "train":
        gap = np.abs(old.outputs(split) - new.outputs(split)).max()
        return f"other predictions than recorded, {because}: an output of {split} differs by up to {gap:.2g}"
    words = []
    for score, name in (("accuracy", "accuracy"), ("macro_f1", "macro-F1")):
        before, now = (scores(run, split)[score] for run in (old, new))
        others = [
            scores(run, split)[score]
            for run in store.all(new.recipe.name)
            if run.seed != new.seed and split in run.splits
        ]
        found = f"{name} {before:.4f} -> {now:.4f}"
        if len(others) > 0:
            apart = np.ptp([before, *others])
            found += f" ({'within' if abs(now - before) <= apart else 'BEYOND'} the {apart:.4f} that seeds lie apart)"
        words.append(found)
    return f"other predictions than recorded, {because}: on {split}, {'; '.join(words)}"


def _equal(old, new, split):
    return all(np.array_equal(of(old), of(new)) for of in (lambda run: run.ids(split), lambda run: run.outputs(split)))


def scores(run: Run, split: str) -> dict[str, float]:
    """Accuracy and macro-F1 of a run's split: 1NN for a regressor, argmax for a baseline or an SVM."""
    predicted = tables.nearest(run, split) if getattr(run.recipe, "mapper", None) else tables.most_probable(run, split)
    return metrics.scores(run.labels(split), predicted)


def conditions(old: Run, new: Run) -> list[str]:
    """What two runs were made under that differs: package versions, threads, precision; a phrase each."""

    def of(run):
        asked = getattr(run.recipe, "precision", "fp32")
        return {**run.meta["versions"], "threads": run.meta["threads"], "precision": run.meta.get("precision", asked)}

    before, now = of(old), of(new)
    return [f"{name} {before.get(name)} -> {now.get(name)}" for name in now if before.get(name) != now[name]]
