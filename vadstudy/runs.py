"""The run store: a run that is there is read, a run that is not is trained. The record and the cache are one thing.

A run is a recipe and a seed; it is the file ``runs/<recipe>/seed<k>.parquet`` (of the profile base, in ``runs/base/``;
of others, below ``build/``): the predictions as Parquet, all else as JSON in the file's metadata. ``vadstudy show RUN``
prints what it holds. Beside it lie the weights of the few runs that keep them, ``seed<k>.safetensors``. What runs have
in common, the ids and labels of the texts that they predicted, is kept once, in ``runs/texts/``.
"""

import contextlib
import hashlib
import logging
import platform
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from filelock import FileLock

from vadstudy import mappers, profiles, recipes
from vadstudy.disk import files, manifests, sealed
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import RunError
from vadstudy.mappers import Mapper
from vadstudy.paths import BUILD, ROOT
from vadstudy.recipes import Computed, Recipe

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from vadstudy.model import Regressor


log = logging.getLogger(__name__)

#: Folder, beside the runs, of what they have in common: ids, labels and splits of the texts that they predicted.
TEXTS = "texts"
PACKAGES = ("torch", "transformers", "datasets", "scikit-learn", "numpy")


@dataclass(frozen=True)
class Run:
    """A recorded run: what was trained or computed, and every prediction that it made."""

    recipe: Recipe | Computed
    seed: int
    path: Path
    meta: dict
    data: bytes = field(repr=False, compare=False)
    profile: str = "study"

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """One row a text: ``split``, ``id``, ``label``, outputs ``o0`` …; see :mod:`vadstudy.computed` for others."""
        try:
            return sealed.unpack(self.data, texts := self.path.parents[1] / TEXTS)
        except (ValueError, OSError) as error:
            raise RunError(
                f"{texts / self.meta['texts'][:16]}.parquet, which has the texts of {self.path}, cannot be read "
                f"({error}); restore it from git, or retrain with {self._command()}"
            ) from error

    @property
    def digest(self) -> str:
        """SHA-256 of the predictions' values, by which what belongs to them or is computed from them names them."""
        return self.meta["digest"]

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row an evaluation: step, epoch, train loss, dev loss, dev accuracy, dev macro-F1 (trained runs only)."""
        if "history" not in self.meta:
            raise RunError(f"{self.path} has no history: {self.recipe.name!r} is computed, not trained")
        return pd.DataFrame(self.meta["history"])

    @property
    def mapper(self) -> Mapper:
        """The mapper whose points the run was trained towards, or learned; a ``RunError`` for a baseline."""
        name = getattr(self.recipe, "mapper", None)
        if name is None or "points" not in self.meta:
            raise RunError(f"{self.path} has no mapper: {self.recipe.name!r} is not a regressor")
        return Mapper(name, EMOTIONS, np.array(self.meta["points"]))

    @property
    def splits(self) -> list[str]:
        """The splits that were predicted."""
        return list(self.predictions["split"].unique())

    def rows(self, split: str) -> pd.DataFrame:
        """Predictions of one split; a ``RunError`` if the run has none."""
        rows = self.predictions[self.predictions["split"] == split]
        if rows.empty:
            raise RunError(f"{self.path} has no predictions of split {split!r}; it has {', '.join(self.splits)}")
        return rows

    def outputs(self, split: str, ids: Sequence[str] | None = None) -> np.ndarray:
        """Points (n, dims), logits or probabilities (n, labels) of a split, as float32; of these texts, in their order.

        A ``RunError`` if it has not predicted one of ``ids``.
        """
        rows = self.rows(split)
        if ids is not None:
            places = pd.Index(rows["id"]).get_indexer(list(ids))
            if (missing := places < 0).any():
                first = str(np.asarray(ids)[missing][0])
                raise RunError(
                    f"{self.path}, {split}: {missing.sum():,} of {len(places):,} texts are not among its "
                    f"{len(rows):,}, the first is {first!r}; both runs must be of the same texts"
                )
            rows = rows.iloc[places]
        return rows.filter(regex=r"^o\d+$").to_numpy("float32")

    def labels(self, split: str) -> np.ndarray:
        """True label indices (n,) of a split."""
        return self.rows(split)["label"].to_numpy()

    def ids(self, split: str) -> np.ndarray:
        """Comment ids (n,) of a split."""
        return self.rows(split)["id"].to_numpy()

    def regressor(self) -> tuple["PreTrainedTokenizerBase", "Regressor"]:
        """Tokenizer and regressor with the run's weights, for runs whose recipe keeps them.

        Raises
        ------
        RunError
            If there are no weights, or they are damaged or those of other predictions.
        """
        from safetensors.torch import load

        from vadstudy import training

        path = self.path.with_suffix(".safetensors")
        again = f"restore both from git, or retrain them with {self._command()}"
        if self.profile == "base" and "weights" in self.meta and not path.is_file():
            raise RunError(
                f"{path} is missing: weights of this size are not in the repository; make them with `make base`, then "
                f"{self._command()}, which needs the data and some hours"
            )
        if not isinstance(self.recipe, Recipe) or "weights" not in self.meta or not path.is_file():
            raise RunError(
                f"{path} is missing: only recipes with keep_weights keep them, of seed {recipes.SEED}; retrain with "
                f"`make retrain RUN={self.recipe.name}` after setting it"
            )
        data = path.read_bytes()
        if (found := hashlib.sha256(data).hexdigest()) != self.meta["weights"]:
            named = re.search(rb"predictions\W+([0-9a-f]{64})", data)
            other = named and named[1].decode() != self.digest
            what = f"belongs to other predictions than {self.path}" if other else "is damaged"
            raise RunError(f"{path} {what} (SHA-256 {found}, recorded {self.meta['weights']}); {again}")
        tokenizer, regressor, _ = training.build(self.recipe)
        return tokenizer, regressor.load(path, load(data)).eval()

    def _command(self):
        profile = "" if self.profile == "study" else f" PROFILE={self.profile}"
        return f"`make retrain RUN={self.recipe.name} SEED={self.seed}{profile}`"


class RunStore:
    """All runs of a profile.

    Parameters
    ----------
    profile : str
        One of :data:`vadstudy.recipes.PROFILES`.
    folder : Path, optional
        Where the runs lie; by default ``runs`` for study, ``runs/base`` for base, else ``build/<profile>/runs``.
    """

    def __init__(self, profile: str = "study", folder: Path | str | None = None):
        self.profile = profile
        #: By name; who asks for one by its name knows of which class it is.
        self.recipes: dict[str, Any] = dict(profiles.named(profile))
        self.scratch = BUILD / profile
        own = {"study": ROOT / "runs", "base": ROOT / "runs" / "base"}
        self.folder = Path(folder) if folder else own.get(profile, self.scratch / "runs")
        self.read: dict[tuple[str, int], dict] = {}
        self.made: dict[tuple[str, int], dict] = {}
        self.written: dict[Path, int | None] = {}
        self._others: dict[str, RunStore] = {}

    def beside(self, profile: str) -> "RunStore":
        """The store of another profile, whose runs this one's :meth:`finish` notes, too, as ``PROFILE/RECIPE``."""
        if profile not in self._others:
            self._others[profile] = RunStore(profile)
        return self._others[profile]

    def output(self, *parts: str) -> Path:
        """Folder for what the notebooks write: the project's for study, else ``build/<profile>``; made if missing."""
        folder = (ROOT if self.profile == "study" else self.scratch).joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def executed(self) -> Path:
        """Folder of the executed notebooks and their manifests."""
        return (ROOT / "reports" if self.profile == "study" else self.scratch) / "notebooks"

    def wrote(self, *paths: Path) -> None:
        """Note files that the notebook at work wrote, for its manifest."""
        kernel = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        self.written |= dict.fromkeys(paths, kernel and kernel.execution_count)

    def finish(self, notebook: str) -> str:
        """Write the manifest of a notebook that is at its end; returns the :meth:`summary` of its runs.

        Raises
        ------
        WriteError
            If it cannot be written.
        """
        root = ROOT if self.profile == "study" else self.scratch
        manifests.write(self.executed, root, notebook, self.written, *self._used())
        return self.summary()

    def _used(self):
        """What was read and what was made, here and in the stores beside this one."""
        read, made = dict(self.read), dict(self.made)
        for profile, other in self._others.items():
            read |= {(f"{profile}/{name}", seed): run for (name, seed), run in other.read.items()}
            made |= {(f"{profile}/{name}", seed): run for (name, seed), run in other.made.items()}
        return read, made

    def place(self, name: str, seed: int) -> Path:
        """File of a run, whether it is recorded or not."""
        return self.folder / name / f"seed{seed}.parquet"

    def get(self, name: str, seed: int = recipes.SEED, retrain: bool = False) -> Run:
        """The run of a recipe and a seed: read if recorded, else trained or computed, and recorded.

        Reading needs no right to write, and takes no lock: a run appears, and is replaced, by one rename.

        Raises
        ------
        RunError
            If the recipe is unknown, or the stored run differs from it or is damaged.
        WriteError
            If it must be made and cannot be written.
        """
        recipe = self._recipe(name, seed)
        data = None if retrain else self._bytes(name, seed)
        if data is None:
            sources = [self.get(source, seed) for source in getattr(recipe, "sources", ())]
            with self._lock(name, seed):
                # Another process may have made it while this one waited.
                data = None if retrain else self._bytes(name, seed)
                if data is None:
                    self._make(recipe, seed, sources)
                    self.made[name, seed] = {}
                    data = self._bytes(name, seed)
        return self._load(recipe, seed, data)

    def recorded(self, name: str, seed: int = recipes.SEED) -> Run:
        """The run of a recipe and a seed, as :meth:`get`, but never made: a ``RunError`` says how to get it."""
        recipe, data = self._recipe(name, seed), self._bytes(name, seed)
        if data is None:
            raise RunError(
                f"{self.place(name, seed)} is missing: this run is not recorded here. Get the record with `git clone` "
                f"and install the package from there by `make`, or train it: `make retrain RUN={name} SEED={seed} "
                f"PROFILE={self.profile}`"
            )
        return self._load(recipe, seed, data)

    def has(self, name: str) -> bool:
        """Whether a run of a recipe is recorded; small profiles, which make theirs when asked for, have all."""
        return name in self.recipes and (self.profile not in recipes.RECORDED or bool(self.seeds(name)))

    def __getitem__(self, name: str) -> Run:
        return self.get(name)

    def seeds(self, name: str) -> list[int]:
        """The planned seeds of a recipe that are recorded."""
        return [seed for seed in self.planned.get(name, []) if self.place(name, seed).exists()]

    @cached_property
    def planned(self) -> dict[str, list[int]]:
        """The seeds that each recipe of the plan is to have."""
        found: dict[str, list[int]] = {}
        for name, seed in profiles.plan(self.profile):
            found.setdefault(name, []).append(seed)
        return found

    def all(self, name: str) -> list[Run]:
        """The runs of a recipe, one a planned seed: of study and base those that are recorded, or, if none is, the
        first, made now; of the small profiles all."""
        planned = self.planned.get(name, [recipes.SEED])
        if self.profile in recipes.RECORDED:
            planned = self.seeds(name) or planned[:1]
        return [self.get(name, seed) for seed in planned]

    def dependents(self, name: str) -> list[str]:
        """Names of the recipes that are computed from a run, directly or not."""
        direct = [other for other, recipe in self.recipes.items() if name in getattr(recipe, "sources", ())]
        return [found for other in direct for found in (other, *self.dependents(other))]

    def summary(self) -> str:
        """One line for a notebook's end: how many runs were read from the record, of which dates, how many made now."""
        read, made = self._used()
        dates = sorted({run["date"][:10] for run in read.values()})
        span = f" of {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else "") if dates else ""
        return f"{len(read)} runs read from the record{span}; {len(made)} made just now"

    def _recipe(self, name, seed):
        if name not in self.recipes:
            known = ", ".join(self.recipes)
            raise RunError(f"unknown recipe {name!r} in profile {self.profile}; expected one of {known}")
        try:
            recipes.check_seed(seed)
        except ValueError as error:
            raise RunError(f"recipe {name!r}: {error}") from error
        return self.recipes[name]

    def _again(self, name, seed):
        return f"retrain it with `make retrain RUN={name} SEED={seed} PROFILE={self.profile}`"

    def _bytes(self, name, seed):
        """A run's file, read at once, so that it is of one run; None if there is none."""
        place = self.place(name, seed)
        try:
            return place.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RunError(
                f"{place} cannot be read ({error.strerror}); make it readable, or restore it from git, or "
                f"{self._again(name, seed)}"
            ) from error

    def _meta(self, name, seed, data):
        """What a run's file says, verified, and that it is this run's."""
        place, again = self.place(name, seed), self._again(name, seed)
        try:
            meta = sealed.meta(data)
        except (ValueError, OSError) as error:
            raise RunError(f"{place} is damaged ({error}); restore it from git, or {again}") from error
        found = meta["recipe"].get("name"), meta["seed"]
        if found != (name, seed):
            holds = f"holds another run, {found[0]!r} of seed {found[1]}"
            raise RunError(f"{place} {holds}; restore it from git, or {again}")
        return meta

    def _load(self, recipe, seed, data):
        name, place = recipe.name, self.place(recipe.name, seed)
        meta = self._meta(name, seed, data)
        if changed := recipes.differences(meta["recipe"], recipe):
            lines = "\n  ".join(changed)
            raise RunError(
                f"{place} was made by another recipe than the code's {name!r}:\n  {lines}\n"
                f"Give the recipe its old fields back, or {self._again(name, seed)}"
            )
        if sources := getattr(recipe, "sources", ()):
            digests = [self._digest(source, seed, place) for source in sources]
            if meta["fingerprints"].get("source") != fingerprint(digests):
                found = " or ".join(map(repr, sources))
                raise RunError(
                    f"{place} was computed from other predictions of {found} than are stored; {self._again(name, seed)}"
                )
        kept = self.made if (name, seed) in self.made else self.read
        kept[name, seed] = {"date": meta["date"], "digest": meta["digest"]}
        return Run(recipe, seed, place, meta, data, self.profile)

    def _digest(self, name, seed, dependent):
        data = self._bytes(name, seed)
        if data is None:
            raise RunError(
                f"{self.place(name, seed)} is missing, from which {dependent} was computed; restore it from "
                f"git, or {self._again(name, seed)}"
            )
        return self._meta(name, seed, data)["digest"]

    @contextlib.contextmanager
    def _lock(self, name, seed):
        """Held while a run is made, by one process; what cannot be written is said here, before the work."""
        place, locks = self.place(name, seed), self.scratch / "locks"
        for folder in (place.parent, locks):
            files.check(folder)
        locks.mkdir(parents=True, exist_ok=True)
        with FileLock(locks / f"{name}-seed{seed}.lock"):
            # Whoever holds the lock is the only writer.
            for path in (place, place.with_suffix(".safetensors")):
                files.clean(path)
            yield

    def _make(self, recipe, seed, sources):
        # Here, so that reading the record needs neither PyTorch nor transformers.
        import torch

        from vadstudy import computed, training
        from vadstudy.inference import native

        log.info("making run %s, seed %s", recipe.name, seed)
        started, place = time.perf_counter(), self.place(recipe.name, seed)
        workdir = self.scratch / "checkpoints" / f"{recipe.name}-seed{seed}"
        more, weights = {}, None
        if isinstance(recipe, Recipe):
            trained = training.train(recipe, seed, workdir)
            predictions, fingerprints = trained.predictions, trained.fingerprints
            more["history"] = trained.history.round(6).to_dict("list")
            if recipe.mapper and recipe.mapper != recipes.HUMAN:
                # Recorded, because another machine's rounding can spread points otherwise.
                more |= {"points": mappers.mapper(recipe.mapper, seed).points.tolist()} | trained.read
            more["examples_per_second"] = round(trained.examples_per_second, 1)
            if recipe.keep_weights and seed == recipes.SEED:
                of = {"recipe": recipe.name, "seed": seed, "predictions": sealed.digest(predictions)}
                weights = trained.regressor.packed(torch.float16, of)
                more["weights"] = hashlib.sha256(weights).hexdigest()
        else:
            predictions, corpus = computed.COMPUTE[type(recipe)](recipe, seed, sources)
            fingerprints = {"corpus": corpus}
            if sources:
                fingerprints["source"] = fingerprint([run.digest for run in sources])
        meta = {
            "recipe": recipes.as_fields(recipe),
            "seed": seed,
            "fingerprints": fingerprints,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - started, 1),
            "peak_bytes": _peak_bytes(),
            "threads": torch.get_num_threads(),
            "precision": native(getattr(recipe, "precision", "fp32")),
            **more,
        }
        data = sealed.pack(predictions, meta, self.folder / TEXTS)
        if weights:
            # First, so that a run that is there has its weights.
            files.write(place.with_suffix(".safetensors"), weights)
        files.write(place, data)
        if not weights:
            place.with_suffix(".safetensors").unlink(missing_ok=True)
        shutil.rmtree(workdir, ignore_errors=True)


def _peak_bytes():
    """The most memory that this process has held so far, in bytes; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def fingerprint(digests: Sequence[str]) -> str:
    """What a derived run names its sources by: the digest of the predictions of one, the hash of those of several."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
