"""Comments in the form of GoEmotions: the corpus itself, the embedded mini corpus, and the single-label filter.

Files are looked for in the folder named by ``VADSTUDY_DATA``, else in the project's ``data/``, else the corpus comes
from the Hugging Face hub. The mini corpus is part of the package.
"""

import errno

import pandas as pd
from datasets import ClassLabel, Dataset, DatasetDict, load_dataset

from vadstudy.emotions import EKMAN, EMOTIONS, ekman, sentiment
from vadstudy.errors import CorpusError
from vadstudy.paths import PACKAGED, data_folder
from vadstudy.reading import Table, admit, missing, read_lines, read_tsv, remedy, unique, whole
from vadstudy.schemas import ROWS, SIX_EMOTIONS, SPLITS, Comment, MiniComment

MINI = PACKAGED / "mini.tsv"
EMOTION_VAD = PACKAGED / "nrc_vad_emotions.csv"
#: Name and configuration on the hub of what is there.
HUB = {
    "goemotions": ("google-research-datasets/go_emotions", "simplified"),
    "emotion": ("dair-ai/emotion", "split"),
    "imdb": ("stanfordnlp/imdb", "plain_text"),
}
#: Their labels there, in the order of their numbers.
LABELS = {"goemotions": EMOTIONS, "emotion": SIX_EMOTIONS, "imdb": ("neg", "pos")}


def local(name, file=None):
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


def from_hub(name):
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


def hub_tables(name, columns):
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


def load():
    """GoEmotions, official splits, as ``id``, ``text`` and ``labels`` (a list of indices): Demszky et al. (2020)."""
    folder = local("goemotions")
    return hub() if folder is None else read(folder)


def read(folder):
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


def hub():
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


def mini(path=MINI):
    """The embedded mini corpus: 12, 4 and 4 comments a label, written for this project; columns as in GoEmotions."""
    table = read_tsv(path, ("text", "labels", "id", "split"))
    table.check(MiniComment)
    unique([table], "id")
    return DatasetDict({split: _comments(table.part("split", split)) for split in SPLITS})


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
