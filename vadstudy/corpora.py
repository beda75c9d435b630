"""The texts of the study, as ``datasets`` objects, by name: GoEmotions, Emotion, IMDB, EmoBank; and the NRC lexicon.

Every corpus is read from the folder named by ``VADSTUDY_DATA``, else from the project's ``data/``, else from the
Hugging Face hub. Nothing is downloaded unless a function here is called. The mini corpus is part of the package.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import Dataset, DatasetDict, concatenate_datasets

from vadstudy.disk.reading import (
    Table,
    admit,
    published,
    read_csv,
    read_lines,
    read_parquet,
    read_tsv,
    remedy,
    unique,
    whole,
)
from vadstudy.disk.schemas import (
    LEXICON_ROWS,
    NRC_HOME,
    SIX_EMOTIONS,
    SPLITS,
    Comment,
    MiniComment,
    Review,
    Sentence,
    SignedWord,
    Tweet,
    Word,
)
from vadstudy.disk.sources import from_hub, hub_tables, local
from vadstudy.emotions import DIMENSIONS, EKMAN, EMOTIONS, ekman, emotion_vad, sentiment
from vadstudy.errors import CorpusError
from vadstudy.paths import PACKAGED, data_folder

MINI = PACKAGED / "mini.tsv"
#: First lines of Emotion's files, where they have one: the hub's had, their authors' have not.
EMOTION_HEADERS = ("text;label_name", "text;label")
#: First line of the lexicon: version 1 came with and without one, version 2.1 has its own.
LEXICON_HEADERS = {("Word", "Valence", "Arousal", "Dominance"): "1", ("term", *DIMENSIONS): "2.1"}

log = logging.getLogger(__name__)


def goemotions() -> DatasetDict:
    """GoEmotions, official splits, as ``id``, ``text`` and ``labels`` (a list of indices): Demszky et al. (2020)."""
    folder = local("goemotions")
    return goemotions_hub() if folder is None else goemotions_files(folder)


def goemotions_files(folder: Path) -> DatasetDict:
    """GoEmotions from its authors' files."""
    tables = {split: read_tsv(folder / f"{split}.tsv", ("text", "labels", "id")) for split in SPLITS}
    for table in tables.values():
        admit(table, Comment)
    names = folder / "emotions.txt"
    if names.is_file() and read_lines(names) != list(EMOTIONS):
        raise CorpusError(
            f"{names} names other labels, or in another order, than the study's 28 ({', '.join(EMOTIONS[:3])}, ...): "
            f"the label indices beside it mean something else; {remedy(names)}"
        )
    return _dataset(tables)


def goemotions_hub() -> DatasetDict:
    """GoEmotions from the hub, held to the schema of the files."""
    tables = hub_tables("goemotions", ("text", "labels", "id"))
    for table in tables.values():
        table.columns["labels"] = [",".join(map(str, labels or ())) for labels in table.columns["labels"]]
        table.check(Comment)
    return _dataset(tables)


def _dataset(tables):
    unique(tables.values(), "id")
    whole("goemotions", tables)
    return DatasetDict({split: _comments(table) for split, table in tables.items()})


def _comments(table):
    labels = [[int(i) for i in field.split(",")] for field in table.columns["labels"]]
    return Dataset.from_dict({"id": table.columns["id"], "text": table.columns["text"], "labels": labels})


def single_label(corpus: DatasetDict) -> tuple[DatasetDict, pd.DataFrame]:
    """Keep the comments with exactly one label, as the paper does (section 4).

    Returns
    -------
    kept : DatasetDict
        Columns ``id``, ``text``, ``label`` (an index).
    dropped : pandas.DataFrame
        One row a split: ``rows``, ``kept``, ``dropped``, ``share`` (of rows dropped).
    """
    kept, counts = {}, []
    for split, rows in corpus.items():
        columns = rows.to_dict()
        one = [i for i, labels in enumerate(columns["labels"]) if len(labels) == 1]
        kept[split] = Dataset.from_dict(
            {
                "id": [columns["id"][i] for i in one],
                "text": [columns["text"][i] for i in one],
                "label": [columns["labels"][i][0] for i in one],
            }
        )
        counts.append({"split": split, "rows": len(rows), "kept": len(one), "dropped": len(rows) - len(one)})
    dropped = pd.DataFrame(counts).set_index("split")
    dropped["share"] = dropped["dropped"] / dropped["rows"]
    return DatasetDict(kept), dropped


def several_labels(corpus: DatasetDict) -> DatasetDict:
    """The comments of dev and test with two labels or more, which :func:`single_label` drops; columns as they were."""
    return DatasetDict(
        {
            split: corpus[split].filter(lambda labels: len(labels) > 1, input_columns="labels")
            for split in ("dev", "test")
        }
    )


def mini_multilabel() -> DatasetDict:
    """Stand-in for all of GoEmotions: the mini corpus, and, in dev and test, its :func:`mini_several`."""
    corpus = mini()
    for split, rows in mini_several().items():
        corpus[split] = concatenate_datasets([corpus[split], rows])
    return corpus


