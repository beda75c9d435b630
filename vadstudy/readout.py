"""The space read off a classifier: label probabilities in, a point out, the other way round than the paper goes.

The paper trains a regressor to a point and reads the label off the point. Here the labels' probabilities come first,
and the mapper's points turn them into a point. Which one depends on what an error costs: the *expected* point has the
least squared error, and is what a regressor trained with MSE aims at; the *median* has the least absolute error, and is
what one trained with MAE aims at. The expected point moves with every probability; the median lies, in each dimension,
at one label's coordinate, and stays there until another label takes over.

In the place of the mapper's points may stand the vectors that a sentence encoder has of what labels are called:
:func:`named`.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from vadstudy.mappers import Mapper

#: Temperatures of the two ways by a label's name, where they are combined.
DIRECT, READ_OUT = 0.07, 0.2


def probabilities(logits: ArrayLike, temperature: float = 1.0) -> np.ndarray:
    """Softmax of logits (n, labels) divided by a temperature; above 1 it spreads, below 1 it sharpens."""
    if not temperature > 0:
        raise ValueError(f"temperature {temperature}, expected more than 0")
    return softmax(np.asarray(logits, float) / temperature, axis=1)


def calibrated(logits: ArrayLike, labels: ArrayLike) -> float:
    """The temperature with the least log loss on texts with known labels: never those of test (Guo et al. 2017)."""
    logits, labels = np.asarray(logits, float), np.asarray(labels)

    def log_loss(log_temperature):
        likely = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -likely[np.arange(len(labels)), labels].mean()

    return float(np.exp(minimize_scalar(log_loss, bounds=(np.log(0.05), np.log(20)), method="bounded").x))


def expected(probabilities: ArrayLike, mapper: Mapper) -> np.ndarray:
    """The expected point of each row: the sum over labels k of p_k m(k).

    Parameters
    ----------
    probabilities : array of shape (n, labels)
        In the mapper's label order; each row sums to 1.
    mapper : Mapper
        m, where each label lies.

    Returns
    -------
    ndarray of shape (n, dims)
        The point with the least expected squared distance to the true label's.
    """
    return _checked(probabilities, mapper) @ mapper.points


def median(probabilities: ArrayLike, mapper: Mapper) -> np.ndarray:
    """The weighted median of each row, dimension by dimension.

    In each dimension, it is the least coordinate m(k) below or at which lies half of the probability.

    Parameters
    ----------
    probabilities : array of shape (n, labels)
        In the mapper's label order; each row sums to 1.
    mapper : Mapper
        m, where each label lies.

    Returns
    -------
    ndarray of shape (n, dims)
        The point with the least expected absolute distance, in each dimension, to the true label's.
    """
    found = _checked(probabilities, mapper)
    point = np.empty((len(found), mapper.dims))
    for dimension, places in enumerate(mapper.points.T):
        order = np.argsort(places, kind="stable")
        # Half, less what adding up 28 numbers may lose.
        reached = found[:, order].cumsum(axis=1) >= 0.5 - 1e-9
        point[:, dimension] = places[order][reached.argmax(axis=1)]
    return point


def named(probabilities: np.ndarray, gram: np.ndarray, known: np.ndarray) -> np.ndarray:
    """How near the expected label vector of each text lies to every label's: cosines (n, labels).

    ConSE (Norouzi et al. 2014): the known labels' vectors, weighed by their probabilities. Here the known labels' mean
    is taken away from all vectors first, for what every label has in common tells none apart.

    Parameters
    ----------
    probabilities : array of shape (n, labels)
        0 for labels that are not known; each row sums to 1.
    gram : array of shape (labels, labels)
        The labels' vectors' products with one another, which are all that the cosines need.
    known : array of indices
        The labels by which the mean is taken.
    """
    probabilities, gram = np.asarray(probabilities, float), np.asarray(gram, float)
    to_mean = gram[:, known].mean(axis=1)
    centred = gram - to_mean - to_mean[:, None] + to_mean[known].mean()
    products = probabilities @ centred
    lengths = np.sqrt(np.maximum((products * probabilities).sum(axis=1), 1e-12))
    return products / lengths[:, None] / np.sqrt(np.maximum(np.diag(centred), 1e-12))


def combined(direct: ArrayLike, by_softmax: ArrayLike) -> np.ndarray:
    """Two ways by a label's name in one score (n, labels): a text's cosines with it, and :func:`named`'s.

    Each is divided by its temperature: those of the least log loss on GoEmotions' dev, of labels that were treated as
    if unseen (``benchmarks/choose_labels.py``).
    """
    return np.asarray(direct) / DIRECT + np.asarray(by_softmax) / READ_OUT


def _checked(probabilities, mapper):
    found = np.asarray(probabilities, float)
    if found.ndim != 2 or found.shape[1] != len(mapper):
        raise ValueError(f"probabilities have shape {found.shape}, expected (n, {len(mapper)}), a column a label")
    if not np.allclose(found.sum(axis=1), 1, atol=1e-3) or (found < 0).any():
        raise ValueError("probabilities have rows that do not sum to 1; make them of logits by `probabilities`")
    return found
