"""What the untrained encoder gives: a linear model on its vectors, for labels or for VAD.

Both encoders of the study are *sentence* encoders, trained on a billion pairs of sentences. Rows of this kind tell how
much of a result is theirs, before anything is fine-tuned.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegressionCV, RidgeCV

from vadstudy import corpora
from vadstudy.emotions import EMOTIONS, descriptions, emotion_vad, sentence
from vadstudy.inference import by_length, padded, prediction_frame, with_truth
from vadstudy.model import load_encoder, pool
from vadstudy.readout import probabilities
from vadstudy.recipes import Encoded, Named

if TYPE_CHECKING:
    from vadstudy.runs import Run

#: The strengths that are tried: ridges by leave-one-out, logistic regressions by three parts of train.
ALPHAS = tuple(10.0**k for k in range(-3, 4))
STRENGTHS = (0.1, 1.0, 10.0, 100.0)


@torch.inference_mode()
def vectors(texts: Sequence[str], encoder: str = "minilm", max_length: int = 200, progress: bool = True) -> np.ndarray:
    """One vector a text (n, width), of length 1: the mean of the encoder's last states, as its authors use it."""
    tokenizer, model = _loaded(encoder)
    tokens = tokenizer(list(texts), truncation=True, max_length=max_length)["input_ids"]
    out = np.empty((len(tokens), model.config.hidden_size), np.float32)
    for batch in by_length(tokens, 64, "untrained encoder", progress):
        ids, mask = padded([tokens[i] for i in batch], tokenizer.pad_token_id or 0)
        states = model(input_ids=ids, attention_mask=mask).last_hidden_state
        out[batch] = pool(states, mask, "mean").numpy()
    return out / np.linalg.norm(out, axis=1, keepdims=True)


# Its weights are read, and their fingerprint taken, once a process: a stream of texts comes in many batches.
@lru_cache(maxsize=1)
def _loaded(encoder):
    return load_encoder(encoder)[:2]


def encoded(recipe: Encoded, seed: int, sources: Sequence["Run"] = ()) -> tuple[pd.DataFrame, str]:
    """Probabilities of the corpus's labels, or points, of every split that the model was not fitted on."""
    corpus, fingerprint = corpora.sample(recipe.corpus, recipe.rows)

    def features(split):
        found = vectors(corpus[split]["text"], recipe.encoder, recipe.max_length)
        if not sources:
            return found
        logits = sources[0].outputs(f"{recipe.corpus}/{split}", corpus[split]["id"])
        return np.hstack([found, probabilities(logits, recipe.temperature)])

    if recipe.lexicon:
        words = corpora.lexicon() if recipe.lexicon == "nrc" else emotion_vad()
        model = RidgeCV(ALPHAS).fit(vectors(words.index, recipe.encoder, recipe.max_length), words.to_numpy())
        splits = list(corpus)
    elif "vad" in corpus["train"].features:
        model = RidgeCV(ALPHAS).fit(features("train"), np.array(corpus["train"]["vad"]))
        splits = [split for split in corpus if split != "train"]
    else:
        model = LogisticRegressionCV(
            Cs=STRENGTHS,
            cv=3,
            scoring="accuracy",
            max_iter=1000,
            random_state=seed,
            l1_ratios=(0.0,),
            use_legacy_attributes=False,
        ).fit(features("train"), corpus["train"]["label"])
        splits = [split for split in corpus if split != "train"]
    frames = []
    for split in splits:
        outputs = model.predict(features(split)).clip(0, 1) if hasattr(model, "alpha_") else None
        if outputs is None:
            classes = len(EMOTIONS) if recipe.corpus in ("goemotions", "mini") else model.classes_.max() + 1
            outputs = np.zeros((len(corpus[split]), classes))
            outputs[:, model.classes_] = model.predict_proba(features(split))
        frames.append(with_truth(split, corpus[split], outputs))
    return pd.concat(frames, ignore_index=True), fingerprint


def named(recipe: Named, seed: int | None = None, sources: Sequence["Run"] = ()) -> tuple[pd.DataFrame, str]:
    """Cosines (n, 28) of dev's and test's texts with what labels are called; split ``labels``: of these (28, 28)."""
    corpus = corpora.load(recipe.corpus)
    called = [sentence(*each) for each in descriptions().items()] if recipe.described else list(EMOTIONS)
    labels = vectors(called, recipe.encoder, recipe.max_length)
    frames = [prediction_frame("labels", EMOTIONS, np.arange(len(EMOTIONS)), labels @ labels.T)]
    for split in ("dev", "test"):
        texts = vectors(corpus[split]["text"], recipe.encoder, recipe.max_length)
        frames.append(with_truth(split, corpus[split], texts @ labels.T))
    return pd.concat(frames, ignore_index=True), corpora.fingerprint(corpus)
