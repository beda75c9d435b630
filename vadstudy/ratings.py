"""What people said of the texts, beyond the corpora's own labels: EmoBank's readers and writers, GoEmotions' raters.

EmoBank's sentences were each rated by about five people who were to say how a reader feels, and by about five who were
to say how the writer felt; what the corpus gives is their mean. A comment of GoEmotions was read by three people or
five, each of whom could name several emotions; what the corpus gives are the emotions that two or more of them named.
"""

import re

import numpy as np
import pandas as pd

from vadstudy import corpora
from vadstudy.disk.reading import Table, admit, missing, read_csv, read_tsv, remedy, unique
from vadstudy.disk.schemas import EmoBankText, Rating, Votes
from vadstudy.disk.sources import local
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.errors import CorpusError
from vadstudy.paths import data_folder

PERSPECTIVES = ("reader", "writer")
#: What an id of EmoBank's genres' table starts with, where its other columns are read.
_META = ("id", "document", "category", "subcategory")


def readers_and_writers() -> pd.DataFrame:
    """EmoBank's two perspectives: Buechel and Hahn (2017).

    Returns
    -------
    DataFrame
        Indexed by ``id``, one row a text. Of each perspective and dimension the mean (``reader_valence``) and the
        standard deviation (``reader_valence_sd``) of its ratings, in [0, 1] as all points here, and ``reader_n``, how
        many people rated; ``genre``.
    """
    folder = _folder("emobank")
    parts = []
    for perspective in PERSPECTIVES:
        path = folder / f"{perspective}.csv"
        table = read_csv(path, ("id", *"VAD", "stdV", "stdA", "stdD", "N"))
        admit(table, Rating)
        unique([table], "id")
        columns = {name: np.array(table.columns[name], float) for name in table.columns if name != "id"}
        part = pd.DataFrame(index=pd.Index(table.columns["id"], name="id"))
        for dimension in DIMENSIONS:
            letter = dimension[0].upper()
            part[f"{perspective}_{dimension}"] = (columns[letter] - 1) / 4
            part[f"{perspective}_{dimension}_sd"] = columns[f"std{letter}"] / 4
        part[f"{perspective}_n"] = columns["N"].astype(np.int8)
        parts.append(part)
    path = folder / "meta.tsv"
    table = read_tsv(path, _META)
    if tuple(column[0] for column in table.columns.values()) != _META:
        raise CorpusError(f"{path}, line 1: expected the header {', '.join(_META)}; {remedy(path)}")
    table = Table(path, {name: column[1:] for name, column in table.columns.items()}, table.numbers[1:])
    admit(table, EmoBankText)
    genres = pd.Series(table.columns["category"], pd.Index(table.columns["id"], name="id"), name="genre")
    return pd.concat([*parts, genres], axis=1, join="inner")


def votes() -> pd.DataFrame:
    """The shares of its raters who gave a comment of dev or test each of the 28 labels: Demszky et al. (2020).

    Returns
    -------
    DataFrame
        Indexed by ``id``: a column a label, in label order, in [0, 1]. A row need not sum to 1: a rater could name
        several, or none.
    """
    path = _folder("goemotions") / "votes.csv"
    if not path.is_file():
        raise missing(path)
    table = read_csv(path, ("split", "id", "example_very_unclear", *EMOTIONS))
    admit(table, Votes)
    unique([table], "id")
    return pd.DataFrame(
        {name: np.array(table.columns[name], float) for name in EMOTIONS}, pd.Index(table.columns["id"], name="id")
    )


def mini_readers_and_writers() -> pd.DataFrame:
    """Stand-in where there is no data: both perspectives are the label's point, as if two raters had agreed."""
    rows = [row for part in corpora.load("mini-vad").values() for row in part]
    table = pd.DataFrame(index=pd.Index([row["id"] for row in rows], name="id"))
    for perspective in PERSPECTIVES:
        for i, dimension in enumerate(DIMENSIONS):
            table[f"{perspective}_{dimension}"] = [row["vad"][i] for row in rows]
            table[f"{perspective}_{dimension}_sd"] = 0.0
        table[f"{perspective}_n"] = np.int8(2)
    return table.assign(genre=[re.sub(r"\d.*", "", row["id"]) or "mini" for row in rows])


def mini_votes() -> pd.DataFrame:
    """Stand-in where there is no data: three raters named a comment's labels; of every other comment, one named the
    label after its own as well."""
    found: dict[str, np.ndarray] = {}
    for name in ("mini", "mini-several"):
        for split, part in corpora.load(name).items():
            if split != "train":
                for row in part:
                    named = row["labels"] if "labels" in row else [row["label"]]
                    shares = np.isin(np.arange(len(EMOTIONS)), named).astype(float)
                    if len(found) % 2:
                        shares[(named[-1] + 1) % len(EMOTIONS)] += 1 / 3
                    found[row["id"]] = shares.clip(max=1)
    return pd.DataFrame.from_dict(found, "index", columns=list(EMOTIONS)).rename_axis("id")


def _folder(name):
    folder = local(name)
    if folder is None:
        raise CorpusError(
            f"{name} is not in {data_folder() or 'data/'}, and what its raters said is not on the hub; run `make "
            "data`, or see the README's section on data"
        )
    return folder


#: By the corpus that was rated.
RATED = {"emobank": readers_and_writers, "mini-vad": mini_readers_and_writers}
VOTED = {"goemotions": votes, "mini": mini_votes}
