"""Rows that are carried to other corpora: their scores against scikit-learn's and SciPy's, and what reads them."""

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, roc_auc_score

from vadstudy import bootstrap, carried, mappers, readout, significance
from vadstudy.bootstrap import Row
from vadstudy.emotions import EMOTIONS
from vadstudy.runs import RunStore

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def smoke():
    return RunStore("smoke")


def counted(sums, scores, drawn, n):
    """A measure's scores on one resample, given by the rows that it draws."""
    counts = np.bincount(drawn, minlength=n).astype(np.float32)[:, None]
    return {name: value[0] for name, value in scores((sums @ counts).astype(float)).items()}


def test_pearson_of_a_resample_is_scipy_s_of_its_rows():
    predicted, truth, drawn = RNG.random((50, 3)), RNG.random((50, 3)), RNG.integers(50, size=50)
    found = counted(*carried.pearson(predicted, truth), drawn, 50)
    expected = pearsonr(predicted[drawn], truth[drawn], axis=0).statistic
    assert list(found) == list(carried.CORRELATIONS)
    np.testing.assert_allclose(list(found.values()), expected, atol=1e-9)


def test_separation_of_a_resample_is_scikit_learn_s_of_its_rows():
    above, labels, drawn = RNG.normal(size=60).round(1), RNG.integers(2, size=60), RNG.integers(60, size=60)
    found = counted(*carried.separation(above, labels), drawn, 60)
    assert found["auc"] == pytest.approx(roc_auc_score(labels[drawn], above[drawn]), abs=1e-6)
    assert found["accuracy"] == pytest.approx(accuracy_score(labels[drawn], above[drawn] > 0), abs=1e-6)


def test_a_margin_is_named_as_it_was_judged_by():
    rows = {name: Row([RNG.random((40, 3))]) for name in ("a", "b")}
    compared = bootstrap.compare(rows | {"b": rows["a"]}, RNG.random((40, 3)), carried.pearson, strata=False)
    found = compared.differences([("a", "b")], carried.CORRELATIONS, carried.MARGINS)
    assert set(found["verdict"]) == {"equal"}
    assert "Pearson's r of valence equal within 0.05" in significance.findings(found, carried.MARGINS)


@pytest.mark.smoke
def test_probabilities_sum_to_one_whatever_the_loss(smoke):
    for name in ("carried-softmax", "carried-bce"):
        np.testing.assert_allclose(carried.likely(smoke[name], "mini-vad/test", 2.0).sum(axis=1), 1)
    plain = carried.likely(smoke["carried-softmax"], "mini-vad/test")
    warm = carried.likely(smoke["carried-softmax"], "mini-vad/test", 5.0)
    assert (warm.max(axis=1) < plain.max(axis=1)).all()


@pytest.mark.smoke
def test_the_warm_temperature_is_the_best_of_those_tried_on_dev(smoke):
    run, people = smoke["carried-softmax"], carried.human(smoke, "dev")
    found = carried.warmest(run, "mini-vad", people)

    def agreement(t):
        points = readout.expected(carried.likely(run, "mini-vad/dev", t), mappers.nrc())
        return pearsonr(people, points, axis=0).statistic.mean()

    assert agreement(found) == max(map(agreement, carried.TEMPERATURES))


@pytest.mark.smoke
def test_rows_of_every_corpus_have_its_test_texts_and_their_trainings(smoke):
    for rows, corpus, shape in (
        (carried.vad_rows(smoke), "mini-vad", (3,)),
        (carried.sentiment_rows(smoke), "mini-sentiment", ()),
        (carried.six_rows(smoke), "mini-ekman", ()),
    ):
        n = len(smoke["carried-softmax"].ids(f"{corpus}/test"))
        assert all(np.shape(each) == (n, *shape) for row, _ in rows.values() for each in row.predictions)
        assert all(
            learned == carried.NOTHING or learned.startswith(("all", "a", "one")) for _, learned in rows.values()
        )
    shared = {row.trainings for name, (row, _) in carried.zero_shot(smoke).items() if name.startswith("softmax")}
    assert shared == {(("carried-softmax", 42),)}


@pytest.mark.smoke
def test_the_threshold_is_each_training_s_own_from_train(smoke):
    rows = carried.sentiment_rows(smoke)
    valence = carried.valences(smoke)["softmax, expected"][1]
    run = smoke["carried-softmax"]
    above = rows["softmax, expected"][0].predictions[0]
    threshold = (valence(run, "test") - above)[0]
    labels = smoke["sentiment-encoder-lexicon"].labels("train")
    train = valence(run, "train")
    right = ((train > threshold) == labels).mean()
    assert right == max(((train > t) == labels).mean() for t in [0, *train])


def test_three_numbers_name_the_label_whose_point_is_nearest(smoke):
    rows = carried.three_numbers(smoke)
    run = smoke.all("softmax")[0]
    points = readout.median(readout.probabilities(run.outputs("test")), mappers.nrc())
    first = rows["softmax, median, 1NN"].predictions[0]
    for label, point in list(zip(first, points, strict=True))[:20]:
        gaps = np.abs(mappers.nrc().points - point).sum(axis=1)
        assert gaps[label] == pytest.approx(gaps.min(), abs=1e-6) and 0 <= label < len(EMOTIONS)
