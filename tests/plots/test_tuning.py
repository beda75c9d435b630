"""The figure of tuning: a mark a trial in each panel, and a word where there was none."""

import numpy as np
import pandas as pd
from matplotlib.text import Text

from vadstudy import plots

TRIALS = pd.DataFrame(
    {
        "family": ["softmax", "softmax", "scaled-mae", "svm"],
        "dev_macro_f1": [0.3, 0.4, 0.2, 0.35],
        "learning_rate": [1e-4, 3e-4, 2e-4, np.nan],
        "epochs": [1, 3, 3, np.nan],
        "pooling": ["mean", "max", "cls", None],
        "C": [np.nan, np.nan, np.nan, 10.0],
    }
)


def test_every_trial_has_a_mark_in_each_panel_of_its_parameters():
    figure = plots.tuning(TRIALS)
    panels = {axes.get_xlabel(): axes for axes in figure.axes if axes.axison}
    assert list(panels) == ["learning rate (log)", "epochs", "pooling", "C (log)"]
    for (label, axes), name in zip(panels.items(), ("learning_rate", "epochs", "pooling", "C"), strict=True):
        shown = np.concatenate([marks.get_offsets() for marks in axes.collections])
        wanted = TRIALS[TRIALS[name].notna()]
        np.testing.assert_allclose(np.sort(shown[:, 1]), np.sort(wanted["dev_macro_f1"]))
        if "(log)" in label:
            assert sorted(shown[:, 0]) == sorted(wanted[name]) and axes.get_xscale() == "log"
    assert [tick.get_text() for tick in panels["pooling"].get_xticklabels()] == ["cls", "max", "mean"]
    (legend,) = figure.legends
    assert {text.get_text() for text in legend.get_texts()} == set(TRIALS["family"])


def test_without_trials_it_says_how_to_make_some():
    words = {text.get_text() for text in plots.tuning(TRIALS[:0]).findobj(Text)}
    assert any("make tune" in each for each in words)
