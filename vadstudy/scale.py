"""Two encoders: the rows of Tables 1 to 3 and the read-out, with MPNet-base (110 million parameters) beside MiniLM-L6.

Everything here is of runs that are recorded: a row of which no training is, is left out. The second encoder's rows have
the study's settings but for its learning rate, which was chosen on dev (:mod:`vadstudy.base`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from vadstudy import bootstrap, carried, mappers, metrics, readout, significance, sums, tables
from vadstudy.bootstrap import Comparison, Row
from vadstudy.classifiers import NearestEmotion
from vadstudy.emotions import EMOTIONS
from vadstudy.mappers import to_vad
from vadstudy.recipes import ENCODER_NAMES
from vadstudy.runs import RunStore

#: The regressors of both encoders, as they stand in the tables.
REGRESSORS = ("nrc-mae", "nrc-mse", "nrc-mae-ce", "scaled-mae", "spread-mae", "shuffled-mae")
#: Those of them that are read on other corpora.
READ = ("scaled-mae", "nrc-mae", "nrc-mse")
#: How rows on Emotion and IMDB are compared.
MEASURES = {"six": sums.classification, "sentiment": carried.separation}
#: The rows whose confusions are compared, and the one that is set beside writers.
NEAR, READ_OFF = ("scaled-mae, 1NN", "softmax, argmax"), "softmax, expected, calibrated"
#: The plain classifier with all layers trained.
WHOLE = "softmax, all layers"
#: Of GoEmotions' labels and of people's VAD: the pairs of rows whose differences are made with each encoder.
PAIRS = (
    ("softmax, argmax", "scaled-mae, SVM"),
    ("scaled-mae, SVM", "baseline, threshold 0.3"),
    ("nrc-mae, SVM", "shuffled-mae, SVM"),
    ("spread-mae, SVM", "scaled-mae, SVM"),
    ("softmax, median, 1NN", "scaled-mae, SVM"),
    ("scaled-mae, SVM", carried.UNTRAINED),
    (WHOLE, "softmax, argmax"),
    ("scaled-mae, all layers, SVM", "scaled-mae, SVM"),
)
VAD_PAIRS = tuple((READ_OFF, name) for name in READ)
#: What is added to the name of a profile's one encoder where it stands in for a second.
AGAIN = ", again"


def second(store: RunStore) -> RunStore:
    """The store of the second encoder: base's beside the study's; other profiles have one encoder, which stands in."""
    return store.beside("base") if store.profile == "study" else store


def encoders(store: RunStore) -> dict[str, RunStore]:
    """Both stores by their encoders' names."""
    found = {}
    for each in (store, second(store)):
        encoder = each.recipes["softmax"].encoder
        name = ENCODER_NAMES.get(encoder, encoder)
        found[f"{name}{AGAIN}" if name in found else name] = each
    return found


def carried_name(store: RunStore, name: str) -> str:
    """The training of a row that is carried to other corpora: in base the row itself, else one of its own."""
    return f"carried-{name}" if f"carried-{name}" in store.recipes else name


def label_rows(store: RunStore) -> dict[str, Row]:
    """Test predictions of GoEmotions' labels: the rows of Tables 2 and 3, the read-out, and all layers trained."""
    nrc, rows = mappers.nrc(), dict[str, Row]()
    near = NearestEmotion().fit(nrc.points, np.arange(len(EMOTIONS)))

    def add(row, name, read):
        if store.has(name):
            rows[row] = tables.row(store.all(name), read)

    add("baseline, threshold 0.3", "bce", lambda run: metrics.threshold_predictions(expit(run.outputs("test")), 0.3))
    add("baseline, argmax", "bce", tables.most_probable)
    add("softmax, argmax", "softmax", tables.most_probable)
    add("softmax, median, 1NN", "softmax", lambda run: near.predict(readout.median(carried.likely(run, "test"), nrc)))
    for name in REGRESSORS:
        add(f"{name}, 1NN", name, tables.nearest)
        add(f"{name}, SVM", f"{name}-svm", tables.most_probable)
    add(carried.UNTRAINED, "labels-encoder", tables.most_probable)
    add(WHOLE, "alllayers-softmax-2epochs", tables.most_probable)
    add("scaled-mae, all layers, 1NN", "alllayers-scaled-mae-2epochs", tables.nearest)
    add("scaled-mae, all layers, SVM", "alllayers-scaled-mae-2epochs-svm", tables.most_probable)
    return rows


