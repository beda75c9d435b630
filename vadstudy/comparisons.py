"""Comparisons: rows over several trainings, and what can be said of the difference of two.

Two things vary by chance: which test comments there are, and the training. The bootstrap here draws both. Comments are
paired (every row is scored on the same resample); trainings are drawn within each row, and rows that come from the same
trainings, such as 1NN and SVM on one regressor's points, get the same draws. For a difference the comments are
stratified by label, so that no resample loses the two test comments of grief; for a single row they are not, because
another test set would not have had the same number of each label.
"""

import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from vadstudy.emotions import VAD
from vadstudy.measures import classification

RESAMPLES = 10_000
LEVEL = 0.95
#: Differences within these margins count as none (two one-sided tests).
MARGINS = {"accuracy": 0.01, "macro_f1": 0.02, "included": 0.01}
NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
#: How sentences name these and other scores; ``included`` is how often the label is among the three nearest.
WORDS = NAMES | {"included": "top-3 accuracy"} | {
    f"{how}_{letter}": f"{name} of {dimension}"
    for how, name in (("pearson", "Pearson's r"), ("spearman", "Spearman's r"))
    for letter, dimension in zip("VAD", VAD, strict=True)
}


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
    are not, for a row's own interval. Trainings are few, and a bootstrap of s things is too narrow by
    sqrt((s - 1) / s); the draws are widened by as much. A row with one training has no such part: its interval holds
    the test comments only.
    """

    values: dict
    draws: dict
    alone: dict

    def scored(self, scores=("accuracy", "macro_f1")):
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

    def differences(self, pairs, scores=("accuracy", "macro_f1"), margins=MARGINS):
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


def interval(draws):
    """The ends (low, high) of the percentile interval of draws (n_resamples,) that holds 95 % of them."""
    return np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])


def corrected(table):
    """Lines of :meth:`Comparison.differences` with p and p_equal corrected by Holm within each pair, and the verdict
    that they give."""
    table = table.copy()
    for _, lines in table.groupby(["first", "second"], sort=False):
        for column in ("p", "p_equal"):
            tested = lines.index[lines[column].notna()]
            if len(tested):
                table.loc[tested, column] = multipletests(table.loc[tested, column], method="holm")[1]
    table["verdict"] = [verdict(*line) for line in zip(table["difference"], table["p"], table["p_equal"], strict=True)]
    return table


def verdict(difference, p, p_equal, alpha=1 - LEVEL):
    """What a line of :meth:`Comparison.differences` says: "higher", "lower", "equal" or "no difference found".

    A difference that is found *and* lies within the margin is still named by its direction; its interval tells its
    size.
    """
    if p < alpha:
        return "higher" if difference > 0 else "lower"
    return "equal" if p_equal < alpha else "no difference found"


def compare(rows, truth, measure=classification, strata=True, n_resamples=RESAMPLES, seed=0):
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

    Raises
    ------
    ValueError
        If a row has several predictions and not as many trainings: nothing would tell which rows to pair.
    """
    truth = np.asarray(truth)
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
    draws = _draws(rows, measured, truth if strata else np.zeros(len(truth), int), n_resamples, seed)
    alone = _draws(rows, measured, np.zeros(len(truth), int), n_resamples, seed) if strata else draws
    return Comparison(values, draws, alone)


def _draws(rows, measured, strata, n_resamples, seed):
    """Scores of each row in each resample, the mean over its drawn trainings."""
    parts = {name: [[] for _ in each] for name, each in measured.items()}
    rng, step = np.random.default_rng(seed), 500
    for start in range(0, n_resamples, step):
        counts = _counts(strata, min(step, n_resamples - start), rng)
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


def finding(line):
    """A line of :meth:`Comparison.differences` in words: "accuracy higher by 0.034 (95 % interval +0.021 to
    +0.047)"."""
    name, interval = WORDS.get(line.score, line.score), f"95 % interval {line.low:+.3f} to {line.high:+.3f}"
    if line.verdict in ("higher", "lower"):
        return f"{name} {line.verdict} by {abs(line.difference):.3f} ({interval})"
    if line.verdict == "equal":
        return f"{name} equal within {MARGINS[line.score]:g} ({interval})"
    # Its p is corrected, or another test's than the interval's, and decides.
    but = f"p {line.p:.2g}; " if not line.low <= 0 <= line.high else ""
    return f"{name}: no difference found ({but}{interval})"


def findings(differences):
    """The lines of :meth:`Comparison.differences` as a Markdown list, a sentence a pair."""
    said = [f"- **{first}** against **{second}**: {'; '.join(finding(line) for line in lines.itertuples())}."
            for (first, second), lines in differences.groupby(["first", "second"], sort=False)]  # fmt: skip
    return "\n".join(said)
