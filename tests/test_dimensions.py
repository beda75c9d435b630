"""Other numbers of dimensions: what is enough, and what learned points mean."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from vadstudy import bootstrap, carried, dimensions, experiments, mappers, tables
from vadstudy.bootstrap import Row
from vadstudy.emotions import EMOTIONS
from vadstudy.mappers import Mapper
from vadstudy.runs import RunStore


def predictions(labels, share, seeds=3):
    """Right in a share of the texts, the same ones for every seed but for a few."""
    rng = np.random.default_rng(0)
    draw = rng.random(len(labels))
    return [np.where(draw + rng.normal(0, 0.002, len(labels)) < share, labels, (labels + 1) % 5) for _ in range(seeds)]


def test_the_least_that_is_enough():
    labels = np.random.default_rng(1).integers(5, size=4000)
    rows = {dimensions.SOFTMAX: Row(predictions(labels, 0.6), tuple(("softmax", s) for s in range(3)))}
    for d, share in ((1, 0.3), (2, 0.5), (3, 0.6), (8, 0.65), (16, 0.55)):
        name = f"learned-{d}"
        rows[name] = Row(predictions(labels, share), tuple((name, s) for s in range(3)))
    compared = bootstrap.compare(rows, labels, n_resamples=400)
    found = dimensions.enough(compared.differences([(name, dimensions.SOFTMAX) for name in list(rows)[1:]]))
    assert found == {1: False, 2: False, 3: True, 8: True, 16: False}
    one = pd.DataFrame({"seeds": 1}, index=["learned-3"])
    said = dimensions.answer(compared.differences([(name, dimensions.SOFTMAX) for name in list(rows)[1:]]), one)
    assert said == "the least that is enough is 3 (one seed); by accuracy alone 3, by macro-F1 alone 3"
    fewer = compared.differences([(name, dimensions.SOFTMAX) for name in list(rows)[1:-1]])
    assert dimensions.answer(fewer, one).endswith("; from 3 on, none is found behind it")
    assert dimensions.least(found) == 3 and dimensions.least({1: False}) is None


def test_scale_points_and_biases_begin_and_learn_as_dev_says():
    searched = dimensions.searched(RunStore("study"))
    assert len(searched) == len(experiments.SCALES) + len(experiments.LABEL_RATES)
    best = searched.loc[searched["dev_macro_f1"].idxmax()]
    recipes = [recipe for recipe in experiments.DIMENSIONAL if recipe.loss == "distance"]
    assert {recipe.label_learning_rate for recipe in recipes} == {best["learning_rate"]}
    (temperature,) = {recipe.temperature for recipe in recipes}
    assert 10 / temperature == pytest.approx(best["scale_begins"])


def test_what_the_ledger_says_of_other_ways_to_three_numbers_is_the_record_s():
    store = RunStore("study")
    rows = {**dimensions.rows(store, ("learned-3",)), **tables.read_points(store, "scaled-mae")}
    rows |= carried.three_numbers(store)
    pairs = [("scaled-mae, 1NN", "learned-3"), ("softmax, median, 1NN", dimensions.SOFTMAX)]
    compared = bootstrap.compare({name: rows[name] for name in {*sum(pairs, ())}}, store["softmax"].labels("test"))
    found = compared.differences(pairs).set_index(["first", "score"])["verdict"]
    assert found["scaled-mae, 1NN"].to_dict() == {"accuracy": "lower", "macro_f1": "higher"}
    assert set(found["softmax, median, 1NN"]) == {"lower"}


def test_a_linear_map_explains_what_is_linear():
    points = np.random.default_rng(0).normal(size=(28, 3))
    vad = np.column_stack([points @ [1, 2, 3] + 4, points[:, 0] ** 2, np.arange(28) % 2])
    found = dimensions.explained(points, vad)
    assert found[0] == pytest.approx(1) and (found[1:] < 0.6).all()


def test_meaning_is_beyond_chance_where_it_is_there():
    vad = mappers.nrc().points
    noise = np.random.default_rng(0).random((28, 2))
    points = np.column_stack([np.clip(0.8 * vad[:, 0] + 0.1, 0, 1), noise])
    run = SimpleNamespace(mapper=Mapper("learned-3", EMOTIONS, points))
    found = dimensions.meaning(run, deals=300)
    assert found["r2_V"] > 0.99 and found["p_V"] < 0.01 and found["p_A"] > 0.05
    assert dimensions.meaning(run, deals=300) == found
    said = dimensions.told(pd.DataFrame([found, found]))
    assert said.startswith("1.00 of valence, ") and "beyond chance in 2, 0, 2 of 2 trainings" in said


def test_points_that_stay_where_they_begin_are_told_from_those_that_leave():
    start = mappers.mapper("learned-3", 42).points
    elsewhere = np.random.default_rng(0).random((28, 3))
    stayed, left = (
        dimensions.begun(SimpleNamespace(seed=42, mapper=Mapper("learned-3", EMOTIONS, points)))
        for points in (1 - start, elsewhere)
    )
    assert stayed == pytest.approx(1) and abs(left) < 0.3


@pytest.mark.smoke
def test_rows_of_a_profile():
    store = RunStore("smoke")
    found = dimensions.rows(store)
    assert list(found)[:3] == [dimensions.SOFTMAX, "learned-1", "learned-3"]
    assert dimensions.searched(store).empty
    table = dimensions.scored(store, bootstrap.compare(found, store["softmax"].labels("test")))
    assert table.loc["spread-1-mae", "dims"] == 1 and table.loc["spread-mae", "dims"] == 3
    assert table.loc["names-3-distance", "kind"] == "names" and table["accuracy"].between(0, 1).all()
    # What tells labels apart at a learned point is part of the record.
    run = store["learned-3"]
    assert run.mapper.points.shape == (28, 3) and len(run.meta["biases"]) == 28 and run.meta["scale"] > 0
    assert (run.mapper.points != mappers.mapper("learned-3", run.seed).points).any()
    assert store["nrc-distance"].mapper.points == pytest.approx(mappers.nrc().points)
