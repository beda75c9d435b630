"""Points in space: how far the labels lie apart, and static figures of them (figure 4). Distances are Euclidean.

A figure is closed as it is made: a notebook shows it once, as the value of its cell.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from vadstudy.emotions import EMOTIONS, GROUP_COLOURS, ekman
from vadstudy.mappers import Mapper
from vadstudy.plots.figures import WIDTH, group_legend, subplots

TITLES = {
    "nrc": "raw: NRC VAD",
    "scaled": "scaled: quantiles of NRC VAD",
    "spread": "spread: evenly in the cube",
    "shuffled": "shuffled: NRC VAD, labels permuted",
}
#: What the axes of a mapper with psychological dimensions mean at 0 and at 1.
ENDS = ("valence (0 negative, 1 positive)", "arousal (0 calm, 1 excited)", "dominance (0 weak, 1 in control)")
MAPPER_COLOURS = {"nrc": "#332288", "scaled": "#AA4499", "spread": "#117733", "shuffled": "#999933"}
#: Limits of a panel of the unit square, such that dots at its edge are whole.
UNIT: dict[str, Any] = dict(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))


def separations(mapper: Mapper) -> np.ndarray:
    """Distances (n, n) between a mapper's labels, infinite to itself."""
    apart = squareform(pdist(mapper.points))
    np.fill_diagonal(apart, np.inf)
    return apart


def pairs(mapper: Mapper) -> pd.DataFrame:
    """Every pair of labels, nearest first: ``first``, ``second``, ``distance``."""
    frame = pd.DataFrame(combinations(mapper.labels, 2), columns=["first", "second"])
    return frame.assign(distance=pdist(mapper.points)).sort_values("distance", kind="stable", ignore_index=True)


def distance_table(mappers: Sequence[Mapper]) -> pd.DataFrame:
    """One row a mapper: distances over all pairs, the nearest pair, and whether near pairs stay near.

    ``neighbour`` is the mean distance of a label to its nearest one; ``rank_correlation`` is Spearman's, of all pairs'
    distances with those in the first mapper's space.
    """
    rows, reference = [], pdist(mappers[0].points)
    for mapper in mappers:
        found, nearest = pdist(mapper.points), pairs(mapper).iloc[0]
        rows.append(
            {
                "mapper": mapper.name,
                "least": found.min(),
                "neighbour": separations(mapper).min(axis=1).mean(),
                "median": np.median(found),
                "greatest": found.max(),
                "nearest_pair": f"{nearest['first']}, {nearest['second']}",
                "rank_correlation": spearmanr(reference, found).statistic,
            }
        )
    return pd.DataFrame(rows).set_index("mapper")


def axis_names(mapper: Mapper) -> Sequence[str]:
    """What each dimension is; the dimensions of spread, shuffled and random points mean nothing."""
    return ENDS if mapper.name in ("nrc", "scaled") else [f"dimension {i + 1} (0 to 1)" for i in range(mapper.dims)]


def group_of(label: str) -> str:
    """Ekman group of a label, "other" for what is no emotion of GoEmotions."""
    return ekman(label) if label in EMOTIONS else "other"


def colour_of(label: str) -> str:
    """Colour of a label's group, black for "other"."""
    return GROUP_COLOURS.get(group_of(label), "#000000")


def distance_matrix(mapper: Mapper) -> Figure:
    """Figure: every pair's distance, the labels in an order that puts near ones side by side."""
    order = leaves_list(linkage(mapper.points, "average", optimal_ordering=True))
    names = [mapper.labels[i] for i in order]
    figure, axes = subplots(figsize=(WIDTH, 5.5), layout="constrained")
    sns.heatmap(
        squareform(pdist(mapper.points[order])),
        cmap="cividis",
        vmin=0,
        square=True,
        xticklabels=names,
        yticklabels=names,
        ax=axes,
        cbar_kws={"label": "Euclidean distance (0 to √3 in a unit cube)"},
    )
    axes.tick_params(labelsize=7)
    return figure


