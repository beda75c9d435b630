"""Rows over several trainings, compared: what can be said of the difference of two.

Two things vary by chance: which test comments there are, and the training. The bootstrap here draws both. Comments are
paired (every row is scored on the same resample); trainings are drawn within each row, and rows that come from the same
trainings, such as 1NN and SVM on one regressor's points, get the same draws. For a difference the comments are
stratified by label, so that no resample loses the two test comments of grief; for a single row they are not, because
another test set would not have had the same number of each label.

A *measure* is what is resampled: it takes a row's predictions first and the truth second, and returns a matrix of sums
(sums, n), sparse where it can be, and a function from sums (sums, resamples) to a dictionary of scores (resamples,).
Multiplied with how often each test row is drawn, the matrix gives the sums of a thousand resamples at once. Whatever
depends on which rows were drawn, the number of rows of a label too, is a sum. (SciPy's ``bootstrap`` calls a statistic
on one resample of rows after the other, and knows no second level for trainings.)
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.stats import rankdata, zscore

from vadstudy.emotions import DIMENSIONS

RESAMPLES = 10_000
LEVEL = 0.95
#: Differences within these margins count as none (two one-sided tests).
MARGINS = {"accuracy": 0.01, "macro_f1": 0.02, "included": 0.01}
SCORES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
#: How sentences name these and other scores; ``included`` is how often the label is among the three nearest.
WORDS = (
    SCORES
    | {"included": "top-3 accuracy", "auc": "AUC", "micro_f1": "micro-F1"}
    | {"among": "accuracy among the unseen", "harmonic": "harmonic mean of seen and unseen"}
    | {
        f"{how}_{letter}": f"{name} of {dimension}"
        for how, name in (("pearson", "Pearson's r"), ("spearman", "Spearman's r"))
        for letter, dimension in zip("VAD", DIMENSIONS, strict=True)
    }
)


#: What a measure returns: the matrix of sums, and the function from sums to scores by name.
Measured = tuple[Any, Callable[[np.ndarray], dict]]


class Row(NamedTuple):
    """A row's ``predictions``, one entry a training, and the ``trainings`` behind them, each (recipe, seed).

    A row in which nothing is trained, or whose one training is not to be paired, needs no trainings.
    """

    predictions: list
    trainings: tuple = ()


def classification(predicted: ArrayLike, labels: np.ndarray) -> Measured:
    """Sums over rows from which accuracy and macro-F1 follow, and the function from those sums to the two scores.

    Parameters
    ----------
    predicted : array (n,) of label indices, or bool (n, n_labels) for sets of labels
        A set of none or several labels is never accurate.
    labels : array (n,)
    """
    predicted, n = np.asarray(predicted), len(labels)
    k = max(labels.max(), predicted.max()) + 1 if predicted.ndim == 1 else predicted.shape[1]
    sets = predicted if predicted.ndim == 2 else np.arange(k) == predicted[:, None]
    hit = sets[np.arange(n), labels]
    exact = hit & (sets.sum(axis=1) == 1)
    hits, true = (
        sparse.csr_matrix((what.astype(np.float32), (labels, np.arange(n))), shape=(k, n)) for what in (hit, np.ones(n))
    )
    named = sparse.csr_matrix(sets.T.astype(np.float32))
    # By column, a test row's counts are read once for all sums.
    sums = sparse.vstack([hits, named, true, exact[None].astype(np.float32)], "csc")

    def scores(sums):
        return {"accuracy": sums[-1] / n, "macro_f1": np.nanmean(_f1(sums), axis=0)}

    return sums, scores


def _f1(sums):
    """F1 of each label (k, resamples) from the sums of :func:`classification`, NaN where it occurs nowhere."""
    hits, named, true = np.split(sums[:-1], 3)
    with np.errstate(invalid="ignore"):
        return 2 * hits / (true + named)


def regression(predicted: np.ndarray, truth: np.ndarray, constant: np.ndarray, loss: str) -> Measured:
    """As :func:`classification`, for points (n, dims): the loss, its share of the constant's, R² by dimension.

    ``constant`` (dims,) is train's best constant, ``loss`` "mae" or "mse". R² is against the mean of all n points.
    """
    error, blind = predicted - truth, constant - truth
    size = np.abs if loss == "mae" else np.square
    spread = (truth - truth.mean(axis=0)) ** 2
    sums = np.vstack([size(error).mean(axis=1), size(blind).mean(axis=1), (error**2).T, spread.T])
    n, dims = np.shape(truth)

    def scores(sums):
        r2 = 1 - sums[2 : 2 + dims] / sums[2 + dims :]
        return {
            "test_loss": sums[0] / n,
            "constant_loss": sums[1] / n,
            "ratio": sums[0] / sums[1],
            **{f"r2_{d}": r for d, r in zip("VAD" if dims == 3 else range(dims), r2, strict=True)},
        }

    # In double precision: single precision's last digit differs between processors, and so would a table's.
    return sums.astype(float), scores


def f1_by_label(predicted: ArrayLike, labels: np.ndarray) -> Measured:
    """As :func:`classification`: F1 of each label, by its index; of label indices (n,)."""
    sums, _ = classification(predicted, labels)
    return sums, lambda sums: dict(enumerate(np.nan_to_num(_f1(sums))))


def confusion_by_distance(predicted: np.ndarray, labels: np.ndarray, distances: np.ndarray) -> Measured:
    """As :func:`classification`: ``rho``, Spearman's correlation over all pairs of labels of how often one is taken
    for the other and how far apart they lie in ``distances`` (n_labels, n_labels). Below 0: near ones are confused
    more often."""
    k = len(distances)
    sums = sparse.csr_matrix(
        (np.ones(len(labels), np.float32), (labels * k + predicted, np.arange(len(labels)))), shape=(k * k, len(labels))
    )
    pairs = np.triu_indices(k, 1)
    ranks = zscore(rankdata(distances[pairs]))

    def scores(sums):
        counts = sums.reshape(k, k, -1)
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        confused = zscore(rankdata((share + share.transpose(1, 0, 2))[pairs], axis=0), axis=0)
        return {"rho": ranks @ confused / len(ranks)}

    return sums, scores


def correlation(predicted: np.ndarray, truth: np.ndarray) -> Measured:
    """As :func:`classification`, for points and truth (n, 3): ``pearson_V`` … ``spearman_D``, of each dimension.

    Spearman's is of the ranks within each resample.
    """
    n = len(truth)

    def scores(counts):
        found = {}
        for name, of in (("pearson", lambda column, counts: column[:, None]), ("spearman", ranks)):
            for i, dimension in enumerate("VAD"):
                x, y = of(predicted[:, i], counts), of(truth[:, i], counts)
                x, y = (each - (counts * each).sum(axis=0) / n for each in (x, y))
                squares = (counts * x**2).sum(axis=0) * (counts * y**2).sum(axis=0)
                found[f"{name}_{dimension}"] = (counts * x * y).sum(axis=0) / np.sqrt(squares)
        return found

    return each_row(n), scores


def each_row(n: int) -> Any:
    """Sums for a measure that is no function of sums: how often each row is drawn, itself."""
    return sparse.identity(n, np.float32, "csr")


def ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Ranks (n, resamples) of values (n,), each drawn ``counts`` (n, resamples) times; equal ones have their mean."""
    _, place = np.unique(values, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 1))
    drawn = np.add.reduceat(counts[order], starts, axis=0)
    return (np.cumsum(drawn, axis=0) - (drawn - 1) / 2)[place]


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


