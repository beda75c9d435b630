"""Tables: on a store made by hand, whose numbers can be computed by hand; and the files that they are written to."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from vadstudy import experiments, mappers, recipes, tables
from vadstudy.bootstrap import Row
from vadstudy.disk import files, sealed
from vadstudy.emotions import EMOTIONS
from vadstudy.recipes import SEED, SVM, Recipe
from vadstudy.runs import RunStore

#: Label i lies at i/27 in each dimension.
POINTS = np.repeat(np.arange(28)[:, None] / 27, 3, axis=1)
LABELS = {"train": [0, 0, 27], "dev": [0, 1], "test": [0, 0, 1, 27]}
#: 1NN and the SVM name these labels: three of four are right.
NAMED = {"train": [0, 0, 27], "dev": [0, 1], "test": [0, 1, 1, 27]}
#: The sigmoid baseline's probabilities that are not 0.001, by split and row.
SIGMOIDS = {
    "train": [{}, {}, {}],
    "dev": [{0: 0.83, 2: 0.22}, {0: 0.48, 1: 0.42}],
    "test": [{0: 0.9}, {0: 0.4, 1: 0.6}, {1: 0.27}, {27: 0.31}],
}


def outputs(name, split):
    """What the run gives for each row of a split."""
    if name == "bce":
        p = np.array([[row.get(i, 0.001) for i in range(28)] for row in SIGMOIDS[split]])
        return np.log(p / (1 - p))
    named = np.array(NAMED[split])
    return np.eye(28)[named] if name == "softmax" or name.endswith("-svm") else POINTS[named]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A smoke store with a run of every row of tables 1 to 3, none of them trained."""
    store = RunStore("smoke", tmp_path_factory.mktemp("runs"))
    for name, recipe in store.recipes.items():
        if not isinstance(recipe, Recipe | SVM) or name.startswith("six"):
            continue
        frames = []
        for split, labels in LABELS.items():
            frame = pd.DataFrame(outputs(name, split).astype("float32")).add_prefix("o")
            frames.append(frame.assign(split=split, id=[f"{split}{i}" for i in range(len(labels))], label=labels))
        meta = {
            "recipe": recipes.as_fields(recipe),
            "seed": SEED,
            "date": "2026-01-01",
            "points": POINTS.tolist(),
            "fingerprints": {},
        }
        if not isinstance(recipe, Recipe):
            meta["fingerprints"]["source"] = store[recipe.source].digest
        files.write(store.place(name, SEED), sealed.pack(pd.concat(frames), meta))
    yield store
    assert store.made == {}


def test_sweep_scores_sets_of_labels_on_dev(store):
    sweep = tables.threshold_sweep(store["bce"])
    assert list(sweep.index) == pytest.approx(np.arange(1, 20) / 20)
    # {0, 2} and {0, 1}; {0} and {0, 1}; {0} and {0}; {0} and {}; {} and {}.
    f1 = {0.2: (2 / 3 + 1 + 0) / 3, 0.4: (2 / 3 + 1) / 2, 0.45: (2 / 3 + 0) / 2, 0.5: 1 / 2, 0.85: 0}
    for threshold, expected in f1.items():
        assert sweep["macro_f1"][threshold] == pytest.approx(expected)
    assert sweep["accuracy"].loc[[0.2, 0.4, 0.5, 0.85]].tolist() == [0, 0.5, 0.5, 0]


def test_the_dev_threshold_is_the_lowest_of_the_best(store):
    assert tables.dev_threshold(store["bce"]) == 0.25


