"""The report: the tables and figures that the notebooks wrote, as Markdown and as PDF (by Typst, from a wheel)."""

import json
import os
from datetime import datetime
from pathlib import Path

import pandas as pd
import typst

from vadstudy import tables
from vadstudy.recipes import ENCODER_NAMES
from vadstudy.runs import RunError

TITLE = "Does it help to predict emotions through a psychological space?"
TEMPLATE = Path(__file__).parent / "data" / "report.typ"

#: Heading, tables and figures (with captions) of each section, in the notebooks' order.
SECTIONS = (
    ("The corpus and its labels", ("01_filter",),
     {"01_label_counts": "Comments of each emotion, by split.", "01_pairs": "Distances between labels in NRC VAD."}),
    ("The space", ("02_distances",),
     {"02_vad_space": "The 28 emotions in NRC VAD (the paper's figure 4).",
      "02_mappers": "NRC's points, scaled, and spread evenly."}),
    ("The regressor", ("03_search", "table1"),
     {"03_architecture": "The way of a text (the paper's figure 3).", "03_learning_curves": "Learning curves.",
      "03_predicted_points": "Predicted points of test comments."}),
    ("From points to labels", ("table2", "04_differences"),
     {"04_table2": "Table 2 as a figure.", "04_thresholds": "The sigmoid baseline by threshold, on dev.",
      "04_per_emotion_f1": "F1 of each emotion.", "04_confusion": "Which emotion is taken for which.",
      "04_decision_regions": "Decision regions of 1NN and the SVM."}),
    ("Arbitrary points", ("table3", "05_differences"), {"05_table3": "Table 3 as a figure."}),
    ("Transfer", ("06_imdb", "06_emotion", "06_emobank"),
     {"06_imdb": "Predicted valence of reviews.", "06_emobank": "Predicted beside human VAD."}),
)  # fmt: skip

LIMITS = (
    "A small encoder, MiniLM-L6 (22 M parameters), where the paper has BERT-base-cased: compare orders, not levels.",
    "One seed. The intervals resample test rows; what another training would give, they do not say.",
    "The test set has 4,590 rows, and grief has 2 of them: macro-F1 hangs on few texts.",
    "The search on dev was small (two learning rates, one or two trained layers): longer training may help.",
    "The SVMs are fitted on points that the regressor predicts for its own training texts.",
)  # fmt: skip


def read_table(name, folder):
    """A table's caption, header and rows of text, from its Markdown; a ``RunError`` names a missing one."""
    path = folder / f"{name}.md"
    if not path.is_file():
        raise RunError(f"{path} is missing: the report is made of what the notebooks write; run `make paper`")
    caption, _, *lines = path.read_text(encoding="utf-8").rstrip().split("\n")
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return caption, header, rows


def found(folder):
    """What came out, in sentences computed from the tables."""
    def read(name):
        return pd.read_csv(folder / f"{name}.csv")

    said = [f"Regression, {row.run}: test {row.loss} {row.test_loss:.3f}, {row.ratio:.2f} of the best constant's."
            for row in read("table1").itertuples()]  # fmt: skip
    for name in ("04_differences", "05_differences"):
        said += [line.removeprefix("- ").replace("**", "") for line in tables.findings(read(name)).split("\n")]
    for name in ("06_imdb", "06_emotion"):
        said += [f"Transfer ({name[3:]}), {row.row}: accuracy {row.accuracy:.3f} (95 % interval "
                 f"{row.accuracy_low:.3f} to {row.accuracy_high:.3f}); the paper: {row.paper_accuracy:.3f}."
                 for row in read(name).dropna(subset="paper_accuracy").itertuples()]  # fmt: skip
    return said


def contents(store):
    """All that the report says, as plain data: Markdown and PDF are two views of it."""
    folder, pictures = store.output("reports", "tables"), store.output("figures")
    for name in store.recipes:
        if store.place(name, 42).exists():
            store[name]
    recipe = store.recipes["scaled-mae"]
    encoder = ENCODER_NAMES.get(recipe.encoder, recipe.encoder)
    sections = []
    for heading, names, figures in SECTIONS:
        names = [name for name in names if name != "03_search" or store.profile == "study"]
        for name in figures:
            if not (pictures / f"{name}.png").is_file():
                raise RunError(f"{pictures / name}.png is missing: the report is made of what the notebooks write; "
                               "run `make paper`")  # fmt: skip
        shown = [dict(zip(("caption", "header", "rows"), read_table(name, folder), strict=True)) for name in names]
        sections.append({"heading": heading, "tables": shown, "figures": figures})
    return {
        "title": TITLE,
        "about": f"A reproduction of “Dimension is All You Need? A Compact Dimensional Approach to Emotion "
                 f"Recognition” (Ben-Tov and Frenkel). Profile {store.profile}: {encoder}, corpus {recipe.corpus}, "
                 f"one seed (42), {recipe.epochs} epochs, the best by dev macro-F1. Columns named paper are the "
                 "paper's numbers, for BERT-base-cased; all others were computed from recorded predictions.",
        "record": store.summary() + ".", "found": found(folder), "sections": sections, "limits": LIMITS,
    }  # fmt: skip


def markdown(content):
    """The report as Markdown, figures by relative links."""
    lines = [f"# {content['title']}", content["about"], content["record"], "## What came out",
             "\n".join(f"- {line}" for line in content["found"])]  # fmt: skip
    for section in content["sections"]:
        lines.append(f"## {section['heading']}")
        for table in section["tables"]:
            rule = ["---"] * len(table["header"])
            rows = [f"| {' | '.join(row)} |" for row in (table["header"], rule, *table["rows"])]
            lines += [table["caption"], "\n".join(rows)]
        lines += [f"![{caption}](../figures/{name}.png)\n\n*{caption}*" for name, caption in section["figures"].items()]
    lines += ["## Limits", "\n".join(f"- {line}" for line in content["limits"]),
              "## How to reproduce", "`make paper` computes all of this from the recorded runs."]  # fmt: skip
    return "\n\n".join(lines) + "\n"


def write(store):
    """Write ``report.md`` and ``report.pdf`` to the profile's reports folder, each whole or not at all; its path."""
    content = contents(store)
    folder = store.output("reports")
    dates = [run.meta["date"] for run in (store[name] for name, _ in {**store.read, **store.made})]
    data = folder / ".report.json"
    data.write_text(json.dumps(content), encoding="utf-8")
    try:
        pdf = typst.compile(str(TEMPLATE), root="/", sys_inputs={"data": str(data.resolve()),
                            "figures": str(store.output("figures").resolve())},
                            timestamp=int(datetime.fromisoformat(max(dates)).timestamp()))  # fmt: skip
    finally:
        data.unlink()
    for name, written in (("report.pdf", pdf), ("report.md", markdown(content).encode())):
        part = folder / f".{name}.part"
        part.write_bytes(written)
        os.replace(part, folder / name)
    return folder / "report.md"
