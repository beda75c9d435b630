"""The figures of other numbers of dimensions: scores by how many numbers there are, and where learned points lie."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vadstudy.mappers import Mapper
from vadstudy.plots.figures import CONTRAST, WIDTH, subplots
from vadstudy.plots.space import colour_of, name_points
from vadstudy.significance import WORDS

#: What points are, in words, each with its shade, its marker, and by how much it stands aside where all meet.
KINDS = {
    "learned": ("learned", CONTRAST[0], "o", 1.0),
    "spread": ("evenly spread, MAE", CONTRAST[1], "s", 1.0),
    "names": ("from the labels' names", CONTRAST[2], "^", 1.0),
    "votes": ("from raters' votes", CONTRAST[3], "v", 1.0),
    "nrc": ("NRC's", "0.15", "D", 0.92),
    "scaled": ("NRC's, scaled", "0.15", "P", 1.08),
    "shuffled": ("NRC's, scaled, dealt at random", "0.15", "X", 1.16),
    "paper": ("NRC's, scaled, MAE", "0.15", "*", 0.85),
}
#: Numbers of dimensions that others spoke of.
MARKED = {3: "the paper's 3", 27: "Cowen and\nKeltner's 27"}


def by_dimensions(table: pd.DataFrame, ours: str) -> Figure:
    """Plot accuracy and macro-F1 against the number of dimensions, a line a kind of points, with 95 % intervals.

    ``table`` is that of :func:`vadstudy.dimensions.scored`: its first kind, the plain softmax, is drawn across.
    """
    figure, panels = subplots(1, 2, figsize=(WIDTH, 2.9), layout="constrained", sharex=True)
    softmax, rest = table[table["kind"] == "softmax"].iloc[0], table[table["kind"] != "softmax"]
    ticks = sorted({*rest["dims"], *MARKED})
    for axes, score in zip(panels, ("accuracy", "macro_f1"), strict=True):
        axes.axhspan(softmax[f"{score}_low"], softmax[f"{score}_high"], color="0.85", zorder=0)
        axes.axhline(softmax[score], color="0.35", label="softmax, 28 logits")
        for kind, lines in rest.groupby("kind", sort=False):
            name, shade, marker, aside = KINDS[kind]
            lines = lines.sort_values("dims")
            error = np.clip([lines[score] - lines[f"{score}_low"], lines[f"{score}_high"] - lines[score]], 0, None)
            axes.errorbar(
                lines["dims"] * aside,
                lines[score],
                yerr=error,
                color=shade,
                marker=marker,
                capsize=2,
                linestyle="-" if len(lines) > 1 else "",
                label=name,
            )
        for dims, name in MARKED.items():
            axes.axvline(dims, color="0.3", linewidth=1.2, linestyle="--", zorder=1)
            axes.annotate(name, (dims, 0.02), (-4, 0), axes.get_xaxis_transform(), "offset points", ha="right", size=7)
        axes.set(xscale="log", xlim=(0.85, 34), ylim=(0, None))
        axes.set(xlabel="numbers between encoder and labels (log)", ylabel=f"{WORDS[score]} on test (0 to 1)")
        axes.set_xticks(ticks, map(str, ticks))
        axes.minorticks_off()
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3, frameon=False, title=ours)
    return figure


def learned_points(learned: Mapper, vad: Mapper, dims: Sequence[int] = (0, 1)) -> Figure:
    """Plot labels in two learned dimensions beside their valence and arousal, in one colour a group.

    ``learned`` has the points (28, d >= 2), of which ``dims`` are drawn; ``vad`` the lexicon's.
    """
    figure, panels = subplots(1, 2, figsize=(WIDTH, 3.5), layout="constrained")
    for axes, points, names, title in (
        (panels[0], learned.points[:, list(dims)], [f"learned dimension {d + 1} (0 to 1)" for d in dims], "learned"),
        (panels[1], vad.points[:, :2], ["valence (0 to 1)", "arousal (0 to 1)"], "NRC's"),
    ):
        axes.scatter(*points.T, s=14, c=[colour_of(label) for label in learned.labels], linewidths=0.6)
        axes.set(xlabel=names[0], ylabel=names[1], xlim=(-0.05, 1.05), ylim=(-0.05, 1.05), aspect="equal")
        axes.set_title(f"the labels' points, {title}")
    figure.draw_without_rendering()
    for axes, points in ((panels[0], learned.points[:, list(dims)]), (panels[1], vad.points[:, :2])):
        name_points(axes, points, learned.labels, 7)
    return figure
