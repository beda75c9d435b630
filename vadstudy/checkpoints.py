"""Checkpoints that a training may go on from: whole, and of the very same training.

The Trainer writes a checkpoint's files one after the other, and later reads whatever is there. So a checkpoint that is
complete gets a *seal*: the SHA-256 of each of its files, and the *origin*, all that the training depends on.
"""

import hashlib
import json
import logging
import os
import platform
import re
import shutil
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import Trainer
from transformers.trainer_utils import rotate_checkpoints

from vadstudy import recipes
from vadstudy.errors import WriteError, first_line
from vadstudy.files import free_bytes, sha256, writing
from vadstudy.inference import native

log = logging.getLogger(__name__)

SEAL = "seal.json"
#: Packages whose version a training's numbers may depend on.
PACKAGES = ("torch", "transformers", "accelerate", "datasets", "scikit-learn", "numpy")
#: Fields of a recipe that decide what is kept of a training, not how it goes.
KEPT = ("name", "splits", "keep_weights")
#: Modules that say how a training goes.
MODULES = ("training", "inference", "regressor", "losses")


def machine(precision: str) -> dict:
    """What the rounding of a forward pass depends on, besides its model and texts."""
    return {
        "torch": version("torch"),
        "transformers": version("transformers"),
        "precision": native(precision),
        "device": "cuda" if torch.cuda.is_available() else "cpu",
        "processor": torch.backends.cpu.get_cpu_capability(),
    }


def digest(*values) -> str:
    """SHA-256 over values, each as JSON."""
    text = "\n".join(json.dumps(value, sort_keys=True, default=str) for value in values)
    return hashlib.sha256(text.encode()).hexdigest()


def origin(recipe: recipes.Recipe, seed: int, **found) -> dict:
    """All that a training depends on: recipe, seed, code, packages, machine, and what was ``found`` (digests)."""
    code = [sha256(Path(__file__).with_name(f"{name}.py")) for name in MODULES]
    return {
        "recipe": recipes.as_fields(recipe),
        "seed": seed,
        **found,
        "code": digest(code),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        **machine(recipe.precision),
        "threads": torch.get_num_threads(),
    }


class SealingTrainer(Trainer):
    """A Trainer that seals its checkpoints, and keeps the last and the best; ``origin`` is to be set."""

    origin = None

    def _save_checkpoint(self, model, trial):
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        try:
            with writing(folder):
                super()._save_checkpoint(model, trial)
                seal(folder, self.origin)
        except (WriteError, SafetensorError, RuntimeError) as error:
            free = free_bytes(folder)
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, WriteError):
                raise
            # PyTorch and safetensors have words of their own for a full disk.
            raise WriteError(
                f"{folder} cannot be written, with {free:,} bytes free on its disk ({first_line(error)}); make room, "
                "then give the same command again"
            ) from error
        # By the Trainer, it would be done before the seal: killed in between, it would have nothing to go on from.
        rotate_checkpoints(self.args.output_dir, 1, self.state.best_model_checkpoint)


def seal(folder: Path, of: dict):
    """Write the seal of a complete checkpoint, by one rename."""
    files = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    part = folder / f".{SEAL}.part"
    part.write_text(json.dumps({"origin": of, "files": files}, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / SEAL)


def newest(workdir: Path, recipe: recipes.Recipe, of: dict) -> Path | None:
    """The newest checkpoint to go on from, or None; those that cannot be used are removed, and the log says why.

    Parameters
    ----------
    workdir : Path
        The training's work folder.
    recipe : Recipe
    of : dict
        The training's :func:`origin`.
    """
    steps = {int(match[1]): path for path in workdir.glob("checkpoint-*")
             if (match := re.fullmatch(r"checkpoint-(\d+)", path.name))}  # fmt: skip
    for _, folder in sorted(steps.items(), reverse=True):
        why = _problem(folder, recipe, of) or _problem_of_best(folder, recipe, of)
        if why is None:
            return folder
        log.warning("%s is not used: %s", folder, why)
        with writing(folder):
            shutil.rmtree(folder)
    if steps:
        log.warning("%s: no checkpoint can be used, so the training begins anew", workdir)
    return None


def _problem(folder, recipe, of):
    """Why a checkpoint is not to be gone on from, in words; None if it is whole and of the same origin."""
    if not (folder / SEAL).is_file():
        return f"{folder.name} was never finished"
    try:
        stored = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        files = dict(stored["files"])
        changed = _differences(stored["origin"], recipe, of)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"{folder.name}/{SEAL} cannot be read ({error!r})"
    if changed:
        return f"it is of another training ({'; '.join(changed)})"
    for name, expected in files.items():
        try:
            if sha256(folder / name) != expected:
                return f"{folder.name}/{name} is damaged"
        except FileNotFoundError:
            return f"{folder.name}/{name} is missing"
        except OSError as error:
            return f"{folder.name}/{name} cannot be read ({error.strerror})"
    return None


def _problem_of_best(folder, recipe, of):
    """Why the checkpoint of the best epoch so far, to which the Trainer returns at the end, cannot be used."""
    best = json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))["best_model_checkpoint"]
    if best is None or Path(best) == folder:
        return None
    if Path(best).parent != folder.parent:
        return f"the best checkpoint is expected in {Path(best).parent}"
    return _problem(Path(best), recipe, of)


def _differences(stored, recipe, of):
    """What differs between a stored origin and a training's, a phrase each; digests are cut short."""
    lines = recipes.differences(stored["recipe"], recipe)
    changed = [line for line in lines if line.partition(":")[0] not in KEPT]
    for name in of.keys() - {"recipe"} | stored.keys() - {"recipe"}:
        before, now = (str(each.get(name, "absent")) for each in (stored, of))
        if before != now:
            changed.append(f"{name}: {_short(before)} -> {_short(now)}")
    return sorted(changed)


def _short(text):
    return text[:12] if re.fullmatch("[0-9a-f]{64}", text) else text
