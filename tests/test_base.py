"""The profile base: the study's rows with a larger encoder, recorded beside the study's, read without the encoder."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from vadstudy import base, computed, experiments, profiles, recipes
from vadstudy.errors import RunError
from vadstudy.recipes import SEED, SVM, Encoded, Recipe
from vadstudy.runs import RunStore

ROOT = Path(__file__).parents[1]
BASE, STUDY = profiles.named("base"), profiles.named("study")
PLAN = profiles.plan("base")
RECORD = RunStore("base")
RECORDED = [job for job in PLAN if RECORD.place(*job).is_file()]


def test_a_row_has_the_study_s_settings_but_for_encoder_rate_and_where_it_is_carried():
    free = {"encoder", "learning_rate", "keep_weights", "carried_to"}
    for name in (*base.ROWS, *(recipe.name for recipe in experiments.ALL_LAYERS)):
        ours, theirs = recipes.as_fields(BASE[name]), recipes.as_fields(STUDY[name])
        assert {field for field in ours if ours[field] != theirs[field]} <= free
    assert {recipe.encoder for recipe in BASE.values() if isinstance(recipe, Recipe | Encoded)} == {"mpnet"}


def test_rows_that_are_compared_have_equal_conditions():
    free = {"name", "loss", "mapper", "keep_weights", "splits", "carried_to", "learning_rate"}
    rows = [recipes.as_fields(BASE[name]) for name in base.ROWS]
    held = [{field: value for field, value in row.items() if field not in free} for row in rows]
    assert all(row == held[0] for row in held)
    assert {BASE[name].learning_rate for name in base.ROWS if BASE[name].mapper} == {base.BEST_RATE["scaled-mae"]}
    assert {BASE[name].learning_rate for name in base.ROWS if not BASE[name].mapper} == {base.BEST_RATE["softmax"]}


def test_both_are_searched_alike_on_dev_alone():
    assert {recipe.splits for recipe in base.SEARCH} == {("dev",)}
    tried = {name: {r.learning_rate for r in base.SEARCH if name in r.name} for name in base.BEST_RATE}
    assert tried == dict.fromkeys(("softmax", "scaled-mae"), set(base.RATES))
    assert set(base.BEST_RATE.values()) <= set(base.RATES)


def test_the_plan_begins_with_the_search_and_goes_seed_by_seed():
    names = [name for name, _ in PLAN]
    assert names[:6] == [recipe.name for recipe in base.SEARCH]
    assert names[6 : 6 + len(base.ROWS)] == list(base.ROWS)
    seeds = {name: [seed for other, seed in PLAN if other == name] for name in names}
    for name in ("softmax", "scaled-mae", "nrc-mae", "scaled-mae-svm", "six-reader-softmax-expected"):
        assert seeds[name] == [42, 43, 44]
    for name in ("bce", "nrc-mse", "nrc-mse-svm", "shuffled-mae", "labels-encoder", "alllayers-softmax-2epochs"):
        assert seeds[name] == [SEED]


def test_the_rates_are_the_best_on_dev():
    done = {recipe.name for recipe in base.SEARCH} <= {name for name, _ in RECORDED}
    if not done:
        pytest.skip("the search is not recorded yet")
    for row, rate in base.BEST_RATE.items():
        found = {r.learning_rate: RECORD[r.name].history["dev_macro_f1"].max() for r in base.SEARCH if row in r.name}
        assert rate == max(found, key=found.get)


def test_the_record_is_in_the_repository_and_the_rest_in_the_build_folder():
    assert RECORD.folder == ROOT / "runs" / "base"
    assert ROOT not in RECORD.scratch.parents or RECORD.scratch == ROOT / "build" / "base"


@pytest.mark.parametrize(("name", "seed"), RECORDED or [pytest.param("softmax", SEED, marks=pytest.mark.skip)])
def test_a_recorded_run_is_of_its_recipe(name, seed):
    run = RECORD.get(name, seed)
    assert run.seed == seed and len(run.predictions) > 0
    assert (ROOT / "runs/base" / name / f"seed{seed}.parquet").stat().st_size < 2e6


def test_an_svm_predicts_no_text_to_which_its_row_is_carried():
    """They have none of its labels."""
    points = np.random.default_rng(0).random((40, 3))
    run = SimpleNamespace(
        splits=["train", "dev", "test", "emobank/test"],
        outputs=lambda split: points,
        labels=lambda split: np.arange(40) % 2,
        ids=lambda split: np.array([f"t{i}" for i in range(40)]),
        meta={"fingerprints": {"corpus": "a"}},
    )
    frame, _ = computed.svm(SVM("row-svm", "goemotions", "row"), SEED, [run])
    assert frame["split"].value_counts().to_dict() == {"dev": 40, "test": 40}


def test_a_recorded_svm_is_of_its_own_corpus():
    svms = [RECORD.get(name, seed) for name, seed in RECORDED if name.endswith("-svm")]
    assert any("emobank/test" in RECORD.get(run.recipe.source, run.seed).splits for run in svms)
    assert {tuple(run.splits) for run in svms} == {("dev", "test")}


def test_reading_the_record_needs_neither_wheels_nor_encoder():
    """In a process in which the encoder cannot be had, and which then has imported neither PyTorch nor transformers."""
    script = """
import sys
from vadstudy import profiles
from vadstudy.disk import wheels
from vadstudy.runs import RunStore
wheels.MPNET_FILES = wheels.MPNET_PARTS = None
store = RunStore("base")
found = [job for job in profiles.plan("base") if store.place(*job).is_file()]
assert all(len(run.outputs(run.splits[-1])) for run in (store.recorded(*job) for job in found))
print("read", len(found), {"torch", "transformers"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == f"read {len(RECORDED)} set()\n", done.stderr


def test_weights_that_are_not_there_are_one_line(store):
    """Those of another profile stand in: a run whose file has gone, in a record of this name."""
    run = store.get("softmax")
    run.path.with_suffix(".safetensors").unlink()
    object.__setattr__(run, "profile", "base")
    with pytest.raises(RunError, match="not in the repository; make them with `make base`, then") as error:
        run.regressor()
    assert "`make retrain RUN=softmax SEED=42 PROFILE=base`" in str(error.value) and "\n" not in str(error.value)
