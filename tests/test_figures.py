"""Figures: that they show the numbers they were given, and are written alike each time."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib import rc_params_from_file
from matplotlib.text import Text

from vadstudy import mappers
from vadstudy.classifiers import NearestEmotion
from vadstudy.emotions import EMOTIONS
from vadstudy.plots import figures, page, regions, space


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_intervals_puts_each_row_at_its_score_and_the_papers_beside_it():
    table = pd.DataFrame(
        {
            "accuracy": [0.6, 0.5],
            "accuracy_low": [0.58, 0.48],
            "accuracy_high": [0.62, 0.53],
            "paper_accuracy": [0.557, None],
        },
        index=["first", "second"],
    )
    figure = figures.intervals(table, "MiniLM-L6, seed 42", scores=("accuracy",))
    axes = figure.axes[0]
    assert axes.containers[0].lines[0].get_xdata().tolist() == [0.6, 0.5]
    assert axes.collections[-1].get_offsets()[0, 0] == pytest.approx(0.557)
    assert {"first", "second"} <= set(texts(figure))


def test_confusion_is_in_per_cent_of_the_true_label():
    figure = figures.confusion(np.array([0, 0, 0, 27]), np.array([0, 0, 27, 27]))
    shown = [text for text in texts(figure) if text.isdigit()]
    assert {"67", "33", "100"} <= set(shown)


def test_label_counts_names_every_emotion_and_number():
    counts = pd.DataFrame({"train": np.arange(28) + 1, "dev": 1, "test": 1}, index=list(EMOTIONS))
    found = texts(figures.label_counts(counts))
    assert set(EMOTIONS) <= set(found) and "28 / 1 / 1" in found


def test_decision_regions_and_valence():
    mapper = mappers.nrc()
    nearest = NearestEmotion().fit(mapper.points, np.arange(28))
    figure = regions.decision_regions({"1NN": nearest}, 0.5, mapper.points, resolution=40)
    assert "neutral" in texts(figure) or "sadness" in texts(figure)
    valence = regions.valence_by_class(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]), 0.5)
    assert any("0.5" in text for text in texts(valence))


def test_against_humans_shows_each_dimensions_correlation():
    true = np.random.default_rng(0).random((50, 3))
    figure = regions.against_humans(true, np.column_stack([true[:, 0], 1 - true[:, 1], true[:, 2]]))
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == ["valence: r = 1.00", "arousal: r = -1.00", "dominance: r = 1.00"]


def test_pairs_and_distances_of_the_space():
    pairs = space.pairs(mappers.nrc())
    assert len(pairs) == 28 * 27 / 2 and pairs.iloc[0][["first", "second"]].tolist() == ["amusement", "joy"]
    table = space.distance_table([mappers.nrc(), mappers.shuffled(mappers.nrc(), 42)])
    assert table["least"].nunique() == 1 and abs(table["rank_correlation"].iloc[1]) < 0.2


def test_the_page_works_offline_and_escapes_its_labels(tmp_path):
    mapper = mappers.nrc()
    odd = mappers.Mapper("nrc", ("<b>joy</b>", *EMOTIONS[1:]), mapper.points)
    html = page.write_page([odd, mappers.scaled()], tmp_path / "vad_space.html").read_text(encoding="utf-8")
    assert "<b>joy</b>" not in html and "joy" in html
    assert 'src="plotly.min.js"' in html and (tmp_path / "plotly.min.js").stat().st_size > 1e6
    assert "https://cdn" not in html


def test_saved_alike_each_time(tmp_path):
    store = SimpleNamespace(output=lambda *parts: tmp_path, wrote=lambda *paths: None)
    found = []
    for _ in "ab":
        figure, axes = figures.subplots()
        axes.plot([0, 1])
        figures.save(figure, "f", store)
        found.append([(tmp_path / f"f.{end}").read_bytes() for end in ("png", "svg")])
    assert found[0] == found[1]


def test_every_figure_has_the_style_file():
    wanted = rc_params_from_file(figures.STYLE, use_default_template=False)
    assert wanted["font.family"] == ["DejaVu Sans"] and wanted["svg.fonttype"] == "none"
    assert {name: plt.rcParams[name] for name in wanted} == dict(wanted)
