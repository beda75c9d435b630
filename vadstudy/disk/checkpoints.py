"""Checkpoints that a training may go on from: whole, and of the very same training.

The Trainer writes a checkpoint's files one after the other, and later reads whatever is there. So a checkpoint that is
complete gets a *seal*: the SHA-256 of each of its files, and the *origin*, all that the training depends on.
"""

import json
import logging
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import Trainer
from transformers.trainer_utils import rotate_checkpoints

from vadstudy.disk.files import free_bytes, sha256, writing
from vadstudy.errors import WriteError, first_line

log = logging.getLogger(__name__)

SEAL = "seal.json"


class SealingTrainer(Trainer):
    """A Trainer that seals its checkpoints, and keeps the last and the best; ``origin`` is to be set."""

    origin: dict[str, Any]

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


def seal(folder: Path, of: dict) -> None:
    """Write the seal of a complete checkpoint, by one rename."""
    files = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    part = folder / f".{SEAL}.part"
    part.write_text(json.dumps({"origin": of, "files": files}, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / SEAL)


def newest(workdir: Path, changed: Callable[[dict], list[str]]) -> Path | None:
    """The newest checkpoint to go on from, or None; those that cannot be used are removed, and the log says why.

    Parameters
    ----------
    workdir : Path
        The training's work folder.
    changed : callable
        Says, a phrase each, in what a stored origin differs from the training's.
    """
    steps = {
        int(match[1]): path
        for path in workdir.glob("checkpoint-*")
        if (match := re.fullmatch(r"checkpoint-(\d+)", path.name))
    }
    for _, folder in sorted(steps.items(), reverse=True):
        why = _problem(folder, changed) or _problem_of_best(folder, changed)
        if why is None:
            return folder
        log.warning("%s is not used: %s", folder, why)
        with writing(folder):
            shutil.rmtree(folder)
    if steps:
        log.warning("%s: no checkpoint can be used, so the training begins anew", workdir)
    return None


def _problem(folder, changed):
    """Why a checkpoint is not to be gone on from, in words; None if it is whole and of the same origin."""
    if not (folder / SEAL).is_file():
        return f"{folder.name} was never finished"
    try:
        stored = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        files = dict(stored["files"])
        differing = changed(stored["origin"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"{folder.name}/{SEAL} cannot be read ({error!r})"
    if differing:
        return f"it is of another training ({'; '.join(differing)})"
    for name, expected in files.items():
        try:
            if sha256(folder / name) != expected:
                return f"{folder.name}/{name} is damaged"
        except FileNotFoundError:
            return f"{folder.name}/{name} is missing"
        except OSError as error:
            return f"{folder.name}/{name} cannot be read ({error.strerror})"
    return None


def _problem_of_best(folder, changed):
    """Why the checkpoint of the best epoch so far, to which the Trainer returns at the end, cannot be used."""
    best = json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))["best_model_checkpoint"]
    if best is None or Path(best) == folder:
        return None
    if Path(best).parent != folder.parent:
        return f"the best checkpoint is expected in {Path(best).parent}"
    return _problem(Path(best), changed)
