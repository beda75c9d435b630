"""Points in space: how far the labels lie apart, static 3D figures (figure 4), and the interactive page.

A figure is closed as it is made: a notebook shows it once, as the value of its cell.
"""

from html import escape
from itertools import combinations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from mpl_toolkits.mplot3d import proj3d
from plotly.offline import get_plotlyjs
from scipy.spatial.distance import pdist, squareform
from scipy.stats import spearmanr

from vadstudy.emotions import EMOTIONS, GROUP_COLOURS, ekman

TITLES = {"nrc": "raw: NRC VAD", "scaled": "scaled: quantiles of NRC VAD", "spread": "spread: evenly in the cube",
          "shuffled": "shuffled: NRC VAD, labels permuted"}  # fmt: skip
#: What the axes of a mapper with psychological dimensions mean at 0 and at 1.
ENDS = ("valence (0 negative, 1 positive)", "arousal (0 calm, 1 excited)", "dominance (0 weak, 1 in control)")
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 1rem; }} p {{ max-width: 60em; }}</style>
</head>
<body>
<h1>{title}</h1>
<p>Drag to turn, scroll to zoom, point at a label for its numbers; the buttons change the mapper and hide the names.
The raw points are from the NRC VAD Lexicon (S. M. Mohammad, 2018; free for research use).</p>
<noscript><p>This page needs JavaScript; <code>02_mappers.png</code> beside it shows the same.</p></noscript>
{figure}
</body>
</html>
"""


def pairs(mapper):
    """Every pair of labels, nearest first: ``first``, ``second``, ``distance`` (Euclidean)."""
    frame = pd.DataFrame(combinations(mapper.labels, 2), columns=["first", "second"])
    return frame.assign(distance=pdist(mapper.points)).sort_values("distance", kind="stable", ignore_index=True)


def distance_table(mappers):
    """One row a mapper: Euclidean distances over all pairs, and whether near pairs stay near.

    ``neighbour`` is the mean distance of a label to its nearest one; ``rank_correlation`` is Spearman's, of all pairs'
    distances with those in the first mapper's space.
    """
    rows, reference = [], pdist(mappers[0].points)
    for mapper in mappers:
        distances, nearest = pdist(mapper.points), pairs(mapper).iloc[0]
        rows.append({"mapper": mapper.name, "least": distances.min(), "median": np.median(distances),
                     "greatest": distances.max(), "neighbour": _apart(mapper).min(axis=1).mean(),
                     "nearest_pair": f"{nearest['first']}, {nearest['second']}",
                     "rank_correlation": spearmanr(reference, distances).statistic})  # fmt: skip
    return pd.DataFrame(rows).set_index("mapper")


def axis_names(mapper):
    """What each dimension is; the dimensions of ``spread`` and ``random`` points mean nothing."""
    return ENDS if mapper.name in ("nrc", "scaled") else [f"dimension {i + 1} (0 to 1)" for i in range(mapper.dims)]


def vad_space(*mappers):
    """Figure 4 of the paper: the labels in a mapper's space, on stems to the floor; several mappers side by side."""
    with sns.axes_style("white"):
        figure = plt.figure(figsize=(9, 7.6) if len(mappers) == 1 else (5.2 * len(mappers), 5.8))
    plt.close(figure)
    size, named = 9 if len(mappers) == 1 else 8, []
    for i, mapper in enumerate(mappers):
        axes = figure.add_subplot(1, len(mappers), i + 1, projection="3d")
        _draw(axes, mapper, size)
        for (x, y, z), label in zip(mapper.points, mapper.labels, strict=True):
            axes.plot([x, x], [y, y], [0, z], color=_colour(label), lw=0.7, alpha=0.4)
        axes.set_title(TITLES.get(mapper.name, mapper.name), y=1.02, fontsize=size + 3)
        named.append((axes, mapper.points, mapper.labels, size))
    return _named(figure, named)


