"""Related systems: their read-outs, sets of labels, and the rule's verdicts; what is chosen on dev, by the record."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, precision_score, recall_score

from vadstudy import bootstrap, experiments, mappers, metrics, related
from vadstudy.bootstrap import Row
from vadstudy.borrowed import SortedLoss
from vadstudy.emotions import EMOTIONS
from vadstudy.runs import RunStore

RNG = np.random.default_rng(0)


def test_labels_and_points_of_sorted_distributions():
    outputs, nrc = RNG.normal(size=(9, 84)), mappers.nrc()
    run = SimpleNamespace(outputs=lambda split: outputs, mapper=nrc)
    p = np.exp(outputs.reshape(9, 3, 28))
    p /= p.sum(axis=2, keepdims=True)
    assert (related.sorted_label(run) == p.prod(axis=1).argmax(axis=1)).all()
    np.testing.assert_allclose(related.sorted_vad(run)[:, 1], p[:, 1] @ nrc.points[:, 1])
    as_trained = SortedLoss(nrc.points).logits(torch.tensor(outputs))
    assert (as_trained.argmax(dim=1).numpy() == related.sorted_label(run)).all()


def test_the_example_is_the_loss_of_one_dimension():
    values, likely = [0.1, 0.9, 0.4], [0.5, 0.3, 0.2]
    loss = SortedLoss(np.array(values)[:, None])(torch.tensor([likely]).log(), torch.tensor([2])).item()
    table = related.example(values, likely, 2)
    assert table["cost"].sum() == pytest.approx(loss) and list(table.index) == [0, 2, 1]


def test_scores_of_sets_are_scikit_learn_s_on_every_resample():
    truth, named, drawn = RNG.random((60, 5)) < 0.3, RNG.random((60, 5)) < 0.3, RNG.integers(60, size=60)
    named[:, 4] = False
    sums, scores = related.several(named, truth)
    counts = np.bincount(drawn, minlength=60).astype(np.float32)[:, None]
    found = {name: value[0] for name, value in scores((sums @ counts).astype(float)).items()}
    of = truth[drawn], named[drawn]
    for average in ("macro", "micro"):
        assert found[f"{average}_f1"] == pytest.approx(f1_score(*of, average=average, zero_division=0))
    assert found["macro_precision"] == pytest.approx(precision_score(*of, average="macro", zero_division=0))
    assert found["macro_recall"] == pytest.approx(recall_score(*of, average="macro", zero_division=0))
    assert found["accuracy"] == pytest.approx((of[0] == of[1]).all(axis=1).mean())
    whole = scores((sums @ np.ones((60, 1), np.float32)).astype(float))
    assert metrics.set_scores(named * 1.0, truth, 0.5) == pytest.approx({k: v[0] for k, v in whole.items()})


def test_a_threshold_is_the_best_of_those_tried():
    likely, truth = RNG.random((80, 5)), RNG.random((80, 5)) < 0.4
    best = metrics.best_common_threshold(likely, truth)
    scores = {t: metrics.set_scores(likely, truth, t)["macro_f1"] for t in metrics.THRESHOLDS}
    assert scores[best] == max(scores.values()) and best == min(t for t in scores if scores[t] == scores[best])


def compared(**shares):
    """Rows that are right in these shares of the texts, beside a softmax that is in 0.6."""
    labels = RNG.integers(5, size=4000)
    rows = {}
    for name, share in {related.SOFTMAX: 0.6, **shares}.items():
        right = np.random.default_rng(1).random(4000) < share
        rows[name] = Row([np.where(right, labels, (labels + 1) % 5)] * 2, ((name, 0), (name, 1)))
    return bootstrap.compare(rows, labels, n_resamples=400)


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("park-sorted", {0.6: "holds", 0.65: "holds", 0.5: "fails"}),
        ("singh-definitions", {0.6: "fails", 0.65: "holds", 0.5: "fails"}),
        ("alvarez-max", {0.6: "fails", 0.65: "holds", 0.5: "fails"}),
        ("alvarez-max-frozen", {0.6: "", 0.65: "", 0.5: ""}),
    ],
)
def test_the_verdict_is_by_the_rule(name, verdicts):
    for share, expected in verdicts.items():
        assert related.verdict(compared(**{name: share}), name) == expected, share


def test_what_was_chosen_is_the_best_on_dev():
    store = RunStore("study")
    searched = related.searched(store)
    assert len(searched) == len(experiments.SHARES)
    assert searched["dev_macro_f1"].idxmax() == experiments.SINGH.main_share
    best = related.on_dev(store).drop("park-sorted").idxmax()
    assert experiments.SEVERAL_LABELS[-1].name == f"multilabel-{best}"


@pytest.mark.smoke
def test_rows_of_a_profile():
    store = RunStore("smoke")
    table = related.scored(bootstrap.compare(related.rows(store), store["softmax"].labels("test")))
    assert list(table.index) == [related.SOFTMAX, *related.SYSTEMS] and table["accuracy"].between(0, 1).all()
    assert related.searched(store).empty and set(related.on_dev(store).index) == set(related.SYSTEMS)
    truth = related.sets(store, "test")
    assert truth.shape == (224, 28) and set(truth.sum(axis=1)) == {1, 2}
    assert list(truth.columns) == list(EMOTIONS)
    rows = related.set_rows(store)
    found = related.sets_compared(store, rows).scored(related.SET_SCORES)
    assert list(found.index) == [recipe.name for recipe in experiments.SEVERAL_LABELS]
    points = related.vad_rows(store)["park-sorted"][0].predictions[0]
    assert points.shape == (len(store["vad-people"].ids("test")), 3) and points.min() >= 0 and points.max() <= 1
