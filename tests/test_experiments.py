"""The named recipes: equal conditions, and what was chosen on dev alone."""

from vadstudy import experiments, profiles, recipes, tables
from vadstudy.emotions import EMOTIONS, ekman
from vadstudy.runs import RunStore


def test_compared_rows_have_equal_conditions():
    free = ("name", "loss", "mapper", "keep_weights", "splits", "temperature")
    compared = [recipe for recipe in (*experiments.MAIN, *experiments.ASSIGNED) if recipe.name != "nrc-mse-5e-7"]
    rows = [recipes.as_fields(recipe) for recipe in compared]
    held = [{field: value for field, value in row.items() if field not in free} for row in rows]
    assert all(row == held[0] for row in held)


def test_related_systems_have_the_main_rows_conditions():
    of_ours = ("name", "keep_weights", "splits", "carried_to", "carried_splits")
    free = (*of_ours, "loss", "mapper", "pooling", "token_hidden", "main_share")
    main = recipes.as_fields(profiles.named()["softmax"])
    for recipe in (*experiments.RELATED, *experiments.SHARES):
        changed = {field for field, value in recipes.as_fields(recipe).items() if value != main[field]} - set(free)
        allowed = {"trainable_layers"} if recipe.name.endswith("frozen") else set()
        assert changed == allowed | ({"corpus"} if recipe in experiments.SEVERAL_LABELS else set()), recipe.name
    seeds = [seed for name, seed in profiles.plan() if name == "park-sorted"]
    assert seeds == list(profiles.SEEDS[:3])
    assert {
        profile: profiles.named(profile)["alvarez-max-frozen"].trainable_layers for profile in recipes.EXECUTABLE
    } == dict.fromkeys(recipes.EXECUTABLE, 0)


def test_the_search_never_sees_test():
    searched = (*experiments.SEARCH, *experiments.TEMPERATURES, *experiments.SHARES)
    assert {recipe.splits for recipe in searched} == {("dev",)}


def test_the_sharp_temperature_is_the_best_on_dev():
    found = tables.temperatures(RunStore("study"))
    assert len(found) == len(experiments.TEMPERATURES)
    assert profiles.named("study")["nrc-mae-ce-sharp"].temperature == found["dev_macro_f1"].idxmax()


def test_every_emotion_is_left_out_once_in_parts_of_several_groups():
    parts = experiments.PARTS
    assert sorted(label for part in parts for label in part) == sorted(set(EMOTIONS) - {"neutral"})
    assert {len(part) for part in parts} == {3, 4}
    assert min(len({ekman(label) for label in part}) for part in parts) >= 2
    assert len(experiments.UNSEEN) == 5 * len(parts) == len({recipe.name for recipe in experiments.UNSEEN})
