"""Figures of the read-out: how a point moves with the probabilities, and how far rows agree with people."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vadstudy import readout
from vadstudy.emotions import DIMENSIONS, EMOTIONS, colour
from vadstudy.mappers import Mapper
from vadstudy.plots.figures import CONTRAST, WIDTH, subplots


def shifting(mapper: Mapper, first: str = "sadness", second: str = "joy", third: str = "surprise") -> Figure:
    """Plot the valence read off as probability moves from one label to another: the expected point's and the median's.

    ``third`` keeps a fifth of the probability; dotted lines are the labels' own valences.
    """
    names = (first, second, third)
    share = np.linspace(0, 0.8, 1601)
    likely = np.zeros((len(share), len(mapper)))
    for name, values in zip(names, (0.8 - share, share, np.full_like(share, 0.2)), strict=True):
        likely[:, EMOTIONS.index(name)] = values
    figure, axes = subplots(figsize=(WIDTH, 2.0), layout="constrained")
    for name in names:
        axes.axhline(mapper.points[EMOTIONS.index(name), 0], color=colour(name), linestyle=":")
        axes.annotate(name, (0.805, mapper.points[EMOTIONS.index(name), 0]), va="center", annotation_clip=False)
    for read, shade, how in (
        (readout.expected, CONTRAST[0], "expected"),
        (readout.median, CONTRAST[1], "median"),
    ):
        axes.plot(share, read(likely, mapper)[:, 0], color=shade, linewidth=1.6, label=how)
    axes.set(
        xlabel=f"probability of {second} (of {first}: 0.8 less that; of {third}: 0.2)",
        ylabel="valence read off (0 to 1)",
        xlim=(0, 0.8),
        ylim=(0, 1),
    )
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.12), frameon=False)
    return figure


def agreement(table: pd.DataFrame, marks: Mapping[str, Sequence[float]], ours: str) -> Figure:
    """Plot each row's r with people, a panel a dimension, with 95 % intervals; rows that learned alike stand together.

    ``table`` has ``pearson_V`` …, their ends ``_low`` and ``_high``, and ``learned_from_target``; ``marks`` are
    yardsticks of three numbers each, drawn as lines.
    """
    learned = table["learned_from_target"]
    groups = list(dict.fromkeys(learned))
    place: list[float] = []
    ticks, y = list(table.index), 0.0
    for group in learned:
        if place and group != learned.iloc[len(place) - 1]:
            y += 0.7
        place.append(-y)
        y += 1
    figure, panels = subplots(1, 3, figsize=(WIDTH, 1.1 + 0.18 * y), sharey=True, layout="constrained")
    shades = dict(zip(groups, (CONTRAST[0], CONTRAST[2], CONTRAST[1]), strict=False))
    for axes, dimension in zip(panels, DIMENSIONS, strict=True):
        score = f"pearson_{dimension[0].upper()}"
        for group in groups:
            rows = table[learned == group]
            at = [place[i] for i in np.flatnonzero(learned == group)]
            error = np.clip([rows[score] - rows[f"{score}_low"], rows[f"{score}_high"] - rows[score]], 0, None)
            axes.errorbar(rows[score], at, xerr=error, fmt="o", color=shades[group], capsize=2)
        for (name, values), style in zip(marks.items(), ("-", "--", ":"), strict=False):
            axes.axvline(values[DIMENSIONS.index(dimension)], color="0.35", linewidth=1, linestyle=style, label=name)
        axes.axvline(0, color="0.8", linewidth=1)
        axes.set(xlabel=f"r with people's {dimension}")
    panels[0].set_yticks(place, ticks)
    handles, names = panels[0].get_legend_handles_labels()
    handles += [Line2D([], [], marker="o", linestyle="", color=shades[group]) for group in groups]
    names += [f"learned from this corpus: {group}" for group in groups]
    figure.legend(handles, names, loc="outside upper center", ncols=2, frameon=False, title=ours)
    return figure
