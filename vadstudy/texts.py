"""A corpus as a recipe takes it: which texts are trained on, their tokens, and what is to be learned of each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from datasets import DatasetDict

from vadstudy import corpora
from vadstudy.disk.schemas import SPLITS
from vadstudy.emotions import EMOTIONS
from vadstudy.recipes import HUMAN, Recipe

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def chosen_rows(recipe: Recipe, train: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the rows ``train`` a recipe trains on, and which it predicts as its train split.

    ``labels`` are those of all rows.
    """
    train = seen(recipe, train, labels)
    if recipe.fold:
        i, n = recipe.fold
        part = np.random.default_rng(0).permutation(len(train)) % n == i - 1
        return train[~part], train[part]
    if recipe.train_rows and recipe.train_rows < len(train):
        train = np.sort(np.random.default_rng(0).choice(train, recipe.train_rows, replace=False))
    return train, train


def seen(recipe: Recipe, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The rows whose label the recipe does not leave out; ``labels`` are those of all rows."""
    return rows[~np.isin(labels[rows], np.flatnonzero(np.isin(EMOTIONS, recipe.without)))] if recipe.without else rows


@dataclass(frozen=True)
class Texts:
    """A corpus as a recipe takes it: tokens, labels and ids of all splits' texts, one behind the other.

    Labels are indices (n,), or, where people gave the texts' points, those (n, dims), or, where texts have several
    labels, whether they have each (n, labels). Predictions of the latter two name no label, but -1; what labels a text
    has, the run ``labels-votes`` says.
    ``rows`` are the indices of each split that is predicted, ``trained_on`` those of the texts that are trained on,
    ``chosen_on`` those of dev by which the epoch is chosen.
    """

    tokens: list[list[int]]
    labels: np.ndarray
    ids: np.ndarray
    rows: dict[str, np.ndarray]
    trained_on: np.ndarray
    chosen_on: np.ndarray
    pad_id: int

    def dataset(self, rows: np.ndarray) -> list[dict[str, Any]]:
        """What the Trainer takes a text's row from, and sorts it by: the length of ``input_ids``."""
        labels = self.labels[rows].tolist()
        return [
            {"index": i, "label": label, "input_ids": self.tokens[i]}
            for i, label in zip(rows.tolist(), labels, strict=True)
        ]


def tokenized(recipe: Recipe, tokenizer: "PreTrainedTokenizerBase", corpus: DatasetDict) -> Texts:
    """The :class:`Texts` of a corpus."""
    tokens, rows = _tokens(tokenizer, corpus, recipe.max_length, recipe.pooling), _rows(corpus)
    labels, ids = _targets(recipe, corpus), np.concatenate([corpus[split]["id"] for split in SPLITS])
    trained_on, rows["train"] = chosen_rows(recipe, rows["train"], labels)
    chosen_on = seen(recipe, rows["dev"], labels)
    return Texts(tokens, labels, ids, rows, trained_on, chosen_on, tokenizer.pad_token_id or 0)


def _targets(recipe, corpus):
    """What is learned of each text of all splits, one split behind the other."""
    if recipe.mapper == HUMAN:
        return np.concatenate([corpus[split]["vad"] for split in SPLITS])
    if "label" in corpus["train"].features:
        return np.concatenate([corpus[split]["label"] for split in SPLITS])
    if recipe.loss != "bce":
        raise ValueError(
            f"recipe {recipe.name!r}, field loss: {recipe.loss!r} does not go with corpus {recipe.corpus!r}, whose "
            "texts have several labels; use bce"
        )
    several = [labels for split in SPLITS for labels in corpus[split]["labels"]]
    return np.stack([np.isin(np.arange(len(EMOTIONS)), labels) for labels in several]).astype(np.int8)


def carried(recipe: Recipe, tokenizer: "PreTrainedTokenizerBase", name: str, most: int | None) -> tuple[Texts, str]:
    """The :class:`Texts` of another corpus, none of which is trained on, and its fingerprint.

    Of a split with more than ``most`` texts, it is :func:`vadstudy.corpora.sample`'s. What is not labelled with an
    index has the label -1.
    """
    corpus, fingerprint = corpora.sample(name, most)
    labels = np.concatenate(
        [rows["label"] if "label" in rows.features else np.full(len(rows), -1) for rows in corpus.values()]
    )
    ids = np.concatenate([rows["id"] for rows in corpus.values()])
    tokens = _tokens(tokenizer, corpus, recipe.carried_length, recipe.pooling)
    none = np.array([], int)
    texts = Texts(tokens, labels, ids, _rows(corpus), none, none, tokenizer.pad_token_id or 0)
    return texts, fingerprint


def _tokens(tokenizer, corpus, max_length, pooling):
    """Token ids of the texts of all splits, one split behind the other."""
    texts = [text for rows in corpus.values() for text in rows["text"]]
    padding = "max_length" if pooling == "mean-padded" else False
    return tokenizer(texts, truncation=True, max_length=max_length, padding=padding)["input_ids"]


def _rows(corpus):
    """The indices of each split's texts, one split behind the other."""
    ends = np.cumsum([len(rows) for rows in corpus.values()])
    return {split: np.arange(end - len(corpus[split]), end) for split, end in zip(corpus, ends, strict=True)}