def test_table_1_has_each_regressors_loss_and_the_best_constants(store):
    table = tables.table1(store)
    assert list(table.index) == [recipe.name for recipe in experiments.MAIN if recipe.mapper]
    true = np.array([0, 0, 1 / 27, 1])
    mae, mse = table.loc["nrc-mae"], table.loc["nrc-mse"]
    assert mae["loss"] == "MAE" and mse["loss"] == "MSE" and table.loc["nrc-mae-ce", "loss"] == "MAE"
    assert mae["test_loss"] == pytest.approx(1 / 27 / 4) and mse["test_loss"] == pytest.approx(1 / 27**2 / 4)
    assert mae["constant_loss"] == pytest.approx(true.mean())
    assert mse["constant_loss"] == pytest.approx(((true - 1 / 3) ** 2).mean())
    assert mae["ratio"] == pytest.approx(mae["test_loss"] / mae["constant_loss"])
    assert mae["r2_D"] == pytest.approx(1 - (1 / 27) ** 2 / ((true - true.mean()) ** 2).sum())
    assert mae["paper_loss"] == 0.116 and pd.isna(mse["paper_loss"])


def test_nearest_uses_the_points_that_the_run_recorded(store):
    assert tables.nearest(store["spread-mae"]).tolist() == NAMED["test"]
    outputs = mappers.nrc().points[[3, 27]] + 0.001
    other = SimpleNamespace(mapper=mappers.nrc(), outputs=lambda split: outputs, meta={})
    assert tables.nearest(other).tolist() == [3, 27]


