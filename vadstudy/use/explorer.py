"""The explorer, a widget: type a sentence and see its point move, its emotions, and which words moved it."""

import asyncio
import time
from collections import deque
from html import escape

import ipywidgets as widgets
import numpy as np

from vadstudy import mappers
from vadstudy.emotions import DIMENSIONS, EMOTIONS, colour
from vadstudy.use.answers import Reader
from vadstudy.use.pipeline import RECIPES
from vadstudy.use.plane import plane
from vadstudy.use.tabular import half_character

#: Sentences whose points are joined by a line, the newest included.
TRAIL = 5
#: Labels that are named and listed.
TOP = 5
#: Seconds without a key before words are weighed.
PAUSE = 0.4
NO_REGRESSOR = (
    f"The weights of the regressor ({RECIPES['regressor']}) are not recorded: run <code>make retrain "
    f"RUN={RECIPES['regressor']}</code>."
)
WORTH = (
    "softmax: probabilities, calibrated on dev; the point is read off them. regressor: the point comes first, and a "
    "softmax of distances, its temperature chosen on dev, names the nearest emotions."
)
APART = 'style="padding-left:6px"'
UNCERTAIN = "Uncertain: answers as unsure as this were more often wrong than right."


class Explorer(widgets.VBox):
    """A line to type in, the space with the text's points in it, its emotions, its words. Made by :func:`explore`."""

    def __init__(self, text: str, reader: Reader):
        self.reader = reader
        self._pending: asyncio.TimerHandle | None = None
        self.settled: deque[tuple[str, np.ndarray]] = deque(maxlen=TRAIL)
        self.mapper = mappers.nrc()
        self.line = widgets.Text(text, placeholder="Type a sentence", layout=widgets.Layout(width="auto"))
        half = dict(flex="1 1 340px", min_width="0", max_width="100%", margin="0")
        self.space = widgets.HTML(plane(self.mapper, [], []), layout=widgets.Layout(**half))
        self.emotions, self.words = widgets.HTML(), widgets.HTML()
        side = widgets.VBox([self.emotions, self.words], layout=widgets.Layout(**half))
        super().__init__([self.line, widgets.HBox([self.space, side], layout=widgets.Layout(flex_flow="row wrap"))])
        self.line.observe(self._typed, names="value")
        self.show(text)
        self.weigh(text)

    def _typed(self, change):
        self.show(change["new"])
        if self._pending:
            self._pending.cancel()
        try:
            self._pending = asyncio.get_running_loop().call_later(PAUSE, self.weigh, change["new"])
        except RuntimeError:  # no kernel that waits for keys
            self.weigh(change["new"])

    def show(self, text: str) -> None:
        """Answer a text: move the point, name the nearest emotions in the space, list them."""
        self.words.value, self.point = "", None
        if not text.strip():
            self.emotions.value = "Type a sentence."
            return
        started = time.perf_counter()
        answer = None if half_character(text) else self.reader.answer(text)
        if answer is None:
            self.emotions.value = "The model knows no sign of this text."
            return
        took = 1000 * (time.perf_counter() - started)
        nearest = np.argsort(-answer.emotions["softmax"], kind="stable")[:TOP]
        self.space.value = plane(self.mapper, nearest.tolist(), [*self._before(text), answer.point], answer.beside)
        note = f"<p>{NO_REGRESSOR}</p>" if answer.beside is None else ""
        found = _bars(answer) + _numbers(answer) + note
        self.emotions.value = _block(f"{found}<p>Answered in {took:.0f} ms.</p>")
        self.point = answer.point

    def _before(self, text):
        """Points of the sentences before this one; what a sentence was while it was shorter is not one of them."""
        if self.settled and text.startswith(self.settled[-1][0]):
            self.settled.pop()
        return [point for _, point in self.settled][1 - TRAIL :]

    def weigh(self, text: str) -> None:
        """Show which words moved the point, and keep it: the next sentence's is joined to it."""
        self._pending = None
        if text == self.line.value and self.point is not None:
            self.words.value = _block(_weights(self.reader.words(text), len(text.split())))
            self.settled.append((text, self.point))


def _block(html):
    return f'<div style="line-height:1.4">{html}</div>'


def _numbers(answer):
    rows = f"<tr><td></td>{''.join(f'<th {APART}>{name}</th>' for name in DIMENSIONS)}</tr>"
    for name, point in (("read off the softmax", answer.point), ("by the regressor", answer.beside)):
        if point is not None:
            rows += f"<tr><td>{name}</td>{''.join(f'<td><b>{value:.2f}</b></td>' for value in point)}</tr>"
    return f'<table style="text-align:right">{rows}</table><p>0 to 1, in the lexicon\'s units.</p>'


def _bars(answer):
    """A column for each model: its best labels with a bar each, and what the bars are."""
    columns = []
    for name, shares in answer.emotions.items():
        rows = "".join(_bar(i, shares[i]) for i in np.argsort(-shares, kind="stable")[:TOP])
        columns.append(f'<div style="flex:1 1 0;min-width:0"><b>{name}</b>{rows}</div>')
    unsure = f"<p>{UNCERTAIN}</p>" if answer.uncertain else ""
    return f'<div style="display:flex;gap:8px;font-size:12px">{"".join(columns)}</div>{unsure}<p>{WORTH}</p>'


def _bar(label, share):
    return (
        '<div style="padding:0 4px;display:flex;justify-content:space-between;background:linear-gradient('
        f'90deg,{colour(EMOTIONS[label])}66 {100 * share:.0f}%,transparent 0)">'
        f'<span style="overflow:hidden;text-overflow:ellipsis">{EMOTIONS[label]}</span>'
        f'<span style="padding-left:4px">{share:.2f}</span></div>'
    )


def _weights(frame, count):
    """The sentence, each word on a ground as strong as it moved the point, and the words that moved it most."""
    if frame.empty:
        return "<p>One word alone: nothing to leave out.</p>"
    greatest = max(frame["distance"].max(), 1e-9)
    marked = " ".join(
        f'<span style="background:rgba(230,159,0,{row.distance / greatest:.2f});padding:0 2px">'
        f"{escape(row.word)}</span>"
        for row in frame.itertuples()
    )
    cells = "".join(
        f"<tr><td>{escape(row.word)}</td>"
        + "".join(f"<td>{round(getattr(row, name), 2) + 0.0:+.2f}</td>" for name in DIMENSIONS)
        + "</tr>"
        for row in frame.nlargest(5, "distance").itertuples()
    )
    head = "".join(f"<th>{name}</th>" for name in ("word", *DIMENSIONS))
    rest = f"<p>The first {len(frame)} of {count} words.</p>" if count > len(frame) else ""
    return (
        f"<p><b>What each word adds</b> (the text with it, less the text without it)</p><p>{marked}</p>"
        f'<table style="width:100%;text-align:right">{head}{cells}</table>{rest}'
    )


def explore(text: str = "I can't wait to see you again!", profile: str = "study") -> Explorer:
    """Show the explorer in JupyterLab: the recorded weights of softmax and regressor, offline.

    Parameters
    ----------
    text : str
        The first sentence; type over it.
    profile : str
        Whose recorded model.

    Returns
    -------
    Explorer
        A widget; as the last value of a cell it is shown.
    """
    return Explorer(text, Reader(profile))
