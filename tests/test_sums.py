"""Scores from sums: those of the plain metrics and of SciPy, of all rows and in a resample."""

import numpy as np
import pytest
from scipy import stats

from vadstudy import bootstrap, metrics, sums

RNG = np.random.default_rng(0)
LABELS = RNG.choice(5, p=[0.5, 0.3, 0.1, 0.09, 0.01], size=600)
#: Right in about half of the rows.
FOUND = np.where(RNG.random(600) < 0.5, LABELS, RNG.integers(5, size=600))


def whole(measured):
    """Scores of all rows, each drawn once."""
    matrix, scores = measured
    found = scores((matrix @ np.ones((matrix.shape[1], 1))).astype(float))
    return {name: value[0] for name, value in found.items()}


def test_scores_of_labels_are_those_of_the_plain_metrics():
    found = whole(sums.classification(FOUND, LABELS))
    assert found["accuracy"] == pytest.approx(metrics.accuracy(LABELS, FOUND))
    assert found["macro_f1"] == pytest.approx(metrics.macro_f1(LABELS, FOUND))


def test_scores_of_sets_are_those_of_the_plain_metrics():
    sets = np.eye(6, dtype=bool)[FOUND] | np.eye(6, dtype=bool)[FOUND[::-1]]
    found = whole(sums.classification(sets, LABELS))
    assert found["accuracy"] == pytest.approx(metrics.exact_match(sets, LABELS))
    assert found["macro_f1"] == pytest.approx(metrics.multi_hot_macro_f1(sets, LABELS))


def test_losses_are_those_of_the_plain_metrics():
    truth, found = RNG.random((600, 3)), RNG.random((600, 3))
    constant = truth.mean(axis=0)
    mse, mae = (whole(sums.regression(found, truth, constant, loss)) for loss in ("mse", "mae"))
    assert mse["test_loss"] == pytest.approx(metrics.mse(truth, found), rel=1e-5)
    blind = metrics.mae(truth, np.tile(constant, (600, 1)))
    assert mae["ratio"] == pytest.approx(metrics.mae(truth, found) / blind, rel=1e-5)
    np.testing.assert_allclose([mse[f"r2_{d}"] for d in "VAD"], metrics.r2(truth, found), rtol=1e-4)


def test_correlations_are_scipy_s_in_every_resample():
    rng = np.random.default_rng(0)
    truth = rng.integers(5, size=(60, 3)) / 4
    found = truth + rng.normal(size=(60, 3)) * 0.3
    matrix, scores = sums.correlation(found, truth)
    counts = bootstrap._counts(np.zeros(60, int), 3, rng)
    got = scores((matrix @ counts).astype(float))
    for k in range(3):
        drawn = np.repeat(np.arange(60), counts[:, k].astype(int))
        for i, dimension in enumerate("VAD"):
            x, y = found[drawn, i], truth[drawn, i]
            assert got[f"pearson_{dimension}"][k] == pytest.approx(stats.pearsonr(x, y).statistic)
            assert got[f"spearman_{dimension}"][k] == pytest.approx(stats.spearmanr(x, y).statistic)


def test_f1_by_label_and_its_mean():
    found = whole(sums.f1_by_label(FOUND, LABELS))
    assert np.mean([found[k] for k in range(5)]) == pytest.approx(metrics.macro_f1(LABELS, FOUND))


def test_confusion_that_follows_the_distances_has_a_correlation_of_minus_one():
    places = np.array([0.0, 1.0, 3.0, 7.0])
    distances = np.abs(places[:, None] - places)
    labels, predicted = [], []
    for i, j in zip(*np.triu_indices(4, 1), strict=True):
        n = int(40 - 5 * distances[i, j])
        labels += [i] * n
        predicted += [j] * n
    labels += [0, 1, 2, 3] * 10
    predicted += [0, 1, 2, 3] * 10
    labels, predicted = np.array(labels), np.array(predicted)
    # The same number of rows of each label, so that counts and shares have one order.
    counts = np.bincount(labels)
    fill = np.repeat(np.arange(4), counts.max() - counts)
    labels, predicted = np.append(labels, fill), np.append(predicted, fill)
    found = whole(sums.confusion_by_distance(predicted, labels, distances))
    assert found["rho"] == pytest.approx(-1)