def corrected(table: pd.DataFrame) -> pd.DataFrame:
    """Lines of :meth:`Comparison.differences` with p and p_equal corrected by Holm within each pair, and the verdict
    that they give."""
    table = table.copy()
    for _, lines in table.groupby(["first", "second"], sort=False):
        for column in ("p", "p_equal"):
            tested = lines.index[lines[column].notna()]
            if len(tested):
                table.loc[tested, column] = holm(table.loc[tested, column].to_numpy())
    table["verdict"] = [
        direction(*line) for line in zip(table["difference"], table["p"], table["p_equal"], strict=True)
    ]
    return table


def holm(p: np.ndarray) -> np.ndarray:
    """p values (n,) corrected by Holm's (1979) step-down: the k-th smallest times n - k + 1, and no less than those
    before it."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def direction(difference: float, p: float, p_equal: float, alpha: float = 1 - LEVEL) -> str:
    """What a line of :meth:`Comparison.differences` says: "higher", "lower", "equal" or "no difference found".

    A difference that is found *and* lies within the margin is still named by its direction; its interval tells its
    size.
    """
    if p < alpha:
        return "higher" if difference > 0 else "lower"
    return "equal" if p_equal < alpha else "no difference found"


#: What a verdict is, by what was expected of the difference: the verdicts that say yes, and those that say no.
EXPECTED = {
    "higher": (("higher",), ("lower", "equal")),
    "lower": (("lower",), ("higher", "equal")),
    "equal": (("equal",), ("higher", "lower")),
    "equal or higher": (("equal", "higher"), ("lower",)),
    "not lower": (("equal", "higher", "no difference found"), ("lower",)),
}


def came_out(verdict: str, expected: str) -> str:
    """Whether a line's verdict is what was expected (a key of :data:`EXPECTED`): "yes", "no" or "unknown"."""
    yes, no = EXPECTED[expected]
    return "yes" if verdict in yes else "no" if verdict in no else "unknown"


def finding(line: Any, margins: Mapping[str, float] = MARGINS) -> str:
    """A line of :meth:`Comparison.differences` in words: "accuracy higher by 0.034 (95 % interval +0.021 to
    +0.047)"; ``margins`` are those that it was judged by."""
    name, interval = WORDS.get(line.score, line.score), f"95 % interval {line.low:+.3f} to {line.high:+.3f}"
    if line.verdict in ("higher", "lower"):
        return f"{name} {line.verdict} by {abs(line.difference):.3f} ({interval})"
    if line.verdict == "equal":
        return f"{name} equal within {margins[line.score]:g} ({interval})"
    # Its p is corrected, or another test's than the interval's, and decides.
    but = f"p {line.p:.2g}; " if not line.low <= 0 <= line.high else ""
    return f"{name}: no difference found ({but}{interval})"


def findings(differences: pd.DataFrame, margins: Mapping[str, float] = MARGINS) -> str:
    """The lines of :meth:`Comparison.differences` as a Markdown list, a sentence a pair."""
    said = [
        f"- **{first}** against **{second}**: {'; '.join(finding(line, margins) for line in lines.itertuples())}."
        for (first, second), lines in differences.groupby(["first", "second"], sort=False)
    ]
    return "\n".join(said)
