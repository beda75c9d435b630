"""Training: a recipe and a corpus in, predictions out. The Hugging Face ``Trainer`` does the loop.

What makes it quick on a CPU is not computing twice: the outputs of the layers that are not trained are computed once
for the whole corpus and kept on disk, and batches hold texts of nearly equal length.
"""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from datasets import Dataset
from torch import nn
from transformers import PrinterCallback, Trainer, TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from vadstudy import corpora, goemotions, mappers, metrics
from vadstudy.classifiers import NearestEmotion
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import TrainingError
from vadstudy.inference import Frozen, native, padded, predict, prediction_frame, quiet
from vadstudy.losses import LabelLoss, PointLoss
from vadstudy.regressor import Regressor, load_encoder


@dataclass(frozen=True)
class Trained:
    """What a training gives: predictions of every split asked for, the history, the model, and its encoder's name."""

    predictions: pd.DataFrame
    history: pd.DataFrame
    regressor: Regressor
    fingerprints: dict
    examples_per_second: float


def build(recipe, seed=None):
    """Tokenizer, untrained regressor and the encoder's fingerprint; the seed decides the head's weights."""
    if seed is not None:
        set_seed(seed)
    tokenizer, encoder, fingerprint = load_encoder(recipe.encoder)
    outputs = mappers.mapper(recipe.mapper).dims if recipe.mapper else len(EMOTIONS)
    regressor = Regressor(
        encoder, outputs, recipe.pooling, recipe.hidden_layers, recipe.dropout, recipe.mapper is not None,
        recipe.trainable_layers,
    )  # fmt: skip
    return tokenizer, regressor, fingerprint


class Objective(nn.Module):
    """A regressor and its loss, in the form the Trainer takes: a batch in, loss and outputs out."""

    def __init__(self, regressor, loss):
        super().__init__()
        self.regressor, self.loss = regressor, loss

    def forward(self, labels, attention_mask, input_ids=None, hidden=None):
        outputs = self.regressor(attention_mask, input_ids, hidden)
        return {"loss": self.loss(outputs, labels), "outputs": outputs}


class FiniteTrainer(Trainer):
    """A Trainer that stops at the first loss that is not finite."""

    recipe_name = ""

    def compute_loss(self, model, inputs, **options):
        result = super().compute_loss(model, inputs, **options)
        loss = result[0] if isinstance(result, tuple) else result
        if not torch.isfinite(loss):
            raise TrainingError(f"recipe {self.recipe_name!r}: the loss is {loss.item()} at step "
                                f"{self.state.global_step}; lower its learning rate, or train it in fp32")  # fmt: skip
        return result


def dev_scores(recipe, seed):
    """Function from the Trainer's evaluation to accuracy and macro-F1: nearest emotion of points, argmax of logits."""
    nearest = None
    if recipe.mapper:
        nearest = NearestEmotion().fit(mappers.mapper(recipe.mapper, seed).points, np.arange(len(EMOTIONS)))

    def compute(evaluation):
        outputs, labels = evaluation
        return metrics.scores(labels, nearest.predict(outputs) if nearest else outputs.argmax(axis=1))

    return compute


def _history(log):
    """One row an evaluation from the Trainer's log."""
    frame = pd.DataFrame(log).drop(columns="train_loss", errors="ignore")  # the whole training's, in the last row
    names = {"loss": "train_loss", "eval_loss": "dev_loss", "eval_accuracy": "dev_accuracy",
             "eval_macro_f1": "dev_macro_f1"}  # fmt: skip
    frame = frame.rename(columns=names).groupby("step", as_index=False).first()
    return frame.dropna(subset=["dev_loss"])[["step", "epoch", *names.values()]]


def chosen_rows(recipe, train):
    """Which of the rows ``train`` a recipe trains on, and which it predicts as its train split."""
    if recipe.fold:
        i, n = recipe.fold
        part = np.random.default_rng(0).permutation(len(train)) % n == i - 1
        return train[~part], train[part]
    if recipe.train_rows and recipe.train_rows < len(train):
        train = np.sort(np.random.default_rng(0).choice(train, recipe.train_rows, replace=False))
    return train, train


