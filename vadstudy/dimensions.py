"""Other numbers of dimensions: how many does it take, and what do they come to mean? (notebook 10)

The paper goes through three numbers, and asks in its outlook for other dimensions. Here d numbers stand between the
encoder and the 28 labels, from 1 to 27. They are trained with cross-entropy by distances to the labels' points, which
are learned, too (:class:`vadstudy.model.DistanceLoss`); beside them stand evenly spread points with the paper's loss,
NRC's own points, and maps of what labels are called and of which labels raters gave together, cut to d dimensions.

The rule, written before a number was known:

- *Statistic.* Accuracy and macro-F1 on test, as everywhere, of each row less the plain softmax's.
- *Unit.* The test comment and the training: three seeds for d = 1, 3, 8 and 27, one for the others, whose intervals
  hold the comments only.
- *Yes and no.* d dimensions are *enough* if the learned bottleneck equals the softmax by two one-sided tests in both
  scores (within :data:`vadstudy.significance.MARGINS`), or is higher. The least that is enough is the answer; if it has
  one seed, it says so. Three are all that is needed if they are enough. NRC's points are as good as any three if
  ``nrc-distance`` and ``scaled-distance`` equal the learned three.
- *Begun anew.* Twice, by a fault that the trainings' own record shows, but after test was scored; those runs are not in
  the record. First ``learned-3``, seeds 42 to 44, was behind scaled VAD with MAE in both scores: the scale, which began
  at 10, had hardly moved, and dev's labels were told apart less well by it than by the nearest point alone. Where it
  begins is chosen on dev since (:data:`vadstudy.experiments.SCALES`), for all rows alike. Then all nine learned rows
  (``learned-3`` with three seeds, the others with one, 27 numbers enough) and NRC's points with three: the learned
  points were not learned, but lay about where chance had put them (:func:`begun`: 0.85 to 0.99). How fast points,
  scale and biases learn is chosen on dev since (:data:`vadstudy.experiments.LABEL_RATES`), again for all rows alike.
- *What they mean.* Of the learned points of d = 3, how much of the labels' valence, arousal and dominance a linear map
  explains (R² over the 28 labels), against the same with the labels dealt at random: a dimension is there if no more
  than a twentieth of the random deals explain as much, for every seed.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist

from vadstudy import mappers, metrics, tables
from vadstudy.bootstrap import Comparison, Row
from vadstudy.emotions import DIMENSIONS
from vadstudy.experiments import LABEL_RATES, SCALES
from vadstudy.runs import Run, RunStore
from vadstudy.significance import SCORES

SOFTMAX = "softmax, argmax"
#: What the paper has at three numbers, at its best by the nearest label: scaled VAD by MAE.
PAPER = "scaled-mae"
#: Random deals of labels to points.
DEALS = 2000
#: The share of the deals up to which a dimension is there.
CHANCE = 0.05


def rows(store: RunStore, names: Sequence[str] | None = None) -> dict[str, Row]:
    """Test predictions of the plain softmax and of each bottleneck, learned first, by dimensions.

    ``names`` are those wanted, by default all; small profiles have not every one.
    """
    names = [name for name in names or bottlenecks(store) if name in store.recipes]
    found = {SOFTMAX: tables.row(store.all("softmax"), tables.most_probable)}
    for name in sorted(names, key=lambda name: (kind(name) != "learned", kind(name), dims(store, name))):
        found[name] = tables.row(store.all(name), tables.nearest)
    return found


def searched(store: RunStore) -> pd.DataFrame:
    """Dev scores of three learned numbers by where the scale begins, and the learning rate of all that is the labels'.

    One seed, a third of train; none in a profile without the search.
    """
    lines = []
    for recipe in (*SCALES, *LABEL_RATES):
        if recipe.name in store.recipes:
            run = store[recipe.name]
            found = {
                "scale_begins": 10 / recipe.temperature,
                "learning_rate": recipe.label_learning_rate or recipe.head_learning_rate,
                "begun": begun(run),
            }
            scores = metrics.scores(run.labels("dev"), tables.nearest(run, "dev"))
            lines.append(found | {f"dev_{name}": value for name, value in scores.items()})
    columns = ["scale_begins", "learning_rate", "begun", "dev_accuracy", "dev_macro_f1"]
    return pd.DataFrame(lines, columns=columns).sort_values(columns[:2], ignore_index=True)


def bottlenecks(store: RunStore) -> list[str]:
    """The names of all recipes of d numbers between encoder and labels."""
    return [name for name in store.recipes if re.fullmatch(r"learned-\d+|(spread(-\d+)?|scaled)-mae|.+-distance", name)]


def kind(name: str) -> str:
    """What a row's points are: ``learned``, ``spread``, ``names``, ``votes``, ``nrc``, ``scaled`` or ``shuffled``;
    scaled ones with the paper's loss are ``paper``."""
    return "paper" if name == PAPER else name.split("-")[0]


