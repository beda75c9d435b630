"""Scores as functions of sums over test rows, so that many resamples are one product of matrices.

A *measure* is what is resampled: it takes a row's predictions first and the truth second, and returns a matrix of sums
(sums, n), sparse where it can be, and a function from sums (sums, resamples) to a dictionary of scores (resamples,).
Multiplied with how often each test row is drawn, the matrix gives the sums of a thousand resamples at once. Whatever
depends on which rows were drawn, the number of rows of a label too, is a sum.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.stats import rankdata, zscore

#: What a measure returns: the matrix of sums, and the function from sums to scores by name.
Measured = tuple[Any, Callable[[np.ndarray], dict]]


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