def train(recipe, seed, workdir, corpus=None, callbacks=(), **arguments):
    """Train a recipe; after a kill, go on from the last checkpoint in ``workdir`` to the same predictions.

    The epoch with the best dev macro-F1 is kept. Frozen states are kept in ``workdir.parent / "frozen"``, which every
    run of the same encoder and corpus shares. ``callbacks`` and ``arguments`` are the Trainer's, for measurements; a
    recorded run has none.

    Raises
    ------
    TrainingError
        If the loss is not finite.
    """
    corpus = corpora.load(recipe.corpus) if corpus is None else corpus
    tokenizer, regressor, encoder_print = build(recipe, seed)
    corpus_print = corpora.fingerprint(corpus)
    texts = [text for split in goemotions.SPLITS for text in corpus[split]["text"]]
    padding = "max_length" if recipe.pooling == "mean-padded" else False
    tokens = tokenizer(texts, truncation=True, max_length=recipe.max_length, padding=padding)["input_ids"]
    starts = np.cumsum([0] + [len(corpus[split]) for split in goemotions.SPLITS])
    index = {split: np.arange(starts[i], starts[i + 1]) for i, split in enumerate(goemotions.SPLITS)}
    trained_on, index["train"] = chosen_rows(recipe, index["train"])
    pad_id = tokenizer.pad_token_id or 0
    frozen = None
    if regressor.n_frozen is not None:
        key = f"{encoder_print}{corpus_print}{regressor.n_frozen}{recipe.max_length}{native(recipe.precision)}{padding}"
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        folder = Path(workdir).parent / "frozen"
        frozen = Frozen(folder / f"{name}.npy", regressor, tokens, recipe.precision, pad_id)

    def collate(rows):
        indices = [row["index"] for row in rows]
        ids, mask = padded([tokens[i] for i in indices], pad_id)
        inputs = {"input_ids": ids} if frozen is None else {"hidden": frozen.batch(indices)}
        return {"attention_mask": mask, "labels": torch.as_tensor([row["label"] for row in rows]), **inputs}

    labels = np.concatenate([corpus[split]["label"] for split in goemotions.SPLITS])
    ids = np.concatenate([corpus[split]["id"] for split in goemotions.SPLITS])

    def dataset(rows):
        return Dataset.from_dict({"index": rows, "label": labels[rows], "length": [len(tokens[i]) for i in rows]})

    if recipe.mapper:
        points = mappers.mapper(recipe.mapper, seed).points
        loss = PointLoss(points, recipe.loss, recipe.loss_lambda, recipe.temperature, recipe.target_noise)
    else:
        loss = LabelLoss(recipe.loss)
    encoder_parameters = [p for p in regressor.encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": encoder_parameters},
         {"params": regressor.head.parameters(), "lr": recipe.head_learning_rate or recipe.learning_rate}],
        lr=recipe.learning_rate, eps=recipe.adam_epsilon, weight_decay=recipe.weight_decay,
    )  # fmt: skip
    settings = dict(
        output_dir=str(workdir), seed=seed, full_determinism=True, report_to="none",
        use_cpu=not torch.cuda.is_available(), bf16=native(recipe.precision) == "bf16",
        num_train_epochs=recipe.epochs, per_device_train_batch_size=recipe.batch_size, per_device_eval_batch_size=64,
        lr_scheduler_type="linear", warmup_steps=recipe.warmup, max_grad_norm=recipe.max_grad_norm,
        train_sampling_strategy="group_by_length", remove_unused_columns=False, dataloader_pin_memory=False,
        eval_strategy="epoch", save_strategy="epoch", logging_strategy="epoch", save_total_limit=1,
        load_best_model_at_end=True, metric_for_best_model="macro_f1", greater_is_better=True, disable_tqdm=quiet(),
    )  # fmt: skip
    trainer = FiniteTrainer(
        model=Objective(regressor, loss), args=TrainingArguments(**settings | arguments), callbacks=list(callbacks),
        data_collator=collate, optimizers=(optimizer, None),
        train_dataset=dataset(trained_on), eval_dataset=dataset(index["dev"]), compute_metrics=dev_scores(recipe, seed),
    )  # fmt: skip
    trainer.recipe_name = recipe.name
    # Determinism would fill memory that is about to be written anyway; no result depends on it.
    torch.utils.deterministic.fill_uninitialized_memory = False
    trainer.remove_callback(PrinterCallback)
    for folder in Path(workdir).glob("checkpoint-*"):
        # Written last: without it, the process was killed while it wrote the checkpoint.
        if not (folder / "trainer_state.json").is_file():
            shutil.rmtree(folder)
    last = get_last_checkpoint(str(workdir)) if Path(workdir).is_dir() else None
    result = trainer.train(resume_from_checkpoint=last)

    frames = []
    for split in recipe.splits:
        rows = index[split]
        states = None if frozen is None else (lambda batch, rows=rows: frozen.batch(rows[batch]))
        outputs = predict(regressor, [tokens[i] for i in rows], recipe.precision, 64, pad_id, states)
        frames.append(prediction_frame(split, ids[rows].tolist(), labels[rows], outputs))
    return Trained(pd.concat(frames, ignore_index=True), _history(trainer.state.log_history), regressor,
                   {"encoder": encoder_print, "corpus": corpus_print},
                   result.metrics["train_samples_per_second"])  # fmt: skip
