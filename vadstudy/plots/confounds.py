"""Figures of the fair comparisons (notebook 7); each takes data and returns the matplotlib figure."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from vadstudy.confounds import CROSSING
from vadstudy.emotions import EMOTIONS, colour
from vadstudy.plots.figures import CONTRAST, WIDTH, group_legend, subplots
from vadstudy.plots.space import name_points
from vadstudy.runs import Run
from vadstudy.significance import WORDS

NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "r2": "mean R² of the dimensions"}


def plane(sweep: pd.DataFrame, table: pd.DataFrame, paper: Mapping[str, tuple[float, float]]) -> Figure:
    """Plot rows in the plane of accuracy and macro-F1, with the whole curve of the baseline's thresholds (confound 3).

    ``sweep`` has thresholds as index, ``table`` is a scored table, ``paper`` maps rows to (accuracy, macro-F1). The
    axes show where the rows are, each with its name; inside, in a corner, is the whole curve.
    """
    figure, near = subplots(figsize=(WIDTH, 4.4), layout="constrained")
    whole = near.inset_axes((0.05, 0.07, 0.3, 0.28))
    ours, theirs = table[["accuracy", "macro_f1"]].to_numpy(), np.array(list(paper.values()))
    error = [
        [np.abs(table[score] - table[f"{score}_{end}"]) for end in ("low", "high")]
        for score in ("accuracy", "macro_f1")
    ]
    for axes, size in ((near, 28), (whole, 8)):
        axes.plot(sweep["accuracy"], sweep["macro_f1"], "-", color="0.6", label="baseline, all thresholds (test)")
        axes.errorbar(
            *ours.T,
            xerr=error[0],
            yerr=error[1],
            fmt="o",
            color=CONTRAST[0],
            elinewidth=0.6,
            markersize=size**0.5,
            label="here, 95 % intervals",
        )
        axes.scatter(
            *theirs.T,
            size,
            marker="D",
            facecolors="none",
            edgecolors=CONTRAST[1],
            label="the paper: BERT-base-cased",
            zorder=3,
        )
    for threshold in (0.1, 0.3, 0.5, 0.7):
        at = sweep.loc[threshold]
        whole.plot(at["accuracy"], at["macro_f1"], ".", color="0.3", markersize=3)
        whole.annotate(
            f"{threshold:g}", at[["accuracy", "macro_f1"]], (-3, -9), textcoords="offset points", fontsize=7, ha="right"
        )
    whole.tick_params(labelsize=7)
    whole.set_title("the whole curve, by threshold", fontsize=7)
    near.set(xlabel="accuracy on test (exact match; 0 to 1)", ylabel="macro-F1 on test (0 to 1)")
    figure.legend(*near.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    _name_rows(near, sweep, table, paper)
    return figure


def _name_rows(axes, sweep, table, paper):
    """Bring the rows into view, and name them, off the curve and the intervals."""
    theirs = np.array(list(paper.values()))
    ends = [
        (min(table[f"{score}_low"].min(), theirs[:, i].min()), max(table[f"{score}_high"].max(), theirs[:, i].max()))
        for i, score in enumerate(("accuracy", "macro_f1"))
    ]
    (left, right), (bottom, top) = ends
    wide, high = right - left, top - bottom
    axes.set(xlim=(left - 0.6 * wide, right + 0.3 * wide), ylim=(bottom - 0.35 * high, top + 0.08 * high))
    # One name for rows that lie on one place.
    ours = table.groupby(["accuracy", "macro_f1"], sort=False).apply(lambda rows: " / ".join(rows.index))
    points = np.concatenate([[list(place) for place in ours.index], theirs])
    steps, shares = np.linspace(0, 1, 40), np.linspace(0, 1, 15)[:, None]
    curve = [np.interp(steps * (len(sweep) - 1), range(len(sweep)), sweep[score]) for score in ("accuracy", "macro_f1")]
    bars = [
        np.column_stack(np.broadcast_arrays(*along)).reshape(-1, 2)
        for row in table.itertuples()
        for along in (
            (row.accuracy_low + shares * (row.accuracy_high - row.accuracy_low), row.macro_f1),
            (row.accuracy, row.macro_f1_low + shares * (row.macro_f1_high - row.macro_f1_low)),
        )
    ]
    axes.figure.draw_without_rendering()
    name_points(
        axes,
        points,
        [*ours, *paper],
        size=7.5,
        avoid=np.concatenate([np.column_stack(curve), *bars]),
        radii=3,
        colours=[CONTRAST[0]] * len(ours) + [CONTRAST[1]] * len(paper),
    )


def rates(table: pd.DataFrame) -> Figure:
    """Plot R², accuracy and macro-F1 by learning rate, a line a loss; ``table`` is that of
    :func:`vadstudy.confounds.rates`."""
    figure, panels = subplots(1, 3, figsize=(WIDTH, 2.6), layout="constrained")
    for axes, score in zip(panels, NAMES, strict=True):
        for (loss, lines), shade, marker in zip(table.groupby("loss"), CONTRAST, "os", strict=False):
            axes.plot(lines["learning_rate"], lines[score], marker=marker, color=shade, label=loss)
            if f"{score}_low" in lines:
                axes.fill_between(
                    lines["learning_rate"], lines[f"{score}_low"], lines[f"{score}_high"], color=shade, alpha=0.2
                )
        for loss, rate, style in (("MSE", 5e-7, ":"), ("MAE", 5e-5, "--")):
            axes.axvline(
                rate, color="0.4", linewidth=1, linestyle=style, label=f"the paper's rate for {loss}", zorder=1
            )
        axes.set(xscale="log", xlabel="learning rate (log)", title=NAMES[score])
    panels[0].set_ylabel("score on test")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    return figure


def clouds(runs: Mapping[tuple[str, float], Run]) -> Figure:
    """Plot the predicted points of test texts, valence by arousal, one panel a run.

    ``runs`` maps (loss, learning rate) to runs: losses are rows of panels, learning rates columns.
    """
    losses, steps = sorted({loss for loss, _ in runs}), sorted({rate for _, rate in runs})
    figure, panels = subplots(
        len(losses),
        len(steps),
        figsize=(WIDTH, 0.8 + len(losses) * (WIDTH - 0.5) / max(len(steps), 3)),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, key in zip(panels.ravel(), ((loss, rate) for loss in losses for rate in steps), strict=True):
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", visible=key in runs)
        axes.set_title(f"{key[0]}, {key[1]:.0e}".replace("e-0", "e-"))
        if key in runs:
            points, labels = runs[key].outputs("test"), runs[key].labels("test")
            axes.scatter(
                points[:, 0],
                points[:, 1],
                2.5,
                c=[colour(EMOTIONS[i]) for i in labels],
                alpha=0.4,
                linewidths=0,
                rasterized=True,
            )
            axes.scatter(*runs[key].mapper.points[:, :2].T, 12, marker="x", color="0.1", linewidths=0.8, clip_on=False)
    for axes in panels[:, 0]:
        axes.set_ylabel("arousal (0 to 1)")
    for axes in panels[-1]:
        axes.set_xlabel("valence (0 to 1)")
    group_legend(figure, "Ekman group of the true label; ×: the labels' own points")
    return figure


def crossing(table: pd.DataFrame, effects: pd.DataFrame) -> Figure:
    """Plot the cells of meaning by spread, a line for each set of points, and below what they say: the effects.

    ``table`` is scored, with 1NN's rows by run; ``effects`` has ``effect``, ``score``, ``difference`` and its 95 %
    interval ``low`` to ``high``. The cells' own intervals are left out: the same comments are in all of them, and
    differences are known better than that.
    """
    figure, panels = subplots(2, 2, figsize=(WIDTH, 4), height_ratios=(3, 2), layout="constrained")
    assignments = list(dict.fromkeys(assignment for _, assignment in CROSSING))
    for (above, below), score in zip(panels.T, ("accuracy", "macro_f1"), strict=True):
        for shade, marker, points in zip(CONTRAST, "os", ("scaled", "spread"), strict=False):
            cells = [
                (x, table.loc[CROSSING[points, how], score])
                for x, how in enumerate(assignments)
                if CROSSING[points, how] in table.index
            ]
            label = {"scaled": "NRC's points, scaled", "spread": "evenly spread points"}[points]
            above.plot(*np.transpose(cells), marker=marker, color=shade, label=label)
        above.set(
            xticks=range(len(assignments)),
            xlim=(-0.4, 1.4),
            xlabel="labels' assignment to the points",
            ylabel=f"{NAMES[score]} on test (0 to 1)",
        )
        above.set_xticklabels(assignments)
        above.margins(y=0.2)
        rows = effects[effects["score"] == score]
        place = -np.arange(len(rows))
        error = [rows["difference"] - rows["low"], rows["high"] - rows["difference"]]
        below.errorbar(rows["difference"], place, xerr=error, fmt="o", color="0.2", capsize=2)
        below.axvline(0, color="0.4", linewidth=1, linestyle=":")
        below.set(xlabel=f"difference in {NAMES[score]}, 95 % interval", ylim=(0.6 - len(rows), 0.6), yticks=place)
        below.set_yticklabels(rows["effect"])
        below.locator_params(axis="x", nbins=5)
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure


def assignments(scores: pd.DataFrame) -> Figure:
    """Plot each training's scores by 1NN, in a column a set of points, by who dealt the labels; ``scores`` is that of
    :func:`vadstudy.confounds.assignment_scores`. A dot of the random ones is an assignment of its own."""
    figure, panels = subplots(1, 3, figsize=(WIDTH, 3), layout="constrained")
    for axes, score in zip(panels, ("accuracy", "macro_f1", "included"), strict=True):
        shades = list(CONTRAST[:2])
        sns.swarmplot(scores, x="points", y=score, hue="labels", dodge=True, size=3.2, palette=shades, ax=axes)
        handles, names = axes.get_legend_handles_labels()
        axes.set(xlabel="points", ylabel="", title=WORDS[score])
        axes.get_legend().remove()
    panels[0].set_ylabel("score on test (0 to 1)")
    words = [f"labels {name}" for name in names]
    figure.legend(handles, words, loc="outside upper center", ncols=2, frameon=False)
    return figure


def rare_labels(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Plot each label's share in the variance of macro-F1; ``tables`` maps rows to
    :func:`vadstudy.confounds.rare_labels`."""
    first = next(iter(tables.values()))
    place = np.arange(len(first))
    figure, axes = subplots(figsize=(WIDTH, 5.4), layout="constrained")
    for (row, table), marker in zip(tables.items(), "oD", strict=False):
        shades = [colour(emotion) for emotion in first.index]
        axes.scatter(
            100 * table["share"].reindex(first.index),
            place,
            24,
            marker=marker,
            edgecolors=shades,
            linewidths=1.1,
            facecolors=shades if marker == "o" else "white",
            zorder=2,
        )
        axes.scatter(
            [], [], 24, marker=marker, facecolors="0.2" if marker == "o" else "white", edgecolors="0.2", label=row
        )
    axes.axvline(100 / len(first), color="0.4", linewidth=1, linestyle="--", label="its weight in macro-F1")
    axes.set_yticks(place, [f"{emotion} ({n:,})" for emotion, n in first["support"].items()])
    axes.set(
        xlabel="share of macro-F1's variance over test rows and seeds (%)",
        ylabel="emotion (test rows)",
        ylim=(-0.7, len(first) - 0.3),
    )
    axes.legend(loc="center right")
    group_legend(figure)
    return figure
