"""Figures of the fair comparisons (notebook 7); each takes data and returns the matplotlib figure."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from vadstudy.bootstrap import WORDS
from vadstudy.confounds import CROSSING
from vadstudy.emotions import EMOTIONS, GROUP_COLOURS, colour
from vadstudy.plots.figures import CONTRAST, subplots
from vadstudy.runs import Run

NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "r2": "R², mean of three dimensions"}


def plane(sweep: pd.DataFrame, table: pd.DataFrame, paper: Mapping[str, tuple[float, float]]) -> Figure:
    """Plot rows in the plane of accuracy and macro-F1, with the whole curve of the baseline's thresholds (confound 3).

    ``sweep`` has thresholds as index, ``table`` is a scored table, ``paper`` maps rows to (accuracy, macro-F1). Left,
    all of it; right, where the rows are, ours named at the right edge, the paper's at the left one.
    """
    figure, (whole, near) = subplots(1, 2, figsize=(13, 5.6), width_ratios=(2, 3), layout="constrained")
    error = [
        [np.abs(table[score] - table[f"{score}_{end}"]) for end in ("low", "high")]
        for score in ("accuracy", "macro_f1")
    ]
    theirs = np.array(list(paper.values()))
    for axes in (whole, near):
        axes.plot(
            sweep["accuracy"], sweep["macro_f1"], "-", color="0.6", linewidth=2, label="baseline, all thresholds (test)"
        )
        axes.errorbar(
            table["accuracy"],
            table["macro_f1"],
            xerr=error[0],
            yerr=error[1],
            fmt="o",
            color=CONTRAST[0],
            elinewidth=0.8,
            label="here, 95 % intervals",
        )
        axes.scatter(
            *theirs.T,
            55,
            marker="D",
            facecolors="none",
            edgecolors=CONTRAST[1],
            linewidths=1.5,
            label="the paper: BERT-base-cased",
            zorder=3,
        )
        axes.set(xlabel="accuracy on test (exact match; 0 to 1)", ylabel="macro-F1 on test (0 to 1)")
        for threshold in (0.1, 0.3, 0.5, 0.7) if axes is whole else ():
            at = sweep.loc[threshold]
            axes.plot(at["accuracy"], at["macro_f1"], ".", color="0.4")
            axes.annotate(
                f"{threshold:g}", (at["accuracy"], at["macro_f1"]), (-4, -14), textcoords="offset points", fontsize=9
            )
    whole.legend(loc="lower right", fontsize=9)
    _name_rows(near, table, paper)
    return figure


def _name_rows(axes, table, paper):
    """Bring the rows into view, and name ours at the right edge, the paper's at the left one."""
    theirs = np.array(list(paper.values()))
    ends = [
        (min(table[f"{score}_low"].min(), theirs[:, i].min()), max(table[f"{score}_high"].max(), theirs[:, i].max()))
        for i, score in enumerate(("accuracy", "macro_f1"))
    ]
    (left, right), (bottom, top) = ends
    wide, high = right - left, top - bottom
    axes.set(xlim=(left - 0.6 * wide, right + 0.65 * wide), ylim=(bottom - 0.08 * high, top + 0.08 * high))
    ours = dict(zip(table.index, zip(table["accuracy"], table["macro_f1"], strict=True), strict=True))
    for places, x, side, shade in (
        (ours, right + 0.06 * wide, "left", CONTRAST[0]),
        (paper, left - 0.06 * wide, "right", CONTRAST[1]),
    ):
        names = sorted(places, key=lambda name: places[name][1])
        heights = np.array([places[name][1] for name in names])
        for i in range(1, len(heights)):  # apart enough to read, from the lowest up, then centred again
            heights[i] = max(heights[i], heights[i - 1] + 0.05 * high)
        heights -= (heights - [places[name][1] for name in names]).mean()
        for name, y in zip(names, heights, strict=True):
            axes.annotate(
                name,
                places[name],
                (x, y),
                ha=side,
                va="center",
                fontsize=9,
                color=shade,
                arrowprops=dict(arrowstyle="-", color=shade, linewidth=0.6, shrinkB=4),
            )


