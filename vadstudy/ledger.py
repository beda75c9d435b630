"""The claims ledger: what the recorded runs say to each of the paper's claims, and to our own questions.

The rules stand here, in code. Their first form was written before the runs of more than one seed were trained. Later,
when numbers were known, came: that a row without chance needs no seeds (it turned the bag of words on GoEmotions from
inconclusive to not supported); the comparisons of the two transfers with words of the same comments, which first read
whole reviews and then only as much as the regressor does; that trainings are paired, that a pair's scores are its
family, and that the paper's claims are tested in its own terms, apart from ours. The comparisons over assignments were
written before an assignment was scored. A verdict is

- *supported*, if every comparison that the claim makes came out as it says,
- *not supported*, if one came out otherwise: the opposite was found, or, where a difference is claimed, equality, or,
  where equality is claimed, a difference,
- *inconclusive*, if the comparisons do not decide, or a row whose training has chance in it has fewer than two
  seeds, so that nothing is known of it,
- *not testable here*, if what the claim speaks of was not run.

A pair's comparisons are corrected together, by Holm, here as in every other table.
"""

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

from vadstudy import assignments, claims, comparisons, mappers, measures, tables, transfer
from vadstudy.comparisons import Row

MIN_SEEDS = 2
#: Comparisons whose rows are one run each, of the flagship: the minimum of seeds does not hold for them.
ONE_RUN = ("imdb", "emotion")
#: Rows in which nothing is left to chance: they have no seeds to count.
CERTAIN = ("bag of words",)
#: The scores of each comparison: all of them are a pair's family, also where a claim speaks of one.
SCORES = {
    "losses": ("test_loss", "ratio", "r2_V", "r2_A", "r2_D"),
    "confusion": ("rho",),
}
MARGINS = {**comparisons.MARGINS, "ratio": 0.01, "rho": 0.1}


class Evidence:
    """All comparisons that the ledger rests on, made once; ``lines`` are :meth:`judged` by the ledger's margins."""

    def __init__(self, store):
        labels = store["nrc-mae"].labels("test")
        rows = {**tables.classifier_predictions(store), **tables.mapper_predictions(store)}
        rows["bag of words"] = Row([tables.most_probable(store["labels-words"])])
        distances = squareform(pdist(mappers.nrc().points))
        near = {name: rows[name] for name in ("scaled-mae, 1NN", claims.SOFTMAX)}
        self.compared = {
            "labels": comparisons.compare(rows, labels),
            "confusion": comparisons.compare(
                near, labels, lambda p, y: measures.confusion_by_distance(p, y, distances)
            ),
            "losses": tables.losses(store, ["nrc-mae", "scaled-mae"]),
            "imdb": transfer.sentiment_compared(store),
            "emotion": transfer.six_compared(store),
        }
        self.assigned = assignments.scores(store)
        self.lines = self.judged(MARGINS)

    def judged(self, margins):
        """One line a claim, pair and score, with what it ``expected``: first less second, by these margins of equality.

        The columns are those of :meth:`vadstudy.comparisons.Comparison.differences`, ``key``, ``expected``, ``on`` and
        ``seeds``, the fewer of the two rows'.
        """
        says = [(claim.key, says) for claim in claims.CLAIMS for says in claim.says]
        return pd.concat([self._lines(key, each, margins) for key, each in says], ignore_index=True)

    def _lines(self, key, says, margins):
        if says.on == "assignments":
            meaning = assignments.meaning(self.assigned, margins)
            table = meaning[(meaning["first"] == says.first) & (meaning["second"] == says.second)]
            seeds = MIN_SEEDS
        else:
            compared = _with_number(self.compared[says.on], says.second)
            scores = SCORES.get(says.on, claims.BOTH)
            table = compared.differences([(says.first, says.second)], scores, margins)
            chance = [row for row in (says.first, says.second) if isinstance(row, str) and row not in CERTAIN]
            seeds = min(len(next(iter(compared.values[row].values()))) for row in chance)
        table = table[table["score"].isin(says.scores)]
        return table.assign(key=key, expected=says.expected, on=says.on, seeds=seeds)


