"""The explorer: what its answers are made of, and what it shows when somebody types."""

import asyncio
import re

import numpy as np
import pytest

import vadstudy
from vadstudy.emotions import EMOTIONS
from vadstudy.use import answers, explorer
from vadstudy.use.plane import plane

TEXT = "The sky fell on me & I <b>laughed</b>"


def trail(shown):
    """Corners of the drawn path."""
    return re.search(r'points="([^"]*)"', shown.space.value)[1].split()


def trail_of(shown, points):
    """Corners of the path of these points."""
    return re.search(r'points="([^"]*)"', plane(shown.mapper, [], points))[1].split()


@pytest.fixture
def shown(reader):
    return explorer.Explorer("Such a fine day", reader)


def test_the_package_has_it_as_explore():
    assert vadstudy.explore is explorer.explore
    with pytest.raises(AttributeError, match="has no attribute 'explain'"):
        vadstudy.explain  # noqa: B018


def test_it_shows_a_sentence_and_moves_its_point(shown):
    first = trail(shown)
    assert "<b>softmax</b>" in shown.emotions.value and "<b>regressor</b>" not in shown.emotions.value
    assert "weights of the regressor (scaled-mae) are not recorded" in shown.emotions.value
    assert "make retrain RUN=scaled-mae" in shown.emotions.value and "Answered in " in shown.emotions.value
    shown.line.value = TEXT
    answer = shown.reader.answer(TEXT)
    assert len(first) == 1 and trail(shown)[:1] == first and trail(shown)[1] != first[0]
    nearest = np.argsort(-answer.emotions["softmax"], kind="stable")[:5].tolist()
    path = [shown.settled[0][1], answer.point]
    assert shown.space.value == plane(shown.mapper, nearest, path)
    assert all(f">{EMOTIONS[i]}</text>" in shown.space.value for i in nearest)
    assert f"<b>{answer.point[0]:.2f}</b>" in shown.emotions.value


def test_what_is_typed_is_no_html(shown):
    shown.line.value = TEXT
    assert "&lt;b&gt;laughed&lt;/b&gt;" in shown.words.value and "<b>laughed" not in shown.words.value
    assert shown.words.value.count("<span") == len(TEXT.split())


def test_the_regressor_stands_beside(both):
    shown = explorer.Explorer("Such a fine day", both)
    answer, html = both.answer("Such a fine day"), shown.emotions.value
    numbers = ", ".join(f"{value:.2f}" for value in answer.beside)
    assert f"<title>by the regressor: {numbers}</title>" in shown.space.value
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
    before = shown.space.value
    shown.line.value = text
    assert shown.emotions.value == "The model knows no sign of this text." and not shown.words.value
    assert shown.space.value == before and len(shown.settled) == 1


def test_nothing_typed_and_one_word(shown, monkeypatch):
    before = shown.space.value
    shown.line.value = "   "
    assert "Type a sentence" in shown.emotions.value and not shown.words.value
    assert shown.space.value == before
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
    assert len(trail(shown)) == explorer.TRAIL
    assert shown.space.value.count("<polyline") == 1 and trail(shown) == trail_of(shown, points)


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


def test_the_space_needs_no_script_and_no_host(shown):
    assert "<script" not in shown.space.value and "http" not in shown.space.value
    assert shown.space.value.count("<title>") == 28 + 1
