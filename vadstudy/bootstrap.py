"""Rows over several trainings, compared: what can be said of the difference of two.

Two things vary by chance: which test comments there are, and the training. The bootstrap here draws both. Comments are
paired (every row is scored on the same resample); trainings are drawn within each row, and rows that come from the same
trainings, such as 1NN and SVM on one regressor's points, get the same draws. For a difference the comments are
stratified by label, so that no resample loses the two test comments of grief; for a single row they are not, because
another test set would not have had the same number of each label.

What is resampled is a measure of :mod:`vadstudy.sums`; what a difference is called, :mod:`vadstudy.significance` has.
(SciPy's ``bootstrap`` calls a statistic on one resample of rows after the other, and knows no second level for
trainings.)
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from vadstudy.significance import ALPHA, MARGINS, corrected
from vadstudy.sums import Measured, classification

RESAMPLES = 10_000
#: How much of the draws an interval holds.
LEVEL = 1 - ALPHA


class Row(NamedTuple):
    """A row's ``predictions``, one entry a training, and the ``trainings`` behind them, each (recipe, seed).

    A row in which nothing is trained, or whose one training is not to be paired, needs no trainings.
    """

    predictions: list
    trainings: tuple = ()


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scores of rows, each over its trainings, and of their bootstrap resamples.

    ``values[row][score]`` has shape (trainings,), ``draws[row][score]`` and ``alone[row][score]`` shape (n_resamples,):
    the mean over trainings that are drawn anew in each resample. ``draws`` are stratified, for differences, ``alone``
    are not, for a row's own interval; ``resample``, told which, makes them when they are first asked for. Trainings are
    few, and a bootstrap of s things is too narrow by sqrt((s - 1) / s); the draws are widened by as much. A row with
    one training has no such part: its interval holds the test comments only.
    """

    values: dict
    resample: Callable[[bool], dict]

    @cached_property
    def draws(self) -> dict:
        """Scores by row and score in resamples by strata."""
        return self.resample(True)

    @cached_property
    def alone(self) -> dict:
        """Scores by row and score in resamples without strata."""
        return self.resample(False)

    def scored(self, scores: Sequence[str] = ("accuracy", "macro_f1")) -> pd.DataFrame:
        """One line a row: ``seeds``, and of each score the mean, the standard deviation over trainings (``_sd``,
        missing for one) and the ends of its 95 % interval (``_low``, ``_high``)."""
        lines = []
        for row, values in self.values.items():
            line = {"row": row, "seeds": len(next(iter(values.values())))}
            for score in scores:
                low, high = interval(self.alone[row][score])
                sd = values[score].std(ddof=1) if len(values[score]) > 1 else np.nan
                line |= {score: values[score].mean(), f"{score}_sd": sd, f"{score}_low": low, f"{score}_high": high}
            lines.append(line)
        return pd.DataFrame(lines).set_index("row")

    def differences(
        self,
        pairs: Iterable[tuple[str, str]],
        scores: Sequence[str] = ("accuracy", "macro_f1"),
        margins: Mapping[str, float] = MARGINS,
    ) -> pd.DataFrame:
        """One line a pair (first, second) and score: first less second.

        Columns ``difference``, its 95 % interval ``low`` to ``high``, the bootstrap's two-sided ``p``, the greater p
        of the two one-sided tests of equivalence ``p_equal`` (missing without a margin), both corrected by Holm over
        the pair's scores, and the ``verdict``: "higher", "lower", "equal" (within the margin) or "no difference found".
        A pair's scores are its family, so that the pair has one verdict in whatever table it stands.
        """
        lines = []
        for first, second in pairs:
            for score in scores:
                draws = self.draws[first][score] - self.draws[second][score]
                low, high = interval(draws)
                beyond = [(draws <= 0).sum(), (draws >= 0).sum()]
                margin, n = margins.get(score, np.nan), len(draws)
                outside = [(draws <= -margin).sum(), (draws >= margin).sum()]
                lines.append(
                    {
                        "first": first,
                        "second": second,
                        "score": score,
                        "difference": self.values[first][score].mean() - self.values[second][score].mean(),
                        "low": low,
                        "high": high,
                        "p": min(1, 2 * (min(beyond) + 1) / (n + 1)),
                        "p_equal": (max(outside) + 1) / (n + 1) if margin == margin else np.nan,
                    }
                )
        return corrected(pd.DataFrame(lines))


