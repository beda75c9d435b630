"""What is said of a difference: found, equal or neither, after Holm's correction, and in which words.

A line is one of :meth:`vadstudy.bootstrap.Comparison.differences`: a pair of rows, a score, the difference with its
interval, the p of the difference, and the greater p of two one-sided tests of equivalence.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from vadstudy.emotions import DIMENSIONS

#: A difference, or equality, is found if its corrected p is below it.
ALPHA = 0.05
#: Differences within these margins count as none (two one-sided tests).
MARGINS = {"accuracy": 0.01, "macro_f1": 0.02, "included": 0.01}
SCORES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
#: How sentences name these and other scores; ``included`` is how often the label is among the three nearest.
WORDS = (
    SCORES
    | {"included": "top-3 accuracy", "auc": "AUC", "micro_f1": "micro-F1"}
    | {"among": "accuracy among the unseen", "harmonic": "harmonic mean of seen and unseen"}
    | {
        f"{how}_{letter}": f"{name} of {dimension}"
        for how, name in (("pearson", "Pearson's r"), ("spearman", "Spearman's r"))
        for letter, dimension in zip("VAD", DIMENSIONS, strict=True)
    }
)


def corrected(table: pd.DataFrame) -> pd.DataFrame:
    """Lines with p and p_equal corrected by Holm within each pair, and the verdict that they give."""
    table = table.copy()
    for _, lines in table.groupby(["first", "second"], sort=False):
        for column in ("p", "p_equal"):
            tested = lines.index[lines[column].notna()]
            if len(tested):
                table.loc[tested, column] = holm(table.loc[tested, column].to_numpy())
    table["verdict"] = [
        direction(*line) for line in zip(table["difference"], table["p"], table["p_equal"], strict=True)
    ]
    return table


def holm(p: np.ndarray) -> np.ndarray:
    """p values (n,) corrected by Holm's (1979) step-down: the k-th smallest times n - k + 1, and no less than those
    before it."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def direction(difference: float, p: float, p_equal: float, alpha: float = ALPHA) -> str:
    """What a line says: "higher", "lower", "equal" or "no difference found".

    A difference that is found *and* lies within the margin is still named by its direction; its interval tells its
    size.
    """
    if p < alpha:
        return "higher" if difference > 0 else "lower"
    return "equal" if p_equal < alpha else "no difference found"


#: What a verdict is, by what was expected of the difference: the verdicts that say yes, and those that say no.
EXPECTED = {
    "higher": (("higher",), ("lower", "equal")),
    "lower": (("lower",), ("higher", "equal")),
    "equal": (("equal",), ("higher", "lower")),
    "equal or higher": (("equal", "higher"), ("lower",)),
    "not lower": (("equal", "higher", "no difference found"), ("lower",)),
}


def came_out(verdict: str, expected: str) -> str:
    """Whether a line's verdict is what was expected (a key of :data:`EXPECTED`): "yes", "no" or "unknown"."""
    yes, no = EXPECTED[expected]
    return "yes" if verdict in yes else "no" if verdict in no else "unknown"


def overruled(line: Any) -> bool:
    """Whether no difference was found though the interval is without 0: the p is corrected, or another test's than the
    interval's, and decides."""
    return line.verdict == "no difference found" and not line.low <= 0 <= line.high


def finding(line: Any, margins: Mapping[str, float] = MARGINS) -> str:
    """A line in words: "accuracy higher by 0.034 (95 % interval +0.021 to +0.047)"; ``margins`` are those that it was
    judged by."""
    name, interval = WORDS.get(line.score, line.score), f"95 % interval {line.low:+.3f} to {line.high:+.3f}"
    if line.verdict in ("higher", "lower"):
        return f"{name} {line.verdict} by {abs(line.difference):.3f} ({interval})"
    if line.verdict == "equal":
        return f"{name} equal within {margins[line.score]:g} ({interval})"
    but = f"p {line.p:.2g}; " if overruled(line) else ""
    return f"{name}: no difference found ({but}{interval})"


def findings(differences: pd.DataFrame, margins: Mapping[str, float] = MARGINS) -> str:
    """The lines as a Markdown list, a sentence a pair."""
    said = [
        f"- **{first}** against **{second}**: {'; '.join(finding(line, margins) for line in lines.itertuples())}."
        for (first, second), lines in differences.groupby(["first", "second"], sort=False)
    ]
    return "\n".join(said)
