"""The report: built from what the notebooks wrote, its sentences after its numbers, whole or not at all."""

import json
import os
import re
import shutil
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import typst

from vadstudy.errors import RunError
from vadstudy.paper import report
from vadstudy.paper.sentences import findings
from vadstudy.plots import figures
from vadstudy.runs import RunStore

TEMPLATE = (report.DATA / "report.md").read_text(encoding="utf-8")
PAIRS = [
    ("scaled-mae, SVM", "scaled-mae, 1NN"),
    ("softmax, argmax", "scaled-mae, SVM"),
    ("scaled-mae, SVM", "baseline, threshold 0.3"),
    ("softmax, argmax", "baseline, argmax"),
    ("nrc-mae, 1NN", "nrc-mse, 1NN"),
    ("nrc-mae, SVM", "nrc-mse, SVM"),
    *(
        (f"{a}-mae, {by}", f"{b}-mae, {by}")
        for a, b in (("nrc", "shuffled"), ("spread", "nrc"))
        for by in ("1NN", "SVM")
    ),
]
DEALT = [
    ("labels where NRC has them", "labels dealt at random"),
    ("spread, dealt at random", "scaled, where NRC has them"),
]


def interval(**values):
    """Columns of values with intervals 0.01 to both sides."""
    return {
        name + end: value + width
        for name, value in values.items()
        for end, width in (("", 0), ("_low", -0.01), ("_high", 0.01))
    }


def differences(pairs):
    """Accuracy is found to be higher by 0.02, in macro-F1 nothing is found."""
    lines = [
        {
            "first": a,
            "second": b,
            "score": score,
            "difference": size,
            "low": size - 0.01,
            "high": size + 0.01,
            "p": p,
            "p_equal": 0.9,
            "verdict": said,
        }
        for a, b in pairs
        for score, size, p, said in (
            ("accuracy", 0.02, 1e-9, "higher"),
            ("macro_f1", -0.005, 0.4, "no difference found"),
        )
    ]
    return pd.DataFrame(lines)


def scored(*names, **more):
    return pd.DataFrame([{"row": name, **interval(accuracy=0.61, macro_f1=0.4), **more} for name in names])


@pytest.fixture
def made_up():
    """A table by each name, with the columns of the notebooks' and made-up numbers."""
    runs = ("scaled-mae", "nrc-mae", "nrc-mse", "spread-mae", "shuffled-mae", "nrc-mse-5e-7")
    losses = dict(loss="MAE", test_loss=0.11, constant_loss=0.2, ratio=0.55, r2_V=0.5, r2_A=0.2, r2_D=-0.3)
    rows = ("baseline, threshold 0.3", "baseline, argmax", "softmax, argmax", "scaled-mae, SVM", "nrc-mse-5e-7, 1NN")
    paper = scored("regressor", "words | more").assign(paper_accuracy=[0.6971, None])
    return {
        "01_filter": pd.DataFrame(dict(split=["train", "test"], rows=[4200, 500], kept=[4000, 490])),
        "02_distances": pd.DataFrame(dict(mapper=["nrc"], least=[0.05])),
        "03_search": pd.DataFrame(dict(row=["softmax"], learning_rate=[3e-4], dev_accuracy=[0.6])),
        "03_tuning": pd.DataFrame(dict(family=["softmax"], trials=[12], dev_macro_f1=[0.4])),
        "03_importances": pd.DataFrame(dict(parameter=["epochs"], softmax=[0.7])),
        "table1": pd.DataFrame([dict(run=run, **losses, paper_loss=0.12) for run in runs]),
        "table2": scored(*rows, paper_accuracy=0.557, paper_macro_f1=np.nan),
        "table3": scored("nrc-mae, 1NN", paper_accuracy=0.575, paper_macro_f1=0.444),
        "04_differences": differences(PAIRS[:6]),
        "05_differences": differences(PAIRS[6:]),
        "07_rates": pd.DataFrame([dict(loss="MAE", learning_rate=5e-5, r2=0.2, **interval(accuracy=0.5))]),
        "07_pooling": scored("softmax-mean", "softmax-cls"),
        "07_held_out": scored("SVM on in-sample points", "SVM on held-out points"),
        "07_crossing": scored("scaled-mae", points="scaled", assignment="meaningful", least_distance=0.1),
        "07_effects": pd.DataFrame([dict(effect="meaning", score="accuracy", difference=0.01, low=-0.01, high=0.03)]),
        "07_meaning": differences(DEALT).assign(rank=[2, np.nan] * 2),
        "07_budget": pd.DataFrame([dict(row="softmax", layers=2, learning_rate=1e-3, dev_macro_f1=0.4)]),
        "08_claims": pd.DataFrame(
            [
                dict(claim=who, asked_by=who, section="Table 2", sentence="It works.", verdict=verdict)
                for who, verdict in (("paper", "supported"), ("us", "inconclusive"))
            ]
        ),
        "04_per_emotion": pd.DataFrame(dict(emotion=["joy", "grief"], support=[93, 2], softmax=[0.5, None])),
        "06_imdb": paper,
        "06_emotion": paper.assign(paper_accuracy=[0.57, None]),
        "06_emobank_differences": differences([("regressor", "lexicon mean")]),
        "06_emobank": pd.DataFrame([dict(row="regressor", dimension="valence", **interval(pearson=0.4))]),
    }


