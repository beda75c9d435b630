"""Transfer: thresholds from train, floors, correlations; on the smoke profile's stand-ins."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from vadstudy import bootstrap, computed, corpora, mappers, metrics, tables, transfer
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
    assert len(table) == 12


def test_differences_of_correlations_are_first_less_second_and_one_family(store):
    table = transfer.vad(store).set_index(["row", "dimension"])["spearman"]
    found = transfer.vad_compared(store).differences([("bag of words", "lexicon mean")], transfer.CORRELATIONS)
    assert len(found) == 6 and {"p", "verdict"} <= set(found)
    valence = found.set_index("score").loc["spearman_V", "difference"]
    assert valence == pytest.approx(table["bag of words", "valence"] - table["lexicon mean", "valence"])


def test_a_transfer_s_intervals_rest_on_as_many_resamples_as_all_others(store):
    compared = transfer.sentiment_compared(store)
    assert {len(of["accuracy"]) for of in compared.draws.values()} == {bootstrap.RESAMPLES}


def test_a_text_s_beginning_is_what_a_regressor_reads_of_it():
    found = computed._beginnings(["One two, three four", "One"], 5)
    assert found == ["One two,", "One"], "two of the five tokens stand for begin and end"


def test_words_of_comments_have_seen_the_comments_and_not_the_target(store):
    mini = corpora.load("mini")
    run = store["vad-words-transferred"]
    assert run.recipe.trained_on == "mini" and run.splits == ["train", "dev", "test"]
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), Ridge(random_state=42))
    targets = mappers.scaled().points_for(np.array(mini["train"]["label"]))
    expected = model.fit(list(mini["train"]["text"]), targets).predict(list(mini["test"]["text"])).clip(0, 1)
    np.testing.assert_allclose(run.outputs("test"), expected, atol=1e-6)
    assert {"words of comments"} <= set(transfer.vad(store)["row"])
    assert "words of comments and SVM" in transfer.six(store).index
