"""The profiles and the plan: the same rows everywhere, the paper's settings, seeds for what carries conclusions."""

import pytest

from vadstudy import experiments, profiles, recipes
from vadstudy.recipes import Recipe


def test_every_profile_has_the_same_rows_under_its_own_encoder():
    study = profiles.named("study")
    for profile, encoder in (("mini", "minilm"), ("smoke", "tiny"), ("paper", "bert-base-cased")):
        found = profiles.named(profile)
        varied = ("rate-", "pool-", "unseen-", *(recipe.name for recipe in experiments.DIMENSIONAL))
        assert [name for name in found if not name.startswith(varied)] == [
            name for name in study if not name.startswith(("search-", "tuned-", "budget", "alllayers-", *varied))
        ]
        assert set(found) <= set(study)
        assert {recipe.encoder for recipe in found.values() if isinstance(recipe, Recipe)} == {encoder}


def test_the_paper_profile_has_the_papers_hyperparameters():
    paper = profiles.named("paper")
    assert (paper["nrc-mae"].epochs, paper["softmax"].epochs) == (10, 4)
    assert (paper["nrc-mae"].learning_rate, paper["nrc-mse-5e-7"].learning_rate) == (5e-5, 5e-7)
    assert (paper["nrc-mae"].batch_size, paper["nrc-mae"].max_length, paper["nrc-mae"].warmup) == (16, 50, 0.1)
    assert (paper["nrc-mae-svm"].C, paper["nrc-mae-svm"].gamma) == (10, 3.5)


def test_an_unknown_profile_is_named():
    with pytest.raises(ValueError, match="unknown profile 'huge'; expected one of study, base, mini, smoke, paper"):
        profiles.named("huge")


def test_the_plan_has_five_seeds_for_what_carries_the_conclusions():
    plan = profiles.plan()
    seeds = {name: [seed for other, seed in plan if other == name] for name, _ in plan}
    assert seeds["softmax"] == seeds["scaled-mae"] == seeds["scaled-mae-svm"] == list(profiles.SEEDS[:5])
    assert seeds["assigned-spread-random"] == list(profiles.SEEDS) and len(profiles.SEEDS) == 19
    assert seeds["nrc-mse-svm"] == seeds["nrc-mse"] == list(profiles.SEEDS[:3])
    assert seeds["bce"] == seeds["shuffled-mae-svm"] == list(profiles.SEEDS[:3])
    assert seeds["scaled-mae-fold1of3"] == seeds["tuned-svm"] == [recipes.SEED]
    assert [seed for _, seed in plan] == sorted(seed for _, seed in plan)
    small = profiles.plan("smoke")
    assert {name for name, seed in small if seed != recipes.SEED} == {recipe.name for recipe in experiments.PERMUTED}
    assert {seed for _, seed in small} == {42, 43}, "what a permutation is of must vary in small profiles, too"
