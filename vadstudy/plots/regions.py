"""Figures of what falls where in VAD space: decision regions, valence by class, predicted beside human VAD.

As in :mod:`vadstudy.plots.figures`, a figure is closed as it is made.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike
from scipy.ndimage import distance_transform_edt, label, uniform_filter

from vadstudy import metrics
from vadstudy.classifiers import Classifier
from vadstudy.emotions import DIMENSIONS, EKMAN, EMOTIONS, GROUP_COLOURS, ekman
from vadstudy.plots.figures import CONTRAST, WIDTH, group_legend, subplots


def decision_regions(
    classifiers: Mapping[str, Classifier],
    dominance: float,
    points: np.ndarray | None = None,
    near: float = 0.05,
    resolution: int = 160,
) -> Figure:
    """Plot which emotion each classifier names at each valence and arousal, at one dominance.

    Parameters
    ----------
    classifiers : dict
        A panel's title to a classifier fitted on points (n, 3) and label indices.
    dominance : float
        Where the cube is cut, in [0, 1].
    points : array (n, 3), optional
        Points drawn as dots if their dominance is within ``near`` of the cut: where texts really fall.
    resolution : int
        Places along each axis at which the classifiers are asked.
    """
    centres = (np.arange(resolution) + 0.5) / resolution
    valence, arousal = np.meshgrid(centres, centres)
    grid = np.column_stack([valence.ravel(), arousal.ravel(), np.full(valence.size, dominance)])
    groups = list(EKMAN)
    group_of = np.array([groups.index(ekman(emotion)) for emotion in EMOTIONS])
    colours = ListedColormap([GROUP_COLOURS[group] for group in groups])
    figure, panels = subplots(
        1,
        len(classifiers),
        figsize=(WIDTH, 0.9 + 6 / len(classifiers)),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    maps = [classifier.predict(grid).reshape(valence.shape) for classifier in classifiers.values()]
    for axes, title, named in zip(panels[0], classifiers, maps, strict=True):
        axes.imshow(
            group_of[named],
            origin="lower",
            extent=(0, 1, 0, 1),
            cmap=colours,
            vmin=0,
            vmax=len(groups) - 1,
            alpha=0.55,
            interpolation="nearest",
        )
        for emotion in np.unique(named):
            axes.contour(centres, centres, named == emotion, levels=[0.5], colors="white", linewidths=0.8)
        if points is not None:
            close = points[np.abs(points[:, 2] - dominance) < near]
            axes.scatter(close[:, 0], close[:, 1], 1.2, color="0.1", alpha=0.25, linewidths=0, rasterized=True)
        axes.set(title=title, xlabel="valence (0 to 1)", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.grid(False)
    panels[0][0].set_ylabel("arousal (0 to 1)")
    group_legend(figure)
    figure.draw_without_rendering()
    # Last, because where a name fits depends on the final layout.
    for axes, named in zip(panels[0], maps, strict=True):
        _name_regions(axes, named, centres)
    return figure


def valence_by_class(valence: np.ndarray, positive: ArrayLike, threshold: float) -> Figure:
    """Plot how the predicted valence of negative and positive texts is distributed, and the threshold between them.

    ``valence`` (n,) is in [0, 1], ``positive`` (n,) is 0 or 1.
    """
    figure, axes = subplots(figsize=(WIDTH, 3), layout="constrained")
    bins, positive = np.linspace(0, 1, 51), np.asarray(positive)
    for value, name, shade, x, side in (
        (0, "negative", CONTRAST[0], 0.02, "left of"),
        (1, "positive", CONTRAST[3], 0.98, "right of"),
    ):
        chosen = valence[positive == value]
        share = np.full(len(chosen), 100 / len(chosen))
        axes.hist(chosen, bins, weights=share, color=shade, alpha=0.55, edgecolor="none")
        axes.hist(chosen, bins, weights=share, color=shade, histtype="step", linewidth=1.2)
        right = np.mean((chosen > threshold) == value)
        axes.text(
            x,
            0.82,
            f"{name}: {100 * right:.0f} %\n{side} the threshold",
            ha=("left", "right")[value],
            va="top",
            transform=axes.transAxes,
            bbox=dict(facecolor="white", edgecolor=shade, linewidth=1.5),
        )
    axes.axvline(threshold, color="0.1", linestyle="--")
    axes.margins(y=0.6)
    axes.text(
        threshold,
        0.97,
        f" threshold {threshold:.3f} ",
        va="top",
        ha="left" if threshold < 0.7 else "right",
        transform=axes.get_xaxis_transform(),
    )
    axes.set(xlabel="predicted valence (0 to 1)", ylabel="share of the class's texts (%)", xlim=(0, 1))
    return figure


def against_humans(true: np.ndarray, predicted: np.ndarray, gridsize: int = 32) -> Figure:
    """Plot predicted against human VAD, both (n, 3) in [0, 1], as hexagons, with Pearson's r of each dimension."""
    figure, panels = subplots(1, 3, figsize=(WIDTH, 2.3), sharey=True, layout="constrained")
    cells = []
    for i, (axes, dimension, r) in enumerate(zip(panels, DIMENSIONS, metrics.pearson(true, predicted), strict=True)):
        cells.append(
            axes.hexbin(
                true[:, i],
                predicted[:, i],
                gridsize=gridsize,
                extent=(0, 1, 0, 1),
                mincnt=1,
                cmap="mako_r",
                linewidths=0.2,
            )
        )
        axes.plot([0, 1], [0, 1], color="0.4", linewidth=0.8, linestyle=":")
        axes.set(
            title=f"{dimension}: r = {r:.2f}",
            xlabel=f"human {dimension} (0 to 1)",
            xlim=(0, 1),
            ylim=(0, 1),
            aspect="equal",
        )
    norm = LogNorm(1, max(2, *(panel.get_array().max() for panel in cells)))
    for panel in cells:
        panel.set_norm(norm)
    panels[0].set_ylabel("predicted (0 to 1)")
    figure.colorbar(cells[0], ax=panels, label="texts in a cell", format="{x:,.0f}", shrink=0.72, pad=0.02)
    return figure