def emotion() -> DatasetDict:
    """The Emotion data set: ``id``, ``text``, ``label`` (index in :data:`SIX_EMOTIONS`): Saravia et al. (2018)."""
    folder = local("emotion")
    return emotion_hub() if folder is None else emotion_files(folder)


def emotion_files(folder: Path) -> DatasetDict:
    """Emotion from files whose lines are ``text;label``, with or without a header."""
    tables = {}
    for split, stem in zip(SPLITS, ("train", "val", "test"), strict=True):
        path = folder / f"{stem}.txt"
        lines = read_lines(path)
        first = 2 if lines[0] in EMOTION_HEADERS else 1
        parted = [line.rpartition(";") for line in lines[first - 1 :]]
        columns: dict[str, Sequence] = {
            "text": [text for text, _, _ in parted],
            "label": [label for _, _, label in parted],
        }
        tables[split] = Table(path, columns, range(first, first + len(parted)))
        admit(tables[split], Tweet)
    return _emotion(tables)


def emotion_hub() -> DatasetDict:
    """Emotion from the hub, held to the schema of the files."""
    tables = hub_tables("emotion", ("text", "label"))
    names = dict(enumerate(SIX_EMOTIONS))
    for table in tables.values():
        table.columns["label"] = [names.get(label, str(label)) for label in table.columns["label"]]
        table.check(Tweet)
    return _emotion(tables)


def _emotion(tables):
    for table in tables.values():
        table.columns["label"] = [SIX_EMOTIONS.index(name) for name in table.columns["label"]]
    return _numbered("emotion", tables)


def imdb() -> DatasetDict:
    """Large Movie Review Dataset, train and test: ``id``, ``text``, ``label`` (1 is positive): Maas et al. (2011)."""
    folder = local("imdb")
    return imdb_hub() if folder is None else imdb_files(folder)


def imdb_files(folder: Path) -> DatasetDict:
    """IMDB from Parquet files."""
    tables = {split: read_parquet(folder / f"{split}.parquet", ("text", "label")) for split in ("train", "test")}
    for table in tables.values():
        admit(table, Review)
    return _numbered("imdb", tables)


def imdb_hub() -> DatasetDict:
    """IMDB from the hub, held to the schema of the files."""
    tables = hub_tables("imdb", ("text", "label"))
    for table in tables.values():
        table.check(Review)
    return _numbered("imdb", tables)


def _numbered(name, tables):
    """A corpus whose rows have no id of their own: theirs is the split and the place in it."""
    whole(name, tables)
    return DatasetDict(
        {
            split: Dataset.from_dict({**table.columns, "id": [f"{split}{i}" for i in range(len(table))]})
            for split, table in tables.items()
        }
    )


def emobank() -> DatasetDict:
    """EmoBank: ``id``, ``text`` and human ``vad`` (3), converted here from 1..5 to [0, 1]: Buechel and Hahn (2017)."""
    folder = local("emobank")
    return DatasetDict(from_hub("emobank")) if folder is None else emobank_files(folder)


def emobank_files(folder: Path) -> DatasetDict:
    """EmoBank from its authors' table."""
    path = folder / "emobank.csv"
    table = read_csv(path, ("id", "split", *"VAD", "text"))
    admit(table, Sentence)
    unique([table], "id")
    tables = {split: table.part("split", split) for split in SPLITS}
    whole("emobank", tables)
    splits = {}
    for split, each in tables.items():
        rated = zip(*(each.columns[dimension] for dimension in "VAD"), strict=True)
        vad = [[(float(rating) - 1) / 4 for rating in ratings] for ratings in rated]
        splits[split] = Dataset.from_dict({"id": each.columns["id"], "text": each.columns["text"], "vad": vad})
    return DatasetDict(splits)


def lexicon() -> pd.DataFrame:
    """The NRC VAD lexicon: index ``word``, columns valence, arousal, dominance in [0, 1]: Mohammad (2018, 2025).

    Version 1 is known by its header, or by having none, and version 2.1 by its header; its scale, -1 to 1, is converted
    here. What is not the file that the study's numbers rest on is said in the log.
    """
    folder = local("nrc-vad")
    if folder is None:
        raise CorpusError(
            f"the NRC VAD lexicon is not in {data_folder() or 'data/'}; it may not be redistributed: "
            f"get it at {NRC_HOME} and put NRC-VAD-Lexicon.txt into data/nrc-vad/"
        )
    path = folder / "NRC-VAD-Lexicon.txt"
    table = read_tsv(path, ("word", *DIMENSIONS))
    version = LEXICON_HEADERS.get(tuple(column[0] for column in table.columns.values()))
    if version is not None:
        columns = {name: column[1:] for name, column in table.columns.items()}
        table = Table(path, columns, table.numbers[1:])
    version, columns = version or "1", table.columns
    if not published(path):
        table.check({"1": Word, "2.1": SignedWord}[version])
        unique([table], "word")
        if version == "2.1" and not any(field.startswith("-") for field in columns["valence"]):
            raise CorpusError(
                f"{path} has version 2.1's header and no valence below 0, but that version's scale is "
                f"-1 to 1; get it as published at {NRC_HOME}"
            )
        if len(table) not in LEXICON_ROWS[version]:
            sizes = " or ".join(f"{size:,}" for size in LEXICON_ROWS[version])
            raise CorpusError(
                f"{path} has {len(table):,} words, version {version} as published {sizes}; get all of it at {NRC_HOME}"
            )
        log.warning(
            "%s is version %s of the NRC VAD lexicon with %s words, not the file with %s words that the study's "
            "recorded numbers rest on: what is computed from it anew may differ from them%s",
            path,
            version,
            f"{len(table):,}",
            f"{LEXICON_ROWS['1'][0]:,}",
            "; its scale, -1 to 1, is converted to 0 to 1" if version == "2.1" else "",
        )
    index = pd.Index(columns["word"], name="word")
    values = pd.DataFrame({name: list(map(float, columns[name])) for name in DIMENSIONS}, index=index)
    return (values + 1) / 2 if version == "2.1" else values


