"""The named recipes and the plan: equal conditions, the paper's settings, seeds for what carries conclusions."""

import pytest

from vadstudy import experiments, recipes, tables
from vadstudy.emotions import EMOTIONS, ekman
from vadstudy.recipes import Recipe
from vadstudy.runs import RunStore


def test_every_profile_has_the_same_rows_under_its_own_encoder():
    study = experiments.named("study")
    for profile, encoder in (("mini", "minilm"), ("smoke", "tiny"), ("paper", "bert-base-cased")):
        found = experiments.named(profile)
        varied = ("rate-", "pool-", "unseen-", *(recipe.name for recipe in experiments.DIMENSIONAL))
        assert [name for name in found if not name.startswith(varied)] == [
            name for name in study if not name.startswith(("search-", "tuned-", "budget", "alllayers-", *varied))
        ]
        assert set(found) <= set(study)
        assert {recipe.encoder for recipe in found.values() if isinstance(recipe, Recipe)} == {encoder}


def test_compared_rows_have_equal_conditions():
    free = ("name", "loss", "mapper", "keep_weights", "splits", "temperature")
    compared = [recipe for recipe in (*experiments.MAIN, *experiments.ASSIGNED) if recipe.name != "nrc-mse-5e-7"]
    rows = [recipes.as_fields(recipe) for recipe in compared]
    held = [{field: value for field, value in row.items() if field not in free} for row in rows]
    assert all(row == held[0] for row in held)


def test_related_systems_have_the_main_rows_conditions():
    of_ours = ("name", "keep_weights", "splits", "carried_to", "carried_splits")
    free = (*of_ours, "loss", "mapper", "pooling", "token_hidden", "main_share")
    main = recipes.as_fields(experiments.named()["softmax"])
    for recipe in (*experiments.RELATED, *experiments.SHARES):
        changed = {field for field, value in recipes.as_fields(recipe).items() if value != main[field]} - set(free)
        allowed = {"trainable_layers"} if recipe.name.endswith("frozen") else set()
        assert changed == allowed | ({"corpus"} if recipe in experiments.SEVERAL_LABELS else set()), recipe.name
    seeds = [seed for name, seed in experiments.plan() if name == "park-sorted"]
    assert seeds == list(experiments.SEEDS[:3])
    assert {
        profile: experiments.named(profile)["alvarez-max-frozen"].trainable_layers for profile in recipes.EXECUTABLE
    } == dict.fromkeys(recipes.EXECUTABLE, 0)


def test_the_search_never_sees_test():
    searched = (*experiments.SEARCH, *experiments.TEMPERATURES, *experiments.SHARES)
    assert {recipe.splits for recipe in searched} == {("dev",)}


def test_the_paper_profile_has_the_papers_hyperparameters():
    paper = experiments.named("paper")
    assert (paper["nrc-mae"].epochs, paper["softmax"].epochs) == (10, 4)
    assert (paper["nrc-mae"].learning_rate, paper["nrc-mse-5e-7"].learning_rate) == (5e-5, 5e-7)
    assert (paper["nrc-mae"].batch_size, paper["nrc-mae"].max_length, paper["nrc-mae"].warmup) == (16, 50, 0.1)
    assert (paper["nrc-mae-svm"].C, paper["nrc-mae-svm"].gamma) == (10, 3.5)


def test_an_unknown_profile_is_named():
    with pytest.raises(ValueError, match="unknown profile 'huge'; expected one of study, base, mini, smoke, paper"):
        experiments.named("huge")


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


def test_every_emotion_is_left_out_once_in_parts_of_several_groups():
    parts = experiments.PARTS
    assert sorted(label for part in parts for label in part) == sorted(set(EMOTIONS) - {"neutral"})
    assert {len(part) for part in parts} == {3, 4}
    assert min(len({ekman(label) for label in part}) for part in parts) >= 2
    assert len(experiments.UNSEEN) == 5 * len(parts) == len({recipe.name for recipe in experiments.UNSEEN})
