"""Tables as people read them: words for columns, and numbers with as many digits as they are worth.

A table that is computed with has a column a number, under a name that code can write. What is shown of it, in a
notebook, a file or the report, has each value with its standard deviation and interval in one cell, under a heading.
"""

import re
from collections.abc import Sequence

import pandas as pd

from vadstudy.emotions import DIMENSIONS
from vadstudy.significance import WORDS

#: Of whom a correlation is, by the start of its column's name.
PEARSON = {"pearson": "r", "votes": "votes' r", "label": "label's r"}
#: Headings that are more than a column's name with spaces.
HEADINGS = {
    "learned_from_target": "learned from it",
    "readers_writers": "readers against writers",
    "distance_other": "distance, others' labels",
    "begun": "r of distances with the beginning",
    "second_chance": "second, by chance",
    "pearson": "Pearson's r",
    "spearman": "Spearman's r",
    "included": WORDS["included"],
    "ekman": "Ekman group",
    **{f"{of}_{d[0].upper()}": f"{words} {d}" for of, words in PEARSON.items() for d in DIMENSIONS},
    **{f"{of}_{d[0].upper()}": f"{words} {d}" for of, words in (("r2", "R²"), ("p", "p")) for d in DIMENSIONS},
}
#: Parts of names that are written otherwise.
PARTS = {"macro f1": "macro-F1", "f1": "F1", "r2": "R²", "mae": "MAE", "mse": "MSE", "auc": "AUC", "ece": "ECE"}
#: Columns whose values are names of columns.
NAMES = ("score", "parameter", "best trial")


def heading(name: str) -> str:
    """A column's name in words: "macro-F1, paper" for ``paper_macro_f1``; what has no underscore stays as it is."""
    if name.startswith("paper_"):
        return f"{heading(name.removeprefix('paper_'))}, paper"
    if (score := name.partition(", ")[0]) in HEADINGS:  # whose it is may stand behind
        return HEADINGS[score] + name.removeprefix(score)
    words = name.replace("_", " ")
    for part, written in PARTS.items():
        words = re.sub(rf"(?<![\w-]){part}(?![\w-])", written, words)
    return words


def columns(table: pd.DataFrame) -> list[str]:
    """The columns that are shown as such: all but those that stand in the cells of another."""
    folded = {f"{name}_{end}" for name in table for end in ("sd", "low", "high")}
    if "difference" in table:
        folded |= {"low", "high"}
    return [name for name in table if name not in folded]


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """A table with its index, if it has one of its own, as the first column."""
    own = table.index.name is not None or not isinstance(table.index, pd.RangeIndex)
    return table.rename_axis(table.index.name or "row").reset_index() if own else table


def sides(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """To which side each column is aligned: numbers right, words left."""
    return ["right" if table[name].dtype.kind in "iuf" else "left" for name in names]


def cells(table: pd.DataFrame, name: str) -> list[str]:
    """A column's cells as text: a value, its standard deviation behind ±, its interval in brackets; – for nothing.

    Numbers have three decimals; whole ones from 2 on have none, seeds never; columns of tiny ones, such as learning
    rates, have powers of ten.
    """
    values = table[name]
    if re.fullmatch("p(_equal|_[VAD])?", name):
        return ["–" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.3f}" for p in values]
    if values.dtype.kind == "b":
        return ["yes" if value else "no" for value in values]
    if values.dtype.kind in "iu":
        return [f"{value:,}" for value in values]
    if name.startswith("seeds"):
        return ["–" if pd.isna(value) else f"{value:.0f}" for value in values]
    if values.dtype.kind != "f":
        return ["–" if pd.isna(value) else _word(value, name) for value in values]
    tiny = name == "learning_rate" or 0 < values.abs().max() < 0.0005
    form = ".0e" if tiny else "+.3f" if name == "difference" else ".3f"
    low, high = ("low", "high") if name == "difference" else (f"{name}_low", f"{name}_high")
    around = [f" ± {sd:.3f}" if pd.notna(sd) else "" for sd in table.get(f"{name}_sd", [None] * len(table))]
    if low in table:
        ends = zip(table[low], table[high], strict=True)
        intervals = [f" ({_number(a, form)} to {_number(b, form)})" if pd.notna(a) else "" for a, b in ends]
        around = [f"{sd}{interval}" for sd, interval in zip(around, intervals, strict=True)]
    return ["–" if pd.isna(value) else _number(value, form) + more for value, more in zip(values, around, strict=True)]


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """A table to be looked at: text under headings; a table without an index of its own has its first column as one."""
    named = flat(table)
    text = pd.DataFrame({heading(str(name)): cells(named, name) for name in columns(named)})
    return text.set_index(text.columns[0]) if len(text.columns) else text


def _number(value, form):
    whole = form != ".0e" and abs(value) >= 2 and value == round(value)
    return f"{value:,.0f}" if whole else f"{round(value, 3) + 0.0 if 'f' in form else value:{form}}"


def _word(value, name):
    if name in NAMES:
        return WORDS.get(value) or heading(str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
