"""Training speed: the original's recipe, a tuned plain Trainer and the study's recipe, on GoEmotions and MiniLM-L6,
in one call.

All three train scaled VAD with MAE. *Original*: pad to 50 tokens, batch 16, all layers, single precision, learning
rate 5e-5 over 10 epochs. *Plain*: all layers, too, but with batches of near-equal length, 32 a batch, bfloat16 where
the processor has it, learning rate 2e-4 and the study's epochs. *Study*: the upper layers on states that are computed
once. ``make bench``.

Throughput is of training alone, the median of three turns, and beside the machine's own roof: the rate of matrix
products of the model's shape, in the same precision, on the same threads, divided by what an example's forward and
backward pass multiplies.

Then each way trains on all comments: the study's for all of its epochs, the others for as long and until dev macro-F1
is 0.30, ``--minutes`` at most. The bench prints when it first was, and the best of it in the time that the study's way
needs.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from datasets import DatasetDict
from recording import record
from torch.utils.flop_counter import FlopCounterMode
from transformers import TrainerCallback

from vadstudy import corpora, mappers, profiles, recipes, training
from vadstudy.inference import autocast, native, padded
from vadstudy.model import PointLoss

STUDY = replace(profiles.named("study")["scaled-mae"], name="study", splits=("dev",), keep_weights=False)
PLAIN = replace(STUDY, name="plain", trainable_layers=None, learning_rate=2e-4)
ORIGINAL = replace(
    PLAIN,
    name="original",
    pooling="mean-padded",
    batch_size=16,
    learning_rate=5e-5,
    head_learning_rate=None,
    epochs=10,
    precision="fp32",
)
TARGET = 0.30
#: Turns of each way; throughput is their median.
ROUNDS = 3


def multiplications(recipe, corpus):
    """Floating-point operations of matrix products an example: forward and backward, a sample of batches."""
    tokenizer, regressor, _ = training.build(recipe, recipes.SEED)
    objective = training.Objective(regressor, PointLoss(mappers.mapper(recipe.mapper).points)).train()
    texts, labels = corpus["train"]["text"][:256], torch.as_tensor(corpus["train"]["label"][:256])
    padding = "max_length" if recipe.pooling == "mean-padded" else False
    tokens = sorted(
        tokenizer(texts, truncation=True, max_length=recipe.max_length, padding=padding)["input_ids"], key=len
    )
    total = 0
    for start in range(0, 256, recipe.batch_size):
        ids, mask = padded(tokens[start : start + recipe.batch_size])
        states = {"input_ids": ids}
        if regressor.n_frozen is not None:
            states = {"hidden": torch.zeros(*ids.shape, regressor.encoder.config.hidden_size)}
        with FlopCounterMode(display=False) as counter:
            objective(labels[: len(ids)], mask, **states)["loss"].backward()
        total += counter.get_total_flops()
    return total / 256


def roof(precision, seconds=1.0):
    """Floating-point operations a second of matrix products of the model's shape: the best of many."""
    dtype = torch.bfloat16 if native(precision) == "bf16" else torch.float32
    rows, weights = torch.randn(640, 384, dtype=dtype), torch.randn(1536, 384, dtype=dtype)
    best, until = float("inf"), time.perf_counter() + seconds
    with autocast(precision):
        while time.perf_counter() < until:
            started = time.perf_counter()
            torch.nn.functional.linear(rows, weights)
            best = min(best, time.perf_counter() - started)
    return 2 * 640 * 384 * 1536 / best


def throughput(recipe, corpus, rows, folder):
    """Examples a second of one epoch on ``rows`` comments: of training alone, and with everything that a run does."""
    cut = DatasetDict(
        {
            "train": corpus["train"].select(range(rows)),
            "dev": corpus["dev"].select(range(100)),
            "test": corpus["test"].select(range(100)),
        }
    )
    started = time.perf_counter()
    trained = training.train(replace(recipe, epochs=1), recipes.SEED, folder / recipe.name, cut)
    return trained.examples_per_second, rows / (time.perf_counter() - started)


