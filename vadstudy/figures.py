"""Figures: one function a figure, which takes data and returns the matplotlib figure; :func:`save` writes it."""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from sklearn.metrics import confusion_matrix

from vadstudy.emotions import EKMAN, EMOTIONS, GROUP_COLOURS, colour, index

sns.set_theme(context="notebook", style="whitegrid", rc={"figure.dpi": 100, "savefig.dpi": 160,
                                                         "svg.hashsalt": "vadstudy", "svg.fonttype": "none"})  # fmt: skip

#: Colours for what is no emotion: four of Paul Tol's muted palette, which colour-blind readers can tell apart.
CONTRAST = ("#332288", "#AA4499", "#117733", "#DDCC77")


def save(figure, name, store):
    """Write a figure as PNG and SVG to the profile's figures folder, without dates, so that equal is equal."""
    folder = store.output("figures")
    figure.savefig(folder / f"{name}.png", bbox_inches="tight")
    figure.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
    return figure


def subplots(*args, **kwargs):
    """Make a figure and its axes as pyplot does, and close it: a notebook shows it once, as the value of its cell."""
    figure, axes = plt.subplots(*args, **kwargs)
    plt.close(figure)
    return figure, axes


def thresholds(sweep, chosen, argmax, paper=0.3):
    """Plot the sigmoid baseline's dev scores by threshold: how far decoding alone moves them (confound 3).

    ``sweep`` has ``threshold`` as index and columns ``accuracy`` (exact match) and ``macro_f1``; ``argmax`` holds the
    same two scores of naming the most probable label instead.
    """
    figure, axes = subplots(figsize=(7.5, 4.5))
    top = 1.3 * max(sweep.max().max(), *argmax.values())
    for column, name, marker, colour_ in (("accuracy", "accuracy (exact match)", "o", CONTRAST[0]),
                                          ("macro_f1", "macro-F1", "s", CONTRAST[1])):  # fmt: skip
        axes.plot(sweep.index, sweep[column], marker=marker, markersize=5, color=colour_, label=name)
        axes.axhline(argmax[column], color=colour_, linestyle=":", label=f"{column.replace('macro_f1', 'macro-F1')} of argmax")
    marks = sorted([(paper, "the paper's"), (chosen, "best macro-F1")])
    for (threshold, name), left in zip(marks, (marks[0][0] > 0.2, False), strict=True):
        axes.axvline(threshold, color="0.3", linewidth=1)
        axes.annotate(f"{name}\n{threshold:.2f}", (threshold, top), (-4 if left else 4, -4), fontsize=9, va="top",
                      textcoords="offset points", ha="right" if left else "left")  # fmt: skip
    axes.set(xlabel="threshold on each label's probability (0 to 1)", ylabel="score on dev (0 to 1)", xlim=(0, 1),
             ylim=(0, top))  # fmt: skip
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def per_emotion(table):
    """Plot F1 of each emotion as a dot a row of predictions, the emotions by their number of test rows.

    ``table`` has the 28 emotions as index, a column ``support`` and up to four of F1; NaN is left out.
    """
    table = table.sort_values("support", kind="stable")
    columns, place = list(table.columns.drop("support")), np.arange(len(table))
    figure, axes = subplots(figsize=(8.5, 8.5))
    colours = [colour(emotion) for emotion in table.index]
    axes.hlines(place, table[columns].min(axis=1), table[columns].max(axis=1), color="0.8", zorder=1)
    for column, marker in zip(columns, "oD^s", strict=False):
        for x, y, edge, label in ((table[column], place, colours, None), ([], [], "0.2", column)):
            axes.scatter(x, y, 55, marker=marker, facecolors=edge if marker == "o" else "white", edgecolors=edge,
                         linewidths=1.5, zorder=2, clip_on=False, label=label)  # fmt: skip
    for group, shade in GROUP_COLOURS.items():
        axes.scatter([], [], 55, marker="s", color=shade, label=group)
    axes.set_yticks(place, [f"{emotion} ({n})" for emotion, n in table["support"].items()])
    axes.set(xlabel="F1 on test (0 to 1)", ylabel="emotion (test rows)", xlim=(0, 1), ylim=(-0.7, len(table) - 0.3))
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)
    return figure


def confusion(y_true, y_pred):
    """Plot the 28 by 28 confusion matrix in per cent of each true label's rows, labels by Ekman group.

    Cells below 1 % are empty; a label without a row has an empty row.
    """
    order = [index(emotion) for emotions in EKMAN.values() for emotion in emotions]
    counts = confusion_matrix(y_true, y_pred, labels=order)
    share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = subplots(figsize=(12, 10.5))
    text = np.where(share >= 1, share.round().astype(int).astype(str), "")
    sns.heatmap(share, annot=text, fmt="", cmap="Greys", vmin=0, vmax=100, square=True, linewidths=0.3, ax=axes,
                linecolor="0.9", annot_kws={"fontsize": 8},
                cbar_kws={"label": "share of the true label's rows (%)", "shrink": 0.6})  # fmt: skip
    names = [EMOTIONS[i] for i in order]
    axes.set_xticks(np.arange(28) + 0.5, names, rotation=90)
    axes.set_yticks(np.arange(28) + 0.5, [f"{n} ({rows})" for n, rows in zip(names, counts.sum(axis=1), strict=True)])
    start = 0
    for group, emotions in EKMAN.items():
        axes.add_patch(plt.Rectangle((start, start), len(emotions), len(emotions), fill=False, linewidth=2.5,
                                     edgecolor=GROUP_COLOURS[group], clip_on=False, label=group))  # fmt: skip
        start += len(emotions)
    axes.tick_params(labelsize=10, labelrotation=0)
    axes.tick_params(axis="x", labelrotation=90)
    axes.set(xlabel="predicted emotion", ylabel="true emotion (test rows)")
    axes.legend(title="Ekman group", loc="upper left", bbox_to_anchor=(1.02, 0.16), fontsize=9, frameon=False, ncols=2)
    return figure


def intervals(table, ours, scores=("accuracy", "macro_f1")):
    """Plot a scored table: points with 95 % intervals, the paper's numbers as hollow markers.

    ``table`` has columns such as ``accuracy``, ``accuracy_low``, ``accuracy_high`` and ``paper_accuracy``; ``ours``
    says whose points these are, such as "MiniLM-L6, seed 42".
    """
    place = np.arange(len(table))[::-1]
    size = (5.5 + 2.7 * len(scores), 1.2 + 0.36 * len(table))
    figure, panels = subplots(1, len(scores), figsize=size, sharey=True, squeeze=False)
    for axes, score in zip(panels[0], scores, strict=True):
        low, high = (table[score] - table[f"{score}_low"], table[f"{score}_high"] - table[score])
        axes.errorbar(table[score], place, xerr=np.clip([low, high], 0, None), fmt="o", color=CONTRAST[0], capsize=3,
                      label=f"here: {ours}, 95 % interval over test rows")  # fmt: skip
        axes.scatter(table[f"paper_{score}"].astype(float), place, 60, facecolors="none", edgecolors=CONTRAST[1],
                     marker="D", linewidths=1.5, label="the paper: BERT-base-cased", zorder=3)  # fmt: skip
        axes.set(xlabel=f"{score.replace('macro_f1', 'macro-F1')} on test (0 to 1)", ylim=(-0.6, len(table) - 0.4))
    panels[0][0].set_yticks(place, table.index)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], names[::-1], loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
    figure.tight_layout()
    return figure
