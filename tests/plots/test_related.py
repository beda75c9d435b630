"""The figure of related systems: what is drawn is the table."""

import numpy as np
import pandas as pd

from vadstudy import plots


def test_rows_stand_in_their_order_beside_the_softmax():
    table = pd.DataFrame({"system": ["ours", "a", "b", "b"]}, index=["softmax", "x", "y", "z"])
    for i, score in enumerate(("accuracy", "macro_f1")):
        table[score] = 0.5 + 0.1 * i + 0.01 * np.arange(4)
        table[f"{score}_low"], table[f"{score}_high"] = table[score] - 0.02, table[score] + 0.02
    figure = plots.related(table, "softmax", "an encoder")
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == list(table.index)
    for axes, score in zip(figure.axes, ("accuracy", "macro_f1"), strict=True):
        drawn = np.sort(np.concatenate([each.lines[0].get_xdata() for each in axes.containers]).astype(float))
        np.testing.assert_allclose(drawn, np.sort(table[score]))
        assert any(list(line.get_xdata()) == [table.loc["softmax", score]] * 2 for line in axes.lines)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ours", "a", "b"]
