"""The run store: a run that is there is read, a run that is not is trained. The record and the cache are one thing.

A run is a recipe and a seed; it lies in ``runs/<recipe>/seed<k>/`` (other profiles: ``build/<profile>/runs/``).
"""

import hashlib
import json
import logging
import os
import platform
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from filelock import FileLock

from vadstudy import derived, mappers, recipes, training
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import RunError
from vadstudy.inference import native
from vadstudy.mappers import Mapper
from vadstudy.paths import ROOT
from vadstudy.recipes import Recipe
from vadstudy.regressor import sha256

log = logging.getLogger(__name__)

PACKAGES = ("torch", "transformers", "datasets", "scikit-learn", "numpy")


@dataclass(frozen=True)
class Run:
    """A recorded run: what was trained or computed, and every prediction that it made."""

    recipe: object
    seed: int
    folder: Path
    meta: dict

    @cached_property
    def predictions(self):
        """One row a text: ``split``, ``id``, ``label``, outputs ``o0`` …; see :mod:`vadstudy.derived` for others."""
        return pd.read_parquet(self.folder / "predictions.parquet")

    @cached_property
    def history(self):
        """One row an evaluation: step, epoch, train loss, dev loss, dev accuracy, dev macro-F1 (trained runs only)."""
        return pd.read_csv(self.folder / "history.csv")

    @property
    def mapper(self):
        """The mapper whose points the run was trained towards, as recorded; a ``RunError`` for a baseline."""
        if "points" not in self.meta:
            raise RunError(f"{self.folder} has no mapper: {self.recipe.name!r} is not a regressor")
        return Mapper(self.recipe.mapper, EMOTIONS, np.array(self.meta["points"]))

    @property
    def splits(self):
        """The splits that were predicted."""
        return list(self.predictions["split"].unique())

    def rows(self, split):
        """Predictions of one split; a ``RunError`` if the run has none."""
        rows = self.predictions[self.predictions["split"] == split]
        if rows.empty:
            raise RunError(f"{self.folder} has no predictions of split {split!r}; it has {', '.join(self.splits)}")
        return rows

    def outputs(self, split):
        """Points (n, dims), logits or probabilities (n, labels) of a split, as float32."""
        return self.rows(split).filter(regex=r"^o\d+$").to_numpy("float32")

    def labels(self, split):
        """True label indices (n,) of a split."""
        return self.rows(split)["label"].to_numpy()

    def ids(self, split):
        """Comment ids (n,) of a split."""
        return self.rows(split)["id"].to_numpy()

    def regressor(self):
        """Tokenizer and regressor with the run's weights, for runs whose recipe keeps them."""
        path = self.folder / "weights.safetensors"
        if not path.is_file():
            raise RunError(f"{path} is missing: only recipes with keep_weights keep them; retrain with "
                           f"`make retrain RUN={self.recipe.name}` after setting it")  # fmt: skip
        tokenizer, regressor, _ = training.build(self.recipe)
        return tokenizer, regressor.load(path).eval()


