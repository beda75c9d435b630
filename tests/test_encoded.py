"""What the untrained encoder gives: vectors, and linear models on them."""

from dataclasses import replace

import numpy as np
import pytest

from vadstudy import encoded
from vadstudy.emotions import descriptions, sentence
from vadstudy.errors import RunError
from vadstudy.recipes import Encoded

TEXTS = ["I love this song", "I adore this music", "The train leaves at noon"]


def test_vectors_have_length_one_whatever_stands_beside_them_in_a_batch():
    found = encoded.vectors(TEXTS)
    assert found.shape == (3, 384) and np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.allclose(found[:1], encoded.vectors(TEXTS[:1]), atol=1e-5)
    near = found @ found.T
    assert near[0, 1] > 0.6 > near[0, 2]


def test_a_model_of_words_gives_points_to_every_split(store):
    run = store["six-encoder-lexicon"]
    assert run.splits == ["train", "dev", "test"]
    points = run.outputs("test")
    assert points.shape[1] == 3 and (points >= 0).all() and (points <= 1).all()


def test_a_model_of_labels_gives_probabilities_of_all_of_them(store):
    run = store["labels-encoder"]
    assert run.splits == ["dev", "test"] and run.outputs("test").shape[1] == 28
    assert np.allclose(run.outputs("test").sum(axis=1), 1, atol=1e-2)


def test_probabilities_beside_the_vectors_are_those_of_the_same_texts(store, monkeypatch):
    source = store["carried-softmax"]
    sizes = []
    plain = encoded.RidgeCV.fit
    monkeypatch.setattr(encoded.RidgeCV, "fit", lambda self, x, y: sizes.append(x.shape[1]) or plain(self, x, y))
    recipe = store.recipes["vad-encoder-softmax"]
    frame, _ = encoded.encoded(recipe, 42, [source])
    assert sizes == [32 + 28] and set(frame["split"]) == {"dev", "test"}
    with pytest.raises(RunError, match="mini-vad/train: 1 of 2 texts are not among its .* the first is 'nobody'"):
        source.outputs("mini-vad/train", [source.ids("mini-vad/train")[0], "nobody"])


@pytest.mark.parametrize(("name", "right"), [("labels-names", 0.15), ("labels-descriptions", 0.25)])
def test_names_of_labels_are_beside_one_another_and_beside_the_texts(store, name, right):
    frame, _ = encoded.named(replace(store.recipes[name], encoder="minilm"))
    assert list(frame["split"].unique()) == ["labels", "dev", "test"]
    cosines = frame.filter(regex=r"^o\d").to_numpy(float)
    among, test = cosines[frame["split"] == "labels"], frame["split"] == "test"
    assert np.allclose(np.diag(among), 1, atol=1e-3) and np.allclose(among, among.T, atol=1e-3)
    assert (cosines[test].argmax(axis=1) == frame.loc[test, "label"]).mean() > right


def test_a_description_is_nearer_to_a_text_that_it_fits():
    text = encoded.vectors(["I am so sorry, I should not have done it"])
    label = encoded.vectors([sentence("remorse", descriptions()["remorse"])])
    assert text @ label.T > text @ encoded.vectors([sentence("joy", descriptions()["joy"])]).T


def test_an_unknown_lexicon_is_refused():
    with pytest.raises(ValueError, match="field lexicon: unknown 'wordnet'; expected one of nrc, emotions"):
        Encoded("x", "mini-vad", lexicon="wordnet")
