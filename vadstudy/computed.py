"""Predictions that are computed, not trained: the SVM, the transfer of a trained regressor, the baselines on texts.

Each function takes a :class:`vadstudy.recipes.Computed` recipe, a seed and its source runs, and gives the rows of
the run's file and the fingerprint of the corpus that it read. They are recorded because they need texts, or
take longer than a reader should wait.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from vadstudy import corpora, mappers, ratings, readout
from vadstudy.classifiers import EmotionSVM, full_proba
from vadstudy.emotions import emotion_vad
from vadstudy.encoded import encoded, named
from vadstudy.inference import predict, prediction_frame, with_truth
from vadstudy.model import load_encoder
from vadstudy.recipes import (
    SVM,
    BagOfWords,
    Computed,
    Encoded,
    Lengths,
    Lexicon,
    Named,
    Points,
    Ratings,
    Reader,
    Votes,
)

if TYPE_CHECKING:
    from vadstudy.runs import Run


def fit_svm(recipe: SVM, seed: int, sources: Sequence["Run"]) -> EmotionSVM:
    """The SVM, fitted on predicted train points: those of the source, or of the folds, if there are some."""
    fitted_on = sources[1:] or sources
    points = np.concatenate([run.outputs("train") for run in fitted_on])
    labels = np.concatenate([run.labels("train") for run in fitted_on])
    return EmotionSVM(C=recipe.C, gamma=recipe.gamma, random_state=seed).fit(points, labels)


def svm(recipe: SVM, seed: int, sources: Sequence["Run"]) -> tuple[pd.DataFrame, str]:
    """The SVM's probabilities of every label, for the first source's splits except train and those of other corpora."""
    source, model = sources[0], fit_svm(recipe, seed, sources)
    frames = []
    for split in source.splits:
        if split != "train" and "/" not in split:
            probabilities = full_proba(model, source.outputs(split), n=model.classes_.max() + 1)
            frames.append(prediction_frame(split, source.ids(split), source.labels(split), probabilities))
    return pd.concat(frames, ignore_index=True), source.meta["fingerprints"]["corpus"]


def points(recipe: Points, seed: int, sources: Sequence["Run"]) -> tuple[pd.DataFrame, str]:
    """Points of another corpus's texts by a trained regressor, none of whose texts it has seen."""
    tokenizer, regressor = sources[0].regressor()
    corpus, fingerprint = _sampled(recipe, seed)
    frames = []
    for split, rows in corpus.items():
        tokens = tokenizer(list(rows["text"]), truncation=True, max_length=recipe.max_length)["input_ids"]
        outputs = predict(regressor, tokens, recipe.precision, recipe.batch_size, pad_id=tokenizer.pad_token_id or 0)
        frames.append(with_truth(split, rows, outputs))
    return pd.concat(frames, ignore_index=True), fingerprint


def bag_of_words(recipe: BagOfWords, seed: int, sources: Sequence["Run"] = ()) -> tuple[pd.DataFrame, str]:
    """TF-IDF of words and pairs of words, then a logistic regression (labels) or ridge regression (VAD).

    Fitted on the corpus's own train split, scikit-learn's default strength; probabilities or points of the others. With
    ``trained_on``, fitted on that corpus's comments and the scaled points of their labels; points of all splits, from
    as much of a text as a regressor reads.
    """
    corpus, fingerprint = _sampled(recipe, seed)
    train = corpus["train"]
    vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    if recipe.trained_on:
        home = corpora.load(recipe.trained_on)["train"]
        targets = mappers.scaled().points_for(np.array(home["label"]))
        model = make_pipeline(vectors, Ridge(random_state=seed)).fit(home["text"], targets)
        frames = [
            with_truth(split, rows, model.predict(_beginnings(rows["text"], recipe.max_length)).clip(0, 1))
            for split, rows in corpus.items()
        ]
        return pd.concat(frames, ignore_index=True), fingerprint
    if "vad" in train.features:
        model = make_pipeline(vectors, Ridge(random_state=seed)).fit(train["text"], np.array(train["vad"]))
        outputs_of = model.predict
    else:
        model = make_pipeline(vectors, LogisticRegression(max_iter=1000, random_state=seed))
        outputs_of = model.fit(train["text"], train["label"]).predict_proba
    frames = [with_truth(split, rows, outputs_of(rows["text"])) for split, rows in corpus.items() if split != "train"]
    return pd.concat(frames, ignore_index=True), fingerprint


def _beginnings(texts, max_length):
    """Texts up to their first so many tokens of MiniLM."""
    tokenizer, _, _ = load_encoder("minilm")
    read = tokenizer(list(texts), truncation=True, max_length=max_length, return_offsets_mapping=True)["offset_mapping"]
    return [text[: max(end for _, end in spans)] for text, spans in zip(texts, read, strict=True)]


def lexicon_mean(recipe: Lexicon, seed: int, sources: Sequence["Run"] = ()) -> tuple[pd.DataFrame, str]:
    """Mean VAD of a text's words that are in the lexicon; the lexicon's own mean where none is."""
    words = corpora.lexicon() if recipe.lexicon == "nrc" else emotion_vad()
    rows_of = dict(zip(words.index, words.to_numpy(), strict=True))
    fallback = words.to_numpy().mean(axis=0)
    corpus, fingerprint = _sampled(recipe, seed)

    def mean(text):
        found = [rows_of[word] for word in re.findall(r"[a-z]+", text.lower()) if word in rows_of]
        return np.mean(found, axis=0) if found else fallback

    frames = [
        with_truth(split, rows, np.array([mean(text) for text in rows["text"]])) for split, rows in corpus.items()
    ]
    return pd.concat(frames, ignore_index=True), fingerprint


