"""The report: built from what the notebooks wrote, its sentences after its numbers, whole or not at all."""

import inspect
import re
import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from vadstudy import dimensions, related, scale, significance
from vadstudy.disk import files
from vadstudy.errors import ReportError, RunError, WriteError
from vadstudy.paper import pandoc, record, report, sentences
from vadstudy.paper.cells import as_markdown, long
from vadstudy.paper.record import Record
from vadstudy.paths import PACKAGED, ROOT
from vadstudy.plots import figures
from vadstudy.runs import RunStore

TEMPLATE = report.TEMPLATE.read_text(encoding="utf-8")
FIGURES = re.findall(r"figures/(\w+)\)", TEMPLATE)
UNSEEN = ["nrc-mae, nearest", "softmax through NRC", "softmax through shuffled NRC", "description, untrained"]
PAIRS = [
    ("scaled-mae, SVM", "scaled-mae, 1NN"),
    ("softmax, argmax", "scaled-mae, SVM"),
    ("scaled-mae, SVM", "baseline, threshold 0.3"),
    ("softmax, argmax", "baseline, argmax"),
    ("nrc-mae, 1NN", "nrc-mse, 1NN"),
    ("nrc-mae, SVM", "nrc-mse, SVM"),
    ("nrc-mae, SVM", "shuffled-mae, SVM"),
    ("spread-mae, SVM", "nrc-mae, SVM"),
]
DEALT = [
    ("labels where NRC has them", "labels dealt at random"),
    ("spread, dealt at random", "scaled, where NRC has them"),
]
BOTTLENECKS = ("learned-3", "learned-27", "names-3-distance", "names-8-distance")
VAD_PAIR, SETS = ("park-sorted", "softmax, expected"), ("multilabel-bce", "multilabel-other")

#: Rows that the sentence on the read-out names, with their r of valence.
READ = "softmax, expected, calibrated"
READ_OFF = {
    "scaled-mae": 0.4,
    "nrc-mae": 0.5,
    "nrc-mse": 0.6,
    READ: 0.7,
    "softmax + lexicon in the encoder": 0.8,
    "ridge on both": 0.9,
}


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


def beside(*rows, **scores):
    """Rows with two encoders, S and L, as :func:`vadstudy.scale.beside` has them."""
    columns = {f"{score}, {encoder}": value for encoder in "SL" for score, value in (scores | {"seeds": 1}).items()}
    return pd.DataFrame([{"row": row, **columns} for row in rows])


