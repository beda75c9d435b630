"""Meaning over assignments: the permutation test and Welch's intervals, on made-up scores."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vadstudy import confounds

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
