"""The texts of the study, as ``datasets`` objects, by name; beside GoEmotions: Emotion, IMDB, EmoBank, the lexicon.

Every corpus is read from the folder named by ``VADSTUDY_DATA``, else from the project's ``data/``, else from the
Hugging Face hub. Nothing is downloaded unless a function here is called.
"""

import csv
import hashlib

import pandas as pd
from datasets import Dataset, DatasetDict

from vadstudy import goemotions
from vadstudy.emotions import VAD
from vadstudy.errors import CorpusError
from vadstudy.goemotions import SPLITS, from_hub, local, number, read_tsv, single_label
from vadstudy.paths import data_folder

#: The six labels of the Emotion data set, in its order.
SIX_EMOTIONS = ("sadness", "joy", "love", "anger", "fear", "surprise")
NRC_HOME = "saifmohammad.com/WebPages/nrc-vad.html"


def emotion():
    """The Emotion data set: ``id``, ``text``, ``label`` (index in :data:`SIX_EMOTIONS`): Saravia et al. (2018)."""
    if local("emotion", "train.txt") is None:
        return DatasetDict({split: rows.add_column("id", [f"{split}{i}" for i in range(len(rows))])
                            for split, rows in from_hub("emotion").items()})  # fmt: skip
    splits = {}
    for split, stem in zip(SPLITS, ("train", "val", "test"), strict=True):
        path = local("emotion", f"{stem}.txt")
        columns = {"id": [], "text": [], "label": []}
        for line, row in enumerate(path.read_text(encoding="utf-8").rstrip("\n").split("\n")[1:], start=2):
            text, _, label = row.rpartition(";")
            if label not in SIX_EMOTIONS:
                raise CorpusError(f"{path}, line {line}: label {label!r}, expected {', '.join(SIX_EMOTIONS)}")
            columns["id"].append(f"{split}{line - 2}")
            columns["text"].append(text)
            columns["label"].append(SIX_EMOTIONS.index(label))
        splits[split] = Dataset.from_dict(columns)
    return DatasetDict(splits)


def imdb():
    """Large Movie Review Dataset, train and test: ``id``, ``text``, ``label`` (1 is positive): Maas et al. (2011)."""
    if local("imdb", "train.parquet") is None:
        found = {split: rows for split, rows in from_hub("imdb").items() if split in SPLITS}
    else:
        files = {split: str(local("imdb", f"{split}.parquet")) for split in ("train", "test")}
        try:
            found = {split: Dataset.from_pandas(pd.read_parquet(path)) for split, path in files.items()}
        except (OSError, ValueError) as error:
            raise CorpusError(f"{files} cannot be read as parquet ({error}); restore them with `make data`") from error
    return DatasetDict({split: rows.add_column("id", [f"{split}{i}" for i in range(len(rows))])
                        for split, rows in found.items()})  # fmt: skip


def emobank():
    """EmoBank: ``id``, ``text`` and human ``vad`` (3), converted here from 1..5 to [0, 1]: Buechel and Hahn (2017)."""
    path = local("emobank", "emobank.csv")
    if path is None:
        return DatasetDict(from_hub("emobank"))
    splits = {split: {"id": [], "text": [], "vad": []} for split in SPLITS}
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != ["id", "split", "V", "A", "D", "text"]:
            raise CorpusError(f"{path}, line 1: header {reader.fieldnames}, expected id,split,V,A,D,text")
        for row in reader:
            where = f"{path}, line {reader.line_num}"
            if row["split"] not in splits:
                raise CorpusError(f"{where}: split {row['split']!r}, expected one of {', '.join(SPLITS)}")
            columns = splits[row["split"]]
            columns["id"].append(row["id"])
            columns["text"].append(row["text"])
            columns["vad"].append([(number(row[d], f"{where}, {d}", 1, 5) - 1) / 4 for d in "VAD"])
    return DatasetDict({split: Dataset.from_dict(columns) for split, columns in splits.items()})


def lexicon():
    """The NRC VAD lexicon: index ``word``, columns valence, arousal, dominance in [0, 1]: Mohammad (2018)."""
    path = local("nrc-vad", "NRC-VAD-Lexicon.txt")
    if path is None:
        raise CorpusError(f"the NRC VAD lexicon is not in {data_folder() or 'data/'}; it may not be redistributed: "
                          f"get it at {NRC_HOME} and put NRC-VAD-Lexicon.txt into data/nrc-vad/")  # fmt: skip
    rows = read_tsv(path, ("word", *VAD))
    values = [[number(f, f"{path}, line {n}", 0, 1) for f in fields[1:]] for n, fields in rows]
    return pd.DataFrame(values, index=pd.Index([fields[0] for _, fields in rows], name="word"), columns=list(VAD))


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
        columns = [rows[name] for name in ("id", "text", "label", "labels", "vad") if name in rows.features]
        for values in zip(*columns, strict=True):
            digest.update("\t".join(map(str, (split, *values))).encode())
    return digest.hexdigest()
