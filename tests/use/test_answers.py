"""What the explorer's answers are made of."""

import numpy as np
import pytest
import torch
from scipy.special import softmax

from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.runs import RunStore
from vadstudy.use import answers, explorer
from vadstudy.use.answers import Reader

TEXT = "The sky fell on me & I <b>laughed</b>"


def test_an_answer_is_the_pipelines(reader):
    answer, reading = reader.answer(TEXT), reader.read(TEXT)
    assert answer.vad == pytest.approx([reading.valence, reading.arousal, reading.dominance], abs=1e-6)
    assert list(answer.emotions) == ["1NN", "SVM"]
    assert EMOTIONS[answer.emotions["1NN"].argmax()] == reading.emotion
    assert answer.emotions["SVM"] == pytest.approx(reader.svm.predict_proba(answer.point[None])[0])
    assert all(proba.sum() == pytest.approx(1) for proba in answer.emotions.values())


def test_the_baseline_answers_once_its_weights_are_recorded(reader, monkeypatch):
    store = RunStore("smoke")
    monkeypatch.setattr(answers, "RunStore", lambda profile: store)
    with_baseline = Reader("smoke")
    tokenizer, baseline = store["softmax"].regressor()
    assert with_baseline.shared
    tokens = tokenizer([TEXT], return_tensors="pt")
    with torch.inference_mode():
        expected = softmax(baseline(tokens["attention_mask"], tokens["input_ids"]).numpy()[0])
    answer = with_baseline.answer(TEXT)
    assert answer.emotions["baseline"] == pytest.approx(expected, abs=1e-5)
    assert answer.point == pytest.approx(reader.answer(TEXT).point, abs=1e-6)
    widget = explorer.Explorer(TEXT, with_baseline)
    assert "<b>baseline</b>" in widget.emotions.value and "not recorded" not in widget.emotions.value


def test_a_words_weight_is_what_leaving_it_out_changes(reader, monkeypatch):
    frame = reader.words("never again my dear friend")
    without = reader.answer("never again dear friend").vad
    row = frame.iloc[2]
    assert list(frame["word"]) == ["never", "again", "my", "dear", "friend"]
    assert row[list(DIMENSIONS)].astype(float).to_numpy() == pytest.approx(
        reader.answer("never again my dear friend").vad - without, abs=1e-5
    )
    assert row["distance"] == pytest.approx(np.linalg.norm(row[list(DIMENSIONS)].astype(float)))
    assert reader.words("alone").empty
    monkeypatch.setattr(answers, "MAX_WORDS", 3)
    assert list(reader.words("one two three four")["word"]) == ["one", "two", "three"]


def test_the_flagship_reads_an_eager_text_as_such():
    answer = Reader().answer("I can't wait to see you again, and to hear what you did all summer!")
    assert EMOTIONS[answer.emotions["1NN"].argmax()] in ("excitement", "desire", "joy", "curiosity", "optimism")
