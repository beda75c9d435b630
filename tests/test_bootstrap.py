"""The bootstrap: against the plain metrics, against theory, and what the rules say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vadstudy import bootstrap, metrics
from vadstudy.bootstrap import Row, compare, direction, finding


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


def test_scores_are_those_of_the_plain_metrics(labels):
    first, second = guess(labels, 0.5, 1), guess(labels, 0.5, 2)
    sets = np.eye(6, dtype=bool)[first] | np.eye(6, dtype=bool)[second]
    values = compare({"labels": seeds(first, second), "sets": Row([sets])}, labels, n_resamples=2).values
    for i, predicted in enumerate((first, second)):
        assert values["labels"]["accuracy"][i] == pytest.approx(metrics.accuracy(labels, predicted))
        assert values["labels"]["macro_f1"][i] == pytest.approx(metrics.macro_f1(labels, predicted))
    assert values["sets"]["accuracy"][0] == pytest.approx(metrics.exact_match(sets, labels))
    assert values["sets"]["macro_f1"][0] == pytest.approx(metrics.multi_hot_macro_f1(sets, labels))


def test_losses_are_those_of_the_plain_metrics(labels):
    rng = np.random.default_rng(0)
    truth, found = rng.random((600, 3)), rng.random((600, 3))
    constant = truth.mean(axis=0)
    rows = {loss: Row([(found, truth, constant, loss)]) for loss in ("mse", "mae")}
    values = compare(rows, labels, lambda row, labels: bootstrap.regression(*row), n_resamples=2).values
    assert values["mse"]["test_loss"][0] == pytest.approx(metrics.mse(truth, found), rel=1e-5)
    assert values["mae"]["ratio"][0] == pytest.approx(
        metrics.mae(truth, found) / metrics.mae(truth, np.tile(constant, (600, 1))), rel=1e-5
    )
    r2 = [values["mse"][f"r2_{d}"][0] for d in "VAD"]
    np.testing.assert_allclose(r2, metrics.r2(truth, found), rtol=1e-4)


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


def test_holm_s_family_is_the_pair_whatever_else_is_compared():
    lines = pd.DataFrame(
        {
            "first": ["a", "a", "a"],
            "second": ["b", "b", "c"],
            "difference": 0.1,
            "p": [0.02, 0.04, 0.04],
            "p_equal": [0.5, np.nan, 0.5],
        }
    )
    table = bootstrap.corrected(lines)
    assert table["p"].tolist() == [0.04, 0.04, 0.04] and list(table["verdict"]) == ["higher"] * 3
    harder = bootstrap.corrected(lines.assign(p=[0.03, 0.04, 0.04]))
    assert harder["p"].tolist() == [0.06, 0.06, 0.04]
    assert list(harder["verdict"]) == ["no difference found", "no difference found", "higher"]


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        ([0.04], [0.04]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.9, 0.2, 0.2], [1, 1, 0.8, 0.8]),
        ([0.02, 0.001, 0.03], [0.04, 0.003, 0.04]),
    ],
)
def test_holm_steps_down(p, corrected):
    assert bootstrap.holm(np.array(p)).tolist() == pytest.approx(corrected)


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


def test_correlations_are_scipy_s_in_every_resample():
    rng = np.random.default_rng(0)
    truth = rng.integers(5, size=(60, 3)) / 4
    found = truth + rng.normal(size=(60, 3)) * 0.3
    sums, scores = bootstrap.correlation(found, truth)
    counts = bootstrap._counts(np.zeros(60, int), 3, rng)
    got = scores((sums @ counts).astype(float))
    for k in range(3):
        drawn = np.repeat(np.arange(60), counts[:, k].astype(int))
        for i, dimension in enumerate("VAD"):
            x, y = found[drawn, i], truth[drawn, i]
            assert got[f"pearson_{dimension}"][k] == pytest.approx(stats.pearsonr(x, y).statistic)
            assert got[f"spearman_{dimension}"][k] == pytest.approx(stats.spearmanr(x, y).statistic)


def test_without_strata_differences_and_intervals_rest_on_the_same_draws():
    rng = np.random.default_rng(0)
    truth = rng.random((50, 3))
    rows = {"a": Row([truth + 0.1 * rng.random((50, 3))]), "b": Row([rng.random((50, 3))])}
    compared = compare(rows, truth, bootstrap.correlation, strata=False, n_resamples=500)
    assert compared.alone is compared.draws
    table = compared.differences([("a", "b")], ("pearson_V", "pearson_A"))
    assert list(table["verdict"]) == ["higher", "higher"] and table["p_equal"].isna().all()


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0.03, 0.01, 1.0), "higher"),
        ((-0.03, 0.01, 1.0), "lower"),
        ((0.001, 0.5, 0.01), "equal"),
        ((0.001, 0.04, 0.01), "higher"),
        ((0.01, 0.2, 0.3), "no difference found"),
        ((0.01, 0.2, np.nan), "no difference found"),
    ],
)
def test_the_verdict_of_a_pair(numbers, said):
    assert direction(*numbers) == said


def test_f1_by_label_and_its_mean(labels):
    predicted = guess(labels, 0.5, 1)
    values = compare({"row": Row([predicted])}, labels, bootstrap.f1_by_label, n_resamples=2).values["row"]
    assert np.mean([values[k][0] for k in range(5)]) == pytest.approx(metrics.macro_f1(labels, predicted))


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
    found = compare(
        {"row": Row([predicted])}, labels, lambda p, y: bootstrap.confusion_by_distance(p, y, distances), n_resamples=2
    )
    assert found.values["row"]["rho"][0] == pytest.approx(-1)


def test_a_finding_names_direction_equality_or_neither():
    def line(**fields):
        return next(pd.DataFrame([{"score": "macro_f1", "low": -0.01, "high": 0.034, **fields}]).itertuples())

    assert (
        finding(line(difference=0.02, verdict="higher")) == "macro-F1 higher by 0.020 (95 % interval -0.010 to +0.034)"
    )
    assert finding(line(difference=0.0, verdict="equal")).startswith("macro-F1 equal within 0.02 (")
    assert finding(line(difference=0.0, verdict="no difference found")).startswith("macro-F1: no difference found (")