def predicted(points, labels, mapper):
    """Figure: predicted points (n, 3) of texts with true label indices (n,), and where each label's texts land.

    Left: all of them in the colour of their true label's group, and the labels' own points. Right, in the first two
    dimensions: from each label's own point (ring) an arrow to the mean of its texts' predicted points.
    """
    with sns.axes_style("white"):
        figure = plt.figure(figsize=(14.5, 6.6))
    plt.close(figure)
    cloud, means = figure.add_subplot(1, 2, 1, projection="3d"), figure.add_subplot(1, 2, 2)
    groups, own = np.array([_colour(label) for label in mapper.labels]), mapper.points
    cloud.scatter(*np.asarray(points).T, s=5, c=groups[labels], alpha=0.35, linewidths=0, depthshade=False)
    _draw(cloud, mapper, 8)
    present = np.unique(labels)
    for i in present:
        line = dict(arrowstyle="->", color=groups[i], lw=1.2, shrinkA=4, shrinkB=0)
        means.annotate("", points[labels == i, :2].mean(axis=0), own[i, :2], arrowprops=line)
        means.scatter(*own[i, :2], s=42, facecolor="white", edgecolor=groups[i], linewidths=1.5, zorder=3)
    means.scatter(*np.mean(points, axis=0)[:2], s=90, marker="X", color="black", zorder=4)
    xlabel, ylabel = axis_names(mapper)[:2]
    means.set(xlabel=xlabel, ylabel=ylabel, xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal",
              title="from each label's point to the mean of its texts (X: mean of all texts)")  # fmt: skip
    cloud.set_title("every text's predicted point, by its true label's group", y=1.02)
    names = [mapper.labels[i] for i in present]
    return _named(figure, [(cloud, own, mapper.labels, 8), (means, own[present, :2], names, 8)])


def name_points(axes, points, names, size=8):
    """Write each name (n) beside its point (n, 2 or 3) without overlap, with a thin line where it had to move away.

    Call it when the figure's layout is final: places are found on the page, in 1/72 inch.
    """
    points = np.asarray(points, float)
    if points.shape[1] == 3:
        points = np.column_stack(proj3d.proj_transform(*points.T, axes.get_proj())[:2])
    page = axes.transData.transform(points) * 72 / axes.figure.dpi
    boxes = np.array([[0.56 * size * len(name) + 2, 1.15 * size] for name in names])
    centres = place_names(page, boxes)
    outside = _outside(centres, boxes, page)
    for i, (name, point) in enumerate(zip(names, points, strict=True)):
        unclear = outside[i, i] > 6 or np.delete(outside[i], i).min(initial=np.inf) < outside[i, i] + 2
        line = dict(arrowstyle="-", color=_colour(name), lw=0.7, shrinkA=0, shrinkB=2) if unclear else None
        axes.annotate(name, point, centres[i] - page[i], textcoords="offset points", ha="center", va="center",
                      fontsize=size, color="#222222", arrowprops=line, zorder=10, annotation_clip=False,
                      path_effects=[withStroke(linewidth=2, foreground="white", alpha=0.8)])  # fmt: skip


