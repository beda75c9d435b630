"""Training: a recipe and a corpus in, predictions out. The Hugging Face ``Trainer`` does the loop.

What makes it quick on a CPU is not computing twice: the outputs of the layers that are not trained are computed once
for the whole corpus and kept on disk, and batches hold texts of nearly equal length.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from datasets import Dataset, DatasetDict
from torch import Tensor, nn
from transformers import (
    EvalPrediction,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from vadstudy import corpora, mappers, metrics, origin, recipes
from vadstudy.classifiers import NearestEmotion
from vadstudy.disk import checkpoints
from vadstudy.disk.files import writable
from vadstudy.disk.schemas import SPLITS
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.errors import TrainingError
from vadstudy.inference import Frozen, native, padded, predict, prediction_frame, quiet
from vadstudy.model import DistanceLoss, LabelLoss, PointLoss, Regressor, load_encoder
from vadstudy.recipes import HUMAN, Recipe


@dataclass(frozen=True)
class Trained:
    """What a training gives: predictions of every split asked for, the history, the model, and its encoder's name.

    ``read`` is what tells labels apart at a point, where that was learned: :meth:`vadstudy.model.DistanceLoss.read`.
    """

    predictions: pd.DataFrame
    history: pd.DataFrame
    regressor: Regressor
    fingerprints: dict[str, str]
    examples_per_second: float
    read: dict[str, Any] = field(default_factory=dict)


def build(recipe: Recipe, seed: int | None = None) -> tuple[PreTrainedTokenizerBase, Regressor, str]:
    """Tokenizer, untrained regressor and the encoder's fingerprint; the seed decides the head's weights."""
    if seed is not None:
        set_seed(seed)
    tokenizer, encoder, fingerprint = load_encoder(recipe.encoder)
    if recipe.mapper == HUMAN:
        outputs = len(DIMENSIONS)
    else:
        outputs = mappers.mapper(recipe.mapper).dims if recipe.mapper else len(EMOTIONS)
    regressor = Regressor(
        encoder,
        outputs,
        recipe.pooling,
        recipe.hidden_layers,
        recipe.dropout,
        recipe.mapper is not None,
        recipe.trainable_layers,
    )
    return tokenizer, regressor, fingerprint


class Objective(nn.Module):
    """A regressor and its loss, in the form the Trainer takes: a batch in, loss and outputs out."""

    def __init__(self, regressor: Regressor, loss: PointLoss | DistanceLoss | LabelLoss):
        super().__init__()
        self.regressor, self.loss = regressor, loss

    def forward(
        self, labels: Tensor, attention_mask: Tensor, input_ids: Tensor | None = None, hidden: Tensor | None = None
    ) -> dict[str, Tensor]:
        outputs = self.regressor(attention_mask, input_ids, hidden)
        return {"loss": self.loss(outputs, labels), "outputs": outputs}


class FiniteTrainer(checkpoints.SealingTrainer):
    """A Trainer that stops at the first loss that is not finite."""

    recipe_name = ""

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], **options) -> Any:
        result = super().compute_loss(model, inputs, **options)
        loss = result[0] if isinstance(result, tuple) else result
        if not torch.isfinite(loss):
            raise TrainingError(
                f"recipe {self.recipe_name!r}: the loss is {loss.item()} at step "
                f"{self.state.global_step}; lower its learning rate, or train it in fp32"
            )
        return result


def dev_scores(
    recipe: Recipe, seed: int, loss: nn.Module | None = None
) -> Callable[[EvalPrediction], dict[str, float]]:
    """Function from the Trainer's evaluation to accuracy and macro-F1: nearest emotion of points, argmax of logits.

    The nearest is sought among the labels that are trained on. With a :class:`~vadstudy.model.DistanceLoss`, the
    logits are those that it has at the time.

    Of points that people gave: to Pearson's r, the mean over dimensions.
    """
    nearest = None
    if recipe.mapper == HUMAN:
        return lambda evaluation: {"pearson": float(metrics.pearson(*evaluation).mean())}
    if recipe.mapper and not isinstance(loss, DistanceLoss):
        known = np.flatnonzero(~np.isin(EMOTIONS, recipe.without))
        nearest = NearestEmotion().fit(mappers.mapper(recipe.mapper, seed).points[known], known)

    def compute(evaluation):
        outputs, labels = evaluation
        if isinstance(loss, DistanceLoss):
            with torch.no_grad():
                outputs = loss.logits(torch.tensor(outputs)).numpy()
        return metrics.scores(labels, nearest.predict(outputs) if nearest else outputs.argmax(axis=1))

    return compute


def _history(log):
    """One row an evaluation from the Trainer's log."""
    frame = pd.DataFrame(log).drop(columns="train_loss", errors="ignore")  # the whole training's, in the last row
    names = {
        "loss": "train_loss",
        "eval_loss": "dev_loss",
        "eval_accuracy": "dev_accuracy",
        "eval_macro_f1": "dev_macro_f1",
        "eval_pearson": "dev_pearson",
    }
    frame = frame.rename(columns=names).groupby("step", as_index=False).first()
    return frame.dropna(subset=["dev_loss"])[["step", "epoch", *(name for name in names.values() if name in frame)]]


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

    Labels are indices (n,), or, where people gave the texts' points, those (n, dims).
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

    def dataset(self, rows: np.ndarray) -> Dataset:
        """What the Trainer takes a text's row from, and sorts it by."""
        lengths = [len(self.tokens[i]) for i in rows]
        return Dataset.from_dict({"index": rows, "label": self.labels[rows], "length": lengths})


