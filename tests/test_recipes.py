"""Recipes: what they refuse, and how stored ones are compared."""

import json
from dataclasses import FrozenInstanceError

import pytest

from vadstudy import experiments, recipes, tables
from vadstudy.recipes import Derived, Recipe
from vadstudy.runs import RunStore


def test_every_profile_has_the_same_rows_under_its_own_encoder():
    study = experiments.named("study")
    for profile, encoder in (("mini", "minilm"), ("smoke", "tiny"), ("paper", "bert-base-cased")):
        found = experiments.named(profile)
        assert [name for name in found if not name.startswith(("rate-", "pool-"))] == [
            name for name in study if not name.startswith(("search-", "tuned-", "budget-", "rate-", "pool-"))
        ]
        assert set(found) <= set(study)
        assert {recipe.encoder for recipe in found.values() if isinstance(recipe, Recipe)} == {encoder}


def test_compared_rows_have_equal_conditions():
    free = ("name", "loss", "mapper", "keep_weights", "splits", "temperature")
    compared = [recipe for recipe in (*experiments.MAIN, *experiments.ASSIGNED) if recipe.name != "nrc-mse-5e-7"]
    rows = [recipes.as_fields(recipe) for recipe in compared]
    held = [{field: value for field, value in row.items() if field not in free} for row in rows]
    assert all(row == held[0] for row in held)


def test_the_search_never_sees_test():
    assert {recipe.splits for recipe in (*experiments.SEARCH, *experiments.TEMPERATURES)} == {("dev",)}


def test_the_paper_profile_has_the_papers_hyperparameters():
    paper = experiments.named("paper")
    assert (paper["nrc-mae"].epochs, paper["softmax"].epochs) == (10, 4)
    assert (paper["nrc-mae"].learning_rate, paper["nrc-mse-5e-7"].learning_rate) == (5e-5, 5e-7)
    assert (paper["nrc-mae"].batch_size, paper["nrc-mae"].max_length, paper["nrc-mae"].warmup) == (16, 50, 0.1)
    assert (paper["nrc-mae-svm"].C, paper["nrc-mae-svm"].gamma) == (10, 3.5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(loss="huber", mapper="nrc"), "recipe 'r', field loss: unknown 'huber'; expected one of mae, mse"),
        (dict(loss="mae"), "recipe 'r', field mapper: None does not go with 'mae'"),
        (dict(loss="ce", mapper="nrc"), "field mapper: 'nrc' does not go with 'ce'"),
        (dict(loss="ce", pooling="median"), "field pooling: unknown 'median'"),
        (dict(loss="ce", epochs=0), "field epochs: 0, expected more than 0"),
    ],
)
def test_what_makes_no_sense_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Recipe("r", **fields)


def test_derived_needs_its_source():
    with pytest.raises(ValueError, match="recipe 'd', field source: None does not go with kind 'svm'"):
        Derived("d", kind="svm", corpus="mini")


def test_an_unknown_profile_is_named():
    with pytest.raises(ValueError, match="unknown profile 'huge'; expected one of study, mini, smoke, paper"):
        experiments.named("huge")


def test_a_recipe_cannot_change():
    with pytest.raises(FrozenInstanceError):
        experiments.MAIN[0].epochs = 99


def test_differences_survive_json():
    recipe = experiments.MAIN[0]
    stored = json.loads(json.dumps(recipes.as_fields(recipe)))
    assert recipes.differences(stored, recipe) == []
    assert recipes.differences(stored | {"epochs": 1, "gone": 2}, recipe) == [
        f"epochs: 1 -> {recipe.epochs}",
        "gone: 2 -> 'absent'",
    ]


def test_what_is_kept_of_a_run_does_not_make_it_another():
    recipe = experiments.MAIN[0]
    assert recipes.differences(recipes.as_fields(recipe) | {"keep_weights": not recipe.keep_weights}, recipe) == []


def test_a_field_that_was_added_later_has_its_default_in_older_records():
    recipe = experiments.MAIN[1]
    stored = {name: value for name, value in recipes.as_fields(recipe).items() if name not in ("fold", "pooling")}
    assert recipes.differences(stored, recipe) == []
    stored = {name: value for name, value in recipes.as_fields(experiments.FOLDS[0]).items() if name != "fold"}
    assert recipes.differences(stored, experiments.FOLDS[0]) == ["fold: None -> [1, 3]"]


def test_the_plan_has_five_seeds_for_what_carries_the_conclusions():
    plan = experiments.plan()
    seeds = {name: [seed for other, seed in plan if other == name] for name, _ in plan}
    assert seeds["softmax"] == seeds["scaled-mae"] == seeds["scaled-mae-svm"] == list(experiments.SEEDS[:5])
    assert seeds["assigned-spread-random"] == list(experiments.SEEDS) and len(experiments.SEEDS) == 19
    assert seeds["nrc-mse-svm"] == seeds["nrc-mse"] == list(experiments.SEEDS[:3])
    assert seeds["bce"] == seeds["shuffled-mae-svm"] == list(experiments.SEEDS[:3])
    assert seeds["scaled-mae-fold1of3"] == seeds["tuned-svm"] == [recipes.SEED]
    assert [seed for _, seed in plan] == sorted(seed for _, seed in plan)
    small = experiments.plan("smoke")
    assert {name for name, seed in small if seed != recipes.SEED} == {recipe.name for recipe in experiments.PERMUTED}
    assert {seed for _, seed in small} == {42, 43}, "what a permutation is of must vary in small profiles, too"


def test_the_sharp_temperature_is_the_best_on_dev():
    found = tables.temperatures(RunStore("study"))
    assert len(found) == len(experiments.TEMPERATURES)
    assert experiments.named("study")["nrc-mae-ce-sharp"].temperature == found["dev_macro_f1"].idxmax()