def tables_by_name():
    """A table by each name, with the columns of the notebooks' and made-up numbers."""
    runs = ("scaled-mae", "nrc-mae", "nrc-mse", "spread-mae", "shuffled-mae", "nrc-mse-5e-7")
    losses = dict(loss="MAE", test_loss=0.11, constant_loss=0.2, ratio=0.55, r2_V=0.5, r2_A=0.2, r2_D=-0.3)
    rows = ("baseline, threshold 0.3", "baseline, argmax", "softmax, argmax", "scaled-mae, SVM", "nrc-mse-5e-7, 1NN")
    paper = scored("regressor", "words | more").assign(paper_accuracy=[0.6971, None])
    of = interval(pearson_V=0.5, pearson_A=0.3, pearson_D=0.2)
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
        "13_claims": pd.DataFrame(
            [
                dict(claim=who, asked_by=who, section="Table 2", sentence="It works.", verdict=verdict)
                for who, verdict in (("paper", "supported"), ("us", "inconclusive"), ("related", "supported"))
            ]
        ),
        "04_per_emotion": pd.DataFrame(dict(emotion=["joy", "grief"], support=[93, 2], softmax=[0.5, None])),
        "06_imdb": paper,
        "06_emotion": paper.assign(paper_accuracy=[0.57, None]),
        "06_emobank_differences": differences([("regressor", "lexicon mean")]),
        "06_emobank": pd.DataFrame([dict(row="regressor", dimension="valence", **interval(pearson=0.4))]),
        "08_points": pd.DataFrame([dict(row="nrc-mae", seeds=3, mae=0.1, mse=0.04, r2_V=0.5, r2_A=0.2, r2_D=-0.3)]),
        "08_three_numbers": scored("softmax, median, 1NN", "scaled-mae, SVM"),
        "08_emobank": pd.DataFrame(
            [dict(row=row, learned_from_target="nothing", **of | {"pearson_V": r}) for row, r in READ_OFF.items()]
        ),
        "08_emobank_differences": differences([(READ, row) for row in list(READ_OFF)[:3]]).replace(
            {"accuracy": "pearson_V", "macro_f1": "pearson_A"}
        ),
        "08_people": pd.DataFrame([dict(dimension="valence", readers_writers=0.66, reliability=0.8, ceiling=0.89)]),
        "08_genres": pd.DataFrame([dict(genre="blog", texts=1200, readers_writers=0.6)]),
        "08_votes": pd.DataFrame([dict(seed=42, votes_V=0.8, label_V=0.7, entropy=0.3, second=0.4)]),
        "08_two_labels": pd.DataFrame([dict(row="nrc-mae", seeds=1, between=0.6, distance=0.1, both=None)]),
        "08_imdb": pd.DataFrame([dict(row="nrc-mae", learned_from_target="one", **interval(accuracy=0.7, auc=0.8))]),
        "08_emotion": scored("nrc-mae", learned_from_target="an SVM"),
        "08_transfer_differences": differences([("nrc-mse", "nrc-mae")]).assign(on="imdb"),
        "09_unseen": pd.DataFrame([dict(row=row, **interval(among=0.4, harmonic=0.3)) for row in UNSEEN]),
        "09_differences": differences([UNSEEN[1:3], (UNSEEN[3], UNSEEN[1])]).replace(
            {"accuracy": "among", "macro_f1": "harmonic"}
        ),
        "10_search": pd.DataFrame([dict(scale_begins=10, learning_rate=0.1, begun=0.2, dev_accuracy=0.5)]),
        "10_dimensions": scored(dimensions.SOFTMAX, *BOTTLENECKS, kind="learned", dims=3, seeds=1),
        "10_differences": differences(
            [("learned-3", dimensions.SOFTMAX), ("learned-27", dimensions.SOFTMAX), (dimensions.PAPER, "learned-3")]
            + [("names-3-distance", "learned-3"), ("names-8-distance", "learned-8")]
        ),
        "10_meaning": pd.DataFrame(
            [
                {
                    "learned dimensions": 3,
                    "seed": 42,
                    "r2_V": 0.7,
                    "r2_A": 0.2,
                    "r2_D": 0.5,
                    "p_V": 0.001,
                    "p_A": 0.6,
                    "p_D": 0.04,
                }
            ]
        ),
        "11_related": scored(related.SOFTMAX, *related.SYSTEMS, verdict="fails"),
        "11_vad": pd.DataFrame([dict(row=row, **of) for row in VAD_PAIR]),
        "11_sets": pd.DataFrame([dict(row=row, **interval(macro_f1=0.4)) for row in SETS]),
        "11_differences": pd.concat(
            [
                differences([(name, related.SOFTMAX) for name in related.SYSTEMS]),
                differences([VAD_PAIR]).replace({"accuracy": "pearson_V", "macro_f1": "pearson_A"}),
                differences([SETS[::-1]]).replace({"accuracy": "micro_f1"}),
            ]
        ),
        "12_labels": beside(sentences.PLAIN, sentences.THROUGH, accuracy=0.6, macro_f1=0.5),
        "12_differences": pd.concat(
            [
                differences([(sentences.PLAIN, sentences.THROUGH)]).assign(encoder="L"),
                differences([(row, row) for row in (sentences.PLAIN, sentences.THROUGH)]).assign(encoder="L less S"),
            ]
        ),
        "12_losses": beside("nrc-mae", test_loss=0.1, ratio=0.5),
        "12_emobank": beside(scale.READ_OFF, *scale.READ, pearson_V=0.6),
        "12_emobank_differences": differences([(scale.READ_OFF, scale.READ[0])])
        .replace({"accuracy": "pearson_V", "macro_f1": "pearson_A"})
        .assign(encoder="L"),
        "12_elsewhere": beside("scaled-mae", accuracy=0.6).assign(corpus="six"),
        "12_findings": pd.DataFrame(
            [
                dict(asked_by="paper", sentence=f"It works, {i}.", S="supported", L=verdict)
                for i, verdict in enumerate(("supported", "not supported", "not recorded"))
            ]
        ),
        "12_cost": pd.DataFrame([dict(encoder="S", run="softmax", minutes=7.0, GB=1.2)]),
    }


@pytest.fixture
def made_up():
    """:func:`tables_by_name`, for a test that changes them."""
    return tables_by_name()