class Watch(TrainerCallback):
    """Notes dev macro-F1 at each evaluation with the minutes since the start.

    Stops after so many ``minutes``, or once the target is reached and ``enough`` minutes have passed.
    """

    def __init__(self, minutes, enough):
        self.started, self.minutes, self.enough, self.scores = time.perf_counter(), minutes, enough, []

    def elapsed(self):
        return (time.perf_counter() - self.started) / 60

    def on_evaluate(self, args, state, control, metrics, **kwargs):
        self.scores.append((self.elapsed(), metrics["eval_macro_f1"]))

    def on_step_end(self, args, state, control, **kwargs):
        if self.elapsed() > (self.minutes if self.reached(TARGET) is None else self.enough):
            control.should_evaluate = control.should_save = control.should_training_stop = True

    def reached(self, target):
        """Minutes until dev macro-F1 was the target; None if it never was."""
        return next((minutes for minutes, score in self.scores if score >= target), None)

    def best(self, minutes):
        """Best dev macro-F1 in so many minutes; 0 before the first evaluation."""
        return max((score for at, score in self.scores if at <= minutes), default=0.0)


def time_to_score(recipe, corpus, minutes, enough, folder):
    """A :class:`Watch` over a training on all comments, evaluated eight times an epoch, its frozen pass included."""
    every = max(1, len(corpus["train"]) // recipe.batch_size // 8)
    watch = Watch(minutes, enough)
    training.train(
        recipe,
        recipes.SEED,
        folder / f"{recipe.name}-timed",
        corpus,
        [watch],
        eval_strategy="steps",
        save_strategy="steps",
        eval_steps=every,
        save_steps=every,
    )
    return watch


@click.command()
@click.option(
    "--rows", default=2000, show_default=True, help="Training comments of the study's way; the others have a third."
)
@click.option(
    "--minutes", default=12.0, show_default=True, help="Train each way for so long at most; 0: throughput alone."
)
@click.option("--record", "path", type=click.Path(dir_okay=False, writable=True), help="JSON file for the numbers.")
def main(rows, minutes, path):
    corpus = corpora.load("goemotions")
    click.echo(
        f"{torch.get_num_threads()} threads, MiniLM-L6, GoEmotions, scaled-MAE; native precision {native('bf16')}"
    )
    with tempfile.TemporaryDirectory() as folder:
        rates, ways = {ORIGINAL: [], PLAIN: [], STUDY: []}, {}
        for i in range(ROUNDS):
            for recipe in rates:
                n = rows if recipe is STUDY else rows // 3
                rates[recipe].append(throughput(recipe, corpus, n, Path(folder) / str(i)))
        first = None
        for recipe, found in rates.items():
            alone, whole = (float(number) for number in np.median(found, axis=0))
            first = first or alone
            share = alone * multiplications(recipe, corpus) / roof(recipe.precision)
            ways[recipe.name] = {
                "examples_per_second": round(alone, 1),
                "times_the_original": round(alone / first, 1),
                "share_of_roof": round(share, 2),
                "examples_per_second_of_a_run": round(whole, 1),
            }
            click.echo(
                f"{recipe.name:9} {alone:7.1f} examples a second ({alone / first:4.1f} times the original; "
                f"{share:.0%} of the matrix products' roof); with all that a run does {whole:.1f}"
            )
        whole = minutes  # of the study's way, which is the first
        for recipe in (STUDY, PLAIN, ORIGINAL) if minutes else ():
            watch = time_to_score(recipe, corpus, minutes, whole, Path(folder))
            whole = watch.scores[-1][0] if recipe is STUDY else whole
            reached = watch.reached(TARGET)
            best = watch.best(whole)
            ways[recipe.name] |= {
                "minutes_to_target": reached and round(reached, 2),
                "best": round(best, 3),
                "minutes_of_best": round(whole, 1),
            }
            said = f"not in {minutes:g} minutes" if reached is None else f"after {reached:.1f} minutes"
            click.echo(
                f"{recipe.name:9} dev macro-F1 of {TARGET:.2f} {said}; the best in {whole:.1f} minutes is {best:.3f}"
            )
    if path:
        record(
            path,
            ways,
            threads=torch.get_num_threads(),
            encoder="MiniLM-L6",
            target=TARGET,
            minutes=minutes,
            rounds=ROUNDS,
        )


if __name__ == "__main__":
    main()