def tokenized(recipe: Recipe, tokenizer: PreTrainedTokenizerBase, corpus: DatasetDict) -> Texts:
    """The :class:`Texts` of a corpus."""
    tokens, rows = _tokens(tokenizer, corpus, recipe.max_length, recipe.pooling), _rows(corpus)
    target = "vad" if recipe.mapper == HUMAN else "label"
    labels, ids = (np.concatenate([corpus[split][name] for split in SPLITS]) for name in (target, "id"))
    trained_on, rows["train"] = chosen_rows(recipe, rows["train"], labels)
    chosen_on = seen(recipe, rows["dev"], labels)
    return Texts(tokens, labels, ids, rows, trained_on, chosen_on, tokenizer.pad_token_id or 0)


def carried(recipe: Recipe, tokenizer: PreTrainedTokenizerBase, name: str, most: int | None) -> tuple[Texts, str]:
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


def frozen_states(
    recipe: Recipe, regressor: Regressor, texts: Texts, fingerprints: dict[str, str], folder: Path
) -> Frozen | None:
    """The :class:`Frozen` states in ``folder``, in a file named by all that they depend on; None if all is trained."""
    if regressor.n_frozen is None:
        return None
    config = regressor.encoder.config.to_diff_dict()
    depends_on = [fingerprints["encoder"], config, regressor.n_frozen, texts.tokens, texts.pad_id]
    name = origin.digest(*depends_on, origin.machine(recipe.precision))[:16]
    return Frozen(folder / f"{name}.npy", regressor, texts.tokens, recipe.precision, texts.pad_id)


def objective(recipe: Recipe, seed: int, regressor: Regressor) -> tuple[Objective, torch.optim.Optimizer]:
    """What is minimised, with the optimizer that does it; the head, and what a loss learns, have their own rate."""
    loss: PointLoss | DistanceLoss | LabelLoss
    if recipe.mapper and recipe.loss == "distance":
        loss = DistanceLoss(mappers.mapper(recipe.mapper, seed).points, recipe.mapper.startswith("learned"))
    elif recipe.mapper:
        points = None if recipe.mapper == HUMAN else mappers.mapper(recipe.mapper, seed).points
        loss = PointLoss(points, recipe.loss, recipe.loss_lambda, recipe.temperature, recipe.target_noise)
    else:
        loss = LabelLoss(recipe.loss)
    head: dict[str, Any] = {
        "params": [*regressor.head.parameters(), *loss.parameters()],
        "lr": recipe.head_learning_rate or recipe.learning_rate,
    }
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in regressor.encoder.parameters() if p.requires_grad]}, head],
        lr=recipe.learning_rate,
        eps=recipe.adam_epsilon,
        weight_decay=recipe.weight_decay,
    )
    return Objective(regressor, loss), optimizer


def settings(recipe: Recipe, seed: int, workdir: Path) -> dict[str, Any]:
    """The Trainer's arguments."""
    return dict(
        output_dir=str(workdir),
        seed=seed,
        full_determinism=True,
        report_to="none",
        use_cpu=not torch.cuda.is_available(),
        bf16=native(recipe.precision) == "bf16",
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=64,
        lr_scheduler_type="linear",
        warmup_steps=recipe.warmup,
        max_grad_norm=recipe.max_grad_norm,
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=None,
        load_best_model_at_end=True,
        metric_for_best_model="pearson" if recipe.mapper == HUMAN else "macro_f1",
        greater_is_better=True,
        disable_tqdm=quiet(),
    )


