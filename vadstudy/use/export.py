"""Export: the flagship as a plain Hugging Face folder, which needs nothing of this package, with a model card.

The card is the template ``data/card.md``; every score in it is computed from the record when it is written.
"""

import os
import shutil
import textwrap
from pathlib import Path
from string import Template

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from vadstudy import bootstrap, mappers, metrics, tables
from vadstudy.bootstrap import SCORES, Row
from vadstudy.disk import files
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.errors import ExportError
from vadstudy.paths import PACKAGED
from vadstudy.recipes import ENCODER_NAMES
from vadstudy.runs import Run, RunStore
from vadstudy.use.pipeline import EmotionPipeline, without_bars

CARD = PACKAGED / "card.md"
#: Quantiles of the scaled mapper.
LEVELS = 21


def export(folder: Path | str, profile: str = "study", overwrite: bool = False) -> Path:
    """Write the flagship's encoder, tokenizer, head and model card to a folder.

    Parameters
    ----------
    folder : Path
        Made if it is missing; it appears whole, or, with ``overwrite``, each of its files does.

    Returns
    -------
    Path
        Of the folder.

    Raises
    ------
    ExportError
        If the folder holds files and ``overwrite`` is off, its parent is missing, or it cannot be written.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise ExportError(f"{folder} is not empty; name another folder, or replace its files with --overwrite")
    if not folder.absolute().parent.is_dir():
        raise ExportError(f"{folder}: the folder {folder.parent} is missing; make it, or name another")
    pipeline = EmotionPipeline(model="regressor", profile=profile)
    part = folder.absolute().with_name(f".{folder.absolute().name}.part")
    shutil.rmtree(part, ignore_errors=True)
    encoder = pipeline.regressor.encoder
    # The bare encoder has no labels: what adds a classifier of random weights to it, as a text-classification pipeline
    # does, then has nothing to answer with.
    encoder.config.num_labels = 0
    try:
        with without_bars():
            encoder.save_pretrained(part)
        pipeline.tokenizer.save_pretrained(part)
        save_file(head(pipeline), part / "head.safetensors")
        (part / "README.md").write_text(card(RunStore(profile), pipeline), encoding="utf-8")
        for path in part.iterdir():
            path.chmod(0o644)
            files.sync(path)
        _put(part, folder)
    except (OSError, SafetensorError) as error:
        raise ExportError(f"{folder} cannot be written ({error}); make room or name another folder") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _put(part, folder):
    """Move a finished folder to its place: whole if there is none yet, else file by file."""
    if not folder.exists():
        os.replace(part, folder)
    else:
        for path in part.iterdir():
            files.replace(path, folder / path.name)
    files.sync(folder.absolute().parent)


def head(pipeline: EmotionPipeline) -> dict[str, torch.Tensor]:
    """The tensors after the encoder: linear layer, emotions' points, quantiles (21, 3), temperature."""
    run, layers = pipeline.run, [layer for layer in pipeline.regressor.head if isinstance(layer, torch.nn.Linear)]
    mapper = getattr(run.recipe, "mapper", None)
    if len(layers) > 1 or mapper != "scaled":
        raise ExportError(
            f"{run.path} has {len(layers)} layers in its head and the mapper {mapper!r}; "
            "the card's code reads one layer and the mapper 'scaled'; extend it"
        )
    levels = np.repeat(np.linspace(0, 1, LEVELS)[:, None], 3, axis=1)
    arrays = {
        "emotions": run.mapper.points,
        "quantiles": mappers.to_vad(levels, "scaled"),
        "temperature": np.array(pipeline.classifier.temperature),
    }
    tensors = {name: torch.tensor(value, dtype=torch.float32) for name, value in arrays.items()}
    return {"weight": layers[0].weight.detach().contiguous(), "bias": layers[0].bias.detach().contiguous(), **tensors}


def card(store: RunStore, pipeline: EmotionPipeline) -> str:
    """The model card, with the scores of the pipeline's run and of the other recorded runs that it is compared with."""
    run, recipe = pipeline.run, store.recipes[pipeline.run.recipe.name]
    true, predicted = run.labels("test"), tables.nearest(run)
    f1 = metrics.f1_per_label(true, predicted)
    never = [f"{EMOTIONS[i]} ({(true == i).sum()})" for i in np.flatnonzero(f1 == 0) if (true == i).any()]
    labels = textwrap.fill(" ".join(EMOTIONS), 100, initial_indent="    ", subsequent_indent="    ")
    small = recipe.corpus != "goemotions"
    notice = "\n\n**A toy**: trained on a few hundred comments, for lessons and tests; its scores say nothing." * small
    return Template(CARD.read_text(encoding="utf-8")).substitute(
        name=recipe.name,
        encoder=ENCODER_NAMES.get(recipe.encoder, recipe.encoder),
        seed=run.seed,
        notice=notice,
        date=run.meta["date"][:10],
        corpus="The mini corpus" if small else "GoEmotions",
        layers=recipe.trainable_layers,
        epochs=recipe.epochs,
        max_length=recipe.max_length,
        labels=labels,
        never=", ".join(never) or "none",
        scores="\n".join(f"| {name} | {value} | {interval} |" for name, value, interval in scores(store, run)),
        **{split: f"{len(run.labels(split)):,}" for split in ("train", "dev", "test")},
    )


def scores(store: RunStore, run: Run) -> list[tuple[str, str, str]]:
    """Rows (what, value, interval) of a run's test scores; rows of other runs only if they are recorded."""
    true, points, target = run.labels("test"), run.outputs("test"), run.mapper.points_for(run.labels("test"))
    named = {"nearest emotion": tables.nearest(run)}
    for name, what in (
        (f"{run.recipe.name}-svm", "an SVM on the points (not in this folder)"),
        ("softmax", "for comparison, a softmax classifier on the same encoder"),
    ):
        if store.place(name, run.seed).exists():
            named[what] = tables.most_probable(store.recorded(name, run.seed))
    compared = bootstrap.compare({what: Row([predicted]) for what, predicted in named.items()}, true)
    rows = [line for what in named for line in _lines(compared, what, {s: f"{what}: {n}" for s, n in SCORES.items()})]
    loss = {"points": Row([(points, target, target.mean(axis=0), "mae")])}
    compared = bootstrap.compare(loss, true, lambda row, _: bootstrap.regression(*row))
    said = {"test_loss": "points: mean absolute error, in scaled units"}
    said |= {f"r2_{name[0].upper()}": f"points: R² of {name}, in scaled units" for name in DIMENSIONS}
    rows += _lines(compared, "points", said)
    other = store.recorded("vad-points", run.seed) if store.place("vad-points", run.seed).exists() else None
    if other and other.recipe.corpus == "emobank":
        human, found = (
            other.rows("test")[list(DIMENSIONS)].to_numpy(float),
            mappers.to_vad(other.outputs("test"), "scaled"),
        )
        compared = bootstrap.compare({"people": Row([found])}, human, bootstrap.correlation, strata=False)
        said = {f"pearson_{n[0].upper()}": f"EmoBank, never trained on: Pearson's r with human {n}" for n in DIMENSIONS}
        rows += _lines(compared, "people", said)
    return rows


def _lines(compared, row, said):
    """A row's scores as lines (what, value, interval); ``said`` are the words for each score."""
    scored = compared.scored(tuple(said)).loc[row]
    return [
        (what, f"{scored[score]:.3f}", f"{scored[f'{score}_low']:.3f} to {scored[f'{score}_high']:.3f}")
        for score, what in said.items()
    ]
