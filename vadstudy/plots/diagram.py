"""Figure 3: the way of a text through the regressor and the classifier, drawn."""

from collections.abc import Sequence
from functools import partial

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

ORANGE, GREY, WHITE, LINE = "#E69F00", "#D9D9D9", "#FFFFFF", "#333333"
MIDDLE, BELOW = 27, 4


def architecture(
    text: str,
    tokens: Sequence[str],
    label: str,
    layers: int = 6,
    trained: int | None = 2,
    width: int = 384,
    dims: int = 3,
    pooling: str = "mean",
) -> Figure:
    """Figure 3: text, tokenizer, encoder, pooling, head, sigmoid, point, classifier, label; below, the training's loss.

    Parameters
    ----------
    text, tokens, label : str, list of str, str
        An example: the text, its tokens, and its true label.
    layers, trained, width : int
        The encoder's layers, how many of its upper ones are trained (None: all, embeddings too), its hidden size.
    dims : int
        Dimensions of the space.
    pooling : str
        How the tokens become one vector.
    """
    figure, axes = plt.subplots(figsize=(14.5, 5.6))
    plt.close(figure)
    axes.set(xlim=(0, 160), ylim=(0, 54))
    axes.axis("off")

    box, arrow = partial(_box, axes), partial(_arrow, axes)
    box(9, MIDDLE, 17, 9, f"text\n“{text}”")
    box(30, MIDDLE, 15, 5 + 2.6 * len(tokens), "tokenizer\n\n" + "\n".join(tokens))
    steps = ["embeddings", *(f"layer {i + 1}" for i in range(layers))]
    high = 36 / len(steps)
    places = [9 + high * (i + 0.5) for i in range(len(steps))]
    for i, (step, y) in enumerate(zip(steps, places, strict=True)):
        box(55, y, 18, 0.75 * high, step, ORANGE if trained is None or i > layers - trained else GREY, size=9)
        axes.plot([55, 55], [y - 0.625 * high, y - 0.375 * high], color=LINE, lw=1.2 if i else 0)
    box(81, MIDDLE, 16, 9, f"masked\n{pooling} pooling")
    box(101, MIDDLE, 14, 9, f"linear head\n{width} × {dims}", ORANGE)
    box(118, MIDDLE, 11, 9, "sigmoid")
    box(133, MIDDLE, 11, 9, "point\n(v, a, d)" if dims == 3 else f"point\nin [0, 1]$^{{{dims}}}$")
    box(152, MIDDLE, 15, 9, "classifier\n1NN or SVM")
    box(152, 43, 15, 8, f"label\n{label}?")
    arrow((17.5, MIDDLE), (22.5, MIDDLE))
    axes.plot([37.5, 42, 42], [MIDDLE, MIDDLE, places[0]], color=LINE, lw=1.2)
    axes.plot([64, 69, 69], [places[-1], places[-1], MIDDLE], color=LINE, lw=1.2)
    axes.text(41, places[0] + 2, "n ids", fontsize=9, ha="right")
    axes.text(65, places[-1] + 1, f"n × {width}", fontsize=9)
    arrow((42, places[0]), (46, places[0]))
    arrow((69, MIDDLE), (73, MIDDLE))
    for start, end, words in ((89, 94, width), (108, 112.5, dims), (123.5, 127.5, dims), (138.5, 144.5, "")):
        arrow((start, MIDDLE), (end, MIDDLE), words)
    arrow((152, MIDDLE + 4.5), (152, 39))
    _training(axes, label)
    _legend(axes, trained)
    axes.annotate("", (42, 49), (124, 49), arrowprops=dict(arrowstyle="|-|,widthA=0.3,widthB=0.3", color=LINE, lw=1))
    axes.text(83, 50, "the regressor", ha="center", va="bottom", fontsize=11)
    axes.text(55, 46, "encoder", ha="center", fontsize=10)
    return figure


def _box(axes, x, y, wide, high, words, colour=WHITE, size=10):
    """A box around words, by its centre and size."""
    shape = FancyBboxPatch(
        (x - wide / 2, y - high / 2),
        wide,
        high,
        boxstyle="round,pad=0,rounding_size=1",
        facecolor=colour,
        edgecolor=LINE,
        linewidth=1.1,
    )
    axes.add_patch(shape)
    axes.text(x, y, words, ha="center", va="center", fontsize=size)


def _arrow(axes, start, end, words="", style="-"):
    """An arrow, with words above its middle."""
    line = dict(arrowstyle="-|>", color=LINE, lw=1.2, ls=style, shrinkA=0, shrinkB=0)
    axes.annotate("", end, start, arrowprops=line)
    axes.text((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 1, words, ha="center", va="bottom", fontsize=9)


def _training(axes, label):
    """What there is in training only: the true label's way through the mapper to the loss."""
    box, arrow = partial(_box, axes), partial(_arrow, axes)
    box(93, BELOW, 20, 7, f"true label\n{label}", size=9)
    box(114, BELOW, 12, 7, "mapper", size=9)
    box(133, BELOW, 11, 7, "loss", size=9)
    arrow((103, BELOW), (108, BELOW), style="--")
    arrow((120, BELOW), (127.5, BELOW), "target", style="--")
    arrow((133, MIDDLE - 4.5), (133, BELOW + 3.5), style="--")
    axes.text(141, BELOW, "dashed: only\nin training", fontsize=9, va="center")


def _legend(axes, trained):
    """What the shades of the boxes mean."""
    shades = {"trained": ORANGE, "frozen: computed once": GREY, "no weights of the regressor": WHITE}
    handles = [
        Patch(facecolor=shade, edgecolor=LINE, label=words)
        for words, shade in shades.items()
        if shade != GREY or trained is not None
    ]
    axes.legend(handles=handles, loc="lower left", frameon=False, fontsize=9)