def vad_rows(store: RunStore, people: RunStore) -> dict[str, Row]:
    """VAD (n, 3) of EmoBank's test texts; ``people`` is the store that has their ratings, the study's."""
    target, nrc, rows = store.recipes["vad-encoder"].corpus, mappers.nrc(), dict[str, Row]()
    on = f"{target}/test"

    def add(row, name, read):
        if store.has(name):
            rows[row] = tables.row(store.all(name), read)

    for name in READ:
        add(name, carried_name(store, name), lambda run: to_vad(run.outputs(on), run.mapper.name))
    softmax = carried_name(store, "softmax")
    add("softmax, expected", softmax, lambda run: readout.expected(carried.likely(run, on), nrc))
    add("softmax, expected, calibrated", softmax, lambda run: carried.calibrated(run, on))
    add("lexicon in the encoder", "vad-encoder-lexicon", lambda run: run.outputs("test"))
    truth = {split: carried.human(people, split) for split in ("train", "dev")}
    add("ridge on the softmax", softmax, lambda run: carried.ridged(run, target, truth))
    add("ridge on the encoder", "vad-encoder", lambda run: run.outputs("test"))
    return rows


def elsewhere_rows(store: RunStore) -> dict[str, dict[str, Row]]:
    """By corpus: Emotion's labels, by an SVM on what a row says; IMDB's valence, less a threshold from train.

    Beside them, on each, a logistic regression that learned from its train texts. :data:`MEASURES` says how rows are
    compared.
    """
    found = {"six": dict[str, Row](), "sentiment": dict[str, Row]()}
    for row, name in (
        *((name, name) for name in READ),
        ("softmax, expected", "softmax-expected"),
        ("softmax, probabilities", "softmax-probabilities"),
    ):
        if store.has(f"six-reader-{name}"):
            found["six"][row] = tables.row(store.all(f"six-reader-{name}"), tables.most_probable)
    target = store.recipes["sentiment-encoder"].corpus
    valences: dict[str, tuple[str, Callable[[Any, str], np.ndarray]]] = {
        **{name: (name, lambda run, on: to_vad(run.outputs(on), run.mapper.name)[:, 0]) for name in READ},
        "softmax, expected": ("softmax", lambda run, on: carried.calibrated(run, on)[:, 0]),
    }
    for row, (name, valence) in valences.items():
        if store.has(name := carried_name(store, name)):
            found["sentiment"][row] = tables.row(store.all(name), _above(target, valence))
    baselines: dict[str, Callable[[Any], np.ndarray]] = {
        "six": tables.most_probable,
        "sentiment": lambda run: run.outputs("test")[:, 1] - 0.5,
    }
    for role, read in baselines.items():
        if store.has(f"{role}-encoder"):
            found[role][carried.UNTRAINED] = tables.row(store.all(f"{role}-encoder"), read)
    return found


def _above(target, valence):
    def read(run):
        train, test = f"{target}/train", f"{target}/test"
        return valence(run, test) - metrics.best_threshold(valence(run, train), run.labels(train))

    return read


def compared(rows: Mapping[str, Row], truth: np.ndarray, measure: Callable = sums.classification) -> Comparison:
    """Rows of one encoder, compared over test texts and trainings; points are not stratified."""
    return bootstrap.compare(dict(rows), truth, measure, strata=np.ndim(truth) == 1)