def dims(store: RunStore, name: str) -> int:
    """How many numbers a row goes through."""
    return mappers.mapper(store.recipes[name].mapper).dims


def scored(store: RunStore, compared: Comparison) -> pd.DataFrame:
    """Each row's scores with their intervals, its ``kind`` and ``dims``; the softmax's are its 28 logits."""
    table = compared.scored()
    table.insert(0, "dims", [28 if row == SOFTMAX else dims(store, row) for row in table.index])
    table.insert(0, "kind", ["softmax" if row == SOFTMAX else kind(row) for row in table.index])
    return table


def enough(pairs: pd.DataFrame, scores: Sequence[str] = tuple(SCORES)) -> dict[int, bool]:
    """Whether d learned numbers are enough, by d: in both scores equal to the softmax, or higher.

    ``pairs`` are differences of :meth:`vadstudy.bootstrap.Comparison.differences`, those to the softmax among them. By
    one of the ``scores`` alone it is no answer by the rule, and says which of the two decides.
    """
    found = {}
    for name, lines in pairs[(pairs["second"] == SOFTMAX) & pairs["score"].isin(scores)].groupby("first"):
        if match := re.fullmatch(r"learned-(\d+)", name):
            found[int(match[1])] = bool(lines["verdict"].isin(["equal", "higher"]).all())
    return dict(sorted(found.items()))


def least(enough: dict[int, bool]) -> int | None:
    """The least number of dimensions that is enough, None if no number is."""
    return next((d for d, yes in enough.items() if yes), None)


def begun(run: Run) -> float:
    """Pearson's r, over all pairs of labels, between how far apart a run's learned points begin and end."""
    start = mappers.mapper(run.mapper.name, run.seed).points
    return float(np.corrcoef(pdist(start), pdist(run.mapper.points))[0, 1])


def answer(pairs: pd.DataFrame, scored: pd.DataFrame) -> str:
    """The rule's answer in words: the least number that is enough, and whether it has one seed; by each score alone.

    ``pairs`` as for :func:`enough`, ``scored`` the table of :func:`scored`.
    """
    number, found = least(enough(pairs)), "none is enough by both scores"
    if number:
        one = " (one seed)" if scored.loc[f"learned-{number}", "seeds"] == 1 else ""
        found = f"the least that is enough is {number}{one}"
    alone = (f"by {name} alone {least(enough(pairs, [score])) or 'none'}" for score, name in SCORES.items())
    lower = pairs[(pairs["second"] == SOFTMAX) & (pairs["verdict"] == "lower")]["first"].tolist()
    behind = max((d for d in enough(pairs) if f"learned-{d}" in lower), default=0)
    above = next((d for d in enough(pairs) if d > behind), None)
    return f"{found}; {', '.join(alone)}" + (f"; from {above} on, none is found behind it" if above else "")


def explained(points: np.ndarray, vad: np.ndarray) -> np.ndarray:
    """R² (3,) of a linear map from labels' points (n, d) to their VAD (n, 3)."""
    design = np.column_stack([np.ones(len(points)), points])
    residual = vad - design @ np.linalg.lstsq(design, vad, rcond=None)[0]
    return 1 - (residual**2).sum(axis=0) / ((vad - vad.mean(axis=0)) ** 2).sum(axis=0)


def told(meanings: pd.DataFrame) -> str:
    """What a linear map from learned points explains of VAD, in words, and in how many trainings by more than chance;
    and how far NRC's valence and dominance go together, so that one is not found apart from the other.

    ``meanings`` has a line a training, of :func:`meaning`.
    """
    vad = mappers.nrc().points
    each = ", ".join(f"{meanings[f'r2_{name[0].upper()}'].mean():.2f} of {name}" for name in DIMENSIONS)
    beyond = ", ".join(f"{(meanings[f'p_{letter}'] <= CHANCE).sum()}" for letter in "VAD")
    return (
        f"{each} (R²; beyond chance in {beyond} of {len(meanings)} trainings); NRC's valence and dominance go "
        f"together themselves (r = {np.corrcoef(vad.T)[0, 2]:.2f})"
    )


def meaning(run: Run, deals: int = DEALS, seed: int = 0) -> dict[str, float]:
    """What a run's learned points say of valence, arousal and dominance: R² of each (``r2_V``, ``r2_A``, ``r2_D``), and
    how often labels dealt at random have as much (``p_V``, ``p_A``, ``p_D``)."""
    vad, points = mappers.nrc().points, run.mapper.points
    found, rng = explained(points, vad), np.random.default_rng(seed)
    by_chance = np.stack([explained(points, vad[rng.permutation(len(vad))]) for _ in range(deals)])
    p = (1 + (by_chance >= found).sum(axis=0)) / (1 + deals)
    return {
        f"{name}_{letter}": value
        for name, of in (("r2", found), ("p", p))
        for letter, value in zip("VAD", of, strict=True)
    }
