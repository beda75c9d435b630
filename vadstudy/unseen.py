"""Emotions that no training saw: what does their place in the space tell, and what does their name? (notebook 9)

The paper's motive is that a model of VAD can name emotions that it was never trained on. The 27 emotions, without
neutral, are dealt into seven parts (:data:`vadstudy.experiments.PARTS`); each part is left out of five trainings, which
then read the comments of its emotions.

The rule, written before a number was known:

- *Statistic.* ``among``: the share of an emotion's test comments that get its name when the emotions of its part are
  the candidates, the mean over the 27. Chance is 7/27. With all 28 as candidates, ``unseen`` and ``seen`` are the same
  mean shares over emotions that were and were not left out, and ``harmonic`` is their harmonic mean; before that, one
  number is added to the scores of the unseen, the one with the best harmonic mean on dev. Dev has comments of the
  unseen emotions: that number has seen them, for every row alike.
- *Unit.* The emotion. A resample draws emotions, and comments of each; for shuffled maps, the shuffle, too.
- *Yes and no.* The paper's promise holds if its regressors are above chance. The *meaning* of the space does it if the
  softmax read out through NRC is ahead of the same through shuffled maps. A name tells more than a place if the
  untrained encoder's nearest description is ahead of every row through the space.

Scores of a row are higher the better a label fits a text. What tells labels of a part apart is set beforehand: the
paper's distance in the space (Manhattan), cosines for names, and for both together the two temperatures of
:func:`vadstudy.readout.combined`, which were chosen on labels that had been trained on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from scipy.special import log_softmax

from vadstudy import bootstrap, carried, mappers, readout
from vadstudy.bootstrap import Comparison, Row
from vadstudy.emotions import EMOTIONS
from vadstudy.experiments import PARTS
from vadstudy.mappers import Mapper
from vadstudy.runs import Run, RunStore
from vadstudy.sums import Measured

#: Accuracy among a part's emotions by guessing, the mean over emotions.
CHANCE = len(PARTS) / sum(map(len, PARTS))
#: The scores of :func:`measure`, and what of them counts as no difference.
SCORES = ("among", "among_texts", "unseen", "seen", "harmonic")
MARGINS = dict.fromkeys(SCORES, 0.03)
#: Maps with NRC's points and labels dealt at random.
SHUFFLES = 5


@dataclass(frozen=True)
class Part:
    """Emotions that were left out of trainings together, and what these say of all texts.

    Runs are read, and probabilities made, once: many rows are made of the same.
    """

    store: RunStore
    number: int
    runs: dict[str, Run] = field(default_factory=dict, repr=False)
    known: dict[tuple[str, str], np.ndarray] = field(default_factory=dict, repr=False)

    @cached_property
    def unseen(self) -> np.ndarray:
        """Indices (k,) of the emotions that were left out."""
        return np.flatnonzero(np.isin(EMOTIONS, self.store.recipes[f"unseen-softmax-{self.number}"].without))

    @cached_property
    def seen(self) -> np.ndarray:
        """Indices (28 - k,) of the others."""
        return np.setdiff1d(np.arange(len(EMOTIONS)), self.unseen)

    def run(self, name: str) -> Run:
        """The training of a row of the tables without this part's emotions."""
        return self.read(f"unseen-{name}-{self.number}")

    def read(self, name: str) -> Run:
        """A run by its name."""
        if name not in self.runs:
            self.runs[name] = self.store[name]
        return self.runs[name]

    def likely(self, name: str, split: str) -> np.ndarray:
        """Probabilities (n, 28) of a softmax or BCE over the seen labels, 0 for the unseen.

        A softmax is calibrated on the comments of dev with seen labels.
        """
        if (name, split) in self.known:
            return self.known[name, split]
        run, temperature = self.run(name), 1.0
        if name == "softmax":
            rows = np.isin(run.labels("dev"), self.seen)
            logits = run.outputs("dev")[np.ix_(rows, self.seen)]
            temperature = readout.calibrated(logits, np.searchsorted(self.seen, run.labels("dev")[rows]))
        found = carried.likely(run, split, temperature)
        found[:, self.unseen] = 0
        self.known[name, split] = found / found.sum(axis=1, keepdims=True)
        return self.known[name, split]

    def to_names(self, name: str, split: str) -> np.ndarray:
        """How near texts lie to what the labels are called (n, 28): cosines less their mean over dev's seen texts."""
        run = self.read(name)
        usual = run.outputs("dev")[np.isin(run.labels("dev"), self.seen)].mean(axis=0)
        return run.outputs(split) - usual

    def by_names(self, name: str, split: str) -> np.ndarray:
        """:func:`vadstudy.readout.named` of the softmax (n, 28)."""
        return readout.named(self.likely("softmax", split), self.read(name).outputs("labels"), self.seen)


