"""Metrics: pure functions over arrays.

Labels are indices, ``y_true`` and ``y_pred`` have shape (n,); points have shape (n, dims). Empty arrays,
arrays of different lengths and labels that are no indices are a ``ValueError``.
"""

import warnings

import numpy as np
from scipy.stats import ConstantInputWarning, pearsonr
from sklearn.metrics import r2_score


def accuracy(y_true, y_pred):
    """Return the share of rows with the right label."""
    y_true, y_pred = _aligned(y_true=y_true, y_pred=y_pred)
    return float(np.mean(y_true == y_pred))


def f1_per_label(y_true, y_pred, n=28):
    """Return F1 of each of n labels, shape (n,), NaN for a label that is neither true nor predicted."""
    y_true, y_pred = _aligned(y_true=y_true, y_pred=y_pred)
    _check_indices(n, y_true=y_true, y_pred=y_pred)
    return _f1(y_true[y_true == y_pred], y_true, np.bincount(y_pred, minlength=n))


def macro_f1(y_true, y_pred):
    """Return the mean F1 over the labels in ``y_true`` or ``y_pred``, which is scikit-learn's default.

    A label that is predicted but never true therefore counts, with 0; one that occurs nowhere does not.
    """
    y_true, y_pred = _aligned(y_true=y_true, y_pred=y_pred)
    _check_indices(np.inf, y_true=y_true, y_pred=y_pred)
    return float(np.nanmean(f1_per_label(y_true, y_pred, n=max(y_true.max(), y_pred.max()) + 1)))


def scores(y_true, y_pred):
    """Return ``{"accuracy": ..., "macro_f1": ...}``."""
    return {"accuracy": accuracy(y_true, y_pred), "macro_f1": macro_f1(y_true, y_pred)}


def r2(y_true, y_pred):
    """Return the coefficient of determination of each dimension, shape (dims,)."""
    return r2_score(*_points(y_true, y_pred), multioutput="raw_values")


def pearson(y_true, y_pred):
    """Return Pearson's correlation of each dimension, shape (dims,), NaN where one side is constant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        return pearsonr(*_points(y_true, y_pred), axis=0).statistic


def mae(y_true, y_pred):
    """Return the mean absolute error over rows and dimensions, as PyTorch's ``L1Loss``."""
    y_true, y_pred = _points(y_true, y_pred)
    return float(np.abs(y_true - y_pred).mean())


def mse(y_true, y_pred):
    """Return the mean squared error over rows and dimensions, as PyTorch's ``MSELoss``."""
    y_true, y_pred = _points(y_true, y_pred)
    return float(((y_true - y_pred) ** 2).mean())


def best_constant(train_points, loss):
    """Return the point (dims,) with the least loss on train: the median for "mae", the mean for "mse".

    Losses over different mappers have different scales; divided by this point's loss they can be compared.
    """
    if loss not in ("mae", "mse"):
        raise ValueError(f"unknown loss {loss!r}; expected 'mae' or 'mse'")
    (train,) = _aligned(train_points=train_points)
    return np.median(train, axis=0) if loss == "mae" else train.mean(axis=0)


def threshold_predictions(probabilities, threshold=0.3):
    """Return each row's set of labels, those above the threshold, as bool of shape (n, labels)."""
    return np.asarray(probabilities) > threshold


def exact_match(multi_hot_pred, y_true):
    """Return the share of rows that predict the right label and no other: none or two count as wrong.

    ``multi_hot_pred`` is bool of shape (n, labels). This is how the paper scores its baseline.
    """
    predicted, y_true, right = _sets(multi_hot_pred, y_true)
    return float(np.mean(right & (predicted.sum(axis=1) == 1)))


def multi_hot_macro_f1(multi_hot_pred, y_true):
    """Return the mean F1 over the labels that are true or predicted anywhere, for sets of labels.

    ``multi_hot_pred`` is bool of shape (n, labels). For sets of one label each this is :func:`macro_f1`.
    """
    predicted, y_true, right = _sets(multi_hot_pred, y_true)
    return float(np.nanmean(_f1(y_true[right], y_true, predicted.sum(axis=0))))


