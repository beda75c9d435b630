"""Figures of the read-out: what is drawn is what was read."""

import numpy as np
import pandas as pd

from vadstudy import mappers, plots
from vadstudy.emotions import EMOTIONS


def test_the_expected_valence_is_a_line_and_the_median_jumps_between_labels():
    nrc = mappers.nrc()
    (axes,) = plots.shifting(nrc).axes
    lines = {line.get_label(): line.get_ydata() for line in axes.lines}
    np.testing.assert_allclose(np.diff(lines["expected"], n=2), 0, atol=1e-12)
    places = nrc.points[[EMOTIONS.index(name) for name in ("sadness", "surprise", "joy")], 0]
    np.testing.assert_allclose(np.unique(lines["median"]), np.sort(places))
    assert (np.diff(lines["median"]) >= 0).all()


def made(learned):
    table = pd.DataFrame({"learned_from_target": learned}, index=[f"row {i}" for i in range(len(learned))])
    for i, letter in enumerate("VAD"):
        score = f"pearson_{letter}"
        table[score] = 0.1 * (i + 1) + 0.01 * np.arange(len(table))
        table[f"{score}_low"], table[f"{score}_high"] = table[score] - 0.05, table[score] + 0.05
    return table


def test_rows_that_learned_alike_stand_together_beside_people():
    table = made(["nothing", "nothing", "a threshold", "all"])
    figure = plots.agreement(table, {"readers against writers": [0.6, 0.3, 0.2]}, "an encoder")
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == list(table.index)
    places = figure.axes[0].get_yticks()
    assert np.diff(places).round(2).tolist() == [-1, -1.7, -1.7]
    for axes, letter, mark in zip(figure.axes, "VAD", (0.6, 0.3, 0.2), strict=True):
        drawn = np.sort(np.concatenate([each.lines[0].get_xdata() for each in axes.containers]).astype(float))
        np.testing.assert_allclose(drawn, np.sort(table[f"pearson_{letter}"]))
        assert any(list(line.get_xdata()) == [mark, mark] for line in axes.lines)
    assert any("learned from this corpus: all" in text.get_text() for text in figure.legends[0].get_texts())