def _name_regions(axes, named, centres, size=7, least=0.003):
    """Write each region's name into it, the smallest first, beside it with a line where it is too small.

    ``named`` holds label indices (n, n); regions with a share of the plane under ``least`` get no name.
    """
    n = len(centres)
    across, up = axes.get_window_extent().size * 72 / axes.figure.dpi / n
    parts = [label(named == emotion) for emotion in range(len(EMOTIONS))]
    regions = [(emotion, cells == i) for emotion, (cells, found) in enumerate(parts) for i in range(1, found + 1)]
    taken, places = np.zeros(named.shape), np.indices(named.shape)
    for emotion, region in sorted(regions, key=lambda pair: pair[1].sum()):
        if region.mean() < least:
            continue
        name = EMOTIONS[emotion]
        box = [int(np.ceil(1.3 * size / up)), int(np.ceil((0.58 * size * len(name) + 4) / across))]
        middle = np.unravel_index(distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1].argmax(), named.shape)
        away = np.hypot(*(places - np.reshape(middle, (2, 1, 1)))) / n
        # 0 where the box lies on its region's middle; free is false where it would cover a name or leave the plane.
        cost = away - uniform_filter(region.astype(float), box, mode="constant")
        covered = uniform_filter(np.pad(taken, 1, constant_values=1), box, mode="nearest")[1:-1, 1:-1]
        free = covered * np.prod(box) < 0.5
        place = np.unravel_index(np.where(free, cost, np.inf).argmin(), named.shape)
        corner = [max(0, p - b // 2) for p, b in zip(place, box, strict=True)]
        taken[corner[0] : place[0] + box[0] // 2 + 1, corner[1] : place[1] + box[1] // 2 + 1] = 1
        line = None if region[place] else dict(arrowstyle="-", color="0.1", linewidth=0.8, shrinkA=0, shrinkB=0)
        halo = [withStroke(linewidth=1.8, foreground="white")]
        axes.annotate(
            name,
            centres[list(middle[::-1])],
            centres[list(place[::-1])],
            arrowprops=line,
            fontsize=size,
            ha="center",
            va="center",
            path_effects=halo,
        )
