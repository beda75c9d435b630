"""The texts of the study, as ``datasets`` objects, by name; beside GoEmotions: Emotion, IMDB, EmoBank, the lexicon.

Every corpus is read from the folder named by ``VADSTUDY_DATA``, else from the project's ``data/``, else from the
Hugging Face hub. Nothing is downloaded unless a function here is called.
"""

import hashlib
import logging

import pandas as pd
from datasets import Dataset, DatasetDict

from vadstudy import goemotions
from vadstudy.emotions import VAD
from vadstudy.errors import CorpusError
from vadstudy.goemotions import hub_tables, local, single_label
from vadstudy.paths import data_folder
from vadstudy.reading import Table, admit, published, read_csv, read_lines, read_parquet, read_tsv, unique, whole
from vadstudy.schemas import LEXICON_ROWS, NRC_HOME, SIX_EMOTIONS, SPLITS, Review, Sentence, SignedWord, Tweet, Word

#: First lines of Emotion's files, where they have one: the hub's had, their authors' have not.
EMOTION_HEADERS = ("text;label_name", "text;label")
#: First line of the lexicon: version 1 came with and without one, version 2.1 has its own.
LEXICON_HEADERS = {("Word", "Valence", "Arousal", "Dominance"): "1", ("term", *VAD): "2.1"}

log = logging.getLogger(__name__)


def emotion():
    """The Emotion data set: ``id``, ``text``, ``label`` (index in :data:`SIX_EMOTIONS`): Saravia et al. (2018)."""
    folder = local("emotion")
    return emotion_hub() if folder is None else emotion_files(folder)


def emotion_files(folder):
    """Emotion from files whose lines are ``text;label``, with or without a header."""
    tables = {}
    for split, stem in zip(SPLITS, ("train", "val", "test"), strict=True):
        path = folder / f"{stem}.txt"
        lines = read_lines(path)
        first = 2 if lines[0] in EMOTION_HEADERS else 1
        parted = [line.rpartition(";") for line in lines[first - 1 :]]
        columns = {"text": [text for text, _, _ in parted], "label": [label for _, _, label in parted]}
        tables[split] = Table(path, columns, range(first, first + len(parted)))
        admit(tables[split], Tweet)
    return _emotion(tables)


def emotion_hub():
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


def imdb():
    """Large Movie Review Dataset, train and test: ``id``, ``text``, ``label`` (1 is positive): Maas et al. (2011)."""
    folder = local("imdb")
    return imdb_hub() if folder is None else imdb_files(folder)


def imdb_files(folder):
    """IMDB from Parquet files."""
    tables = {split: read_parquet(folder / f"{split}.parquet", ("text", "label")) for split in ("train", "test")}
    for table in tables.values():
        admit(table, Review)
    return _numbered("imdb", tables)


def imdb_hub():
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


def emobank():
    """EmoBank: ``id``, ``text`` and human ``vad`` (3), converted here from 1..5 to [0, 1]: Buechel and Hahn (2017)."""
    folder = local("emobank")
    return DatasetDict(goemotions.from_hub("emobank")) if folder is None else emobank_files(folder)


def emobank_files(folder):
    """EmoBank from its authors' table."""
    path = folder / "emobank.csv"
    table = read_csv(path, ("id", "split", *"VAD", "text"))
    admit(table, Sentence)
    unique([table], "id")
    tables = {split: table.part("split", split) for split in SPLITS}
    whole("emobank", tables)
    splits = {}
    for split, each in tables.items():
        vad = zip(*(each.columns[dimension] for dimension in "VAD"), strict=True)
        vad = [[(float(rating) - 1) / 4 for rating in ratings] for ratings in vad]
        splits[split] = Dataset.from_dict({"id": each.columns["id"], "text": each.columns["text"], "vad": vad})
    return DatasetDict(splits)


def lexicon():
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
    table = read_tsv(path, ("word", *VAD))
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
    values = pd.DataFrame({name: list(map(float, columns[name])) for name in VAD}, index=index)
    return (values + 1) / 2 if version == "2.1" else values


LOADERS = {
    "goemotions": lambda: single_label(goemotions.load())[0],
    "mini": lambda: single_label(goemotions.mini())[0],
    "emotion": emotion,
    "imdb": imdb,
    "emobank": emobank,
    "mini-sentiment": goemotions.mini_sentiment,
    "mini-ekman": goemotions.mini_ekman,
    "mini-vad": goemotions.mini_vad,
}


def load(name):
    """A corpus by its name in :data:`LOADERS`, single-label where labels are GoEmotions'."""
    if name not in LOADERS:
        raise CorpusError(f"unknown corpus {name!r}; expected one of {', '.join(LOADERS)}")
    return LOADERS[name]()


def fingerprint(corpus):
    """SHA-256 over every split's ids, texts and labels, in order: equal corpora, equal fingerprints, on any machine."""
    digest = hashlib.sha256()
    for split, rows in corpus.items():
        columns = rows.to_dict()
        columns = [columns[name] for name in ("id", "text", "label", "labels", "vad") if name in columns]
        for values in zip(*columns, strict=True):
            digest.update("\t".join(map(str, (split, *values))).encode())
    return digest.hexdigest()
