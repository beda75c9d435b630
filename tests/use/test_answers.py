"""What the explorer's answers are made of."""

import numpy as np
import pytest

from vadstudy import mappers, readout
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.use import answers
from vadstudy.use.answers import Reader
from vadstudy.use.pipeline import EmotionPipeline

TEXT = "The sky fell on me & I <b>laughed</b>"


def test_an_answer_is_the_pipelines(reader):
    answer, reading = reader.answer(TEXT), reader.read(TEXT)
    assert answer.point == pytest.approx([reading.valence, reading.arousal, reading.dominance], abs=1e-6)
    assert list(answer.emotions) == ["softmax"] and answer.beside is None
    assert [reading.emotions[emotion] for emotion in EMOTIONS] == pytest.approx(answer.emotions["softmax"], abs=1e-6)
    assert answer.point == pytest.approx(readout.expected(answer.emotions["softmax"][None], mappers.nrc())[0])
    assert answer.uncertain == reading.uncertain


def test_the_regressor_answers_beside_once_its_weights_are_recorded(both, reader):
    assert both.shared and not reader.shared
    answer, alone = both.answer(TEXT), EmotionPipeline(model="regressor", profile="smoke")(TEXT)
    assert answer.beside == pytest.approx([alone.valence, alone.arousal, alone.dominance], abs=1e-5)
    assert EMOTIONS[answer.emotions["regressor"].argmax()] == alone.emotion
    assert answer.point == pytest.approx(reader.answer(TEXT).point, abs=1e-6)
    assert all(proba.sum() == pytest.approx(1) for proba in answer.emotions.values())


def test_a_words_weight_is_what_leaving_it_out_changes(reader, monkeypatch):
    frame = reader.words("never again my dear friend")
    without = reader.answer("never again dear friend").point
    row = frame.iloc[2]
    assert list(frame["word"]) == ["never", "again", "my", "dear", "friend"]
    assert row[list(DIMENSIONS)].astype(float).to_numpy() == pytest.approx(
        reader.answer("never again my dear friend").point - without, abs=1e-5
    )
    assert row["distance"] == pytest.approx(np.linalg.norm(row[list(DIMENSIONS)].astype(float)))
    assert reader.words("alone").empty
    monkeypatch.setattr(answers, "MAX_WORDS", 3)
    assert list(reader.words("one two three four")["word"]) == ["one", "two", "three"]


def test_a_word_beside_signs_that_the_model_does_not_know_is_weighed(reader):
    frame = reader.words("fine \U0001f602")
    assert list(frame["word"]) == ["fine", "\U0001f602"] and np.isfinite(frame["distance"]).all()


def test_the_recorded_model_reads_an_eager_text_as_such():
    answer = Reader().answer("I can't wait to see you again, and to hear what you did all summer!")
    eager = ("excitement", "desire", "joy", "curiosity", "optimism")
    assert EMOTIONS[answer.emotions["softmax"].argmax()] in eager and answer.point[0] > 0.6
