"""Metrics: against scikit-learn and scipy where they have the same, by hand where they do not."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from vadstudy import metrics
from vadstudy.metrics import (
    accuracy,
    best_constant,
    best_threshold,
    exact_match,
    expected_calibration_error,
    f1_per_label,
    macro_f1,
    mae,
    mse,
    multi_hot_macro_f1,
    pearson,
    r2,
    threshold_predictions,
)


@pytest.fixture(scope="module")
def labels():
    """Draw 2,000 true labels and two predictions of them: a right in about 60 %, b in about 50 %."""
    rng = np.random.default_rng(0)
    y = rng.choice(28, size=2000, p=rng.dirichlet(np.full(28, 0.5)))
    a, b = (np.where(rng.random(2000) < share, y, rng.integers(0, 28, 2000)) for share in (0.6, 0.5))
    return y, a, b


def test_scores_equal_scikit_learns(labels):
    y, a, _ = labels
    assert metrics.scores(y, a) == {
        "accuracy": pytest.approx(accuracy_score(y, a)),
        "macro_f1": pytest.approx(f1_score(y, a, average="macro")),
    }


def test_macro_f1_is_over_labels_that_occur_on_either_side():
    assert macro_f1([0, 0, 5, 5], [0, 0, 5, 5]) == 1
    assert macro_f1([0, 0, 0, 0], [0, 0, 0, 9]) == pytest.approx((6 / 7 + 0) / 2)


def test_f1_per_label_marks_labels_that_do_not_occur():
    f1 = f1_per_label([0, 0, 1, 2], [0, 1, 1, 3], n=5)
    np.testing.assert_allclose(f1, [2 / 3, 2 / 3, 0, 0, np.nan])
    assert f1_per_label([0], [0]).shape == (28,)


def test_r2_and_pearson_are_per_dimension():
    y = np.random.default_rng(0).random((200, 3))
    half_way = np.column_stack([y[:, 0], (y[:, 1] + y[:, 1].mean()) / 2, np.full(200, y[:, 2].mean())])
    np.testing.assert_allclose(r2(y, half_way), [1, 0.75, 0], atol=1e-12)
    np.testing.assert_allclose(pearson(y, np.column_stack([y[:, :2] * 0.5, -y[:, 2]])), [1, 1, -1])
    np.testing.assert_allclose(pearson(y, 1 - y[:, ::-1])[1], -1)
    np.testing.assert_allclose(r2(y[:, 0], y[:, 0]), [1])


@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_pearson_of_a_constant_is_nan():
    y = np.random.default_rng(0).random((10, 2))
    assert np.isnan(pearson(y, np.ones_like(y))).all()


def test_losses_average_over_rows_and_dimensions():
    y, p = np.zeros((2, 3)), np.array([[0.3, 0, 0], [0, 0.6, 0.3]])
    assert mae(y, p) == pytest.approx(0.2)
    assert mse(y, p) == pytest.approx((0.09 + 0.36 + 0.09) / 6)
    assert mae(np.zeros((2, 3)), np.ones((2, 3))) == mse(np.zeros((2, 3)), np.ones((2, 3))) == 1


def test_the_best_constant_is_trains_median_or_mean():
    train = np.array([[0.0, 1.0], [0.0, 1.0], [0.9, 0.4]])
    assert best_constant(train, "mae").tolist() == [0, 1]
    assert best_constant(train, "mse").tolist() == pytest.approx([0.3, 0.8])
    with pytest.raises(ValueError, match="unknown loss 'mae_ce'; expected 'mae' or 'mse'"):
        best_constant(train, "mae_ce")


def test_no_constant_beats_the_best_one():
    points = np.random.default_rng(0).beta(1, 3, size=(101, 2))
    for measure, name in ((mae, "mae"), (mse, "mse")):
        least = measure(points, np.tile(best_constant(points, name), (101, 1)))
        others = np.random.default_rng(1).random((200, 2))
        assert all(measure(points, np.tile(other, (101, 1))) >= least for other in others)


def test_threshold_decoding_counts_none_and_two_as_wrong():
    proba = np.array([[0.9, 0.1, 0.1], [0.9, 0.4, 0.1], [0.2, 0.3, 0.1], [0.1, 0.1, 0.31]])
    sets = threshold_predictions(proba)
    assert sets.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert exact_match(sets, [0, 0, 1, 2]) == 0.5
    assert accuracy([0, 0, 1, 2], proba.argmax(axis=1)) == 1
    assert exact_match(threshold_predictions(proba, 0.2), [0, 0, 1, 2]) == 0.75
    assert exact_match(sets, [1, 1, 1, 1]) == 0


def test_multi_hot_macro_f1_equals_scikit_learns(labels):
    y, a, _ = labels
    y, a = np.append(y, np.arange(28)), np.append(a, np.zeros(28, int))
    one_hot = np.eye(28, dtype=bool)
    assert multi_hot_macro_f1(one_hot[a], y) == pytest.approx(macro_f1(y, a))
    sets = one_hot[a] ^ (np.random.default_rng(2).random((len(a), 28)) < 0.03)
    assert multi_hot_macro_f1(sets, y) == pytest.approx(f1_score(one_hot[y], sets, average="macro"))


def test_multi_hot_rejects_what_is_not_decoded():
    with pytest.raises(ValueError, match="decode by threshold_predictions"):
        exact_match(np.array([[0.2, 0.8]]), [1])
    with pytest.raises(ValueError, match=r"multi_hot_pred has shape \(2,\)"):
        exact_match([1, 0], [1, 0])


def test_best_threshold_finds_the_gap():
    assert best_threshold([0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1]) == pytest.approx(0.4)
    assert best_threshold([0.9, 0.1, 0.6, 0.2, 0.3], [1, 0, 1, 0, 1]) == pytest.approx(0.25)


def test_best_threshold_equals_trying_all():
    rng = np.random.default_rng(0)
    for _ in range(20):
        scores = rng.integers(0, 20, 60) / 20
        y = (scores + rng.normal(scale=0.4, size=60) > 0.5).astype(int)
        tried = [np.mean((scores > t) == y) for t in np.arange(-0.525, 1.6, 0.05)]
        assert np.mean((scores > best_threshold(scores, y)) == y) == pytest.approx(max(tried))


def test_best_threshold_may_put_all_rows_on_one_side():
    assert best_threshold([0.2, 0.8], [1, 1]) < 0.2
    assert best_threshold([0.2, 0.8], [0, 0]) > 0.8
    assert best_threshold(np.float32([0.4, 0.4]), [True, True]) < 0.4
    with pytest.raises(ValueError, match=r"y_binary has the values \[0, 1, 2\], expected only 0 and 1"):
        best_threshold([0.1, 0.2, 0.3], [0, 1, 2])


def test_expected_calibration_error_by_hand():
    proba = np.array([[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.35, 0.65]])
    assert expected_calibration_error(proba, [0, 1, 0, 1]) == pytest.approx((2 * 0.45 + 2 * 0.35) / 4)
    assert expected_calibration_error(np.eye(3), [0, 1, 2]) == 0
    assert expected_calibration_error(np.eye(3), [1, 2, 0]) == 1


def test_calibrated_probabilities_have_a_small_error():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(4), size=20_000)
    y = (rng.random((20_000, 1)) > proba.cumsum(axis=1)).sum(axis=1).clip(max=3)
    assert expected_calibration_error(proba, y) < 0.02
    sharper = proba**3 / (proba**3).sum(axis=1, keepdims=True)
    assert expected_calibration_error(sharper, y) > 0.1


PAIRED = [accuracy, macro_f1, f1_per_label, r2, pearson, mae, mse, metrics.scores, best_threshold]


@pytest.mark.parametrize("function", PAIRED)
def test_wrong_lengths_are_an_error(function):
    with pytest.raises(ValueError):
        function([0, 1, 1], [0, 1])


@pytest.mark.parametrize("function", [exact_match, multi_hot_macro_f1, expected_calibration_error])
def test_tables_of_another_length_than_the_labels_are_an_error(function):
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[3, 2\]"):
        function(np.eye(3, dtype=bool), [0, 1])
