"""Figure 3: the way of a text through the regressor and the classifier, drawn."""

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from vadstudy.plots.figures import WIDTH, subplots

ORANGE, GREY, WHITE, LINE = "#E69F00", "#D9D9D9", "#FFFFFF", "#333333"
#: Heights of the three ways: through the regressor, back to a label, and in training.
MIDDLE, BACK, BELOW = 40, 22.5, 5


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
    figure, axes = subplots(figsize=(WIDTH, 3.5))
    axes.set(xlim=(0, 100), ylim=(0, 55.5), position=(0, 0, 1, 1))
    axes.axis("off")

    box, arrow = partial(draw_box, axes), partial(draw_arrow, axes)
    box(10, 40, 18, 8, f"text\n“{text}”")
    box(10, 21, 14, 6 + 2.5 * len(tokens), "tokenizer\n\n" + "\n".join(tokens))
    arrow((10, 36), (10, 24 + 1.25 * len(tokens)))
    steps = ["embeddings", *(f"layer {i + 1}" for i in range(layers))]
    high = 42 / len(steps)
    places = [4 + high * (i + 0.5) for i in range(len(steps))]
    for i, (step, y) in enumerate(zip(steps, places, strict=True)):
        box(32, y, 16, 0.72 * high, step, ORANGE if trained is None or i > layers - trained else GREY)
        axes.plot([32, 32], [y - 0.64 * high, y - 0.36 * high], color=LINE, lw=1 if i else 0)
    axes.plot([17, 20.5, 20.5], [21, 21, places[0]], color=LINE, lw=1)
    arrow((20.5, places[0]), (24, places[0]))
    axes.text(20, places[0] + 1, "n ids", fontsize=7, ha="right")
    axes.plot([40, 42, 42], [places[-1], places[-1], MIDDLE], color=LINE, lw=1)
    axes.text(41, max(places[-1], MIDDLE + 4) + 0.9, f"n × {width}", fontsize=7)
    arrow((42, MIDDLE), (45, MIDDLE))
    box(52.5, MIDDLE, 15, 8, f"masked\n{pooling} pooling")
    box(72, MIDDLE, 13, 8, f"linear head\n{width} × {dims}", ORANGE)
    box(91, MIDDLE, 12, 8, "sigmoid")
    box(91, BACK, 12, 8, "point\n(v, a, d)" if dims == 3 else f"point\nin [0, 1]$^{{{dims}}}$")
    box(72, BACK, 13, 8, "classifier\n1NN or SVM")
    box(52.5, BACK, 15, 8, f"label\n{label}?")
    arrow((60, MIDDLE), (65.5, MIDDLE), f"{width}")
    arrow((78.5, MIDDLE), (85, MIDDLE), f"{dims}")
    arrow((91, MIDDLE - 4), (91, BACK + 4))
    arrow((85, BACK), (78.5, BACK))
    arrow((65.5, BACK), (60, BACK))
    _training(axes, label)
    _legend(axes, trained)
    axes.annotate("", (24, 51), (97, 51), arrowprops=dict(arrowstyle="|-|,widthA=0.3,widthB=0.3", color=LINE, lw=0.8))
    axes.text(60.5, 51.8, "the regressor", ha="center", va="bottom", fontsize=8)
    axes.text(32, 47, "encoder", ha="center", fontsize=7.5)
    return figure


def draw_box(
    axes: Axes, x: float, y: float, wide: float, high: float, words: str, colour: str = WHITE, size: float = 7.5
) -> None:
    """A box around words of ``size`` points, by its centre and size in the units of the axes."""
    shape = FancyBboxPatch(
        (x - wide / 2, y - high / 2),
        wide,
        high,
        boxstyle="round,pad=0,rounding_size=1",
        facecolor=colour,
        edgecolor=LINE,
        linewidth=0.9,
    )
    axes.add_patch(shape)
    axes.text(x, y, words, ha="center", va="center", fontsize=size)


def draw_arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], words: str = "", style: str = "-"
) -> None:
    """An arrow from point to point in the units of the axes, with words above its middle."""
    line = dict(arrowstyle="-|>", color=LINE, lw=1, ls=style, mutation_scale=8, shrinkA=0, shrinkB=0)
    axes.annotate("", end, start, arrowprops=line)
    axes.text((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 1, words, ha="center", va="bottom", fontsize=7)


def _training(axes, label):
    """What there is in training only: the true label's way through the mapper to the loss."""
    box, arrow = partial(draw_box, axes), partial(draw_arrow, axes)
    box(52.5, BELOW, 15, 7, f"true label\n{label}")
    box(72, BELOW, 13, 7, "mapper")
    box(91, BELOW, 12, 7, "loss")
    arrow((60, BELOW), (65.5, BELOW), style="--")
    arrow((78.5, BELOW), (85, BELOW), "target", style="--")
    arrow((91, BACK - 4), (91, BELOW + 3.5), style="--")
    axes.text(89.5, (BACK + BELOW) / 2 - 0.5, "dashed: in training only", fontsize=7, va="center", ha="right")


def _legend(axes, trained):
    """What the shades of the boxes mean."""
    shades = {"trained": ORANGE, "frozen: computed once": GREY, "no weights of the regressor": WHITE}
    handles = [
        Patch(facecolor=shade, edgecolor=LINE, label=words)
        for words, shade in shades.items()
        if shade != GREY or trained is not None
    ]
    axes.legend(handles=handles, loc="lower left", frameon=False, fontsize=7, borderaxespad=0)