def place_names(points, boxes, gap=4.0):
    """Centres (n, 2) of boxes with given widths and heights (n, 2), each near its point (n, 2), off all else."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    reach = np.array([1, 1.6, 2.6, 4, 6, 9, 13])[:, None, None] * gap
    centres = points + [0, 2 * gap]
    crowded = np.argsort(np.sort(squareform(pdist(points)), axis=1)[:, :4].sum(axis=1), kind="stable")
    for _ in range(8):
        for i in crowded:
            tried = points[i] + (directions * (boxes[i] / 2 + reach)).reshape(-1, 2)
            others = np.arange(len(points)) != i
            between = np.abs(tried[:, None] - centres[others]) - (boxes[i] + boxes[others]) / 2
            overlap = np.maximum(1 - between, 0).prod(axis=2).sum(axis=1)
            outside = _outside(tried, boxes[i], points)
            nearer = (outside[:, others] < outside[:, [i]]).sum(axis=1)
            cost = 100 * overlap + 60 * (outside < 3).sum(axis=1) + 10 * nearer + outside[:, i]
            centres[i] = tried[np.argmin(cost)]
    return centres


def _outside(centres, boxes, points):
    """Distance (m, n) of each of n points to each of m boxes; boxes are one size (2) or a size each (m, 2)."""
    half = np.broadcast_to(boxes, centres.shape)[:, None] / 2
    return np.hypot(*np.moveaxis(np.maximum(np.abs(points - centres[:, None]) - half, 0), 2, 0))


def interactive(mappers):
    """Plotly figure of the labels in each mapper's space, with buttons for the mapper and for the names.

    Names of mappers and labels are escaped, for Plotly reads tags in text.
    """
    figure, shown, choose = go.Figure(), [], []
    for mapper in mappers:
        if mapper.dims != 3:
            raise ValueError(f"mapper {mapper.name!r} has {mapper.dims} dimensions, expected 3; leave it out")
        apart, axes = _apart(mapper), [name.split(" (")[0] for name in axis_names(mapper)]
        labels, hover = np.array([escape(label) for label in mapper.labels], object), "<b>%{text}</b>"
        hover += "".join(f"<br>{name} %{{{axis}:.3f}}" for axis, name in zip("xyz", axes, strict=True))
        for group in dict.fromkeys(map(_group, mapper.labels)):
            rows = [i for i, label in enumerate(mapper.labels) if _group(label) == group]
            x, y, z = mapper.points[rows].T.tolist()
            figure.add_scatter3d(
                x=x, y=y, z=z, text=labels[rows], name=group, visible=mapper is mappers[0], mode="markers+text",
                customdata=[[labels[apart[i].argmin()], f"{apart[i].min():.3f}"] for i in rows],
                hovertemplate=hover + "<br>nearest: %{customdata[0]}, at %{customdata[1]}<extra></extra>",
                marker=dict(size=5, color=GROUP_COLOURS.get(group, "#000000")), textfont=dict(size=11),
            )  # fmt: skip
            shown.append(mapper)
    for mapper in mappers:
        title = escape(TITLES.get(mapper.name, mapper.name))
        axes = {f"scene.{a}axis.title.text": name for a, name in zip("xyz", axis_names(mapper), strict=True)}
        choose.append(dict(label=title, method="update", args=[{"visible": [m is mapper for m in shown]}, axes]))
    names = [dict(label=label, method="restyle", args=[{"mode": mode}])
             for label, mode in (("names on", "markers+text"), ("names off", "markers"))]  # fmt: skip
    buttons = [dict(type="buttons", direction="right", xanchor="left", yanchor="top", x=0, y=y, buttons=group)
               for y, group in ((1.14, choose), (1.06, names))]  # fmt: skip
    first = choose[0]["args"][1].values()
    scene = {f"{a}axis": dict(title_text=name, range=[0, 1]) for a, name in zip("xyz", first, strict=True)}
    return figure.update_layout(uirevision="kept", margin=dict(l=0, r=0, b=0, t=100), updatemenus=buttons,
                                scene=dict(aspectmode="cube", uirevision="kept", **scene))  # fmt: skip


def write_page(mappers, path):
    """Write :func:`interactive` as a page that works offline, with ``plotly.min.js`` beside it; return its path."""
    figure = interactive(mappers).to_html(full_html=False, include_plotlyjs="directory", div_id="vad-space",
                                          default_height="80vh")  # fmt: skip
    title = f"{len(mappers[0])} emotions in {len(mappers)} spaces"
    path.write_text(PAGE.format(title=title, figure=figure), encoding="utf-8")
    (path.parent / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    return path


def _apart(mapper):
    """Distances (n, n) between labels, infinite to itself."""
    apart = squareform(pdist(mapper.points))
    np.fill_diagonal(apart, np.inf)
    return apart


def _group(label):
    return ekman(label) if label in EMOTIONS else "other"


def _colour(label):
    return GROUP_COLOURS.get(_group(label), "#000000")


def _draw(axes, mapper, size):
    """The labels' points, and the cube."""
    axes.scatter(*mapper.points.T, s=34, c=[_colour(label) for label in mapper.labels], edgecolors="white",
                 linewidths=0.6, depthshade=False)  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1), zlim=(0, 1))
    for axis, name in zip("xyz", axis_names(mapper), strict=True):
        getattr(axes, f"set_{axis}label")(name, fontsize=size)
    axes.tick_params(labelsize=size - 1, pad=0)
    axes.view_init(elev=36, azim=-56)
    axes.set_box_aspect((1, 1, 0.9), zoom=0.93)


def _named(figure, named):
    """Add the legend of groups, fix the layout, and name the points."""
    groups = dict.fromkeys(_group(label) for _, _, labels, _ in named for label in labels)
    dots = [Line2D([], [], marker="o", ls="", color=GROUP_COLOURS.get(g, "#000000"), label=g) for g in groups]
    figure.legend(handles=dots, loc="lower center", ncols=len(dots), frameon=False, title="Ekman group", fontsize=10,
                  title_fontsize=10)  # fmt: skip
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.draw_without_rendering()
    for axes, points, names, size in named:
        name_points(axes, points, names, size)
    return figure