def mini(path: Path = MINI) -> DatasetDict:
    """The embedded mini corpus: 12, 4 and 4 comments a label, written for this project; columns as in GoEmotions."""
    table = read_tsv(path, ("text", "labels", "id", "split"))
    table.check(MiniComment)
    unique([table], "id")
    return DatasetDict({split: _comments(table.part("split", split)) for split in SPLITS})


def mini_several() -> DatasetDict:
    """Stand-in for comments with several labels: each of dev and test of the mini corpus, followed by the next one."""
    splits = {}
    for split in ("dev", "test"):
        rows = list(single_label(mini())[0][split])
        # Four of a label stand together, so that the fourth next has another one.
        pairs = [(first, rows[(i + 4) % len(rows)]) for i, first in enumerate(rows)]
        splits[split] = Dataset.from_dict(
            {
                "id": [f"{first['id']}+{second['id']}" for first, second in pairs],
                "text": [f"{first['text']} {second['text']}" for first, second in pairs],
                "labels": [sorted((first["label"], second["label"])) for first, second in pairs],
            }
        )
    return DatasetDict(splits)


def mini_sentiment() -> DatasetDict:
    """Stand-in for IMDB where there is no data: the mini corpus's positive (1) and negative (0) comments."""
    groups = ("negative", "positive")
    return _regrouped("label", lambda name: groups.index(sentiment(name)) if sentiment(name) in groups else None)


def mini_ekman() -> DatasetDict:
    """Stand-in for Emotion where there is no data: the mini corpus under Ekman's six emotions."""
    groups = [group for group in EKMAN if group != "neutral"]
    return _regrouped("label", lambda name: groups.index(ekman(name)) if name != "neutral" else None)


def mini_vad() -> DatasetDict:
    """Stand-in for EmoBank where there is no data: the mini corpus, each comment with its label's VAD point."""
    points = emotion_vad()
    return _regrouped("vad", lambda name: points.loc[name].tolist())


def _regrouped(column, value_of):
    splits = {}
    for split, rows in single_label(mini())[0].items():
        values = [value_of(EMOTIONS[label]) for label in rows["label"]]
        kept = [i for i, value in enumerate(values) if value is not None]
        chosen = rows.select(kept).remove_columns("label")
        splits[split] = Dataset.from_dict({**chosen.to_dict(), column: [values[i] for i in kept]})
    return DatasetDict(splits)


LOADERS = {
    "goemotions": lambda: single_label(goemotions())[0],
    "mini": lambda: single_label(mini())[0],
    "goemotions-several": lambda: several_labels(goemotions()),
    "mini-several": mini_several,
    "goemotions-multilabel": goemotions,
    "mini-multilabel": mini_multilabel,
    "emotion": emotion,
    "imdb": imdb,
    "emobank": emobank,
    "mini-sentiment": mini_sentiment,
    "mini-ekman": mini_ekman,
    "mini-vad": mini_vad,
}


def load(name: str) -> DatasetDict:
    """A corpus by its name in :data:`LOADERS`, single-label where labels are GoEmotions' and its name says no other."""
    if name not in LOADERS:
        raise CorpusError(f"unknown corpus {name!r}; expected one of {', '.join(LOADERS)}")
    return LOADERS[name]()


def sample(name: str, most: int | None = None) -> tuple[DatasetDict, str]:
    """A corpus with at most so many texts of each split, always the same ones, in their order; its fingerprint."""
    corpus = load(name)
    for split, rows in corpus.items():
        if most and most < len(rows):
            corpus[split] = rows.select(np.sort(np.random.default_rng(0).choice(len(rows), most, replace=False)))
    return corpus, fingerprint(corpus)


def fingerprint(corpus: DatasetDict) -> str:
    """SHA-256 over every split's ids, texts and labels, in order: equal corpora, equal fingerprints, on any machine."""
    digest = hashlib.sha256()
    for split, rows in corpus.items():
        columns = rows.to_dict()
        columns = [columns[name] for name in ("id", "text", "label", "labels", "vad") if name in columns]
        for values in zip(*columns, strict=True):
            digest.update("\t".join(map(str, (split, *values))).encode())
    return digest.hexdigest()