class RunStore:
    """All runs of a profile.

    Parameters
    ----------
    profile : str
        One of :data:`vadstudy.recipes.PROFILES`.
    folder : Path, optional
        Where the runs lie; by default ``runs`` for study, else ``build/<profile>/runs``.
    """

    def __init__(self, profile="study", folder=None):
        self.profile = profile
        self.recipes = recipes.named(profile)
        self.scratch = ROOT / "build" / profile
        self.folder = Path(folder) if folder else (ROOT / "runs" if profile == "study" else self.scratch / "runs")
        self.read, self.made = {}, {}

    def output(self, *parts):
        """Folder for what the notebooks write: the project's for study, else ``build/<profile>``; made if missing."""
        folder = (ROOT if self.profile == "study" else self.scratch).joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def place(self, name, seed):
        """Folder of a run."""
        return self.folder / name / f"seed{seed}"

    def get(self, name, seed=recipes.SEED, retrain=False):
        """The run of a recipe and a seed: read if recorded, else trained or computed, and recorded.

        Raises
        ------
        RunError
            If the recipe is unknown, or the stored run differs from it or is damaged.
        """
        if name not in self.recipes:
            raise RunError(f"unknown recipe {name!r} in profile {self.profile}; expected one of "
                           f"{', '.join(self.recipes)}")  # fmt: skip
        recipe, place = self.recipes[name], self.place(name, seed)
        locks = self.scratch / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        # A stored run is read without the lock: it appears whole, by one rename.
        if retrain or not place.exists():
            sources = [self.get(source, seed) for source in getattr(recipe, "sources", ())]
            with FileLock(locks / f"{name}-seed{seed}.lock"):
                if retrain or not place.exists():
                    self._make(recipe, seed, place, sources)
                    self.made[name, seed] = True
        run = self._load(recipe, seed, place)
        if (name, seed) not in self.made:
            self.read[name, seed] = run.meta["date"]
        return run

    def recorded(self, name, seed=recipes.SEED):
        """The run of a recipe and a seed as it is recorded; unlike :meth:`get`, this never makes one.

        Raises
        ------
        RunError
            If the recipe is unknown, or the run is not recorded, differs from its recipe or is damaged.
        """
        if name not in self.recipes:
            raise RunError(f"unknown recipe {name!r} in profile {self.profile}; expected one of "
                           f"{', '.join(self.recipes)}")  # fmt: skip
        place = self.place(name, seed)
        if not place.exists():
            raise RunError(
                f"{place} is missing: this run is not recorded here. Get the record with `git clone` and install the "
                f"package from there by `make`, or train it: `make retrain RUN={name} SEED={seed} "
                f"PROFILE={self.profile}`"
            )
        run = self._load(self.recipes[name], seed, place)
        self.read[name, seed] = run.meta["date"]
        return run

    def __getitem__(self, name):
        return self.get(name)

    def seeds(self, name):
        """The planned seeds of a recipe that are recorded."""
        return [seed for other, seed in recipes.plan(self.profile) if other == name and self.place(name, seed).exists()]

    def all(self, name):
        """The recorded runs of a recipe, one a planned seed; if none is recorded, the first is made."""
        return [self.get(name, seed) for seed in self.seeds(name) or [recipes.SEED]]

    def dependents(self, name):
        """Names of the recipes that are computed from a run, directly or not."""
        direct = [other for other, recipe in self.recipes.items() if name in getattr(recipe, "sources", ())]
        return [found for other in direct for found in (other, *self.dependents(other))]

    def summary(self):
        """One line for a notebook's end: how many runs were read from the record, of which dates, how many made now."""
        dates = sorted({date[:10] for date in self.read.values()})
        span = f" of {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else "") if dates else ""
        return f"{len(self.read)} runs read from the record{span}; {len(self.made)} made just now"

    def _load(self, recipe, seed, place):
        where = place / "recipe.json"
        again = f"retrain it with `make retrain RUN={recipe.name} SEED={seed} PROFILE={self.profile}`"
        try:
            meta = json.loads(where.read_text(encoding="utf-8"))
            stored, checksums = meta["recipe"], meta["checksums"]
        except (OSError, ValueError, KeyError) as error:
            raise RunError(f"{where} is damaged ({error!r}); {again}") from error
        changed = recipes.differences(stored, recipe)
        if changed:
            raise RunError(f"{where} was made by another recipe than the code's {recipe.name!r}:\n  "
                           + "\n  ".join(changed) + f"\nGive the recipe its old fields back, or {again}")  # fmt: skip
        for name, expected in checksums.items():
            path = place / name
            found = sha256(path) if path.is_file() else "no file"
            if found != expected:
                raise RunError(f"{path} is damaged: SHA-256 {found}, recorded {expected}; "
                               f"restore it from git, or {again}")  # fmt: skip
        if getattr(recipe, "source", None) and self._fingerprint(recipe, seed) != meta["fingerprints"]["source"]:
            found = " or ".join(map(repr, recipe.sources))
            raise RunError(f"{where} was computed from other predictions of {found} than are stored; {again}")
        return Run(recipe, seed, place, meta)

    def _fingerprint(self, recipe, seed):
        """SHA-256 of the predictions that a derived run is computed from; of several, that of their hashes."""
        hashes = [sha256(self.place(name, seed) / "predictions.parquet") for name in recipe.sources]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()

    def _make(self, recipe, seed, place, sources):
        log.info("making run %s, seed %s", recipe.name, seed)
        started = time.perf_counter()
        workdir = self.scratch / "checkpoints" / f"{recipe.name}-seed{seed}"
        part = place.with_name(f".{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        meta = {}
        if isinstance(recipe, Recipe):
            trained = training.train(recipe, seed, workdir)
            part.mkdir(parents=True)
            predictions, fingerprints = trained.predictions, trained.fingerprints
            trained.history.to_csv(part / "history.csv", index=False, float_format="%.6f")
            if recipe.keep_weights and seed == recipes.SEED:
                trained.regressor.save(part / "weights.safetensors", torch.float16, {"recipe": recipe.name})
            if recipe.mapper:
                # Recorded, because another machine's rounding can spread points otherwise.
                meta["points"] = mappers.mapper(recipe.mapper, seed).points.tolist()
            meta["examples_per_second"] = round(trained.examples_per_second, 1)
        else:
            predictions, corpus = derived.COMPUTE[recipe.kind](recipe, seed, sources)
            part.mkdir(parents=True)
            fingerprints = {"corpus": corpus}
            if sources:
                fingerprints["source"] = self._fingerprint(recipe, seed)
        predictions.to_parquet(part / "predictions.parquet", index=False, compression="zstd")
        meta = {
            "recipe": recipes.as_fields(recipe), "seed": seed, "fingerprints": fingerprints,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - started, 1), "threads": torch.get_num_threads(),
            "precision": native(getattr(recipe, "precision", "fp32")), **meta,
            "checksums": {path.name: sha256(path) for path in sorted(part.iterdir())},
        }  # fmt: skip
        (part / "recipe.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
        if place.exists():
            old = place.with_name(f".{place.name}.old")
            os.replace(place, old)
            os.replace(part, place)
            shutil.rmtree(old)
        else:
            os.replace(part, place)
        shutil.rmtree(workdir, ignore_errors=True)
