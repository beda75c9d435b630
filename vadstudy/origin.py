"""What a training depends on, so that it goes on from no checkpoint of another one: recipe, seed, code, machine."""

import hashlib
import json
import platform
import re
from importlib.metadata import version
from pathlib import Path

import torch

from vadstudy import recipes
from vadstudy.disk.files import sha256
from vadstudy.inference import native
from vadstudy.recipes import Recipe

#: Packages whose version a training's numbers may depend on.
PACKAGES = ("torch", "transformers", "accelerate", "datasets", "scikit-learn", "numpy")
#: Files whose code decides how a training goes.
CODE = ("training", "texts", "inference", "model", "borrowed")
#: Fields of a recipe that decide what is kept of a training, not how it goes.
KEPT = ("name", "splits", "keep_weights")


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


def origin(recipe: Recipe, seed: int, **found) -> dict:
    """All that a training depends on: recipe, seed, code, packages, machine, and what was ``found`` (digests)."""
    code = [sha256(Path(__file__).with_name(f"{name}.py")) for name in CODE]
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


def changed(stored: dict, recipe: Recipe, of: dict) -> list[str]:
    """What differs between a stored origin and a training's, a phrase each; digests are cut short."""
    lines = recipes.differences(stored["recipe"], recipe)
    found = [line for line in lines if line.partition(":")[0] not in KEPT]
    for name in of.keys() - {"recipe"} | stored.keys() - {"recipe"}:
        before, now = (str(each.get(name, "absent")) for each in (stored, of))
        if before != now:
            found.append(f"{name}: {_short(before)} -> {_short(now)}")
    return sorted(found)


def _short(text):
    return text[:12] if re.fullmatch("[0-9a-f]{64}", text) else text
