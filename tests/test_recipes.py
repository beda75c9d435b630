"""Recipes: what they refuse, and how stored ones are compared."""

import json
from dataclasses import FrozenInstanceError

import pytest

from vadstudy import experiments, recipes
from vadstudy.recipes import SVM, Lexicon, Points, Recipe


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(loss="huber", mapper="nrc"), "recipe 'r', field loss: unknown 'huber'; expected one of mae, mse"),
        (dict(loss="mae"), "recipe 'r', field mapper: None does not go with 'mae'"),
        (dict(loss="ce", mapper="nrc"), "field mapper: 'nrc' does not go with 'ce'"),
        (dict(loss="ce", pooling="median"), "field pooling: unknown 'median'"),
        (dict(loss="ce", without=("hunger",)), r"field without: \('hunger',\), expected some of the 28 emotions"),
        (dict(loss="mse", mapper="human", without=("joy",)), "field without: needs labels, which mapper 'human'"),
        (dict(loss="ce", carried_splits=("valid",)), r"field carried_splits: \('valid',\), expected some of train"),
        (dict(loss="ce", pooling="attention"), "field pooling: 'attention' does not go with token_hidden None"),
        (dict(loss="ce", token_hidden=9), "field pooling: 'mean' does not go with token_hidden 9"),
        (dict(loss="ce", main_share=0), "field main_share: 0, expected above 0, up to 1"),
        (dict(loss="ce", epochs=0), "field epochs: 0, expected more than 0"),
    ],
)
def test_what_makes_no_sense_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Recipe("r", **fields)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SVM("d", "mini", "nrc-mae", C=0), "recipe 'd', field C: 0, expected more than 0"),
        (lambda: Points("d", "mini", "nrc-mae", train_rows=-1), "recipe 'd', field train_rows: -1, expected more"),
        (lambda: Lexicon("d", "mini", "wordnet"), "field lexicon: unknown 'wordnet'; expected one of nrc, emotions"),
    ],
)
def test_what_cannot_be_computed_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_what_is_computed_names_the_runs_that_it_needs():
    assert SVM("d", "mini", "a", folds=2).sources == ["a", "a-fold1of2", "a-fold2of2"]
    assert Points("d", "mini", "a").sources == ["a"] and Lexicon("d", "mini").sources == []


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
