"""Transfer: thresholds from train, floors, correlations."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from vadstudy import transfer
from vadstudy.runs import RunStore


def fake(train, train_labels, test, test_labels):
    """A run with valence only."""
    outputs = {"train": np.array(train)[:, None], "test": np.array(test)[:, None]}
    labels = {"train": np.array(train_labels), "test": np.array(test_labels)}
    return SimpleNamespace(outputs=outputs.get, labels=labels.get, rows=lambda split: labels[split])


def test_the_threshold_comes_from_train_not_from_test():
    run = fake([0.1, 0.2, 0.6, 0.7], [0, 0, 1, 1], [0.3, 0.45], [1, 1])
    assert transfer.valence_threshold(run) == pytest.approx(0.4)
    store = {"sentiment-points": run, "sentiment-lexicon": run,
             "sentiment-words": SimpleNamespace(outputs=lambda split: np.eye(2))}  # fmt: skip
    rows, labels = transfer.sentiment_predictions(store)
    table = transfer.scored(rows, labels, {"valence of scaled-mae": 0.6971})
    assert table.loc["valence of scaled-mae", "accuracy"] == 0.5
    assert table.loc["valence of scaled-mae, threshold 0.5", "accuracy"] == 0
    assert table.loc["valence of scaled-mae", "paper_accuracy"] == 0.6971
    assert pd.isna(table.loc["bag of words", "paper_accuracy"])


def test_rows_of_the_smoke_profile_have_intervals_around_them():
    store = RunStore("smoke")
    table = transfer.scored(*transfer.emotion_predictions(store), {})
    assert ((table["accuracy_low"] <= table["accuracy"]) & (table["accuracy"] <= table["accuracy_high"])).all()
    labels = store["six-points"].labels
    floor = np.mean(labels("test") == np.bincount(labels("train")).argmax())
    assert table.loc["majority class", "accuracy"] == pytest.approx(floor)


def test_correlations_are_of_the_dimension_that_they_name():
    store = RunStore("smoke")
    table = transfer.correlations(store).set_index(["row", "dimension"])
    run = store["vad-words"]
    expected = np.corrcoef(transfer.humans(run)[:, 1], run.outputs("test")[:, 1])[0, 1]
    assert table.loc[("bag of words, ridge", "arousal"), "pearson"] == pytest.approx(expected, abs=1e-6)
    assert len(table) == 9
