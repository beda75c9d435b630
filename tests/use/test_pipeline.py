"""The pipeline: texts in, readings out."""

import numpy as np
import pandas as pd
import pytest

from vadstudy import carried, mappers, readout
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import LabelError, OptionError, RunError
from vadstudy.runs import RunStore
from vadstudy.use import thresholds
from vadstudy.use.pipeline import EmotionPipeline

TEXTS = [f"what a day number {i} has been" + " so far" * (i % 7) for i in range(40)]


@pytest.fixture(scope="module", autouse=True)
def recorded():
    """The pipeline reads the record and makes none of it."""
    for name in ("softmax", "scaled-mae-svm", "nrc-mae", "vad-logits", "carried-softmax", "labels-votes"):
        RunStore("smoke").get(name)


@pytest.fixture(scope="module")
def read(recorded):
    return EmotionPipeline(profile="smoke", batch_size=8)


def test_a_reading_has_vad_and_all_emotions_ranked(read):
    reading = read("Something in the way she moves attracts me like no other lover")
    assert all(0 <= value <= 1 for value in (reading.valence, reading.arousal, reading.dominance))
    assert set(reading.emotions) == set(EMOTIONS)
    probabilities = list(reading.emotions.values())
    assert sum(probabilities) == pytest.approx(1) and probabilities == sorted(probabilities, reverse=True)
    assert reading.emotion == next(iter(reading.emotions)) and reading.emotion in repr(reading)
    assert reading.probability == probabilities[0] and reading.ranking == list(reading.emotions)
    assert reading.labels == (reading.emotion,) and reading.uncertain == (reading.probability <= read.sure)


def test_emotions_are_the_softmaxs_and_vad_is_read_off_them(read):
    reading = read("what a day")
    shares = np.array([[reading.emotions[emotion] for emotion in EMOTIONS]])
    found = reading.valence, reading.arousal, reading.dominance
    assert found == pytest.approx(tuple(readout.expected(shares, mappers.nrc())[0]), abs=1e-6)
    assert read.run.recipe.name == "softmax" and read.model.temperature == carried.temperature(read.run)
    human = EmotionPipeline(vad="human", profile="smoke")
    other = human("what a day")
    assert other.emotions == pytest.approx(reading.emotions)
    expected = human.model.vad(human.outputs(["what a day"]))[0]
    assert (other.valence, other.arousal, other.dominance) == pytest.approx(tuple(expected), abs=1e-6)
    assert human.fingerprint() != read.fingerprint()


def test_uncertain_texts_say_so(read, monkeypatch):
    monkeypatch.setattr(read, "sure", 1.0)
    assert read("fine").uncertain and "uncertain: " in repr(read("fine")) and read("ꙮ").uncertain is None
    monkeypatch.setattr(read, "sure", 0.0)
    assert read("fine").uncertain is False and "uncertain" not in repr(read("fine"))


def test_a_text_may_have_several_labels(read, monkeypatch):
    several = EmotionPipeline(labels="several", profile="smoke")
    assert several.several == thresholds.several(RunStore("smoke")) and read.several is None
    monkeypatch.setattr(several, "several", sorted(several("what a day").emotions.values())[-4] + 1e-9)
    reading = several("what a day")
    assert reading.labels == tuple(reading.ranking[:3])
    assert several("ꙮ").labels == ()


def test_the_regressor_goes_the_papers_way():
    by_point, run = EmotionPipeline(model="regressor", profile="smoke"), RunStore("smoke")["scaled-mae"]
    assert by_point.run.recipe.name == "scaled-mae" and by_point.classifier.temperature < 1
    points = by_point.outputs(TEXTS[:5])
    vad, scores, *_ = by_point.arrays(TEXTS[:5])
    assert vad == pytest.approx(mappers.to_vad(points, "scaled"), abs=1e-6)
    assert scores.argmax(axis=1).tolist() == by_point.classifier.predict(points).tolist()
    assert np.allclose(run.mapper.points, mappers.scaled().points)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classifier": "1nn"}, "the classifier '1nn' names emotions from the regressor's points, and the model is"),
        ({"model": "regressor", "vad": "human"}, "vad 'human' is read off the softmax's probabilities"),
        ({"model": "regressor", "labels": "several"}, "labels 'several' is read off the softmax's probabilities"),
        ({"model": "forest"}, "unknown model 'forest'; expected one of softmax, regressor"),
        ({"vad": "mine"}, "unknown vad 'mine'; expected one of lexicon, human"),
        ({"labels": "two"}, "unknown labels 'two'; expected one of one, several"),
        ({"model": "regressor", "classifier": "knn"}, "unknown classifier 'knn'; expected 1nn, svm or a fitted"),
    ],
)
def test_options_that_do_not_go_together_are_named(options, message):
    with pytest.raises(OptionError, match=message):
        EmotionPipeline(profile="smoke", **options)


