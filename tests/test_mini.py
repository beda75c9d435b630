"""The embedded mini corpus, ``vadstudy/data/mini.tsv``: balanced, well-formed, without near-duplicates."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

PATH = Path(__file__).parent.parent / "vadstudy" / "data" / "mini.tsv"
PER_SPLIT = {"train": 12, "dev": 4, "test": 4}
LABELS = 28


def grams(text, size=4):
    """Set of a text's character 4-grams, of letters and digits only, so that punctuation makes no difference."""
    plain = " " + " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split()) + " "
    return {plain[i : i + size] for i in range(max(1, len(plain) - size + 1))}


def jaccard(a, b):
    return len(a & b) / len(a | b)


@pytest.fixture(scope="module")
def rows():
    """Tuples of text, label, id and split."""
    return [line.split("\t") for line in PATH.read_text(encoding="utf-8").splitlines()]


def test_every_row_has_text_label_id_and_split(rows):
    for number, row in enumerate(rows, start=1):
        assert len(row) == 4, f"line {number}: {row}"
        text, label, _, split = row
        assert text and text == text.strip(), f"line {number}: {text!r}"
        assert label in map(str, range(LABELS)), f"line {number}: {label!r}"
        assert split in PER_SPLIT, f"line {number}: {split!r}"


def test_every_label_has_twelve_four_and_four_comments(rows):
    counts = Counter((int(label), split) for _, label, _, split in rows)
    assert counts == {(label, split): count for label in range(LABELS) for split, count in PER_SPLIT.items()}


def test_ids_count_up(rows):
    assert [comment for _, _, comment, _ in rows] == [f"m{i:03d}" for i in range(len(rows))]


def test_no_duplicates_or_near_duplicates(rows):
    pairs = combinations([(comment, text, grams(text)) for text, _, comment, _ in rows], 2)
    alike = [(a, b, first, second) for (a, first, x), (b, second, y) in pairs if jaccard(x, y) >= 0.45]
    assert alike == []


def test_near_duplicates_would_be_found():
    assert jaccard(grams("What a save!"), grams("what a save")) == 1
    assert jaccard(grams("I am so proud of my sister today."), grams("I am so proud of my brother today.")) >= 0.45
    assert jaccard(grams("I am so proud of my sister today."), grams("The bus was late again.")) < 0.1
