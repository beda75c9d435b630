"""Training throughput: the study's recipe against the paper's way, both on GoEmotions and MiniLM-L6, in one call.

The paper's way is a plain Trainer: pad to 50 tokens, batch 16, all layers, single precision. The study's recipe trains
the upper layers on states that are computed once, in batches of near-equal length, in bfloat16. ``make bench``.
"""

import tempfile
import time
from pathlib import Path

import click
import torch
from datasets import Dataset, DatasetDict
from transformers import PrinterCallback, Trainer, TrainingArguments

from vadstudy import corpora, recipes, training
from vadstudy.inference import quiet
from vadstudy.losses import PointLoss
from vadstudy.mappers import scaled
from vadstudy.regressor import Regressor, load_encoder


def the_papers_way(corpus, folder):
    """Examples a second of a plain Trainer with the original's settings."""
    tokenizer, encoder, _ = load_encoder("minilm")
    tokens = tokenizer(list(corpus["train"]["text"]), truncation=True, padding="max_length", max_length=50)
    rows = Dataset.from_dict({name: tokens[name] for name in ("input_ids", "attention_mask")}
                             | {"labels": corpus["train"]["label"]})  # fmt: skip
    arguments = TrainingArguments(
        output_dir=folder, num_train_epochs=1, per_device_train_batch_size=16, learning_rate=5e-5, report_to="none",
        use_cpu=True, save_strategy="no", logging_strategy="no", disable_tqdm=quiet(),
    )  # fmt: skip
    model = training.Objective(Regressor(encoder, 3), PointLoss(scaled().points))
    trainer = Trainer(model=model, args=arguments, train_dataset=rows)
    trainer.remove_callback(PrinterCallback)
    return trainer.train().metrics["train_samples_per_second"]


def the_studys_way(corpus, folder):
    """Examples a second of the study's recipe: of its training alone, and of all that it does for its epochs."""
    recipe = recipes.named("study")["scaled-mae"]
    started = time.perf_counter()
    trained = training.train(recipe, recipes.SEED, Path(folder) / "run", corpus)
    whole = recipe.epochs * len(corpus["train"]) / (time.perf_counter() - started)
    return trained.examples_per_second, whole


@click.command()
@click.option("--rows", default=2000, show_default=True, help="Training comments.")
@click.option("--plain-rows", default=600, show_default=True, help="Training comments of the slower one.")
def main(rows, plain_rows):
    corpus = corpora.load("goemotions")

    def cut(n):
        return DatasetDict({"train": corpus["train"].select(range(n)), "dev": corpus["dev"].select(range(100)),
                            "test": corpus["test"].select(range(100))})  # fmt: skip

    with tempfile.TemporaryDirectory() as folder:
        plain = the_papers_way(cut(plain_rows), folder)
        alone, whole = the_studys_way(cut(rows), folder)
    click.echo(f"{torch.get_num_threads()} threads, MiniLM-L6, GoEmotions")
    click.echo(f"the paper's way (pad to 50, batch 16, all layers, fp32):  {plain:7.1f} examples a second")
    click.echo(f"the study's recipe, training and its evaluations:         {alone:7.1f} examples a second, "
               f"{alone / plain:.1f} times as many")  # fmt: skip
    click.echo(f"the same with loading, frozen layers and predictions:     {whole:7.1f} examples a second, "
               f"{whole / plain:.1f} times as many")  # fmt: skip


if __name__ == "__main__":
    main()
