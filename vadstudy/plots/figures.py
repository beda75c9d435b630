"""Figures: one function a figure, which takes data and returns the matplotlib figure; :func:`save` writes it."""

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import rc_params_from_file
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import ArrayLike
from seaborn.utils import relative_luminance
from sklearn.metrics import confusion_matrix

from vadstudy.disk import files
from vadstudy.emotions import EKMAN, EMOTIONS, GROUP_COLOURS, colour, index
from vadstudy.paths import PACKAGED
from vadstudy.runs import RunStore

#: The one look of all figures, a style file of matplotlib's.
STYLE = PACKAGED / "vadstudy.mplstyle"
#: Colours for what is no emotion: the first of the style's cycle, which colour-blind readers can tell apart.
CONTRAST = tuple(rc_params_from_file(STYLE, use_default_template=False)["axes.prop_cycle"].by_key()["color"][:4])

#: Width of every figure in inches, a column of 16 cm: what is written at 7.5 points is printed so.
WIDTH = 6.3


def use_style() -> None:
    """Give all figures of this session the study's look."""
    plt.style.use(STYLE)


def save(figure: Figure, name: str, store: RunStore) -> Figure:
    """Write a figure as PNG and SVG to the profile's figures folder, without dates, so that equal is equal.

    Returns
    -------
    Figure
        To be shown.

    Raises
    ------
    WriteError
        If a file cannot be written.
    """
    folder = store.output("figures")
    for end, metadata in (("png", {}), ("svg", {"Date": None})):
        buffer = BytesIO()
        figure.savefig(buffer, format=end, bbox_inches="tight", metadata=metadata)
        written = buffer.getvalue()
        files.write(folder / f"{name}.{end}", _numbered(written) if end == "svg" else written)
        store.wrote(folder / f"{name}.{end}")
    return figure


def _numbered(svg: bytes) -> bytes:
    """An SVG of matplotlib's whose clip paths and markers are named by their order: their own names are hashes of
    numbers to the last bit, which layout ends in otherwise on another processor."""
    names = dict.fromkeys(re.findall(rb' id="([a-z][0-9a-f]{10})"', svg))
    order = {name: b"%s%d" % (name[:1], i) for i, name in enumerate(names)}
    return re.sub(rb"(?<=[\"#])[a-z][0-9a-f]{10}(?=[\")])", lambda found: order.get(found[0], found[0]), svg)


def subplots(*args: Any, **kwargs: Any) -> tuple[Figure, Any]:
    """Make a figure and its axes as pyplot does, and close it: a notebook shows it once, as the value of its cell."""
    figure, axes = plt.subplots(*args, **kwargs)
    plt.close(figure)
    return figure, axes


def group_legend(figure: Figure, title: str | None = "Ekman group") -> None:
    """Say below a figure of constrained layout which colour is which group's."""
    handles = [Line2D([], [], marker="o", linestyle="", color=c, label=group) for group, c in GROUP_COLOURS.items()]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, title=title, handletextpad=0.2
    )


def thresholds(sweep: pd.DataFrame, chosen: float, argmax: Mapping[str, float], paper: float = 0.3) -> Figure:
    """Plot the sigmoid baseline's dev scores by threshold: how far decoding alone moves them (confound 3).

    ``sweep`` has ``threshold`` as index and columns ``accuracy`` (exact match) and ``macro_f1``; ``argmax`` holds the
    same two scores of naming the most probable label instead.
    """
    figure, axes = subplots(figsize=(WIDTH, 2.9), layout="constrained")
    top = 1.3 * max(sweep.max().max(), *argmax.values())
    for column, name, marker, shade in (
        ("accuracy", "accuracy", "o", CONTRAST[0]),
        ("macro_f1", "macro-F1", "s", CONTRAST[1]),
    ):
        axes.plot(sweep.index, sweep[column], marker=marker, color=shade, label=f"{name} by threshold")
        axes.axhline(argmax[column], color=shade, linestyle=":", label=f"{name} by argmax")
    marks = sorted([(paper, "the paper's"), (chosen, "best macro-F1")])
    for (threshold, name), left in zip(marks, (marks[0][0] > 0.2, False), strict=True):
        axes.axvline(threshold, color="0.3", linewidth=1)
        axes.annotate(
            f"{name}\n{threshold:.2f}",
            (threshold, top),
            (-4 if left else 4, -4),
            va="top",
            textcoords="offset points",
            ha="right" if left else "left",
        )
    axes.set(
        xlabel="threshold on each label's probability (0 to 1)",
        ylabel="score on dev (0 to 1)",
        xlim=(0, 1),
        ylim=(0, top),
    )
    figure.legend(loc="outside right center", frameon=False)
    return figure


