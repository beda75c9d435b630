"""Tables as the report shows them: intervals in their value's cell, the paper's numbers beside ours, whose on top."""

import re

import numpy as np
import pandas as pd

from vadstudy.bootstrap import WORDS
from vadstudy.emotions import DIMENSIONS

#: Of whom a correlation is, by the start of its column's name.
PEARSON = {"pearson": "r", "votes": "votes' r", "label": "label's r"}
HEADERS = {
    "macro_f1": "macro-F1",
    "dev_macro_f1": "dev macro-F1",
    "p_equal": "p equal",
    "r2": "R²",
    "r2_V": "R² valence",
    "r2_A": "R² arousal",
    "r2_D": "R² dominance",
    "learned_from_target": "learned from it",
    "pearson": "Pearson's r",
    "spearman": "Spearman's r",
    "auc": "AUC",
    "mae": "MAE",
    "mse": "MSE",
    **{f"{of}_{d[0].upper()}": f"{words} {d}" for of, words in PEARSON.items() for d in DIMENSIONS},
}
#: Columns whose numbers come out of the encoder.
ENCODED = re.compile("accuracy|macro_f1|test_loss|ratio|r2_|dev_|pearson|spearman|auc|mae|mse|votes_|label_")
#: What Markdown would read as more than a letter.
SPECIAL = re.compile(r"[\\`*_{}\[\]<>$~^@|]")


def as_markdown(table: pd.DataFrame, whose: str) -> str:
    """A table as a pipe table of Markdown; ``whose`` stands under the head of each column that the encoder computed.

    Standard deviations over seeds stand behind ±. In a table of differences (columns ``first``, ``second``) those that
    were found are bold.
    """
    columns, sides = {}, []
    for name in table.columns:
        if re.search("^paper_|_sd$|low$|high$", name):
            continue
        title, side = HEADERS.get(name, name.replace("_", " ")), "right" if table[name].dtype.kind in "if" else "left"
        columns[f"{title}<br>[{whose}]{{.whose}}" if ENCODED.match(name) else title] = _cells(table, name)
        sides.append(side)
        if (paper := {"test_loss": "paper_loss"}.get(name, f"paper_{name}")) in table and ENCODED.match(name):
            columns[f"{title}<br>[BERT-base-cased, paper]{{.whose}}"] = _cells(table, paper)
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
    return ["–" if pd.isna(value) else SPECIAL.sub(r"\\\g<0>", str(value)) for value in values]
