"""The claims ledger: what the recorded runs say to each claim (:mod:`vadstudy.asked`). A verdict is

- *supported*, if every comparison that the claim makes came out as it says,
- *not supported*, if one came out otherwise: the opposite was found, or, where a difference is claimed, equality, or,
  where equality is claimed, a difference,
- *inconclusive*, if the comparisons do not decide, or a row whose training has chance in it has fewer than two
  seeds, so that nothing is known of it,
- *not testable here*, if what the claim speaks of was not run.

A pair's comparisons are corrected together, by Holm, here as in every other table.

Each encoder has its column. The second one's rows (:mod:`vadstudy.scale`) are judged by the same rules; of it not all
that the study has is trained, and a claim of which it has no comparison is *not recorded*.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from vadstudy import (
    bootstrap,
    carried,
    confounds,
    dimensions,
    people,
    related,
    scale,
    significance,
    tables,
    transfer,
    unseen,
)
from vadstudy.asked import BOTH, CLAIMS, UNTESTED
from vadstudy.bootstrap import Row
from vadstudy.disk import files
from vadstudy.runs import RunStore

MIN_SEEDS = 2
#: Comparisons for which the minimum of seeds does not hold: one run each, of the flagship, or emotions as the unit.
NOT_BY_SEED = ("imdb", "emotion", "unseen")
#: Rows in which nothing is left to chance: they have no seeds to count.
CERTAIN = ("bag of words", "writers")
#: The scores of each comparison: all of them are a pair's family, also where a claim speaks of one.
FAMILIES = {
    "losses": ("test_loss", "ratio", "r2_V", "r2_A", "r2_D"),
    "confusion": ("rho",),
    "emobank": carried.CORRELATIONS,
    "readers": carried.CORRELATIONS,
    "reviews": carried.SEPARATION,
    "unseen": ("among", "harmonic"),
    "related vad": carried.CORRELATIONS,
    "sets": related.COMPARED,
}
MARGINS = {**related.MARGINS, **unseen.MARGINS, "ratio": 0.01, "rho": 0.1}
NOT_RECORDED = "not recorded"


def comparisons(store: RunStore) -> dict[str, Any]:
    """All comparisons that the ledger rests on, by what a claim's is ``on`` (:class:`vadstudy.asked.Says`)."""
    labels = store["nrc-mae"].labels("test")
    rows = {**tables.classifier_predictions(store), **tables.mapper_predictions(store)}
    rows |= carried.three_numbers(store)
    rows["bag of words"] = Row([tables.most_probable(store["labels-words"])])
    near = {name: rows[name] for name in scale.NEAR}
    emobank, reviews, tweets = (of(store) for of in (carried.vad_rows, carried.sentiment_rows, carried.six_rows))
    return {
        "labels": bootstrap.compare(rows, labels),
        "confusion": bootstrap.compare(near, labels, tables.confusion),
        "losses": tables.losses(store, ["nrc-mae", "scaled-mae"]),
        "imdb": transfer.sentiment_compared(store),
        "emotion": transfer.six_compared(store),
        "emobank": carried.vad_compared(store, {name: emobank[name] for name in (scale.READ_OFF, *scale.READ)}),
        "readers": people.beside_writers(store, {scale.READ_OFF: emobank[scale.READ_OFF]}),
        "reviews": carried.sentiment_compared(store, reviews),
        "tweets": carried.six_compared(store, tweets),
        "unseen": unseen.compared(store, unseen.rows(store)),
        "dimensions": tables.compare(store, dimensions.rows(store, ("learned-3", "scaled-distance", "nrc-distance"))),
        "related": bootstrap.compare(related.rows(store), labels),
        "related vad": carried.vad_compared(store, related.vad_rows(store)),
        "sets": related.sets_compared(store, related.set_rows(store)),
        "assignments": confounds.assignment_scores(store),
    }


