"""Figures of what falls where: regions with their names and texts, valence by class, predicted beside human VAD."""

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.text import Text

from vadstudy import mappers
from vadstudy.classifiers import NearestEmotion
from vadstudy.emotions import EKMAN, EMOTIONS, ekman
from vadstudy.plots import regions


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_decision_regions_and_valence():
    mapper = mappers.nrc()
    nearest = NearestEmotion().fit(mapper.points, np.arange(28))
    figure = regions.decision_regions({"1NN": nearest}, 0.5, mapper.points, resolution=40)
    assert "neutral" in texts(figure) or "sadness" in texts(figure)
    valence = regions.valence_by_class(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]), 0.5)
    assert any("0.5" in text for text in texts(valence))


def test_decision_regions_are_the_classifiers_and_have_the_texts_near_the_cut():
    mapper, rng = mappers.nrc(), np.random.default_rng(0)
    nearest, found = NearestEmotion().fit(mapper.points, np.arange(28)), rng.random((200, 3))
    figure = regions.decision_regions({"1NN": nearest, "again": nearest}, 0.5, found, near=0.1, resolution=30)
    close = found[np.abs(found[:, 2] - 0.5) < 0.1]
    assert 0 < len(close) < 200 and [axes.get_title() for axes in figure.axes] == ["1NN", "again"]
    grid = (np.arange(30) + 0.5) / 30
    there = nearest.predict(np.column_stack([grid, np.full(30, grid[12]), np.full(30, 0.5)]))
    groups = [list(EKMAN).index(ekman(EMOTIONS[i])) for i in there]
    for axes in figure.axes:
        dots = [each for each in axes.collections if isinstance(each, PathCollection) and len(each.get_offsets())]
        np.testing.assert_allclose(dots[0].get_offsets(), close[:, :2])
        assert axes.images[0].get_array()[12].tolist() == groups
    bare = regions.decision_regions({"1NN": nearest}, 0.5, resolution=30).axes[0]
    assert not any(isinstance(each, PathCollection) and len(each.get_offsets()) for each in bare.collections)


def test_against_humans_shows_each_dimensions_correlation():
    true = np.random.default_rng(0).random((50, 3))
    figure = regions.against_humans(true, np.column_stack([true[:, 0], 1 - true[:, 1], true[:, 2]]))
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == ["valence: r = 1.00", "arousal: r = -1.00", "dominance: r = 1.00"]