def distances(mappers: Sequence[Mapper]) -> Figure:
    """Figure: the pairs' distances in each mapper's space, and beside each pair's distance in the first one."""
    figure, (left, right) = subplots(1, 2, figsize=(WIDTH, 2.9), layout="constrained")
    first, raw = TITLES.get(mappers[0].name, mappers[0].name).split(":")[0], pdist(mappers[0].points)
    for mapper, marker in zip(mappers, "osD^", strict=False):
        name, found = TITLES.get(mapper.name, mapper.name).split(":")[0], pdist(mapper.points)
        shade = MAPPER_COLOURS.get(mapper.name, "#666666")
        left.ecdf(found, color=shade, lw=1.4, label=f"{name}: least {found.min():.3f}")
        if mapper is not mappers[0]:
            right.scatter(
                raw,
                found,
                5,
                marker=marker,
                color=shade,
                alpha=0.7,
                linewidths=0,
                label=f"{name}: rank correlation {spearmanr(raw, found).statistic:.2f}",
            )
    right.axline((0, 0), slope=1, color="black", lw=0.8, ls="--", label="no change")
    left.set(xlabel="distance of a pair (0 to √3)", ylabel="share of pairs nearer than that", xlim=(0, None))
    right.set(
        xlabel=f"distance of a pair, {first}", ylabel="its distance in the other space", xlim=(0, None), ylim=(0, None)
    )
    # Room for the legends above what is drawn.
    left.set(ylim=(0, 1.35), yticks=np.linspace(0, 1, 6))
    right.set_ylim(0, 1.35 * right.dataLim.ymax)
    for axes in (left, right):
        axes.legend(loc="upper left", markerscale=1.5, handletextpad=0.4)
    return figure


def vad_space(*mappers: Mapper) -> Figure:
    """Figure 4 of the paper, flat: the labels by their first two dimensions, the third is the size of the dot.

    Several mappers have a panel each, two in a row.
    """
    rows, columns = -(-len(mappers) // 2), min(len(mappers), 2)
    size = (WIDTH, 5.4 if columns == 1 else 0.9 + 3 * rows)
    figure, panels = subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axes, mapper in zip(panels.flat, mappers, strict=False):
        deepest = np.argsort(-mapper.points[:, 2], kind="stable")  # small dots over large ones
        axes.scatter(
            *mapper.points[deepest, :2].T,
            s=_area(mapper.points[deepest, 2]),
            c=[colour_of(mapper.labels[i]) for i in deepest],
            edgecolors="white",
            linewidths=0.6,
        )
        xlabel, ylabel, _ = axis_names(mapper)
        axes.set(xlabel=xlabel, ylabel=ylabel, title=TITLES.get(mapper.name, mapper.name), **UNIT)
    for axes in panels.flat[len(mappers) :]:
        axes.axis("off")
    third = " or ".join(dict.fromkeys(axis_names(mapper)[2].split(" (")[0] for mapper in mappers))
    sizes = [
        Line2D(
            [],
            [],
            marker="o",
            ls="",
            color="0.4",
            markersize=_area(d) ** 0.5,
            label=f"{third}: {d:g}" if d == 0 else f"{d:g}",
        )
        for d in (0, 0.5, 1)
    ]
    figure.legend(handles=sizes, loc="outside upper right", ncols=3, frameon=False)
    group_legend(figure)
    figure.draw_without_rendering()
    for axes, mapper in zip(panels.flat, mappers, strict=False):
        name_points(axes, mapper.points[:, :2], mapper.labels, radii=_area(mapper.points[:, 2]) ** 0.5 / 2)
    return figure


def predicted(points: np.ndarray, labels: np.ndarray, mapper: Mapper) -> Figure:
    """Figure: predicted points (n, 3) of texts with true label indices (n,), and where each label's texts land.

    Left: all of them in the colour of their true label's group, the labels' own points as crosses, by the first two
    dimensions and by the first and third. Right, in the first two: from each label's own point (ring) an arrow to the
    mean of its texts' predicted points.
    """
    figure = Figure(figsize=(WIDTH, 4.7), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 2.1))
    clouds, means = [figure.add_subplot(grid[i, 0]) for i in (0, 1)], figure.add_subplot(grid[:, 1])
    groups, present = np.array([colour_of(label) for label in mapper.labels]), np.unique(labels)
    names = axis_names(mapper)
    for axes, other in zip(clouds, (1, 2), strict=True):
        axes.scatter(points[:, 0], points[:, other], s=2.5, c=groups[labels], alpha=0.35, linewidths=0, rasterized=True)
        axes.scatter(mapper.points[:, 0], mapper.points[:, other], s=12, marker="x", color="0.1", linewidths=0.8)
        axes.set(ylabel=names[other].split(" (")[0], **UNIT)
    clouds[0].set_title("each text, and the labels (×)")
    clouds[1].set_xlabel(names[0].split(" (")[0])
    starts, ends = mapper.points[present, :2], np.array([points[labels == i, :2].mean(axis=0) for i in present])
    for start, end, shade in zip(starts, ends, groups[present], strict=True):
        line = dict(arrowstyle="->", color=shade, lw=1, shrinkA=3, shrinkB=0)
        means.annotate("", end, start, arrowprops=line)
        means.scatter(start[0], start[1], s=22, facecolor="white", edgecolor=shade, linewidths=1.2, zorder=3)
    middle = np.mean(points, axis=0)[:2]
    means.scatter(middle[0], middle[1], s=45, marker="X", color="black", zorder=4)
    means.set(xlabel=names[0], ylabel=names[1], **UNIT)
    means.set_title("from each label to the mean of its texts (X: of all texts)")
    group_legend(figure)
    figure.draw_without_rendering()
    arrows = np.concatenate([[middle] * 9, *(starts + (ends - starts) * part for part in np.linspace(0.1, 1, 10))])
    name_points(means, starts, [mapper.labels[i] for i in present], avoid=arrows, radii=2.5)
    return figure


