"""Export: the model as a Hugging Face folder that ``transformers`` classifies with, with a model card.

No class of ``transformers`` for encoders like ours pools by the mean of the tokens that are there, so the folder brings
forty lines of its own, ``modeling_emotions.py``, and asks for ``trust_remote_code``. The card is the template
``data/card.md``; every score in it is computed from the record when it is written.
"""

import importlib.util
import os
import shutil
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

from vadstudy import bootstrap, carried, mappers, metrics, tables
from vadstudy.bootstrap import Row
from vadstudy.disk import files
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.errors import ExportError
from vadstudy.model import without_bars
from vadstudy.paths import PACKAGED
from vadstudy.recipes import ENCODER_NAMES
from vadstudy.runs import Run, RunStore
from vadstudy.significance import SCORES
from vadstudy.use import compiled
from vadstudy.use.models import PEOPLE, EmotionsFirst, people
from vadstudy.use.pipeline import EmotionPipeline

CARD = PACKAGED / "card.md"
#: The code that the folder brings with it, and the class in it that answers.
MODELLING = PACKAGED / "modeling_emotions.py"
#: The network as OpenVINO's two files, and what the card says of them.
COMPILED = ("openvino_model.xml", "openvino_model.bin")
WITHOUT_TORCH = PACKAGED / "card_openvino.md"


def export(folder: Path | str, profile: str = "study", overwrite: bool = False, openvino: bool = False) -> Path:
    """Write the softmax's encoder, tokenizer, head and model card to a folder.

    Parameters
    ----------
    folder : Path
        Made if it is missing; it appears whole, or, with ``overwrite``, each of its files does.
    openvino : bool
        Write the network for OpenVINO, too, which needs neither PyTorch nor code to trust; needs the extra.

    Returns
    -------
    Path
        Of the folder.

    Raises
    ------
    ExportError
        If the folder holds files and ``overwrite`` is off, its parent is missing, or it cannot be written.
    OptionError
        If OpenVINO is asked for and not installed.
    """
    if openvino:
        compiled.library()
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise ExportError(f"{folder} is not empty; name another folder, or replace its files with --overwrite")
    if not folder.absolute().parent.is_dir():
        raise ExportError(f"{folder}: the folder {folder.parent} is missing; make it, or name another")
    store, pipeline = RunStore(profile), EmotionPipeline(profile=profile)
    part = folder.absolute().with_name(f".{folder.absolute().name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with without_bars():
            made = classifier(store, pipeline)
            made.save_pretrained(part)
        if openvino:
            compiled.save(made, part / COMPILED[0])
        shutil.copyfile(MODELLING, part / MODELLING.name)
        pipeline.tokenizer.model_max_length = pipeline.max_length
        pipeline.tokenizer.save_pretrained(part)
        (part / "README.md").write_text(card(store, pipeline, openvino), encoding="utf-8")
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
        for name in COMPILED:  # of other weights
            (folder / name).unlink(missing_ok=True)
        for path in part.iterdir():
            files.replace(path, folder / path.name)
    files.sync(folder.absolute().parent)


def classifier(store: RunStore, pipeline: EmotionPipeline) -> Any:
    """The folder's own model with the pipeline's weights; the temperature is part of its head.

    Its configuration has what reads VAD off the probabilities: ``vad``, each label's point in the lexicon's units, and,
    where EmoBank's logits are recorded, ``human_vad``, the weights by label and the constant that give people's, of
    probabilities to the power ``power``: those of another temperature.

    Raises
    ------
    ExportError
        If the head has more than one layer, or pools otherwise than by the mean.
    """
    run, own = pipeline.run, pipeline.regressor
    layers = [layer for layer in own.head if isinstance(layer, torch.nn.Linear)]
    if len(layers) > 1 or own.pooling != "mean":
        raise ExportError(
            f"{run.path} has {len(layers)} layers in its head and pools by {own.pooling!r}; the folder's code has one "
            "layer and pools by 'mean'; extend it"
        )
    spec = importlib.util.spec_from_file_location("modeling_emotions", MODELLING)
    modelling: Any = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(modelling)  # type: ignore[union-attr]
    temperature = carried.temperature(run)
    more = {}
    if store.place(PEOPLE, run.seed).exists():
        ridge, warm = people(store.recorded(PEOPLE))
        weights = {name: ridge.coef_[:, i].tolist() for i, name in enumerate(EMOTIONS)}
        more["human_vad"] = weights | {"constant": ridge.intercept_.tolist(), "power": temperature / warm}
    name = MODELLING.stem
    config = modelling.EmotionConfig(
        encoder=own.encoder.config.to_dict(),
        id2label=dict(enumerate(EMOTIONS)),
        label2id={emotion: i for i, emotion in enumerate(EMOTIONS)},
        problem_type="single_label_classification",
        auto_map={
            "AutoConfig": f"{name}.EmotionConfig",
            "AutoModelForSequenceClassification": f"{name}.EmotionModel",
        },
        vad={emotion: point.tolist() for emotion, point in zip(EMOTIONS, mappers.nrc().points, strict=True)},
        **more,
    )
    made = modelling.EmotionModel(config)
    made.encoder.load_state_dict(own.encoder.state_dict())
    with torch.no_grad():
        made.head.weight.copy_(layers[0].weight / temperature)
        made.head.bias.copy_(layers[0].bias / temperature)
    return made.eval()


def card(store: RunStore, pipeline: EmotionPipeline, openvino: bool = False) -> str:
    """The model card, with the scores of the pipeline's run and of the other recorded runs that it is compared with;
    with ``openvino``, how the files for it are used, too."""
    run, recipe = pipeline.run, store.recipes[pipeline.run.recipe.name]
    true, predicted = run.labels("test"), tables.most_probable(run)
    f1 = metrics.f1_per_label(true, predicted)
    never = [f"{EMOTIONS[i]} ({(true == i).sum()})" for i in np.flatnonzero(f1 == 0) if (true == i).any()]
    small = recipe.corpus != "goemotions"
    notice = "\n\n**A toy**: trained on a few hundred comments, for lessons and tests; its scores say nothing." * small
    train = store.recorded("nrc-mae").labels("train")
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
        openvino=WITHOUT_TORCH.read_text(encoding="utf-8") if openvino else "",
        never=", ".join(never) or "none",
        scores="\n".join(f"| {name} | {value} | {interval} |" for name, value, interval in scores(store, pipeline)),
        train=f"{len(train):,}",
        **{split: f"{len(run.labels(split)):,}" for split in ("dev", "test")},
    )