@pytest.fixture(scope="module")
def outline(tmp_path_factory):
    """A folder with one real run, and an empty figure by each name."""
    folder = tmp_path_factory.mktemp("outline")
    (store := RunStore("smoke", folder / "runs")).scratch = folder
    store.get("corpus-lengths")
    figures.save(figures.subplots(figsize=(2, 1))[0], "any", store)
    for name in FIGURES:
        for end in ("png", "svg"):
            shutil.copy(folder / f"figures/any.{end}", folder / f"figures/{name}.{end}")
    return folder


def finished(store, notebook, *paths):
    """An executed notebook that wrote these files, and its manifest."""
    path = files.writable(store.executed) / f"{notebook}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    (again := RunStore("smoke", store.folder)).scratch = store.scratch
    again["corpus-lengths"]
    again.wrote(*paths)
    again.finish(notebook)
    return path


def furnished(folder, outline):
    """A smoke store in a folder: one real run, made-up tables, empty figures, two executed notebooks."""
    shutil.copytree(outline, folder, dirs_exist_ok=True)
    (store := RunStore("smoke", folder / "runs")).scratch = folder
    for name, table in tables_by_name().items():
        table.to_csv(store.output("reports", "tables") / f"{name}.csv", index=False)
    finished(store, "01_tables", *store.output("reports", "tables").glob("*"))
    finished(store, "02_figures", *store.output("figures").glob("*"))
    return store


@pytest.fixture
def store(tmp_path, outline):
    """:func:`furnished`, for a test that writes or changes something."""
    return furnished(tmp_path, outline)


@pytest.fixture(scope="module")
def reported(tmp_path_factory, outline):
    """A store with the report's text and PDF, for all tests that only read them."""
    store = furnished(tmp_path_factory.mktemp("reported"), outline)
    return store, written(store)


def written(store):
    """The report's Markdown, once it and the PDF are written."""
    return report.write(store, report.markdown(store)).read_text(encoding="utf-8")


def section(text, name):
    """What stands under a heading of the report, or behind a paragraph's first words in bold."""
    found = re.search(
        rf"^(?:## (?:\w+ )?{re.escape(name)}\n|\*\*{name}\.\*\*)(.*?)(?=^## |^\*\*\w+\.\*\*|\Z)", text, re.S | re.M
    )
    return found[1].strip()


def test_both_files_are_written_and_nothing_else(reported):
    folder = reported[0].output("reports")
    assert sorted(path.name for path in folder.iterdir()) == ["paper.pdf", "report.md", "tables"]
    assert (folder / "paper.pdf").read_bytes().startswith(b"%PDF")


def test_the_text_has_every_figure_and_table_by_its_number(reported):
    store, text = reported
    links = re.findall(r"!\[[^\]]+\]\((\.\./figures/[^)]+\.png)\)", text)
    assert [link[11:-4] for link in links] == FIGURES
    assert all((store.output("reports") / link).is_file() for link in links)
    for kind, number in (("Figure", len(FIGURES)), ("Table", len(re.findall(r"^\|[-:]", text, re.M)))):
        assert re.findall(rf"^\*\*{kind} (\d+)\.\*\*", text, re.M) == [str(i + 1) for i in range(number)]
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_no_field_reference_or_citation_is_left_open(reported):
    store, shown = reported
    text = report.markdown(store)
    assert not re.search(r"\$(?!\$|[xlm]\$|[pm]_k\$|m\(l\)\$|\\hat|\\bar)\w", text)
    assert not re.search(r"\[\]|\(#|@\w|\{[#.]|:::|<div|<span", shown)
    said = inspect.getsource(sentences)
    keys = set(re.findall(r"^@\w+\{(\w+)", pandoc.REFERENCES.read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"@([a-z]+\d*)\b", TEMPLATE + "".join(report.ENCODER_SOURCES.values()) + said)) == keys
    sources = section(shown, "Sources")
    assert "GoEmotions" in sources and "Ben-Tov" in sources and "Demszky et al. 2020" in shown


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Abstract", ["tiny random BERT", "0.610", "0.400", "r = 0.70", "1 supported", "1 inconclusive"]),
        ("Does the detour name emotions better?", ["order *nearest label below SVM below softmax*", "by 0.020"]),
        ("What does the regressor learn?", ["0.110", "of the 0.200", "not told apart from it in macro-F1"]),
        ("Is VAD better read off a classifier?", ["0.50 for *nrc-mae*", "Readers and writers agree at 0.66"]),
        (
            "How many numbers does it take?",
            [
                "none is enough by both scores; by accuracy alone 3, by macro-F1 alone none; from 3 on,",
                "*learned-27* is ahead of the softmax in accuracy by 0.020",
                "names (one training each) are, in macro-F1, not told apart from learned ones with 3 and 8 numbers.",
                "explains 0.70 of valence, 0.20 of arousal, 0.50 of dominance",
                "(R²; beyond chance in 1, 0, 1 of 1 trainings)",
            ],
        ),
        (
            "Does a bigger encoder change it?",
            [
                "trained again with L (Song et al. 2020)",
                "Its accuracy and macro-F1 are 0.600 and 0.500 for *softmax, argmax*",
                "(one training each). The softmax is ahead of *scaled-mae, SVM* in accuracy by 0.020",
                "valence, and is ahead of *scaled-mae* by 0.020",
                "Of the 3 claims and questions, 2 are decided with both encoders, 1 of them alike.",
            ],
        ),
        ("Limits", ["490 rows", "grief 2, joy 93", "Most of this rests on tiny random BERT"]),
        (
            "How to reproduce",
            ["`make paper PROFILE=smoke`", "1 runs with seeds 42", "encoder tiny random BERT", "python 3."],
        ),
    ],
)
def test_the_text_says_what_the_tables_and_the_runs_say(reported, place, said):
    found = " ".join(section(reported[1], place).split())
    assert [words for words in said if words not in found] == []


