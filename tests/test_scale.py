"""Two encoders side by side: what is not recorded is left out."""

import numpy as np
import pandas as pd
import pytest

from vadstudy import asked, carried, plots, scale, tables
from vadstudy.bootstrap import Row
from vadstudy.runs import RunStore

LABELS = np.arange(200) % 4


def row(share, trainings=3, seed=0):
    """A row that is right for about a share of the texts, over some trainings."""
    rng = np.random.default_rng(seed)
    wrong = (LABELS + 1) % 4
    predicted = [np.where(rng.random(len(LABELS)) < share, LABELS, wrong) for _ in range(trainings)]
    return Row(predicted, tuple((f"{share}", i) for i in range(trainings)))


def test_rows_of_both_encoders_stand_beside_each_other_and_what_one_lacks_is_empty():
    small = scale.compared({"one": row(0.9), "other": row(0.5)}, LABELS)
    large = scale.compared({"other": row(0.7, trainings=2), "third": row(0.6)}, LABELS)
    table = scale.beside({"small": small, "large": large})
    assert list(table.index) == ["one", "other", "third"]
    assert table.loc["other", ["seeds, small", "seeds, large"]].tolist() == [3, 2]
    assert table.loc["other", "accuracy, large"] == pytest.approx(large.values["other"]["accuracy"].mean())
    assert pd.isna(table.loc["one", "accuracy, large"]) and pd.isna(table.loc["third", "macro_f1, small"])


def test_study_s_second_encoder_is_base_and_of_what_it_lacks_nothing_is_made():
    found = scale.encoders(RunStore("study"))
    assert list(found) == ["MiniLM-L6", "MPNet-base"]
    large = found["MPNet-base"]
    recorded = {name for name in large.recipes if large.seeds(name)}
    assert {name for name in large.recipes if large.has(name)} == recorded
    scale.label_rows(large)
    assert not large.made
    assert scale.carried_name(large, "softmax") == "softmax"
    assert scale.carried_name(RunStore("study"), "softmax") == "carried-softmax"


def test_the_study_s_rows_are_those_of_its_own_tables():
    store = RunStore("study")
    ours = scale.label_rows(store)
    theirs = tables.classifier_predictions(store) | tables.mapper_predictions(store) | carried.three_numbers(store)
    shared = [name for name in ours if name in theirs]
    assert len(shared) > 12
    for name in shared:
        assert not theirs[name].trainings or ours[name].trainings == theirs[name].trainings
        assert all(map(np.array_equal, ours[name].predictions, theirs[name].predictions))
    theirs = carried.only(carried.vad_rows(store))
    for name, found in scale.vad_rows(store, store).items():
        assert all(map(np.array_equal, found.predictions, theirs[name].predictions)), name


def test_the_study_s_rows_elsewhere_are_those_of_the_read_out():
    store = RunStore("study")
    found = scale.elsewhere_rows(store)
    for role, theirs in (("six", carried.six_rows(store)), ("sentiment", carried.sentiment_rows(store))):
        shared = [name for name in found[role] if name in theirs]
        assert {*scale.READ, "softmax, expected", carried.UNTRAINED} <= set(shared)
        for name in shared:
            pairs = zip(found[role][name].predictions, theirs[name][0].predictions, strict=True)
            assert all(ours == pytest.approx(other, abs=1e-6) for ours, other in pairs), (role, name)


def test_what_the_ledger_compares_is_what_is_recorded_of_an_encoder(monkeypatch):
    store = RunStore("smoke")
    found = scale.comparisons(store, store)
    elsewhere = scale.elsewhere_rows(store)
    theirs = {
        "labels": [*scale.label_rows(store), "bag of words"],
        "confusion": [*scale.NEAR],
        "emobank": [*scale.vad_rows(store, store)],
        "readers": [scale.READ_OFF, "writers"],
        "tweets": [*elsewhere["six"]],
        "reviews": [*elsewhere["sentiment"]],
        "losses": ["nrc-mae", "scaled-mae"],
    }
    assert {on: list(each.values) for on, each in found.items()} == theirs
    assert set(carried.CORRELATIONS) == set(found["emobank"].values["nrc-mae"])
    assert set(carried.SEPARATION) == set(found["reviews"].values["nrc-mae"])
    monkeypatch.setattr(store, "has", lambda name: name == "bce")
    assert {on: list(each.values) for on, each in scale.comparisons(store, RunStore("smoke")).items()} == {
        "labels": ["baseline, threshold 0.3", "baseline, argmax", "bag of words"]
    }
    monkeypatch.setattr(store, "has", lambda name: False)
    assert scale.comparisons(store, RunStore("smoke")) == {}


def test_a_second_encoder_answers_all_but_what_was_not_trained_with_it():
    """The comparisons of both stores have the same names, so that base can be asked what the study is asked."""
    store = RunStore("study")
    rows = {on: set(each.values) for on, each in scale.comparisons(store, store).items()}
    left = {
        (claim.key, each.on)
        for claim in asked.CLAIMS
        for each in claim.says
        if not {row for row in (each.first, each.second) if isinstance(row, str)} <= rows.get(each.on, set())
    }
    untrained = {"assignments", "dimensions", "unseen", "related", "related vad", "sets"}
    assert {on for _, on in left} == untrained | {"emotion", "imdb", "labels"}
    # The paper's two transfers read a flagship that keeps its weights; its MSE has a rate of its own.
    assert {key for key, on in left if on not in untrained} == {
        *("emotion", "emotion-beyond-words", "imdb", "imdb-beyond-words", "mae-beats-mse")
    }


def test_the_figure_has_both_encoders_and_the_paper():
    found = {name: scale.compared({"one": row(0.9), "b": row(0.5)}, LABELS).scored() for name in ("small", "large")}
    found["large"] = found["large"].drop(index="b")
    figure = plots.encoders(found, {"one": (0.5, 0.4), "none of ours": (0.1, 0.1)})
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert set(names) == {"small", "large", "the paper: BERT-base-cased"}
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["one", "b"]


def test_differences_are_within_each_encoder_and_between_them_and_trainings_of_two_are_not_paired():
    small, large = {"a": row(0.9), "b": row(0.5), "c": row(0.4)}, {"a": row(0.7), "b": row(0.5)}
    pairs = scale.differences({"S": small, "L": large}, LABELS, [("a", "b"), ("c", "b")])
    assert list(dict.fromkeys(zip(pairs["encoder"], pairs["first"], pairs["second"], strict=True))) == [
        *(("S", "a", "b"), ("S", "c", "b"), ("L", "a", "b")),
        *(("L less S", "a", "a"), ("L less S", "b", "b")),
    ]
    lines = pairs[pairs["score"] == "accuracy"].set_index(["encoder", "first"])
    exact = scale.compared({"a": small["a"], "b": small["b"]}, LABELS).values
    within = exact["a"]["accuracy"].mean() - exact["b"]["accuracy"].mean()
    assert lines.loc[("S", "a"), "difference"] == pytest.approx(within)
    assert lines.loc[("L less S", "a"), "verdict"] == "lower"
    # The same predictions by trainings of the same name: of one encoder there would be no doubt, of two there is.
    again = lines.loc[("L less S", "b")]
    assert again["difference"] == 0 and again["low"] < 0 < again["high"]
