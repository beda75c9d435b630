"""Tables as the report shows them: intervals in their value's cell, the paper's numbers beside ours, whose on top."""

import re

import pandas as pd

from vadstudy.shown import cells, columns, heading, sides

#: Columns whose numbers come out of the encoder.
ENCODED = re.compile("accuracy|macro_|micro_|test_loss|ratio|r2_|dev_|pearson|spearman|auc|mae|mse|votes_|label_")
#: What Markdown would read as more than a letter.
SPECIAL = re.compile(r"[\\`*_{}\[\]<>$~^@|]")


def as_markdown(table: pd.DataFrame, whose: str) -> str:
    """A table as a pipe table of Markdown; ``whose`` stands under the head of each column that the encoder computed.

    Standard deviations over seeds stand behind ±. In a table of differences (columns ``first``, ``second``) those that
    were found are bold.
    """
    found = table["verdict"].isin(["higher", "lower"]) if "verdict" in table else pd.Series(False, table.index)
    shown, names = {}, []
    for name in columns(table):
        if name.startswith("paper_"):
            continue
        names.append(name)
        shown[f"{heading(name)}<br>[{whose}]{{.whose}}" if ENCODED.match(name) else heading(name)] = [
            re.sub(r"^\S+", r"**\g<0>**", cell) if bold and name == "difference" else cell
            for cell, bold in zip(_escaped(table, name), found, strict=True)
        ]
        if (paper := {"test_loss": "paper_loss"}.get(name, f"paper_{name}")) in table and ENCODED.match(name):
            names.append(paper)
            shown[f"{heading(name)}<br>[BERT-base-cased, paper]{{.whose}}"] = cells(table, paper)
    return pd.DataFrame(shown).to_markdown(index=False, disable_numparse=True, colalign=sides(table, names))


def long(table: pd.DataFrame) -> pd.DataFrame:
    """A table with columns ``score, encoder`` as a line a row and encoder, which is as narrow as paper; others as they
    are. An encoder that has no score of a row has no line of it."""
    named = [column.split(", ") for column in table if ", " in column]
    if not named:
        return table
    keys = [column for column in table if ", " not in column]
    parts = []
    for encoder in dict.fromkeys(encoder for _, encoder in named):
        scores = dict.fromkeys(score for score, of in named if of == encoder)
        part = table[keys].assign(encoder=encoder, **{score: table[f"{score}, {encoder}"] for score in scores})
        parts.append(part.dropna(how="all", subset=list(scores)))
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def _escaped(table, name):
    """Cells, where they are words without what Markdown would read as more than letters."""
    text = cells(table, name)
    return text if table[name].dtype.kind in "biuf" else [SPECIAL.sub(r"\\\g<0>", cell) for cell in text]
