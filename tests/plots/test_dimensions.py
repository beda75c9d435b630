"""Figures of other numbers of dimensions: every row where it belongs, the softmax across, every label named."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from vadstudy import mappers
from vadstudy.emotions import EMOTIONS
from vadstudy.plots import dimensions


@pytest.fixture
def table():
    lines = [("softmax", 28, 0.6), ("learned", 1, 0.3), ("learned", 8, 0.55), ("scaled", 3, 0.45)]
    made = pd.DataFrame(lines, columns=["kind", "dims", "accuracy"])
    made["macro_f1"] = made["accuracy"] - 0.1
    for score in ("accuracy", "macro_f1"):
        made[f"{score}_low"], made[f"{score}_high"] = made[score] - 0.02, made[score] + 0.03
    return made


def test_each_kind_is_a_line_at_its_dimensions_and_the_softmax_goes_across(table):
    figure = dimensions.by_dimensions(table, "MiniLM-L6, seed 42")
    for axes, less in zip(figure.axes, (0, 0.1), strict=True):
        learned, scaled = (container.lines[0] for container in axes.containers)
        assert learned.get_xdata().tolist() == [1, 8] and learned.get_linestyle() == "-"
        assert learned.get_ydata() == pytest.approx(np.array([0.3, 0.55]) - less)
        assert scaled.get_xdata() == pytest.approx([3], rel=0.1) and scaled.get_linestyle() == "None"
        across = next(line for line in axes.lines if line.get_label() == "softmax, 28 logits")
        assert across.get_ydata() == pytest.approx([0.6 - less] * 2)
        assert {3, 8, 27} <= set(axes.get_xticks())
    assert "the paper's 3" in [text.get_text() for text in figure.findobj(Text)]


def test_every_label_is_named_in_both_spaces():
    learned = mappers.mapper("learned-3", 42)
    figure = dimensions.learned_points(learned, mappers.nrc(), (2, 0))
    left, right = figure.axes
    assert left.collections[0].get_offsets().data == pytest.approx(learned.points[:, [2, 0]])
    assert right.collections[0].get_offsets().data == pytest.approx(mappers.nrc().points[:, :2])
    assert left.get_xlabel().startswith("learned dimension 3")
    for axes in (left, right):
        assert set(EMOTIONS) <= {text.get_text() for text in axes.texts}