def _nearness(points, mapper: Mapper):
    """Higher the nearer points (n, dims) lie to the labels' (n, labels); rounded, so that no rounding decides ties."""
    return -np.round(cdist(points, mapper.points, "cityblock"), 7)


def _regressed(name, part, split):
    run = part.run(name)
    return _nearness(run.outputs(split), run.mapper)


def _through(name, part, split, mapper=None):
    mapper = mapper or mappers.nrc()
    return _nearness(readout.expected(part.likely(name, split), mapper), mapper)


def _both(part, split):
    return readout.combined(part.to_names("labels-descriptions", split), part.by_names("labels-descriptions", split))


def _in_use(part, split):
    """The softmax's log probabilities for the seen, and for the unseen what both ways by name say, log-normalised."""
    found = np.empty((len(part.run("softmax").labels(split)), len(EMOTIONS)))
    found[:, part.seen] = np.log(np.maximum(part.likely("softmax", split)[:, part.seen], 1e-12))
    found[:, part.unseen] = log_softmax(_both(part, split)[:, part.unseen], axis=1)
    return found


Scoring = Callable[[Part, str], np.ndarray]
#: How each row scores the labels (n, 28) for the texts of a split.
WAYS: dict[str, Scoring] = {
    **{f"{name}, nearest": partial(_regressed, name) for name in ("nrc-mae", "scaled-mae", "nrc-mse")},
    "softmax through NRC": partial(_through, "softmax"),
    "BCE through NRC": partial(_through, "bce"),
    "name, untrained": lambda part, split: part.to_names("labels-names", split),
    "description, untrained": lambda part, split: part.to_names("labels-descriptions", split),
    "softmax through names": lambda part, split: part.by_names("labels-names", split),
    "softmax through descriptions": lambda part, split: part.by_names("labels-descriptions", split),
    "both": _both,
    "softmax for the seen, both for the unseen": _in_use,
}
SHUFFLED = "softmax through shuffled NRC"


def shuffled_ways() -> list[Scoring]:
    """The softmax read out through each of the shuffled maps."""
    return [partial(_through, "softmax", mapper=mappers.shuffled(mappers.nrc(), seed)) for seed in range(SHUFFLES)]


def parts(store: RunStore) -> list[Part]:
    """The parts of a profile: all seven, or in lessons the first."""
    numbers = range(1, len(PARTS) + 1)
    return [Part(store, number) for number in numbers if f"unseen-softmax-{number}" in store.recipes]


@dataclass(frozen=True)
class Told:
    """What a part's scores say of texts: arrays (n,) all.

    The best ``seen`` and the best ``unseen`` label, by how much the seen one is ``ahead``, the true ``labels``, and
    whether these were ``left_out``.
    """

    seen: np.ndarray
    unseen: np.ndarray
    ahead: np.ndarray
    labels: np.ndarray
    left_out: np.ndarray

    @classmethod
    def by(cls, scoring: Scoring, part: Part, split: str) -> "Told":
        """By scores (n, 28) of a split's texts."""
        scores, labels = scoring(part, split), part.run("softmax").labels(split)
        seen, unseen = (each[scores[:, each].argmax(axis=1)] for each in (part.seen, part.unseen))
        rows = np.arange(len(scores))
        ahead = scores[rows, seen] - scores[rows, unseen]
        return cls(seen, unseen, ahead, labels, np.isin(labels, part.unseen))


def offset(told: Sequence[Told]) -> float:
    """What is added to the scores of the unseen labels of all parts for the best harmonic mean of :func:`measure`."""
    ahead = np.concatenate([each.ahead for each in told])
    order, gained, most = np.argsort(ahead, kind="stable"), [], []
    for right, counted in (
        (lambda each: each.unseen == each.labels, lambda each: each.left_out),
        (lambda each: each.seen == each.labels, lambda each: ~each.left_out),
    ):
        weights = np.concatenate([_weights(each.labels) * counted(each) for each in told])
        gained.append((np.concatenate([right(each) for each in told]) * weights)[order].cumsum())
        most.append(weights.sum())
    # With an offset between the k-th and the next, the first k texts get their unseen label, the others the seen one.
    unseen = np.append(0, gained[0]) / most[0]
    seen = (gained[1][-1] - np.append(0, gained[1])) / most[1]
    ends = np.concatenate([[ahead.min() - 1], ahead[order], [ahead.max() + 1]])
    return float((ends[:-1] + ends[1:])[_harmonic(unseen, seen).argmax()] / 2)