def test_the_abstract_has_five_sentences(store):
    said = section(report.markdown(store), "Abstract").split("\n\n")[0]
    assert len(re.findall(r"[.](?=\s|$)", " ".join(said.split()))) == 5


def test_sections_have_numbers_and_the_appendix_s_letters(reported):
    heads = re.findall(r"^## (.*)$", reported[1], re.M)
    signs = [head.split()[0] for head in heads if head not in ("Limits", "How to reproduce", "Sources")]
    main = [sign for sign in signs if sign.isdigit()]
    assert len(main) > 5 and main == [str(i + 1) for i in range(len(main))]
    assert signs[len(main) :] == [chr(65 + i) for i in range(len(signs) - len(main))] and heads.index("Sources") > 8


@pytest.mark.parametrize(
    ("form", "number"), [("gfm-tex_math_gfm", "\\tag{1}"), ("html5", "<p>(1)</p>"), ("typst", 'numbering: "(1)"')]
)
def test_an_equation_has_a_number_by_which_it_is_named(form, number):
    text = pandoc.cited("See [](#eq:a).\n\n::: {#eq:a}\n$$a = b$$\n:::\n", form, "--mathml")
    assert number in text and "Equation 1" in text


def test_a_small_profile_says_that_it_is_not_the_study(reported):
    text = reported[1]
    assert "**Not the study**" in text and text.count("This profile has no search.") == len(report.SEARCHED)
    assert "tiny random BERT, here" in text and "BERT-base-cased, paper" in text and "0.610 (0.600 to 0.620)" in text


def test_the_claims_are_the_paper_s_and_our_own(reported):
    found = section(reported[1], "What of the paper stands?")
    assert re.findall(r"^\| (paper|us|related) ", found, re.M) == ["paper", "us"]


def test_both_encoders_verdicts_stand_beside_each_other_where_there_are_two(reported):
    found = re.findall(r"^\| paper +\| It works, (\d)\. +\| (.*?) +\| (.*?) +\|", reported[1], re.M)
    assert found == [("0", "supported", "supported"), ("1", "supported", "not supported")]


def test_learning_rates_are_powers_of_ten():
    text = as_markdown(pd.DataFrame({"run": ["a", "b"], "learning_rate": [5e-7, 5e-4]}), "here")
    assert "5e-07" in text and "5e-04" in text


def test_a_rank_is_whole_and_a_p_that_was_not_tested_is_a_dash():
    table = differences([("a", "b")]).assign(rank=[7.0, np.nan], p_equal=np.nan)
    text = as_markdown(table, "here")
    assert re.search(r"\| +7 \|", text) and "7.0" not in text and "nan" not in text


def test_what_a_row_lacks_is_a_dash():
    text = as_markdown(pd.DataFrame({"best trial": ["pooling", "C"], "softmax": ["cls", None]}), "here")
    assert "| cls " in text and "| –" in text and "None" not in text and "nan" not in text


def test_the_same_input_gives_the_same_files(reported):
    store, _ = reported
    both = [store.output("reports") / name for name in ("report.md", "paper.pdf")]
    first = [path.read_bytes() for path in both]
    written(store)
    assert [path.read_bytes() for path in both] == first


