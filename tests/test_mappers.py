"""Mappers: the packaged ratings, the transforms, the spread points, and what a bad mapper is told."""

import csv
import dataclasses
import os
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from vadstudy import mappers
from vadstudy.emotions import EMOTIONS
from vadstudy.mappers import Mapper, mapper, matched, nrc, scaled, shuffled, spread
from vadstudy.runs import RunStore

FULL_LEXICON = Path(os.environ.get("VADSTUDY_DATA", "data")) / "nrc-vad" / "NRC-VAD-Lexicon.txt"


def read_full_lexicon():
    """Words to three floats; "null" and "nan" are words, so not by pandas' defaults."""
    with FULL_LEXICON.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {word: tuple(map(float, values)) for word, *values in rows}


def test_nrc_has_the_lexicons_values():
    points = nrc()
    assert points.labels == EMOTIONS
    assert points.points.shape == (28, 3)
    assert points["joy"].tolist() == [0.980, 0.824, 0.794]
    assert points["neutral"].tolist() == [0.469, 0.184, 0.357]


@pytest.mark.skipif(not FULL_LEXICON.exists(), reason="needs $VADSTUDY_DATA/nrc-vad/NRC-VAD-Lexicon.txt")
def test_packaged_rows_equal_the_full_lexicon():
    np.testing.assert_array_equal(nrc(read_full_lexicon()).points, nrc().points)


def test_nrc_takes_a_mapping_or_a_frame_in_any_order():
    rows = {word: [0.1, 0.5, i / 100] for i, word in enumerate(EMOTIONS)} | {"aardvark": [0.4, 0.5, 0.4]}
    frame = pd.DataFrame(rows, index=["valence", "arousal", "dominance"]).T
    expected = [[0.1, 0.5, i / 100] for i in range(28)]
    assert nrc(rows).points.tolist() == expected
    assert nrc(frame.iloc[::-1][["dominance", "valence", "arousal"]]).points.tolist() == expected


def test_nrc_names_missing_words_and_columns():
    rows = {word: point for word, point in zip(nrc().labels, nrc().points, strict=True) if word[0] != "j"}
    del rows["grief"]
    with pytest.raises(ValueError, match="lacks 2 of the 28 emotion words: grief, joy; add them"):
        nrc(rows)
    with pytest.raises(ValueError, match="lacks 28 of the 28"):
        nrc({})
    frame = pd.DataFrame(nrc().points, index=EMOTIONS, columns=["valence", "arousal", "Dom"])
    with pytest.raises(ValueError, match=r"lacks the columns dominance; it has \[.*'Dom'\]; rename"):
        nrc(frame)


def quantile_transform(column, n_quantiles):
    """Uniform quantile transform by interpolation, averaging both directions where values tie."""
    ranks = np.linspace(0, 1, n_quantiles)
    quantiles = np.quantile(column, ranks)
    upward = np.interp(column, quantiles, ranks)
    downward = np.interp(-column, -quantiles[::-1], -ranks[::-1])
    return (upward - downward) / 2


@pytest.mark.parametrize("n_quantiles", [5, 10, 21])
def test_scaled_equals_an_independent_quantile_transform(n_quantiles):
    expected = np.column_stack([quantile_transform(column, n_quantiles) for column in nrc().points.T])
    np.testing.assert_allclose(scaled(n_quantiles).points, expected, rtol=0, atol=1e-9)


def test_scaled_fills_the_range_keeps_the_order_and_separates():
    raw, transformed = nrc(), scaled()
    assert transformed.points.min(axis=0).tolist() == [0, 0, 0]
    assert transformed.points.max(axis=0).tolist() == [1, 1, 1]
    for before, after in zip(raw.points.T, transformed.points.T, strict=True):
        assert (np.diff(after[np.argsort(before)]) >= 0).all()
    assert raw.least_distance() == pytest.approx(0.053, abs=5e-4)
    assert transformed.least_distance() == pytest.approx(0.108, abs=5e-4)


def test_scaled_takes_another_base():
    base = spread()
    assert scaled(base=base).labels == base.labels
    assert not np.allclose(scaled(base=base).points, scaled().points)


def test_spread_is_a_dense_packing_of_28_balls():
    points = spread().points
    radius = pdist(points).min() / 2
    assert spread().least_distance() >= 0.98 * 0.3204
    assert points.min() >= radius - 1e-9
    assert points.max() <= 1 - radius + 1e-9


