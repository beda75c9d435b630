"""Fair comparisons: effects by hand, shares that add up, assignments against theory, what is not recorded."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vadstudy import confounds, experiments, profiles
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
    assert len(confounds.missing(store)) == len(profiles.plan())
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
    mappers = {cell: profiles.named("smoke")[name].mapper for cell, name in confounds.CROSSING.items()}
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


BOTH = ("labels where NRC has them", "labels dealt at random")


def made(gain=0.0, spread_apart=0.0, sd=0.004, seed=0):
    """Scores as of :func:`vadstudy.confounds.scores`: NRC's labels are better by ``gain``."""
    rng = np.random.default_rng(seed)
    lines = []
    for points, how in confounds.DEALT:
        ours = how.startswith("where")
        for i in range(5 if ours else 19):
            level = 0.5 + gain * ours + spread_apart * (points == "spread")
            line = {"points": points, "labels": how, "seed": 42 + i}
            lines.append(line | {score: rng.normal(level, sd) for score in ("accuracy", "macro_f1", "included")})
    return pd.DataFrame(lines)


def lines(table, first, second):
    return table[(table["first"] == first) & (table["second"] == second)].set_index("score")


def test_meaning_that_is_there_is_found_and_has_its_size():
    found = lines(confounds.meaning(made(gain=0.03)), *BOTH)
    assert list(found["verdict"]) == ["higher"] * 3
    assert ((found["low"] < 0.03) & (found["high"] > 0.03)).all()
    # Ahead of all others on both sets of points: one of 400 pairs, two-sided, three scores by Holm.
    assert found["p"].to_numpy() == pytest.approx(3 * 2 / 400)


def test_meaning_that_is_not_there_is_equal():
    found = lines(confounds.meaning(made(sd=0.002)), *BOTH)
    assert list(found["verdict"]) == ["equal"] * 3


def test_the_permutation_test_keeps_its_level():
    rejected = [lines(confounds.meaning(made(seed=seed)), *BOTH)["p"].min() < 0.05 for seed in range(60)]
    assert np.mean(rejected) < 0.08


def test_a_pair_s_interval_and_rank_are_welch_s_and_the_count_s():
    scores = made(gain=0.004)
    table = confounds.meaning(scores)
    found = lines(table, "scaled, where NRC has them", "scaled, dealt at random").loc["accuracy"]
    ours, others = (
        scores.query("points == 'scaled' and labels == @how")["accuracy"]
        for how in ("where NRC has them", "dealt at random")
    )
    expected = stats.ttest_ind(ours, others, equal_var=False)
    low, high = expected.confidence_interval()
    assert (found["low"], found["high"]) == pytest.approx((low, high))
    assert found["rank"] == 1 + (others >= ours.mean()).sum()
    assert found["difference"] == pytest.approx(ours.mean() - others.mean())


def test_spread_points_are_compared_with_scaled_ones_where_nrc_has_them():
    found = lines(confounds.meaning(made(spread_apart=0.02)), "spread, dealt at random", "scaled, where NRC has them")
    assert list(found["verdict"]) == ["higher"] * 3 and found["rank"].isna().all()


def test_the_best_budgets_are_those_of_the_record():
    for row, lines in confounds.budget(RunStore()).groupby("row"):
        two, every = (lines[lines["layers"] == layers] for layers in (2, "all"))
        best = two.loc[two["dev_macro_f1"].idxmax()]
        going_on = experiments.BEST_BUDGETS[row]
        assert going_on["2layers"] == dict(
            trainable_layers=2, learning_rate=best["learning_rate"], epochs=best["epochs"]
        )
        assert ("alllayers" in going_on) == (every["dev_macro_f1"].max() > best["dev_macro_f1"])


@pytest.mark.smoke
def test_rows_of_budgets_are_read_as_the_study_s_own():
    rows = confounds.budgeted_rows(RunStore("smoke"))
    assert list(rows) == ["softmax, argmax", "nrc-mae, 1NN", "nrc-mae, SVM", "scaled-mae, 1NN", "scaled-mae, SVM"]
    # Profiles without a search have no budgets; the study has a row more for each.
    assert all("test" in recipe.splits for recipe in experiments.BUDGETED)