@pytest.mark.parametrize("stale", ["reports/tables/table2.csv", "figures/05_table3.png", "figures/06_imdb.svg"])
def test_what_is_missing_or_another_is_named_with_its_notebook(store, stale):
    notebook = "01_tables" if stale.endswith("csv") else "02_figures"
    (store.scratch / stale).write_bytes((store.scratch / stale).read_bytes() + b"\n")
    with pytest.raises(
        ReportError, match=f"{stale} is not what .*/{notebook}.ipynb wrote; .*`make paper PROFILE=smoke`"
    ):
        report.markdown(store)
    (store.scratch / stale).unlink()
    with pytest.raises(ReportError, match=f"{stale} is missing, which .*/{notebook}.ipynb wrote; remove that notebook"):
        report.markdown(store)


def test_what_no_notebook_wrote_is_named(store):
    finished(
        store, "01_tables", *(path for path in store.output("reports", "tables").glob("*") if path.stem != "table3")
    )
    with pytest.raises(ReportError, match="table3.csv was written by none of the executed notebooks"):
        report.markdown(store)


def test_a_run_that_was_made_anew_makes_its_readers_stale(store):
    manifest = store.executed / "02_figures.json"
    manifest.write_text(manifest.read_text().replace(store["corpus-lengths"].digest, "0" * 64))
    with pytest.raises(ReportError, match="'corpus-lengths', seed 42, is another than .*02_figures.ipynb read"):
        report.markdown(store)


def test_a_run_of_another_profile_is_read_from_its_own_record(store, tmp_path):
    (other := store.beside("mini")).recipes = store.recipes
    other.folder = tmp_path / "others"
    shutil.copytree(store.folder, other.folder)
    other["corpus-lengths"]
    store.finish("03_beside")
    nbformat.write(nbformat.v4.new_notebook(), store.executed / "03_beside.ipynb")
    assert "rest on 2 runs" in Record(store).sentence()
    shutil.rmtree(other.folder)
    with pytest.raises(RunError, match="others/corpus-lengths/seed42.parquet is missing: .* PROFILE=mini"):
        Record(store).sentence()


@pytest.mark.parametrize("content", [None, "{", "[]", '{"notebook": "01_tables"}'])
def test_a_notebook_without_a_whole_manifest_is_named(store, content):
    place = store.executed / "01_tables.json"
    place.unlink() if content is None else place.write_text(content)
    with pytest.raises(ReportError, match=r"01_tables\.ipynb has no manifest|01_tables\.json is no manifest"):
        Record(store)


def test_without_executed_notebooks_there_is_no_report(tmp_path):
    (store := RunStore("smoke", tmp_path / "runs")).scratch = tmp_path
    with pytest.raises(ReportError, match="has no executed notebooks; `make paper PROFILE=smoke` executes them"):
        report.markdown(store)


@pytest.mark.parametrize("failing", ["typeset", "disk"])
def test_a_failure_leaves_the_older_report(store, monkeypatch, failing):
    text = report.markdown(store)
    report.write(store, text)
    folder = store.output("reports")
    older = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def fail(*args, **kwargs):
        raise RuntimeError("no fonts") if failing == "typeset" else OSError(28, "No space left on device")

    monkeypatch.setattr(*((report.typst, "compile") if failing == "typeset" else (files.os, "fsync")), fail)
    with pytest.raises(RuntimeError if failing == "typeset" else WriteError, match="no fonts|No space left"):
        report.write(store, text.replace("Abstract", "Summary"))
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == older


def test_the_record_counts_what_the_notebooks_made(store):
    assert Record(store).sentence().endswith(": 1 read from the record, 0 made just now.")
    store.retrained = store.get("corpus-lengths", retrain=True)
    store.finish("03_more")
    nbformat.write(nbformat.v4.new_notebook(), store.executed / "03_more.ipynb")
    said = Record(store).sentence()
    assert re.fullmatch(
        r"The tables rest on 1 runs of \d{4}-\d\d-\d\d: 0 read from the record, 1 made just now\.", said
    )


@pytest.mark.parametrize(
    ("seeds", "said"), [([42], "42"), ([42, 43], "42, 43"), ([43, 42, 44], "42 to 44"), ([42, 43, 50], "42, 43, 50")]
)
def test_seeds_without_a_gap_are_said_by_their_ends(store, monkeypatch, seeds, said):
    (meta,) = Record(store).runs
    monkeypatch.setattr(Record, "runs", [meta | {"seed": seed} for seed in seeds])
    assert f"{len(seeds)} runs with seeds {said}; encoder" in Record(store).provenance()


