"""Answers of several models to one text, and which of its words moved the point: what the explorer shows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from vadstudy import mappers
from vadstudy.classifiers import full_proba
from vadstudy.emotions import DIMENSIONS
from vadstudy.inference import padded, predict
from vadstudy.recipes import SEED
from vadstudy.runs import RunStore
from vadstudy.use.pipeline import EmotionPipeline, without_bars
from vadstudy.use.svm import kept_svm

#: Words that are left out in turn; each costs about as much as an answer, so that later ones are not weighed.
MAX_WORDS = 40
BASELINE = "softmax"
#: Classifiers whose scores rank the labels and are no probabilities.
RANKED = ("SVM",)


@dataclass(frozen=True)
class Answer:
    """What is shown of a text.

    ``point`` (3,) lies in the figure's space, ``vad`` (3,) is the same in the lexicon's units; ``emotions`` maps each
    classifier's name to the probabilities (28,) that it gives, or to scores which only rank if it is among
    :data:`RANKED`.
    """

    text: str
    point: np.ndarray
    vad: np.ndarray
    emotions: dict


class Reader:
    """The flagship with 1NN and SVM, and the baseline beside it if its weights are recorded; nothing is trained."""

    def __init__(self, profile: str = "study"):
        store = RunStore(profile)
        self.read = EmotionPipeline(profile=profile)
        self.svm = kept_svm(store, f"{self.read.run.recipe.name}-svm")
        self.baseline, self.shared = None, False
        if store.place(BASELINE, SEED).with_suffix(".safetensors").is_file():
            run = store.recorded(BASELINE)
            with without_bars():
                _, self.baseline = run.regressor()
            # The same encoder with the same layers frozen: their states need to be computed once.
            self.shared = self.baseline.n_frozen is not None and self.baseline.n_frozen == self.read.regressor.n_frozen
            self.shared &= run.meta["fingerprints"]["encoder"] == self.read.run.meta["fingerprints"]["encoder"]

    @torch.inference_mode()
    def answer(self, text: str) -> Answer | None:
        """The :class:`Answer` to a text; None if the model knows no sign of it."""
        tokens, _, known = self.read.tokens([text])
        if not known[0]:
            return None
        states = None
        if self.shared:
            hidden = self.read.regressor.frozen(*padded(tokens))
            states = lambda _: hidden  # noqa: E731
        point = predict(self.read.regressor, tokens, states=states)
        emotions = {"1NN": full_proba(self.read.classifier, point)[0], "SVM": full_proba(self.svm, point)[0]}
        if self.baseline:
            emotions["baseline"] = softmax(predict(self.baseline, tokens, states=states)[0].astype(float))
        return Answer(text, point[0], mappers.to_vad(point, self.read.run.mapper.name)[0], emotions)

    def words(self, text: str) -> pd.DataFrame:
        """How far each word moves the point: VAD of the text less VAD of the text without the word.

        Returns
        -------
        DataFrame
            A row a word, in their order, at most :data:`MAX_WORDS`: ``word``, ``valence``, ``arousal``, ``dominance``
            and ``distance``, Euclidean, in the lexicon's units. Of a single word there is nothing to tell.
        """
        words = text.split()
        n = min(len(words), MAX_WORDS) if len(words) > 1 else 0
        without = [" ".join(words[:i] + words[i + 1 :]) for i in range(n)]
        points = self.read.points([text, *without], progress=False)
        vad = mappers.to_vad(points, self.read.run.mapper.name)
        frame = pd.DataFrame(vad[0] - vad[1:], columns=list(DIMENSIONS)).assign(word=words[:n])
        return frame.assign(distance=np.linalg.norm(frame[list(DIMENSIONS)], axis=1))[["word", *DIMENSIONS, "distance"]]
