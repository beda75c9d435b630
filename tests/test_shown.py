"""Tables as people read them: words for columns, and digits as many as they are worth."""

import numpy as np
import pandas as pd
import pytest

from vadstudy.shown import cells, columns, flat, heading, shown


@pytest.mark.parametrize(
    "name, words",
    [
        ("macro_f1", "macro-F1"),
        ("tuned_macro_f1", "tuned macro-F1"),
        ("paper_macro_f1", "macro-F1, paper"),
        ("r2_A", "R² arousal"),
        ("r2_A, MPNet-base", "R² arousal, MPNet-base"),
        ("readers_writers", "readers against writers"),
        ("softmax, argmax, f1", "softmax, argmax, F1"),
        ("nrc-mae", "nrc-mae"),
    ],
)
def test_a_heading_is_in_words(name, words):
    assert heading(name) == words


def test_a_value_has_its_deviation_and_interval_in_its_cell():
    table = pd.DataFrame({"a": [0.5, 0.6], "a_sd": [0.01, np.nan], "a_low": [0.4, 0.55], "a_high": [0.61, 0.7]})
    assert columns(table) == ["a"]
    assert cells(table, "a") == ["0.500 ± 0.010 (0.400 to 0.610)", "0.600 (0.550 to 0.700)"]
    assert cells(table[["a", "a_sd"]], "a") == ["0.500 ± 0.010", "0.600"]


def test_a_difference_has_its_sign_and_its_ends():
    table = pd.DataFrame({"score": ["macro_f1"], "difference": [0.02], "low": [-0.0001], "high": [0.03]})
    assert columns(table) == ["score", "difference"]
    assert cells(table, "score") == ["macro-F1"]
    assert cells(table, "difference") == ["+0.020 (+0.000 to +0.030)"]


def test_whole_numbers_have_no_decimals_and_what_is_missing_is_a_dash():
    mixed = pd.DataFrame({"svm": [904.0, 10.0, 0.423, 4.45, np.nan], "rows": [1200, 2, 3, 4, 5]})
    assert cells(mixed, "svm") == ["904", "10", "0.423", "4.450", "–"]
    assert cells(mixed, "rows")[0] == "1,200"
    assert cells(pd.DataFrame({"share": [1.0, 0.0, -0.0001]}), "share") == ["1.000", "0.000", "0.000"]
    assert cells(pd.DataFrame({"learning_rate": [5e-7, 3e-4]}), "learning_rate") == ["5e-07", "3e-04"]


def test_seeds_are_whole_also_where_one_row_has_none():
    table = pd.DataFrame({"seeds": [1, 3], "seeds, MPNet-base": [1.0, None]})
    assert [cells(table, name) for name in table] == [["1", "3"], ["1", "–"]]


def test_what_is_shown_has_its_first_column_as_index():
    table = pd.DataFrame({"accuracy": [0.5], "same_group": [True]}, index=pd.Index(["a"], name="run"))
    text = shown(table)
    assert text.index.name == "run" and text.loc["a"].tolist() == ["0.500", "yes"]
    assert list(text.columns) == ["accuracy", "same group"]
    assert shown(table.reset_index()).equals(text)


def test_a_table_of_nothing_is_shown_as_such():
    assert shown(pd.DataFrame()).empty


@pytest.mark.parametrize(
    ("index", "first"), [(None, "a"), (pd.RangeIndex(42, 44, name="seed"), "seed"), (pd.Index(["x", "y"]), "row")]
)
def test_an_index_of_its_own_is_the_first_column(index, first):
    assert flat(pd.DataFrame({"a": [1.5, 2.5]}, index)).columns[0] == first
