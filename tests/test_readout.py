"""The read-out: points from probabilities, against what they claim to minimise."""

import numpy as np
import pytest
from scipy.special import softmax

from vadstudy import readout
from vadstudy.mappers import nrc


@pytest.fixture(scope="module")
def shares():
    """Probabilities of 28 labels for 50 texts, some sure, some not."""
    rng = np.random.default_rng(0)
    return softmax(rng.normal(size=(50, 28)) * rng.uniform(0.2, 5, (50, 1)), axis=1)


def cost(shares, points, of):
    """Expected cost (n, dims) of answering points (n, dims) where labels are drawn by shares."""
    return np.einsum("nk,nkd->nd", shares, of(points[:, None] - nrc().points))


@pytest.mark.parametrize(("read", "of"), [(readout.expected, np.square), (readout.median, np.abs)])
def test_no_other_point_costs_less(shares, read, of):
    least = cost(shares, read(shares, nrc()), of)
    for other in np.linspace(0, 1, 41):
        assert (cost(shares, np.full((50, 3), other), of) >= least - 1e-9).all()


def test_a_certain_label_is_at_its_own_point():
    certain = np.eye(28)
    for read in (readout.expected, readout.median):
        np.testing.assert_allclose(read(certain, nrc()), nrc().points)


def test_the_median_is_some_labels_coordinate_and_does_not_jump_by_rounding(shares):
    found = readout.median(shares, nrc())
    for dimension in range(3):
        assert set(found[:, dimension]) <= set(nrc().points[:, dimension])
    half = np.zeros((1, 28))
    half[0, [3, 7]] = 0.5 - 1e-12, 0.5 + 1e-12
    np.testing.assert_array_equal(readout.median(half, nrc()), readout.median(half.round(6), nrc()))


def test_a_temperature_spreads_and_calibration_finds_it_again():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(20_000, 5)) * 2
    labels = (rng.random((20_000, 1)) > softmax(logits / 2.5, axis=1).cumsum(axis=1)).sum(axis=1).clip(max=4)
    assert readout.calibrated(logits, labels) == pytest.approx(2.5, rel=0.05)
    sharp, flat = (readout.probabilities(logits, t).max(axis=1).mean() for t in (0.5, 5))
    assert sharp > 0.8 and flat < 0.4


def test_what_are_no_probabilities_is_refused(shares):
    with pytest.raises(ValueError, match=r"shape \(50, 5\), expected \(n, 28\)"):
        readout.expected(shares[:, :5], nrc())
    with pytest.raises(ValueError, match="do not sum to 1"):
        readout.median(np.log(shares), nrc())
    with pytest.raises(ValueError, match="temperature 0"):
        readout.probabilities(shares, 0)


def test_what_is_read_off_by_names_is_the_known_label_s_own_direction():
    vectors = np.random.default_rng(0).normal(size=(28, 8))
    gram, known = vectors @ vectors.T, np.arange(28)
    cosines = readout.named(np.eye(28), gram, known)
    assert np.diag(cosines) == pytest.approx(np.ones(28)) and (cosines.argmax(axis=1) == np.arange(28)).all()
    assert readout.named(np.full((1, 28), 1 / 28), gram, known) == pytest.approx(np.zeros((1, 28)), abs=1e-6)


def test_a_label_that_is_not_known_is_found_by_what_it_is_called_alone():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(5, 8))
    vectors[4] = vectors[0] + vectors[1]
    known, shares = np.arange(4), np.array([[0.5, 0.5, 0, 0, 0], [0, 0, 0.5, 0.5, 0]])
    found = readout.named(shares, vectors @ vectors.T, known)
    # By its definition: the expected vector, and the label's, each less the mean of the known ones.
    centred = vectors - vectors[known].mean(axis=0)
    expected = shares @ centred
    direct = expected @ centred.T / np.linalg.norm(expected, axis=1)[:, None] / np.linalg.norm(centred, axis=1)
    np.testing.assert_allclose(found, direct, atol=1e-9)
    assert found[0, 4] > found[1, 4]


def test_both_ways_by_a_name_have_their_own_temperatures():
    assert readout.combined([[0.7]], [[0.0]]) == pytest.approx(np.array([[10.0]]))
    assert readout.combined([[0.0]], [[0.4]]) == pytest.approx(np.array([[2.0]]))
