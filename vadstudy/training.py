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
from datasets import DatasetDict
from scipy.special import expit
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import (
    EvalPrediction,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from vadstudy import corpora, mappers, metrics, origin, recipes
from vadstudy.borrowed import Definitions, SortedLoss
from vadstudy.classifiers import NearestEmotion
from vadstudy.disk import checkpoints
from vadstudy.disk.files import writable
from vadstudy.emotions import DIMENSIONS, EMOTIONS, descriptions
from vadstudy.errors import TrainingError
from vadstudy.inference import Frozen, native, padded, predict, prediction_frame, quiet
from vadstudy.model import DistanceLoss, LabelLoss, PointLoss, Regressor, load_encoder, pool
from vadstudy.recipes import HUMAN, Recipe
from vadstudy.texts import Texts, carried, tokenized


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
        outputs *= len(EMOTIONS) if recipe.loss == "sorted" else 1
    regressor = Regressor(
        encoder,
        outputs,
        recipe.pooling,
        recipe.hidden_layers,
        recipe.dropout,
        recipe.mapper is not None and recipe.loss != "sorted",
        recipe.trainable_layers,
        recipe.token_hidden,
    )
    return tokenizer, regressor, fingerprint


Loss = PointLoss | DistanceLoss | SortedLoss | LabelLoss


class Objective(nn.Module):
    """A regressor and its loss, in the form the Trainer takes: a batch in, loss and outputs out.

    With ``pairs``, it also tells whether a definition belongs to a text (``belongs``, 1 or 0), by an output of its own.
    """

    def __init__(self, regressor: Regressor, loss: Loss, pairs: bool = False):
        super().__init__()
        self.regressor, self.loss = regressor, loss
        self.pair_head = nn.Linear(regressor.encoder.config.hidden_size, 2) if pairs else None

    def forward(
        self,
        labels: Tensor,
        attention_mask: Tensor,
        input_ids: Tensor | None = None,
        hidden: Tensor | None = None,
        belongs: Tensor | None = None,
    ) -> dict[str, Tensor]:
        if belongs is not None and self.pair_head is not None:
            states = self.regressor.states(attention_mask, input_ids)
            told = self.pair_head(pool(states, attention_mask, "mean"))
            return {"loss": F.cross_entropy(told.float(), belongs), "outputs": told}
        outputs = self.regressor(attention_mask, input_ids, hidden)
        return {"loss": self.loss(outputs, labels), "outputs": outputs}


class FiniteTrainer(checkpoints.SealingTrainer):
    """A Trainer that stops at the first loss that is not finite, and in some steps trains on ``definitions``."""

    recipe_name = ""
    #: What makes a batch of pairs for a step, if the step is to have one: of the batch's inputs and the step.
    instead: Callable[[dict[str, Any], int], dict[str, Any] | None] | None = None

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], **options) -> Any:
        if self.instead is not None:
            drawn = self.instead(inputs, self.state.global_step) if model.training else None
            inputs = drawn or {name: value for name, value in inputs.items() if name != "index"}
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

    The nearest is sought among the labels that are trained on. A loss that makes logits of outputs makes them as it
    does at the time. Where texts have several labels, a threshold that is the best on dev says which are named.

    Of points that people gave: to Pearson's r, the mean over dimensions.
    """
    logits = getattr(loss, "logits", None)
    nearest = None
    if recipe.mapper == HUMAN:
        return lambda evaluation: {"pearson": float(metrics.pearson(*evaluation).mean())}
    if recipe.mapper and logits is None:
        known = np.flatnonzero(~np.isin(EMOTIONS, recipe.without))
        nearest = NearestEmotion().fit(mappers.mapper(recipe.mapper, seed).points[known], known)

    def compute(evaluation):
        outputs, labels = evaluation
        if labels.ndim == 2:
            likely = expit(outputs)
            found = metrics.set_scores(likely, labels, metrics.best_common_threshold(likely, labels))
            return {name: found[name] for name in ("accuracy", "macro_f1")}
        if logits is not None:
            with torch.no_grad():
                outputs = logits(torch.tensor(outputs)).numpy()
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
    """What is minimised, with the optimizer that does it; the head, and what a loss learns, have their own rates."""
    loss: Loss
    if recipe.mapper and recipe.loss == "sorted":
        loss = SortedLoss(mappers.mapper(recipe.mapper, seed).points)
    elif recipe.mapper and recipe.loss == "distance":
        learned = recipe.mapper.startswith("learned")
        loss = DistanceLoss(mappers.mapper(recipe.mapper, seed).points, learned, recipe.temperature)
    elif recipe.mapper:
        points = None if recipe.mapper == HUMAN else mappers.mapper(recipe.mapper, seed).points
        loss = PointLoss(points, recipe.loss, recipe.loss_lambda, recipe.temperature, recipe.target_noise)
    else:
        loss = LabelLoss(recipe.loss)
    model = Objective(regressor, loss, pairs=recipe.main_share < 1)
    encoder, labels = list(regressor.encoder.parameters()), list(loss.parameters())
    elsewhere = {id(p) for p in (*encoder, *labels)}
    head_rate = recipe.head_learning_rate or recipe.learning_rate
    groups: list[dict[str, Any]] = [
        {"params": [p for p in encoder if p.requires_grad]},
        {"params": [p for p in model.parameters() if id(p) not in elsewhere], "lr": head_rate},
        {"params": labels, "lr": recipe.label_learning_rate or head_rate},
    ]
    optimizer = torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=recipe.learning_rate,
        eps=recipe.adam_epsilon,
        weight_decay=recipe.weight_decay,
    )
    return model, optimizer


def definitions(recipe: Recipe, seed: int, tokenizer: PreTrainedTokenizerBase) -> Definitions | None:
    """The auxiliary task of a recipe, in our own words for the labels; None if all its steps train the main one."""
    if recipe.main_share == 1:
        return None
    tokens = tokenizer(list(descriptions().values()), add_special_tokens=False)["input_ids"]
    return Definitions(tokens, tokenizer.sep_token_id, recipe.main_share, seed)


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
    auxiliary: Definitions | None = None,
) -> FiniteTrainer:
    """The Trainer, with batches of token ids, or of states where there are some; in some steps of ``auxiliary``."""

    def collate(rows):
        indices = [row["index"] for row in rows]
        ids, mask = padded([texts.tokens[i] for i in indices], texts.pad_id)
        inputs = {"input_ids": ids} if frozen is None else {"hidden": frozen.batch(indices)}
        inputs |= {} if auxiliary is None else {"index": torch.tensor(indices)}
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

    def instead(inputs, step):
        if auxiliary is None or not auxiliary.drawn(step):
            return None
        rows, device = inputs["index"].tolist(), inputs["labels"].device
        tokens, belongs = auxiliary.pairs([texts.tokens[i] for i in rows], texts.labels[rows], step)
        ids, mask = (each.to(device) for each in padded(tokens, texts.pad_id))
        told = torch.tensor(belongs, device=device)
        return {"labels": inputs["labels"], "input_ids": ids, "attention_mask": mask, "belongs": told}

    made.instead = instead if auxiliary else None
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
    auxiliary = definitions(recipe, seed, tokenizer)
    made = trainer(recipe, seed, texts, frozen, model, optimizer, workdir, callbacks, arguments, auxiliary)
    made.origin = origin.origin(
        recipe,
        seed,
        **fingerprints,
        tokens=origin.digest(texts.tokens),
        points=origin.digest(None if (points := getattr(model.loss, "points", None)) is None else points.tolist()),
        states=getattr(frozen, "made", None),
        arguments=origin.digest(arguments),
        **({"definitions": origin.digest(auxiliary.tokens)} if auxiliary else {}),
    )
    last = checkpoints.newest(workdir, lambda stored: origin.changed(stored, recipe, made.origin))
    result = made.train(resume_from_checkpoint=str(last) if last else None)
    predicted = [predictions(recipe, regressor, texts, frozen, recipe.splits)]
    for name, most in recipe.carried_to:
        texts, fingerprints[name] = carried(recipe, tokenizer, name, most)
        frozen = frozen_states(recipe, regressor, texts, fingerprints, workdir.parent / "frozen")
        splits = [split for split in texts.rows if split in (recipe.carried_splits or texts.rows)]
        predicted.append(predictions(recipe, regressor, texts, frozen, splits, name))
    return Trained(
        pd.concat(predicted, ignore_index=True),
        _history(made.state.log_history),
        regressor,
        fingerprints,
        result.metrics["train_samples_per_second"],
        model.loss.read() if isinstance(model.loss, DistanceLoss) else {},
    )