def _with_number(compared, number):
    """A comparison with one row more, where ``number`` is one: it has that value in every score and resample."""
    if isinstance(number, str):
        return compared
    scores = next(iter(compared.draws.values()))
    values = {**compared.values, number: {score: np.array([number]) for score in scores}}
    draws = {**compared.draws, number: {score: np.full(len(each), number) for score, each in scores.items()}}
    return comparisons.Comparison(values, draws, compared.alone)


def judge(evidence, key):
    """Verdict and evidence of one claim, as a line of the ledger; a ``ValueError`` lists the known keys."""
    claim = next((claim for claim in claims.CLAIMS if claim.key == key), None)
    if claim is None:
        raise ValueError(f"unknown claim {key!r}; expected one of {', '.join(each.key for each in claims.CLAIMS)}")
    line = {
        "claim": claim.key,
        "asked_by": claim.asked_by,
        "section": claim.section,
        "sentence": claim.sentence,
        "rows": "",
        "statistic": "",
    }
    if not claim.says:
        return line | {"verdict": "not testable here", "evidence": claims.UNTESTED[key], "limits": claim.note}
    lines = evidence.lines[evidence.lines["key"] == key]
    rows = dict.fromkeys(map(str, [*lines["first"], *lines["second"]]))
    line |= {"rows": "; ".join(rows), "statistic": "; ".join(dict.fromkeys(NAMES.get(s, s) for s in lines["score"]))}
    return line | {
        "verdict": verdict(lines),
        "evidence": "; ".join(map(sentence, lines.itertuples())),
        "limits": claim.note,
    }


#: Words for what is compared, in sentences.
NAMES = comparisons.WORDS | {
    "test_loss": "loss",
    "ratio": "loss / constant's loss",
    "rho": "correlation of confusion with distance (below 0: near labels are confused)",
    "r2_V": "R² of valence",
    "r2_A": "R² of arousal",
    "r2_D": "R² of dominance",
}


def verdict(lines):
    """The verdict that the rule at the top of this module gives to a claim's comparisons."""
    came_out = [_came_out(line) for line in lines.itertuples()]
    if "no" in came_out:
        return "not supported"
    return "supported" if set(came_out) == {"yes"} else "inconclusive"


def _came_out(line):
    if line.seeds < MIN_SEEDS and line.on not in ONE_RUN:
        return "unknown"
    if line.verdict == line.expected:
        return "yes"
    return "unknown" if line.verdict == "no difference found" else "no"


def sentence(line):
    """One comparison in words, with its interval."""
    name = NAMES.get(line.score, line.score)
    few = f", {line.seeds} seed" if line.seeds < MIN_SEEDS and line.on not in ONE_RUN else ""
    return (
        f"{name} of {line.first} less {line.second}: {line.difference:+.3f} "
        f"({line.low:+.3f} to {line.high:+.3f}{few}): {line.verdict}"
    )


def ledger(evidence):
    """Every claim's line: claim, asked_by, section, sentence, rows, statistic, verdict, evidence, limits."""
    return pd.DataFrame([judge(evidence, claim.key) for claim in claims.CLAIMS]).set_index("claim")


def counted(table):
    """How many claims have which verdict, in words, the paper's and our own apart.

    Returns
    -------
    dict
        ``paper`` and ``us``: such as "3 supported, 1 inconclusive".
    """
    order = ("supported", "not supported", "inconclusive", "not testable here")
    return {
        asked_by: ", ".join(f"{n} {verdict}" for verdict in order if (n := (lines["verdict"] == verdict).sum()))
        for asked_by, lines in table.groupby("asked_by")
    }


def save(table, store):
    """Write the ledger as ``reports/claims.csv``, and without its longer columns as the table ``08_claims``."""
    table.to_csv(store.output("reports") / "claims.csv")
    short = table[["asked_by", "section", "sentence", "verdict", "evidence"]]
    tables.save(short, "08_claims", store, "The claims ledger.")
    return table
