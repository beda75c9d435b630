"""Where a corpus comes from: its folder on this machine, else the Hugging Face hub.

The folder of the data is named by ``VADSTUDY_DATA``, else it is the project's ``data/``.
"""

import errno
from collections.abc import Sequence
from pathlib import Path

from datasets import ClassLabel, Dataset, load_dataset

from vadstudy.disk.reading import Table, missing
from vadstudy.disk.schemas import ROWS, SIX_EMOTIONS
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import CorpusError
from vadstudy.paths import data_folder

#: Name and configuration on the hub of what is there.
HUB = {
    "goemotions": ("google-research-datasets/go_emotions", "simplified"),
    "emotion": ("dair-ai/emotion", "split"),
    "imdb": ("stanfordnlp/imdb", "plain_text"),
}
#: Their labels there, in the order of their numbers.
LABELS = {"goemotions": EMOTIONS, "emotion": SIX_EMOTIONS, "imdb": ("neg", "pos")}


def local(name: str, file: str | None = None) -> Path | None:
    """Folder of a corpus's local data, or a file in it; None if there is no data folder or the corpus is not in it."""
    try:
        folder = data_folder()
        if folder is None or not (folder / name).is_dir():
            return None
        if file is None or (folder / name / file).is_file():
            return folder / name if file is None else folder / name / file
    except OSError as error:
        raise CorpusError(f"{error.filename} cannot be read ({error.strerror}); correct its permissions") from error
    raise missing(folder / name / file)


def from_hub(name: str) -> dict[str, Dataset]:
    """A corpus's splits from the hub, renamed to train, dev and test; one line of error where they cannot be had."""
    folder = data_folder()
    where = f"not in {folder}" if folder else "not on this machine (VADSTUDY_DATA is not set and there is no data/)"
    if name not in HUB:
        raise CorpusError(f"{name} is {where} and not on the hub; run `make data`, which says where to get it")
    try:
        found = load_dataset(*HUB[name])
    except Exception as error:  # the hub's client raises what its transport raises, which need not be an OSError
        if (fault := _of_the_disk(error)) is not None:
            raise CorpusError(
                f"{name} cannot be stored in the hub's cache ({fault.strerror}: {fault.filename}); make room, or set "
                "HF_HOME to a folder that can be written"
            ) from error
        what = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise CorpusError(
            f"{name} is {where}, and the hub's {HUB[name][0]} cannot be reached ({what}); "
            "set VADSTUDY_DATA to a folder that holds it, or run `make data` where there is a network"
        ) from error
    return {"dev" if split == "validation" else split: found[split] for split in found}


def _of_the_disk(error):
    """What this machine's disk refused, where an error goes back to that, else None."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            return error
        error = error.__cause__ or error.__context__
    return None


def hub_tables(name: str, columns: Sequence[str]) -> dict[str, Table]:
    """The named columns of a corpus's splits on the hub, a :class:`Table` a split; a ``CorpusError`` if one lacks."""
    found, source = from_hub(name), HUB[name][0]
    tables = {}
    for split in ROWS[name]:
        has = found[split].features if split in found else {}
        expected = {column: LABELS[name] if column.startswith("label") else None for column in columns}
        if {column: _names(has[column]) or names for column, names in expected.items() if column in has} != expected:
            raise CorpusError(
                f"{source} on the hub, {split}: columns {', '.join(has) or 'none'}, expected {', '.join(columns)} with "
                f"the labels {', '.join(LABELS[name])}; set VADSTUDY_DATA to a folder that holds {name}"
            )
        values = {column: found[split][column][:] for column in columns}
        tables[split] = Table(f"{source} on the hub, {split}", values, range(1, len(found[split]) + 1), "row")
    return tables


def _names(feature):
    """Label names that the hub gives to a column's numbers, or to those in its lists, if any."""
    feature = getattr(feature, "feature", feature)
    return tuple(feature.names) if isinstance(feature, ClassLabel) else None
