"""``EmotionPipeline``: a text in, its VAD point and ranked emotions out, for people who want to use the model."""

from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy.optimize import minimize_scalar
from transformers.utils import logging as transformers_logging

from vadstudy import mappers
from vadstudy.classifiers import NearestEmotion, full_proba
from vadstudy.compact import kept_svm
from vadstudy.emotions import EMOTIONS
from vadstudy.inference import predict
from vadstudy.recipes import SEED
from vadstudy.runs import RunStore


@dataclass(frozen=True)
class Reading:
    """What the model reads from a text.

    ``valence``, ``arousal`` and ``dominance`` are in [0, 1], in the lexicon's units; ``emotions`` maps all 28 labels to
    probabilities, the most probable first.
    """

    text: str
    valence: float
    arousal: float
    dominance: float
    emotions: dict

    @property
    def emotion(self):
        """The most probable label."""
        return next(iter(self.emotions))

    def __repr__(self):
        best = ", ".join(f"{name} {p:.2f}" for name, p in islice(self.emotions.items(), 3))
        return f"V {self.valence:.2f}  A {self.arousal:.2f}  D {self.dominance:.2f}  {best}"


@contextmanager
def without_bars():
    """Context without transformers' progress bars, for weights that are read or written in no time."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


def sharpest(points, labels, mapper):
    """1NN on a mapper's points, with the temperature of the least log loss on points (n, dims) with known labels."""

    def fitted(temperature):
        return NearestEmotion(temperature=temperature).fit(mapper.points, np.arange(len(EMOTIONS)))

    def log_loss(log_temperature):
        proba = fitted(np.exp(log_temperature)).predict_proba(points)
        return -np.log(np.clip(proba[np.arange(len(labels)), labels], 1e-12, None)).mean()

    return fitted(float(np.exp(minimize_scalar(log_loss, bounds=(np.log(0.01), 0.0), method="bounded").x)))


class EmotionPipeline:
    """Texts to readings, by a recorded regressor and the nearest emotion.

    Parameters
    ----------
    recipe : str
        A recipe that keeps its weights and whose mapper is ``nrc`` or ``scaled``; the flagship by default.
    seed : int
    profile : str
        Profile whose run store is read.
    classifier : {"1nn", "svm"} or scikit-learn classifier
        From points to label indices. ``1nn`` has its temperature chosen on the run's dev predictions, ``svm`` is the
        run's recorded SVM; another one comes fitted.
    batch_size : int
    max_length : int
        Tokens of a text that are read; later ones are cut off.
    window : int
        Texts that are sorted by their length at a time, so that little is padded. A stream's windows start at
        ``batch_size`` and double up to this, so that its first readings come soon.

    Examples
    --------
    >>> read = EmotionPipeline()                                            # doctest: +SKIP
    >>> read("Something in the way she moves attracts me like no other lover")  # doctest: +SKIP
    """

    def __init__(self, recipe="scaled-mae", seed=SEED, profile="study", classifier="1nn", batch_size=32,
                 max_length=200, window=4096):  # fmt: skip
        store = RunStore(profile)
        self.run = store.get(recipe, seed)
        with without_bars():
            self.tokenizer, self.regressor = self.run.regressor()
        self.batch_size, self.max_length, self.window = batch_size, max_length, window
        mappers.to_vad(self.run.mapper.points, self.run.recipe.mapper)
        if classifier == "1nn":
            classifier = sharpest(self.run.outputs("dev"), self.run.labels("dev"), self.run.mapper)
        elif classifier == "svm":
            classifier = kept_svm(store, f"{recipe}-svm", seed)
        elif not hasattr(classifier, "predict_proba"):
            raise ValueError(f"unknown classifier {classifier!r}; expected 1nn, svm or a fitted classifier")
        self.classifier = classifier

    def __call__(self, texts):
        """A :class:`Reading` of a text, a list of them for a list, a generator that reads in batches for a stream.

        Raises
        ------
        TypeError, ValueError
            If a text is not a string, or empty; the message says which.
        """
        if isinstance(texts, str):
            return next(self._stream([texts]))
        if isinstance(texts, list | tuple):
            return list(self._stream([_checked(text, i) for i, text in enumerate(texts)], self.window))
        if isinstance(texts, Iterable) and not isinstance(texts, bytes | dict):
            return self._stream(texts)
        raise TypeError(f"expected a text, or an iterable of texts; got {type(texts).__name__}")

    def points(self, texts, progress=True):
        """Points (n, dims) of a list of texts in the mapper's own space."""
        tokens = self.tokenizer(texts, truncation=True, max_length=self.max_length)["input_ids"]
        pad_id = self.tokenizer.pad_token_id or 0
        return predict(self.regressor, tokens, batch_size=self.batch_size, pad_id=pad_id, progress=progress)

    def arrays(self, texts, progress=True):
        """VAD (n, 3) in the lexicon's units and probabilities (n, 28) of a list of texts, for many at once."""
        points = self.points(texts, progress)
        return mappers.to_vad(points, self.run.recipe.mapper), full_proba(self.classifier, points)

    def fingerprint(self):
        """What decides a reading, as a dict of JSON values: the run's weights, the classifier, the tokens read."""
        weights = self.run.meta["weights"]
        return {"weights": weights, "classifier": repr(self.classifier), "max_length": self.max_length}

    def _stream(self, texts, window=0):
        numbered, window = enumerate(texts), window or self.batch_size
        while batch := [_checked(text, i) for i, text in islice(numbered, window)]:
            vad, proba = self.arrays(batch)
            order = np.argsort(-proba, axis=1, kind="stable")
            ranked = np.take_along_axis(proba, order, axis=1)
            for text, place, names, shares in zip(batch, vad.tolist(), order.tolist(), ranked.tolist(), strict=True):
                yield Reading(text, *place, {EMOTIONS[i]: share for i, share in zip(names, shares, strict=True)})
            window = min(2 * window, self.window)


def _checked(text, i):
    if not isinstance(text, str):
        raise TypeError(f"text {i} is {type(text).__name__}, expected a string; convert it, or leave it out")
    if not text.strip():
        raise ValueError(f"text {i} is empty; leave it out, or give it some words")
    return text