def test_lists_and_streams_agree_with_single_texts(read):
    listed = read(TEXTS)
    assert [each.text for each in listed] == TEXTS
    streamed = list(read(text for text in TEXTS))
    single = [read(text) for text in TEXTS[:3]]
    for a, b in zip(listed[:3] + listed, single + streamed, strict=True):
        assert a.valence == pytest.approx(b.valence, abs=1e-5)


def test_a_stream_is_read_in_batches(read):
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield "again and again"

    next(read(endless()))
    assert len(taken) == read.batch_size


def test_windows_of_a_stream_double(read, monkeypatch):
    sizes, arrays = [], read.arrays
    monkeypatch.setattr(read, "arrays", lambda texts: sizes.append(len(texts)) or arrays(texts))
    monkeypatch.setattr(read, "window", 20)
    assert [each.text for each in read(text for text in TEXTS)] == TEXTS
    assert sizes == [8, 16, 16] and sizes.clear() is None
    assert [each.text for each in read(TEXTS)] == TEXTS and sizes == [20, 20]


def test_arrays_are_what_readings_hold(read):
    vad, proba, cut, _ = read.arrays(TEXTS)
    assert not cut.any()
    for reading, place, shares in zip(read(TEXTS), vad, proba, strict=True):
        assert (reading.valence, reading.arousal, reading.dominance) == pytest.approx(tuple(place), abs=1e-6)
        assert [reading.emotions[emotion] for emotion in EMOTIONS] == pytest.approx(list(shares), abs=1e-6)


def test_the_recorded_svm_can_answer(read):
    by_svm = EmotionPipeline(model="regressor", profile="smoke", classifier="svm")
    recorded = RunStore("smoke")["scaled-mae-svm"].outputs("test")
    points = RunStore("smoke")["scaled-mae"].outputs("test")
    assert by_svm.classifier.predict_proba(points) == pytest.approx(recorded, abs=2e-3)
    reading, best = by_svm("good"), by_svm.arrays(["good"]).scores[0].argmax()
    assert reading.emotion == EMOTIONS[best] and set(reading.ranking) == set(EMOTIONS)
    assert set(reading.emotions.values()) == {None} and reading.probability is None
    assert by_svm.ranks_only and not read.ranks_only and reading.emotion in repr(reading) and "0." in repr(reading)[:20]
    assert not any(digit in repr(reading).split("D ")[1][6:] for digit in "0123456789")
    assert reading.uncertain is None and reading.labels == (reading.emotion,)
    assert by_svm.fingerprint() != EmotionPipeline(model="regressor", profile="smoke").fingerprint()


def test_vad_is_in_the_units_of_the_lexicon(read):
    scaled, nrc = mappers.scaled(), mappers.nrc()
    assert np.allclose(mappers.to_vad(scaled.points, "scaled"), nrc.points, atol=1e-6)
    assert (mappers.to_vad(nrc.points, "nrc") == nrc.points).all()
    with pytest.raises(ValueError, match="points of mapper 'spread' are not valence"):
        mappers.to_vad(nrc.points, "spread")


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("  ", ValueError, "text 0 is empty"),
        (["fine", ""], ValueError, "text 1 is empty"),
        (["fine", None], TypeError, "text 1 is NoneType, expected a string"),
        (3.5, TypeError, "expected a text, or an iterable of texts; got float"),
        ({"a": 1}, TypeError, "got dict"),
        (pd.DataFrame({"text": ["fine"]}), TypeError, r'got a DataFrame: give a column, as df\["text"\]'),
        (np.array([["fine"]]), TypeError, r"got an array of shape \(1, 1\)"),
        (pd.Series(["fine", None]), TypeError, "text 1 is .*, expected a string"),
        (["fine", "cut \ud83d"], ValueError, r"text 1 holds half a character, '\\ud83d', as of an emoji that was cut"),
    ],
)
def test_bad_input_is_named(read, texts, error, message):
    with pytest.raises(error, match=message):
        read(texts)


