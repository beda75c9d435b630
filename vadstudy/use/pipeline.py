"""``EmotionPipeline``: a text in, its VAD point and ranked emotions out, for people who want to use the model."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from transformers.utils import logging as transformers_logging

from vadstudy import mappers
from vadstudy.classifiers import Classifier, EmotionSVM, NearestEmotion, full_proba
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import LabelError, RunError
from vadstudy.inference import predict
from vadstudy.mappers import Mapper
from vadstudy.recipes import SEED
from vadstudy.runs import RunStore
from vadstudy.use import signs
from vadstudy.use.labels import Label, OwnLabels
from vadstudy.use.svm import CompactSVM, kept_svm
from vadstudy.use.tabular import half_character


@dataclass(frozen=True)
class Reading:
    """What the model reads from a text.

    ``valence``, ``arousal`` and ``dominance`` are in [0, 1], in the lexicon's units; ``emotions`` maps all 28 labels,
    the best first, to probabilities, or to None where the classifier only ranks (an SVM). Of a text in which the model
    knows no sign, the numbers are NaN and ``emotions`` is empty.

    ``flags`` says what makes a reading doubtful, such as "not English: German" (:func:`vadstudy.use.signs.flags`), and
    ``own`` has the scores of the pipeline's own labels, the best first, if it was given some.
    """

    text: str
    valence: float
    arousal: float
    dominance: float
    emotions: dict[str, float | None]
    flags: tuple[str, ...] = ()
    own: dict[str, float] = field(default_factory=dict)

    @property
    def emotion(self) -> str | None:
        """The best label; None if there is none."""
        return next(iter(self.emotions), None)

    @property
    def probability(self) -> float | None:
        """The best label's probability; None if there is none."""
        return next(iter(self.emotions.values()), None)

    @property
    def ranking(self) -> list[str]:
        """All labels, the best first."""
        return list(self.emotions)

    def best(self, n: int = 3, between: str = ", ") -> str:
        """The n best labels as text, each with its probability if it has one."""
        some = islice(self.emotions.items(), n)
        return between.join(name if p is None else f"{name} {p:.2f}" for name, p in some)

    def __repr__(self):
        if not self.emotions:
            return "no sign in it that the model knows"
        return f"V {self.valence:.2f}  A {self.arousal:.2f}  D {self.dominance:.2f}  {self.best()}"


class Arrays(NamedTuple):
    """Answers to many texts; ``vad`` and ``scores`` are NaN where the model knows no sign of a text.

    ``vad`` (n, 3) is in the lexicon's units; ``scores`` (n, 28) are probabilities, unless the pipeline's ``ranks_only``
    says that they rank the labels and no more; ``cut`` (n,) says whose text was longer than is read.
    """

    vad: np.ndarray
    scores: np.ndarray
    cut: np.ndarray


@contextmanager
def without_bars() -> Iterator[None]:
    """Context without transformers' progress bars, for weights that are read or written in no time."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


def sharpest(points: np.ndarray, labels: np.ndarray, mapper: Mapper) -> NearestEmotion:
    """1NN on a mapper's points, with the temperature of the least log loss on points (n, dims) with known labels."""

    def fitted(temperature):
        return NearestEmotion(temperature=temperature).fit(mapper.points, np.arange(len(EMOTIONS)))

    def log_loss(log_temperature):
        proba = fitted(np.exp(log_temperature)).predict_proba(points)
        return -np.log(np.clip(proba[np.arange(len(labels)), labels], 1e-12, None)).mean()

    return fitted(float(np.exp(minimize_scalar(log_loss, bounds=(np.log(0.01), 0.0), method="bounded").x)))