def scores(store: RunStore, pipeline: EmotionPipeline) -> list[tuple[str, str, str]]:
    """Rows (what, value, interval) of the run's test scores; rows of other runs only if they are recorded."""
    run = pipeline.run
    true, named = run.labels("test"), {"most probable emotion": tables.most_probable(run)}
    if store.place("scaled-mae-svm", run.seed).exists():
        named["for comparison, a regressor to VAD with an SVM"] = tables.most_probable(
            store.recorded("scaled-mae-svm", run.seed)
        )
    compared = bootstrap.compare({what: Row([predicted]) for what, predicted in named.items()}, true)
    rows = [line for what in named for line in _lines(compared, what, {s: f"{what}: {n}" for s, n in SCORES.items()})]
    error = metrics.expected_calibration_error(pipeline.model.scores(run.outputs("test")), true)
    rows.append(("probabilities: expected calibration error", f"{error:.3f}", ""))
    other = store.recorded(PEOPLE, run.seed) if store.place(PEOPLE, run.seed).exists() else None
    return rows + (_beside_people(store, run, other) if other and other.recipe.corpus == "emobank" else [])


def _beside_people(store: RunStore, run: Run, other: Run) -> list[tuple[str, str, str]]:
    """Both kinds of VAD beside people's, on EmoBank's test texts."""
    found = {
        f"`{name}`": Row([EmotionsFirst(store, run, vad).vad(other.outputs("test"))])
        for name, vad in (("vad", "lexicon"), ("human_vad", "human"))
    }
    truth = other.rows("test")[list(DIMENSIONS)].to_numpy(float)
    compared = bootstrap.compare(found, truth, carried.pearson, strata=False)
    lines = []
    for name in found:
        words = {f"pearson_{n[0].upper()}": f"EmoBank: Pearson's r of {name} with people's {n}" for n in DIMENSIONS}
        lines += _lines(compared, name, words)
    return lines


def _lines(compared, row, said):
    """A row's scores as lines (what, value, interval); ``said`` are the words for each score."""
    scored = compared.scored(tuple(said)).loc[row]
    return [
        (what, f"{scored[score]:.3f}", f"{scored[f'{score}_low']:.3f} to {scored[f'{score}_high']:.3f}")
        for score, what in said.items()
    ]