def lengths(recipe: Lengths, seed: int | None = None, sources: Sequence["Run"] = ()) -> tuple[pd.DataFrame, str]:
    """Every comment of the corpus before the single-label filter: its labels, its words and MiniLM tokens."""
    corpus = {"goemotions": corpora.goemotions, "mini": corpora.mini}[recipe.corpus]()
    tokenizer, _, _ = load_encoder("minilm")
    frames = []
    for split, rows in corpus.items():
        texts = list(rows["text"])
        frames.append(
            pd.DataFrame(
                {
                    "split": split,
                    "id": rows["id"],
                    "label": [",".join(map(str, labels)) for labels in rows["labels"]],
                    "words": np.array([len(text.split()) for text in texts], np.int16),
                    "tokens": np.array([len(tokens) for tokens in tokenizer(texts)["input_ids"]], np.int16),
                }
            )
        )
    return pd.concat(frames, ignore_index=True), corpora.fingerprint(corpus)


def _sampled(recipe, seed):
    """The recipe's corpus, its train split cut to ``train_rows`` rows drawn with the seed, and its fingerprint."""
    corpus = corpora.load(recipe.corpus)
    fingerprint = corpora.fingerprint(corpus)
    rows = getattr(recipe, "train_rows", None)
    if rows is not None and rows < len(corpus["train"]):
        corpus["train"] = corpus["train"].shuffle(seed=seed).select(range(rows))
    return corpus, fingerprint


def rated(recipe: Ratings, seed: int | None = None, sources: Sequence["Run"] = ()) -> tuple[pd.DataFrame, str]:
    """Each text's ratings and genre, beside the means that the corpus gives."""
    corpus, found = corpora.load(recipe.corpus), ratings.RATED[recipe.corpus]()
    frames = []
    for split, rows in corpus.items():
        frame = with_truth(split, rows, np.empty((len(rows), 0)))
        columns = found.reindex(frame["id"]).reset_index(drop=True)
        frames.append(pd.concat([frame, columns.astype(dict.fromkeys(columns.filter(regex="_"), np.float32))], axis=1))
    return pd.concat(frames, ignore_index=True), corpora.fingerprint(corpus)


def voted(recipe: Votes, seed: int | None = None, sources: Sequence["Run"] = ()) -> tuple[pd.DataFrame, str]:
    """Each comment's shares of raters by label, and its ``labels``; its ``label`` where it has one, else -1."""
    home, several = corpora.load(recipe.corpus), corpora.load(f"{recipe.corpus}-several")
    found, frames = ratings.VOTED[recipe.corpus](), []
    for name, corpus in (("", home), (f"{recipe.corpus}-several/", several)):
        for split in ("dev", "test"):
            rows = corpus[split]
            frame = with_truth(f"{name}{split}", rows, found.loc[rows["id"]].to_numpy())
            labels = rows["labels"] if name else [[label] for label in rows["label"]]
            frames.append(frame.assign(labels=[",".join(map(str, each)) for each in labels]))
    return pd.concat(frames, ignore_index=True), corpora.fingerprint(home)


def reader(recipe: Reader, seed: int, sources: Sequence["Run"]) -> tuple[pd.DataFrame, str]:
    """Decision values (n, labels) of an SVM on what the source says of the corpus's texts; its test split."""
    corpus, fingerprint = corpora.sample(recipe.corpus, recipe.rows)
    x, y = {}, {split: np.array(corpus[split]["label"]) for split in corpus}
    for split in corpus:
        of = split if sources[0].recipe.corpus == recipe.corpus else f"{recipe.corpus}/{split}"
        x[split] = _read(recipe.what, sources[0], sources[0].outputs(of, corpus[split]["id"]))
    tried = []
    for C in (1.0, 10.0, 100.0):
        for gamma in (0.1, 0.3, 1.0):
            # Per dimension, so that three numbers and twenty-eight are searched alike.
            svc = SVC(C=C, gamma=gamma / x["train"].shape[1], decision_function_shape="ovr", break_ties=True)
            model = make_pipeline(StandardScaler(), svc).fit(x["train"], y["train"])
            tried.append((model.score(x["dev"], y["dev"]), model))
    _, best = max(tried, key=lambda pair: pair[0])
    return with_truth("test", corpus["test"], best.decision_function(x["test"])), fingerprint


def _read(what, source, outputs):
    """What a :class:`Reader` reads off a source's outputs."""
    if what == "outputs":
        return outputs
    likely = readout.probabilities(outputs, readout.calibrated(source.outputs("dev"), source.labels("dev")))
    return likely if what == "probabilities" else getattr(readout, what)(likely, mappers.nrc())


#: What makes the predictions of each kind of recipe.
COMPUTE: dict[type[Computed], Callable[..., tuple[pd.DataFrame, str]]] = {
    SVM: svm,
    Points: points,
    BagOfWords: bag_of_words,
    Lexicon: lexicon_mean,
    Lengths: lengths,
    Encoded: encoded,
    Named: named,
    Ratings: rated,
    Votes: voted,
    Reader: reader,
}