def per_emotion(table: pd.DataFrame) -> Figure:
    """Plot F1 of each emotion as a dot a row of predictions, the emotions by their number of test rows.

    ``table`` has the 28 emotions as index, a column ``support`` and up to four of F1; NaN is left out.
    """
    table = table.sort_values("support", kind="stable")
    columns, place = list(table.columns.drop("support")), np.arange(len(table))
    figure, axes = subplots(figsize=(WIDTH, 5.4), layout="constrained")
    colours = [colour(emotion) for emotion in table.index]
    axes.hlines(place, table[columns].min(axis=1), table[columns].max(axis=1), color="0.8", zorder=1)
    for column, marker in zip(columns, "oD^s", strict=False):
        for x, y, edge, label in ((table[column], place, colours, None), ([], [], "0.2", column)):
            axes.scatter(
                x,
                y,
                24,
                marker=marker,
                facecolors=edge if marker == "o" else "white",
                edgecolors=edge,
                linewidths=1.1,
                zorder=2,
                clip_on=False,
                label=label,
            )
    axes.set_yticks(place, [f"{emotion} ({n:,})" for emotion, n in table["support"].items()])
    axes.set(xlabel="F1 on test (0 to 1)", ylabel="emotion (test rows)", xlim=(0, 1), ylim=(-0.7, len(table) - 0.3))
    figure.legend(loc="outside upper center", ncols=len(columns), frameon=False)
    group_legend(figure)
    return figure


def readable_on(background: ArrayLike) -> str:
    """Black or white, whichever has more contrast with a background colour by WCAG's formula: always more than 4.5."""
    luminance = relative_luminance(background)
    return "black" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "white"


def confusion(y_true: ArrayLike, y_pred: ArrayLike) -> Figure:
    """Plot the 28 by 28 confusion matrix in per cent of each true label's rows, labels by Ekman group.

    Cells below 1 % are empty; a label without a row has an empty row.
    """
    order = [index(emotion) for emotions in EKMAN.values() for emotion in emotions]
    counts = confusion_matrix(y_true, y_pred, labels=order)
    share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = subplots(figsize=(WIDTH, 6.4), layout="constrained")
    text = np.where(share >= 1, share.round().astype(int).astype(str), "")
    sns.heatmap(
        share,
        annot=text,
        fmt="",
        cmap="Greys",
        vmin=0,
        vmax=100,
        square=True,
        linewidths=0.3,
        ax=axes,
        linecolor="0.9",
        annot_kws={"fontsize": 7},
        cbar=False,
    )
    for number, shade in zip(axes.texts, axes.collections[0].get_facecolors(), strict=True):
        number.set_color(readable_on(shade))
    names = [EMOTIONS[i] for i in order]
    axes.set_xticks(np.arange(28) + 0.5, names, rotation=90)
    axes.set_yticks(np.arange(28) + 0.5, [f"{n} ({rows:,})" for n, rows in zip(names, counts.sum(axis=1), strict=True)])
    start = 0
    for group, emotions in EKMAN.items():
        axes.add_patch(
            plt.Rectangle(
                (start, start),
                len(emotions),
                len(emotions),
                fill=False,
                linewidth=1.6,
                edgecolor=GROUP_COLOURS[group],
                clip_on=False,
            )
        )
        start += len(emotions)
    axes.tick_params(axis="y", labelrotation=0)
    axes.set(xlabel="predicted emotion (numbers: % of the true emotion's test rows)", ylabel="true emotion (test rows)")
    group_legend(figure)
    return figure


def intervals(table: pd.DataFrame, ours: str, scores: Sequence[str] = ("accuracy", "macro_f1")) -> Figure:
    """Plot a scored table: points with 95 % intervals, the paper's numbers as hollow markers.

    ``table`` has columns such as ``accuracy``, ``accuracy_low``, ``accuracy_high`` and ``paper_accuracy``; ``ours``
    says whose points these are, such as "MiniLM-L6, seed 42".
    """
    place = np.arange(len(table))[::-1]
    size = (WIDTH, 1 + 0.2 * len(table))
    figure, panels = subplots(1, len(scores), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axes, score in zip(panels[0], scores, strict=True):
        low, high = (table[score] - table[f"{score}_low"], table[f"{score}_high"] - table[score])
        axes.errorbar(
            table[score],
            place,
            xerr=np.clip([low, high], 0, None),
            fmt="o",
            color=CONTRAST[0],
            capsize=2,
            label=f"here: {ours}, 95 % interval over test rows and seeds",
        )
        axes.scatter(
            table[f"paper_{score}"].astype(float),
            place,
            26,
            facecolors="none",
            edgecolors=CONTRAST[1],
            marker="D",
            linewidths=1.2,
            label="the paper: BERT-base-cased",
            zorder=3,
        )
        axes.set(xlabel=f"{score.replace('macro_f1', 'macro-F1')} on test (0 to 1)", ylim=(-0.6, len(table) - 0.4))
    panels[0][0].set_yticks(place, table.index)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], names[::-1], loc="outside upper center", frameon=False)
    return figure


