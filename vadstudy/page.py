"""The interactive page: the labels in every mapper's space, to turn, to point at and to compare, offline."""

from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from vadstudy.emotions import GROUP_COLOURS
from vadstudy.space import TITLES, axis_names, group_of, separations

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
<p>Drag to turn, scroll to zoom, point at an emotion for its numbers. The buttons change the space and hide the names;
a click on a group in the legend hides it. Raw points: the NRC VAD Lexicon, S. M. Mohammad (2018), free for research
use.</p>
<noscript><p>This page needs JavaScript; <code>02_mappers.png</code> beside it shows the same.</p></noscript>
{figure}
</body>
</html>
"""


def interactive(mappers):
    """Plotly figure of the labels in each mapper's space, with buttons for the mapper and for the names.

    Names of mappers and labels are escaped, for Plotly reads tags in text. A ``ValueError`` names a mapper that does
    not have three dimensions.
    """
    figure, shown, choose = go.Figure(), [], []
    for mapper in mappers:
        if mapper.dims != 3:
            raise ValueError(f"mapper {mapper.name!r} has {mapper.dims} dimensions, expected 3; leave it out")
        apart, labels = separations(mapper), np.array([escape(label) for label in mapper.labels], object)
        short = [name.split(" (")[0] for name in axis_names(mapper)]
        hover = "".join(f"<br>{name} %{{{axis}:.3f}}" for axis, name in zip("xyz", short, strict=True))
        for group in dict.fromkeys(map(group_of, mapper.labels)):
            rows = [i for i, label in enumerate(mapper.labels) if group_of(label) == group]
            x, y, z = mapper.points[rows].T.tolist()
            figure.add_scatter3d(
                x=x, y=y, z=z, text=labels[rows], name=group, visible=mapper is mappers[0], mode="markers+text",
                customdata=[[labels[apart[i].argmin()], f"{apart[i].min():.3f}"] for i in rows],
                hovertemplate=f"<b>%{{text}}</b> ({group}){hover}"
                              "<br>nearest: %{customdata[0]}, %{customdata[1]} away<extra></extra>",
                marker=dict(size=5, color=GROUP_COLOURS.get(group, "#000000")), textfont=dict(size=11),
            )  # fmt: skip
            shown.append(mapper)
    for mapper in mappers:
        axes = {f"scene.{axis}axis.title.text": name for axis, name in zip("xyz", axis_names(mapper), strict=True)}
        choose.append(dict(label=escape(TITLES.get(mapper.name, mapper.name)), method="update",
                           args=[{"visible": [other is mapper for other in shown]}, axes]))  # fmt: skip
    names = [dict(label=label, method="restyle", args=[{"mode": mode}])
             for label, mode in (("names on", "markers+text"), ("names off", "markers"))]  # fmt: skip
    menus = [dict(type="buttons", direction="right", xanchor="left", yanchor="top", x=0, y=y, buttons=buttons)
             for y, buttons in ((1.16, choose), (1.07, names))]  # fmt: skip
    scene = {f"{axis}axis": dict(title_text=name, range=[0, 1])
             for axis, name in zip("xyz", axis_names(mappers[0]), strict=True)}  # fmt: skip
    return figure.update_layout(uirevision="kept", margin=dict(l=0, r=0, b=0, t=100), updatemenus=menus,
                                legend_title_text="Ekman group",
                                scene=dict(aspectmode="cube", uirevision="kept", **scene))  # fmt: skip


def write_page(mappers, path):
    """Write :func:`interactive` as a page that works offline, with ``plotly.min.js`` beside it; return its path."""
    figure = interactive(mappers).to_html(full_html=False, include_plotlyjs="directory", div_id="vad-space",
                                          default_height="80vh")  # fmt: skip
    title = f"{len(mappers[0])} emotions in {len(mappers)} spaces"
    path.write_text(PAGE.format(title=title, figure=figure), encoding="utf-8")
    (path.parent / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    return path
