"""Tables: scores against values worked out by hand, words that follow the numbers, and the files."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from vadstudy import tables
from vadstudy.emotions import EMOTIONS
from vadstudy.mappers import nrc
from vadstudy.runs import RunStore

LABELS = np.array([0, 0, 1, 1])


def test_scores_of_labels_and_of_sets():
    sets = np.zeros((4, 28), bool)
    sets[[0, 1, 2, 2], [0, 0, 1, 2]] = True  # the third names two labels, the last none
    table = tables.scored({"baseline, threshold 0.3": sets, "all right": LABELS}, LABELS)
    assert table.loc["baseline, threshold 0.3", "accuracy"] == 0.5
    assert table.loc["baseline, threshold 0.3", "macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert table.loc["all right", ["accuracy", "accuracy_low", "macro_f1"]].tolist() == [1, 1, 1]
    assert table.loc["baseline, threshold 0.3", "paper_accuracy"] == 0.557
    assert np.isnan(table.loc["all right", "paper_accuracy"])


def test_differences_are_first_less_second():
    rows = {"right": np.tile(LABELS, 50), "half": np.zeros(200, int)}
    row = tables.differences(rows, np.tile(LABELS, 50), [("right", "half")]).iloc[0]
    assert row["accuracy"] == 0.5 and 0.4 < row["accuracy_low"] < 0.5 < row["accuracy_high"] < 0.6
    assert row["mcnemar_p"] < 1e-10


def test_words_follow_the_interval():
    assert tables.finding("accuracy", 0.02, 0.01, 0.03) == "accuracy higher by 0.020 (95 % interval +0.010 to +0.030)"
    assert tables.finding("accuracy", -0.02, -0.03, -0.01).startswith("accuracy lower by 0.020")
    assert "no difference found" in tables.finding("accuracy", 0.02, -0.01, 0.05)


def test_per_emotion_counts_support_and_leaves_out_what_never_occurs():
    table = tables.per_emotion({"a": np.array([0, 1, 1, 1])}, LABELS)
    assert table.loc["admiration"].tolist() == [2, pytest.approx(2 / 3)]
    assert table.loc["amusement", "a"] == pytest.approx(0.8)
    assert table.loc["grief", "support"] == 0 and np.isnan(table.loc["grief", "a"])


def test_nearest_uses_the_points_that_the_run_recorded():
    mapper = nrc()
    run = SimpleNamespace(mapper=mapper, outputs=lambda split: mapper.points[[3, 27]] + 0.001)
    assert tables.nearest(run).tolist() == [3, 27]


def test_tables_of_the_smoke_profile():
    store = RunStore("smoke")
    table1, table3 = tables.table1(store), tables.table3(store)
    assert list(table1.index) == [name for name, recipe in store.recipes.items() if getattr(recipe, "mapper", None)]
    assert np.allclose(table1["ratio"], table1["test_loss"] / table1["constant_loss"])
    assert table3.loc["nrc-mae, 1NN", "least_distance"] == table3.loc["shuffled-mae, SVM", "least_distance"]
    assert tables.search(store).empty and len(EMOTIONS) == 28


def test_saved_in_three_forms(tmp_path):
    store = SimpleNamespace(output=lambda *parts: tmp_path)
    table = pd.DataFrame({"accuracy": [0.61234, np.nan]}, index=pd.Index(["a_b", "c"], name="row"))
    assert tables.save(table, "t", store, "50 % of it.") is table
    assert (tmp_path / "t.md").read_text().splitlines()[-2:] == ["| a_b   |      0.612 |", "| c     |            |"]
    assert pd.read_csv(tmp_path / "t.csv", index_col=0).loc["a_b", "accuracy"] == 0.61234
    assert r"a\_b & 0.612" in (tmp_path / "t.tex").read_text()