class Evidence:
    """Comparisons of one encoder's rows, made once; ``lines`` are :meth:`judged` by the ledger's margins.

    Parameters
    ----------
    of : RunStore or mapping
        The store whose :func:`comparisons` these are, with the other encoder's evidence beside them as ``second``, None
        if nothing of it is recorded; or some such comparisons that are there already.
    """

    def __init__(self, of: RunStore | Mapping[str, Any]):
        self.second: Evidence | None = None
        #: Whether a row that is not there is still to come, by the plan.
        self.planned = isinstance(of, RunStore)
        if isinstance(of, RunStore):
            self.second = _second(of)
            of = comparisons(of)
        self.compared = of
        self.lines = self.judged(MARGINS)

    def judged(self, margins: Mapping[str, float]) -> pd.DataFrame:
        """One line a claim, pair and score, with what it ``expected``: first less second, by these margins of equality.

        The columns are those of :meth:`vadstudy.bootstrap.Comparison.differences`, ``key``, ``expected``, ``on`` and
        ``seeds``, the fewer of the two rows'; none, where a row or the comparison is not recorded.
        """
        says = [(claim.key, says) for claim in CLAIMS for says in claim.says]
        return pd.concat([self._lines(key, each, margins) for key, each in says], ignore_index=True)

    def _lines(self, key, says, margins):
        if says.on not in self.compared:
            return _not_recorded(key, says)
        if says.on == "assignments":
            meaning = confounds.meaning(self.compared[says.on], margins)
            table = meaning[(meaning["first"] == says.first) & (meaning["second"] == says.second)]
            seeds = MIN_SEEDS
        else:
            compared = _with_number(self.compared[says.on], says.second)
            if left := [row for row in (says.first, says.second) if row not in compared.values]:
                return _not_recorded(key, says, left if self.planned else ())
            scores = FAMILIES.get(says.on, BOTH)
            table = compared.differences([(says.first, says.second)], scores, margins)
            chance = [row for row in (says.first, says.second) if isinstance(row, str) and row not in CERTAIN]
            seeds = min(len(next(iter(compared.values[row].values()))) for row in chance)
        table = table[table["score"].isin(says.scores)]
        return table.assign(key=key, expected=says.expected, on=says.on, seeds=seeds)


def _second(store):
    """The evidence of the second encoder, if it is another than the store's and has rows that are recorded."""
    other = scale.second(store)
    found = {} if other is store else scale.comparisons(other, store)
    return Evidence(found) if found else None


def _not_recorded(key, says, left=()):
    """Lines of a comparison that is not recorded, or of which rows are ``left`` to be: they decide nothing."""
    line = {"key": key, "first": says.first, "second": says.second, "expected": says.expected, "on": says.on}
    line |= dict.fromkeys(("difference", "low", "high", "p", "p_equal"), np.nan)
    line |= {"seeds": 0, "verdict": f"{' and '.join(left)} not recorded yet" if left else NOT_RECORDED}
    return pd.DataFrame([line | {"score": score} for score in says.scores])


def _with_number(compared, number):
    """A comparison with one row more, where ``number`` is one: it has that value in every score and resample."""
    if isinstance(number, str):
        return compared
    scores = next(iter(compared.draws.values()))
    values = {**compared.values, number: {score: np.array([number]) for score in scores}}
    draws = {**compared.draws, number: {score: np.full(len(each), number) for score, each in scores.items()}}
    return bootstrap.Comparison(values, lambda stratified: draws if stratified else compared.alone)


def judge(evidence: Evidence, key: str) -> dict[str, str]:
    """Verdict and evidence of one claim, as a line of the ledger; a ``ValueError`` lists the known keys.

    ``verdict_base`` and ``evidence_base`` are those of the second encoder, where anything of it is recorded.
    """
    claim = next((claim for claim in CLAIMS if claim.key == key), None)
    if claim is None:
        raise ValueError(f"unknown claim {key!r}; expected one of {', '.join(each.key for each in CLAIMS)}")
    rows = dict.fromkeys(map(_row, [*(says.first for says in claim.says), *(says.second for says in claim.says)]))
    scores = dict.fromkeys(STATISTICS.get(score, score) for says in claim.says for score in says.scores)
    line = {
        "claim": claim.key,
        "asked_by": claim.asked_by,
        "section": claim.section,
        "sentence": claim.sentence,
        "rows": "; ".join(rows),
        "statistic": "; ".join(scores),
        **_said(evidence, key),
    }
    if evidence.second:
        line |= {f"{column}_base": said for column, said in _said(evidence.second, key).items()}
    return line | {"limits": claim.note}


