"""Transfer: thresholds from train, floors, correlations; on the smoke profile's stand-ins."""

import numpy as np
import pytest

from vadstudy import mappers, metrics, tables, transfer
from vadstudy.runs import RunStore


@pytest.fixture(scope="module")
def store():
    return RunStore("smoke")


def test_points_are_in_the_units_of_the_lexicon(store):
    run = store["vad-points"]
    back = mappers.scaled().points
    assert np.allclose(mappers.to_vad(back, "scaled"), mappers.nrc().points, atol=1e-6)
    assert np.allclose(transfer.points(store, "vad"), mappers.to_vad(run.outputs("test"), "scaled"))


def test_the_threshold_comes_from_train_and_peeking_is_never_worse(store):
    table = transfer.sentiment(store)
    valence, labels = transfer.points(store, "sentiment", "train")[:, 0], store["sentiment-points"].labels("train")
    threshold = transfer.sentiment_threshold(store)
    assert threshold == metrics.best_threshold(valence, labels)
    test, truth = transfer.points(store, "sentiment")[:, 0], store["sentiment-points"].labels("test")
    expected = np.mean((test > threshold) == truth)
    assert table.loc["regressor, threshold from train", "accuracy"] == pytest.approx(expected)
    accuracy = table["accuracy"]
    assert accuracy["regressor, threshold from test"] >= accuracy["regressor, threshold from train"]
    assert table["paper_accuracy"].dropna().to_dict() == {"regressor, threshold from test": tables.PAPER_IMDB}


def test_six_emotions_have_a_floor_and_intervals(store):
    table = transfer.six(store)
    assert ((table["accuracy_low"] <= table["accuracy"]) & (table["accuracy"] <= table["accuracy_high"])).all()
    labels = store["six-points"].labels
    floor = np.mean(labels("test") == np.bincount(labels("train")).argmax())
    assert table.loc["majority class", "accuracy"] == pytest.approx(floor)


def test_correlations_are_of_the_dimension_that_they_name(store):
    table = transfer.vad(store).set_index(["row", "dimension"])
    expected = np.corrcoef(transfer.human_vad(store)[:, 1], store["vad-words"].outputs("test")[:, 1])[0, 1]
    assert table.loc[("bag of words", "arousal"), "pearson"] == pytest.approx(expected, abs=1e-6)
    assert len(table) == 9


def test_differences_of_correlations_are_first_less_second(store):
    table = transfer.vad(store).set_index(["row", "dimension"])["spearman"]
    found = transfer.vad_differences(store, [("bag of words", "lexicon mean")]).set_index("dimension")["spearman"]
    assert found["valence"] == pytest.approx(table["bag of words", "valence"] - table["lexicon mean", "valence"])
