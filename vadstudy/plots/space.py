"""Points in space: how far the labels lie apart, and static figures of them (figure 4). Distances are Euclidean.

A figure is closed as it is made: a notebook shows it once, as the value of its cell.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D, proj3d
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from vadstudy.emotions import EMOTIONS, GROUP_COLOURS, ekman
from vadstudy.mappers import Mapper

TITLES = {
    "nrc": "raw: NRC VAD",
    "scaled": "scaled: quantiles of NRC VAD",
    "spread": "spread: evenly in the cube",
    "shuffled": "shuffled: NRC VAD, labels permuted",
}
#: What the axes of a mapper with psychological dimensions mean at 0 and at 1.
ENDS = ("valence (0 negative, 1 positive)", "arousal (0 calm, 1 excited)", "dominance (0 weak, 1 in control)")
MAPPER_COLOURS = {"nrc": "#332288", "scaled": "#AA4499", "spread": "#117733", "shuffled": "#DDCC77"}


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
    figure, axes = plt.subplots(figsize=(9, 7.6), layout="constrained")
    plt.close(figure)
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
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set(fontsize=9)
    return figure


def distances(mappers: Sequence[Mapper]) -> Figure:
    """Figure: the pairs' distances in each mapper's space, and beside each pair's distance in the first one."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    plt.close(figure)
    first, raw = TITLES.get(mappers[0].name, mappers[0].name).split(":")[0], pdist(mappers[0].points)
    for mapper, marker in zip(mappers, "osD^", strict=False):
        name, found = TITLES.get(mapper.name, mapper.name).split(":")[0], pdist(mapper.points)
        shade = MAPPER_COLOURS.get(mapper.name, "#666666")
        left.ecdf(found, color=shade, lw=2, label=f"{name}: least {found.min():.3f}")
        if mapper is not mappers[0]:
            right.scatter(
                raw,
                found,
                13,
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
    for axes in (left, right):
        axes.legend(loc="lower right", fontsize=9, markerscale=1.5)
    return figure


def vad_space(*mappers: Mapper) -> Figure:
    """Figure 4 of the paper: the labels in a mapper's space, on stems to the floor; several mappers side by side."""
    with sns.axes_style("white"):
        figure = plt.figure(figsize=(9, 7.6) if len(mappers) == 1 else (5.6 * len(mappers), 6.2))
    plt.close(figure)
    size, named = 9 if len(mappers) == 1 else 8, []
    for i, mapper in enumerate(mappers):
        axes = figure.add_subplot(1, len(mappers), i + 1, projection="3d")
        _draw(axes, mapper, size)
        for (x, y, z), label in zip(mapper.points, mapper.labels, strict=True):
            axes.plot([x, x], [y, y], [0, z], color=colour_of(label), lw=0.7, alpha=0.4)
        axes.set_title(TITLES.get(mapper.name, mapper.name), y=1.02, fontsize=size + 3)
        named.append((axes, mapper.points, mapper.labels, size))
    return _named(figure, named)


def predicted(points: np.ndarray, labels: np.ndarray, mapper: Mapper) -> Figure:
    """Figure: predicted points (n, 3) of texts with true label indices (n,), and where each label's texts land.

    Left: all of them in the colour of their true label's group, and the labels' own points. Right, in the first two
    dimensions: from each label's own point (ring) an arrow to the mean of its texts' predicted points.
    """
    with sns.axes_style("white"):
        figure = plt.figure(figsize=(14.5, 6.8))
    plt.close(figure)
    cloud, means = figure.add_subplot(1, 2, 1, projection="3d"), figure.add_subplot(1, 2, 2)
    groups, present = np.array([colour_of(label) for label in mapper.labels]), np.unique(labels)
    x, y, z = np.asarray(points).T
    cloud.scatter(x, y, z, s=5, c=groups[labels], alpha=0.35, linewidths=0, depthshade=False, rasterized=True)
    _draw(cloud, mapper, 8)
    starts, ends = mapper.points[present, :2], np.array([points[labels == i, :2].mean(axis=0) for i in present])
    for start, end, shade in zip(starts, ends, groups[present], strict=True):
        line = dict(arrowstyle="->", color=shade, lw=1.2, shrinkA=4, shrinkB=0)
        means.annotate("", end, start, arrowprops=line)
        means.scatter(start[0], start[1], s=42, facecolor="white", edgecolor=shade, linewidths=1.5, zorder=3)
    middle = np.mean(points, axis=0)[:2]
    means.scatter(middle[0], middle[1], s=90, marker="X", color="black", zorder=4)
    xlabel, ylabel = axis_names(mapper)[:2]
    means.set(xlabel=xlabel, ylabel=ylabel, xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    means.set_title("from each label's point to the mean of its texts (X: mean of all texts)", fontsize=11)
    cloud.set_title("every text's predicted point, by its true label's group", fontsize=11, y=1.02)
    arrows = np.concatenate([[middle] * 9, *(starts + (ends - starts) * part for part in (0.2, 0.4, 0.6, 0.8, 1))])
    names = [mapper.labels[i] for i in present]
    return _named(figure, [(cloud, mapper.points, mapper.labels, 8), (means, starts, names, 8, arrows)])


def name_points(
    axes: Axes, points: ArrayLike, names: Sequence[str], size: float = 8, avoid: np.ndarray | None = None
) -> None:
    """Write each name (n) beside its point (n, 2 or 3), off the others, with a thin line where it had to move away.

    Call it when the figure's layout is final: places are found on the page, in 1/72 inch. ``avoid`` holds further
    points (m, 2) that no name should cover.
    """
    points = np.asarray(points, float)
    if isinstance(axes, Axes3D):
        points = np.column_stack(proj3d.proj_transform(*points.T, axes.get_proj())[:2])
    everything = points if avoid is None else np.concatenate([points, avoid])
    page = axes.transData.transform(everything) * 72 / axes.figure.dpi
    boxes, own = np.array([[0.58 * size * len(name) + 2, 1.2 * size] for name in names]), page[: len(names)]
    centres = place_names(own, boxes, page[len(names) :])
    outside = _outside(centres, boxes, own)
    for i, (name, point) in enumerate(zip(names, points, strict=True)):
        unclear = outside[i, i] > 6 or np.delete(outside[i], i).min(initial=np.inf) < outside[i, i] + 1
        line = dict(arrowstyle="-", color=colour_of(name), lw=0.7, shrinkA=0, shrinkB=2) if unclear else None
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


def place_names(points: np.ndarray, boxes: np.ndarray, avoid: ArrayLike = (), gap: float = 4.0) -> np.ndarray:
    """Centres (n, 2) of boxes of given widths and heights (n, 2), each near its point (n, 2) and off all else."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    reach = np.array([1, 1.6, 2.6, 4, 6, 9, 13])[:, None, None] * gap
    avoid = np.reshape(avoid, (-1, 2))
    centres = points + [0, 2 * gap]
    crowded = np.argsort(np.sort(squareform(pdist(points)), axis=1)[:, :4].sum(axis=1), kind="stable")
    for _ in range(8):
        for i in crowded:
            tried = points[i] + (directions * (boxes[i] / 2 + reach)).reshape(-1, 2)
            others = np.arange(len(points)) != i
            between = np.abs(tried[:, None] - centres[others]) - (boxes[i] + boxes[others]) / 2
            overlap = np.maximum(1 - between, 0).prod(axis=2).sum(axis=1)
            outside = _outside(tried, boxes[i], points)
            covered = (outside < 3).sum(axis=1) + 0.3 * (_outside(tried, boxes[i], avoid) < 2).sum(axis=1)
            nearer = (outside[:, others] < outside[:, [i]]).sum(axis=1)
            centres[i] = tried[np.argmin(100 * overlap + 60 * covered + 10 * nearer + outside[:, i])]
    return centres


def _outside(centres, boxes, points):
    """Distance (m, n) of n points (n, 2) to m boxes, of one size (2) or of a size each (m, 2); 0 inside."""
    half = np.broadcast_to(boxes, centres.shape)[:, None] / 2
    return np.hypot(*np.moveaxis(np.maximum(np.abs(points - centres[:, None]) - half, 0), 2, 0))


def _draw(axes, mapper, size):
    """The labels' points, and the cube."""
    axes.scatter(
        *mapper.points.T,
        s=34,
        c=[colour_of(label) for label in mapper.labels],
        edgecolors="white",
        linewidths=0.6,
        depthshade=False,
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), zlim=(0, 1))
    for axis, name in zip("xyz", axis_names(mapper), strict=True):
        getattr(axes, f"set_{axis}label")(name, fontsize=size)
    axes.tick_params(labelsize=size - 1, pad=0)
    axes.view_init(elev=36, azim=-56)
    axes.set_box_aspect((1, 1, 0.9), zoom=0.95)


def _named(figure, named):
    """Add the legend of groups, fix the layout, and name the points: (axes, points, names, size[, avoid]) each."""
    groups = dict.fromkeys(group_of(label) for _, _, labels, *_ in named for label in labels)
    dots = [Line2D([], [], marker="o", ls="", color=GROUP_COLOURS.get(g, "#000000"), label=g) for g in groups]
    figure.legend(
        handles=dots,
        loc="lower center",
        ncols=len(dots),
        frameon=False,
        title="Ekman group",
        fontsize=10,
        title_fontsize=10,
    )
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.draw_without_rendering()
    for panel in named:
        name_points(*panel)
    return figure
