"""What the report rests on: files that the executed notebooks wrote, by their manifests, and the runs behind them."""

import subprocess
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pandas as pd

from vadstudy.disk import files, manifests
from vadstudy.errors import ReportError
from vadstudy.paths import ROOT, notebooks
from vadstudy.recipes import ENCODER_NAMES
from vadstudy.runs import RunStore


class Record:
    """What a profile's executed notebooks read, made and wrote.

    Parameters
    ----------
    store : RunStore

    Raises
    ------
    ReportError
        If there is no executed notebook, or one has no manifest.
    """

    def __init__(self, store: RunStore):
        self.store = store
        self.command = "make paper" + (f" PROFILE={store.profile}" if store.profile != "study" else "")
        # What a killed execution left behind has a hidden name.
        self.notebooks = notebooks(store.executed)
        if not self.notebooks:
            raise ReportError(f"{store.executed} has no executed notebooks; `{self.command}` executes them")
        self.manifests = manifests.read(self.notebooks, self._again("it"))
        self._written = {name: path for path, each in self.manifests.items() for name in each.outputs}

    def file(self, path: Path) -> Path:
        """A file that an executed notebook wrote; a ``ReportError`` names the notebook if it is missing or another."""
        name = path.relative_to(self.store.output()).as_posix()
        notebook = self._written.get(name)
        if notebook is None:
            what = "was written by none of the executed notebooks" if path.is_file() else "is missing"
            raise ReportError(f"{path} {what}; {self._again(f'those in {self.store.executed}')}")
        if not path.is_file():
            raise ReportError(f"{path} is missing, which {notebook} wrote; {self._again('that notebook')}")
        if files.sha256(path) != self.manifests[notebook].outputs[name]["sha256"]:
            raise ReportError(f"{path} is not what {notebook} wrote; {self._again('that notebook')}")
        return path

    def table(self, name: str) -> pd.DataFrame:
        """A table of the notebooks by its name; raises as :meth:`file`."""
        return pd.read_csv(self.file(self.store.output("reports", "tables") / f"{name}.csv"))

    def figure(self, name: str) -> None:
        """Raise as :meth:`file` unless a figure is there in both its forms."""
        for end in ("png", "svg"):
            self.file(self.store.output("figures") / f"{name}.{end}")

    @cached_property
    def runs(self) -> list[dict]:
        """What is recorded of each run that the notebooks used; a ``ReportError`` if one was made anew since."""
        metas: dict[str, dict] = {}
        for notebook, manifest in self.manifests.items():
            for key, used in manifest.runs.items():
                name, seed = key.rsplit("/seed", 1)
                *profile, recipe = name.split("/")
                store = self.store.beside(*profile) if profile else self.store
                metas[key] = metas.get(key) or store.recorded(recipe, int(seed)).meta
                if metas[key]["digest"] != used["digest"]:
                    raise ReportError(
                        f"run {name!r}, seed {seed}, is another than {notebook} read; {self._again('that notebook')}"
                    )
        if not metas:
            raise ReportError(f"the notebooks in {self.store.executed} used no runs; {self._again('them')}")
        return [metas[key] for key in sorted(metas)]

    @property
    def newest(self) -> datetime:
        """When the newest of the runs was made."""
        return max(datetime.fromisoformat(meta["date"]) for meta in self.runs)

    def sentence(self) -> str:
        """How many runs the tables rest on, of which dates, how many of them the notebooks made just now."""
        days = sorted(meta["date"][:10] for meta in self.runs)
        made = len({key for manifest in self.manifests.values() for key in manifest.made})
        return (
            f"The tables rest on {len(days)} runs of {' to '.join(dict.fromkeys((days[0], days[-1])))}: "
            f"{len(days) - made} read from the record, {made} made just now."
        )

    def provenance(self) -> str:
        """What the numbers were made with, by which the record can be found again."""
        versions: dict[str, set] = {}
        for meta in self.runs:
            for package, version in meta["versions"].items():
                versions.setdefault(package, set()).add(version)
        seeds = sorted({meta["seed"] for meta in self.runs})
        whole = len(seeds) > 2 and seeds[-1] - seeds[0] == len(seeds) - 1
        said = f"{seeds[0]} to {seeds[-1]}" if whole else ", ".join(map(str, seeds))
        precisions = {meta.get("precision", meta["recipe"].get("precision", "fp32")) for meta in self.runs}
        packages = ", ".join(f"{package} {' and '.join(sorted(found))}" for package, found in versions.items())
        found = {meta["recipe"]["encoder"] for meta in self.runs if meta["recipe"].get("encoder")}
        own = self.store.recipes["scaled-mae"].encoder
        encoders = [ENCODER_NAMES.get(encoder, encoder) for encoder in (own, *sorted(found - {own}))]
        tree = self._tree()
        return (
            f"{len(self.runs)} runs with seeds {said}; encoder{'s' * (len(encoders) > 1)} {' and '.join(encoders)}, "
            f"computed in {' and '.join(sorted(precisions))}; {packages}"
            + (f"; record of git tree {tree}." if tree else ".")
        )

    def _tree(self):
        """What names the record's content, by ``git rev-parse HEAD:runs``: the same in a clone without the history."""
        if not self.store.folder.is_relative_to(ROOT):
            return ""
        command = ["git", "rev-parse", f"HEAD:{self.store.folder.relative_to(ROOT).as_posix()}"]
        try:
            found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        except (OSError, subprocess.CalledProcessError):
            return ""
        return found.stdout[:12]

    def _again(self, what):
        return f"remove {what}, and `{self.command}` executes anew what is not there"