def test_no_texts_no_readings(read):
    assert read([]) == []


@pytest.mark.parametrize("of", [pd.Series, np.array, pd.Index, lambda texts: np.array(texts, object), tuple])
def test_columns_and_arrays_are_lists(read, of):
    found = read(of(TEXTS[:3]))
    assert [each.text for each in found] == TEXTS[:3] and all(type(each.text) is str for each in found)


@pytest.mark.parametrize("text", ["\u200b\u200d", "\ufeff", "ꙮ ꙮ", "\x00"])
def test_a_text_without_a_sign_that_the_model_knows_gets_no_answer(read, text):
    reading, known = read([text, "fine 😂"])
    assert (reading.emotions, reading.emotion, reading.probability) == ({}, None, None)
    assert np.isnan([reading.valence, reading.arousal, reading.dominance]).all()
    assert repr(reading) == "no sign in it that the model knows" and known.emotion in EMOTIONS
    vad, scores, *_ = read.arrays([text])
    assert np.isnan(vad).all() and np.isnan(scores).all()


def test_emoji_are_read_and_flagged(read):
    laughing, angry, plain = read(["😂", "😡", "fine"])
    assert laughing.emotion in EMOTIONS and laughing.valence != angry.valence
    assert laughing.flags == angry.flags == ("emoji read as words",) and plain.flags == ()
    assert laughing.text == "😂" and read("face with tears of joy").valence == pytest.approx(laughing.valence, abs=1e-6)


def test_what_is_doubtful_is_flagged(read):
    german, unknown, long = read(["Ich freue mich so, dass du morgen kommst!", "ꙮ ꙮ", "word " * 200])
    assert german.flags == ("not English: German",) and german.emotion in EMOTIONS
    assert (unknown.flags, unknown.emotion) == (("unknown signs",), None)
    assert long.flags == ("cut after 200 tokens",)


def test_own_labels_are_scored_beside_the_emotions(read, tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("nostalgia: longing for the past\nboredom\n", encoding="utf-8")
    own = EmotionPipeline(profile="smoke", own=path)
    reading, unread = own(["nothing to do all day, so dull", "ꙮ"])
    assert list(reading.own) == ["boredom", "nostalgia"] and sum(reading.own.values()) == pytest.approx(1)
    assert unread.own == {} and read("so dull").own == {} and set(reading.emotions) == set(EMOTIONS)
    assert read.fingerprint()["own"] is None and len(own.fingerprint()["own"]) == 2
    svm = EmotionPipeline(model="regressor", profile="smoke", classifier="svm").classifier
    for classifier in ("svm", svm):
        with pytest.raises(LabelError, match="an SVM has no probabilities"):
            EmotionPipeline(model="regressor", profile="smoke", classifier=classifier, own=["nostalgia", "boredom"])


def test_texts_that_are_cut_are_told(read):
    assert read.arrays(["word " * 198, "word " * 199, "word"]).cut.tolist() == [False, True, False]


def test_nothing_is_made(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a run was made")

    monkeypatch.setattr(RunStore, "_make", refuse)
    with pytest.raises(RunError, match=r"seed43\.parquet is missing: .*git clone.*make retrain RUN=softmax SEED=43"):
        EmotionPipeline(profile="smoke", seed=43)
    with pytest.raises(RunError, match="weights of seed 42 only, not of softmax's seed 43; leave it out"):
        EmotionPipeline(seed=43)
    with pytest.raises(RunError, match="unknown recipe 'nope'"):
        EmotionPipeline(recipe="nope", profile="smoke")
    with pytest.raises(RunError, match="'scaled-mae-svm' is not a regressor"):
        EmotionPipeline(model="regressor", recipe="scaled-mae-svm", profile="smoke")
    with pytest.raises(RunError, match="is no softmax: 'nrc-mae' has the loss 'mae', expected 'ce'"):
        EmotionPipeline(recipe="nrc-mae", profile="smoke")


def test_a_run_without_weights_or_with_another_space_is_refused():
    store = RunStore("smoke")
    store.get("nrc-mae")
    with pytest.raises(RuntimeError, match="keep_weights"):
        EmotionPipeline(model="regressor", recipe="nrc-mae", profile="smoke")
