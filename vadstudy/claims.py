"""The claims ledger: each of the paper's claims as one sentence that a recorded run can contradict, and its verdict.

The rules stand here, in code, and were written before the runs of more than one seed were trained. A verdict is

- *supported*, if every comparison that the claim makes came out as it says,
- *not supported*, if one came out otherwise: the opposite was found, or, where a difference is claimed, none larger than
  the margin, or, where equality is claimed, a difference larger than zero,
- *inconclusive*, if the comparisons do not decide, or a row has fewer than two seeds, so that nothing is known of chance,
- *not testable here*, if what the claim speaks of was not run.

All comparisons of the ledger are corrected together, by Holm.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

from vadstudy import comparisons, fair, mappers, metrics, tables, transfer

MIN_SEEDS = 2
BOTH = ("accuracy", "macro_f1")


@dataclass(frozen=True)
class Says:
    """One comparison that a claim makes: ``first`` is ``expected`` ("higher", "lower", "equal") than ``second``.

    ``on`` names the comparison that has the rows: labels (GoEmotions' test labels), losses, top3, confusion, imdb, emotion.
    """

    first: str
    second: str
    expected: str
    scores: tuple = BOTH
    on: str = "labels"


@dataclass(frozen=True)
class Claim:
    """A claim of the paper: ``key``, where it stands, one testable sentence, and the comparisons that test it.

    ``note`` is what limits the verdict. Without comparisons the claim is not testable here, and ``note`` says why.
    """

    key: str
    section: str
    sentence: str
    says: tuple = ()
    note: str = ""


VAD, BASE = "scaled-mae, SVM", "softmax, argmax"
CLAIMS = (
    Claim("comparable", "Table 2, abstract", "A regressor to VAD with a small classifier is as good as a direct classifier.",
          (Says(VAD, BASE, "equal"),), "The baseline is a softmax with equal tuning, not a sigmoid at threshold 0.3."),
    Claim("better-accuracy", "Table 2", "The way through VAD has the better accuracy.", (Says(VAD, BASE, "higher", ("accuracy",)),)),
    Claim("worse-macro-f1", "Table 2", "The way through VAD has the worse macro-F1.", (Says(VAD, BASE, "lower", ("macro_f1",)),)),
    Claim("scaling-helps", "Tables 2 and 3", "Scaling VAD by quantiles helps classification.",
          tuple(Says(f"scaled-mae, {by}", f"nrc-mae, {by}", "higher") for by in ("1NN", "SVM"))),
    Claim("raw-regresses-better", "Table 1", "Raw VAD is the easier regression than scaled VAD.",
          (Says("nrc-mae", "scaled-mae", "lower", ("ratio",), "losses"),),
          "Compared as shares of the best constant's loss: the losses themselves have different scales."),
    Claim("svm-beats-1nn", "Tables 2 and 3", "The SVM beats the nearest neighbour.",
          tuple(Says(f"{name}-mae, SVM", f"{name}-mae, 1NN", "higher") for name in ("nrc", "scaled"))),
    Claim("mae-beats-mse", "Tables 1 and 2", "MAE is the better loss than MSE for classifying.",
          (Says("nrc-mae, 1NN", "nrc-mse, 1NN", "higher"),), "At one learning rate; the paper's rates differ by a factor of 100."),
    Claim("ce-trades", "Table 2, equation 1", "MAE+CE raises accuracy and lowers macro-F1.",
          (Says("nrc-mae-ce, 1NN", "nrc-mae, 1NN", "higher", ("accuracy",)),
           Says("nrc-mae-ce, 1NN", "nrc-mae, 1NN", "lower", ("macro_f1",))), "At the paper's temperature of 1."),
    Claim("arbitrary-as-good", "Table 3", "Evenly spread points without meaning serve as well as VAD.",
          tuple(Says(f"spread-mae, {by}", f"scaled-mae, {by}", "equal") for by in ("1NN", "SVM"))),
    Claim("structure-unused", "Table 3, discussion", "The model makes no use of VAD's structure.",
          (Says("scaled-mae, 1NN", "scaled-shuffled-mae, 1NN", "equal"),
           Says("scaled-mae", "scaled-shuffled-mae", "equal", ("included",), "top3"),
           Says("scaled-mae, 1NN", "softmax, argmax", "equal", ("rho",), "confusion")),
          "Against the same points with shuffled labels, in accuracy, macro-F1 and top-3 accuracy; and whether its confusions follow "
          "the distances in VAD more than those of a softmax that knows no VAD."),
    Claim("respectable", "Table 1", "The regressor explains part of each dimension, and its MAE is below 0.6 of the constant's.",
          (Says("scaled-mae", "0.6", "lower", ("ratio",), "losses"),
           *(Says("scaled-mae", "0", "higher", (f"r2_{d}",), "losses") for d in "VAD")),
          "0.6 was set beforehand; the paper's own losses are 0.55 to 0.57 of the constants here."),
    Claim("imdb", "section 5", "Valence transfers to IMDB: it tells more than the mean valence of a review's words.",
          (Says("regressor, threshold from train", "lexicon mean, threshold from train", "higher", ("accuracy",), "imdb"),),
          "One run, the flagship's; its interval holds the test reviews only."),
    Claim("emotion", "section 5", "VAD transfers to Emotion: it tells more than the largest class and than the lexicon's mean.",
          tuple(Says("regressor and SVM", other, "higher", ("accuracy",), "emotion")
                for other in ("majority class", "lexicon mean and SVM")),
          "One run, the flagship's; its interval holds the test texts only."),
    Claim("bag-of-words", "not in the paper", "A bag of words would do as well on GoEmotions.",
          (Says("bag of words", VAD, "equal"),)),
    Claim("other-encoders", "Tables 1 to 3", "The numbers of the paper are those of BERT-base-cased."),
    Claim("compact", "title, conclusion", "Three dimensions are all that is needed, whatever the labels."),
)  # fmt: skip
UNTESTED = {
    "other-encoders": "BERT-base-cased was not trained here; the profile `paper` does it, on a GPU.",
    "compact": "One set of labels and three dimensions were run; other numbers of dimensions and label sets were not.",
}
#: Comparisons whose rows are one run each, of the flagship: the minimum of seeds does not hold for them.
ONE_RUN = ("imdb", "emotion")


class Evidence:
    """All comparisons that the ledger rests on, each made when it is first asked for.

    ``missing`` rows (not recorded yet) make the claims that need them inconclusive.
    """

    def __init__(self, store):
        self.store, labels = store, store["nrc-mae"].labels("test")
        rows = {**tables.classifier_predictions(store), **tables.mapper_predictions(store),
                **{f"{name}, 1NN": found for name, found in fair.crossing_rows(store).items()}}  # fmt: skip
        for name in fair.recorded(store, ["labels-words"]):
            rows["bag of words"] = [tables.most_probable(run) for run in store.all(name)]
        distances = squareform(pdist(mappers.nrc().points))
        names = fair.recorded(store, ("scaled-mae", "scaled-shuffled-mae"))
        reviews, texts = store["sentiment-points"].labels("test"), store["six-points-svm"].labels("test")
        self.compared = {
            "labels": comparisons.compare(rows, labels),
            "top3": comparisons.compare({name: [fair.top3(run) for run in store.all(name)] for name in names}, labels,
                                        comparisons.inclusion),
            "confusion": comparisons.compare({name: rows[name] for name in ("scaled-mae, 1NN", BASE)}, labels,
                                             lambda p, y: comparisons.confusion_by_distance(p, y, distances)),
            "losses": _with_constants(tables.losses(store, ["nrc-mae", "scaled-mae"])),
            "imdb": transfer.compared(transfer.sentiment_predictions(store)[0], reviews),
            "emotion": transfer.compared(transfer.six_predictions(store)[0], texts),
        }  # fmt: skip
        self.lines = self._lines()

    def _lines(self):
        lines = []
        margins = {**comparisons.MARGINS, "included": 0.01, "ratio": 0.01, "rho": 0.1}
        for claim in CLAIMS:
            for says in claim.says:
                compared = self.compared[says.on]
                if {says.first, says.second} <= set(compared.values):
                    found = compared.differences([(says.first, says.second)], says.scores, margins, holm=False)
                    few = min(len(next(iter(compared.values[row].values()))) for row in (says.first, says.second)
                              if row not in ("0", "0.6"))  # fmt: skip
                    lines += [{"key": claim.key, "expected": says.expected, "on": says.on, "seeds": few, **line}
                              for line in found.to_dict("records")]  # fmt: skip
                else:
                    lines += [{"key": claim.key, "expected": says.expected, "on": says.on, "seeds": 0, "first": says.first,
                               "second": says.second, "score": score} for score in says.scores]  # fmt: skip
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
    claim = next((claim for claim in CLAIMS if claim.key == key), None)
    if claim is None:
        raise ValueError(f"unknown claim {key!r}; expected one of {', '.join(each.key for each in CLAIMS)}")
    line = {"claim": claim.key, "section": claim.section, "sentence": claim.sentence, "rows": "", "statistic": ""}
    if not claim.says:
        return line | {"verdict": "not testable here", "evidence": UNTESTED[key], "limits": claim.note}
    lines = evidence.lines[evidence.lines["key"] == key]
    rows = dict.fromkeys([*lines["first"], *lines["second"]])
    line |= {"rows": "; ".join(rows), "statistic": "; ".join(dict.fromkeys(NAMES.get(s, s) for s in lines["score"]))}
    return line | {"verdict": verdict(lines), "evidence": "; ".join(map(sentence, lines.itertuples())), "limits": claim.note}


#: Words for what is compared, in sentences.
NAMES = {**comparisons.NAMES, "ratio": "loss / constant's loss", "included": "top-3 accuracy",
         "rho": "correlation of confusion with distance", "r2_V": "R² of valence", "r2_A": "R² of arousal",
         "r2_D": "R² of dominance"}  # fmt: skip


def verdict(lines):
    """The verdict that the rule at the top of this module gives to a claim's comparisons."""
    came_out = [_came_out(line) for line in lines.itertuples()]
    if "no" in came_out:
        return "not supported"
    return "supported" if set(came_out) == {"yes"} else "inconclusive"


def _came_out(line):
    if line.seeds == 0 or (line.seeds < MIN_SEEDS and line.on not in ONE_RUN):
        return "unknown"
    if line.verdict == line.expected:
        return "yes"
    return "unknown" if line.verdict == "no difference found" else "no"


def sentence(line):
    """One comparison in words, with its interval, or what is missing of it."""
    name = NAMES.get(line.score, line.score)
    if line.seeds == 0:
        return f"{name} of {line.first} against {line.second}: not recorded yet"
    few = f", {line.seeds} seed" if line.seeds < MIN_SEEDS and line.on not in ONE_RUN else ""
    return (f"{name} of {line.first} less {line.second}: {line.difference:+.3f} ({line.low:+.3f} to {line.high:+.3f}{few}): "
            f"{line.verdict}")  # fmt: skip


def ledger(evidence):
    """Every claim's line: claim, section, sentence, rows, statistic, verdict, evidence, limits."""
    return pd.DataFrame([judge(evidence, claim.key) for claim in CLAIMS]).set_index("claim")


def save(table, store):
    """Write the ledger as ``reports/claims.csv``, and without its longer columns as the table ``08_claims``."""
    table.to_csv(store.output("reports") / "claims.csv")
    tables.save(table[["section", "sentence", "verdict", "evidence"]], "08_claims", store, "The claims ledger.")
    return table