@pytest.mark.parametrize(
    ("n", "dims", "domain", "least"),
    [
        (2, 3, "cube", np.sqrt(3) / (1 + np.sqrt(3))),  # opposite corners
        (8, 3, "cube", 0.5),  # a ball in each octant
        (14, 3, "cube", np.sqrt(2) - 1),  # face-centred cubic: corners and middles of faces
        (28, 1, "cube", 1 / 28),
        (4, 3, "sphere", np.sqrt(2 / 3)),  # tetrahedron
        (12, 3, "sphere", 0.5 / np.sin(2 * np.pi / 5)),  # icosahedron
        (5, 2, "sphere", np.sin(np.pi / 5)),  # pentagon
    ],
)
def test_spread_finds_known_optima(n, dims, domain, least):
    found = spread(n, dims, domain)
    assert found.points.shape == (n, dims)
    assert found.least_distance() == pytest.approx(least, rel=2e-3)
    if domain == "sphere":
        np.testing.assert_allclose(np.linalg.norm(found.points - 0.5, axis=1), 0.5, atol=1e-12)


@pytest.mark.parametrize("domain", ["cube", "sphere"])
def test_the_packaged_spread_points_are_what_the_search_finds(domain):
    np.testing.assert_allclose(spread(domain=domain).points, mappers._spread(28, 3, domain), atol=0.001)


def test_spread_is_deterministic_and_computed_once():
    first = spread(9, 2).points
    assert mappers._spread(9, 2, "cube") is mappers._spread(9, 2, "cube")
    mappers._spread.cache_clear()
    np.testing.assert_array_equal(spread(9, 2).points, first)


def test_spread_does_not_share_its_points_for_writing():
    with pytest.raises(ValueError, match="read-only"):
        spread(9, 2).points[0] = 0


def test_spread_gradient_is_right():
    rng = np.random.default_rng(3)
    for domain in ("cube", "sphere"):
        z = rng.random(12) + 0.1
        step = 1e-6 * np.eye(12)
        numeric = [
            (mappers._closeness(z + h, 4, 8, domain)[0] - mappers._closeness(z - h, 4, 8, domain)[0]) / 2e-6
            for h in step
        ]
        np.testing.assert_allclose(mappers._closeness(z, 4, 8, domain)[1], numeric, atol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 1}, "cannot spread 1 points in 3 dimensions"),
        ({"dims": 0}, "cannot spread 28 points in 0 dimensions"),
        ({"dims": 1, "domain": "sphere"}, "or 2 for a sphere"),
        ({"domain": "ball"}, "unknown domain 'ball'; expected 'cube' or 'sphere'"),
    ],
)
def test_spread_rejects(arguments, message):
    with pytest.raises(ValueError, match=message):
        spread(**arguments)


def test_shuffled_permutes_the_points_by_seed():
    base = nrc()
    mixed = shuffled(base, 1)
    assert mixed.name == "shuffled-nrc"
    assert mixed.labels == base.labels
    assert sorted(mixed.points.tolist()) == sorted(base.points.tolist())
    assert not np.array_equal(mixed.points, base.points)
    np.testing.assert_array_equal(mixed.points, shuffled(base, 1).points)
    assert not np.array_equal(mixed.points, shuffled(base, 2).points)


@pytest.mark.parametrize(
    ("name", "expected", "dims"),
    [
        ("nrc", "nrc", 3),
        ("scaled", "scaled", 3),
        ("spread", "spread", 3),
        ("spread-8", "spread-8", 8),
        ("sphere-2", "sphere-2", 2),
        ("shuffled", "shuffled-nrc", 3),
        ("shuffled-nrc", "shuffled-nrc", 3),
        ("shuffled-scaled", "shuffled-scaled", 3),
        ("shuffled-spread", "shuffled-spread", 3),
        ("matched", "matched", 3),
    ],
)
def test_mapper_builds_by_name(name, expected, dims):
    built = mapper(name)
    assert (built.name, built.dims, built.labels) == (expected, dims, EMOTIONS)
    np.testing.assert_array_equal(mapper(built.name).points, built.points)


def test_mapper_seed_reaches_what_is_random():
    for name in ("shuffled", "shuffled-scaled"):
        assert not np.array_equal(mapper(name, seed=1).points, mapper(name, seed=2).points)


def test_matched_points_are_the_spread_ones_where_the_meaning_is():
    points, spread_points = mapper("matched"), spread()
    assert {tuple(point) for point in points.points} == {tuple(point) for point in spread_points.points}
    away, before = (np.square(each.points - scaled().points).sum() for each in (points, spread_points))
    assert away < 0.5 * before
    order = points.points.copy()
    for i, j in ((0, 1), (3, 17), (5, 20)):  # no swap of two labels brings them nearer
        order[[i, j]] = points.points[[j, i]]
        assert np.square(order - scaled().points).sum() >= away
        order = points.points.copy()
    with pytest.raises(ValueError, match=r"cannot match points of shape \(28, 2\) to \(28, 3\)"):
        matched(spread(dims=2))


def test_scaled_may_carry_its_number_of_quantiles():
    np.testing.assert_array_equal(mapper("scaled-10").points, scaled(10).points)
    assert not np.array_equal(mapper("scaled-10").points, scaled().points)