def differences(
    rows: Mapping[str, Mapping[str, Row]],
    truth: np.ndarray,
    pairs: Sequence[tuple[str, str]],
    measure: Callable = sums.classification,
    scores: Sequence[str] = tuple(significance.SCORES),
    margins: Mapping[str, float] = significance.MARGINS,
) -> pd.DataFrame:
    """Differences of these pairs with each encoder, and of their rows between encoders, the second's less the first's.

    ``rows`` are by encoder, which the column ``encoder`` names; both ends of a line between encoders are one row.
    Trainings of two encoders are not paired.
    """
    asked, (small, *large) = dict.fromkeys(row for pair in pairs for row in pair), rows
    named = {
        f"{row}, {encoder}": Row(
            each[row].predictions, tuple((f"{name}, {encoder}", seed) for name, seed in each[row].trainings)
        )
        for encoder, each in rows.items()
        for row in asked
        if row in each
    }
    lines = [(encoder, encoder, *pair) for encoder in rows for pair in pairs]
    lines += [(encoder, small, row, row) for encoder in large for row in asked]
    ends = {(f"{first}, {one}", f"{second}, {other}"): (one, other) for one, other, first, second in lines}
    ends = {pair: encoders for pair, encoders in ends.items() if set(pair) <= set(named)}
    table = compared(named, truth, measure).differences(ends, scores, margins)
    of = [ends[pair] for pair in zip(table["first"], table["second"], strict=True)]
    for column, encoder in (("first", 0), ("second", 1)):
        table[column] = [name.removesuffix(f", {each[encoder]}") for name, each in zip(table[column], of, strict=True)]
    table.insert(0, "encoder", [one if one == other else f"{one} less {other}" for one, other in of])
    return table


def beside(found: Mapping[str, Comparison], scores: Iterable[str] = tuple(significance.SCORES)) -> pd.DataFrame:
    """A line a row: of each encoder the seeds and the scores (means over trainings), in columns ``score, encoder``."""
    parts = []
    for encoder, comparison in found.items():
        table = comparison.scored(tuple(scores))[["seeds", *scores]]
        parts.append(table.rename(columns=lambda column, encoder=encoder: f"{column}, {encoder}"))
    table = parts[0].join(parts[1:], how="outer", sort=False)
    order = dict.fromkeys(row for comparison in found.values() for row in comparison.values)
    return table.loc[list(order), sorted(table, key=lambda column: column.split(", ")[0] == "seeds")]


def comparisons(store: RunStore, study: RunStore) -> dict[str, Comparison]:
    """What is recorded of an encoder for the ledger, by what its claims are ``on`` (:class:`vadstudy.asked.Says`).

    ``study`` is the store that has the test's labels, people's ratings, and the words that need no encoder.
    """
    rows, vad, elsewhere = label_rows(store), vad_rows(store, study), elsewhere_rows(store)
    labels = study["nrc-mae"].labels("test")
    near = {name: rows[name] for name in NEAR if name in rows}
    if rows:
        rows["bag of words"] = Row([tables.most_probable(study["labels-words"])])
    people = {split: carried.human(study, "test", split) for split in ("", "reader", "writer")}
    read_off = {name: row for name, row in vad.items() if name == READ_OFF}
    if read_off:
        read_off["writers"] = Row([people["writer"]])
    measured: dict[str, tuple[dict[str, Row], np.ndarray, Callable]] = {
        "labels": (rows, labels, sums.classification),
        "confusion": (near, labels, tables.confusion),
        "emobank": (vad, people[""], carried.pearson),
        "readers": (read_off, people["reader"], carried.pearson),
        "tweets": (elsewhere["six"], study["six-encoder"].labels("test"), MEASURES["six"]),
        "reviews": (elsewhere["sentiment"], study["sentiment-encoder"].labels("test"), MEASURES["sentiment"]),
    }
    found = {on: compared(*of) for on, of in measured.items() if of[0]}
    losses = ("nrc-mae", "scaled-mae")
    return found | ({"losses": tables.losses(store, losses)} if all(map(store.has, losses)) else {})
