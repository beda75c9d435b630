"""Recipes: what they refuse, and how stored ones are compared."""

import json
from dataclasses import FrozenInstanceError

import pytest

from vadstudy import recipes
from vadstudy.recipes import Derived, Recipe


def test_every_profile_has_the_same_rows_under_its_own_encoder():
    study = recipes.named("study")
    for profile, encoder in (("mini", "minilm"), ("smoke", "tiny"), ("paper", "bert-base-cased")):
        found = recipes.named(profile)
        assert list(found) == [name for name in study if not name.startswith("search-")]
        assert {recipe.encoder for recipe in found.values() if isinstance(recipe, Recipe)} == {encoder}


def test_compared_rows_have_equal_conditions():
    free = ("name", "loss", "mapper", "keep_weights")
    rows = [recipes.as_fields(recipe) for recipe in recipes.TRAINED if recipe.name != "nrc-mse-5e-7"]
    held = [{field: value for field, value in row.items() if field not in free} for row in rows]
    assert all(row == held[0] for row in held)


def test_the_search_never_sees_test():
    assert {recipe.splits for recipe in recipes.SEARCH} == {("dev",)}


def test_the_paper_profile_has_the_papers_hyperparameters():
    paper = recipes.named("paper")
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
        recipes.named("huge")


def test_a_recipe_cannot_change():
    with pytest.raises(FrozenInstanceError):
        recipes.TRAINED[0].epochs = 99


def test_differences_survive_json():
    recipe = recipes.TRAINED[0]
    stored = json.loads(json.dumps(recipes.as_fields(recipe)))
    assert recipes.differences(stored, recipe) == []
    assert recipes.differences(stored | {"epochs": 1, "gone": 2}, recipe) == [
        f"epochs: 1 -> {recipe.epochs}",
        "gone: 2 -> 'absent'",
    ]
