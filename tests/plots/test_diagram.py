"""Figure 3: what is drawn follows the model."""

from collections import Counter

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch

from vadstudy.plots.diagram import BACK, BELOW, GREY, MIDDLE, ORANGE, architecture

TOKENS = ["what", "a", "save", "!"]


def drawn(figure):
    """Texts of the figure, and how many boxes have each colour."""
    (axes,) = figure.axes
    boxes = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    return [text.get_text() for text in axes.texts], Counter(to_hex(box.get_facecolor()).upper() for box in boxes)


@pytest.mark.parametrize("layers, trained, orange, grey", [(6, 2, 3, 5), (6, 0, 1, 7), (12, None, 14, 0)])
def test_trained_and_frozen_layers(layers, trained, orange, grey):
    texts, colours = drawn(architecture("What a save!", TOKENS, "admiration", layers, trained))
    assert (colours[ORANGE], colours[GREY]) == (orange, grey)
    assert [text for text in texts if text.startswith("layer ")] == [f"layer {i + 1}" for i in range(layers)]


def test_every_step_is_there():
    texts, _ = drawn(architecture("What a save!", TOKENS, "admiration", width=32, dims=3, pooling="max"))
    everything = "\n".join(texts)
    for step in (
        "“What a save!”",
        "tokenizer\n\nwhat\na\nsave\n!",
        "embeddings",
        "masked\nmax pooling",
        "linear head\n32 × 3",
        "sigmoid",
        "(v, a, d)",
        "classifier",
        "mapper",
        "loss",
    ):
        assert step in everything


def test_arrows_lead_from_step_to_step():
    (axes,) = architecture("What a save!", TOKENS, "admiration").axes
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None) and not text.get_text()]
    ways = [(*arrow.xyann, *arrow.xy) for arrow in arrows if arrow.arrowprops["arrowstyle"] == "-|>"]
    for height, count, sign in ((MIDDLE, 3, 1), (BACK, 2, -1)):
        row = sorted((way for way in ways if way[1] == way[3] == height), key=lambda way: sign * way[0])
        starts, ends = [sign * way[0] for way in row], [sign * way[2] for way in row]
        assert len(row) == count and all(end > start for start, end in zip(starts, ends, strict=True))
        assert all(start >= end for start, end in zip(starts[1:], ends, strict=False)), "one after the other"
    assert (91, MIDDLE - 4, 91, BACK + 4) in ways, "from the sigmoid to the point"
    dashed = [arrow for arrow in arrows if arrow.arrowprops.get("ls") == "--"]
    assert [(arrow.xyann, arrow.xy) for arrow in dashed][-1] == ((91, BACK - 4), (91, BELOW + 3.5))
    assert len(dashed) == 3, "true label, mapper, loss, point"


def test_legend_names_frozen_layers_only_where_there_are_some():
    def legend(trained):
        figure = architecture("What a save!", TOKENS, "admiration", trained=trained)
        return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]

    assert "frozen: computed once" in legend(2)
    assert "frozen: computed once" not in legend(None)
