"""What is said of a difference: Holm's steps, the verdict, and the words."""

import numpy as np
import pandas as pd
import pytest

from vadstudy import significance
from vadstudy.significance import direction, finding


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
    table = significance.corrected(lines)
    assert table["p"].tolist() == [0.04, 0.04, 0.04] and list(table["verdict"]) == ["higher"] * 3
    harder = significance.corrected(lines.assign(p=[0.03, 0.04, 0.04]))
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
    assert significance.holm(np.array(p)).tolist() == pytest.approx(corrected)


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


def test_a_finding_names_direction_equality_or_neither():
    def line(**fields):
        return next(pd.DataFrame([{"score": "macro_f1", "low": -0.01, "high": 0.034, **fields}]).itertuples())

    assert (
        finding(line(difference=0.02, verdict="higher")) == "macro-F1 higher by 0.020 (95 % interval -0.010 to +0.034)"
    )
    assert finding(line(difference=0.0, verdict="equal")).startswith("macro-F1 equal within 0.02 (")
    assert finding(line(difference=0.0, verdict="no difference found")).startswith("macro-F1: no difference found (")