def rates(table: pd.DataFrame) -> Figure:
    """Plot R², accuracy and macro-F1 by learning rate, a line a loss; ``table`` is that of
    :func:`vadstudy.confounds.rates`."""
    figure, panels = subplots(1, 3, figsize=(11, 3.8), layout="constrained")
    for axes, score in zip(panels, NAMES, strict=True):
        for (loss, lines), shade, marker in zip(table.groupby("loss"), CONTRAST, "os", strict=False):
            axes.plot(lines["learning_rate"], lines[score], marker=marker, color=shade, label=loss)
            if f"{score}_low" in lines:
                axes.fill_between(
                    lines["learning_rate"], lines[f"{score}_low"], lines[f"{score}_high"], color=shade, alpha=0.2
                )
        axes.set(xscale="log", xlabel="learning rate (logarithmic)", ylabel=f"{NAMES[score]} on test")
        axes.margins(y=0.2)
        for rate, name in ((5e-7, "the paper's\nfor MSE"), (5e-5, "the paper's\nfor MAE")):
            axes.axvline(rate, color="0.5", linewidth=1, linestyle=":")
            axes.annotate(
                name,
                (rate, 0.98),
                (3, 0),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                va="top",
                fontsize=8,
                color="0.3",
            )
    panels[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def clouds(runs: Mapping[tuple[str, float], Run]) -> Figure:
    """Plot the predicted points of test texts, valence by arousal, one panel a run.

    ``runs`` maps (loss, learning rate) to runs: losses are rows of panels, learning rates columns.
    """
    losses, steps = sorted({loss for loss, _ in runs}), sorted({rate for _, rate in runs})
    figure, panels = subplots(
        len(losses),
        len(steps),
        figsize=(2.5 + 2.5 * len(steps), 0.8 + 2.4 * len(losses)),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, key in zip(panels.ravel(), ((loss, rate) for loss in losses for rate in steps), strict=True):
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", visible=key in runs)
        axes.set_title(f"{key[0]}, {key[1]:.0e}", fontsize=10)
        if key in runs:
            points, labels = runs[key].outputs("test"), runs[key].labels("test")
            axes.scatter(
                points[:, 0],
                points[:, 1],
                3,
                c=[colour(EMOTIONS[i]) for i in labels],
                alpha=0.4,
                linewidths=0,
                rasterized=True,
            )
            axes.scatter(*runs[key].mapper.points[:, :2].T, 14, marker="x", color="0.1", linewidths=0.8)
    for axes in panels[:, 0]:
        axes.set_ylabel("arousal (0 to 1)", fontsize=10)
    for axes in panels[-1]:
        axes.set_xlabel("valence (0 to 1)", fontsize=10)
    for group, shade in GROUP_COLOURS.items():
        axes.scatter([], [], 30, color=shade, label=group)
    axes.scatter([], [], 20, marker="x", color="0.1", label="the labels' points")
    figure.legend(loc="outside right center", frameon=False, fontsize=9)
    return figure


def crossing(table: pd.DataFrame) -> Figure:
    """Plot the cells of meaning by spread, a line for each set of points; ``table`` is scored, with 1NN's rows by
    run."""
    figure, panels = subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    assignments = list(dict.fromkeys(assignment for _, assignment in CROSSING))
    for axes, score in zip(panels, ("accuracy", "macro_f1"), strict=True):
        for offset, shade, marker, points in zip((-0.03, 0.03), CONTRAST, "os", ("scaled", "spread"), strict=False):
            cells = [
                (x, table.loc[CROSSING[points, how]])
                for x, how in enumerate(assignments)
                if CROSSING[points, how] in table.index
            ]
            place = [x + offset for x, _ in cells]
            mean, low, high = (np.array([cell[f"{score}{end}"] for _, cell in cells]) for end in ("", "_low", "_high"))
            axes.errorbar(
                place,
                mean,
                yerr=[mean - low, high - mean],
                marker=marker,
                color=shade,
                capsize=3,
                label={"scaled": "NRC's points, scaled", "spread": "evenly spread points"}[points],
            )
        axes.set(
            xticks=range(len(assignments)),
            xlim=(-0.4, 1.4),
            xlabel="labels' assignment to the points",
            ylabel=f"{NAMES[score]} on test (0 to 1)",
        )
        axes.set_xticklabels(assignments)
    panels[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def assignments(scores: pd.DataFrame) -> Figure:
    """Plot each training's scores by 1NN, in a column a set of points, by who dealt the labels; ``scores`` is that of
    :func:`vadstudy.confounds.scores`. A dot of the random ones is an assignment of its own."""
    figure, panels = subplots(1, 3, figsize=(11, 3.9), layout="constrained")
    for axes, score in zip(panels, ("accuracy", "macro_f1", "included"), strict=True):
        shades = list(CONTRAST[:2])
        sns.swarmplot(scores, x="points", y=score, hue="labels", dodge=True, size=5, palette=shades, ax=axes)
        axes.set(xlabel="points", ylabel=f"{WORDS[score]} on test (0 to 1)")
        axes.get_legend().remove()
    panels[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, title="labels")
    return figure


def rare_labels(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Plot each label's share in the variance of macro-F1; ``tables`` maps rows to
    :func:`vadstudy.confounds.rare_labels`."""
    first = next(iter(tables.values()))
    place = np.arange(len(first))
    figure, axes = subplots(figsize=(8.5, 7.6), layout="constrained")
    for (row, table), marker in zip(tables.items(), "oD", strict=False):
        shades = [colour(emotion) for emotion in first.index]
        axes.scatter(
            100 * table["share"].reindex(first.index),
            place,
            50,
            marker=marker,
            edgecolors=shades,
            linewidths=1.5,
            facecolors=shades if marker == "o" else "white",
            zorder=2,
        )
        axes.scatter(
            [], [], 50, marker=marker, facecolors="0.2" if marker == "o" else "white", edgecolors="0.2", label=row
        )
    axes.axvline(100 / len(first), color="0.4", linewidth=1, linestyle="--", label="its weight in macro-F1")
    axes.set_yticks(place, [f"{emotion} ({n})" for emotion, n in first["support"].items()])
    axes.set(
        xlabel="share of macro-F1's variance over test rows and seeds (%)",
        ylabel="emotion (test rows)",
        ylim=(-0.7, len(first) - 0.3),
    )
    axes.legend(loc="center right")
    return figure
