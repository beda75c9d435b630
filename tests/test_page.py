"""The interactive page: what it holds, that it is escaped, and that it needs no network."""

import json
import re

import numpy as np
import pytest

from vadstudy import page
from vadstudy.emotions import EMOTIONS, GROUP_COLOURS
from vadstudy.mappers import Mapper, nrc, random, scaled


@pytest.fixture(scope="module")
def figure():
    return page.interactive([nrc(), scaled()]).to_plotly_json()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return page.write_page([nrc(), scaled()], tmp_path_factory.mktemp("page") / "vad_space.html")


def data_in(html):
    """The traces in a page: the second argument of Plotly.newPlot."""
    start = re.search(r'Plotly\.newPlot\(\s*"vad-space",\s*', html).end()
    return json.JSONDecoder().raw_decode(html[start:])[0]


def buttons(figure, menu):
    return figure["layout"]["updatemenus"][menu]["buttons"]


def test_every_label_of_every_mapper_is_a_point(figure):
    traces = figure["data"]
    assert len(traces) == 2 * len(GROUP_COLOURS)
    for mapper, group in ((nrc(), traces[:7]), (scaled(), traces[7:])):
        found = {name: place for t in group for name, *place in zip(t["text"], t["x"], t["y"], t["z"], strict=True)}
        assert sorted(found) == sorted(EMOTIONS)
        np.testing.assert_allclose([found[label] for label in EMOTIONS], mapper.points)


def test_points_have_names_colours_and_hover(figure):
    for trace in figure["data"]:
        assert trace["mode"] == "markers+text"
        assert trace["marker"]["color"] == GROUP_COLOURS[trace["name"]]
        assert "valence %{x:.3f}" in trace["hovertemplate"] and "dominance %{z:.3f}" in trace["hovertemplate"]
    joy = next(trace for trace in figure["data"] if "joy" in trace["text"])
    assert list(joy["customdata"][list(joy["text"]).index("joy")]) == ["amusement", "0.053"]


def test_buttons_show_one_mapper_at_a_time(figure):
    shown = [button["args"][0]["visible"] for button in buttons(figure, 0)]
    assert shown == [[True] * 7 + [False] * 7, [False] * 7 + [True] * 7]
    assert [trace["visible"] for trace in figure["data"]] == shown[0]


def test_buttons_turn_names_on_and_off(figure):
    assert [button["args"][0]["mode"] for button in buttons(figure, 1)] == ["markers+text", "markers"]


def test_axes_change_their_names_with_the_mapper():
    figure = page.interactive([nrc(), random()]).to_plotly_json()
    titles = [button["args"][1]["scene.xaxis.title.text"] for button in buttons(figure, 0)]
    assert titles[0].startswith("valence") and titles[1].startswith("dimension 1")
    assert figure["layout"]["scene"]["xaxis"]["title"]["text"] == titles[0]


def test_what_mappers_and_labels_are_called_is_escaped(tmp_path):
    evil = "<script>alert(1)</script>", "<a href='javascript:alert(2)'>joy</a>", "</script><b>\"&"
    mapper = Mapper("<img src=x onerror=alert(3)>", evil, [[0, 0, 0], [0, 0, 1], [1, 1, 1]])
    figure = page.interactive([mapper]).to_plotly_json()
    drawn = [*figure["data"][0]["text"], *np.ravel(figure["data"][0]["customdata"]), buttons(figure, 0)[0]["label"]]
    assert not any("<" in text or ">" in text for text in drawn)
    html = page.write_page([mapper], tmp_path / "x.html").read_text(encoding="utf-8")
    assert "alert(" in html
    for raw in (*evil, mapper.name, "<img", "<a href"):
        assert raw not in html
    assert set(data_in(html)[0]["text"]) == {
        "&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;a href=&#x27;javascript:alert(2)&#x27;&gt;joy&lt;/a&gt;",
        "&lt;/script&gt;&lt;b&gt;&quot;&amp;"}  # fmt: skip


def test_page_is_whole_and_works_offline(written):
    html = written.read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>") and html.rstrip().endswith("</html>")
    assert "<title>28 emotions in 2 spaces</title>" in html
    assert re.findall(r"<script[^>]*src=\"([^\"]+)\"", html) == ["plotly.min.js"]
    assert "https://" not in re.sub(r'"plotlyServerURL":\s*"[^"]*"', "", html)
    script = (written.parent / "plotly.min.js").read_text(encoding="utf-8")
    assert "plotly.js v" in script[:500]
    assert len(html) < 350_000


def test_page_holds_the_figure(written):
    traces = data_in(written.read_text(encoding="utf-8"))
    assert sorted(name for trace in traces[:7] for name in trace["text"]) == sorted(EMOTIONS)


def test_equal_mappers_give_equal_pages(written, tmp_path):
    again = page.write_page([nrc(), scaled()], tmp_path / "again.html")
    assert again.read_bytes() == written.read_bytes()


def test_other_than_three_dimensions_is_an_error():
    with pytest.raises(ValueError, match="'random-4' has 4 dimensions, expected 3"):
        page.interactive([nrc(), random(dims=4)])
