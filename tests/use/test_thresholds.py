"""The thresholds: below which an answer is uncertain, and above which labels count; chosen on dev."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from vadstudy import carried, readout
from vadstudy.errors import RunError
from vadstudy.runs import RunStore
from vadstudy.use import thresholds


def likely(rows):
    """Probabilities of 28 labels: those given of the first ones, the rest shared by the others."""
    out = np.empty((len(rows), 28))
    for row, given in zip(out, rows, strict=True):
        row[:] = (1 - sum(given)) / (28 - len(given))
        row[: len(given)] = given
    return out


def test_up_to_it_answers_are_more_often_wrong_than_right():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.1, 0.95, 4000)
    # As often right as it says: half of those at 0.5.
    labels = np.where(rng.uniform(size=4000) < confidence, 0, 1)
    found = thresholds.sure(likely([[each] for each in confidence]), labels)
    assert found == pytest.approx(0.5, abs=0.05)
    right = labels == 0
    assert right[confidence <= found].mean() < 0.5 < right[confidence > found].mean()


def test_on_the_studys_dev_uncertain_answers_are_wrong_and_the_rest_right():
    run = RunStore().recorded("softmax")
    proba = readout.probabilities(run.outputs("dev"), carried.temperature(run))
    unsure = proba.max(axis=1) <= thresholds.sure(proba, run.labels("dev"))
    right = proba.argmax(axis=1) == run.labels("dev")
    assert 0.1 < unsure.mean() < 0.5 and right[unsure].mean() < 0.5 < 0.7 < right[~unsure].mean()


def test_the_best_label_always_counts_and_nan_has_one():
    proba = likely([[0.1, 0.6, 0.25], [0.05, 0.04]])
    proba[1, 2] = 0.2
    assert [np.flatnonzero(row).tolist() for row in thresholds.above(proba, 0.22)] == [[1, 2], [2]]
    assert thresholds.above(proba, 1.0).sum(axis=1).tolist() == [1, 1]


def test_several_labels_are_named_where_that_is_right():
    two = likely([[0.45, 0.35], [0.5, 0.31]])
    both, first = np.zeros((2, 28), bool), np.zeros((2, 28), bool)
    both[:, :2] = first[:, 0] = True
    assert thresholds.best(two, both) < 0.31 and thresholds.best(two, first) >= 0.34


def test_it_is_chosen_on_dev_comments_of_one_label_and_of_several():
    store = RunStore("smoke")
    for name in ("carried-softmax", "labels-votes"):
        store.get(name)
    run, votes = store["carried-softmax"], store["labels-votes"]
    logits = np.concatenate([run.outputs(split) for split in ("dev", "mini-several/dev")])
    rows = [*votes.rows("dev")["labels"], *votes.rows("mini-several/dev")["labels"]]
    sets = np.array([[str(i) in row.split(",") for i in range(28)] for row in rows])
    proba = readout.probabilities(logits, carried.temperature(run))
    scores = [f1_score(sets, thresholds.above(proba, t), average="micro") for t in thresholds.TRIED]
    assert len(rows) > len(run.labels("dev")) and sets.sum() > len(rows)
    assert thresholds.several(store) == thresholds.TRIED[int(np.argmax(scores))]


def test_without_the_runs_it_says_which_is_missing(store):
    with pytest.raises(RunError, match=r"carried-softmax.seed42\.parquet is missing"):
        thresholds.several(store)