@pytest.mark.parametrize("name", ["", "NRC", "nrc-3", "spread-", "spread-x", "spread--1", "shuffled-love", "random"])
def test_mapper_lists_the_known_names(name):
    known = "nrc, scaled, spread, sphere, matched, shuffled"
    with pytest.raises(ValueError, match=f"unknown mapper '{name}'; expected one of {known}"):
        mapper(name)


def test_mapper_looks_up_labels_and_indices():
    points = nrc()
    np.testing.assert_array_equal(points.points_for([27, 0, 27]), points.points[[27, 0, 27]])
    assert points.points_for([]).shape == (0, 3)
    with pytest.raises(KeyError, match="mapper 'nrc' has no label 'hunger'"):
        points["hunger"]
    for bad in ([0, 28], [-1]):
        with pytest.raises(ValueError, match="expected 0 to 27"):
            points.points_for(bad)


def test_least_distance_is_euclidean():
    assert Mapper("m", "abc", [[0, 0], [0.3, 0.4], [1, 1]]).least_distance() == pytest.approx(0.5)


def test_a_mapper_cannot_change():
    given = np.array([[0.0, 0.5], [1.0, 0.5]])
    fixed = Mapper("m", ["a", "b"], given)
    given[:] = 0.25
    assert fixed["b"].tolist() == [1.0, 0.5]
    with pytest.raises(dataclasses.FrozenInstanceError):
        fixed.name = "other"
    with pytest.raises(ValueError, match="read-only"):
        fixed.points[0] = 0
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fixed)).points, fixed.points)


@pytest.mark.parametrize(
    ("labels", "points", "message"),
    [
        ("ab", [0.1, 0.2], r"points have shape \(2,\), expected \(2, dims\)"),
        ("ab", [[0.1], [0.2], [0.3]], r"points have shape \(3, 1\), expected \(2, dims\)"),
        ("", np.empty((0, 3)), r"points have shape \(0, 3\)"),
        ("aba", [[0.1], [0.2], [0.3]], r"labels occur more than once: \['a'\]"),
        ("ab", [[0.1], [1.2]], r"'b' is at \[1.2\], expected coordinates in \[0, 1\]"),
        ("ab", [[np.nan], [0.2]], r"'a' is at \[nan\]"),
        ("abc", [[0.1], [0.2], [0.1]], r"share a point with another: \['a', 'c'\]"),
    ],
)
def test_a_bad_mapper_says_what_is_wrong(labels, points, message):
    with pytest.raises(ValueError, match=f"mapper 'm': .*{message}"):
        Mapper("m", tuple(labels), points)


def test_classical_scaling_gives_the_products_back():
    vectors = np.random.default_rng(0).normal(size=(6, 3))
    found = mappers.components(vectors @ vectors.T)
    centred = vectors - vectors.mean(axis=0)
    np.testing.assert_allclose(found @ found.T, centred @ centred.T, atol=1e-9)
    assert found.shape == (6, 5) and np.allclose(found[:, 3:], 0, atol=1e-6)
    assert (np.diff((found**2).sum(axis=0)) <= 1e-9).all()


@pytest.mark.parametrize("of", ["names", "votes"])
def test_principal_components_keep_their_shape_in_the_cube(of):
    two, three = mappers.mapper(f"{of}-2"), mappers.mapper(f"{of}-3")
    assert two.dims == 2 and two.labels == EMOTIONS and np.ptp(two.points, axis=0).max() == pytest.approx(1)
    # What a dimension more changes of the others is their scale alone.
    ratio = pdist(three.points[:, :2]) / pdist(two.points)
    assert np.ptp(three.points, axis=0).max() == pytest.approx(1) and ratio == pytest.approx(np.full(378, ratio[0]))
    with pytest.raises(ValueError, match=f"no 28 components of '{of}'"):
        mappers.mapper(f"{of}-28")


def test_packaged_components_are_those_of_the_record():
    store = RunStore()
    for of, likeness in (
        ("names", store["labels-names"].outputs("labels")),
        ("votes", mappers.together(store["labels-votes"].outputs("dev"))),
    ):
        packaged = pd.read_csv(mappers.PRINCIPAL)
        packaged = packaged[packaged["map"] == of].filter(regex=r"^c\d").to_numpy()
        np.testing.assert_allclose(packaged, mappers.components(likeness), atol=2e-3)


def test_labels_that_raters_give_together_are_alike():
    shares = np.array([[1, 0.5, 0], [0, 0, 1], [0.5, 1, 0]])
    found = mappers.together(shares)
    assert np.diag(found) == pytest.approx(np.ones(3)) and found[0, 1] == pytest.approx(0.8) and found[0, 2] == 0


def test_learned_points_begin_at_random_by_their_seed():
    assert (mappers.mapper("learned-4", 1).points != mappers.mapper("learned-4", 2).points).any()
    assert (mappers.mapper("learned-4", 1).points == mappers.mapper("learned-4", 1).points).all()
