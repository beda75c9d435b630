"""Fair comparisons: effects of a crossing by hand, shares that add up, and what of the plan is not recorded."""

import numpy as np
import pandas as pd
import pytest

from vadstudy import confounds, experiments
from vadstudy.bootstrap import Comparison, Row
from vadstudy.runs import RunStore


def test_effects_are_means_over_the_other_factor():
    scores = dict(zip(confounds.CROSSING.values(), (0.5, 0.4, 0.7, 0.65), strict=True))
    values = {name: {"macro_f1": np.array([score])} for name, score in scores.items()}
    draws = {name: {"macro_f1": np.full(10, score)} for name, score in scores.items()}
    compared = Comparison(values, lambda stratified: draws)
    found = confounds.effects(compared).set_index("effect")["difference"]
    assert found.to_dict() == pytest.approx(
        {"meaning": (0.1 + 0.05) / 2, "spread": (0.2 + 0.25) / 2, "interaction": (0.05 - 0.1) / 2}
    )


def test_shares_in_the_variance_of_macro_f1_add_up_and_are_the_rare_ones():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(28), [2] + [60] * 27)
    predictions = [
        np.where(rng.random(len(labels)) < 0.6, labels, rng.integers(1, 28, size=len(labels))) for _ in range(2)
    ]
    predictions[0][:2], predictions[1][:2] = [0, 1], [0, 0]
    table = confounds.rare_labels(Row(predictions, (("a", 42), ("a", 43))), labels)
    assert table["share"].sum() == pytest.approx(1) and table["share"].idxmax() == "admiration"
    assert list(table["support"]) == [2] + [60] * 27


def test_an_incomplete_record_says_what_is_missing(tmp_path):
    store = RunStore("study", tmp_path)
    assert len(confounds.missing(store)) == len(experiments.plan())
    assert ("softmax", 43) in confounds.missing(store, ["softmax"])


def test_top3_of_a_regressor_are_its_three_nearest_labels():
    store = RunStore("smoke")
    run = store["scaled-mae"]
    sets = confounds.top3(run)
    assert (sets.sum(axis=1) == 3).all()
    distances = np.abs(run.outputs("test")[:, None] - run.mapper.points).sum(axis=2)
    assert all(sets[i, distances[i].argmin()] for i in range(len(sets)))
    assert sets[np.arange(len(sets)), store["softmax"].labels("test")].mean() >= np.mean(
        distances.argmin(axis=1) == store["softmax"].labels("test")
    )


def test_the_crossing_differs_in_one_thing_at_a_time():
    mappers = {cell: experiments.named("smoke")[name].mapper for cell, name in confounds.CROSSING.items()}
    assert mappers == {
        ("scaled", "meaningful"): "scaled",
        ("scaled", "shuffled"): "shuffled-scaled",
        ("spread", "meaningful"): "matched",
        ("spread", "shuffled"): "shuffled-spread",
    }


def test_rates_have_both_losses_at_each_rate():
    table = pd.DataFrame(
        [(recipe.loss, recipe.learning_rate, recipe.head_learning_rate) for recipe in experiments.RATES]
    )
    assert sorted(table.groupby(1)[0].apply(sorted).map(tuple).unique()) == [("mae", "mse")]
    assert table[2].isna().all() and table[1].min() == 5e-7
