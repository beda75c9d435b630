"""Figures: that they show the numbers they were given, and are written alike each time."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib import rc_params_from_file
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from vadstudy import mappers
from vadstudy.emotions import EMOTIONS
from vadstudy.plots import figures, page, space


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


def test_the_numbers_of_confusion_read_on_every_shade():
    true = np.repeat(np.arange(28), 100)
    shares = 3 * np.arange(28) + 10
    predicted = np.concatenate([np.where(np.arange(100) < n, k, (k + 1) % 28) for k, n in enumerate(shares)])
    axes = figures.confusion(true, predicted).axes[0]
    shades = axes.collections[0].get_facecolors()
    for text, shade in zip(axes.texts, shades, strict=True):
        low, high = sorted(luminance(colour) for colour in (to_rgb(text.get_color()), shade[:3]))
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{text.get_text()} per cent"
    assert len({tuple(shade) for shade in shades}) > 28, "few shades were tried"


def luminance(colour):
    """Relative luminance of a colour in sRGB, as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_label_counts_names_every_emotion_and_number():
    counts = pd.DataFrame({"train": np.arange(28) + 1, "dev": 1, "test": 1}, index=list(EMOTIONS))
    found = texts(figures.label_counts(counts))
    assert set(EMOTIONS) <= set(found) and "28 / 1 / 1" in found


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


def test_learning_curves_has_losses_over_the_constant_s_scores_and_the_kept_epoch():
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "train_loss": [0.4, 0.3, 0.2],
            "dev_loss": [0.5, 0.3, 0.4],
            "dev_accuracy": [0.2, 0.5, 0.6],
            "dev_macro_f1": [0.1, 0.4, 0.3],
        }
    )
    figure = figures.learning_curves({"first": history, "second": history + 1}, {"first": 0.5, "second": 2.0})
    above, below = np.array(figure.axes).reshape(2, 2)
    for axes, shown, constant in zip(above, (history, history + 1), (0.5, 2.0), strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        for label, field in (("train", "train_loss"), ("dev", "dev_loss")):
            assert lines[label].get_xdata().tolist() == shown["epoch"].tolist()
            np.testing.assert_allclose(lines[label].get_ydata(), shown[field] / constant)
    for axes, shown in zip(below, (history, history + 1), strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        for label, field in (("accuracy", "dev_accuracy"), ("macro-F1", "dev_macro_f1")):
            np.testing.assert_allclose(lines[label].get_ydata(), shown[field])
        assert axes.lines[-1].get_xdata()[0] == shown["epoch"][1], "the epoch of the best macro-F1 on dev"
    assert [axes.get_title() for axes in above] == ["first", "second"]


@pytest.fixture
def style():
    """The study's look, for one test."""
    with plt.rc_context():
        figures.use_style()
        yield


def test_saved_alike_each_time(tmp_path, style):
    store = SimpleNamespace(output=lambda *parts: tmp_path, wrote=lambda *paths: None)
    found = []
    for _ in "ab":
        figure, axes = figures.subplots()
        axes.plot([0, 1])
        figures.save(figure, "f", store)
        found.append([(tmp_path / f"f.{end}").read_bytes() for end in ("png", "svg")])
    assert found[0] == found[1]


def test_a_last_bit_changes_no_file(tmp_path, style):
    """Layout ends in other last bits on another processor, of which matplotlib's names of clip paths are hashes."""
    store, found = SimpleNamespace(output=lambda *_: tmp_path, wrote=lambda _: None), []
    for left in (0.1, 0.1 + 1e-13):
        figure = plt.figure()
        for bottom in (0.1, 0.6):
            figure.add_axes((left, bottom, 0.8, 0.3)).plot([0, 1], marker="o")
        plt.close(figure)
        figures.save(figure, "f", store)
        found.append([(tmp_path / f"f.{end}").read_bytes() for end in ("png", "svg")])
    assert found[0] == found[1]
    clipped = set(re.findall(rb"url\(#(\w+)\)", found[0][1]))
    assert len(clipped) == 2 and clipped <= set(re.findall(rb' id="(\w+)"', found[0][1]))


def test_every_figure_has_the_style_file(style):
    wanted = rc_params_from_file(figures.STYLE, use_default_template=False)
    assert wanted["font.family"] == ["DejaVu Sans"] and wanted["svg.fonttype"] == "none"
    assert {name: plt.rcParams[name] for name in wanted} == dict(wanted)
