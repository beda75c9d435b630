"""Comparisons: rows over several seeds, and what can be said of the difference of two.

Two things vary by chance: which test comments there are, and the seed of the training. The bootstrap here draws both,
the comments paired (every row is scored on the same resample) and stratified by label, so that no resample loses the
two test comments of grief; the seeds within each row.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import rankdata, zscore
from statsmodels.stats.multitest import multipletests

RESAMPLES = 10_000
LEVEL = 0.95
#: Differences within these margins count as none (two one-sided tests): written down before any row was compared.
MARGINS = {"accuracy": 0.01, "macro_f1": 0.02}
NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}


def classification(predicted, labels):
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
    hits = sparse.csr_matrix((hit.astype(np.float32), (labels, np.arange(n))), shape=(k, n))
    sums = sparse.vstack([hits, sparse.csr_matrix(sets.T.astype(np.float32)), exact[None].astype(np.float32)], "csr")
    true = np.bincount(labels, minlength=k)[:, None]

    def scores(sums):
        with np.errstate(invalid="ignore"):
            f1 = 2 * sums[:k] / (true + sums[k:-1])
        return {"accuracy": sums[-1] / n, "macro_f1": np.nanmean(f1, axis=0)}

    return sums, scores


def regression(predicted, truth, constant, loss):
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
        return {"test_loss": sums[0] / n, "constant_loss": sums[1] / n, "ratio": sums[0] / sums[1],
                **{f"r2_{d}": r for d, r in zip("VAD" if dims == 3 else range(dims), r2, strict=True)}}  # fmt: skip

    return sparse.csr_matrix(sums.astype(np.float32)), scores


def f1_by_label(predicted, labels):
    """As :func:`classification`: F1 of each label, by its index; of label indices (n,)."""
    sums, _ = classification(predicted, labels)
    k = (sums.shape[0] - 1) // 2
    true = np.bincount(labels, minlength=k)[:, None]
    return sums, lambda sums: dict(enumerate(2 * sums[:k] / np.maximum(true + sums[k:-1], 1)))


def inclusion(sets, labels):
    """As :func:`classification`: ``included``, the share of rows whose label is in its set; sets are bool (n, n_labels)."""
    hit = sets[np.arange(len(labels)), labels]
    return sparse.csr_matrix(hit[None].astype(np.float32)), lambda sums: {"included": sums[0] / len(labels)}


def confusion_by_distance(predicted, labels, distances):
    """As :func:`classification`: ``rho``, Spearman's correlation over all pairs of labels of how often one is taken for the
    other and how far apart they lie in ``distances`` (n_labels, n_labels). Below 0: near ones are confused more often."""
    k = len(distances)
    sums = sparse.csr_matrix((np.ones(len(labels), np.float32), (labels * k + predicted, np.arange(len(labels)))),
                             shape=(k * k, len(labels)))  # fmt: skip
    pairs, true = np.triu_indices(k, 1), np.maximum(np.bincount(labels, minlength=k), 1)[:, None, None]
    ranks = zscore(rankdata(distances[pairs]))

    def scores(sums):
        share = sums.reshape(k, k, -1) / true
        confused = zscore(rankdata((share + share.transpose(1, 0, 2))[pairs], axis=0), axis=0)
        return {"rho": ranks @ confused / len(ranks)}

    return sums, scores


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
        """One line a row: ``seeds``, and of each score the mean, the standard deviation over seeds (``_sd``, missing for
        one seed) and the ends of its 95 % interval (``_low``, ``_high``)."""
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

        Columns ``difference``, its 95 % interval ``low`` to ``high``, the bootstrap's two-sided ``p``, the greater p of
        the two one-sided tests of equivalence ``p_equal`` (missing without a margin), both corrected by Holm over the
        table (unless ``holm`` is off, for :func:`corrected` later), and the ``verdict``: "higher", "lower", "equal" (within
        the margin) or "no difference found".
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
    """Lines of :meth:`Comparison.differences` with p and p_equal corrected by Holm, and with the verdict that they give."""
    table = table.copy()
    for column in ("p", "p_equal"):
        tested = table[column].notna()
        if tested.any():
            table.loc[tested, column] = multipletests(table.loc[tested, column], method="holm")[1]
    table["verdict"] = [verdict(*line) for line in zip(table["difference"], table["p"], table["p_equal"], strict=True)]
    return table


def verdict(difference, p, p_equal, alpha=1 - LEVEL):
    """What a line of :meth:`Comparison.differences` says: "higher", "lower", "equal" or "no difference found".

    A difference that is found *and* lies within the margin is still named by its direction; its interval tells its size.
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
    values = {row: _joined([scores(sums @ whole) for sums, scores in each], 1) for row, each in measured.items()}
    parts = {row: [[] for _ in each] for row, each in measured.items()}
    rng, step = np.random.default_rng(seed), 500
    for start in range(0, n_resamples, step):
        counts = _counts(labels, min(step, n_resamples - start), rng)
        for row, each in measured.items():
            for part, (sums, scores) in zip(parts[row], each, strict=True):
                part.append(scores(sums @ counts))
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
    """A line of :meth:`Comparison.differences` in words: "accuracy higher by 0.034 (95 % interval +0.021 to +0.047)"."""
    name, interval = NAMES.get(line.score, line.score), f"95 % interval {line.low:+.3f} to {line.high:+.3f}"
    if line.verdict in ("higher", "lower"):
        return f"{name} {line.verdict} by {abs(line.difference):.3f} ({interval})"
    if line.verdict == "equal":
        return f"{name} equal within {MARGINS[line.score]:g} ({interval})"
    return f"{name}: no difference found ({interval})"


def findings(differences):
    """The lines of :meth:`Comparison.differences` as a Markdown list, a sentence a pair."""
    said = [f"- **{first}** against **{second}**: {'; '.join(finding(line) for line in lines.itertuples())}."
            for (first, second), lines in differences.groupby(["first", "second"], sort=False)]  # fmt: skip
    return "\n".join(said)
