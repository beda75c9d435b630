"""Two thresholds of probability, each chosen on recorded dev predictions when the model is loaded.

Below one, an answer is called uncertain; above the other, every label counts where a text may have several.
"""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import f1_score

from vadstudy import carried, metrics, readout
from vadstudy.emotions import EMOTIONS
from vadstudy.runs import RunStore

#: Thresholds that are tried where labels may be several.
TRIED = tuple(np.round(np.arange(0.1, 0.41, 0.02), 2))


def sure(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """The best label's probability up to which an answer is uncertain: more often wrong than right.

    It is the threshold that tells right answers and wrong ones apart with the fewest mistakes.

    Parameters
    ----------
    probabilities : array of shape (n, 28)
        Of texts of dev, in label order.
    labels : array of shape (n,)
        Their true label indices.
    """
    found = np.asarray(probabilities)
    return metrics.best_threshold(found.max(axis=1), found.argmax(axis=1) == np.asarray(labels))


def above(probabilities: ArrayLike, threshold: float) -> np.ndarray:
    """Each row's labels of more than this probability, as bool of shape (n, 28); the best one always is among them."""
    found = np.asarray(probabilities)
    chosen = metrics.threshold_predictions(found, threshold)
    chosen[np.arange(len(found)), found.argmax(axis=1)] = True
    return chosen


def best(probabilities: ArrayLike, sets: ArrayLike) -> float:
    """Of :data:`TRIED`, the threshold with the best micro-F1 of :func:`above`; of equally good ones, the lowest.

    Parameters
    ----------
    probabilities : array of shape (n, 28)
    sets : array of bool, shape (n, 28)
        The labels that each text has.
    """
    return float(max(TRIED, key=lambda t: f1_score(sets, above(probabilities, t), average="micro")))


def several(store: RunStore) -> float:
    """The threshold above which labels count: the :func:`best` on all of dev, comments with one label and with several.

    By the recorded runs ``carried-softmax``, the softmax with dev comments of several labels predicted, and
    ``labels-votes``, which has every comment's labels.

    Raises
    ------
    RunError
        If one of them is not recorded.
    """
    run, votes = store.recorded("carried-softmax"), store.recorded("labels-votes")
    temperature, found, sets = carried.temperature(run), [], []
    for split in ("dev", f"{carried.several(store)}/dev"):
        rows = votes.rows(split)
        logits = run.outputs(split, rows["id"])
        found.append(readout.probabilities(logits, temperature))
        sets.append(
            np.array([np.isin(np.arange(len(EMOTIONS)), [*map(int, each.split(","))]) for each in rows["labels"]])
        )
    return best(np.concatenate(found), np.concatenate(sets))
