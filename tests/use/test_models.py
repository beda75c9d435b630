"""The two ways from a network's outputs to VAD and emotions."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from vadstudy import carried, mappers, metrics, readout
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.errors import OptionError, RunError
from vadstudy.runs import RunStore
from vadstudy.use import models


@pytest.fixture(scope="module")
def made():
    store = RunStore("smoke")
    for name in ("softmax", "vad-logits"):
        store.get(name)
    return store


def test_vad_is_where_the_lexicon_puts_the_emotions(made):
    way, logits = models.EmotionsFirst(made, made["softmax"]), np.full((28, 28), -1000.0)
    np.fill_diagonal(logits, 1000)
    assert way.vad(logits) == pytest.approx(mappers.nrc().points)
    assert way.scores(logits) == pytest.approx(np.eye(28)) and not way.ranks_only


def test_probabilities_are_calibrated_on_dev(made):
    run = made["softmax"]
    way = models.EmotionsFirst(made, run)
    assert way.temperature == carried.temperature(run)
    assert way.scores(run.outputs("test")) == pytest.approx(carried.likely(run, "test", way.temperature))


def test_people_s_vad_is_a_ridge_on_their_train_texts(made):
    run, people = made["softmax"], made["vad-logits"]
    way = models.EmotionsFirst(made, run, "human")
    _, temperature = way.human
    train, test = (readout.probabilities(people.outputs(split), temperature) for split in ("train", "test"))
    truth = people.rows("train")[list(DIMENSIONS)].to_numpy(float)
    expected = RidgeCV(np.geomspace(0.01, 100, 9)).fit(train, truth).predict(test).clip(0, 1)
    assert way.vad(people.outputs("test")) == pytest.approx(expected, abs=1e-6)
    assert way.fingerprint() != models.EmotionsFirst(made, run).fingerprint()


def test_the_study_s_read_outs_follow_people_and_the_ridge_more():
    store = RunStore()
    run, people = store.recorded("softmax"), store.recorded("vad-logits")
    truth = people.rows("test")[list(DIMENSIONS)].to_numpy(float)
    found = {
        vad: metrics.pearson(truth, models.EmotionsFirst(store, run, vad).vad(people.outputs("test")))
        for vad in models.VADS
    }
    assert (found["lexicon"] > [0.45, 0.25, 0.15]).all() and (found["human"] > found["lexicon"]).all()


def test_what_is_not_recorded_or_unknown_is_named(store, made):
    with pytest.raises(RunError, match=r"vad-logits.seed42\.parquet is missing"):
        models.EmotionsFirst(store, made["softmax"], "human")
    with pytest.raises(OptionError, match="unknown vad 'mine'; expected one of lexicon, human"):
        models.EmotionsFirst(made, made["softmax"], "mine")


def test_sharpest_finds_the_temperature_that_made_the_labels():
    mapper = mappers.nrc()
    rng = np.random.default_rng(0)
    labels = rng.integers(28, size=400)
    noisy = np.clip(mapper.points_for(labels) + rng.normal(0, 0.05, (400, 3)), 0, 1)
    classifier = models.sharpest(noisy, labels, mapper)
    assert 0.01 < classifier.temperature < 0.2
    proba = classifier.predict_proba(noisy)[np.arange(len(labels)), labels]
    assert -np.log(proba).mean() < -np.log(1 / len(EMOTIONS)) / 2
