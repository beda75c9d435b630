"""Classifiers: scikit-learn's contract, the geometry of nearest prototypes, the calibrated SVM."""

import warnings

import numpy as np
import pytest
import sklearn
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from vadstudy.classifiers import EmotionSVM, NearestEmotion, full_proba
from vadstudy.emotions import EMOTIONS
from vadstudy.mappers import nrc, scaled


@parametrize_with_checks([NearestEmotion(), EmotionSVM()])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def cloud():
    """Noisy points around the scaled mapper's, with label indices: 840 rows, 30 for each of 28 labels."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(28), 30)
    return np.clip(scaled().points_for(y) + rng.normal(scale=0.06, size=(len(y), 3)), 0, 1), y


@pytest.mark.parametrize("metric", ["manhattan", "euclidean", "chebyshev", "cosine"])
def test_nearest_is_the_nearest_of_the_mappers_points(metric, cloud):
    mapper, (X, _) = nrc(), cloud
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nearest = NearestEmotion(metric).fit(mapper.points, np.arange(28))
    np.testing.assert_array_equal(nearest.prototypes_, mapper.points)
    assert nearest.predict(mapper.points).tolist() == list(range(28))
    distances = cdist(X, mapper.points, {"manhattan": "cityblock"}.get(metric, metric))
    np.testing.assert_array_equal(nearest.predict(X), distances.argmin(axis=1))


def test_nearest_takes_names_and_metric_parameters():
    mapper = nrc()
    nearest = NearestEmotion("minkowski", metric_params={"p": 3}).fit(mapper.points, mapper.labels)
    assert sorted(nearest.classes_) == sorted(EMOTIONS)
    assert nearest.predict([mapper["relief"] + 0.01]).tolist() == ["relief"]


def test_nearest_averages_a_labels_points():
    nearest = NearestEmotion().fit([[0, 0], [0.2, 0.4], [1, 1]], ["low", "low", "high"])
    assert nearest.classes_.tolist() == ["high", "low"]
    np.testing.assert_allclose(nearest.prototypes_, [[1, 1], [0.1, 0.2]])


@pytest.mark.parametrize("temperature", [1e-3, 0.1, 1.0, 10.0])
def test_nearest_probabilities_are_a_softmax_that_agrees_with_predict(temperature, cloud):
    X, y = cloud
    nearest = NearestEmotion(temperature=temperature).fit(X, y)
    proba = nearest.predict_proba(X)
    weight = np.exp(-cdist(X, nearest.prototypes_, "cityblock") / temperature)
    np.testing.assert_allclose(proba, weight / weight.sum(axis=1, keepdims=True), atol=1e-12)
    np.testing.assert_array_equal(nearest.classes_[proba.argmax(axis=1)], nearest.predict(X))


def test_nearest_ties_go_to_the_first_label():
    nearest = NearestEmotion().fit([[0.0], [1.0]], [3, 7])
    assert nearest.predict([[0.5]]).tolist() == [3]
    assert nearest.predict_proba([[0.5]]).tolist() == [[0.5, 0.5]]


def test_temperature_1_is_nearly_flat_even_at_the_target():
    mapper = nrc()
    at_target = np.diag(NearestEmotion().fit(mapper.points, np.arange(28)).predict_proba(mapper.points))
    assert at_target.mean() == pytest.approx(0.077, abs=1e-3)


def test_nearest_blocks_change_nothing(cloud):
    X, y = cloud
    nearest = NearestEmotion().fit(X, y)
    whole, proba = nearest.predict(np.tile(X, (10, 1))), nearest.predict_proba(np.tile(X, (10, 1)))
    with sklearn.config_context(working_memory=0.1):
        np.testing.assert_array_equal(nearest.predict(np.tile(X, (10, 1))), whole)
        np.testing.assert_array_equal(nearest.predict_proba(np.tile(X, (10, 1))), proba)


@pytest.mark.parametrize("temperature", [0, -1.0])
def test_nearest_rejects_a_temperature(temperature):
    with pytest.raises(ValueError, match=f"temperature is {temperature}, expected a number greater than 0"):
        NearestEmotion(temperature=temperature).fit([[0.0], [1.0]], [0, 1])


def test_nearest_rejects_continuous_labels():
    with pytest.raises(ValueError, match="Unknown label type: y is continuous"):
        NearestEmotion().fit([[0.0], [1.0]], [0.5, 1.5])


def test_svm_predicts_as_a_plain_svc_on_all_data(cloud):
    X, y = cloud
    svm = EmotionSVM().fit(X, y)
    plain = SVC(C=10, gamma=3.5, break_ties=True).fit(X, y)
    unseen = np.random.default_rng(1).random((500, 3))
    np.testing.assert_array_equal(svm.predict(unseen), plain.predict(unseen))
    np.testing.assert_array_equal(svm.svc_.support_, plain.support_)


def test_svm_probabilities_are_calibrated_decision_values(cloud):
    X, y = cloud
    svm = EmotionSVM().fit(X[::2], y[::2])
    proba = svm.predict_proba(X[1::2])
    assert proba.shape == (420, 28)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    logits = np.exp(svm.svc_.decision_function(X[1::2]) / svm.temperature_)
    np.testing.assert_allclose(proba, logits / logits.sum(axis=1, keepdims=True), atol=1e-9)
    confidence = proba.max(axis=1).mean()
    assert confidence == pytest.approx((svm.predict(X[1::2]) == y[1::2]).mean(), abs=0.1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("cv", [2, 5])
def test_svm_keeps_rare_labels(cv, cloud):
    X, y = cloud
    common = y < 8
    X = np.vstack([X[common], [[0.5, 0.5, 0.5]], [[0.9, 0.1, 0.9], [0.95, 0.1, 0.9]]])
    y = np.concatenate([y[common], [20], [25, 25]])
    svm = EmotionSVM(cv=cv).fit(X, y)
    assert svm.classes_.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 20, 25]
    assert svm.predict_proba(X).shape == (243, 10)
    assert svm.predict([[0.92, 0.1, 0.9]]).tolist() == [25]
    np.testing.assert_array_equal(svm.predict(X), SVC(C=10, gamma=3.5, break_ties=True).fit(X, y).predict(X))


@pytest.mark.filterwarnings("ignore:The number of unique classes")
def test_svm_fits_one_row_a_label():
    mapper = scaled()
    svm = EmotionSVM().fit(mapper.points, mapper.labels)
    assert svm.predict(mapper.points).tolist() == list(mapper.labels)


def test_svm_needs_two_labels():
    with pytest.raises(ValueError, match="y holds one class, .*; expected two classes or more"):
        EmotionSVM().fit([[0.0], [0.5], [1.0]], [4, 4, 4])


def test_svm_repeats_itself_and_clones(cloud):
    X, y = cloud
    svm = EmotionSVM(C=2.0, random_state=7)
    assert clone(svm).get_params() == {"C": 2.0, "gamma": 3.5, "cv": 2, "random_state": 7}
    first, again = svm.fit(X[y < 5], y[y < 5]), clone(svm).fit(X[y < 5], y[y < 5])
    np.testing.assert_array_equal(first.predict_proba(X), again.predict_proba(X))


def test_full_proba_has_a_column_for_every_label():
    nearest = NearestEmotion().fit([[0.0], [1.0]], [2, 26])
    proba = full_proba(nearest, [[0.1], [0.9], [0.5]])
    assert proba.shape == (3, 28)
    assert np.flatnonzero(proba.any(axis=0)).tolist() == [2, 26]
    assert proba.argmax(axis=1).tolist() == [2, 26, 2]
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert full_proba(nearest, [[0.1]], n=27).shape == (1, 27)


@pytest.mark.parametrize(("labels", "n"), [(["joy", "fear"], 28), ([0, 28], 28), ([-1, 3], 28), ([0, 6], 6)])
def test_full_proba_needs_label_indices(labels, n):
    nearest = NearestEmotion().fit([[0.0], [1.0]], labels)
    with pytest.raises(ValueError, match=f"expected label indices from 0 to {n - 1}; fit it on indices"):
        full_proba(nearest, [[0.1]], n=n)


def test_ties_of_the_nearest_label_survive_another_machine_s_rounding():
    rng = np.random.default_rng(0)
    prototypes = nrc().points
    pairs = rng.integers(28, size=(300, 2))
    # Halfway between two labels, where the last bit would decide.
    points = prototypes[pairs].mean(axis=1)
    nearest = NearestEmotion().fit(prototypes, np.arange(28))
    tied = np.sort(cdist(points, prototypes, "cityblock"), axis=1)
    assert (tied[:, 1] - tied[:, 0] < 1e-12).sum() > 20
    expected = nearest.predict(points)
    for _ in range(5):
        moved = points + rng.uniform(-1e-7, 1e-7, points.shape)
        np.testing.assert_array_equal(nearest.predict(moved), expected)
