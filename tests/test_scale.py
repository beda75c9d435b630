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


def test_what_the_ledger_compares_is_what_is_recorded_of_an_encoder(monkeypatch):
    store = RunStore("smoke")
    found = scale.comparisons(store, store)
    theirs = {"labels": scale.label_rows(store), "emobank": scale.vad_rows(store, store)}
    assert {on: list(each.values) for on, each in found.items()} == {on: list(rows) for on, rows in theirs.items()}
    assert set(carried.CORRELATIONS) == set(found["emobank"].values["nrc-mae"])
    monkeypatch.setattr(store, "has", lambda name: name == "bce")
    assert {on: list(each.values) for on, each in scale.comparisons(store, RunStore("smoke")).items()} == {
        "labels": ["baseline, threshold 0.3", "baseline, argmax"]
    }


def test_the_ledger_has_questions_for_both_encoders():
    store = RunStore("study")
    rows = {"labels": scale.label_rows(store), "emobank": scale.vad_rows(store, store)}
    put = {
        claim.key
        for claim in asked.CLAIMS
        if claim.says
        and all(each.on in rows and {each.first, each.second} <= set(rows[each.on]) for each in claim.says)
    }
    findings = {"comparable", "better-accuracy", "worse-macro-f1", "mae-beats-mse-at-one-rate", "readout-estimates-vad"}
    assert findings <= put


def test_the_figure_has_both_encoders_and_the_paper():
    found = {name: scale.compared({"one": row(0.9), "b": row(0.5)}, LABELS).scored() for name in ("small", "large")}
    found["large"] = found["large"].drop(index="b")
    figure = plots.encoders(found, {"one": (0.5, 0.4), "none of ours": (0.1, 0.1)})
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert set(names) == {"small", "large", "the paper: BERT-base-cased"}
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["one", "b"]
