"""The bootstrap: against theory, paired by comments and trainings, and where labels are what is drawn."""

import numpy as np
import pandas as pd
import pytest

from vadstudy import bootstrap, sums
from vadstudy.bootstrap import Row, compare


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(0).choice(5, p=[0.5, 0.3, 0.1, 0.09, 0.01], size=600)


def seeds(*predictions, of="recipe"):
    """A row of several trainings of one recipe."""
    return Row(list(predictions), tuple((of, 42 + i) for i in range(len(predictions))))


def guess(labels, share, seed, k=5):
    """Predictions that are right in about ``share`` of the rows."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(labels)) < share, labels, rng.integers(k, size=len(labels)))


def test_every_resample_has_each_label_as_often_as_the_test_set(labels):
    counts = bootstrap._counts(labels, 50, np.random.default_rng(0))
    for label in range(5):
        assert (counts[labels == label].sum(axis=0) == (labels == label).sum()).all()
    assert counts.max() > 1 and counts.min() == 0


def test_an_interval_of_the_study_rests_on_ten_thousand_resamples(resamples):
    assert resamples == 10_000


def test_the_interval_of_an_accuracy_agrees_with_theory(resamples):
    labels = np.zeros(2000, int)
    predicted = (np.arange(2000) < 600).astype(int)
    table = compare({"row": Row([predicted])}, labels, n_resamples=resamples).scored()
    width = 1.96 * (0.7 * 0.3 / 2000) ** 0.5
    assert table.loc["row", "accuracy_low"] == pytest.approx(0.7 - width, abs=0.002)
    assert table.loc["row", "accuracy_high"] == pytest.approx(0.7 + width, abs=0.002)
    assert np.isnan(table.loc["row", "accuracy_sd"]) and table.loc["row", "seeds"] == 1


def test_seeds_that_differ_widen_the_interval_as_their_spread_demands(labels):
    near, far = guess(labels, 0.5, 1), guess(labels, 0.9, 2)
    compared = compare({"same": seeds(near, near), "apart": seeds(near, far)}, labels)
    table = compared.scored()
    width = table["accuracy_high"] - table["accuracy_low"]
    assert width["apart"] > 2 * width["same"]
    # The draws' variance is that of the test rows, plus the seeds' unbiased variance over their number.
    values = compared.values["apart"]["accuracy"]
    of_seeds = compared.draws["apart"]["accuracy"].var() - compared.draws["same"]["accuracy"].var()
    assert of_seeds == pytest.approx(values.var(ddof=1) / 2, rel=0.15)
    assert table.loc["apart", "accuracy_sd"] == pytest.approx(values.std(ddof=1))


def test_a_difference_is_paired_and_signed(labels):
    base = guess(labels, 0.5, 1)
    better = np.where(np.arange(600) < 30, labels, base)
    compared = compare({"better": Row([better]), "base": Row([base]), "other": Row([guess(labels, 0.5, 9)])}, labels)
    table = compared.differences([("better", "base"), ("base", "better"), ("base", "base"), ("base", "other")])
    accuracy = table[table["score"] == "accuracy"].reset_index()
    assert list(accuracy["verdict"][:3]) == ["higher", "lower", "equal"]
    assert accuracy.loc[0, "difference"] == -accuracy.loc[1, "difference"] > 0
    assert accuracy.loc[2, ["low", "high"]].tolist() == [0, 0] and accuracy.loc[2, "p"] == 1
    widths = accuracy["high"] - accuracy["low"]
    assert widths[0] < widths[3]


def test_the_same_rows_give_the_same_numbers_in_another_table(labels):
    a, b = Row([guess(labels, 0.6, 1)]), seeds(guess(labels, 0.5, 2), guess(labels, 0.5, 3))
    small = compare({"a": a, "b": b}, labels, n_resamples=200).differences([("a", "b")])
    large = compare({"b": b, "c": a, "a": a}, labels, n_resamples=200).differences([("a", "b"), ("c", "b")])
    pd.testing.assert_frame_equal(small, large[:2])


def test_rows_of_the_same_trainings_are_paired_by_training_whatever_their_names(labels):
    apart = [guess(labels, share, i) for i, share in enumerate((0.3, 0.5, 0.7))]
    better = [np.where(np.arange(600) < 12, labels, each) for each in apart]
    rows = {"1NN": seeds(*apart), "again": seeds(*apart), "SVM": seeds(*better), "other": seeds(*apart, of="other")}
    table = compare(rows, labels).differences([("1NN", "again"), ("SVM", "1NN"), ("SVM", "other")], ("accuracy",))
    width = table["high"] - table["low"]
    assert width[0] == 0, "the same predictions of the same trainings do not differ"
    assert width[1] < width[2] / 5
    assert list(table["verdict"]) == ["equal", "higher", "no difference found"]


def test_a_row_of_several_predictions_says_what_was_trained(labels):
    with pytest.raises(ValueError, match="row 'b' has 2 predictions and 0 trainings"):
        compare({"a": Row([labels]), "b": Row([labels, labels])}, labels)


def test_a_single_row_s_interval_has_no_strata(labels):
    # Right on all of one label and on nothing else: with strata nothing would vary.
    compared = compare({"row": Row([np.zeros(600, int)])}, labels, n_resamples=2000)
    table, share = compared.scored(), np.mean(labels == 0)
    width = 2 * 1.96 * np.sqrt(share * (1 - share) / 600)
    assert table.loc["row", "accuracy_high"] - table.loc["row", "accuracy_low"] == pytest.approx(width, rel=0.1)
    assert np.ptp(compared.draws["row"]["accuracy"]) == 0


def test_without_strata_differences_and_intervals_rest_on_the_same_draws():
    rng = np.random.default_rng(0)
    truth = rng.random((50, 3))
    rows = {"a": Row([truth + 0.1 * rng.random((50, 3))]), "b": Row([rng.random((50, 3))])}
    compared = compare(rows, truth, sums.correlation, strata=False, n_resamples=500)
    assert compared.alone is compared.draws
    table = compared.differences([("a", "b")], ("pearson_V", "pearson_A"))
    assert list(table["verdict"]) == ["higher", "higher"] and table["p_equal"].isna().all()


def test_where_labels_are_drawn_the_label_is_the_unit():
    # Twelve labels, each wholly right or wholly wrong: many texts tell no more of labels than few.
    labels = np.repeat(np.arange(12), np.arange(10, 130, 10))
    right = labels % 3 == 0
    weights = 1 / np.bincount(labels)[labels]

    def share(right, labels):
        return np.stack([weights * right, weights]), lambda sums: {"share": sums[0] / sums[1]}

    compared = compare({"row": Row([right])}, labels, share, n_resamples=4000, labels_drawn=True)
    assert compared.values["row"]["share"] == pytest.approx(1 / 3)
    # Not exact: a resample of a label has other texts, but as many, and all of them are alike.
    assert compared.draws["row"]["share"].std() == pytest.approx((1 / 3 * 2 / 3 / 12) ** 0.5, rel=0.05)
    assert (compared.draws["row"]["share"] == compared.alone["row"]["share"]).all()


def test_where_labels_are_drawn_their_texts_are_too():
    labels = np.repeat(np.arange(4), 100)
    right = np.tile(np.arange(100) < 50, 4)

    def share(right, labels):
        return np.stack([1.0 * right, np.ones(400)]), lambda sums: {"share": sums[0] / sums[1]}

    compared = compare({"row": Row([right])}, labels, share, n_resamples=4000, labels_drawn=True)
    # Drawn labels that come twice bring other texts each time: only texts vary here.
    assert compared.draws["row"]["share"].std() == pytest.approx((0.25 / 400) ** 0.5, rel=0.06)