def name_points(
    axes: Axes,
    points: ArrayLike,
    names: Sequence[str],
    size: float = 7,
    avoid: np.ndarray | None = None,
    radii: ArrayLike = 0.0,
    colours: Sequence[str] | None = None,
) -> None:
    """Write each name (n) beside its point (n, 2), off the others, with a thin line where it had to move away.

    Call it when the figure's layout is final: places are found on the page, in 1/72 inch. ``avoid`` holds further
    points (m, 2) that no name should cover; ``radii`` are those of the points' dots, in 1/72 inch; the lines have
    ``colours``, by default those of the labels' groups.
    """
    points = np.asarray(points, float)
    colours = [colour_of(name) for name in names] if colours is None else colours
    everything = points if avoid is None else np.concatenate([points, avoid])
    page, frame = (axes.transData.transform(everything), axes.bbox.get_points())
    page, frame = page * 72 / axes.figure.dpi, frame * 72 / axes.figure.dpi
    boxes, own = np.array([[0.58 * size * len(name) + 2, 1.2 * size] for name in names]), page[: len(names)]
    centres = place_names(own, boxes, page[len(names) :], radii=radii, frame=frame)
    outside = _outside(centres, boxes, own) - radii
    for i, (name, point) in enumerate(zip(names, points, strict=True)):
        unclear = outside[i, i] > 6 or np.delete(outside[i], i).min(initial=np.inf) < outside[i, i] + 1
        line = dict(arrowstyle="-", color=colours[i], lw=0.7, shrinkA=0, shrinkB=2) if unclear else None
        axes.annotate(
            name,
            point,
            centres[i] - own[i],
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=size,
            color="#222222",
            arrowprops=line,
            zorder=10,
            annotation_clip=False,
            bbox=dict(facecolor="white", alpha=0.6, edgecolor="none", pad=0.5),
        )


def place_names(
    points: np.ndarray,
    boxes: np.ndarray,
    avoid: ArrayLike = (),
    gap: float = 4.0,
    radii: ArrayLike = 0.0,
    frame: np.ndarray | None = None,
) -> np.ndarray:
    """Centres (n, 2) of boxes of given widths and heights (n, 2), each near its point (n, 2) and off all else.

    ``radii`` (n) are those of the points' dots; ``frame`` is the lower left and upper right corner (2, 2) that no box
    should leave.
    """
    radii = np.broadcast_to(radii, len(points))
    low, high = ([-np.inf] * 2, [np.inf] * 2) if frame is None else frame
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    reach = np.array([1, 1.6, 2.6, 4, 6, 9, 13])[:, None, None] * gap
    avoid = np.reshape(avoid, (-1, 2))
    centres = points + [0, 2 * gap]
    crowded = np.argsort(np.sort(squareform(pdist(points)), axis=1)[:, :4].sum(axis=1), kind="stable")
    for _ in range(8):
        for i in crowded:
            tried = points[i] + (directions * (boxes[i] / 2 + radii[i] + reach)).reshape(-1, 2)
            others = np.arange(len(points)) != i
            between = np.abs(tried[:, None] - centres[others]) - (boxes[i] + boxes[others]) / 2
            overlap = np.maximum(1 - between, 0).prod(axis=2).sum(axis=1)
            outside = _outside(tried, boxes[i], points) - radii
            beyond = np.maximum(low - (tried - boxes[i] / 2), tried + boxes[i] / 2 - high).clip(0).sum(axis=1)
            covered = (outside < 3).sum(axis=1) + 0.3 * (_outside(tried, boxes[i], avoid) < 2).sum(axis=1)
            nearer = (outside[:, others] < outside[:, [i]]).sum(axis=1)
            centres[i] = tried[np.argmin(100 * overlap + 60 * covered + 10 * nearer + 20 * beyond + outside[:, i])]
    return centres


def _outside(centres, boxes, points):
    """Distance (m, n) of n points (n, 2) to m boxes, of one size (2) or of a size each (m, 2); 0 inside."""
    half = np.broadcast_to(boxes, centres.shape)[:, None] / 2
    return np.hypot(*np.moveaxis(np.maximum(np.abs(points - centres[:, None]) - half, 0), 2, 0))


def _area(third):
    """Area of a dot, in square points, by its point's third dimension, 0 to 1."""
    return 10 + 80 * third
