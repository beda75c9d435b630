"""The picture of the space: where its points lie, how large they are, and names that do not cover each other."""

import re
from itertools import combinations

import numpy as np
import pytest

from vadstudy import mappers
from vadstudy.emotions import EMOTIONS, colour
from vadstudy.use.plane import LINE, plane

CIRCLE = re.compile(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)" ([^>]*)><title>([^:]+): ')


def circles(html):
    return {name: (float(x), float(y), float(r), look) for x, y, r, look, name in CIRCLE.findall(html)}


def test_valence_goes_right_arousal_up_and_dominance_is_size():
    mapper, found = mappers.nrc(), circles(plane(mappers.nrc(), [], []))
    assert list(found) == list(EMOTIONS)
    x, y, r = np.array([found[name][:3] for name in EMOTIONS]).T
    for drawn, column in ((x, 0), (-y, 1), (r, 2)):
        assert np.corrcoef(drawn, mapper.points[:, column])[0, 1] > 0.999
    assert all(colour(name) in found[name][3] for name in EMOTIONS)


def test_the_text_is_filled_and_the_other_answer_is_open():
    found = circles(plane(mappers.nrc(), [], [np.array([0, 0, 0.5]), np.array([1, 1, 1])], np.array([0, 1, 0])))
    assert found["text"][:3] == (390, 10, 10) and 'fill="#000"' in found["text"][3]
    assert found["by the regressor"][:3] == (40, 10, 2) and 'fill="none"' in found["by the regressor"][3]


@pytest.mark.parametrize("seed", range(20))
def test_no_name_is_written_over_another(seed):
    named = np.random.default_rng(seed).choice(28, 5, replace=False).tolist()
    html = plane(mappers.nrc(), named, [])
    texts = re.findall(r'x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)" stroke="#fff"[^>]*>(\w+)<', html)
    assert {name for *_, name in texts} == {EMOTIONS[i] for i in named}
    boxes = []
    for x, y, anchor, name in texts:
        wide = 7 * len(name)
        boxes.append((float(x) - wide * (anchor == "end"), float(x) + wide * (anchor == "start"), float(y)))
    for (a, b, line), (start, end, other) in combinations(boxes, 2):
        assert abs(line - other) >= LINE - 0.11 or b <= start or end <= a
