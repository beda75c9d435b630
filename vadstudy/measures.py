"""Measures that can be bootstrapped: sums over test rows, and the scores that follow from them.

A measure takes a row's predictions first and the labels (n,) second, and returns a sparse matrix (sums, n) and a
function from sums (sums, resamples) to a dictionary of scores (resamples,). Multiplied with how often each test row is
drawn, the matrix gives the sums of a thousand resamples at once.
"""

import numpy as np
from scipy import sparse
from scipy.stats import rankdata, zscore


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
    """As :func:`classification`: ``included``, the share of rows whose label is in its set; sets are bool (n,
    n_labels)."""
    hit = sets[np.arange(len(labels)), labels]
    return sparse.csr_matrix(hit[None].astype(np.float32)), lambda sums: {"included": sums[0] / len(labels)}


def confusion_by_distance(predicted, labels, distances):
    """As :func:`classification`: ``rho``, Spearman's correlation over all pairs of labels of how often one is taken
    for the other and how far apart they lie in ``distances`` (n_labels, n_labels). Below 0: near ones are confused
    more often."""
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
