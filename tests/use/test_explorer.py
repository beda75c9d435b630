"""The explorer: what its answers are made of, and what it shows when somebody types."""

import asyncio

import numpy as np
import pytest

import vadstudy
from vadstudy.emotions import EMOTIONS
from vadstudy.use import answers, explorer

TEXT = "The sky fell on me & I <b>laughed</b>"


@pytest.fixture
def shown(reader):
    return explorer.Explorer("Such a fine day", reader)


def test_the_package_has_it_as_explore():
    assert vadstudy.explore is explorer.explore
    with pytest.raises(AttributeError, match="has no attribute 'explain'"):
        vadstudy.explain  # noqa: B018


def test_it_shows_a_sentence_and_moves_its_point(shown):
    first = (shown.path.x[-1], shown.path.y[-1], shown.path.z[-1])
    assert "<b>softmax</b>" in shown.emotions.value and "<b>regressor</b>" not in shown.emotions.value
    assert "weights of the regressor (scaled-mae) are not recorded" in shown.emotions.value
    assert "make retrain RUN=scaled-mae" in shown.emotions.value and "Answered in " in shown.emotions.value
    shown.line.value = TEXT
    answer = shown.reader.answer(TEXT)
    now = (shown.path.x[-1], shown.path.y[-1], shown.path.z[-1])
    assert now == pytest.approx(tuple(answer.point.tolist())) and now != first
    assert (shown.path.x[-2], shown.path.y[-2], shown.path.z[-2]) == first
    nearest = np.argsort(-answer.emotions["softmax"], kind="stable")[:5]
    for note, i in zip(shown.figure.layout.scene.annotations, nearest, strict=True):
        assert (note.text, note.x, note.y, note.z) == (EMOTIONS[i], *shown.mapper.points[i])
    assert f"<b>{answer.point[0]:.2f}</b>" in shown.emotions.value and not shown.beside.x


def test_what_is_typed_is_no_html(shown):
    shown.line.value = TEXT
    assert "&lt;b&gt;laughed&lt;/b&gt;" in shown.words.value and "<b>laughed" not in shown.words.value
    assert shown.words.value.count("<span") == len(TEXT.split())


def test_the_regressor_stands_beside(both):
    shown = explorer.Explorer("Such a fine day", both)
    answer, html = both.answer("Such a fine day"), shown.emotions.value
    assert (shown.beside.x[0], shown.beside.y[0], shown.beside.z[0]) == pytest.approx(tuple(answer.beside.tolist()))
    of_softmax, of_regressor = html.split("<b>softmax</b>")[1].split("<b>regressor</b>")
    for part, name in ((of_softmax, "softmax"), (of_regressor, "regressor")):
        best = np.argsort(-answer.emotions[name], kind="stable")[:5]
        assert part.count("gradient") == 5 and all(f">{EMOTIONS[i]}<" in part for i in best)
    assert "not recorded" not in html and f"<td><b>{answer.beside[0]:.2f}</b></td>" in html


@pytest.mark.parametrize(("sure", "said"), [(1.0, True), (0.0, False)])
def test_it_says_when_a_text_is_uncertain(shown, sure, said):
    shown.reader.read.sure = sure
    shown.line.value = TEXT
    assert ("Uncertain: answers as unsure as this were more often wrong" in shown.emotions.value) == said


@pytest.mark.parametrize("text", ["ꙮ ꙮ", "\u200b", "half \ud83d"])
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


def test_the_figure_has_no_button_that_uploads_it(shown):
    assert shown.figure._config["showSendToCloud"] is False and shown.figure._config["plotlyServerURL"] == ""
