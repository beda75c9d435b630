"""The report: what the notebooks wrote, assembled into ``report.md`` and ``paper.pdf``.

Its text is the template ``data/report.md``; every number in it is computed from the notebooks' tables.
``data/report.typ`` typesets the finished Markdown, so that the two files cannot say different things.
"""

import os
import re
import subprocess
from datetime import datetime
from pathlib import Path
from string import Template

import matplotlib
import numpy as np
import pandas as pd
import typst

from vadstudy import claims, confounds, tables
from vadstudy.bootstrap import WORDS
from vadstudy.errors import ReportError
from vadstudy.experiments import plan
from vadstudy.paper.sentences import findings
from vadstudy.paths import PACKAGED, ROOT
from vadstudy.recipes import ENCODER_NAMES, SEED

HEADERS = {
    "macro_f1": "macro-F1",
    "dev_macro_f1": "dev macro-F1",
    "p_equal": "p equal",
    "r2_V": "R² valence",
    "r2_A": "R² arousal",
    "r2_D": "R² dominance",
    "learned_from_target": "learned from it",
    "pearson": "Pearson's r",
    "spearman": "Spearman's r",
}
#: Columns whose numbers come out of the encoder.
ENCODED = re.compile("accuracy|macro_f1|test_loss|ratio|r2_|dev_|pearson|spearman")
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
SEARCHED = ("t_07_budget", "t_03_search", "t_03_tuning", "t_03_importances", "t_03_confirmed", "t_03_temperature")