def compare(
    rows: Mapping[str, Row],
    truth: ArrayLike,
    measure: Callable[[Any, np.ndarray], Measured] = classification,
    strata: bool = True,
    n_resamples: int | None = None,
    seed: int = 0,
    labels_drawn: bool = False,
) -> Comparison:
    """Score every row and its resamples.

    Parameters
    ----------
    rows : dict of Row
        By the row's name; each prediction is what ``measure`` takes first.
    truth : array
        What ``measure`` takes second: true label indices (n,), or human points (n, dims).
    measure : callable
        :func:`classification`, or such as it: sums over rows, (sums, n) sparse, and the function to the scores.
    strata : bool
        Whether ``truth`` are labels by which the resamples for differences are stratified.
    n_resamples : int, optional
        By default :data:`RESAMPLES`.
    labels_drawn : bool
        Whether the labels in ``truth`` are drawn first, and the rows of each drawn one within it: for what is said of
        labels in general, those that were not tried among them. Strata are then none.

    Raises
    ------
    ValueError
        If a row has several predictions and not as many trainings: nothing would tell which rows to pair.
    """
    truth, n_resamples = np.asarray(truth), n_resamples or RESAMPLES
    for name, row in rows.items():
        if len(row.predictions) > 1 and len(row.trainings) != len(row.predictions):
            raise ValueError(
                f"row {name!r} has {len(row.predictions)} predictions and {len(row.trainings)} trainings; "
                "expected the (recipe, seed) of each"
            )
    measured = {name: [measure(each, truth) for each in row.predictions] for name, row in rows.items()}
    whole = np.ones((len(truth), 1), np.float32)
    values = {
        name: _joined([scores((sums @ whole).astype(float)) for sums, scores in each], np.concatenate)
        for name, each in measured.items()
    }
    one_stratum = np.zeros(len(truth), int)

    @cache
    def resample(stratified: bool) -> dict:
        draw = partial(_counts, truth if stratified else one_stratum)
        return _draws(rows, measured, partial(_counts_of_labels, truth) if labels_drawn else draw, n_resamples, seed)

    return Comparison(values, lambda stratified: resample(stratified and strata and not labels_drawn))


def _draws(rows, measured, counted, n_resamples, seed):
    """Scores of each row in each resample, the mean over its drawn trainings; ``counted`` gives a resample's counts."""
    parts: dict[str, list[list[dict]]] = {name: [[] for _ in each] for name, each in measured.items()}
    rng, step = np.random.default_rng(seed), 500
    for start in range(0, n_resamples, step):
        counts = counted(min(step, n_resamples - start), rng)
        for name, each in measured.items():
            for part, (sums, scores) in zip(parts[name], each, strict=True):
                part.append(scores((sums @ counts).astype(float)))
    draws = {}
    for name, seeds in parts.items():
        scored = _joined([_joined(each, np.concatenate) for each in seeds], np.stack)
        # Keyed by the trainings: rows that share them share their draws, in this table and in every other.
        of_trainings = np.random.default_rng([seed, zlib.crc32(repr(rows[name].trainings).encode())])
        drawn = of_trainings.integers(len(seeds), size=(len(seeds), n_resamples))
        draws[name] = {score: _nested(values, drawn) for score, values in scored.items()}
    return draws


def _counts(strata, n_resamples, rng):
    """How often each row is drawn, (n, n_resamples): as many rows of each stratum as there are."""
    counts = np.empty((len(strata), n_resamples), np.float32)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        drawn = rng.integers(len(rows), size=(n_resamples, len(rows))) + len(rows) * np.arange(n_resamples)[:, None]
        counts[rows] = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(n_resamples, -1).T
    return counts


def _counts_of_labels(labels, n_resamples, rng):
    """How often each row is drawn, (n, n_resamples), if labels are drawn first: m times, and it brings m times as many
    rows as it has."""
    counts = np.zeros((len(labels), n_resamples), np.float32)
    found, sizes = np.unique(labels, return_counts=True)
    times = rng.multinomial(len(found), np.full(len(found), 1 / len(found)), n_resamples)
    for label, size, drawn in zip(found, sizes, times.T, strict=True):
        resample = np.repeat(np.arange(n_resamples), size * drawn)
        places = resample * size + rng.integers(size, size=len(resample))
        counts[labels == label] = np.bincount(places, minlength=size * n_resamples).reshape(n_resamples, size).T
    return counts


def _joined(scores, join):
    """Dictionaries of scores as one, whose arrays are concatenated or stacked."""
    return {name: join([each[name] for each in scores]) for name in scores[0]}


def _nested(scored, drawn_seeds):
    """Means (n_resamples,) over the seeds drawn, of scores; both have shape (seeds, n_resamples)."""
    seeds, mean = len(scored), scored.mean(axis=0)
    if seeds == 1:
        return mean
    drawn = np.take_along_axis(scored, drawn_seeds, axis=0).mean(axis=0)
    return mean + np.sqrt(seeds / (seeds - 1)) * (drawn - mean)


def interval(draws: np.ndarray) -> np.ndarray:
    """The ends (low, high) of the percentile interval of draws (n_resamples,) that holds 95 % of them."""
    return np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