def best_threshold(scores, y_binary):
    """Return the t that makes ``scores > t`` most accurate; choose it on train or dev, never on test.

    Candidates are the midpoints between neighbouring values of ``scores``, and 0.5 beyond both ends, which
    puts all rows on one side; of equally good ones it is the lowest.
    """
    scores, y_binary = _aligned(scores=scores, y_binary=y_binary)
    if not np.isin(y_binary, (0, 1)).all():
        raise ValueError(f"y_binary has the values {np.unique(y_binary)[:5].tolist()}, expected only 0 and 1")
    values, place = np.unique(scores.astype(float), return_inverse=True)
    # Rows gained as the threshold rises past each value: its negatives, less its positives.
    gained = np.bincount(place, weights=np.where(y_binary == 1, -1, 1))
    edges = np.concatenate([[values[0] - 1], values, [values[-1] + 1]])
    return float(((edges[:-1] + edges[1:]) / 2)[np.append(0, gained.cumsum()).argmax()])


def expected_calibration_error(proba, y_true, bins=10):
    """Return the mean gap of confidence and accuracy over bins of confidence, weighted by their rows.

    ``proba`` has shape (n, labels); confidence is a row's greatest probability, the bins are equally wide.
    """
    proba, y_true = _table(proba=proba, y_true=y_true)
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == y_true
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    return float(np.abs(np.bincount(place, weights=right - confidence)).sum() / len(y_true))


def _aligned(**arrays):
    """Turn the named arguments into arrays, none empty, all of one length."""
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    shapes = ", ".join(f"{name} has shape {array.shape}" for name, array in arrays.items())
    if any(array.ndim == 0 or array.size == 0 for array in arrays.values()):
        raise ValueError(f"{shapes}; expected at least one row")
    if len({len(array) for array in arrays.values()}) > 1:
        raise ValueError(f"{shapes}; expected the same number of rows")
    return list(arrays.values())


def _points(y_true, y_pred):
    """Turn two arrays of one shape into floats of shape (n, dims); a single dimension may come flat."""
    y_true, y_pred = _aligned(y_true=y_true, y_pred=y_pred)
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true has shape {y_true.shape}, y_pred {y_pred.shape}; expected the same")
    return y_true.reshape(len(y_true), -1).astype(float), y_pred.reshape(len(y_pred), -1).astype(float)


def _check_indices(n, **arrays):
    for name, labels in arrays.items():
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= n:
            found = f"shape {labels.shape}, type {labels.dtype} and values like {labels.ravel()[:3].tolist()}"
            raise ValueError(f"{name} has {found}; expected label indices >= 0 and < {n}, shape (n,)")


def _table(**arrays):
    """Check a table of shape (n, labels) and the n label indices that belong to it."""
    (name, _), _ = arrays.items()
    table, y_true = _aligned(**arrays)
    if table.ndim != 2:
        raise ValueError(f"{name} has shape {table.shape}, expected (n, labels)")
    _check_indices(table.shape[1], y_true=y_true)
    return table, y_true


def _sets(predicted, y_true):
    """Check sets of labels; return them, the true labels, and whether each set holds its true one."""
    predicted, y_true = _table(multi_hot_pred=predicted, y_true=y_true)
    if predicted.dtype.kind == "f":
        raise ValueError("multi_hot_pred holds fractions, expected bool; decode by threshold_predictions")
    predicted = predicted.astype(bool)
    return predicted, y_true, predicted[np.arange(len(y_true)), y_true]


def _f1(hits, y_true, n_predicted):
    """F1 of each label from the labels of right rows, of all rows, and how often each was predicted."""
    n = len(n_predicted)
    with np.errstate(invalid="ignore"):
        return 2 * np.bincount(hits, minlength=n) / (np.bincount(y_true, minlength=n) + n_predicted)
