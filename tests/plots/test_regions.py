"""Figures of what falls where: regions with their names and texts, valence by class, predicted beside human VAD."""

import numpy as np
from matplotlib.text import Text

from vadstudy import mappers
from vadstudy.classifiers import NearestEmotion
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


def test_against_humans_shows_each_dimensions_correlation():
    true = np.random.default_rng(0).random((50, 3))
    figure = regions.against_humans(true, np.column_stack([true[:, 0], 1 - true[:, 1], true[:, 2]]))
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == ["valence: r = 1.00", "arousal: r = -1.00", "dominance: r = 1.00"]