@pytest.fixture(scope="module")
def outline(tmp_path_factory):
    """A folder with one real run, and an empty figure by each name."""
    folder = tmp_path_factory.mktemp("outline")
    (store := RunStore("smoke", folder / "runs")).scratch = folder
    store.get("corpus-lengths")
    figures.save(figures.subplots(figsize=(2, 1))[0], "any", store)
    for name in re.findall(r"figures/(\w+)\.png", TEMPLATE):
        for end in ("png", "svg"):
            shutil.copy(folder / f"figures/any.{end}", folder / f"figures/{name}.{end}")
    return folder


@pytest.fixture
def store(tmp_path, outline, made_up):
    """A smoke store in a folder of its own: one real run, made-up tables, empty figures."""
    shutil.copytree(outline, tmp_path, dirs_exist_ok=True)
    (store := RunStore("smoke", tmp_path / "runs")).scratch = tmp_path
    for name, table in made_up.items():
        table.to_csv(store.output("reports", "tables") / f"{name}.csv", index=False)
    return store


def test_both_files_are_written_and_nothing_else(store):
    path = report.write(store)
    assert path == store.output("reports") / "report.md"
    assert sorted(p.name for p in path.parent.iterdir()) == ["paper.pdf", "report.md", "tables"]
    assert path.with_name("paper.pdf").read_bytes().startswith(b"%PDF")


def test_the_text_has_every_table_and_figure_and_no_field_left(store):
    path = report.write(store)
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\$(?!x\$|l\$|m\$|\\\\hat|\\\\bar)\w", text) and "\n\n\n" not in text
    links = re.findall(r"\]\((\.\./[^)]+|tables/)\)", text)
    n_figures = TEMPLATE.count("![")
    assert len(links) == n_figures + 2 and all((path.parent / link).exists() for link in links)
    assert re.findall(r"\*Figure (\d+)\.", text) == [str(i + 1) for i in range(n_figures)]
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    assert "0.610 (0.600 to 0.620)" in text and "tiny random BERT, here" in text and "BERT-base-cased, paper" in text
    assert "4,000 train, 490 test" in text and "has 490 rows" in text and "grief 2, joy 93" in text
    assert text.count("This profile has no search.") == len(report.SEARCHED) and "| It works. " in text
    assert "**Not the study**" in text and "`make paper PROFILE=smoke`" in text


def test_learning_rates_are_powers_of_ten():
    text = report.as_markdown(pd.DataFrame({"run": ["a", "b"], "learning_rate": [5e-7, 5e-4]}), "here")
    assert "5e-07" in text and "5e-04" in text


def test_a_rank_is_whole_and_a_p_that_was_not_tested_is_a_dash():
    table = differences([("a", "b")]).assign(rank=[7.0, np.nan], p_equal=np.nan)
    text = report.as_markdown(table, "here")
    assert re.search(r"\| +7 \|", text) and "7.0" not in text and "nan" not in text


def test_what_a_row_lacks_is_a_dash():
    text = report.as_markdown(pd.DataFrame({"best trial": ["pooling", "C"], "softmax": ["cls", None]}), "here")
    assert "| cls " in text and "| –" in text and "None" not in text and "nan" not in text


def test_the_same_input_gives_the_same_files(store):
    first = [report.write(store).with_name(name).read_bytes() for name in ("report.md", "paper.pdf")]
    assert [report.write(store).with_name(name).read_bytes() for name in ("report.md", "paper.pdf")] == first


@pytest.mark.parametrize("missing", ["reports/tables/table2.csv", "figures/05_table3.png", "figures/06_imdb.svg"])
def test_what_is_missing_is_named_and_an_older_report_stays(store, missing):
    older = report.write(store).read_bytes()
    (store.scratch / missing).unlink()
    with pytest.raises(RunError, match=f"{missing} is missing; `make paper PROFILE=smoke`"):
        report.write(store)
    assert (store.scratch / "reports/report.md").read_bytes() == older


