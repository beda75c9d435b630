"""Figure 1: the two ways from a text to an emotion and to a point, side by side, with what came of each."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from vadstudy.emotions import EMOTIONS
from vadstudy.plots.diagram import GREY, LINE, ORANGE, draw_arrow, draw_box
from vadstudy.plots.figures import WIDTH, subplots
from vadstudy.plots.space import colour_of

#: Heights of the two ways' middles, and of a panel in which a way's numbers are drawn; in units of the figure.
UPPER, LOWER, PANEL = 52, 17, 24
TITLES = ("Through the space", "Read off a classifier")


def two_ways(
    point: np.ndarray, likely: np.ndarray, read: np.ndarray, points: np.ndarray, results: Sequence[Mapping[str, str]]
) -> Figure:
    """Draw one text's way through the space, and its way through a classifier, off which the space is read.

    Parameters
    ----------
    point : array (3,)
        Where the regressor puts the text, in [0, 1].
    likely : array (n_labels,)
        The classifier's probabilities of the same text.
    read : array (3,)
        The point that is read off them.
    points : array (n_labels, 3)
        Where the regressor's mapper has the labels.
    results : two mappings
        What came of each way: words to a number, as it is to be shown.
    """
    figure, axes = subplots(figsize=(WIDTH, 3.35))
    axes.set(xlim=(0, 100), ylim=(2, 70), position=(0, 0, 1, 1))
    axes.axis("off")
    nearest = EMOTIONS[int(np.abs(points - point).sum(axis=1).argmin())]
    for y, title, outputs in ((UPPER, TITLES[0], "3 outputs"), (LOWER, TITLES[1], "28 outputs")):
        axes.text(1, y + 15.5, title, fontsize=9.5, weight="bold", va="center")
        draw_box(axes, 4.5, y, 7, 8, "text", size=8)
        draw_box(axes, 17, y, 12, 8, f"encoder,\n{outputs}", ORANGE, size=8)
        draw_arrow(axes, (8, y), (11, y))
        draw_arrow(axes, (23, y), (26.5, y))
    _plane(figure, axes, UPPER, points, point)
    draw_arrow(axes, (48.5, UPPER), (52, UPPER))
    draw_box(axes, 59, UPPER, 14, 8, "nearest label\nor SVM", GREY, size=8)
    _bars(figure, axes, LOWER, likely)
    draw_arrow(axes, (48.5, LOWER + 6), (52, LOWER + 6))
    draw_box(axes, 59, LOWER + 6, 14, 8, "most probable\nlabel", GREY, size=8)
    draw_arrow(axes, (48.5, LOWER - 6), (52, LOWER - 6))
    draw_box(axes, 59, LOWER - 6, 14, 8, "lexicon's\npoints", GREY, size=8)
    best = EMOTIONS[int(likely.argmax())]
    for y, words in (
        (UPPER, f"“{nearest}”"),
        (LOWER + 6, f"“{best}”"),
        (LOWER - 6, "V {:.2f}\nA {:.2f}\nD {:.2f}".format(*read)),
    ):
        draw_arrow(axes, (66, y), (69.5, y))
        axes.text(70.2, y, words, fontsize=8, va="center")
    for y, lines in zip((UPPER, LOWER), results, strict=True):
        _results(axes, y, lines)
    axes.plot([1, 99], [34.5, 34.5], color=GREY, lw=0.8)
    return figure


def _inset(figure, axes, y):
    """Small axes of a way's own, whose middle is at a height, by the units of the figure."""
    wide, (low, high) = axes.get_xlim()[1], axes.get_ylim()
    at, share = (y - PANEL / 2 + 1 - low) / (high - low), (PANEL - 2) / (high - low)
    return figure.add_axes((29 / wide, at, 19 / wide, share))


def _framed(inset, words):
    inset.set(xticks=[], yticks=[])
    inset.grid(False)
    for spine in inset.spines.values():
        spine.set(visible=True, color=LINE, linewidth=0.8)
    inset.set_title(words, fontsize=7.5, pad=2.5)


def _plane(figure, axes, y, points, point):
    """The labels and a text's point by valence and arousal."""
    inset = _inset(figure, axes, y)
    inset.scatter(points[:, 0], points[:, 1], s=9, c=[colour_of(name) for name in EMOTIONS], alpha=0.9, linewidths=0)
    inset.plot(*point[:2], marker="*", markersize=11, color="black", markeredgecolor="white", markeredgewidth=0.6)
    inset.set(xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    inset.set_xlabel("valence", fontsize=7, labelpad=1)
    inset.set_ylabel("arousal", fontsize=7, labelpad=1)
    _framed(inset, "predicted: a point")


def _bars(figure, axes, y, likely):
    """The probabilities of the labels, in the labels' order."""
    inset = _inset(figure, axes, y)
    inset.bar(range(len(likely)), likely, color=[colour_of(name) for name in EMOTIONS], width=0.85)
    inset.set(ylim=(0, 1))
    inset.set_xlabel("28 labels", fontsize=7, labelpad=1)
    inset.set_ylabel("0 to 1", fontsize=7, labelpad=1)
    _framed(inset, "predicted: probabilities")


def _results(axes, y, lines):
    """What came of a way, a line a result, at the right."""
    for i, (words, number) in enumerate(lines.items()):
        at = y + 9.5 - 9.5 * i
        axes.text(99, at + 1.9, number, fontsize=10, weight="bold", ha="right", va="center")
        axes.text(99, at - 2.2, words, fontsize=7, ha="right", va="center")