def label_counts(counts: pd.DataFrame) -> Figure:
    """Plot how many comments each emotion has, on a logarithmic axis; ``counts`` has emotions by splits."""
    counts = counts.sort_values(counts.columns[0], kind="stable")
    place, most, shades = np.arange(len(counts)), counts.to_numpy().max(), [colour(emotion) for emotion in counts.index]
    figure, axes = subplots(figsize=(WIDTH, 5.4), layout="constrained")
    axes.hlines(place, counts.min(axis=1).clip(lower=0.5), counts.max(axis=1), color="0.8", zorder=1)
    for split, marker, filled in zip(counts.columns, "oD^s", (True, False, False, False), strict=False):
        axes.scatter(
            counts[split].clip(lower=0.5),
            place,
            22,
            marker=marker,
            facecolors=shades if filled else "white",
            edgecolors=shades,
            linewidths=1.1,
            zorder=2,
        )
        axes.scatter([], [], 22, marker=marker, facecolors="0.2" if filled else "white", edgecolors="0.2", label=split)
    for y, (_, row) in zip(place, counts.iterrows(), strict=True):
        numbers = " / ".join(f"{n:,}" for n in row)
        axes.annotate(
            numbers,
            (row.max(), y),
            (6, 0),
            textcoords="offset points",
            fontsize=7,
            va="center",
            color="0.2",
            bbox=dict(facecolor="white", edgecolor="none", pad=0.5),
        )
    axes.set(xscale="log", xlabel="comments (logarithmic)", ylim=(-0.7, len(counts) - 0.3), xlim=(0.45, 20 * most))
    axes.set_yticks(place, counts.index)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.legend(loc="lower right", title=f"numbers: {' / '.join(counts.columns)}")
    group_legend(figure)
    return figure


def text_lengths(lengths: Mapping[str, np.ndarray], limit: int) -> Figure:
    """Plot how long comments are; ``lengths`` maps a unit, such as "words", to counts (n,), ``limit`` is in tokens."""
    figure, axes = subplots(figsize=(WIDTH, 2.7), layout="constrained")
    for (unit, counts), shade, style in zip(lengths.items(), CONTRAST, ("-", "--"), strict=False):
        share = 100 * np.bincount(counts) / len(counts)
        axes.stairs(
            share,
            np.arange(len(share) + 1) - 0.5,
            color=shade,
            linestyle=style,
            linewidth=1.5,
            label=f"{unit}: median {np.median(counts):.0f}, longest {np.max(counts)}",
        )
    axes.axvline(limit, color="0.2", linewidth=1)
    axes.annotate(
        f"the regressor reads\n{limit} tokens",
        (limit, axes.get_ylim()[1]),
        (4, -4),
        va="top",
        textcoords="offset points",
    )
    axes.set(xlabel="length of a comment", ylabel="share of comments (%)", xlim=(0, 1.3 * limit))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    return figure


def learning_curves(histories: Mapping[str, pd.DataFrame], constants: Mapping[str, float]) -> Figure:
    """Plot each run's losses over the constant predictor's, and its dev scores; the kept epoch is marked.

    ``histories`` maps a run's name to its history, ``constants`` to the dev loss of the best constant (NaN: unknown).
    """
    figure, panels = subplots(
        2,
        len(histories),
        figsize=(WIDTH, 3.4),
        sharex=True,
        sharey="row",
        squeeze=False,
        layout="constrained",
    )
    lines = (
        (("train_loss", "train", "o", ":"), ("dev_loss", "dev", "s", "-")),
        (("dev_accuracy", "accuracy", "o", "-"), ("dev_macro_f1", "macro-F1", "s", "-")),
    )
    for column, (name, history) in enumerate(histories.items()):
        for axes, group, unit in zip(panels[:, column], lines, (constants[name], 1.0), strict=True):
            for (field, words, marker, style), shade in zip(group, CONTRAST, strict=False):
                axes.plot(history["epoch"], history[field] / unit, style, marker=marker, color=shade, label=words)
            axes.axvline(history["epoch"][history["dev_macro_f1"].idxmax()], color="0.4", linewidth=1, linestyle="--")
        panels[0, column].set_title(name)
        panels[0, column].axhline(1, color="0.2", linewidth=1)
        panels[1, column].set(xlabel="epoch", xticks=np.arange(1, history["epoch"].max() + 1))
    panels[0, 0].set_ylabel("loss / constant's loss")
    panels[1, 0].set_ylabel("score on dev (0 to 1)")
    panels[1, 0].set_ylim(bottom=0)
    for axes in panels[:, -1]:
        axes.legend(loc="center")
    return figure
