"""Figure 1: both ways are drawn, from the numbers that they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from vadstudy.emotions import EMOTIONS
from vadstudy.mappers import nrc
from vadstudy.plots import two_ways
from vadstudy.plots.space import colour_of

JOY, FEAR = EMOTIONS.index("joy"), EMOTIONS.index("fear")


@pytest.fixture
def drawn():
    likely = np.full(28, 0.2 / 27)
    likely[FEAR] = 0.8
    points = nrc().points
    results = [{"accuracy": "0.1"}, {"accuracy": "0.2", "r with people's valence": "0.3"}]
    return two_ways(points[JOY] + 0.001, likely, likely @ points, points, results)


def said(figure):
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def test_each_way_names_the_label_that_its_numbers_are_nearest_to(drawn):
    assert said(drawn).index("“joy”") < said(drawn).index("“fear”")


def test_the_point_that_is_read_off_and_every_result_are_written(drawn):
    words = said(drawn)
    v, a, d = (np.full(28, 0.2 / 27) + (0.8 - 0.2 / 27) * (np.arange(28) == FEAR)) @ nrc().points
    assert f"V {v:.2f}\nA {a:.2f}\nD {d:.2f}" in words
    assert [word for word in words if word in ("0.1", "0.2", "0.3")] == ["0.1", "0.2", "0.3"]
    assert words.count("accuracy") == 2 and "r with people's valence" in words


def test_the_plane_has_the_labels_and_the_text_and_the_bars_are_the_probabilities(drawn):
    _, plane, bars = drawn.axes
    assert np.allclose(plane.collections[0].get_offsets(), nrc().points[:, :2])
    assert np.allclose(plane.lines[0].get_xydata()[0], nrc().points[JOY, :2] + 0.001)
    assert np.isclose(bars.patches[FEAR].get_height(), 0.8) and len(bars.patches) == 28
    assert to_hex(bars.patches[FEAR].get_facecolor()) == to_hex(colour_of("fear"))