def _weights(labels):
    """1 over how often each text's label occurs: with them, a sum over texts is a sum of shares of labels."""
    return 1 / np.bincount(labels)[labels]


def _harmonic(unseen, seen):
    return 2 * unseen * seen / np.maximum(unseen + seen, 1e-12)


def right(parts: Sequence[Part], scoring: Scoring) -> np.ndarray:
    """Whether each test text gets its label (n, 3): among its part's emotions, of all 28 by the part that left it out,
    and the share of the other parts by which it gets it of all 28. NaN in the first two for labels never left out.
    """
    added = offset([Told.by(scoring, part, "dev") for part in parts])
    told = [Told.by(scoring, part, "test") for part in parts]
    labels = told[0].labels
    found, seen, times = np.full((len(labels), 3), np.nan), np.zeros(len(labels)), np.zeros(len(labels))
    for each in told:
        by_unseen, out = each.ahead < added, each.left_out
        found[out, 0] = (each.unseen == labels)[out]
        found[out, 1] = (by_unseen & (each.unseen == labels))[out]
        seen += ~out & ~by_unseen & (each.seen == labels)
        times += ~out
    found[:, 2] = np.divide(seen, times, out=found[:, 2], where=times > 0)
    return found


def measure(right: np.ndarray, labels: np.ndarray) -> Measured:
    """A measure for :func:`vadstudy.bootstrap.compare`: :data:`SCORES`, by what :func:`right` gives.

    ``among_texts`` is ``among`` as the share of texts in place of the mean share of emotions.
    """
    weights = _weights(labels)
    out, back = ~np.isnan(right[:, 1]), ~np.isnan(right[:, 2])
    among, unseen, seen = np.nan_to_num(right).T
    sums = np.stack(
        [weights * among, weights * unseen, weights * out, weights * seen, weights * back, 1.0 * among, 1.0 * out]
    )

    def scores(sums):
        unseen, seen = sums[1] / sums[2], sums[3] / sums[4]
        return {
            "among": sums[0] / sums[2],
            "among_texts": sums[5] / sums[6],
            "unseen": unseen,
            "seen": seen,
            "harmonic": _harmonic(unseen, seen),
        }

    return sums, scores


def rows(store: RunStore) -> dict[str, Row]:
    """What :func:`right` gives of each way, and of the shuffled maps, one entry a shuffle."""
    left_out = parts(store)
    found = {name: Row([right(left_out, way)]) for name, way in WAYS.items()}
    shuffled = [right(left_out, scoring) for scoring in shuffled_ways()]
    return found | {SHUFFLED: Row(shuffled, tuple((SHUFFLED, seed) for seed in range(SHUFFLES)))}


#: The rows by what they go by: a regressor's or a softmax's point, points that mean nothing, names, both.
GROUPS = {
    "place in the space": [name for name in WAYS if name.endswith(("nearest", "NRC"))],
    "shuffled places": [SHUFFLED],
    "name": ["name, untrained", "description, untrained", "softmax through names", "softmax through descriptions"],
    "both ways by name": ["both"],
}


def compared(store: RunStore, rows: dict[str, Row]) -> Comparison:
    """:func:`rows` by :data:`SCORES`, over emotions and their comments."""
    return bootstrap.compare(rows, store["labels-names"].labels("test"), measure, labels_drawn=True)


def by_emotion(store: RunStore, rows: dict[str, Row]) -> pd.DataFrame:
    """``among`` of each emotion that was left out, a column a row, with its ``texts`` and its part's ``candidates``."""
    labels = store["labels-names"].labels("test")
    lines = [
        {"emotion": EMOTIONS[label], "texts": int((labels == label).sum()), "candidates": len(part.unseen)}
        | {name: np.mean([each[labels == label, 0].mean() for each in row.predictions]) for name, row in rows.items()}
        for part in parts(store)
        for label in part.unseen
    ]
    return pd.DataFrame(lines).set_index("emotion")
