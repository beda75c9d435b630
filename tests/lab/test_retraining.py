"""Retraining: equal on one machine, and a sentence that says what differed where it is not."""

import numpy as np
import pytest

from vadstudy.disk import files, sealed
from vadstudy.errors import RunError
from vadstudy.lab import retraining


def altered(store, name, seed, change, **meta):
    """A recorded run with other predictions than it was made with."""
    run = store.get(name, seed)
    files.write(run.path, sealed.pack(run.predictions.assign(**change(run.predictions)), run.meta | meta))


def test_a_run_made_again_has_the_same_predictions(lend):
    store = lend("softmax")
    _, said = retraining.again(store, "softmax", 42)
    assert said == "the same predictions as recorded, bit for bit"


def test_other_predictions_are_measured_and_their_conditions_named(lend):
    store = lend("softmax")
    altered(store, "softmax", 42, lambda frame: {"o3": np.float16(9)}, threads=64)
    _, said = retraining.again(store, "softmax", 42)
    assert said.startswith("other predictions than recorded, made under other conditions (threads 64 -> ")
    assert "on test, accuracy 0.0" in said and "macro-F1 0.0" in said and "seeds" not in said


def test_of_other_splits_the_shared_ones_are_compared(lend):
    store = lend("softmax")
    run = store.get("softmax", 42)
    there = run.predictions
    files.write(run.path, sealed.pack(there[there["split"] != "dev"].reset_index(drop=True), run.meta))
    _, said = retraining.again(store, "softmax", 42)
    assert said == ("the same predictions as recorded, bit for bit, of test; recorded were test, made are dev, test")


def test_what_is_not_recorded_is_just_made(store):
    run, said = retraining.again(store, "corpus-lengths", 42)
    assert said == "nothing was recorded to compare it with" and len(run.predictions)


def test_a_run_of_another_recipe_is_made_anew_and_not_compared(lend):
    store = lend("softmax")
    recipe = store.get("softmax", 42).meta["recipe"]
    altered(store, "softmax", 42, lambda frame: {}, recipe=recipe | {"learning_rate": 0.5})
    with pytest.raises(RunError, match=r"learning_rate: 0.5 -> 0.0003"):
        store.get("softmax", 42)
    made, said = retraining.again(store, "softmax", 42)
    assert said.startswith("not compared with the recorded one") and "learning_rate: 0.5 -> 0.0003" in said
    assert store.get("softmax", 42).meta["recipe"]["learning_rate"] == made.recipe.learning_rate
