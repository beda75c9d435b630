"""The interactive page: what it holds, that it is escaped, and that it needs no network."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from vadstudy import readout
from vadstudy.disk import schemas
from vadstudy.emotions import EMOTIONS, GROUP_COLOURS
from vadstudy.errors import CorpusError
from vadstudy.mappers import Mapper, from_vad, nrc, scaled, spread
from vadstudy.plots import page

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def figure():
    return page.interactive([nrc(), scaled()]).to_plotly_json()


def fake_run(mapper, name="scaled-mae"):
    """What a page needs of a run: 3 comments of each label but the last, off its point, whose numbers are long."""
    labels = np.repeat(np.arange(len(mapper) - 1), 3)
    points = mapper.points[labels] * 0.9 + 0.012345678
    return SimpleNamespace(
        mapper=mapper,
        recipe=SimpleNamespace(name=name),
        seed=42,
        outputs={"test": points.astype("float32")}.get,
        labels={"test": labels}.get,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    return page.write_page([nrc(), scaled()], folder / "vad_space.html", [fake_run(scaled())])


@pytest.fixture
def lexicon(tmp_path, monkeypatch):
    """A lexicon of two words, one of them hostile, as the reader's own data."""
    path = tmp_path / "data" / "nrc-vad" / "NRC-VAD-Lexicon.txt"
    path.parent.mkdir(parents=True)
    path.write_text("glimmerword\t0.959\t0.5\t0.25\n<b>evilword\t0\t0\t1\n", encoding="utf-8")
    monkeypatch.setenv("VADSTUDY_DATA", str(tmp_path / "data"))
    monkeypatch.setitem(schemas.LEXICON_ROWS, "1", (2,))
    return path


