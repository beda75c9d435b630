"""The interactive page: the labels in every mapper's space, where texts are predicted in it, offline.

The page's text and style are ``data/space.html``, what its controls do is ``data/space.js``.
"""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from vadstudy import readout
from vadstudy.emotions import GROUP_COLOURS
from vadstudy.mappers import Mapper, from_vad
from vadstudy.paths import PACKAGED
from vadstudy.plots.space import TITLES, axis_names, colour_of, group_of, separations
from vadstudy.runs import Run

SOURCE = """Raw points: the NRC VAD Lexicon, S. M. Mohammad (2018), free for research use. The comments of GoEmotions
are shown as points only, without their texts."""
WORDS = """The grey points are the lexicon's words, from the copy on this machine: <strong>do not pass this page
on</strong>, the lexicon may not be redistributed. In the scaled space, words beyond the 28 emotions' own range lie on
the cube's sides."""

#: Of Plotly's buttons only those that turn, move and save; the one that uploads the figure is off.
CONFIG = dict(
    responsive=True,
    displaylogo=False,
    showSendToCloud=False,
    plotlyServerURL="",
    modeBarButtonsToRemove=["resetCameraDefault3d", "resetCameraLastSave3d"],
)


def interactive(mappers: Sequence[Mapper]) -> go.Figure:
    """Plotly figure of the labels in each mapper's space, one trace a group; the first mapper's are visible.

    A trace's ``meta`` has its ``kind``, "labels", and the number of its mapper as ``space``. Names of labels are
    escaped, for Plotly reads tags in text. A ``ValueError`` names a mapper that does not have three dimensions.
    """
    figure = go.Figure()
    for number, mapper in enumerate(mappers):
        if mapper.dims != 3:
            raise ValueError(f"mapper {mapper.name!r} has {mapper.dims} dimensions, expected 3; leave it out")
        apart, labels = separations(mapper), np.array([escape(label) for label in mapper.labels], object)
        for group in dict.fromkeys(map(group_of, mapper.labels)):
            rows = [i for i, label in enumerate(mapper.labels) if group_of(label) == group]
            x, y, z = mapper.points[rows].T.tolist()
            figure.add_scatter3d(
                x=x,
                y=y,
                z=z,
                text=labels[rows],
                name=group,
                visible=number == 0,
                mode="markers",
                customdata=[[labels[apart[i].argmin()], f"{apart[i].min():.3f}"] for i in rows],
                hovertemplate=f"<b>%{{text}}</b> ({group}){_hover(mapper)}"
                "<br>nearest: %{customdata[0]}, %{customdata[1]} away<extra></extra>",
                marker=dict(size=4.5, color=GROUP_COLOURS.get(group, "#000000")),
                meta=dict(kind="labels", space=number),
            )
    ticks = dict(range=[-0.04, 1.04], dtick=0.25, tickfont_size=10)
    scene = {
        f"{axis}axis": dict(title=dict(text=name, font_size=12), **ticks)
        for axis, name in zip("xyz", axis_names(mappers[0]), strict=True)
    }
    return figure.update_layout(
        uirevision="kept",
        margin=dict(l=0, r=0, b=0, t=0),
        legend_title_text="Ekman group",
        scene=dict(aspectmode="cube", uirevision="kept", **scene),
    )