def write(store):
    """Write ``report.md`` and ``paper.pdf`` to the profile's reports folder, each whole or not at all.

    Equal tables, figures and runs give equal files: the PDF is dated by the newest run.

    Returns
    -------
    Path
        Of ``report.md``.

    Raises
    ------
    RunError
        If a table or a figure is missing or older than its notebook, or there are no runs; neither file is changed.
    """
    folder = store.output("reports")
    text = markdown(store)
    newest = int(max(map(datetime.fromisoformat, dates(store))).timestamp())
    # The figures' letters stay text in their SVG, and are matplotlib's own.
    fonts = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
    pdf = typst.compile(
        (PACKAGED / "report.typ").read_bytes(),
        root=folder.parent,
        sys_inputs={"markdown": text},
        font_paths=fonts,
        ignore_system_fonts=True,
        timestamp=newest,
    )
    # The Markdown last: it is what make looks at.
    written = {folder / "paper.pdf": pdf, folder / "report.md": text.encode()}
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in written}
    try:
        for path, part in parts.items():
            part.write_bytes(written[path])
        for path, part in parts.items():
            os.replace(part, path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return folder / "report.md"


def markdown(store):
    """The report as Markdown, figures by links relative to the reports folder; raises as :func:`write`."""
    command = "make paper" + (f" PROFILE={store.profile}" if store.profile != "study" else "")
    template = Template((PACKAGED / "report.md").read_text(encoding="utf-8"))
    recipe = store.recipes["scaled-mae"]
    encoder = ENCODER_NAMES.get(recipe.encoder, recipe.encoder)
    used = {role: store.recipes[f"{role}-points"].corpus for role in ("sentiment", "six", "vad")}
    corpora = {role: CORPORA.get(name, name) for role, name in {**used, "corpus": recipe.corpus}.items()}
    comparable = recipe.corpus == "goemotions"

    writers = {path: path.read_text(encoding="utf-8") for path in notebooks(store)}

    def existing(path):
        if not path.is_file():
            raise ReportError(f"{path} is missing; `{command}` executes the notebooks, which write it")
        for notebook, text in writers.items():
            # An executed notebook is as old as the beginning of its execution.
            if f'\\"{path.stem}\\"' in text and path.stat().st_mtime < notebook.stat().st_mtime:
                raise ReportError(
                    f"{path} is older than {notebook}, which should have written it; remove that "
                    f"notebook, and `{command}` executes it anew"
                )
        return path

    def read(name):
        return pd.read_csv(existing(store.output("reports", "tables") / f"{name}.csv"))

    for name in re.findall(r"\.\./figures/([\w.]+)\.png", template.template):
        for end in ("png", "svg"):
            existing(store.output("figures") / f"{name}.{end}")
    shown = {}
    for field in template.get_identifiers():
        if field in SEARCHED and store.profile != "study":
            shown[field] = "This profile has no search."
        elif field.startswith("t_"):
            whose = f"here; regressor: {encoder}" if field.startswith("t_06") else f"{encoder}, here"
            shown[field] = as_markdown(read(field[2:]), whose)
    kept = read("01_filter").set_index("split")["kept"]
    rarest = read("04_per_emotion").sort_values("support", kind="stable").head(4)
    text = template.substitute(
        vars(recipe) | shown | corpora,
        profile=store.profile,
        command=command,
        encoder=encoder,
        seed=SEED,
        layers="all layers" if recipe.trainable_layers is None else f"the upper {recipe.trainable_layers} layers",
        head_rate=recipe.head_learning_rate or recipe.learning_rate,
        record=record(store, command),
        notice="" if comparable else NOTICE.format(corpora["corpus"]),
        claims=as_markdown(read("08_claims")[["asked_by", "sentence", "section", "verdict"]], encoder),
        abstract=_abstract(read, encoder),
        provenance=provenance(store),
        seeds=tables.setting(store).split(", ")[1],
        seed_limit=_seed_limit(store),
        findings="\n".join(f"- {line}" for line in findings(read, corpora, comparable)),
        kept=", ".join(f"{rows:,} {split}" for split, rows in kept.items()),
        test_rows=f"{kept['test']:,}",
        rarest=", ".join(f"{row.emotion} {row.support}" for row in rarest.itertuples()),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def _abstract(read, encoder):
    rows, counts = read("table2").set_index("row"), claims.counted(read("08_claims"))
    space, plain, paper = (rows.loc[name] for name in ("scaled-mae, SVM", "softmax, argmax", "baseline, threshold 0.3"))
    return (
        f"With {encoder}, the best way through the space (scaled VAD, MAE, SVM) has accuracy {space.accuracy:.3f} "
        f"and macro-F1 {space.macro_f1:.3f}; a softmax of the same encoder, under equal conditions, "
        f"{plain.accuracy:.3f} and {plain.macro_f1:.3f}; the paper's baseline, which names every label above 0.3, "
        f"{paper.accuracy:.3f} and {paper.macro_f1:.3f}. Of the paper's claims, each a sentence that a run can "
        f"contradict, in the paper's own terms: {counts['paper']}. Of our own, harder questions: {counts['us']}."
    )


def provenance(store):
    """One line: what the numbers were made with, by which the record can be found again."""
    metas = [run.meta for run in _recorded(store)]
    versions = {}
    for meta in metas:
        for package, version in meta["versions"].items():
            versions.setdefault(package, set()).add(version)
    seeds = sorted({meta["seed"] for meta in metas})
    precisions = sorted({meta.get("precision", meta["recipe"].get("precision", "fp32")) for meta in metas})
    try:
        command = ["git", "log", "-1", "--format=%h", "--", store.folder]
        commit = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = ""
    packages = ", ".join(f"{package} {' and '.join(sorted(found))}" for package, found in versions.items())
    encoder = store.recipes["scaled-mae"].encoder
    encoder = ENCODER_NAMES.get(encoder, encoder)
    return (
        f"{len(metas)} runs with seeds {', '.join(map(str, seeds))}; encoder {encoder}, "
        f"computed in {' and '.join(precisions)}; {packages}" + (f"; record of commit {commit}." if commit else ".")
    )


def _seed_limit(store):
    """How many of the planned runs are recorded, and what a row with one seed cannot say."""
    planned, left = plan(store.profile), confounds.missing(store)
    of_them = f" Of the {len(planned)} planned runs {len(left)} are not recorded yet (`make grid`)." if left else ""
    return (
        "A row with one seed has an interval that says what other test comments might have given, not what another "
        f"training would have; where there are several seeds, they are few.{of_them}"
    )


def dates(store):
    """When each of the profile's recorded runs was made."""
    return [run.meta["date"] for run in _recorded(store)]


def _recorded(store):
    names = [*plan(store.profile), *((name, SEED) for name in store.recipes if name.startswith("search-"))]
    return [store.recorded(name, seed) for name, seed in names if store.place(name, seed).exists()]


def executed(store):
    """Folder of the profile's executed notebooks."""
    return (store.output("reports") if store.profile == "study" else store.output()) / "notebooks"


def notebooks(store):
    """The profile's executed notebooks, in reading order; what a killed execution left behind has a hidden name."""
    return sorted(executed(store).glob("[0-9]*.ipynb"))


def record(store, command="make paper"):
    """One line: how many runs the tables rest on, of which dates, how many of them the notebooks made just now."""
    days = sorted(date[:10] for date in dates(store))
    if not days:
        raise ReportError(f"{store.folder} has no runs; `{command}` makes them")
    made = sum(
        int(n)
        for path in notebooks(store)
        for n in re.findall(r"; (\d+) made just now", path.read_text(encoding="utf-8"))
    )
    return (
        f"The tables rest on {len(days)} runs of {' to '.join(dict.fromkeys((days[0], days[-1])))}: "
        f"{len(days) - made} read from the record, {made} made just now."
    )


def as_markdown(table, whose):
    """A table as Markdown: intervals in their value's cell, the paper's numbers beside ours, whose they are on top.

    Standard deviations over seeds stand behind ±. In a table of differences (columns ``first``, ``second``) those that
    were found are bold.
    """
    columns, sides = {}, []
    for name in table.columns:
        if re.search("^paper_|_sd$|low$|high$", name):
            continue
        title, side = HEADERS.get(name, name.replace("_", " ")), "right" if table[name].dtype.kind in "if" else "left"
        columns[f"{title}<br>{whose}" if ENCODED.match(name) else title] = _cells(table, name)
        sides.append(side)
        if (paper := {"test_loss": "paper_loss"}.get(name, f"paper_{name}")) in table and ENCODED.match(name):
            columns[f"{title}<br>BERT-base-cased, paper"] = _cells(table, paper)
            sides.append("right")
    return pd.DataFrame(columns).to_markdown(index=False, disable_numparse=True, colalign=sides)


def _cells(table, name):
    values, ends = table[name], ("low", "high") if name == "difference" else (f"{name}_low", f"{name}_high")
    if ends[0] in table:
        form = "+.3f" if name == "difference" else ".3f"
        found = table["verdict"].isin(["higher", "lower"]) if "verdict" in table else pd.Series(False, table.index)
        sd = table.get(f"{name}_sd", pd.Series(np.nan, table.index))
        return [
            f"{'**' * bold}{value:{form}}{'**' * bold}{'' if pd.isna(sd) else f' ± {sd:.3f}'} "
            f"({low:{form}} to {high:{form}})"
            for value, sd, low, high, bold in zip(values, sd, table[ends[0]], table[ends[1]], found, strict=True)
        ]
    if name in ("p", "p_equal"):
        return ["–" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.3f}" for p in values]
    if name == "rank":
        return ["–" if pd.isna(rank) else f"{rank:.0f}" for rank in values]
    if name == "score":
        return [WORDS.get(score, score) for score in values]
    if values.dtype.kind == "f":
        form = ".0e" if 0 < values.abs().max() < 0.0005 or name == "learning_rate" else ".3f"
        return ["–" if pd.isna(value) else f"{value:{form}}" for value in values]
    if values.dtype.kind == "i":
        return [f"{value:,}" for value in values]
    return ["–" if pd.isna(value) else str(value).replace("|", "\\|") for value in values]
