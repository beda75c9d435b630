"""The space as a picture that needs no script: valence across, arousal upwards, dominance as size; SVG in HTML."""

from collections.abc import Sequence

import numpy as np

from vadstudy.emotions import GROUP_COLOURS, colour
from vadstudy.mappers import Mapper

#: Pixels of the picture at its own size, and of its left and lower margin.
SIZE, MARGIN = 400, 40
#: Pixels between the lines of two names, and that a letter of one takes.
LINE, LETTER = 14, 7.5


def plane(mapper: Mapper, named: Sequence[int], path: Sequence[np.ndarray], beside: np.ndarray | None = None) -> str:
    """SVG of the labels' points, the path of texts through them, and another answer to the last one.

    Parameters
    ----------
    mapper : Mapper
        Labels and their VAD (n, 3).
    named : sequence of int
        Labels whose names are written.
    path : sequence of arrays (3,)
        VAD of the texts, the newest last, which is drawn filled; the others are small.
    beside : array (3,), optional
        VAD drawn open.

    Returns
    -------
    str
        HTML; as wide as its place, up to 520 pixels.
    """
    dots = "".join(
        _dot(point, f'fill="{colour(label)}" fill-opacity="0.7"', label)
        for label, point in zip(mapper.labels, mapper.points, strict=True)
    )
    places = [_place(point) for point in path]
    trail = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    before = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places[:-1])
    text = "".join(_dot(point, 'fill="#000" stroke="#fff" stroke-width="1.5"', "text") for point in path[-1:])
    if beside is not None:
        text += _dot(beside, 'fill="none" stroke="#000" stroke-width="2.5"', "by the regressor")
    return (
        f'<svg class="vad-plane" role="img" aria-label="valence, arousal and dominance of the text" '
        f'viewBox="0 0 {SIZE} {SIZE}" style="display:block;width:100%;max-width:520px;color:#000;background:#fff" '
        f'font-family="sans-serif" font-size="12">{_axes()}{dots}'
        f'<polyline points="{trail}" fill="none" stroke="#000" stroke-width="1.5"/>{before}{text}'
        f"{_names(mapper, named)}</svg>{_legend()}"
    )


def _place(point):
    """Where valence and arousal lie in the picture."""
    wide = SIZE - MARGIN - 10
    return MARGIN + wide * float(point[0]), 10 + wide * (1 - float(point[1]))


def _dot(point, look, title):
    x, y = _place(point)
    numbers = ", ".join(f"{value:.2f}" for value in point)
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_radius(point[2]):.1f}" {look}>'
    return f"{circle}<title>{title}: {numbers}</title></circle>"


def _radius(dominance):
    return 2 + 8 * float(dominance)


def _axes():
    found = ""
    for value in (0, 0.25, 0.5, 0.75, 1):
        x, y = _place((value, value))
        found += f'<path d="M{x} 10V{SIZE - MARGIN}M{MARGIN} {y}H{SIZE - 10}" stroke="#ddd"/>'
        found += f'<text x="{x}" y="{SIZE - 26}" text-anchor="middle" fill="#555" font-size="10">{value:g}</text>'
        found += f'<text x="{MARGIN - 4}" y="{y + 3}" text-anchor="end" fill="#555" font-size="10">{value:g}</text>'
    middle = (SIZE + MARGIN - 10) / 2
    return (
        f'{found}<text x="{middle}" y="{SIZE - 8}" text-anchor="middle">valence (0 negative, 1 positive)</text>'
        f'<text transform="translate(12 {SIZE - middle})rotate(-90)" text-anchor="middle">'
        "arousal (0 calm, 1 excited)</text>"
    )


def _names(mapper, named):
    """Names beside their points, inwards, moved down where one would be written over another."""
    found = ""
    taken: list[tuple[float, float, float]] = []
    for i in sorted(named, key=lambda i: -mapper.points[i][1]):
        (x, y), aside = _place(mapper.points[i]), _radius(mapper.points[i][2]) + 3
        left, wide = mapper.points[i][0] > 0.7, LETTER * len(mapper.labels[i])
        x = x - aside if left else x + aside
        start, line = x - wide if left else x, y + 4
        beside = [low for begin, end, low in taken if begin < start + wide and start < end]
        while over := [low for low in beside if abs(low - line) < LINE - 0.01]:
            line = max(over) + LINE
        taken.append((start, start + wide, line))
        found += (
            f'<text x="{x:.1f}" y="{line:.1f}" text-anchor="{"end" if left else "start"}" '
            f'stroke="#fff" stroke-width="3" paint-order="stroke" font-weight="bold">{mapper.labels[i]}</text>'
        )
    return found


def _legend():
    def sign(look, name, radius=5):
        side = round(2 * radius + 4)
        dot = f'<svg width="{side}" height="{side}"><circle cx="50%" cy="50%" r="{radius}" {look}/></svg>'
        return f'<span style="display:inline-flex;align-items:center;gap:2px">{dot}{name}</span>'

    groups = [sign(f'fill="{shade}" fill-opacity="0.7"', name) for name, shade in GROUP_COLOURS.items()]
    texts = [sign('fill="#000"', "text"), sign('fill="none" stroke="#000" stroke-width="2"', "by the regressor")]
    sizes = [sign('fill="#999"', f"{value:g}", _radius(value)) for value in (0.2, 0.5, 0.8)]
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:0 10px;max-width:520px;font-size:12px;line-height:1.6">'
        f"{''.join(groups + texts)}<span>size: dominance</span>{''.join(sizes)}</div>"
    )
