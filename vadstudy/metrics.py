"""Metrics, by scikit-learn and SciPy in the forms that the study reports, and what they have not.

Labels are indices, ``y_true`` and ``y_pred`` have shape (n,); points have shape (n, dims). Empty arrays and arrays of
different lengths are a ``ValueError``.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import pearsonr
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_fscore_support,
    r2_score,
)
from sklearn.utils import check_consistent_length

#: Thresholds of probability that are tried where a row may have several labels.
THRESHOLDS = tuple(np.round(np.arange(0.05, 0.61, 0.01), 2))


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The share of rows with the right label."""
    return float(accuracy_score(y_true, y_pred))


def f1_per_label(y_true: ArrayLike, y_pred: ArrayLike, n: int = 28) -> np.ndarray:
    """F1 of each of n labels, shape (n,), NaN for a label that is neither true nor predicted."""
    return f1_score(y_true, y_pred, labels=np.arange(n), average=None, zero_division=np.nan)


def macro_f1(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The mean F1 over the labels in ``y_true`` or ``y_pred``.

    A label that is predicted but never true therefore counts, with 0; one that occurs nowhere does not.
    """
    return float(f1_score(y_true, y_pred, average="macro", zero_division=0))


def scores(y_true: ArrayLike, y_pred: ArrayLike) -> dict[str, float]:
    """``{"accuracy": ..., "macro_f1": ...}``."""
    return {"accuracy": accuracy(y_true, y_pred), "macro_f1": macro_f1(y_true, y_pred)}


def r2(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The coefficient of determination of each dimension, shape (dims,)."""
    return r2_score(y_true, y_pred, multioutput="raw_values")


def pearson(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """Pearson's correlation of each dimension, shape (dims,), NaN where one side is constant."""
    return pearsonr(np.asarray(y_true), np.asarray(y_pred), axis=0).statistic


def mae(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The mean absolute error over rows and dimensions, as PyTorch's ``L1Loss``."""
    return float(mean_absolute_error(y_true, y_pred))


def mse(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """The mean squared error over rows and dimensions, as PyTorch's ``MSELoss``."""
    return float(mean_squared_error(y_true, y_pred))


def best_constant(train_points: ArrayLike, loss: str) -> np.ndarray:
    """The point (dims,) with the least loss on train: the median for "mae", the mean for "mse".

    Losses over different mappers have different scales; divided by this point's loss they can be compared.
    """
    if loss not in ("mae", "mse"):
        raise ValueError(f"unknown loss {loss!r}; expected 'mae' or 'mse'")
    points = np.asarray(train_points)
    return np.median(points, axis=0) if loss == "mae" else np.mean(points, axis=0)


def threshold_predictions(probabilities: ArrayLike, threshold: float = 0.3) -> np.ndarray:
    """Each row's set of labels, those above the threshold, as bool of shape (n, labels)."""
    return np.asarray(probabilities) > threshold


def set_scores(probabilities: ArrayLike, sets: ArrayLike, threshold: float) -> dict[str, float]:
    """Scores of the sets of labels above a threshold, as the literature on several labels has them.

    Parameters
    ----------
    probabilities : array (n, labels)
    sets : array (n, labels) of 0 and 1
        The labels that each row has.
    threshold : float

    Returns
    -------
    dict
        ``accuracy`` (of the whole set), ``macro_f1``, ``macro_precision``, ``macro_recall`` (means over labels, 0 where
        none is predicted), ``micro_f1`` (over all pairs of a row and a label).
    """
    true, named = np.asarray(sets).astype(bool), threshold_predictions(probabilities, threshold)
    precision, recall, f1, _ = precision_recall_fscore_support(true, named, average="macro", zero_division=0)
    return {
        "accuracy": accuracy(true, named),
        "macro_f1": float(f1),
        "macro_precision": float(precision),
        "macro_recall": float(recall),
        "micro_f1": float(f1_score(true, named, average="micro", zero_division=0)),
    }


def best_common_threshold(probabilities: ArrayLike, sets: ArrayLike) -> float:
    """Of :data:`THRESHOLDS`, the one with the best macro-F1 of :func:`set_scores`; of equal ones the lowest."""
    true = np.asarray(sets).astype(bool)

    def macro(threshold):
        named = threshold_predictions(probabilities, threshold)
        hits, total = (true & named).sum(axis=0), true.sum(axis=0) + named.sum(axis=0)
        return (2 * hits / np.maximum(total, 1)).mean()

    return float(max(THRESHOLDS, key=macro))


def exact_match(multi_hot_pred: ArrayLike, y_true: ArrayLike) -> float:
    """The share of rows that predict the right label and no other: none or two count as wrong.

    ``multi_hot_pred`` is bool of shape (n, labels). This is how the paper scores its baseline.
    """
    predicted, true = _sets(multi_hot_pred, y_true)
    return float(accuracy_score(true, predicted))


def multi_hot_macro_f1(multi_hot_pred: ArrayLike, y_true: ArrayLike) -> float:
    """The mean F1 over the labels that are true or predicted anywhere, for sets of labels.

    ``multi_hot_pred`` is bool of shape (n, labels). For sets of one label each this is :func:`macro_f1`.
    """
    predicted, true = _sets(multi_hot_pred, y_true)
    return float(np.nanmean(f1_score(true, predicted, average=None, zero_division=np.nan)))


def best_threshold(scores: ArrayLike, y_binary: ArrayLike) -> float:
    """The t that makes ``scores > t`` most accurate; choose it on train or dev, never on test.

    Candidates are the midpoints between neighbouring values of ``scores``, and 0.5 beyond both ends, which
    puts all rows on one side; of equally good ones it is the lowest.
    """
    check_consistent_length(scores, y_binary)
    scores, y_binary = np.asarray(scores), np.asarray(y_binary)
    if not np.isin(y_binary, (0, 1)).all():
        raise ValueError(f"y_binary has the values {np.unique(y_binary)[:5].tolist()}, expected only 0 and 1")
    values, place = np.unique(scores.astype(float), return_inverse=True)
    # Rows gained as the threshold rises past each value: its negatives, less its positives.
    gained = np.bincount(place, weights=np.where(y_binary == 1, -1, 1))
    edges = np.concatenate([[values[0] - 1], values, [values[-1] + 1]])
    return float(((edges[:-1] + edges[1:]) / 2)[np.append(0, gained.cumsum()).argmax()])


def expected_calibration_error(proba: ArrayLike, y_true: ArrayLike, bins: int = 10) -> float:
    """The mean gap of confidence and accuracy over bins of confidence, weighted by their rows.

    ``proba`` has shape (n, labels); confidence is a row's greatest probability, the bins are equally wide.
    """
    check_consistent_length(proba, y_true)
    proba, y_true = np.asarray(proba), np.asarray(y_true)
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == y_true
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    return float(np.abs(np.bincount(place, weights=right - confidence)).sum() / len(y_true))


def _sets(predicted, y_true):
    """Sets of labels, checked, and the true labels as such sets; both bool (n, labels)."""
    predicted = np.asarray(predicted)
    if predicted.ndim != 2 or predicted.dtype.kind == "f":
        raise ValueError(
            f"multi_hot_pred has shape {predicted.shape} and type {predicted.dtype}, expected bool (n, labels); decode "
            "by threshold_predictions"
        )
    check_consistent_length(predicted, y_true)
    return predicted.astype(bool), np.eye(predicted.shape[1], dtype=bool)[np.asarray(y_true)]
