"""The README's numbers, and those of docs/, are those of the tables, which are those of the recorded runs."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from vadstudy import dimensions, experiments, mappers, related, scale, unseen
from vadstudy.cli import main
from vadstudy.disk import sealed
from vadstudy.significance import SCORES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: What README says before its first heading.
FIRST_SCREEN = README.partition("\n## ")[0]
#: Paragraphs and list items, each in one line.
PARTS = [
    " ".join(part.split())
    for text in (README, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))))
    for part in re.split(r"\n\s*\n|\n(?=[-*] )", text)
]
ROWS = re.findall(r"^\| ([\w, .-]+) \| (\d) \| (0\.\d{3}) \| (0\.\d{3}) \| ?([\d./ ]*)\|$", README, re.M)


def table(name):
    return pd.read_csv(ROOT / "reports" / "tables" / f"{name}.csv", index_col=0)


def lines(name, **values):
    """The lines of a table that have these values."""
    found = table(name).reset_index()
    return found[(found[list(values)] == pd.Series(values)).all(axis=1)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_scores_are_the_tables(row):
    name, seeds, accuracy, f1, paper = row
    found = pd.concat([table("table2"), table("table3")]).loc[[name]].iloc[0]
    assert (float(accuracy), float(f1)) == (round(found["accuracy"], 3), round(found["macro_f1"], 3))
    assert int(seeds) == found["seeds"]
    stated = [float(number) for number in paper.split("/")] if paper.strip() else []
    assert stated == found[["paper_accuracy", "paper_macro_f1"]].dropna().tolist()


def test_there_are_rows_to_test():
    assert ROWS


def said(*numbers):
    """Whether a paragraph or list item has all these numbers, in whatever words."""
    return any(all(number in part for number in numbers) for part in PARTS)


def difference(line, sign=""):
    """A difference and its interval as README writes them."""
    found = f"{line.difference:+.3f}" if sign else f"{abs(line.difference):.3f}"
    return [each.replace("-0.000", "+0.000") for each in (found, f"({line.low:+.3f} to {line.high:+.3f})")]


def test_the_first_screen_says_three_findings_without_brackets():
    found = [line for line in FIRST_SCREEN.splitlines() if line.startswith("- ")]
    assert len(found) == 3 and not any("(" in line for line in found)
    scores, rated, scored = table("table2")["accuracy"], table("08_emobank").pearson_V, table("09_unseen")["among"]
    direct, through = scores["softmax, argmax"], table("table3")["accuracy"]["scaled-mae, SVM"]
    assert f"{100 * direct:.1f} %" in found[0] and f"{100 * through:.1f} %" in found[0]
    for name in ("softmax, expected, calibrated", "nrc-mae", "scaled-mae"):
        assert f"{rated[name]:.2f}" in found[1]
    for name in ("description, untrained", "softmax through NRC"):
        assert f"{scored[name]:.2f}" in found[2]


def test_the_first_screen_s_prediction_is_the_command_s():
    (block,) = re.findall(r"^```\n\$ .venv/bin/vadstudy (.*?)\n(.*?)```", FIRST_SCREEN, re.S | re.M)
    result = CliRunner().invoke(main, shlex.split(block[0]))
    assert result.exit_code == 0 and result.output == block[1]


def test_transfer_numbers_are_the_tables():
    imdb, emotion = table("06_imdb")["accuracy"], table("06_emotion")["accuracy"]
    rows = ("regressor, threshold from train", "lexicon mean, threshold from train")
    for found in (
        *imdb[[*rows, "words of comments, threshold from train", "bag of words"]],
        emotion["regressor and SVM"],
    ):
        assert said(f"{100 * found:.1f} %")


@pytest.mark.parametrize(
    ("first", "second"), [("softmax, argmax", "scaled-mae, SVM"), ("scaled-mae, SVM", "baseline, threshold 0.3")]
)
def test_the_first_findings_are_the_tables(first, second):
    found = lines("04_differences", first=first, second=second)
    assert len(found) == 2
    for line in found.itertuples():
        assert said(*difference(line))
    argmax = table("table2").loc["baseline, argmax"]
    assert said(f"{argmax['accuracy']:.3f}", f"{argmax['macro_f1']:.3f}")


def test_what_more_budget_leaves_is_the_table_s():
    pair = dict(first="budgeted-softmax, argmax", second="budgeted-scaled-mae, SVM")
    (line,) = lines("07_budget_differences", **pair, score="macro_f1").itertuples()
    assert said("Ten epochs", *difference(line))


def test_what_other_numbers_of_dimensions_reach_is_the_tables():
    def here(*words):
        return said("Other numbers of dimensions", *words)

    three, pairs = table("10_dimensions").loc["learned-3"], lines("10_differences", second=dimensions.SOFTMAX)
    assert here(*(f"{three[score]:.3f}" for score in SCORES))
    assert [here(*difference(line)) for line in pairs[pairs["first"] == "learned-3"].itertuples()] == [True, True]
    answer = dimensions.answer(pairs, table("10_dimensions"))
    assert answer.startswith("none is enough") and here("up to 27 none is found equal to it in both scores")
    assert answer.endswith("from 8 on, none is found behind it") and here("from 8 on none is found behind the softmax")
    meanings = table("10_meaning").reset_index()
    three = meanings[meanings["learned dimensions"] == 3].filter(regex="^(r2|p)_")
    assert here(*(f"{r2:.2f}" for r2 in three.filter(like="r2_").mean()))
    beyond = (three.filter(like="p_") <= dimensions.CHANCE).sum().to_dict()
    assert beyond == {"p_V": 3, "p_A": 1, "p_D": 3} and here("each of three trainings", "(in one)")
    assert here(f"(r = {np.corrcoef(mappers.nrc().points.T)[0, 2]:.2f})")
    for name in ("scaled", "nrc"):
        behind = lines("10_differences", first=f"{name}-distance", second="learned-3")
        assert set(behind["verdict"]) == {"lower"} and here(*(f"{-size:.3f}" for size in behind["difference"])), name
    called = {d: lines("10_differences", first=f"names-{d}-distance", second=f"learned-{d}") for d in (3, 8)}
    assert {d: set(of["verdict"]) for d, of in called.items()} == {3: {"lower"}, 8: {"equal"}}
    assert here(
        "names give are behind with three numbers, too; with eight they are equal to learned ones in both scores"
    )
    assert table("10_dimensions").seeds["names-8-distance"] == 3 and here("in both scores (three seeds)")
    seeds = table("10_dimensions")["seeds"].filter(like="learned-")
    assert here("(1, 3, 8 and 27 with three seeds, the others with one)")
    assert {name: n for name, n in seeds.items() if n != 1} == {f"learned-{d}": 3 for d in (1, 3, 8, 27)}


def test_what_related_systems_reach_is_the_tables():
    scores, rated = table("11_related"), table("11_vad").pearson_V
    judged = scores[scores["verdict"].notna() | scores.index.str.endswith("max-frozen")].index
    assert len(judged) == 5
    for name in judged.drop("alvarez-attention"):
        assert said("systems that the paper names", *(f"{scores.loc[name, of]:.3f}" for of in SCORES)), name
    assert "higher" not in set(table("11_differences")["verdict"]), "README says that none is found ahead"
    (behind,) = lines("11_differences", first="park-sorted", second=related.SOFTMAX, score="macro_f1").itertuples()
    assert said("The systems that the paper names", *difference(behind))
    assert said("sorted by their values", *(f"{rated[name]:.2f}" for name in ("park-sorted", "softmax, expected")))


def test_what_the_larger_encoder_changes_is_the_tables():
    def here(*words):
        return said("An encoder of the paper's size", *words)

    rows, large = table("12_labels"), "MPNet-base"
    ends = rows.loc[["softmax, argmax", "scaled-mae, SVM"]]
    for row in ends.index:
        assert here(*(f"{ends.loc[row, f'{score}, {large}']:.3f}" for score in SCORES)), row
    words = {1: "(one training each)", 2: "(two trainings each)", 3: "(three trainings each)"}
    assert here(words[int(ends[f"seeds, {large}"].min())]) and ends[f"seeds, {large}"].nunique() == 1
    apart = lines("12_differences", encoder=large, first=ends.index[0], second=ends.index[1])
    assert set(apart["verdict"]) == {"higher"} and all(here(*difference(line)) for line in apart.itertuples())
    threshold = lines("12_differences", encoder=large, first=ends.index[1], second="baseline, threshold 0.3")
    assert list(threshold["verdict"]) == ["higher", "lower"]
    assert rows.loc["baseline, threshold 0.3", f"seeds, {large}"] == 1
    assert here("baseline (one training), VAD is ahead in accuracy and behind in macro-F1 here, too")
    pairs = lines("12_differences", encoder=f"{large} less MiniLM-L6")
    between = pairs[pairs["first"].isin(ends.index)]["verdict"]
    assert len(between) == 4 and not between.isin(["higher", "lower"]).any() and here("neither row is told apart")
    assert rows.loc[scale.WHOLE, f"seeds, {large}"] == 1
    assert here("(one training)", *(f"{rows.loc[scale.WHOLE, f'{score}, {large}']:.3f}" for score in SCORES))
    whole = lines("12_differences", encoder=large, first=scale.WHOLE, second=ends.index[0])
    assert set(whole["verdict"]) == {"higher"} and all(here(*difference(line)) for line in whole.itertuples())
    so_trained = (f"{rows.loc[scale.WHOLE, f'{score}, MiniLM-L6']:.3f}" for score in SCORES)
    assert here("the smaller one so trained", *so_trained)
    assert set(pairs[pairs["first"] == scale.WHOLE]["verdict"]) == {"no difference found"}
    rated, read_off = table("12_emobank"), "softmax, expected, calibrated"
    for row in ("scaled-mae", "nrc-mse", read_off):
        assert here(*(f"{rated.loc[row, f'pearson_V, {encoder}']:.2f}" for encoder in (large, "MiniLM-L6"))), row
    valence = lines("12_emobank_differences", score="pearson_V").set_index(["encoder", "first", "second"])
    gain = valence.loc[(f"{large} less MiniLM-L6", "scaled-mae", "scaled-mae")]
    ahead = valence.loc[(large, read_off, "scaled-mae")]
    assert gain["verdict"] == ahead["verdict"] == "higher"
    for row, words in ((read_off, "not told apart)"), ("nrc-mse", "(one training, not told apart)")):
        assert valence.loc[(f"{large} less MiniLM-L6", row, row), "verdict"] == "no difference found" and here(words)
    of_mse = valence.loc[(large, read_off, "nrc-mse")]
    assert of_mse["verdict"] == "higher" and here(*difference(of_mse)) and rated.loc["nrc-mse", f"seeds, {large}"] == 1
    assert here(f"{gain['difference']:+.3f}, {gain['low']:+.3f} to {gain['high']:+.3f}", *difference(ahead))


def test_what_meaning_and_spread_do_is_the_table_s():
    effects = table("07_effects").query("effect != 'interaction'")
    assert len(effects) == 4
    for line in effects.itertuples():
        assert said(*difference(line, "+"))


def test_what_assignments_do_is_the_tables():
    for first in ("labels where NRC has them", "spread, dealt at random"):
        assert said(*difference(next(lines("07_meaning", first=first, score="accuracy").itertuples())))
    both = lines("07_meaning", first="labels where NRC has them")
    assert set(both["verdict"]) == {"no difference found"}, "README says that NRC's does not stand out"
    spread = lines("07_meaning", first="spread, dealt at random").set_index("score")["verdict"]
    assert (spread["accuracy"], spread["macro_f1"]) == ("higher", "equal")
    scores = table("07_assignments").reset_index()
    apart = scores.groupby(["labels", "points"])["accuracy"].std().groupby("labels").mean()
    assert said(*(f"{apart[how]:.3f}" for how in ("dealt at random", "where NRC has them")))


def test_how_much_of_the_losses_gap_is_the_reader_s_is_the_table_s():
    gaps = [
        next(lines("04_differences", first=f"nrc-mae, {how}", second=f"nrc-mse, {how}", score="accuracy").itertuples())
        for how in ("1NN", "SVM")
    ]
    assert said(*(f"{gap.difference:.3f}" for gap in gaps))


def test_what_is_read_off_is_the_tables():
    rated, people, three = table("08_emobank"), table("08_people"), table("08_three_numbers")
    names = ("softmax, expected, calibrated", "nrc-mae", "scaled-mae", "nrc-mse")
    assert said(
        "EmoBank's test sentences",
        *(f"{rated.pearson_V[name]:.2f}" for name in names),
        f"{people.readers_writers['valence']:.2f}",
        *(
            f"{three.accuracy[name]:.3f} and {three.macro_f1[name]:.3f}"
            for name in ("softmax, median, 1NN", "scaled-mae, SVM")
        ),
    )
    assert [rated.seeds[name] for name in names] == [3, 3, 3, 3]
    against_mse = lines("08_emobank_differences", first=names[0], second="nrc-mse")
    assert list(against_mse.verdict) == ["higher", "equal", "equal"]


def test_what_is_said_of_unseen_emotions_is_the_table_s():
    scored = table("09_unseen")["among"]
    rows = ("nrc-mae, nearest", "softmax through NRC", "softmax through shuffled NRC", "description, untrained")
    assert said(*(f"{scored[row]:.2f}" for row in rows), f"{unseen.CHANCE:.2f} by guessing")
    (line,) = lines("09_differences", first=rows[1], second=rows[2], score="among").itertuples()
    assert line.verdict == "no difference found"
    assert said(f"{line.difference:+.3f} ({line.low:+.3f} to {line.high:+.3f})")


def test_speeds_are_the_benchmarks():
    training, pipeline = (
        json.loads((ROOT / "benchmarks" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("training", "pipeline")
    )
    ways = pipeline["ways"]
    rate = ways["pipeline"]["texts_per_second"]
    assert said(f"{rate:.0f} comments a second", f"{1e6 / rate / 60:.0f} minutes")
    assert said(f"{ways['pipeline']['times_encode']:.1f} times") and said(f"{ways['explorer']['ms_an_answer']:.0f} ms")
    # Measured where the extra is installed.
    if compiled := ways.get("pipeline-openvino"):
        assert said(f"{compiled['texts_per_second']:.0f} comments a second", f"{compiled['times_fastest']:.1f} times")
    ways = training["ways"]
    assert said(f"{ways['study']['times_the_original']:.1f} times", f"{training['target']:.2f}")
    assert said(*(f"{way['minutes_to_target']:.1f} minutes" for way in ways.values() if way["minutes_to_target"]))
    assert said(*(f"{ways[name]['best']:.3f}" for name in ("study", "plain", "original")))


def test_the_precision_is_the_records():
    paths = [path for path in ROOT.glob("runs/*/seed*.parquet") if not path.name.endswith(".svm.parquet")]
    metas = [sealed.meta(path.read_bytes()) for path in paths]
    # More budget, what is carried, the unseen, other dimensions and systems were trained on other machines, too; their
    # tables are apart, and notebooks 9 and 10 say how many of their trainings had which.
    apart = ("budget-", "carried-", "human-", "unseen-", "search-learned-", "search-singh-")
    apart += tuple(recipe.name for recipe in experiments.DIMENSIONAL)
    trained = [meta for meta in metas if "loss" in meta["recipe"] and not meta["recipe"]["name"].startswith(apart)]
    assert {meta.get("precision", meta["recipe"]["precision"]) for meta in trained} == {"bf16"}
    assert "bfloat16" in README


@pytest.mark.parametrize("snippet", re.findall(r"```python\n(.*?)```", README, re.S))
def test_the_snippets_run_as_they_stand(snippet):
    known = {}
    exec(snippet, known)
    assert "EmotionPipeline" in known and known["reading"].emotion
