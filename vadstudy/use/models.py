"""The two ways from a network's outputs to VAD and emotions: the emotions first, or the point first.

The softmax names the emotions, and VAD is read off their probabilities. The regressor, the paper's way, gives a point,
and a classifier names the emotion from it. Both are made of recorded predictions alone.
"""

from typing import Any, Protocol

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.linear_model import RidgeCV

from vadstudy import carried, mappers, readout
from vadstudy.classifiers import Classifier, EmotionSVM, NearestEmotion, full_proba
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.errors import OptionError
from vadstudy.mappers import Mapper
from vadstudy.runs import Run, RunStore
from vadstudy.use.svm import CompactSVM, kept_svm

MODELS = ("softmax", "regressor")
VADS = ("lexicon", "human")
#: The recorded logits of texts whose VAD people gave, by the weights that answer.
PEOPLE = "vad-logits"


class Model(Protocol):
    """What a pipeline asks of either way: ``ranks_only`` says that scores rank the labels and are no probabilities."""

    ranks_only: bool

    def vad(self, outputs: np.ndarray) -> np.ndarray:
        """VAD (n, 3), in [0, 1], from a network's outputs."""

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities of the labels, or scores that rank them, (n, 28), from a network's outputs."""

    def fingerprint(self) -> dict[str, Any]:
        """What decides an answer, beside the network's weights, as JSON values."""


class EmotionsFirst:
    """A softmax's calibrated probabilities, and VAD read off them.

    Parameters
    ----------
    store : RunStore
    run : Run
        A softmax whose weights are kept; its temperature is that of the least log loss on its dev split.
    vad : {"lexicon", "human"}
        ``lexicon``: the expected point, each label's NRC point weighed by its probability, in the lexicon's units.
        ``human``: VAD as people gave it to EmoBank's texts, by a ridge on the probabilities (:func:`people`).

    Raises
    ------
    OptionError
        If ``vad`` is another word.
    RunError
        If ``human`` is asked for and the run :data:`PEOPLE` is not recorded.
    """

    ranks_only = False

    def __init__(self, store: RunStore, run: Run, vad: str = "lexicon"):
        if vad not in VADS:
            raise OptionError(f"unknown vad {vad!r}; expected one of {', '.join(VADS)}")
        self.temperature = carried.temperature(run)
        #: The ridge that gives people's VAD and the temperature at which it reads probabilities; else None.
        self.human = people(store.recorded(PEOPLE)) if vad == "human" else None

    def vad(self, outputs: np.ndarray) -> np.ndarray:
        """VAD (n, 3), in [0, 1], read off the probabilities of logits (n, 28)."""
        if self.human is not None:
            ridge, temperature = self.human
            return ridge.predict(readout.probabilities(outputs, temperature)).clip(0, 1)
        return readout.expected(self.scores(outputs), mappers.nrc())

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (n, 28) of logits (n, 28)."""
        return readout.probabilities(outputs, self.temperature)

    def fingerprint(self) -> dict[str, Any]:
        """The temperature, and what VAD is."""
        of_people = None if self.human is None else [self.human[0].coef_.round(6).tolist(), self.human[1]]
        return {"model": "softmax", "temperature": round(self.temperature, 6), "vad": of_people or "lexicon"}


def people(run: Run) -> tuple[RidgeCV, float]:
    """People's VAD from label probabilities, by :func:`vadstudy.carried.ridge` on recorded logits; its temperature.

    Parameters
    ----------
    run : Run
        Logits of texts, with people's ``valence``, ``arousal`` and ``dominance`` in its rows, in [0, 1].
    """
    truth = {split: run.rows(split)[list(DIMENSIONS)].to_numpy(float) for split in ("train", "dev")}
    return carried.ridge({split: run.outputs(split) for split in truth}, truth)


class PointFirst:
    """A regressor's point, and the emotion that a classifier names from it.

    Parameters
    ----------
    store : RunStore
    run : Run
        A regressor whose mapper is ``nrc`` or ``scaled``.
    classifier : {"1nn", "svm"} or scikit-learn classifier
        From points to label indices. ``1nn`` has probabilities: a softmax of distances, with a temperature chosen on
        the run's dev predictions. ``svm`` is the run's recorded SVM; it only ranks the labels, because its decision
        values are counts of votes. Another one comes fitted.

    Raises
    ------
    OptionError
        If the classifier is another word.
    RunError
        If the run is no regressor, or its SVM is not recorded.
    """

    def __init__(self, store: RunStore, run: Run, classifier: str | Classifier = "1nn"):
        self.mapper = run.mapper
        mappers.to_vad(self.mapper.points, self.mapper.name)
        if classifier == "1nn":
            classifier = sharpest(run.outputs("dev"), run.labels("dev"), self.mapper)
        elif classifier == "svm":
            classifier = kept_svm(store, f"{run.recipe.name}-svm", run.seed)
        elif not hasattr(classifier, "predict_proba"):
            raise OptionError(f"unknown classifier {classifier!r}; expected 1nn, svm or a fitted classifier")
        self.classifier: Any = classifier
        self.ranks_only = isinstance(classifier, CompactSVM | EmotionSVM)

    def vad(self, outputs: np.ndarray) -> np.ndarray:
        """VAD (n, 3) in the lexicon's units, from points (n, 3) in the mapper's."""
        return mappers.to_vad(outputs, self.mapper.name)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """The classifier's probabilities, or scores that rank, (n, 28), of points (n, 3)."""
        return full_proba(self.classifier, outputs)

    def fingerprint(self) -> dict[str, Any]:
        """The classifier."""
        return {"model": "regressor", "classifier": repr(self.classifier)}


def sharpest(points: np.ndarray, labels: np.ndarray, mapper: Mapper) -> NearestEmotion:
    """1NN on a mapper's points, with the temperature of the least log loss on points (n, dims) with known labels."""

    def fitted(temperature):
        return NearestEmotion(temperature=temperature).fit(mapper.points, np.arange(len(EMOTIONS)))

    def log_loss(log_temperature):
        proba = fitted(np.exp(log_temperature)).predict_proba(points)
        return -np.log(np.clip(proba[np.arange(len(labels)), labels], 1e-12, None)).mean()

    return fitted(float(np.exp(minimize_scalar(log_loss, bounds=(np.log(0.01), 0.0), method="bounded").x)))
