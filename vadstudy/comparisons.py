"""Comparisons: rows over several seeds, and what can be said of the difference of two.

Two things vary by chance: which test comments there are, and the seed of the training. The bootstrap here draws both,
the comments paired (every row is scored on the same resample) and stratified by label, so that no resample loses the
two test comments of grief; the seeds within each row.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from vadstudy.measures import classification

RESAMPLES = 10_000
LEVEL = 0.95
#: Differences within these margins count as none (two one-sided tests): written down before any row was compared.
MARGINS = {"accuracy": 0.01, "macro_f1": 0.02}
NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scores of rows, each over its seeds, and of their bootstrap resamples.

    ``values[row][score]`` has shape (seeds,), ``draws[row][score]`` shape (n_resamples,): the mean over seeds that
    are drawn anew in each resample. Seeds are few, and a bootstrap of s things is too narrow by sqrt((s - 1) / s); the
    draws are widened by as much. A row with one seed has no such part: its interval holds the test comments only.
    """

    values: dict
    draws: dict

    def scored(self, scores=("accuracy", "macro_f1")):
        """One line a row: ``seeds``, and of each score the mean, the standard deviation over seeds (``_sd``, missing
        for one seed) and the ends of its 95 % interval (``_low``, ``_high``)."""
        lines = []
        for row, values in self.values.items():
            line = {"row": row, "seeds": len(next(iter(values.values())))}
            for score in scores:
                low, high = np.quantile(self.draws[row][score], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
                sd = values[score].std(ddof=1) if len(values[score]) > 1 else np.nan
                line |= {score: values[score].mean(), f"{score}_sd": sd, f"{score}_low": low, f"{score}_high": high}
            lines.append(line)
        return pd.DataFrame(lines).set_index("row")

    def differences(self, pairs, scores=("accuracy", "macro_f1"), margins=MARGINS, holm=True):
        """One line a pair (first, second) and score: first less second.

        Columns ``difference``, its 95 % interval ``low`` to ``high``, the bootstrap's two-sided ``p``, the greater p
        of the two one-sided tests of equivalence ``p_equal`` (missing without a margin), both corrected by Holm over
        the table (unless ``holm`` is off, for :func:`corrected` later), and the ``verdict``: "higher", "lower",
        "equal" (within the margin) or "no difference found".
        """
        lines = []
        for first, second in pairs:
            for score in scores:
                a, b = self.draws[first][score], self.draws[second][score]
                draws, n = a - b, len(a)
                low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
                beyond = [(draws <= 0).sum(), (draws >= 0).sum()]
                margin = margins.get(score, np.nan)
                outside = [(draws <= -margin).sum(), (draws >= margin).sum()]
                lines.append({"first": first, "second": second, "score": score,
                              "difference": self.values[first][score].mean() - self.values[second][score].mean(),
                              "low": low, "high": high, "p": min(1, 2 * (min(beyond) + 1) / (n + 1)),
                              "p_equal": (max(outside) + 1) / (n + 1) if margin == margin else np.nan})  # fmt: skip
        table = pd.DataFrame(lines)
        return corrected(table) if holm else table


def corrected(table):
    """Lines of :meth:`Comparison.differences` with p and p_equal corrected by Holm, and with the verdict that they
    give."""
    table = table.copy()
    for column in ("p", "p_equal"):
        tested = table[column].notna()
        if tested.any():
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


def compare(rows, labels, measure=classification, n_resamples=RESAMPLES, seed=0):
    """Score every row and its resamples.

    Parameters
    ----------
    rows : dict
        A row's name to its seeds' predictions, each what ``measure`` takes first.
    labels : array (n,)
        True label indices, the strata of the resamples.
    measure : callable
        :func:`classification`, or such as it: sums over rows, (sums, n) sparse, and the function to the scores.
    """
    labels = np.asarray(labels)
    measured = {row: [measure(each, labels) for each in predictions] for row, predictions in rows.items()}
    whole = np.ones((len(labels), 1), np.float32)
    values = {row: _joined([scores((sums @ whole).astype(float)) for sums, scores in each], 1)
              for row, each in measured.items()}  # fmt: skip
    parts = {row: [[] for _ in each] for row, each in measured.items()}
    rng, step = np.random.default_rng(seed), 500
    for start in range(0, n_resamples, step):
        counts = _counts(labels, min(step, n_resamples - start), rng)
        for row, each in measured.items():
            for part, (sums, scores) in zip(parts[row], each, strict=True):
                part.append(scores((sums @ counts).astype(float)))
    draws = {}
    for row, seeds in parts.items():
        scored = _joined([_joined(each, 0) for each in seeds], 2)
        # The generator is the row's own, so that two tables that share rows share their intervals.
        of_row = np.random.default_rng([seed, zlib.crc32(row.encode())])
        drawn_seeds = of_row.integers(len(seeds), size=(len(seeds), n_resamples))
        draws[row] = {score: _nested(drawn, drawn_seeds) for score, drawn in scored.items()}
    return Comparison(values, draws)


def _counts(labels, n_resamples, rng):
    """How often each row is drawn, (n, n_resamples): as many rows of each label as there are."""
    counts = np.empty((len(labels), n_resamples), np.float32)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        drawn = rng.integers(len(rows), size=(n_resamples, len(rows))) + len(rows) * np.arange(n_resamples)[:, None]
        counts[rows] = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(n_resamples, -1).T
    return counts


def _joined(scores, axes):
    """Dictionaries of scores as one: arrays concatenated (axes 0 or 1) or stacked (2)."""
    join = np.stack if axes == 2 else np.concatenate
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
    name, interval = NAMES.get(line.score, line.score), f"95 % interval {line.low:+.3f} to {line.high:+.3f}"
    if line.verdict in ("higher", "lower"):
        return f"{name} {line.verdict} by {abs(line.difference):.3f} ({interval})"
    if line.verdict == "equal":
        return f"{name} equal within {MARGINS[line.score]:g} ({interval})"
    after = " after correction" if not line.low <= 0 <= line.high else ""
    return f"{name}: no difference found{after} ({interval})"


def findings(differences):
    """The lines of :meth:`Comparison.differences` as a Markdown list, a sentence a pair."""
    said = [f"- **{first}** against **{second}**: {'; '.join(finding(line) for line in lines.itertuples())}."
            for (first, second), lines in differences.groupby(["first", "second"], sort=False)]  # fmt: skip
    return "\n".join(said)