def spaces_in(html):
    """What a page's script knows of each space."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    return json.loads(found[1])["spaces"]


def data_in(html):
    """The traces in a page: the second argument of Plotly.newPlot."""
    start = re.search(r'Plotly\.newPlot\(\s*"vad-space",\s*', html).end()
    return json.JSONDecoder().raw_decode(html[start:])[0]


def test_every_label_of_every_mapper_is_a_point(figure):
    traces = figure["data"]
    assert len(traces) == 2 * len(GROUP_COLOURS)
    for mapper, group in ((nrc(), traces[:7]), (scaled(), traces[7:])):
        found = {name: place for t in group for name, *place in zip(t["text"], t["x"], t["y"], t["z"], strict=True)}
        assert sorted(found) == sorted(EMOTIONS)
        np.testing.assert_allclose([found[label] for label in EMOTIONS], mapper.points)


def test_points_have_names_colours_and_hover(figure):
    for trace in figure["data"]:
        assert len(trace["text"]) == len(trace["x"])
        assert trace["marker"]["color"] == GROUP_COLOURS[trace["name"]]
        assert "valence %{x:.3f}" in trace["hovertemplate"] and "dominance %{z:.3f}" in trace["hovertemplate"]
    joy = next(trace for trace in figure["data"] if "joy" in trace["text"])
    assert list(joy["customdata"][list(joy["text"]).index("joy")]) == ["amusement", "0.053"]


def test_one_mapper_is_visible_and_every_trace_knows_its_own(figure):
    assert [trace["visible"] for trace in figure["data"]] == [True] * 7 + [False] * 7
    assert [trace["meta"]["space"] for trace in figure["data"]] == [0] * 7 + [1] * 7


def test_axes_have_the_mappers_names(tmp_path):
    figure = page.interactive([nrc(), spread()]).to_plotly_json()
    assert figure["layout"]["scene"]["xaxis"]["title"]["text"].startswith("valence")
    html = page.write_page([nrc(), spread()], tmp_path / "x.html").read_text(encoding="utf-8")
    assert [space["axes"][0] for space in spaces_in(html)] == [
        "valence (0 negative, 1 positive)",
        "dimension 1 (0 to 1)",
    ]


def test_what_mappers_and_labels_are_called_is_escaped(tmp_path):
    evil = "<script>alert(1)</script>", "<a href='javascript:alert(2)'>joy</a>", '</script><b>"&'
    mapper = Mapper("<img src=x onerror=alert(3)>", evil, [[0, 0, 0], [0, 0, 1], [1, 1, 1]])
    figure = page.interactive([mapper]).to_plotly_json()
    drawn = [*figure["data"][0]["text"], *np.ravel(figure["data"][0]["customdata"])]
    assert not any("<" in text or ">" in text for text in drawn)
    html = page.write_page([mapper], tmp_path / "x.html", [fake_run(mapper)]).read_text(encoding="utf-8")
    assert "alert(" in html and spaces_in(html)[0]["labels"] == list(evil)
    for raw in (*evil, mapper.name, "<img", "<a href"):
        assert raw not in html
    assert set(data_in(html)[0]["text"]) == {
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;a href=&#x27;javascript:alert(2)&#x27;&gt;joy&lt;/a&gt;",
        "&lt;/script&gt;&lt;b&gt;&quot;&amp;",
    }


def test_a_run_shows_where_it_predicts_the_comments_of_each_label(written):
    raw, other = spaces_in(written.read_text(encoding="utf-8"))
    (source,) = other["sources"]
    assert raw["sources"] == [] and source["how"] == "predicted by scaled-mae, seed 42"
    assert [len(cloud) for cloud in source["clouds"]] == [3] * 27 + [0]
    joy = EMOTIONS.index("joy")
    np.testing.assert_allclose(
        np.divide(source["clouds"][joy][0], 1000), scaled()["joy"] * 0.9 + 0.012345678, atol=0.0005
    )
    assert all(type(value) is int for cloud in source["clouds"] for point in cloud for value in point)


def test_what_is_read_off_a_classifier_stands_beside_in_the_spaces_that_mean_something(tmp_path):
    labels = np.arange(28)
    logits = np.where(np.eye(28) > 0, 4.0, 0.0)
    softmax = SimpleNamespace(
        recipe=SimpleNamespace(name="softmax"),
        seed=42,
        outputs=lambda split: logits,
        # On dev one in four is another label: the temperature that is found there is not 1.
        labels=lambda split: labels if split == "test" else np.where(labels % 4, labels, (labels + 1) % 28),
    )
    html = page.write_page([nrc(), spread()], tmp_path / "x.html", [fake_run(nrc(), "nrc-mae")], None, softmax)
    raw, other = spaces_in(html.read_text(encoding="utf-8"))
    regressor, read = raw["sources"]
    assert (regressor["kind"], read["kind"]) == ("cloud", "read") and other["sources"] == []
    assert read["how"] == "read off softmax, seed 42"
    likely = readout.probabilities(logits, readout.calibrated(logits, softmax.labels("dev")))
    np.testing.assert_allclose(np.divide(read["clouds"], 1000)[:, 0], likely @ nrc().points, atol=0.0005)


def test_controls_are_labelled_and_those_without_use_are_hidden(written, tmp_path):
    with_run = written.read_text(encoding="utf-8")
    without = page.write_page([nrc()], tmp_path / "x.html").read_text(encoding="utf-8")
    for html, hidden in ((with_run, ["source", "words"]), (without, ["emotion", "source", "words"])):
        labels = re.findall(r'<label for="(\w+)">[^<]+<', html)
        assert labels == ["space", "find", "emotion", "source", "names", "view", "words"]
        assert sorted(labels) == sorted(re.findall(r'<(?:select|input)[^>]* id="(\w+)"', html))
        assert re.findall(r'<div[^>]* hidden>.*?<label for="(\w+)"', html) == hidden


def test_the_recorded_runs_page_is_small_and_only_has_words_where_the_lexicon_is(tmp_path, lexicon, monkeypatch):
    runs = [fake_run(nrc(), "nrc-mae"), fake_run(scaled()), fake_run(spread())]
    page_with, words = page.write_pages(runs, tmp_path)
    assert (page_with.name, words.name) == ("vad_space.html", "vad_space_words.html")
    same, text = page_with.read_bytes(), words.read_text(encoding="utf-8")
    assert b"glimmerword" not in same and b"evilword" not in same
    assert "do not pass this page" in text and b"do not pass this page" not in same
    found = [trace for trace in data_in(text) if trace["meta"]["kind"] == "words"]
    assert [trace["meta"]["space"] for trace in found] == [0, 1]
    assert found[0]["text"] == ["glimmerword", "&lt;b&gt;evilword"] and "<b>evilword" not in text
    assert [found[0][axis][0] for axis in "xyz"] == [0.959, 0.5, 0.25]
    np.testing.assert_allclose(
        [found[1][axis] for axis in "xyz"], from_vad([[0.959, 0.5, 0.25], [0, 0, 1]], "scaled").T, atol=0.0005
    )
    monkeypatch.setenv("VADSTUDY_DATA", str(lexicon.parent))
    assert page.write_pages(runs, tmp_path) == [page_with]
    assert page_with.read_bytes() == same


def test_a_damaged_lexicon_is_an_error_that_names_its_line(tmp_path, lexicon):
    lexicon.write_text("joy\t0.9\tmuch\t0.5\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="NRC-VAD-Lexicon.txt, line 1"):
        page.write_pages([fake_run(nrc())], tmp_path)


def test_writing_a_page_leaves_the_figures_settings_as_they_were(written):
    assert page.CONFIG["showSendToCloud"] is False and page.CONFIG["plotlyServerURL"] == ""


def test_git_never_takes_the_page_with_the_words():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/figures/vad_space_words.html" in ignored


def test_words_come_to_the_labels_own_points_and_stay_in_the_cube():
    np.testing.assert_allclose(from_vad(nrc().points, "scaled"), scaled().points)
    assert from_vad([[0, 0, 0], [1, 1, 1]], "scaled").tolist() == [[0, 0, 0], [1, 1, 1]]
    with pytest.raises(ValueError, match="'spread' has no place for valence"):
        from_vad(nrc().points, "spread")


def test_page_is_whole_and_works_offline(written):
    html = written.read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>") and html.rstrip().endswith("</html>")
    assert "<title>28 emotions in 2 spaces</title>" in html
    assert re.findall(r"<script[^>]*src=\"([^\"]+)\"", html) == ["plotly.min.js"]
    assert "https://" not in html and re.search(r'"showSendToCloud":\s*false', html)
    script = (written.parent / "plotly.min.js").read_text(encoding="utf-8")
    assert "plotly.js v" in script[:500]
    assert len(html) < 350_000


def test_page_holds_the_figure(written):
    traces = data_in(written.read_text(encoding="utf-8"))
    assert sorted(name for trace in traces[:7] for name in trace["text"]) == sorted(EMOTIONS)


def test_equal_mappers_give_equal_pages(written, tmp_path):
    again = page.write_page([nrc(), scaled()], tmp_path / "again.html", [fake_run(scaled())])
    assert again.read_bytes() == written.read_bytes()


def test_other_than_three_dimensions_is_an_error():
    with pytest.raises(ValueError, match="'spread-4' has 4 dimensions, expected 3"):
        page.interactive([nrc(), spread(dims=4)])
