"""Labels of one's own: the file is held to its form, and scores follow what the labels mean."""

import numpy as np
import pytest

from vadstudy.emotions import EMOTIONS, index
from vadstudy.errors import LabelError
from vadstudy.use.labels import Label, OwnLabels, read


def certain(*emotions):
    """Probabilities (n, 28) of a model that is sure."""
    return np.eye(len(EMOTIONS))[[index(emotion) for emotion in emotions]]


def unsure(n):
    return np.full((n, len(EMOTIONS)), 1 / len(EMOTIONS))


@pytest.fixture(scope="module")
def moods():
    return OwnLabels(["nostalgia", Label("envy", "wanting what others have"), "boredom", "homesickness"])


def test_a_file_has_a_label_a_line(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes("\ufeffnostalgia:  longing for: the past \r\n\n  quiet   joy\n😂\nWeltschmerz\n".encode())
    assert read(path) == [Label("nostalgia", "longing for: the past"), *map(Label, ("quiet joy", "😂", "Weltschmerz"))]
    assert OwnLabels(path).names == ("nostalgia", "quiet joy", "😂", "Weltschmerz")
    assert read(path)[0] == Label("nostalgia", "longing for: the past")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"labels\.txt is empty, expected two labels or more; write `name` or `name: description`"),
        (b" \n\n", r"labels\.txt is empty"),
        (b"\nawe\n", r"labels\.txt has one label, 'awe' in line 2, expected two or more"),
        (b"awe\nenvy\n\nAWE: again\n", r"labels\.txt, line 4 has 'AWE', which line 1 has; leave one out"),
        ("awe\nmüde\n".encode("cp1252"), r"labels\.txt, line 2 is not UTF-8; convert it"),
        ("awe\nenvy\n".encode("utf-16"), r"labels\.txt, line 1 is not UTF-8"),
        (b"awe\x00\nenvy", r"labels\.txt, line 1 has a zero byte"),
        (b"awe\nenvy: " + b"x" * 495, r"labels\.txt, line 2 has 501 characters, expected at most 500; shorten"),
        (b"awe\n: wonder", r"labels\.txt, line 2 has the name '', expected a word"),
        (b"awe\n--", r"labels\.txt, line 2 has the name '--', expected a word"),
        (b"awe\nenvy:", r"labels\.txt, line 2 has nothing after 'envy' and the colon"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, content, message):
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    with pytest.raises(LabelError, match=message) as raised:
        OwnLabels(path)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_bad_lists_are_named(tmp_path):
    with pytest.raises(LabelError, match=r"no\.txt cannot be read: No such file"):
        OwnLabels(tmp_path / "no.txt")
    for bad in ([], ["awe"], ["awe", "Awe", "envy"]):
        with pytest.raises(LabelError, match="expected two or more, no name twice"):
            OwnLabels(bad)


def test_scores_follow_the_meaning_of_the_text(moods):
    texts = [
        "I miss the summers of my childhood at my grandmother's house",
        "I am so jealous of his new car, I want one, too",
        "There is nothing to do all day, everything is so dull",
        "I wish I were back home with my family",
    ]
    scores = moods.scores(texts, unsure(4))
    assert scores.shape == (4, 4) and scores.sum(axis=1) == pytest.approx(np.ones(4))
    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_scores_follow_what_the_model_says():
    own = OwnLabels(["fury", "happiness", "dread"])
    scores = own.scores(["It happened on Tuesday."] * 3, certain("anger", "joy", "fear"))
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_description_counts():
    one, other = (
        OwnLabels([Label("kwyjibo", said), "boredom"]).scores(["What a lovely funny joke!"], unsure(1))[0, 0]
        for said in ("laughing at something funny", "being tired and sleepy")
    )
    assert one > other + 0.1


def test_scores_do_not_depend_on_the_order_of_labels_or_texts(moods):
    texts, back = ["so dull", "I miss my old school"], OwnLabels(moods.labels[::-1])
    there = moods.scores(texts, certain("annoyance", "sadness"))
    assert back.scores(texts, certain("annoyance", "sadness"))[:, ::-1] == pytest.approx(there, abs=1e-6)
    assert moods.scores(texts[::-1], certain("sadness", "annoyance"))[::-1] == pytest.approx(there, abs=1e-5)


def test_texts_that_the_model_cannot_read_have_no_scores(moods):
    probabilities = unsure(2)
    probabilities[0] = np.nan
    ranked = moods.ranked(["ꙮ", "so dull"], probabilities)
    assert (
        ranked[0] == {}
        and list(ranked[1])[0] == "boredom"
        and sorted(ranked[1].values())[::-1] == list(ranked[1].values())
    )
    assert moods.scores([], np.empty((0, 28))).shape == (0, 4)
    with pytest.raises(ValueError, match=r"probabilities have shape \(1, 28\), expected \(2, 28\)"):
        moods.scores(["a", "b"], unsure(1))


def test_the_fingerprint_is_what_the_labels_say(moods):
    assert moods.fingerprint()[:2] == [["nostalgia", ""], ["envy", "wanting what others have"]]