def trainer(
    recipe: Recipe,
    seed: int,
    texts: Texts,
    frozen: Frozen | None,
    model: Objective,
    optimizer: torch.optim.Optimizer,
    workdir: Path,
    callbacks: Sequence[TrainerCallback],
    arguments: dict[str, Any],
) -> FiniteTrainer:
    """The Trainer, with batches of token ids, or of states where there are some."""

    def collate(rows):
        indices = [row["index"] for row in rows]
        ids, mask = padded([texts.tokens[i] for i in indices], texts.pad_id)
        inputs = {"input_ids": ids} if frozen is None else {"hidden": frozen.batch(indices)}
        return {"attention_mask": mask, "labels": torch.tensor([row["label"] for row in rows]), **inputs}

    made = FiniteTrainer(
        model=model,
        args=TrainingArguments(**settings(recipe, seed, workdir) | arguments),
        callbacks=list(callbacks),
        data_collator=collate,
        optimizers=(optimizer, None),
        train_dataset=texts.dataset(texts.trained_on),
        eval_dataset=texts.dataset(texts.chosen_on),
        compute_metrics=dev_scores(recipe, seed, model.loss),
    )
    made.recipe_name = recipe.name
    # Determinism would fill memory that is about to be written anyway; no result depends on it.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    made.remove_callback(PrinterCallback)
    return made


def predictions(
    recipe: Recipe, regressor: Regressor, texts: Texts, frozen: Frozen | None, splits: Sequence[str], corpus: str = ""
) -> pd.DataFrame:
    """The outputs of the splits, as a run has them; those of another corpus are named ``corpus/split``.

    A ``WriteError`` if the frozen states were damaged while they were read.
    """
    frames = []
    for split in splits:
        rows = texts.rows[split]
        states = None if frozen is None else (lambda batch, rows=rows: frozen.batch(rows[batch]))
        tokens = [texts.tokens[i] for i in rows]
        outputs = predict(regressor, tokens, recipe.precision, 64, texts.pad_id, states)
        named = f"{corpus}/{split}" if corpus else split
        labels = texts.labels[rows] if texts.labels.ndim == 1 else -1
        frames.append(prediction_frame(named, texts.ids[rows].tolist(), labels, outputs))
    if frozen is not None:
        frozen.check()
    return pd.concat(frames, ignore_index=True)


def train(
    recipe: Recipe,
    seed: int,
    workdir: Path | str,
    corpus: DatasetDict | None = None,
    callbacks: Sequence[TrainerCallback] = (),
    **arguments: Any,
) -> Trained:
    """Train a recipe; after a kill, go on from the last checkpoint in ``workdir`` to the same predictions.

    The epoch with the best dev macro-F1 is kept (of people's points, the one with the best correlation). Frozen states
    are kept in ``workdir.parent / "frozen"``, which every run of the same encoder and corpus shares. ``callbacks`` and
    ``arguments`` are the Trainer's, for measurements; a recorded run has none. A checkpoint that is not whole, or of
    another training, is not used, and the log says why.

    Raises
    ------
    TrainingError
        If the loss is not finite; a ``WriteError`` if ``workdir`` cannot be written.
    ValueError
        If the seed is not a whole number from 0 to 2**32 - 1.
    """
    recipes.check_seed(seed)
    workdir = writable(Path(workdir))
    corpus = corpora.load(recipe.corpus) if corpus is None else corpus
    tokenizer, regressor, encoder_print = build(recipe, seed)
    fingerprints = {"encoder": encoder_print, "corpus": corpora.fingerprint(corpus)}
    texts = tokenized(recipe, tokenizer, corpus)
    frozen = frozen_states(recipe, regressor, texts, fingerprints, workdir.parent / "frozen")
    model, optimizer = objective(recipe, seed, regressor)
    made = trainer(recipe, seed, texts, frozen, model, optimizer, workdir, callbacks, arguments)
    made.origin = origin.origin(
        recipe,
        seed,
        **fingerprints,
        tokens=origin.digest(texts.tokens),
        points=origin.digest(None if (points := getattr(model.loss, "points", None)) is None else points.tolist()),
        states=getattr(frozen, "made", None),
        arguments=origin.digest(arguments),
    )
    last = checkpoints.newest(workdir, lambda stored: origin.changed(stored, recipe, made.origin))
    result = made.train(resume_from_checkpoint=str(last) if last else None)
    predicted = [predictions(recipe, regressor, texts, frozen, recipe.splits)]
    for name, most in recipe.carried_to:
        texts, fingerprints[name] = carried(recipe, tokenizer, name, most)
        frozen = frozen_states(recipe, regressor, texts, fingerprints, workdir.parent / "frozen")
        predicted.append(predictions(recipe, regressor, texts, frozen, list(texts.rows), name))
    return Trained(
        pd.concat(predicted, ignore_index=True),
        _history(made.state.log_history),
        regressor,
        fingerprints,
        result.metrics["train_samples_per_second"],
        model.loss.read() if isinstance(model.loss, DistanceLoss) else {},
    )
