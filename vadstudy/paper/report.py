"""The report: what the notebooks wrote, assembled into ``report.md`` and ``paper.pdf``.

Its text is the template ``data/report.md``; every number in it is computed from the notebooks' tables. Pandoc makes
both files, and the page, of the same finished text, so that they cannot say different things.
"""

import re
from datetime import datetime
from pathlib import Path
from string import Template
from typing import Any

import matplotlib
import typst

from vadstudy import claims, confounds, tables
from vadstudy.disk import files
from vadstudy.paper import pandoc, sentences
from vadstudy.paper.cells import as_markdown, long
from vadstudy.paper.record import Record
from vadstudy.paths import PACKAGED
from vadstudy.profiles import plan
from vadstudy.recipes import ENCODER_NAMES, SEED
from vadstudy.runs import RunStore

TEMPLATE = PACKAGED / "report.md"
CORPORA = {
    "goemotions": "GoEmotions",
    "mini": "the mini corpus",
    "imdb": "IMDB",
    "emotion": "Emotion",
    "emobank": "EmoBank",
}
NOTICE = (
    "**Not the study**: this profile shows the way on {}. The paper's numbers are of other texts, and nothing "
    "below is a finding about emotions."
)

#: Tables of what only the profile study has.
SEARCHED = (
    *("t_07_budget", "t_07_budgeted", "t_07_budget_differences", "t_10_search", "t_11_shares"),
    *("t_03_search", "t_03_tuning", "t_03_importances", "t_03_confirmed", "t_03_temperature"),
)


#: The works that say what an encoder is.
ENCODER_SOURCES = {
    "minilm": " [@wang2020], trained further as a sentence encoder [@reimers2019]",
    "bert-base-cased": " [@devlin2019]",
}
NO_SEARCH = "| This profile has no search. |\n|---|"


def write(store: RunStore, text: str) -> Path:
    """Write a finished text as ``report.md`` and ``paper.pdf`` to the profile's reports folder, both or neither.

    Equal tables, figures and runs give equal files: the PDF is dated by the newest run.

    Returns
    -------
    Path
        Of ``report.md``.

    Raises
    ------
    WriteError
        If a file cannot be written.
    """
    folder = store.output("reports")
    # The Markdown last: it is what make looks at.
    shown = pandoc.cited(text, "gfm-tex_math_gfm", "--default-image-extension=png")
    files.write_all(
        {folder / "paper.pdf": pdf(text, folder, Record(store).newest), folder / "report.md": shown.encode()}
    )
    return folder / "report.md"


def pdf(text: str, folder: Path, date: datetime) -> bytes:
    """A finished text as PDF, dated; its relative links lead from ``folder``, and pictures are drawn from their SVG."""
    return typeset(
        pandoc.cited(
            text,
            "typst",
            "--default-image-extension=svg",
            f"--template={PACKAGED / 'report.typ'}",
            f"--variable=title:{title(text)}",
        ),
        folder,
        timestamp=int(date.timestamp()),
    )


def typeset(source: str, folder: Path, **options) -> bytes:
    """What Typst makes of a document in its language; ``options`` are of ``typst.compile``."""
    # The figures' letters stay text in their SVG, and are matplotlib's own.
    fonts = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
    made: Any = typst.compile(
        source.encode(), root=folder.parent, font_paths=fonts, ignore_system_fonts=True, **options
    )
    return made


def title(text: str) -> str:
    """The heading of a finished text."""
    return text.partition("\n")[0].removeprefix("# ")


def markdown(store: RunStore) -> str:
    """The report's finished text, in pandoc's Markdown; pictures are links relative to the reports folder.

    Raises
    ------
    ReportError
        If a table or a figure is missing, or not what its notebook wrote, or the notebooks were not executed.
    """
    record, template = Record(store), Template(TEMPLATE.read_text(encoding="utf-8"))
    for name in re.findall(r"\.\./figures/(\w+)\)", template.template):
        record.figure(name)
    recipe = store.recipes["scaled-mae"]
    encoder = ENCODER_NAMES.get(recipe.encoder, recipe.encoder)
    used = {role: store.recipes[f"{role}-points"].corpus for role in ("sentiment", "six", "vad")}
    corpora = {role: CORPORA.get(name, name) for role, name in {**used, "corpus": recipe.corpus}.items()}
    comparable = recipe.corpus == "goemotions"
    text = template.substitute(
        vars(recipe) | corpora | _shown(record, template.get_identifiers(), encoder) | _corpus(record),
        profile=store.profile,
        command=record.command,
        encoder=encoder,
        encoder_sources=ENCODER_SOURCES.get(recipe.encoder, ""),
        seed=SEED,
        layers="all layers" if recipe.trainable_layers is None else f"the upper {recipe.trainable_layers} layers",
        head_rate=recipe.head_learning_rate or recipe.learning_rate,
        record=record.sentence(),
        notice="" if comparable else NOTICE.format(corpora["corpus"]),
        abstract=sentences.abstract(record.table, encoder),
        provenance=record.provenance(),
        seeds=tables.setting(store).split(", ")[1],
        seed_limit=_seed_limit(store),
        **sentences.answers(record.table, corpora, comparable),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def _shown(record, fields, encoder):
    """The tables of the text, by their fields."""
    shown = {}
    for field in fields:
        if field in SEARCHED and record.store.profile != "study":
            shown[field] = NO_SEARCH
        elif field.startswith("t_12"):
            shown[field] = as_markdown(long(record.table(field[2:])), "by encoder")
        elif field.startswith("t_"):
            whose = f"here; regressor: {encoder}" if field.startswith("t_06") else f"{encoder}, here"
            shown[field] = as_markdown(record.table(field[2:]), whose)
    # The study's few rows in short: those that the paper has, and those that they are to be compared with.
    few = record.table("table2").filter(regex="^(?!.*_sd$)")
    few = few[few["paper_accuracy"].notna() | few["row"].isin([sentences.PLAIN, "baseline, argmax"])]
    shown["few"] = as_markdown(few, f"{encoder}, here")
    # What the related systems say of themselves is no question of the paper's.
    ledger = record.table("13_claims").query("asked_by != 'related'")[["asked_by", "sentence", "section", "verdict"]]
    shown["claims"] = as_markdown(ledger.rename(columns={"section": "in the paper"}), encoder)
    # Of the second encoder what it has a comparison of; the evidence is in claims.csv.
    findings = record.table("12_findings")
    verdicts = sentences.encoders(record.table("12_labels"))
    both = findings[~findings[verdicts].isin([claims.NOT_RECORDED]).any(axis=1)]
    return shown | {"findings": as_markdown(both[["asked_by", "sentence", *verdicts]], encoder)}


def _corpus(record):
    kept = record.table("01_filter").set_index("split")["kept"]
    rarest = record.table("04_per_emotion").sort_values("support", kind="stable").head(4)
    return {
        "kept": ", ".join(f"{rows:,} {split}" for split, rows in kept.items()),
        "test_rows": f"{kept['test']:,}",
        "rarest": ", ".join(f"{row.emotion} {row.support}" for row in rarest.itertuples()),
    }


def _seed_limit(store):
    """How many of the planned runs are recorded, and what a row with one seed cannot say."""
    planned, left = plan(store.profile), confounds.missing(store)
    of_them = f" Of the {len(planned)} planned runs {len(left)} are not recorded yet (`make grid`)." if left else ""
    return (
        "A row with one seed has an interval that says what other test comments might have given, not what another "
        f"training would have; where there are several seeds, they are few.{of_them}"
    )