def test_table_2_scores_every_row_and_has_the_papers_numbers(store):
    table = tables.table2(store)
    first = ["baseline, threshold 0.3", "baseline, threshold from dev", "baseline, argmax", "softmax, argmax"]
    assert list(table.index[:4]) == first
    # Sets at 0.3: {0}, {0, 1}, {}, {27}; at 0.25 the third is {1}; argmax names 0, 1, 1, 27.
    assert table["accuracy"].iloc[:4].tolist() == [0.5, 0.75, 0.75, 0.75]
    assert table["macro_f1"].iloc[:4].tolist() == pytest.approx([(1 + 0 + 1) / 3, (1 + 2 / 3 + 1) / 3, 7 / 9, 7 / 9])
    assert table["macro_f1"]["nrc-mae, SVM"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert table.loc["baseline, threshold 0.3", ["paper_accuracy", "paper_macro_f1"]].tolist() == [0.557, 0.493]
    assert np.isnan(table["paper_accuracy"]["softmax, argmax"])
    assert (table["accuracy_low"] <= table["accuracy"]).all() and (table["accuracy"] <= table["accuracy_high"]).all()


def test_table_3_has_four_mappers_and_their_recorded_least_distance(store):
    table = tables.table3(store)
    assert list(table.index) == [
        f"{mapper}-mae, {classifier}"
        for mapper in ("nrc", "scaled", "spread", "shuffled")
        for classifier in ("1NN", "SVM")
    ]
    assert table["least_distance"].to_numpy() == pytest.approx(3**0.5 / 27)
    assert table["accuracy"].to_numpy() == pytest.approx(0.75)


def test_every_number_of_the_paper_belongs_to_a_row(store):
    rows = {*tables.classifier_predictions(store), *tables.mapper_predictions(store)}
    assert set(tables.PAPER) <= rows
    assert set(tables.PAPER_LOSS) <= set(tables.table1(store).index)


def test_f1_of_each_emotion_for_labels_and_for_sets():
    labels = np.array([0, 0, 1])
    sets = np.zeros((3, 28), dtype=bool)
    sets[[0, 1, 1], [0, 0, 5]] = True
    table = tables.per_emotion({"labels": Row([np.array([0, 1, 1])]), "sets": Row([sets])}, labels)
    assert list(table.index) == list(EMOTIONS) and table["support"].tolist() == [2, 1] + [0] * 26
    np.testing.assert_allclose(table["labels"].iloc[:3], [2 / 3, 2 / 3, np.nan])
    np.testing.assert_allclose(table["sets"].iloc[:6], [1, 0, np.nan, np.nan, np.nan, 0])
    both = tables.per_emotion({"seeds": Row([np.array([0, 1, 1]), np.array([0, 0, 1])])}, labels)
    np.testing.assert_allclose(both["seeds"].iloc[:2], [(2 / 3 + 1) / 2, (2 / 3 + 1) / 2])


def test_rows_of_one_regressor_have_its_trainings_whoever_reads_them(store):
    rows = tables.read_points(store, "nrc-mae")
    assert rows["nrc-mae, SVM"].trainings == rows["nrc-mae, 1NN"].trainings == (("nrc-mae", 42),)
    rows = tables.classifier_predictions(store)
    assert {rows[name].trainings for name in rows if name.startswith("baseline")} == {(("bce", 42),)}


def test_the_search_is_empty_where_there_was_none(store):
    assert tables.search(store).empty


@pytest.mark.parametrize(
    ("names", "said"),
    [(["few"], "seed 42"), (["more"], "5 seeds a row"), (["more", "none", "some"], "3 to 5 seeds a row")],
)
def test_a_caption_says_how_many_seeds_its_rows_have(names, said):
    seeds = {"few": [42], "some": [42, 43, 44], "more": [42, 43, 44, 45, 46], "none": []}
    store = SimpleNamespace(recipes={"scaled-mae": SimpleNamespace(encoder="minilm")}, seeds=seeds.get)
    assert tables.setting(store, names) == f"MiniLM-L6, {said}"


@pytest.fixture
def folder(tmp_path):
    return SimpleNamespace(path=tmp_path, output=lambda *parts: tmp_path, wrote=lambda *paths: None)


def test_a_table_is_written_in_three_forms_and_returned(folder):
    table = pd.DataFrame(
        {"f1_score": [0.12345, -0.0001], "rows": [3, 1200], "paper": [None, 0.557]},
        index=pd.Index(["a, b", "c & d"], name="row"),
    )
    assert tables.save(table, "t", folder, "In 95 % of A & B.") is table
    read = pd.read_csv(folder.path / "t.csv", index_col="row")
    assert read.loc["a, b", "f1_score"] == 0.12345 and np.isnan(read.loc["a, b", "paper"])
    lines = (folder.path / "t.md").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["In 95 % of A & B.", ""]
    assert [cell.strip() for cell in lines[4].split("|")[1:-1]] == ["a, b", "0.123", "3", "–"]
    assert [cell.strip() for cell in lines[5].split("|")[1:-1]] == ["c & d", "0.000", "1,200", "0.557"]
    latex = (folder.path / "t.tex").read_text(encoding="utf-8")
    # An unescaped % in a caption would comment out the rest of its line.
    assert r"\caption{In 95 \% of A \& B.}" in latex and r"\label{tab:t}" in latex
    assert "F1 score" in latex and r"c \& d & 0.000 & 1,200 & 0.557 \\" in latex


def test_small_rates_are_not_rounded_to_zero_and_a_plain_index_is_left_out(folder):
    table = pd.DataFrame({"learning_rate": [1e-4, 3e-4], "kept": ["no", "yes"]})
    tables.save(table, "t", folder, "Search.")
    assert (folder.path / "t.csv").read_text().splitlines()[:2] == ["learning_rate,kept", "0.0001,no"]
    lines = (folder.path / "t.md").read_text(encoding="utf-8").splitlines()
    assert [cell.strip() for cell in lines[4].split("|")[1:-1]] == ["1e-04", "no"]
    assert r"3e-04 & yes \\" in (folder.path / "t.tex").read_text(encoding="utf-8")


def test_precisions_are_counted_over_trainings():
    class Store:
        def has(self, name):
            return name != "later"

        def all(self, name):
            recipe = Recipe(name, loss="ce", precision="bf16")
            metas = [{"precision": "fp32"}] if name == "b" else [{}, {"precision": "bf16"}]
            return [SimpleNamespace(meta=meta, recipe=recipe) for meta in metas]

    said = tables.precisions(Store(), ["a", "b", "later"])
    assert said == "Of 3 trainings, computed were 2 in bfloat16 and 1 in single precision."
