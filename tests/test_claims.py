"""The claims ledger: its rules on made-up comparisons, and that its notebook has a cell for every claim."""

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from vadstudy import bootstrap, claims, scale, significance
from vadstudy.asked import CLAIMS, UNTESTED, Claim, Says
from vadstudy.bootstrap import Row
from vadstudy.runs import RunStore

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "13_claims.ipynb"


def lines(*found, expected="higher", seeds=3, on="labels"):
    return pd.DataFrame([{"verdict": verdict, "expected": expected, "seeds": seeds, "on": on} for verdict in found])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (lines("higher", "higher"), "supported"),
        (lines("higher", "no difference found"), "inconclusive"),
        (lines("higher", "lower"), "not supported"),
        (lines("equal"), "not supported"),
        (lines("no difference found", "equal"), "not supported"),
        (lines("equal", "equal", expected="equal"), "supported"),
        (lines("higher", expected="equal"), "not supported"),
        (lines("higher", seeds=1), "inconclusive"),
        (lines("lower", seeds=1), "inconclusive"),
        (lines("higher", seeds=1, on="imdb"), "supported"),
        (lines("equal", "higher", expected="equal or higher"), "supported"),
        (lines("higher", "no difference found", expected="equal or higher"), "inconclusive"),
        (lines("equal", "lower", expected="equal or higher"), "not supported"),
        (lines("equal", "no difference found", expected="not lower"), "supported"),
        (lines("higher", "lower", expected="not lower"), "not supported"),
        (lines("no difference found", seeds=1, expected="not lower"), "inconclusive"),
    ],
)
def test_the_rule_of_the_verdict(table, said):
    assert claims.verdict(table) == said


def test_every_claim_is_tested_or_says_why_not():
    keys = [claim.key for claim in CLAIMS]
    assert len(set(keys)) == len(keys)
    assert {claim.key for claim in CLAIMS if not claim.says} == set(UNTESTED)
    for claim in CLAIMS:
        assert claim.sentence.endswith(".") and claim.section
        assert all(says.expected in significance.EXPECTED for says in claim.says)


def test_the_notebook_has_one_named_cell_for_every_claim():
    cells = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells}
    assert {name for name in cells if name.startswith("claim-")} == {f"claim-{claim.key}" for claim in CLAIMS}
    for claim in CLAIMS:
        assert cells[f"claim-{claim.key}"] == f'judge("{claim.key}")'
        assert any(claim.sentence in source for source in cells.values())


class Made:
    """Evidence with two comparisons, one of them of a row with one seed."""

    second = None
    lines = pd.DataFrame(
        [
            {
                "key": "a",
                "expected": "higher",
                "on": "labels",
                "seeds": 2,
                "first": "x",
                "second": "y",
                "score": "accuracy",
                "difference": 0.02,
                "low": 0.01,
                "high": 0.03,
                "verdict": "higher",
            },
            {
                "key": "b",
                "expected": "equal",
                "on": "imdb",
                "seeds": 1,
                "first": "x",
                "second": "z",
                "score": "macro_f1",
                "difference": 0.0,
                "low": -0.01,
                "high": 0.01,
                "verdict": "equal",
            },
        ]
    )


def test_a_line_has_the_numbers_that_decided_it(monkeypatch):
    made = (
        Claim("a", "Table 9", "X is better.", (Says("x", "y", "higher"),), "One corpus."),
        Claim("b", "Table 9", "X is as good as z.", (Says("x", "z", "equal"),), asked_by="us"),
        Claim("c", "title", "All is well."),
    )
    monkeypatch.setattr(claims, "CLAIMS", made)
    monkeypatch.setattr(claims, "UNTESTED", {"c": "Nothing was run."})
    table = claims.ledger(Made)
    assert list(table["verdict"]) == ["supported", "supported", "not testable here"]
    assert claims.counted(table) == {"paper": "1 supported, 1 not testable here", "us": "1 supported"}
    assert table.loc["a", "evidence"] == "accuracy of x less y: +0.020 (+0.010 to +0.030): higher"
    assert table.loc["b", "evidence"] == "macro-F1 of x less z: +0.000 (-0.010 to +0.010): equal"
    assert (table.loc["a", "rows"], table.loc["a", "limits"]) == ("x; y", "One corpus.")
    assert "verdict_base" not in table
    with pytest.raises(ValueError, match="unknown claim 'd'; expected one of a, b, c"):
        claims.judge(Made, "d")