def test_all_encoders_behind_the_runs_are_said_the_profile_s_own_first(store, monkeypatch):
    (meta,) = Record(store).runs
    runs = [meta | {"recipe": {"encoder": encoder}} for encoder in ("minilm", "tiny", "mpnet")]
    monkeypatch.setattr(Record, "runs", runs)
    assert "; encoders tiny random BERT and MiniLM-L6 and MPNet-base, computed" in Record(store).provenance()


def test_the_record_is_named_by_its_content_with_and_without_the_history(store, monkeypatch, tmp_path):
    def git(*words):
        as_someone = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *as_someone, *words], check=True, capture_output=True, text=True, cwd=tmp_path)

    said = []
    shutil.copytree(store.folder, tmp_path / "whole" / "runs")
    git("init", "-q", "whole")
    for name in ("runs", "other"):
        (tmp_path / "whole" / "other").write_text(name)
        git("-C", "whole", "add", name)
        git("-C", "whole", "commit", "-qm", name)
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}/whole", "shallow")
    for clone in ("whole", "shallow"):
        monkeypatch.setattr(record, "ROOT", tmp_path / clone)
        monkeypatch.setattr(store, "folder", tmp_path / clone / "runs")
        said.append(Record(store).provenance().partition("; record of ")[2])
    tree = git("-C", "whole", "rev-parse", "HEAD:runs").stdout
    assert said == [f"git tree {tree[:12]}."] * 2
    monkeypatch.setattr(record, "ROOT", tmp_path / "elsewhere")
    assert "record of" not in Record(store).provenance()


def test_a_table_shows_intervals_and_whose_numbers_they_are():
    table = pd.DataFrame(
        [
            dict(row="a | b", **interval(accuracy=0.5), paper_accuracy=0.57, n=1200),
            dict(row="c", **interval(accuracy=0.6), paper_accuracy=None, n=3),
        ]
    )
    head, rule, first, second = as_markdown(table, "MiniLM-L6, here").splitlines()
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in (head, first, second)]
    assert cells == [
        ["row", "accuracy<br>[MiniLM-L6, here]{.whose}", "accuracy<br>[BERT-base-cased, paper]{.whose}", "n"],
        ["a \\| b", "0.500 (0.490 to 0.510)", "0.570", "1,200"],
        ["c", "0.600 (0.590 to 0.610)", "–", "3"],
    ]
    assert [cell.endswith(":") for cell in rule.strip("|").split("|")] == [False, True, True, True]


def test_two_encoders_side_by_side_are_a_line_each_on_paper():
    wide = beside("a", "b", accuracy=0.6).assign(**{"accuracy, the paper": [0.5, None]})
    wide.loc[1, ["accuracy, L", "seeds, L"]] = None
    found = long(wide)
    assert list(found.columns) == ["row", "encoder", "accuracy", "seeds"]
    assert list(zip(found["row"], found["encoder"], strict=True)) == [
        *(("a", "S"), ("a", "L"), ("a", "the paper")),
        ("b", "S"),
    ]
    assert found["accuracy"].tolist() == [0.6, 0.6, 0.5, 0.6] and found["seeds"].isna().tolist() == [0, 0, 1, 0]
    assert long(found) is found


def test_only_differences_that_were_found_are_bold():
    text = as_markdown(differences(PAIRS[:1]), "here")
    assert "**+0.020** (+0.010 to +0.030)" in text and " -0.005 (-0.015 to +0.005)" in text and "< 0.001" in text


def answers(made_up):
    names = {"sentiment": "IMDB", "six": "Emotion", "vad": "EmoBank"}
    return sentences.answers(made_up.get, names, comparable=True)


def test_sentences_follow_the_numbers(made_up):
    said = " ".join(answers(made_up).values())
    assert "0.110, 0.55 of the 0.200 that the best constant has; the paper's 0.120 is 0.60 of it" in said
    assert "The order *nearest label below SVM below softmax* holds in accuracy and is not found in macro-F1." in said
    assert "0.610 and 0.400 by that threshold, 0.610 and 0.400 by argmax" in said
    assert "On IMDB, *regressor* is right in 61.00 % (60.00 to 62.00), below the paper's 69.71 %." in said
    assert "On Emotion, *regressor* is right in 61.00 % (60.00 to 62.00), above the paper's 57 %." in said
    assert "Without a regressor, the share is 0.610 by *words | more*." in said
    assert "0.50 for *nrc-mae* and 0.60 for *nrc-mse*" in said
    assert "The reading is ahead of *nrc-mse* by 0.020 (+0.010 to +0.030)." in said


