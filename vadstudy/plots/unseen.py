"""The figure of unseen emotions: what each way tells of them, and of which the place tells more, of which the name."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vadstudy.emotions import colour
from vadstudy.plots.figures import CONTRAST, WIDTH, subplots


def unseen(
    table: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    emotions: pd.DataFrame,
    place: str,
    name: str,
    chance: float,
    ours: str,
) -> Figure:
    """Plot the accuracy among unseen emotions of each row, with 95 % intervals, and of two rows by emotion.

    ``table`` has ``among`` with its ends ``_low`` and ``_high``; ``groups`` are its rows by what they go by.
    ``emotions`` has a column a row; ``place`` and ``name`` are the two that are drawn, a line from one to the other.
    """
    figure, (left, right) = subplots(
        1,
        2,
        figsize=(WIDTH, 0.7 + 0.135 * max(len(emotions), 1.7 * len(table))),
        width_ratios=(1, 1.1),
        layout="constrained",
    )
    ticks: list[str] = []
    places: list[float] = []
    for (group, rows), shade in zip(groups.items(), (CONTRAST[0], "0.45", CONTRAST[1], CONTRAST[2]), strict=False):
        at = [-(len(ticks) + i + 0.8 * list(groups).index(group)) for i in range(len(rows))]
        lines = table.loc[list(rows)]
        error = np.clip([lines["among"] - lines["among_low"], lines["among_high"] - lines["among"]], 0, None)
        left.errorbar(lines["among"], at, xerr=error, fmt="o", color=shade, capsize=2, label=group)
        ticks, places = [*ticks, *rows], [*places, *at]
    left.axvline(chance, color="0.3", linestyle=":", label=f"by guessing, {chance:.2f}")
    left.set_yticks(places, ticks)
    left.set(xlim=(0, 1), ylim=(min(places) - 0.9, 0.9), xlabel="accuracy among unseen (0 to 1)")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    left.set_title(ours, loc="left", fontsize=8)

    order = emotions.assign(gain=emotions[name] - emotions[place]).sort_values("gain", kind="stable").index
    for y, emotion in enumerate(order):
        ends = emotions.loc[emotion, [place, name]]
        right.plot(ends, [y, y], color=colour(emotion))
        right.plot(ends[place], y, "o", color="white", markeredgecolor=colour(emotion), markeredgewidth=1.2)
        right.plot(ends[name], y, "o", color=colour(emotion))
    right.set_yticks(range(len(order)), [f"{each} ({emotions.loc[each, 'texts']:,})" for each in order])
    right.set(xlim=(-0.04, 1.04), xlabel="share named so (0 to 1)", ylim=(-0.8, len(order) - 0.2))
    marks = [
        Line2D([], [], marker="o", linestyle="", color="0.3", markerfacecolor=face, markeredgewidth=1.2)
        for face in ("white", "0.3")
    ]
    figure.legend(marks, [place, name], loc="outside upper right", ncols=2, frameon=False)
    return figure
