"""The explorer: what its answers are made of, and what it shows when somebody types."""

import asyncio
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.special import softmax

import vadstudy
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.runs import RunStore
from vadstudy.use import answers, explorer
from vadstudy.use.answers import Reader

TEXT = "The sky fell on me & I <b>laughed</b>"


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A copy of the smoke runs that the explorer reads, without the baseline's weights."""
    original, folder = RunStore("smoke"), tmp_path_factory.mktemp("explorer") / "runs"
    for name in ("scaled-mae", "scaled-mae-svm", "softmax"):
        shutil.copytree(original.get(name).path.parent, folder / name)
    (folder / "softmax" / "seed42.safetensors").unlink(missing_ok=True)
    return folder


@pytest.fixture
def reader(record, monkeypatch):
    monkeypatch.setattr(answers, "RunStore", lambda profile: RunStore(profile, record))
    return Reader("smoke")


@pytest.fixture
def shown(reader):
    return explorer.Explorer("Such a fine day", reader)


def test_importing_the_package_stays_cheap():
    script = "import sys, vadstudy; assert not {'torch', 'ipywidgets', 'plotly', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert vadstudy.explore is explorer.explore
    with pytest.raises(AttributeError, match="has no attribute 'explain'"):
        vadstudy.explain  # noqa: B018


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


def test_it_shows_a_sentence_and_moves_its_point(shown):
    first = (shown.path.x[-1], shown.path.y[-1], shown.path.z[-1])
    assert "<b>1NN</b>" in shown.emotions.value and "<b>SVM</b>" in shown.emotions.value
    assert "weights of the baseline (softmax) are not recorded" in shown.emotions.value
    assert "make retrain RUN=softmax" in shown.emotions.value and "Answered in " in shown.emotions.value
    shown.line.value = TEXT
    answer = shown.reader.answer(TEXT)
    now = (shown.path.x[-1], shown.path.y[-1], shown.path.z[-1])
    assert now == pytest.approx(tuple(answer.point.tolist())) and now != first
    assert (shown.path.x[-2], shown.path.y[-2], shown.path.z[-2]) == first
    nearest = np.argsort(-answer.emotions["1NN"], kind="stable")[:5]
    for note, i in zip(shown.figure.layout.scene.annotations, nearest, strict=True):
        assert (note.text, note.x, note.y, note.z) == (EMOTIONS[i], *shown.mapper.points[i])
    assert f"<b>{answer.vad[0]:.2f}</b>" in shown.emotions.value


def test_what_is_typed_is_no_html(shown):
    shown.line.value = TEXT
    assert "&lt;b&gt;laughed&lt;/b&gt;" in shown.words.value and "<b>laughed" not in shown.words.value
    assert shown.words.value.count("<span") == len(TEXT.split())


def test_the_svm_has_ranks_and_no_bars(shown):
    answer, html = shown.reader.answer("Such a fine day"), shown.emotions.value
    of_nearest, of_svm = html.split("<b>SVM</b>")
    best = np.argsort(-answer.emotions["SVM"], kind="stable")[:5]
    rows = of_svm.split("</p>")[0].split("</div></div>")[0]
    names = [f"{place}. {EMOTIONS[i]}" for place, i in enumerate(best, 1)]
    assert [row.split(">")[-1] for row in rows.split("</div>")] == names
    assert "gradient" not in of_svm and of_nearest.count("gradient") == 5
    assert "The SVM ranks the labels, no more." in html and "temperature was chosen on dev" in html


@pytest.mark.parametrize("text", ["😂😂", "\u200b", "half \ud83d"])
def test_a_text_that_cannot_be_read_moves_nothing(shown, text):
    before = list(shown.path.x)
    shown.line.value = text
    assert shown.emotions.value == "The model knows no sign of this text." and not shown.words.value
    assert list(shown.path.x) == before and len(shown.settled) == 1


def test_nothing_typed_and_one_word(shown, monkeypatch):
    before = list(shown.path.x)
    shown.line.value = "   "
    assert "Type a sentence" in shown.emotions.value and not shown.words.value
    assert list(shown.path.x) == before
    shown.line.value = "Wonderful"
    assert "nothing to leave out" in shown.words.value
    monkeypatch.setattr(answers, "MAX_WORDS", 2)
    shown.line.value = "Wonderful to be here"
    assert "The first 2 of 4 words." in shown.words.value


def test_the_path_has_the_last_sentences_only(shown):
    sentences = [f"sentence number {i}" for i in range(8)]
    for sentence in sentences:
        shown.line.value = sentence
        shown.line.value = sentence + " and on"
    sentences = [sentence + " and on" for sentence in sentences]
    points = [shown.reader.answer(sentence).point for sentence in sentences[-explorer.TRAIL :]]
    assert np.transpose([shown.path.x, shown.path.y, shown.path.z]) == pytest.approx(np.array(points))


def test_in_a_kernel_words_wait_for_a_pause(shown, monkeypatch):
    monkeypatch.setattr(explorer, "PAUSE", 0.05)
    weighed, words = [], shown.reader.words
    monkeypatch.setattr(shown.reader, "words", lambda text: weighed.append(text) or words(text))

    async def typing():
        for end in range(8, len(TEXT) + 1):
            shown.line.value = TEXT[:end]
        assert "Answered in" in shown.emotions.value and not shown.words.value
        await asyncio.sleep(0.5)

    asyncio.run(typing())
    assert weighed == [TEXT] and "What each word adds" in shown.words.value


def test_the_flagship_reads_an_eager_text_as_such():
    answer = Reader().answer("I can't wait to see you again, and to hear what you did all summer!")
    assert EMOTIONS[answer.emotions["1NN"].argmax()] in ("excitement", "desire", "joy", "curiosity", "optimism")


def test_the_figure_has_no_button_that_uploads_it(shown):
    assert shown.figure._config["showSendToCloud"] is False and shown.figure._config["plotlyServerURL"] == ""