def clause(*lines, scores=tuple(significance.SCORES)):
    """What is said of differences (verdict, difference, p), each with an interval of 0.01 to both sides."""
    rows = [
        {"first": "a", "second": "b", "score": score, "verdict": verdict}
        | {"difference": size, "low": size - 0.01, "high": size + 0.01, "p": p}
        for score, (verdict, size, p) in zip(scores, lines, strict=True)
    ]
    return sentences.stands(pd.DataFrame(rows), "a", "b", scores)


ABOVE, BELOW, SAME, UNKNOWN = (
    ("higher", 0.02, 0.001),
    ("lower", -0.03, 0.001),
    ("equal", 0.001, 0.8),
    ("no difference found", 0.005, 0.4),
)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((ABOVE, ABOVE), "ahead of *b* in both scores, by 0.020 in accuracy (+0.010 to +0.030)"),
        ((ABOVE, BELOW), "ahead of *b* in accuracy, and behind it in macro-F1 by 0.030 (-0.040 to -0.020)"),
        ((BELOW, SAME), "behind *b* in accuracy by 0.030 (-0.040 to -0.020), and equal to it in macro-F1"),
        ((SAME, SAME), "equal to *b* in both scores"),
        ((UNKNOWN, UNKNOWN), "not told apart from *b* in either score"),
        ((("no difference found", 0.02, 0.09), SAME), "not told apart from *b* in accuracy (p 0.09), and equal to"),
    ],
)
def test_two_rows_are_compared_in_a_clause_with_one_interval(lines, said):
    assert clause(*lines).startswith(said)
    assert clause(*lines).count(" to +") + clause(*lines).count(" to -") <= 1


def test_of_one_score_the_interval_is_said_whatever_was_found():
    assert clause(ABOVE, scores=["accuracy"]) == "ahead of *b* by 0.020 (+0.010 to +0.030)"
    assert clause(SAME, scores=["accuracy"]) == "equal to *b* within 0.01 (-0.009 to +0.011)"
    assert clause(UNKNOWN, scores=["accuracy"]) == "not told apart from *b* (-0.005 to +0.015)"


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("higher", "holds in accuracy and in macro-F1."),
        ("lower", "is not found in accuracy and in macro-F1."),
    ],
)
def test_the_order_holds_if_both_steps_are_found(made_up, verdict, said):
    made_up["04_differences"] = made_up["04_differences"].assign(verdict=verdict)
    assert f"softmax* {said}" in answers(made_up)["a_detour"]


def test_one_encoder_that_stands_for_two_is_said_to(made_up):
    again = "S" + scale.AGAIN
    made_up["12_labels"].columns = [column.replace(", L", f", {again}") for column in made_up["12_labels"]]
    said = answers(made_up)["a_encoders"]
    assert said.startswith("This profile has one encoder") and "song2020" not in said
    assert again not in sentences.abstract(made_up.get, "S")


def test_what_all_layers_of_the_larger_encoder_add_is_said_once_they_are_trained(made_up):
    assert "all of its layers" not in answers(made_up)["a_encoders"]
    rows = made_up["12_labels"]
    made_up["12_labels"] = pd.concat(
        [rows, rows.head(1).assign(row=scale.WHOLE, **{"accuracy, L": 0.7, "seeds, L": 1})]
    )
    whole = differences([(scale.WHOLE, sentences.PLAIN)]).assign(encoder="L")
    made_up["12_differences"] = pd.concat([made_up["12_differences"], whole])
    said = answers(made_up)["a_encoders"]
    assert "With all of its layers trained (one training of two epochs) its softmax has 0.700 and 0.500" in said
    assert said.count("ahead of its upper two") == 1 and "the smaller one's so trained" not in said
    between = differences([(scale.WHOLE, scale.WHOLE)]).assign(encoder="L less S")
    made_up["12_differences"] = pd.concat([made_up["12_differences"], between])
    assert "ahead of the smaller one's so trained" in answers(made_up)["a_encoders"]


def test_a_missing_pair_is_named(made_up):
    made_up["05_differences"] = made_up["05_differences"].iloc[2:]
    with pytest.raises(RunError, match="'nrc-mae, SVM' against 'shuffled-mae, SVM' in accuracy"):
        answers(made_up)


