"""Comments in the form of GoEmotions: the corpus itself, the embedded mini corpus, and the single-label filter.

Files are looked for in the folder named by ``VADSTUDY_DATA``, else in the project's ``data/``, else the corpus comes
from the Hugging Face hub. The mini corpus is part of the package.
"""

import pandas as pd
from datasets import Dataset, DatasetDict, load_dataset

from vadstudy.emotions import EKMAN, EMOTIONS, ekman, sentiment
from vadstudy.errors import CorpusError
from vadstudy.paths import PACKAGED, data_folder

SPLITS = ("train", "dev", "test")
MINI = PACKAGED / "mini.tsv"
EMOTION_VAD = PACKAGED / "nrc_vad_emotions.csv"
HUB = {
    "goemotions": ("google-research-datasets/go_emotions", "simplified"),
    "emotion": ("dair-ai/emotion", "split"),
    "imdb": ("stanfordnlp/imdb", "plain_text"),
}


def local(*parts):
    """Path of a local data file, or None if there is no data folder or the corpus's folder is not in it."""
    folder = data_folder()
    if folder is None or not (folder / parts[0]).is_dir():
        return None
    path = folder.joinpath(*parts)
    if not path.is_file():
        raise CorpusError(f"{path} is missing; run `make data`, or see the README's section on data")
    return path


def from_hub(name):
    """A corpus's splits from the hub, renamed to train, dev and test."""
    folder = data_folder()
    where = f"not in {folder}" if folder else "not on this machine (VADSTUDY_DATA is not set and there is no data/)"
    if name not in HUB:
        raise CorpusError(f"{name} is {where} and not on the hub; run `make data`, which says where to get it")
    try:
        found = load_dataset(*HUB[name])
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{name} is {where}, and the hub's {HUB[name][0]} cannot be reached ({error}); "
            "set VADSTUDY_DATA to a folder that holds it, or run `make data` where there is a network"
        ) from error
    return {"dev" if split == "validation" else split: found[split] for split in found}


def read_tsv(path, columns):
    """Rows of a tab-separated file without a header; a row with another number of fields is an error."""
    rows = []
    with open(path, encoding="utf-8", newline="") as file:
        for number, line in enumerate(file, start=1):
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) != len(columns):
                raise CorpusError(
                    f"{path}, line {number}: {len(fields)} tab-separated fields, expected {len(columns)} "
                    f"({', '.join(columns)}); restore the file, for example with `make data`"
                )
            rows.append((number, fields))
    if not rows:
        raise CorpusError(f"{path} is empty; restore the file, for example with `make data`")
    return rows


def label_indices(field, where):
    """``"3,27"`` to ``[3, 27]``."""
    try:
        indices = [int(part) for part in field.split(",")]
    except ValueError:
        raise CorpusError(f"{where}: labels {field!r} are not comma-separated indices such as 3,27") from None
    for i in indices:
        if not 0 <= i < len(EMOTIONS):
            raise CorpusError(f"{where}: label index {i} is out of range, expected 0 to {len(EMOTIONS) - 1}")
    return indices


def number(field, where, low, high):
    """A float within ``[low, high]``."""
    try:
        value = float(field)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise CorpusError(f"{where}: {field!r} is not a number from {low} to {high}")
    return value


def load():
    """GoEmotions, official splits, as ``id``, ``text`` and ``labels`` (a list of indices): Demszky et al. (2020)."""
    if local("goemotions", "train.tsv") is None:
        return DatasetDict({split: rows.select_columns(["id", "text", "labels"])
                            for split, rows in from_hub("goemotions").items()})  # fmt: skip
    splits = {}
    for split in SPLITS:
        path = local("goemotions", f"{split}.tsv")
        rows = read_tsv(path, ("text", "label indices", "comment id"))
        splits[split] = Dataset.from_dict({
            "id": [fields[2] for _, fields in rows],
            "text": [fields[0] for _, fields in rows],
            "labels": [label_indices(fields[1], f"{path}, line {number}") for number, fields in rows],
        })  # fmt: skip
    return DatasetDict(splits)


def mini(path=MINI):
    """The embedded mini corpus: 12, 4 and 4 comments a label, written for this project; columns as in GoEmotions."""
    rows = read_tsv(path, ("text", "label indices", "comment id", "split"))
    splits = {split: {"id": [], "text": [], "labels": []} for split in SPLITS}
    for number, (text, labels, comment, split) in rows:
        if split not in splits:
            raise CorpusError(f"{path}, line {number}: split {split!r}, expected one of {', '.join(SPLITS)}")
        splits[split]["id"].append(comment)
        splits[split]["text"].append(text)
        splits[split]["labels"].append(label_indices(labels, f"{path}, line {number}"))
    return DatasetDict({split: Dataset.from_dict(columns) for split, columns in splits.items()})


def single_label(corpus):
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
        kept[split] = Dataset.from_dict({
            "id": [columns["id"][i] for i in one],
            "text": [columns["text"][i] for i in one],
            "label": [columns["labels"][i][0] for i in one],
        })  # fmt: skip
        counts.append({"split": split, "rows": len(rows), "kept": len(one), "dropped": len(rows) - len(one)})
    dropped = pd.DataFrame(counts).set_index("split")
    dropped["share"] = dropped["dropped"] / dropped["rows"]
    return DatasetDict(kept), dropped


def emotion_vad():
    """The lexicon's rows of the 28 labels, which the package holds: index ``word``, valence, arousal, dominance."""
    return pd.read_csv(EMOTION_VAD, index_col=0).rename_axis("word").loc[list(EMOTIONS)]


def mini_sentiment():
    """Stand-in for IMDB where there is no data: the mini corpus's positive (1) and negative (0) comments."""
    groups = ("negative", "positive")
    return _regrouped("label", lambda name: groups.index(sentiment(name)) if sentiment(name) in groups else None)


def mini_ekman():
    """Stand-in for Emotion where there is no data: the mini corpus under Ekman's six emotions."""
    groups = [group for group in EKMAN if group != "neutral"]
    return _regrouped("label", lambda name: groups.index(ekman(name)) if name != "neutral" else None)


def mini_vad():
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
