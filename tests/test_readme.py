"""The README's numbers are those of the tables, which are those of the recorded runs."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from vadstudy.disk import sealed

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([\w, .-]+) \| (\d) \| (0\.\d{3}) \| (0\.\d{3}) \| ?([\d./ ]*)\|$", README, re.M)


def table(name):
    return pd.read_csv(ROOT / "reports" / "tables" / f"{name}.csv", index_col=0)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_scores_are_the_tables(row):
    name, seeds, accuracy, f1, paper = row
    found = pd.concat([table("table2"), table("table3")]).loc[[name]].iloc[0]
    assert (float(accuracy), float(f1)) == (round(found["accuracy"], 3), round(found["macro_f1"], 3))
    assert int(seeds) == found["seeds"]
    stated = [float(number) for number in paper.split("/")] if paper.strip() else []
    assert stated == found[["paper_accuracy", "paper_macro_f1"]].dropna().tolist()


def test_there_are_rows_to_test():
    assert len(ROWS) == 14


def test_transfer_numbers_are_the_tables():
    imdb, emotion = table("06_imdb")["accuracy"], table("06_emotion")["accuracy"]
    for found in (
        imdb["regressor, threshold from train"],
        imdb["lexicon mean, threshold from train"],
        imdb["words of comments, threshold from train"],
        imdb["bag of words"],
        emotion["regressor and SVM"],
    ):
        assert f"{100 * found:.1f} %" in README


@pytest.mark.parametrize(
    ("first", "second"), [("softmax, argmax", "scaled-mae, SVM"), ("scaled-mae, SVM", "baseline, threshold 0.3")]
)
def test_the_first_findings_are_the_tables(first, second):
    differences = pd.read_csv(ROOT / "reports" / "tables" / "04_differences.csv")
    found = differences[(differences["first"] == first) & (differences["second"] == second)]
    assert len(found) == 2
    for line in found.itertuples():
        assert f"{abs(line.difference):.3f} ({line.low:+.3f} to {line.high:+.3f})" in README
    argmax = table("table2").loc["baseline, argmax"]
    seeds = ["one seed", "two seeds", "three seeds", "four seeds", "five seeds"][int(argmax["seeds"]) - 1]
    assert f"{argmax['accuracy']:.3f} and {argmax['macro_f1']:.3f} ({seeds})" in README


def test_what_meaning_and_spread_do_is_the_table_s():
    effects = table("07_effects").query("effect != 'interaction'")
    assert len(effects) == 4
    for line in effects.itertuples():
        assert f"{line.difference:+.3f} ({line.low:+.3f} to {line.high:+.3f})".replace("-0.000", "+0.000") in README


def test_what_assignments_do_is_the_tables():
    text, meaning = " ".join(README.split()), pd.read_csv(ROOT / "reports" / "tables" / "07_meaning.csv")
    for first in ("labels where NRC has them", "spread, dealt at random"):
        line = meaning[(meaning["first"] == first) & (meaning["score"] == "accuracy")].iloc[0]
        assert f"{line.difference:.3f} ({line.low:+.3f} to {line.high:+.3f})" in text
    both = meaning[meaning["first"] == "labels where NRC has them"].set_index("score")
    assert f"{both.difference['macro_f1']:.3f} ({both.low['macro_f1']:+.3f} to {both.high['macro_f1']:+.3f})" in text
    assert set(both["verdict"]) == {"no difference found"}, "README says that NRC's does not stand out"
    spread = meaning[meaning["first"] == "spread, dealt at random"].set_index("score")["verdict"]
    assert (spread["accuracy"], spread["macro_f1"]) == ("higher", "equal")
    scores = pd.read_csv(ROOT / "reports" / "tables" / "07_assignments.csv")
    apart = scores.groupby(["labels", "points"])["accuracy"].std().groupby("labels").mean()
    assert f"lie {apart['dealt at random']:.3f} apart in accuracy" in text
    assert f"trainings of NRC's {apart['where NRC has them']:.3f}" in text


def test_how_much_of_the_losses_gap_is_the_reader_s_is_the_table_s():
    pairs = pd.read_csv(ROOT / "reports" / "tables" / "04_differences.csv").set_index(["first", "second", "score"])
    by = {how: pairs.difference[f"nrc-mae, {how}", f"nrc-mse, {how}", "accuracy"] for how in ("1NN", "SVM")}
    assert f"the gap in accuracy is {by['SVM']:.3f} in place of {by['1NN']:.3f}" in " ".join(README.split())


def test_speeds_are_the_benchmarks():
    training = json.loads((ROOT / "benchmarks" / "training.json").read_text(encoding="utf-8"))
    ways = json.loads((ROOT / "benchmarks" / "pipeline.json").read_text(encoding="utf-8"))["ways"]
    text, rate = " ".join(README.split()), ways["pipeline"]["texts_per_second"]
    assert f"reads {rate:.0f} comments a second, a million in {1e6 / rate / 60:.0f} minutes" in text
    assert f"{ways['pipeline']['times_encode']:.1f} times as many as sentence-transformers' `encode`" in text
    assert f"takes {ways['explorer']['ms_an_answer']:.0f} ms" in text
    ways = training["ways"]
    assert f"{ways['study']['times_the_original']:.1f} times as many examples a second" in text
    reached = {
        name: f"after {way['minutes_to_target']:.1f} minutes"
        if way["minutes_to_target"]
        else f"not within {training['minutes']:g}"
        for name, way in ways.items()
    }
    assert f"Dev macro-F1 is {training['target']:.2f} {reached['study']}" in text
    assert f"{reached['plain']}; in the original's way {reached['original']}." in text
    best = [f"{ways[name]['best']:.3f}" for name in ("study", "plain", "original")]
    assert f"In the {ways['study']['minutes_of_best']:.1f} minutes of the study's three epochs" in text
    assert f"it gets to {best[0]}, {best[1]} and {best[2]}." in text


def test_the_precision_is_the_records():
    paths = [path for path in ROOT.glob("runs/*/seed*.parquet") if not path.name.endswith(".svm.parquet")]
    metas = [sealed.meta(path.read_bytes()) for path in paths]
    trained = [meta for meta in metas if "loss" in meta["recipe"]]
    assert {meta.get("precision", meta["recipe"]["precision"]) for meta in trained} == {"bf16"}
    assert "The encoder's runs were computed in bfloat16." in README