class EmotionPipeline:
    """Texts to readings, by a recorded regressor and the nearest emotion; it reads the record and never trains.

    Parameters
    ----------
    recipe : str
        A recipe that keeps its weights and whose mapper is ``nrc`` or ``scaled``; the flagship by default.
    seed : int
        Weights are kept of the default only.
    profile : str
        Profile whose run store is read.
    classifier : {"1nn", "svm"} or scikit-learn classifier
        From points to label indices. ``1nn`` has probabilities: a softmax of distances, with a temperature chosen on
        the run's dev predictions. ``svm`` is the run's recorded SVM; it only ranks the labels, because its decision
        values are counts of votes. Another one comes fitted.
    batch_size : int
    max_length : int
        Tokens of a text that are read; later ones are cut off.
    window : int
        Texts that are sorted by their length at a time, so that little is padded. A stream's windows start at
        ``batch_size`` and double up to this, so that its first readings come soon.
    own : Path, sequence of str, or OwnLabels, optional
        Labels of your own to score, without training: a file with one a line, or names.

    Raises
    ------
    RunError
        If the run, its weights or its SVM are not recorded.
    LabelError
        If the labels are wrong, or go with a classifier that only ranks.

    Examples
    --------
    >>> read = EmotionPipeline()                                            # doctest: +SKIP
    >>> read("Something in the way she moves attracts me like no other lover")  # doctest: +SKIP
    """

    def __init__(
        self,
        recipe: str = "scaled-mae",
        seed: int = SEED,
        profile: str = "study",
        classifier: str | Classifier = "1nn",
        batch_size: int = 32,
        max_length: int = 200,
        window: int = 4096,
        own: "Path | Sequence[Label | str] | OwnLabels | None" = None,
    ):
        self.own = own if isinstance(own, OwnLabels | None) else OwnLabels(own)
        if self.own and classifier == "svm":
            raise LabelError("an SVM has no probabilities to read labels of your own from; use 1nn")
        store = RunStore(profile)
        self.run = store.recorded(recipe, seed)
        mappers.to_vad(self.run.mapper.points, self.run.mapper.name)
        if seed != SEED:
            raise RunError(f"the record keeps weights of seed {SEED} only, not of {recipe}'s seed {seed}; leave it out")
        with without_bars():
            self.tokenizer, self.regressor = self.run.regressor()
        self.batch_size, self.max_length, self.window = batch_size, max_length, window
        if classifier == "1nn":
            classifier = sharpest(self.run.outputs("dev"), self.run.labels("dev"), self.run.mapper)
        elif classifier == "svm":
            classifier = kept_svm(store, f"{recipe}-svm", seed)
        elif not hasattr(classifier, "predict_proba"):
            raise ValueError(f"unknown classifier {classifier!r}; expected 1nn, svm or a fitted classifier")
        self.classifier: Any = classifier
        #: Whether scores rank the labels and are no probabilities.
        self.ranks_only = isinstance(classifier, CompactSVM | EmotionSVM)

    def __call__(self, texts: str | Iterable[str]) -> Any:
        """A :class:`Reading` of a text, a list of them for a list, a generator that reads in batches for a stream.

        A column of a data frame and an array of strings count as lists.

        Raises
        ------
        TypeError, ValueError
            If a text is not a string, empty, or holds half a character; the message says which.
        """
        if isinstance(texts, str):
            return next(self._stream([texts]))
        if isinstance(texts, pd.DataFrame):
            raise TypeError('expected a text, or an iterable of texts; got a DataFrame: give a column, as df["text"]')
        if isinstance(texts, pd.Series | pd.Index | np.ndarray):
            if texts.ndim != 1:
                raise TypeError(f"expected a text, or an iterable of texts; got an array of shape {texts.shape}")
            texts = texts.tolist()
        if isinstance(texts, list | tuple):
            return list(self._stream([_checked(text, i) for i, text in enumerate(texts)], self.window))
        if isinstance(texts, Iterable) and not isinstance(texts, bytes | dict):
            return self._stream(texts)
        raise TypeError(f"expected a text, or an iterable of texts; got {type(texts).__name__}")

    def tokens(self, texts: list[str]) -> tuple[list[list[int]], np.ndarray, np.ndarray]:
        """Token ids of texts, at most ``max_length`` of each, whether more were cut off (n,), and whether any of those
        left stands for a sign that the model knows (n,). Emoji are read as words."""
        encoded = self.tokenizer([signs.in_words(text) for text in texts], truncation=True, max_length=self.max_length)
        ids, special = encoded["input_ids"], set(self.tokenizer.all_special_ids)
        cut = [bool(each.overflowing) for each in encoded.encodings]
        return ids, np.array(cut, bool), np.array([not special.issuperset(each) for each in ids], bool)

    def points(self, texts: list[str], progress: bool = True) -> np.ndarray:
        """Points (n, dims) of a list of texts in the mapper's own space."""
        return self._predicted(self.tokens(texts)[0], progress)

    def _predicted(self, tokens, progress):
        pad_id = self.tokenizer.pad_token_id or 0
        return predict(self.regressor, tokens, batch_size=self.batch_size, pad_id=pad_id, progress=progress)

    def arrays(self, texts: list[str], progress: bool = True) -> Arrays:
        """The :class:`Arrays` of a list of texts, for many at once."""
        tokens, cut, known = self.tokens(texts)
        points = self._predicted(tokens, progress)
        vad, scores = mappers.to_vad(points, self.run.mapper.name), full_proba(self.classifier, points)
        return Arrays(np.where(known[:, None], vad, np.nan), np.where(known[:, None], scores, np.nan), cut)

    def flags(self, texts: list[str]) -> list[tuple[str, ...]]:
        """What makes the readings of texts doubtful, in words: :func:`vadstudy.use.signs.flags`."""
        tokens, cut, _ = self.tokens(texts)
        return signs.flags(texts, tokens, cut, self.tokenizer, self.max_length)

    def own_scores(self, texts: list[str], scores: np.ndarray) -> list[dict[str, float]]:
        """Scores of the own labels, the best first, by texts and their probabilities (n, 28); empty without labels."""
        return self.own.ranked(texts, scores) if self.own else [{}] * len(texts)

    def fingerprint(self) -> dict[str, Any]:
        """What decides a reading, as a dict of JSON values: the run's weights, the classifier, the tokens read, the
        libraries that tell emoji and languages, the own labels."""
        return {
            "weights": self.run.meta["weights"],
            "classifier": repr(self.classifier),
            "max_length": self.max_length,
            "signs": signs.versions(),
            "own": self.own.fingerprint() if self.own else None,
        }

    def _stream(self, texts, window=0):
        numbered, window = enumerate(texts), window or self.batch_size
        while batch := [_checked(text, i) for i, text in islice(numbered, window)]:
            vad, scores, _ = self.arrays(batch)
            order = np.argsort(-scores, axis=1, kind="stable")
            ranked = np.take_along_axis(scores, order, axis=1).tolist()
            said = self.flags(batch), self.own_scores(batch, scores)
            for text, place, names, shares, flags, own in zip(
                batch, vad.tolist(), order.tolist(), ranked, *said, strict=True
            ):
                found = {EMOTIONS[i]: share for i, share in zip(names, shares, strict=True)}
                if self.ranks_only:
                    found = dict.fromkeys(found)
                valence, arousal, dominance = place
                yield Reading(text, valence, arousal, dominance, {} if np.isnan(valence) else found, flags, own)
            window = min(2 * window, self.window)


def _checked(text, i):
    if not isinstance(text, str):
        raise TypeError(f"text {i} is {type(text).__name__}, expected a string; convert it, or leave it out")
    if not text.strip():
        raise ValueError(f"text {i} is empty; leave it out, or give it some words")
    if half := half_character(text):
        raise ValueError(f"text {i} holds half a character, {half!r}, as of an emoji that was cut; remove it")
    return text
