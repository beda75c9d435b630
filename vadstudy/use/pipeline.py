"""``EmotionPipeline``: a text in, its VAD point and ranked emotions out, for people who want to use the model."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vadstudy.classifiers import Classifier
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import LabelError, OptionError, RunError
from vadstudy.inference import predict
from vadstudy.recipes import SEED
from vadstudy.runs import RunStore
from vadstudy.use import compiled, signs, thresholds
from vadstudy.use.labels import Label, OwnLabels
from vadstudy.use.models import MODELS, VADS, EmotionsFirst, Model, PointFirst
from vadstudy.use.readings import Arrays, Reading
from vadstudy.use.tabular import half_character

LABELS = ("one", "several")
#: The recipe of each model.
RECIPES = {"softmax": "softmax", "regressor": "scaled-mae"}


class EmotionPipeline:
    """Texts to readings, by recorded weights; it reads the record and never trains.

    Parameters
    ----------
    model : {"softmax", "regressor"}
        ``softmax`` names the emotions, with calibrated probabilities, and reads VAD off them
        (:class:`vadstudy.use.models.EmotionsFirst`). ``regressor`` is the paper's way: a point, then the emotion from
        it (:class:`vadstudy.use.models.PointFirst`).
    vad : {"lexicon", "human"}
        What VAD is, of the softmax: the labels' NRC points weighed by their probabilities, in the lexicon's units; or
        as people gave it to EmoBank's texts, whose numbers seldom lie far from the middle. The regressor has
        ``lexicon``.
    labels : {"one", "several"}
        Whether a text has its best label, or all that are likely enough, by a threshold chosen on dev; of the softmax.
    classifier : {"1nn", "svm"} or scikit-learn classifier, optional
        From the regressor's points to label indices, by default ``1nn``.
    recipe : str, optional
        Another recipe of the model's kind that keeps its weights; by default the softmax ``softmax`` and the regressor
        ``scaled-mae``.
    seed : int
        Weights are kept of the default only.
    profile : str
        Profile whose run store is read.
    batch_size : int
    max_length : int
        Tokens of a text that are read; later ones are cut off.
    window : int
        Texts that are sorted by their length at a time, so that little is padded. A stream's windows start at
        ``batch_size`` and double up to this, so that its first readings come soon.
    own : Path, sequence of str, or OwnLabels, optional
        Labels of your own to score, without training: a file with one a line, or names.
    backend : {"torch", "openvino"}
        What carries out the network. ``openvino``, an extra that is installed apart, compiles it when the pipeline is
        made, for as many threads as PyTorch has then; its answers differ as two roundings do.

    Raises
    ------
    OptionError
        If options are unknown, do not go together, or ask for OpenVINO where it is not installed.
    RunError
        If a run, its weights or its SVM are not recorded, or are of the other model.
    LabelError
        If the labels are wrong, or go with a classifier that only ranks.

    Examples
    --------
    >>> read = EmotionPipeline()                                            # doctest: +SKIP
    >>> read("Something in the way she moves attracts me like no other lover")  # doctest: +SKIP
    """

    def __init__(
        self,
        model: str = "softmax",
        vad: str = "lexicon",
        labels: str = "one",
        classifier: str | Classifier | None = None,
        recipe: str | None = None,
        seed: int = SEED,
        profile: str = "study",
        batch_size: int = 32,
        max_length: int = 200,
        window: int = 4096,
        own: "Path | Sequence[Label | str] | OwnLabels | None" = None,
        backend: str = "torch",
    ):
        _together(model, vad, labels, classifier, backend)
        self.own = own if isinstance(own, OwnLabels | None) else OwnLabels(own)
        store = RunStore(profile)
        recipe = recipe or RECIPES[model]
        self.run = store.recorded(recipe, seed)
        loss = getattr(self.run.recipe, "loss", None)
        if model == "softmax" and loss != "ce":
            raise RunError(f"{self.run.path} is no softmax: {recipe!r} has the loss {loss!r}, expected 'ce'")
        if seed != SEED:
            raise RunError(f"the record keeps weights of seed {SEED} only, not of {recipe}'s seed {seed}; leave it out")
        #: From the network's outputs to VAD and scores.
        self.model: Model = (
            EmotionsFirst(store, self.run, vad)
            if model == "softmax"
            else PointFirst(store, self.run, "1nn" if classifier is None else classifier)
        )
        if self.own and self.model.ranks_only:
            raise LabelError("an SVM has no probabilities to read labels of your own from; use the softmax, or 1nn")
        #: The regressor's; None of the softmax.
        self.classifier: Any = getattr(self.model, "classifier", None)
        self.tokenizer, self.regressor = self.run.regressor()
        self.backend = backend
        self._network = self.regressor if backend == "torch" else compiled.Compiled(self.regressor)
        self.batch_size, self.max_length, self.window = batch_size, max_length, window
        #: Whether scores rank the labels and are no probabilities.
        self.ranks_only = self.model.ranks_only
        #: The best label's probability up to which an answer is uncertain; None where there are no probabilities.
        self.sure: float | None = None
        if not self.ranks_only:
            self.sure = thresholds.sure(self.model.scores(self.run.outputs("dev")), self.run.labels("dev"))
        #: The probability above which labels count, where a text may have several; else None.
        self.several = thresholds.several(store) if labels == "several" else None

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

    def outputs(self, texts: list[str], progress: bool = True) -> np.ndarray:
        """The network's outputs of a list of texts: logits (n, 28), or points (n, dims) in the mapper's own space."""
        return self._predicted(self.tokens(texts)[0], progress)

    def _predicted(self, tokens, progress):
        pad_id = self.tokenizer.pad_token_id or 0
        return predict(self._network, tokens, batch_size=self.batch_size, pad_id=pad_id, progress=progress)

    def arrays(self, texts: list[str], progress: bool = True) -> Arrays:
        """The :class:`Arrays` of a list of texts, for many at once."""
        tokens, cut, known = self.tokens(texts)
        outputs = self._predicted(tokens, progress)
        vad, scores = self.model.vad(outputs), self.model.scores(outputs)
        vad, scores = (np.where(known[:, None], numbers, np.nan) for numbers in (vad, scores))
        return Arrays(vad, scores, cut, signs.flags(texts, tokens, cut, self.tokenizer, self.max_length))

    def own_scores(self, texts: list[str], scores: np.ndarray) -> list[dict[str, float]]:
        """Scores of the own labels, the best first, by texts and their probabilities (n, 28); empty without labels."""
        return self.own.ranked(texts, scores) if self.own else [{}] * len(texts)

    def chosen(self, scores: np.ndarray) -> np.ndarray:
        """The labels of texts, as bool (n, 28), from their scores (n, 28): the best, or all that are likely enough."""
        return thresholds.above(scores, 1.0 if self.several is None else self.several)

    def fingerprint(self) -> dict[str, Any]:
        """What decides a reading, as a dict of JSON values: the run's weights, what reads their outputs, thresholds,
        the tokens read, the libraries that tell emoji and languages, the own labels, the backend."""
        found = {"weights": self.run.meta["weights"], "max_length": self.max_length} | self.model.fingerprint()
        found |= {"signs": signs.versions(), "own": self.own.fingerprint() if self.own else None}
        return found | {"sure": self.sure, "several": self.several, "backend": compiled.label(self.backend)}

    def _stream(self, texts, window=0):
        numbered, window = enumerate(texts), window or self.batch_size
        while batch := [_checked(text, i) for i, text in islice(numbered, window)]:
            vad, scores, _, flags = self.arrays(batch)
            own = self.own_scores(batch, scores)
            for answer in zip(batch, vad.tolist(), scores, self.chosen(scores), flags, own, strict=True):
                yield self._reading(*answer)
            window = min(2 * window, self.window)

    def _reading(self, text, place, row, names, flags, own):
        valence, arousal, dominance = place
        if np.isnan(valence):
            return Reading(text, valence, arousal, dominance, {}, flags=flags)
        order = np.argsort(-row, kind="stable").tolist()
        scores = row.tolist()
        found = {EMOTIONS[i]: None if self.ranks_only else scores[i] for i in order}
        uncertain = None if self.sure is None else bool(row[order[0]] <= self.sure)
        labels = tuple(EMOTIONS[i] for i in order if names[i])
        return Reading(text, valence, arousal, dominance, found, uncertain, labels, flags, own)


def _together(model, vad, labels, classifier, backend):
    """Refuse options that are unknown or do not go together."""
    options = (("model", model, MODELS), ("vad", vad, VADS), ("labels", labels, LABELS))
    for what, given, known in (*options, ("backend", backend, compiled.BACKENDS)):
        if given not in known:
            raise OptionError(f"unknown {what} {given!r}; expected one of {', '.join(known)}")
    if backend == "openvino":
        compiled.library()
    if model == "softmax" and classifier is not None:
        raise OptionError(
            f"the classifier {classifier!r} names emotions from the regressor's points, and the model is 'softmax'; "
            "choose the model 'regressor', or leave the classifier out"
        )
    for what, given, usual in (("vad", vad, "lexicon"), ("labels", labels, "one")):
        if model == "regressor" and given != usual:
            raise OptionError(
                f"{what} {given!r} is read off the softmax's probabilities, and the model is 'regressor', which has "
                f"{usual!r}; choose the model 'softmax', or leave it out"
            )


def _checked(text, i):
    if not isinstance(text, str):
        raise TypeError(f"text {i} is {type(text).__name__}, expected a string; convert it, or leave it out")
    if not text.strip():
        raise ValueError(f"text {i} is empty; leave it out, or give it some words")
    if half := half_character(text):
        raise ValueError(f"text {i} holds half a character, {half!r}, as of an emoji that was cut; remove it")
    return text