def _said(evidence, key):
    """What one encoder's comparisons say to a claim: the verdict, and each of them in words."""
    if key in UNTESTED:
        return {"verdict": "not testable here", "evidence": UNTESTED[key]}
    lines = evidence.lines[evidence.lines["key"] == key]
    said = verdict(lines)
    return {"verdict": said, "evidence": "" if said == NOT_RECORDED else "; ".join(map(sentence, lines.itertuples()))}


#: Words for what is compared, in sentences.
STATISTICS = significance.WORDS | {
    "test_loss": "loss",
    "ratio": "loss / constant's loss",
    "rho": "correlation of confusion with distance (below 0: near labels are confused)",
    "r2_V": "R² of valence",
    "r2_A": "R² of arousal",
    "r2_D": "R² of dominance",
}


def verdict(lines: pd.DataFrame) -> str:
    """The verdict that the rule at the top of this module gives to a claim's comparisons."""
    came_out = [_came_out(line) for line in lines.itertuples()]
    if "no" in came_out:
        return "not supported"
    if set(came_out) == {"yes"}:
        return "supported"
    return NOT_RECORDED if set(lines["verdict"]) == {NOT_RECORDED} else "inconclusive"


def _came_out(line):
    if line.seeds < MIN_SEEDS and line.on not in NOT_BY_SEED:
        return "unknown"
    return significance.came_out(line.verdict, line.expected) if line.seeds else "unknown"


def sentence(line: Any) -> str:
    """One comparison in words, with its interval."""
    name = STATISTICS.get(line.score, line.score)
    if not line.seeds:
        return f"{name} of {line.first} less {_row(line.second)}: {line.verdict}"
    few = f", {line.seeds} seed" if line.seeds < MIN_SEEDS and line.on not in NOT_BY_SEED else ""
    return (
        f"{name} of {line.first} less {_row(line.second)}: {line.difference:+.3f} "
        f"({line.low:+.3f} to {line.high:+.3f}{few}): {line.verdict}"
    )


def _row(named):
    """A row's name, or the number in its place."""
    return named if isinstance(named, str) else f"{named:.3g}"


def ledger(evidence: Evidence) -> pd.DataFrame:
    """Every claim's line: claim, asked_by, section, sentence, rows, statistic, verdict, evidence, those of the second
    encoder (``verdict_base``, ``evidence_base``) where it has recorded runs, limits."""
    return pd.DataFrame([judge(evidence, claim.key) for claim in CLAIMS]).set_index("claim")


def counted(table: pd.DataFrame) -> dict[str, str]:
    """How many claims have which verdict, in words, the paper's, our own and the related systems' apart.

    Returns
    -------
    dict
        ``paper``, ``us`` and ``related``: such as "3 supported, 1 inconclusive".
    """
    order = ("supported", "not supported", "inconclusive", "not testable here")
    return {
        asked_by: ", ".join(f"{n} {verdict}" for verdict in order if (n := (lines["verdict"] == verdict).sum()))
        for asked_by, lines in table.groupby("asked_by")
    }


def save(table: pd.DataFrame, store: RunStore) -> pd.DataFrame:
    """Write the ledger as ``reports/claims.csv``, and without its longer columns as the table ``13_claims``."""
    path = store.output("reports") / "claims.csv"
    files.write(path, table.to_csv(lineterminator="\n").encode())
    store.wrote(path)
    shown = ("asked_by", "section", "sentence", "verdict", "evidence", "verdict_base", "evidence_base")
    short = table.filter(shown)
    tables.save(short, "13_claims", store, "The claims ledger.")
    return table
