"""Two encoders: the rows of Tables 1 to 3 and the read-out, with MPNet-base (110 million parameters) beside MiniLM-L6.

Everything here is of runs that are recorded: a row of which no training is, is left out. The second encoder's rows have
the study's settings but for its learning rate, which was chosen on dev (:mod:`vadstudy.base`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from vadstudy import bootstrap, carried, mappers, metrics, readout, tables
from vadstudy.bootstrap import Comparison, Row
from vadstudy.classifiers import NearestEmotion
from vadstudy.emotions import EMOTIONS
from vadstudy.mappers import to_vad
from vadstudy.recipes import ENCODER_NAMES
from vadstudy.runs import RunStore

#: The regressors of both encoders, as they stand in the tables.
REGRESSORS = ("nrc-mae", "nrc-mse", "nrc-mae-ce", "scaled-mae", "spread-mae", "shuffled-mae")
#: Rows in which nothing is trained, or what is has no chance in it: they have no seeds to count.
CERTAIN = ("lexicon in the encoder", "ridge on the encoder", "logistic regression on the encoder")


class Finding(NamedTuple):
    """A finding of the study that both encoders can be asked: pairs of rows, and how the first is to be.

    ``pairs`` are (first, second, score, expected); ``on`` is "labels" or "emobank".
    """

    sentence: str
    on: str
    pairs: tuple[tuple[str, str, str, str], ...]


#: The findings, as the README has them, in its order. They stood here before a run of the second encoder was made.
FINDINGS = (
    Finding(
        "The space does not beat a plain classifier.",
        "labels",
        tuple(("softmax, argmax", "scaled-mae, SVM", score, "higher") for score in bootstrap.SCORES),
    ),
    Finding(
        "The paper's order is that of two ways to answer.",
        "labels",
        (
            ("scaled-mae, SVM", "baseline, threshold 0.3", "accuracy", "higher"),
            ("scaled-mae, SVM", "baseline, threshold 0.3", "macro_f1", "lower"),
            *(("baseline, argmax", "scaled-mae, SVM", score, "higher") for score in bootstrap.SCORES),
        ),
    ),
    Finding(
        "Labels where NRC has them are better than labels dealt at random.",
        "labels",
        (("nrc-mae, 1NN", "shuffled-mae, 1NN", "macro_f1", "higher"),),
    ),
    Finding(
        "MAE is ahead of MSE as the basis of 1NN.",
        "labels",
        tuple(("nrc-mae, 1NN", "nrc-mse, 1NN", score, "higher") for score in bootstrap.SCORES),
    ),
    Finding(
        "Valence read off a softmax agrees with people better than a regressor's.",
        "emobank",
        tuple(
            ("softmax, expected, calibrated", name, "pearson_V", "higher")
            for name in ("scaled-mae", "nrc-mae", "nrc-mse")
        ),
    ),
)


def second(store: RunStore) -> RunStore:
    """The store of the second encoder: base's beside the study's; other profiles have one encoder, which stands in."""
    return RunStore("base") if store.profile == "study" else store


def encoders(store: RunStore) -> dict[str, RunStore]:
    """Both stores by their encoders' names."""
    found = {}
    for each in (store, second(store)):
        encoder = each.recipes["softmax"].encoder
        name = ENCODER_NAMES.get(encoder, encoder)
        found[f"{name}, again" if name in found else name] = each
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
    add("logistic regression on the encoder", "labels-encoder", tables.most_probable)
    add("softmax, all layers", "alllayers-softmax-2epochs", tables.most_probable)
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

    for name in ("scaled-mae", "nrc-mae", "nrc-mse"):
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
    """By corpus: Emotion's labels, by an SVM on what a row says; IMDB's, by the valence and a threshold from train."""
    found = {"six": dict[str, Row](), "sentiment": dict[str, Row]()}
    for row, name in (
        ("scaled-mae", "scaled-mae"),
        ("nrc-mae", "nrc-mae"),
        ("softmax, expected", "softmax-expected"),
        ("softmax, probabilities", "softmax-probabilities"),
    ):
        if store.has(f"six-reader-{name}"):
            found["six"][row] = tables.row(store.all(f"six-reader-{name}"), tables.most_probable)
    target = store.recipes["sentiment-encoder"].corpus
    valences: dict[str, tuple[str, Callable[[Any, str], np.ndarray]]] = {
        "scaled-mae": ("scaled-mae", lambda run, on: to_vad(run.outputs(on), run.mapper.name)[:, 0]),
        "nrc-mae": ("nrc-mae", lambda run, on: to_vad(run.outputs(on), run.mapper.name)[:, 0]),
        "softmax, expected": ("softmax", lambda run, on: carried.calibrated(run, on)[:, 0]),
    }
    for row, (name, valence) in valences.items():
        if store.has(name := carried_name(store, name)):
            found["sentiment"][row] = tables.row(store.all(name), _positive(target, valence))
    return found


def _positive(target, valence):
    def read(run):
        train, test = f"{target}/train", f"{target}/test"
        threshold = metrics.best_threshold(valence(run, train), run.labels(train))
        return (valence(run, test) > threshold).astype(int)

    return read


def compared(rows: Mapping[str, Row], truth: np.ndarray, measure: Callable = bootstrap.classification) -> Comparison:
    """Rows of one encoder, compared over test texts and trainings; points are not stratified."""
    return bootstrap.compare(dict(rows), truth, measure, strata=measure is bootstrap.classification)


def beside(found: Mapping[str, Comparison], scores: Iterable[str] = tuple(bootstrap.SCORES)) -> pd.DataFrame:
    """A line a row: of each encoder the seeds and the scores (means over trainings), in columns ``score, encoder``."""
    parts = []
    for encoder, comparison in found.items():
        table = comparison.scored(tuple(scores))[["seeds", *scores]]
        parts.append(table.rename(columns=lambda column, encoder=encoder: f"{column}, {encoder}"))
    table = parts[0].join(parts[1:], how="outer", sort=False)
    order = dict.fromkeys(row for comparison in found.values() for row in comparison.values)
    return table.loc[list(order), sorted(table, key=lambda column: column.split(", ")[0] == "seeds")]


def lines(finding: Finding, found: Comparison, margins: Mapping[str, float] = carried.MARGINS) -> pd.DataFrame:
    """What one encoder's rows say to a finding, a line a pair and score, as :func:`vadstudy.claims.verdict` takes them;
    empty if a row is not recorded."""
    named = {row for first, second, *_ in finding.pairs for row in (first, second)}
    if not named <= set(found.values):
        return pd.DataFrame()
    family = tuple(bootstrap.SCORES) if finding.on == "labels" else carried.CORRELATIONS
    said = []
    for first, second, score, expected in finding.pairs:
        table = found.differences([(first, second)], family, margins)
        seeds = min(
            (len(next(iter(found.values[row].values()))) for row in (first, second) if row not in CERTAIN), default=9
        )
        said.append(table[table["score"] == score].assign(expected=expected, on=finding.on, seeds=seeds))
    return pd.concat(said, ignore_index=True)
