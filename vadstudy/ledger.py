"""The claims ledger: what the recorded runs say to each of the paper's claims.

The rules stand here, in code, and were written before the runs of more than one seed were trained. Two things came
later, when numbers were known: that a row without chance needs no seeds (it turned the bag of words on GoEmotions
from inconclusive to not supported), and the comparisons of the two transfers with words of the same comments, which
first read whole reviews (and were ahead of the regressor) and then only as much as it reads. A verdict is

- *supported*, if every comparison that the claim makes came out as it says,
- *not supported*, if one came out otherwise: the opposite was found, or, where a difference is claimed, equality, or,
  where equality is claimed, a difference,
- *inconclusive*, if the comparisons do not decide, or a row whose training has chance in it has fewer than two
  seeds, so that nothing is known of it,
- *not testable here*, if what the claim speaks of was not run.

All comparisons of the ledger are corrected together, by Holm.
"""

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

from vadstudy import claims, comparisons, fair, mappers, measures, tables, transfer

MIN_SEEDS = 2
#: Comparisons whose rows are one run each, of the flagship: the minimum of seeds does not hold for them.
ONE_RUN = ("imdb", "emotion")
#: Rows in which nothing is left to chance: they have no seeds to count.
CERTAIN = ("0", "0.6", "bag of words")


class Evidence:
    """All comparisons that the ledger rests on, made once."""

    def __init__(self, store):
        self.store, labels = store, store["nrc-mae"].labels("test")
        rows = {**tables.classifier_predictions(store), **tables.mapper_predictions(store),
                **{f"{name}, 1NN": found for name, found in fair.crossing_rows(store).items()}}  # fmt: skip
        rows["bag of words"] = [tables.most_probable(store["labels-words"])]
        distances = squareform(pdist(mappers.nrc().points))
        names = ("scaled-mae", "scaled-shuffled-mae")
        reviews, texts = store["sentiment-points"].labels("test"), store["six-points-svm"].labels("test")
        self.compared = {
            "labels": comparisons.compare(rows, labels),
            "top3": comparisons.compare({name: [fair.top3(run) for run in store.all(name)] for name in names}, labels,
                                        measures.inclusion),
            "confusion": comparisons.compare({name: rows[name] for name in ("scaled-mae, 1NN", claims.BASE)}, labels,
                                             lambda p, y: measures.confusion_by_distance(p, y, distances)),
            "losses": _with_constants(tables.losses(store, ["nrc-mae", "scaled-mae"])),
            "imdb": transfer.compared(transfer.sentiment_predictions(store)[0], reviews),
            "emotion": transfer.compared(transfer.six_predictions(store)[0], texts),
        }  # fmt: skip
        self.lines = self._lines()

    def _lines(self):
        lines = []
        margins = {**comparisons.MARGINS, "included": 0.01, "ratio": 0.01, "rho": 0.1}
        for claim in claims.CLAIMS:
            for says in claim.says:
                compared = self.compared[says.on]
                found = compared.differences([(says.first, says.second)], says.scores, margins, holm=False)
                few = min(len(next(iter(compared.values[row].values()))) for row in (says.first, says.second)
                          if row not in CERTAIN)  # fmt: skip
                lines += [{"key": claim.key, "expected": says.expected, "on": says.on, "seeds": few, **line}
                          for line in found.to_dict("records")]  # fmt: skip
        return comparisons.corrected(pd.DataFrame(lines))


def _with_constants(compared):
    """A comparison of losses with two rows more, "0" and "0.6", that have those values in every score and resample."""
    n = len(next(iter(next(iter(compared.draws.values())).values())))
    scores = next(iter(compared.values.values()))
    for name in ("0", "0.6"):
        compared.values[name] = {score: np.array([float(name)]) for score in scores}
        compared.draws[name] = {score: np.full(n, float(name)) for score in scores}
    return compared


def judge(evidence, key):
    """Verdict and evidence of one claim, as a line of the ledger; a ``ValueError`` lists the known keys."""
    claim = next((claim for claim in claims.CLAIMS if claim.key == key), None)
    if claim is None:
        raise ValueError(f"unknown claim {key!r}; expected one of {', '.join(each.key for each in claims.CLAIMS)}")
    line = {"claim": claim.key, "section": claim.section, "sentence": claim.sentence, "rows": "", "statistic": ""}
    if not claim.says:
        return line | {"verdict": "not testable here", "evidence": claims.UNTESTED[key], "limits": claim.note}
    lines = evidence.lines[evidence.lines["key"] == key]
    rows = dict.fromkeys([*lines["first"], *lines["second"]])
    line |= {"rows": "; ".join(rows), "statistic": "; ".join(dict.fromkeys(NAMES.get(s, s) for s in lines["score"]))}
    return line | {
        "verdict": verdict(lines),
        "evidence": "; ".join(map(sentence, lines.itertuples())),
        "limits": claim.note,
    }


#: Words for what is compared, in sentences.
NAMES = {**comparisons.NAMES, "ratio": "loss / constant's loss", "included": "top-3 accuracy",
         "rho": "correlation of confusion with distance (below 0: near labels are confused)",
         "r2_V": "R² of valence", "r2_A": "R² of arousal", "r2_D": "R² of dominance"}  # fmt: skip


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
    return (f"{name} of {line.first} less {line.second}: {line.difference:+.3f} "
            f"({line.low:+.3f} to {line.high:+.3f}{few}): {line.verdict}")  # fmt: skip


def ledger(evidence):
    """Every claim's line: claim, section, sentence, rows, statistic, verdict, evidence, limits."""
    return pd.DataFrame([judge(evidence, claim.key) for claim in claims.CLAIMS]).set_index("claim")


def save(table, store):
    """Write the ledger as ``reports/claims.csv``, and without its longer columns as the table ``08_claims``."""
    table.to_csv(store.output("reports") / "claims.csv")
    tables.save(table[["section", "sentence", "verdict", "evidence"]], "08_claims", store, "The claims ledger.")
    return table