def test_a_single_seed_is_said_in_the_sentence():
    line = next(
        lines("equal", seeds=1)
        .assign(first="x", second="z", score="macro_f1", difference=0.0, low=-0.01, high=0.01)
        .itertuples()
    )
    assert claims.sentence(line) == "macro-F1 of x less z: +0.000 (-0.010 to +0.010, 1 seed): equal"


def test_a_number_in_place_of_a_row_is_that_number_everywhere():
    compared = bootstrap.compare({"a": Row([np.arange(4) % 2])}, np.zeros(4, int), n_resamples=50)
    table = claims._with_number(compared, 0.9).differences([("a", 0.9)], ("accuracy",))
    assert table["difference"].tolist() == pytest.approx([0.5 - 0.9])


def test_equality_in_the_ledger_is_by_the_margins_of_every_table(monkeypatch):
    assert {score: claims.MARGINS[score] for score in significance.MARGINS} == significance.MARGINS
    assert all(margin <= 0.1 for margin in claims.MARGINS.values())
    # Two rows of 200 texts, right equally often, but not on the same ones: too few to say that they are equal.
    labels, right = np.zeros(200, int), np.arange(200) % 2
    rows = {"a": Row([right]), "b": Row([1 - right]), "c": Row([right])}
    made = Claim("k", "Table 9", "They are equal.", tuple(Says("a", other, "equal", ("accuracy",)) for other in "bc"))
    monkeypatch.setattr(claims, "CLAIMS", (made,))
    evidence = claims.Evidence({"labels": bootstrap.compare(rows, labels, n_resamples=400)})
    assert list(evidence.lines["verdict"]) == ["no difference found", "equal"]
    assert list(evidence.judged({"accuracy": 9, "macro_f1": 9})["verdict"]) == ["equal", "equal"]


def compared(**rows):
    """A comparison of rows that are right for a number of 200 texts, each of two trainings."""
    labels = np.zeros(200, int)
    found = {
        name: Row([(np.arange(200) >= right).astype(int)] * 2, ((name, 1), (name, 2))) for name, right in rows.items()
    }
    return bootstrap.compare(found, labels, n_resamples=200)


def test_a_row_that_is_still_to_come_decides_nothing(monkeypatch):
    made = Claim("k", "Table 9", "It is more.", (Says("a", 0.5, "higher", ("accuracy",)), Says("a", "b", "higher")))
    monkeypatch.setattr(claims, "CLAIMS", (made,))
    monkeypatch.setattr(claims, "comparisons", lambda store: {"labels": compared(a=200)})
    line = claims.judge(claims.Evidence(RunStore("smoke")), "k")
    assert line["verdict"] == "inconclusive"
    assert "accuracy of a less b: b not recorded yet; macro-F1 of a less b: b not recorded yet" in line["evidence"]


MORE = Claim("more", "Table 9", "It is more.", (Says("a", "b", "higher", ("accuracy",)),))
LESS = Claim("less", "Table 9", "It is less.", (Says("a", "b", "lower", ("accuracy",)),))
OTHER = Claim("other", "section 5", "It is more there.", (Says("a", "b", "higher", ("accuracy",), "imdb"),))
THIRD = Claim("third", "Table 9", "It is more than a third.", (Says("a", "c", "higher", ("accuracy",)),))
BOTH = Claim("both", "Table 9", "It is more than both.", (*MORE.says, *THIRD.says))


def test_two_encoders_with_opposite_results_have_opposite_verdicts(monkeypatch, store):
    monkeypatch.setattr(claims, "CLAIMS", (MORE, LESS))
    evidence = claims.Evidence({"labels": compared(a=180, b=60)})
    alone = claims.ledger(evidence)
    evidence.second = claims.Evidence({"labels": compared(a=60, b=180)})
    table = claims.ledger(evidence)
    assert list(table["verdict"]) == ["supported", "not supported"]
    assert list(table["verdict_base"]) == ["not supported", "supported"]
    assert table.loc["more", "evidence"].startswith("accuracy of a less b: +0.600 (")
    assert table.loc["more", "evidence_base"].startswith("accuracy of a less b: -0.600 (")
    columns = list(table)
    assert columns[columns.index("verdict") :] == ["verdict", "evidence", "verdict_base", "evidence_base", "limits"]
    pd.testing.assert_frame_equal(table[list(alone)], alone)
    claims.save(table, store)
    assert list(pd.read_csv(store.output("reports") / "claims.csv")) == ["claim", *table]
    short = pd.read_csv(store.output("reports", "tables") / "13_claims.csv", index_col="claim")
    pd.testing.assert_frame_equal(short, table[list(short)])
    assert list(short)[-4:] == ["verdict", "evidence", "verdict_base", "evidence_base"]


