"""Figures of the fair comparisons: that they show the numbers they were given."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Annotation, Text

from vadstudy import mappers, plots
from vadstudy.confounds import CROSSING
from vadstudy.emotions import EMOTIONS


def scored(index, *scores):
    """A scored table: each score, and an interval of 0.01 to either side."""
    table = pd.DataFrame(index=index)
    for i, score in enumerate(scores):
        table[score] = np.linspace(0.3, 0.6, len(index)) + 0.05 * i
        table[f"{score}_low"], table[f"{score}_high"] = table[score] - 0.01, table[score] + 0.01
    return table


def texts(figure):
    return {text.get_text() for text in figure.findobj(Text)}


def points(line):
    return np.column_stack(line.get_data()).astype(float)


def test_plane_has_each_row_the_paper_s_and_the_curve_of_thresholds():
    sweep = pd.DataFrame({"accuracy": np.linspace(0.1, 0.5, 9), "macro_f1": np.linspace(0.4, 0.2, 9)})
    sweep.index = np.arange(1, 10) / 10
    table, paper = scored(["ours", "other"], "accuracy", "macro_f1"), {"theirs": (0.55, 0.45)}
    figure = plots.plane(sweep, table, paper)
    (near,) = figure.axes
    (whole,) = near.child_axes
    for axes in (near, whole):
        np.testing.assert_allclose(points(axes.lines[0]), sweep)
        np.testing.assert_allclose(points(axes.containers[0].lines[0]), table[["accuracy", "macro_f1"]])
        bars = [np.array(each.get_segments(), float) for each in axes.containers[0].lines[2]]
        ends = [np.sort(each[:, :, i].ravel()) for i, each in enumerate(bars)]
        for end, score in zip(ends, ("accuracy", "macro_f1"), strict=True):
            np.testing.assert_allclose(end, np.sort(table[[f"{score}_low", f"{score}_high"]].to_numpy().ravel()))
        assert [0.55, 0.45] in [list(place) for each in axes.collections for place in each.get_offsets()]
    named = {note.get_text(): note.xy for note in near.findobj(Annotation)}
    assert named["theirs"] == (0.55, 0.45) and named["ours"] == tuple(table.loc["ours", ["accuracy", "macro_f1"]])
    assert {"0.1", "0.3", "0.5", "0.7"} <= texts(figure)


def test_rates_has_a_line_a_loss_in_each_panel():
    table = scored(range(4), "accuracy", "macro_f1", "r2").assign(
        loss=["MAE", "MAE", "MSE", "MSE"], learning_rate=[5e-7, 5e-5, 5e-7, 5e-5]
    )
    figure = plots.rates(table)
    for axes, score in zip(figure.axes, ("accuracy", "macro_f1", "r2"), strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        for loss in ("MAE", "MSE"):
            np.testing.assert_allclose(points(lines[loss]), table[table["loss"] == loss][["learning_rate", score]])
        assert axes.get_xscale() == "log" and len(axes.collections) == 2


def test_clouds_has_every_text_and_every_label_s_point_where_a_run_is():
    rng, mapper = np.random.default_rng(0), mappers.nrc()
    predicted = rng.random((30, 3))
    run = SimpleNamespace(
        outputs={"test": predicted}.get, labels={"test": rng.integers(28, size=30)}.get, mapper=mapper
    )
    figure = plots.clouds({("mae", 5e-7): run, ("mae", 5e-5): run, ("mse", 5e-5): run})
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in shown] == ["mae, 5e-7", "mae, 5e-5", "mse, 5e-5"]
    for axes in shown:
        np.testing.assert_allclose(axes.collections[0].get_offsets(), predicted[:, :2])
        np.testing.assert_allclose(axes.collections[1].get_offsets(), mapper.points[:, :2])


def test_crossing_has_a_line_for_each_set_of_points_and_the_effects_with_their_intervals():
    table = scored(list(CROSSING.values()), "accuracy", "macro_f1")
    effects = pd.DataFrame(
        {
            "effect": ["meaning", "spread"] * 2,
            "score": ["accuracy"] * 2 + ["macro_f1"] * 2,
            "difference": [0.01, 0, 0.02, 0],
        }
    )
    effects["low"], effects["high"] = effects["difference"] - 0.01, effects["difference"] + 0.02
    panels = np.reshape(plots.crossing(table, effects).axes, (2, 2))
    for (above, below), score in zip(panels.T, ("accuracy", "macro_f1"), strict=True):
        for i, which in enumerate(("scaled", "spread")):
            cells = [table.loc[name, score] for (points, _), name in CROSSING.items() if points == which]
            np.testing.assert_allclose(above.lines[i].get_ydata(), cells)
        rows = effects[effects["score"] == score]
        np.testing.assert_allclose(points(below.containers[0].lines[0])[:, 0], rows["difference"])
        ends = np.array(below.containers[0].lines[2][0].get_segments(), float)[:, :, 0]
        np.testing.assert_allclose(ends, rows[["low", "high"]])
        assert [tick.get_text() for tick in below.get_yticklabels()] == ["meaning", "spread"]


def test_assignments_has_a_dot_a_training():
    scores = scored(range(12), "accuracy", "macro_f1", "included").assign(
        points=["scaled", "spread"] * 6, labels=["where NRC has them"] * 4 + ["dealt at random"] * 8
    )
    for axes, score in zip(plots.assignments(scores).axes, ("accuracy", "macro_f1", "included"), strict=True):
        heights = np.concatenate([dots.get_offsets()[:, 1] for dots in axes.collections])
        np.testing.assert_allclose(np.sort(heights), np.sort(scores[score]))


def test_rare_labels_has_each_label_s_share():
    table = pd.DataFrame({"support": np.arange(28) + 2, "share": np.linspace(0, 0.1, 28)}, index=list(EMOTIONS))
    axes = plots.rare_labels({"a": table, "b": table[::-1]}).axes[0]
    for dots in axes.collections[::2]:
        np.testing.assert_allclose(dots.get_offsets()[:, 0], 100 * table["share"])
    assert axes.get_yticklabels()[0].get_text() == f"{EMOTIONS[0]} (2)"
    assert pytest.approx(100 / 28) == axes.lines[0].get_xdata()[0]
