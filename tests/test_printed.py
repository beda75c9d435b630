"""The committed figures as they are printed: in a column of 16 cm, with letters that can be read."""

import re
from pathlib import Path

import pytest

from vadstudy.plots.figures import WIDTH

FIGURES = sorted((Path(__file__).parents[1] / "figures").glob("*.svg"))
#: Letters are at least so high, in points; exponents, which matplotlib sets at 0.7 of it, are let be.
LEAST = 7


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_a_figure_fits_its_column_with_letters_that_can_be_read(path):
    text = path.read_text(encoding="utf-8")
    width = float(re.search(r'<svg [^>]*?width="([\d.]+)pt"', text)[1])
    assert width <= 72 * (WIDTH + 0.25), f"{width / 72:.1f} inches wide, a column has {WIDTH}"
    sizes = {float(size) for size in re.findall(r"font-size: ([\d.]+)px", text)}
    letters = {size for size in sizes if not any(abs(size - 0.7 * other) < 0.01 for other in sizes)}
    assert letters and min(letters) >= LEAST, f"letters of {sorted(letters)} points"