def write_page(
    mappers: Sequence[Mapper],
    path: Path,
    runs: Sequence[Run] = (),
    words: pd.DataFrame | None = None,
    read_off: Run | None = None,
) -> Path:
    """Write a page of the labels' points that works offline, with ``plotly.min.js`` beside it; return its path.

    Parameters
    ----------
    mappers : list of Mapper
    path : Path
    runs : list of Run, optional
        Regressors whose predictions on test are shown, each in the space of the mapper that it was trained towards.
    words : DataFrame, optional
        The lexicon of :func:`vadstudy.corpora.lexicon`, whose words are shown in the raw and the scaled space.
    read_off : Run, optional
        A classifier of the labels, whose calibrated probabilities are carried through the points of the raw and the
        scaled space: what is read off it stands beside what the regressors predict.

    Raises
    ------
    ValueError
        If a mapper does not have three dimensions.
    """
    figure = _figure(mappers, words)
    data = json.dumps({"spaces": [_space(mapper, runs, read_off) for mapper in mappers]}, separators=(",", ":"))
    title = f"{len(mappers[0])} emotions in {len(mappers)} spaces"
    template = Template((PACKAGED / "space.html").read_text(encoding="utf-8"))
    path.write_text(
        template.substitute(
            title=title,
            data=_inert(data),
            script=(PACKAGED / "space.js").read_text(encoding="utf-8"),
            spaces="".join(
                f'<option value="{i}">{escape(TITLES.get(mapper.name, mapper.name))}</option>'
                for i, mapper in enumerate(mappers)
            ),
            labels="".join(
                f'<option value="{escape(label)}"></option>'
                for label in sorted({label for mapper in mappers for label in mapper.labels})
            ),
            without_clouds="" if runs or read_off else " hidden",
            without_both="" if runs and read_off else " hidden",
            without_words=" hidden" if words is None else "",
            source=SOURCE if words is None else f"{SOURCE} {WORDS}",
            figure=figure.to_html(
                full_html=False,
                include_plotlyjs="directory",
                div_id="vad-space",
                post_script="start();",
                config=dict(CONFIG),  # a copy, which Plotly changes
            ),
        ),
        encoding="utf-8",
    )
    (path.parent / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    return path


def _figure(mappers, words):
    """:func:`interactive`, with traces for the words, and for what the page's script shows: clouds and marks."""
    figure = interactive(mappers)
    for number, mapper in enumerate(mappers):
        if words is not None and mapper.name in ("nrc", "scaled"):
            figure.add_scatter3d(**_words(words, mapper, number))
    for kind, marker in (
        ("cloud", dict(size=3, opacity=0.5)),
        ("read", dict(size=2.5, opacity=0.5, symbol="diamond-open")),
        ("marks", dict(size=6, color="#000000", symbol=["diamond", "cross", "x"])),
    ):
        figure.add_scatter3d(
            x=[],
            y=[],
            z=[],
            name=kind,
            mode="markers",
            marker=marker,
            meta=dict(kind=kind),
            visible=False,
            showlegend=False,
        )
    legend = dict(
        orientation="h", x=0.5, xanchor="center", y=-0.02, yanchor="top", title_text="", itemsizing="constant"
    )
    figure.update_layout(legend=legend, scene_camera_projection_type="orthographic")
    return figure


def write_pages(runs: Sequence[Run], folder: Path, read_off: Run | None = None) -> list[Path]:
    """Write the page of some regressors' spaces and, where the NRC VAD lexicon is on this machine, one with its words.

    The lexicon may not be redistributed: only ``vad_space_words.html`` has its words, and ``vad_space.html`` is the
    same with and without it. A ``CorpusError`` says what is wrong with a damaged lexicon.

    Parameters
    ----------
    runs : list of Run
    folder : Path
    read_off : Run, optional
        As in :func:`write_page`.

    Returns
    -------
    list of Path
        Of the page, or of the two.
    """
    from vadstudy import corpora  # here: loading texts takes a while, and few figures need them

    targets = [run.mapper for run in runs]
    pages = [write_page(targets, folder / "vad_space.html", runs, None, read_off)]
    if corpora.local("nrc-vad", "NRC-VAD-Lexicon.txt"):
        pages.append(write_page(targets, folder / "vad_space_words.html", runs, corpora.lexicon(), read_off))
    return pages


def _short(mapper):
    return [name.split(" (")[0] for name in axis_names(mapper)]


def _space(mapper, runs, read_off):
    """What the page's script knows of a mapper: its labels and, for each, where its test comments lie, in thousandths.

    ``sources`` are the run that was trained towards the mapper, and what is read off a classifier.
    """
    sources = [
        _source("cloud", run, run.outputs("test"), f"predicted by {run.recipe.name}, seed {run.seed}", len(mapper))
        for run in runs
        if run.mapper.name == mapper.name
    ]
    if read_off is not None and mapper.name in ("nrc", "scaled"):
        temperature = readout.calibrated(read_off.outputs("dev"), read_off.labels("dev"))
        points = readout.expected(readout.probabilities(read_off.outputs("test"), temperature), mapper)
        how = f"read off {read_off.recipe.name}, seed {read_off.seed}"
        sources.append(_source("read", read_off, points, how, len(mapper)))
    return {
        "title": TITLES.get(mapper.name, mapper.name),
        "axes": list(axis_names(mapper)),
        "short": _short(mapper),
        "labels": mapper.labels,
        "groups": list(map(group_of, mapper.labels)),
        "colours": list(map(colour_of, mapper.labels)),
        "points": mapper.points.round(4).tolist(),
        "sources": sources,
    }


def _source(kind, run, points, how, count):
    """Where a run has the test comments of each label: (n, 3) whole numbers, short to write, 1000 for 1."""
    labels, points = run.labels("test"), np.round(1000 * np.asarray(points, float)).astype(int)
    return {"kind": kind, "how": how, "clouds": [points[labels == i].tolist() for i in range(count)]}


def _words(words, mapper, number):
    """Trace of the lexicon's words in the space of "nrc" or "scaled"."""
    x, y, z = from_vad(words.to_numpy(), mapper.name).round(3).T.tolist()
    return dict(
        x=x,
        y=y,
        z=z,
        text=list(map(escape, words.index)),
        name="words",
        mode="markers",
        visible=False,
        showlegend=False,
        hovertemplate=f"%{{text}}{_hover(mapper)}<extra></extra>",
        marker=dict(size=1.3, color="#888888", opacity=0.25),
        meta=dict(kind="words", space=number),
    )


def _hover(mapper):
    return "".join(f"<br>{name} %{{{axis}:.3f}}" for axis, name in zip("xyz", _short(mapper), strict=True))


def _inert(data):
    """JSON that no HTML parser takes for a tag."""
    return data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
