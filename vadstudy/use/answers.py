"""Answers of both models to one text, and which of its words moved the point: what the explorer shows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from vadstudy.emotions import DIMENSIONS
from vadstudy.inference import padded, predict
from vadstudy.recipes import SEED
from vadstudy.runs import RunStore
from vadstudy.use.pipeline import RECIPES, EmotionPipeline

#: Words that are left out in turn; each costs about as much as an answer, so that later ones are not weighed.
MAX_WORDS = 40


@dataclass(frozen=True)
class Answer:
    """What is shown of a text.

    ``point`` (3,) is read off the softmax's probabilities, ``beside`` (3,) is the regressor's, None without its
    weights; both are VAD in the lexicon's units. ``emotions`` maps each model's name to its probabilities (28,), and
    ``uncertain`` says that the softmax's answer is.
    """

    text: str
    point: np.ndarray
    beside: np.ndarray | None
    emotions: dict[str, np.ndarray]
    uncertain: bool


class Reader:
    """The softmax with its read-out, and the regressor with 1NN beside it if its weights are recorded; nothing is
    trained."""

    def __init__(self, profile: str = "study"):
        self.read = EmotionPipeline(profile=profile)
        self.regressor: EmotionPipeline | None = None
        self.shared = False
        if RunStore(profile).place(RECIPES["regressor"], SEED).with_suffix(".safetensors").is_file():
            self.regressor = other = EmotionPipeline(model="regressor", profile=profile)
            # The same encoder with the same layers frozen: their states need to be computed once.
            frozen = {pipeline.regressor.n_frozen for pipeline in (self.read, other)}
            encoders = {pipeline.run.meta["fingerprints"]["encoder"] for pipeline in (self.read, other)}
            self.shared = len(frozen) == len(encoders) == 1 and None not in frozen

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
        point, likely = _told(self.read, tokens, states)
        emotions, beside = {"softmax": likely}, None
        if self.regressor:
            beside, emotions["regressor"] = _told(self.regressor, self.regressor.tokens([text])[0], states)
        return Answer(text, point, beside, emotions, bool(likely.max() <= self.read.sure))

    def words(self, text: str) -> pd.DataFrame:
        """How far each word moves the read-out's point: VAD of the text less VAD of the text without the word.

        Returns
        -------
        DataFrame
            A row a word, in their order, at most :data:`MAX_WORDS`: ``word``, ``valence``, ``arousal``, ``dominance``
            and ``distance``, Euclidean, in the lexicon's units. Of a single word there is nothing to tell.
        """
        words = text.split()
        n = min(len(words), MAX_WORDS) if len(words) > 1 else 0
        without = [" ".join(words[:i] + words[i + 1 :]) for i in range(n)]
        vad = self.read.model.vad(self.read.outputs([text, *without], progress=False))
        frame = pd.DataFrame(vad[0] - vad[1:], columns=list(DIMENSIONS)).assign(word=words[:n])
        return frame.assign(distance=np.linalg.norm(frame[list(DIMENSIONS)], axis=1))[["word", *DIMENSIONS, "distance"]]


def _told(pipeline, tokens, states):
    """A text's point (3,) and the probabilities of its labels (28,)."""
    outputs = predict(pipeline.regressor, tokens, states=states)
    return pipeline.model.vad(outputs)[0], pipeline.model.scores(outputs)[0]