def test_a_failure_to_typeset_leaves_nothing(store, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("no fonts")

    monkeypatch.setattr(report.typst, "compile", fail)
    with pytest.raises(RuntimeError, match="no fonts"):
        report.write(store)
    assert [p.name for p in store.output("reports").iterdir()] == ["tables"]


def test_the_record_counts_what_the_notebooks_made(store):
    assert re.fullmatch(
        r"The tables rest on 1 runs? of \d{4}-\d\d-\d\d: 1 read from the record, 0 made just now\.",
        report.record(store),
    )
    (store.output("notebooks") / "01.ipynb").write_text('"0 runs read from the record; 1 made just now\\n"')
    assert report.record(store).endswith(": 0 read from the record, 1 made just now.")


def test_without_runs_there_is_no_report(tmp_path):
    with pytest.raises(RunError, match="has no runs; `make paper` makes them"):
        report.record(RunStore("smoke", tmp_path))


def test_a_table_shows_intervals_and_whose_numbers_they_are():
    table = pd.DataFrame(
        [
            dict(row="a | b", **interval(accuracy=0.5), paper_accuracy=0.57, n=1200),
            dict(row="c", **interval(accuracy=0.6), paper_accuracy=None, n=3),
        ]
    )
    head, rule, first, second = report.as_markdown(table, "MiniLM-L6, here").splitlines()
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in (head, first, second)]
    assert cells == [
        ["row", "accuracy<br>MiniLM-L6, here", "accuracy<br>BERT-base-cased, paper", "n"],
        ["a \\| b", "0.500 (0.490 to 0.510)", "0.570", "1,200"],
        ["c", "0.600 (0.590 to 0.610)", "–", "3"],
    ]
    assert [cell.endswith(":") for cell in rule.strip("|").split("|")] == [False, True, True, True]


def test_only_differences_that_were_found_are_bold():
    text = report.as_markdown(differences(PAIRS[:1]), "here")
    assert "**+0.020** (+0.010 to +0.030)" in text and " -0.005 (-0.015 to +0.005)" in text and "< 0.001" in text


def sentences(made_up):
    return findings(made_up.get, {"sentiment": "IMDB", "six": "Emotion", "vad": "EmoBank"}, comparable=True)


def test_sentences_follow_the_numbers(made_up):
    said = " ".join(sentences(made_up))
    assert "0.110, 0.55 of the 0.200 that the best constant has; the paper's 0.120 is 0.60 of it" in said
    assert "The order holds in accuracy and is not found in macro-F1." in said
    assert "accuracy higher by 0.020 (+0.010 to +0.030); macro-F1: no difference found (-0.015 to +0.005)" in said
    assert "0.610 and 0.400 by threshold 0.3; 0.610 and 0.400 by argmax" in said
    assert "The paper reports 69.71 %; *regressor*, 61.00 % (60.00 to 62.00), is below it." in said
    assert "The paper reports 57 %; *regressor*, 61.00 % (60.00 to 62.00), is above it." in said
    assert "*regressor* 0.40" in said


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("higher", "holds in accuracy and in macro-F1."),
        ("lower", "is not found in accuracy and in macro-F1."),
    ],
)
def test_the_order_holds_if_both_steps_are_found(made_up, verdict, said):
    made_up["04_differences"] = made_up["04_differences"].assign(verdict=verdict)
    assert f"The order {said}" in sentences(made_up)[1]


def test_a_missing_pair_is_named(made_up):
    made_up["05_differences"] = made_up["05_differences"].iloc[2:]
    with pytest.raises(RunError, match="'nrc-mae, 1NN' against 'shuffled-mae, 1NN'"):
        sentences(made_up)


@pytest.mark.parametrize(
    ("stale", "code"),
    [
        ("reports/tables/table1.csv", 'tables.save(table1, "table1", store)'),
        ("figures/04_table2.svg", 'figures.save(figure, "04_table2", store)'),
    ],
)
def test_what_the_last_execution_did_not_write_is_named(store, stale, code):
    notebook = report.executed(store) / "03_any.ipynb"
    notebook.parent.mkdir()
    notebook.write_text(json.dumps({"cells": [{"source": [code]}]}))
    for name in (*store.scratch.glob("reports/tables/*"), *store.scratch.glob("figures/*")):
        os.utime(name)
    report.write(store)
    os.utime(store.scratch / stale, (notebook.stat().st_mtime - 60,) * 2)
    with pytest.raises(RunError, match=rf"{stale} is older than .+/03_any.ipynb, .+ `make paper PROFILE=smoke`"):
        report.write(store)


def test_a_table_wider_than_the_page_is_shrunk_to_it():
    cells = " | ".join(["a cell of some length"] * 12)
    text = f"# Title\n\n| {cells} |\n|{'---|' * 12}\n| {cells} |"
    page = typst.compile(
        (report.DATA / "report.typ").read_bytes(),
        sys_inputs={"markdown": text},
        format="png",
        ppi=50,
        ignore_system_fonts=True,
    )
    pixels = plt.imread(BytesIO(page[0] if isinstance(page, list) else page))[..., :3].min(axis=(0, 2))
    margin = len(pixels) * 20 // 210 - 1
    assert pixels[:margin].min() == pixels[-margin:].min() == 1 > pixels.min()


def test_the_tables_of_the_template_are_those_of_the_fixture(made_up):
    searched = {name[2:] for name in report.SEARCHED}
    assert set(re.findall(r"\$t_(\w+)", TEMPLATE)) == set(made_up) - {"04_per_emotion", "08_claims"} | searched
