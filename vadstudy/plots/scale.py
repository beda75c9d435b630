"""The figure of two encoders: the same rows with each, and the paper's numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vadstudy.plots.figures import CONTRAST, WIDTH, subplots


def encoders(
    scored: Mapping[str, pd.DataFrame],
    paper: Mapping[str, tuple[float, float]],
    scores: Sequence[str] = ("accuracy", "macro_f1"),
) -> Figure:
    """Plot scored tables of two encoders, a line a row, with 95 % intervals; the paper's numbers as hollow markers.

    ``scored`` are tables by encoder, with columns such as ``accuracy``, ``accuracy_low`` and ``accuracy_high``; a row
    that one of them lacks has one point. ``paper`` has a row's accuracy and macro-F1.
    """
    rows = list(dict.fromkeys(row for table in scored.values() for row in table.index))
    figure, panels = subplots(
        1, len(scores), figsize=(WIDTH, 0.8 + 0.21 * len(rows)), sharey=True, layout="constrained"
    )
    for i, (axes, score) in enumerate(zip(panels, scores, strict=True)):
        for (encoder, table), shade, lift in zip(
            scored.items(), (CONTRAST[0], CONTRAST[2]), (0.13, -0.13), strict=True
        ):
            place = [-rows.index(row) + lift for row in table.index]
            ends = [table[score] - table[f"{score}_low"], table[f"{score}_high"] - table[score]]
            axes.errorbar(
                table[score], place, xerr=np.clip(ends, 0, None), fmt="o", color=shade, capsize=2, label=encoder
            )
        named = [row for row in rows if row in paper]
        axes.scatter(
            [paper[row][i] for row in named],
            [-rows.index(row) for row in named],
            30,
            facecolors="none",
            edgecolors=CONTRAST[1],
            marker="D",
            label="the paper: BERT-base-cased",
        )
        axes.set(xlabel=f"{score.replace('macro_f1', 'macro-F1')} on test (0 to 1)", ylim=(-len(rows) + 0.4, 0.6))
    panels[0].set_yticks([-i for i in range(len(rows))], rows)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False)
    return figure