def drawn(text, folder, **options):
    """The darkness of each pixel of a text's first page, whose figures lie beside ``folder``."""
    template = f"--template={PACKAGED / 'report.typ'}"
    source = pandoc.cited(text, "typst", template, "--variable=title:T", "--default-image-extension=svg")
    page = report.typeset(source, folder, format="png", ppi=50)
    return plt.imread(BytesIO(page[0] if isinstance(page, list) else page))[..., :3].min(axis=2)


def test_a_table_wider_or_higher_than_the_page_is_shrunk_to_it(tmp_path):
    line = "| " + " | ".join(["a cell of some length"] * 12) + " |\n"
    for rows in (1, 120):
        text = f"# Title\n\n{line}|{'---|' * 12}\n{line * rows}\n: Caption. {{#tbl:a}}\n"
        pixels = drawn(text, tmp_path / "reports")
        margin = pixels.shape[1] * 20 // 210 - 1
        for edge in (pixels[:, :margin], pixels[:, -margin:], pixels[: margin // 2], pixels[-margin // 2 :]):
            assert edge.min() == 1 > pixels.min()


@pytest.mark.parametrize(("rows", "pages"), [(15, [2]), (60, [1, 2])])
def test_in_the_appendix_a_long_table_goes_on_overleaf_and_a_short_one_stays_whole(tmp_path, rows, pages):
    head = "| " + " | ".join(["a head of some length"] * 12) + " |\n"
    before = "```{=typst}\n#show figure.where(kind: table): standing\n#block(height: 205mm)\n```\n"
    lines = ("| cell" * 12 + "|\n") * rows
    text = f"# Title\n\n{before}\n{head}|{'---|' * 12}\n{lines}\n: Caption. {{#tbl:a}}\n"
    source = pandoc.cited(text, "typst", f"--template={PACKAGED / 'report.typ'}", "--variable=title:T")
    shown = [page.extract_text() for page in PdfReader(BytesIO(report.typeset(source, tmp_path / "reports"))).pages]
    assert [number for number, page in enumerate(shown, 1) if "a head of some length" in page] == pages
    assert ["Caption" in page for page in shown].index(True) + 1 == pages[0]
    assert sum(page.count("cell") for page in shown) == 12 * rows


def test_a_figure_is_drawn_from_its_svg_under_a_number(tmp_path):
    for folder in ("reports", "figures"):
        (tmp_path / folder).mkdir()
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="300" height="200"/></svg>'
    (tmp_path / "figures/a.svg").write_text(svg)
    pixels = drawn(
        '# Title\n\n![A caption.](../figures/a){#fig:a alt="Black"}\n\nSee [](#fig:a).\n', tmp_path / "reports"
    )
    assert (pixels == 0).mean() > 0.02


def test_the_pdf_has_text_alternatives_and_a_date(store, tmp_path):
    text = "# T\n\n![Caption.](../figures/01_pairs){#fig:a alt=\"A (telling) 'alternative'\"}\n"
    made = report.pdf(text, store.output("reports"), datetime(2001, 2, 3, tzinfo=UTC))
    assert b"D:20010203" in made
    source = pandoc.cited(text, "typst", "--default-image-extension=svg")
    assert 'image("/figures/01_pairs.svg", alt: "A (telling)' in source


def test_an_unknown_reference_is_an_error():
    with pytest.raises(RuntimeError, match="nothing has the identifier #tbl:none"):
        pandoc.cited("See [](#tbl:none).\n", "gfm")


def test_the_tables_of_the_template_are_those_of_the_fixture(made_up):
    searched = {name[2:] for name in report.SEARCHED}
    assert (
        set(re.findall(r"\$t_(\w+)", TEMPLATE))
        == set(made_up) - {"04_per_emotion", "12_findings", "13_claims"} | searched
    )


@pytest.fixture(scope="module")
def paper():
    """The PDF as it is committed."""
    return PdfReader(ROOT / "reports" / "paper.pdf")


def headings(paper):
    """Pages, from 1, by the headings that begin on them."""
    (_, sections) = paper.outline
    return {section.title: paper.get_destination_page_number(section) + 1 for section in sections}


def test_the_main_part_with_the_works_cited_has_eight_pages(paper):
    pages = headings(paper)
    appendix = next(page for title, page in pages.items() if title.startswith("A "))
    assert pages["Sources"] < appendix <= 9
    assert all(page < appendix for title, page in pages.items() if title.split()[0].isdigit())


def test_what_the_pages_say_is_letters(paper):
    first = paper.pages[0].extract_text()
    assert "Does it help to predict emotions" in first and "Abstract" in first
