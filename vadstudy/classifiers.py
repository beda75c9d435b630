"""Classifiers: from a point back to a label, as scikit-learn estimators."""

from collections.abc import Callable
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import pairwise_distances_chunked
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

#: Distances that differ by less are equal: two processors' rounding must not decide which label is nearest.
TIE = 1e-6


class Classifier(Protocol):
    """What is asked of a fitted classifier of points, here and in scikit-learn."""

    classes_: np.ndarray

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the most probable label for each row of X."""

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return probabilities of shape (n, n_classes), in the order of ``classes_``."""


class NearestEmotion(ClassifierMixin, BaseEstimator):
    """The label whose prototype is nearest, with probabilities from the distances (the paper's figure 2).

    The probability of a label is the softmax of the negative distances divided by ``temperature``. At 1 that
    is the distribution in the cross-entropy term of the paper's equation 1, and nearly flat: distances in the
    unit cube are small, so even on a label's own prototype it gives that label about 0.08 among 28. A lower
    temperature sharpens it; choose it on dev.

    Parameters
    ----------
    metric : str or callable, default="manhattan"
        Any metric of :func:`sklearn.metrics.pairwise_distances`. The default is the distance that the
        regressor's mean absolute error measures.
    temperature : float, default=1.0
        Greater than 0. It changes the probabilities, not the prediction.
    metric_params : dict, optional
        Keyword arguments of the metric, such as ``{"p": 3}`` for "minkowski".

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels seen in fit.
    prototypes_ : ndarray of shape (n_classes, n_features)
        The mean of each label's points; fitted on a mapper's points, the points themselves.
    n_features_in_ : int
        Number of dimensions of the space.

    Examples
    --------
    >>> from vadstudy.mappers import nrc
    >>> mapper = nrc()
    >>> NearestEmotion().fit(mapper.points, mapper.labels).predict([[0.98, 0.82, 0.79]])
    array(['joy'], dtype='<U14')
    """

    def __init__(
        self,
        metric: str | Callable = "manhattan",
        temperature: float = 1.0,
        metric_params: dict[str, Any] | None = None,
    ):
        self.metric = metric
        self.temperature = temperature
        self.metric_params = metric_params

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Average the points of each label: X of shape (n, dims), y of shape (n,)."""
        if not self.temperature > 0:
            raise ValueError(f"temperature is {self.temperature!r}, expected a number greater than 0")
        X, y = validate_data(self, X, y, dtype=np.float64)
        # Not check_classification_targets, which warns about one row a label, the usual case here.
        if type_of_target(y) not in ("binary", "multiclass"):
            raise ValueError(f"Unknown label type: y is {type_of_target(y)}, expected label indices or names")
        self.classes_, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        sums = np.zeros((len(self.classes_), self.n_features_in_))
        np.add.at(sums, codes, X)
        self.prototypes_ = sums / counts[:, None]
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the label of the nearest prototype for each row of X; of those within :data:`TIE`, the first."""
        nearest = self._in_blocks(X, lambda d: (d <= d.min(axis=1, keepdims=True) + TIE).argmax(axis=1))
        return self.classes_[nearest]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return probabilities of shape (n, n_classes), in the order of ``classes_``."""
        return self._in_blocks(X, lambda distances: softmax(-distances / self.temperature, axis=1))

    def _in_blocks(self, X, reduce):
        """Compute distances in blocks of rows, within scikit-learn's working memory, and reduce each."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        blocks = pairwise_distances_chunked(
            X,
            self.prototypes_,
            reduce_func=lambda distances, start: reduce(distances),
            metric=self.metric,
            **(self.metric_params or {}),
        )
        return np.concatenate(list(blocks))


class EmotionSVM(ClassifierMixin, BaseEstimator):
    """The paper's support vector machine (RBF kernel) with calibrated probabilities.

    One SVC is fitted on all data. A temperature, fitted on decision values cross-validated in ``cv`` folds,
    turns its decision values into probabilities, so the most probable label is the one that
    ``SVC(break_ties=True)`` predicts. Fitting the SVC on GoEmotions' 36,308 training points in 3 dimensions
    takes about 100 s, the calibration comes on top.

    Parameters
    ----------
    C, gamma : float, default=10.0 and 3.5
        Regularisation and kernel width, by default the paper's.
    cv : int, default=2
        Folds of the calibration, at least 2. A label with fewer rows than that stays in every fold's training
        rows, so that no fold misses it.
    random_state : int, RandomState instance or None, default=42
        Shuffles the rows into folds.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels seen in fit.
    svc_ : SVC
        The one fitted on all data.
    temperature_ : float
        What the decision values are divided by.
    n_features_in_ : int
        Number of dimensions of the space.
    """

    def __init__(
        self, C: float = 10.0, gamma: float = 3.5, cv: int = 2, random_state: int | np.random.RandomState | None = 42
    ):
        self.C = C
        self.gamma = gamma
        self.cv = cv
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit the SVC and its temperature: X of shape (n, dims), y of shape (n,)."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds one class, {self.classes_[0]!r}; expected two classes or more")
        svc = SVC(C=self.C, gamma=self.gamma, cache_size=1000)
        folds = list(self._folds(codes))
        self._calibrated = CalibratedClassifierCV(svc, method="temperature", cv=folds, ensemble=False)
        calibrated = self._calibrated.fit(X, codes).calibrated_classifiers_[0]
        self.svc_ = calibrated.estimator
        self.temperature_ = float(1 / calibrated.calibrators[0].beta_)
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the most probable label for each row of X."""
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return probabilities of shape (n, n_classes), in the order of ``classes_``."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self._calibrated.predict_proba(X)

    def _folds(self, codes):
        """Yield stratified (train, test) rows, with the rows of labels too rare to split in every train."""
        counts = np.bincount(codes)
        rare = np.flatnonzero(counts[codes] < self.cv)
        strata = codes.copy()
        # A stratum must not be smaller than the number of folds; the rare rows join the largest one.
        strata[rare] = counts.argmax()
        folds = StratifiedKFold(self.cv, shuffle=True, random_state=self.random_state)
        for train, test in folds.split(strata, strata):
            yield np.union1d(train, rare), test


def full_proba(classifier: Classifier, X: ArrayLike, n: int = 28) -> np.ndarray:
    """Return probabilities of shape (rows, n) over all label indices, 0 for those not in fit."""
    classes = np.asarray(classifier.classes_)
    if not np.issubdtype(classes.dtype, np.integer) or classes.min() < 0 or classes.max() >= n:
        raise ValueError(
            f"the classifier's classes are {classes.tolist()}, expected label indices from 0 to {n - 1}; "
            "fit it on indices, not names"
        )
    seen = classifier.predict_proba(X)
    proba = np.zeros((len(seen), n))
    proba[:, classes] = seen
    return proba