def test_a_claim_of_which_an_encoder_has_no_comparison_is_not_recorded(monkeypatch):
    monkeypatch.setattr(claims, "CLAIMS", (MORE, OTHER, THIRD, BOTH))
    made = compared(a=180, b=60, c=50)
    evidence = claims.Evidence({"labels": made, "imdb": made})
    evidence.second = claims.Evidence({"labels": compared(a=180, b=60)})
    table = claims.ledger(evidence)
    assert set(table["verdict"]) == {"supported"}
    assert list(table["verdict_base"]) == ["supported", "not recorded", "not recorded", "inconclusive"]
    assert list(table.loc[["other", "third"], "evidence_base"]) == ["", ""]
    assert table.loc["both", "evidence_base"].endswith("; accuracy of a less c: not recorded")
    evidence.second = claims.Evidence({"labels": compared(a=60, b=180)})
    assert claims.ledger(evidence).loc["both", "verdict_base"] == "not supported", "what is recorded can contradict"


def test_the_second_encoder_stands_beside_the_first_where_it_has_recorded_runs(monkeypatch):
    class Other(RunStore):
        """Another store of the same profile, which can be left without a run."""

        empty = False

        def has(self, name):
            return not self.empty and super().has(name)

    store, other = RunStore("smoke"), Other("smoke")
    ours = ("better-accuracy", "comparable", "readout-estimates-vad", "imdb", "mae-beats-mse", "other-encoders")
    monkeypatch.setattr(claims, "CLAIMS", tuple(claim for claim in CLAIMS if claim.key in ours))
    given = scale.comparisons(store, store)
    monkeypatch.setattr(claims, "comparisons", lambda _: given)
    assert claims.Evidence(store).second is None, "an encoder is not set beside itself"
    monkeypatch.setattr(scale, "second", lambda _: other)
    table = claims.ledger(claims.Evidence(store))
    for key in ("better-accuracy", "comparable", "readout-estimates-vad"):
        assert table.loc[key, "verdict_base"] != "not recorded"
        assert table.loc[key, "evidence_base"] == table.loc[key, "evidence"]
    assert table.loc["imdb", "verdict_base"] == table.loc["mae-beats-mse", "verdict_base"] == "not recorded"
    assert table.loc["other-encoders", "verdict_base"] == "not testable here"
    other.empty = True
    assert "verdict_base" not in claims.ledger(claims.Evidence(store))


def test_all_evidence_is_judged_by_them(monkeypatch):
    used = []
    monkeypatch.setattr(claims.Evidence, "judged", lambda _, margins: used.append(margins))
    monkeypatch.setattr(bootstrap, "compare", lambda *_, **__: None)  # which takes long, and is tested in its own place
    claims.Evidence(RunStore("smoke"))
    assert used == [claims.MARGINS]


def test_the_paper_s_claims_are_tested_against_what_the_paper_has():
    says = {claim.key: claim.says for claim in CLAIMS if claim.asked_by == "paper"}
    assert {each.second for each in says["better-accuracy"]} == {"baseline, threshold 0.3"}
    assert {each.second for each in says["imdb"]} == {0.5} and {each.second for each in says["emotion"]} == {0.25}
    rows = {each.first for key in ("arbitrary-as-good", "structure-unused") for each in says[key]}
    assert not any("shuffled" in row for row in rows), "a claim about meaning must not rest on a few assignments"


def test_what_limits_the_claim_of_three_dimensions_is_what_the_tables_say():
    """Its note in words: numbers may change with a seed more."""

    def table(name):
        return pd.read_csv(NOTEBOOK.parents[1] / f"reports/tables/{name}.csv")

    pairs = table("10_differences").query("first == 'scaled-mae' and second == 'learned-3'")
    assert dict(zip(pairs["score"], pairs["verdict"], strict=True)) == {"accuracy": "lower", "macro_f1": "higher"}
    scores = ["accuracy", "macro_f1"]
    learned = table("10_dimensions").set_index("row").loc["learned-3", scores]
    rows = table("08_three_numbers").set_index("row")[scores]
    assert (learned < rows.loc["softmax, median, 1NN"]).all()
    assert (rows.loc["softmax, median, 1NN"] < rows.loc["softmax, argmax"]).all()
