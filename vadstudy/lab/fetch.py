"""Fetch the public data sets into a folder, in the files that :mod:`vadstudy.corpora` reads: whole, or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pooch
from datasets import DatasetDict

from vadstudy import corpora
from vadstudy.disk.reading import published
from vadstudy.disk.schemas import NRC_HOME, PUBLISHED, SIX_EMOTIONS, SPLITS
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import CorpusError, first_line

EMOBANK = "https://raw.githubusercontent.com/JULIELab/EmoBank/master/corpus/"


def write_goemotions(corpus: DatasetDict, folder: Path) -> None:
    """GoEmotions as its authors' tab-separated files."""
    for split in SPLITS:
        rows = zip(corpus[split]["text"], corpus[split]["labels"], corpus[split]["id"], strict=True)
        lines = ["\t".join((text, ",".join(map(str, labels)), comment)) for text, labels, comment in rows]
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    (folder / "emotions.txt").write_text("\n".join(EMOTIONS), encoding="utf-8", newline="\n")


def write_emotion(corpus: DatasetDict, folder: Path) -> None:
    """Emotion as ``text;label_name`` with a header."""
    for split, stem in zip(SPLITS, ("train", "val", "test"), strict=True):
        rows = zip(corpus[split]["text"], corpus[split]["label"], strict=True)
        lines = ["text;label_name", *(f"{text};{SIX_EMOTIONS[label]}" for text, label in rows)]
        (folder / f"{stem}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def write_imdb(corpus: DatasetDict, folder: Path) -> None:
    """IMDB as parquet, train and test."""
    for split in ("train", "test"):
        corpus[split].select_columns(["text", "label"]).to_parquet(folder / f"{split}.parquet")


def write_emobank(files: dict[str, bytes], folder: Path) -> None:
    """EmoBank's tables as its authors' repository has them."""
    for name, content in files.items():
        (folder / name).write_bytes(content)


def emobank() -> dict[str, bytes]:
    """EmoBank's tables from its authors' repository, as bytes by name; a ``CorpusError`` if one cannot be had or
    differs."""
    return {
        path.split("/")[1]: _emobank(path.split("/")[1], digest)
        for path, digest in PUBLISHED.items()
        if path.startswith("emobank/")
    }


def _emobank(name, digest):
    by_hand = f"get {name} by hand and put it into data/emobank/"
    pooch.get_logger().setLevel("WARNING")
    with TemporaryDirectory() as folder:
        try:
            return Path(pooch.retrieve(EMOBANK + name, digest, path=folder)).read_bytes()
        except ValueError as error:  # what pooch says of another SHA-256
            raise CorpusError(
                f"{EMOBANK}{name} is another file than the study's ({first_line(error)}); {by_hand}"
            ) from error
        except OSError as error:
            raise CorpusError(
                f"{EMOBANK}{name} cannot be reached ({first_line(error)}); check the network, or {by_hand}"
            ) from error


#: How each corpus is had, written, and read again.
CORPORA = {
    "goemotions": (corpora.goemotions_hub, write_goemotions, corpora.goemotions_files),
    "emotion": (corpora.emotion_hub, write_emotion, corpora.emotion_files),
    "imdb": (corpora.imdb_hub, write_imdb, corpora.imdb_files),
    "emobank": (emobank, write_emobank, corpora.emobank_files),
}


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """A disk that is full, a folder that cannot be written or is no folder becomes a ``CorpusError``."""
    try:
        yield
    except OSError as error:
        raise CorpusError(
            f"{folder} cannot be written ({error.strerror or error}); no file there is half-written: make room, or "
            "correct whose it is and its permissions, then run `make data` again"
        ) from error


def store(name: str, folder: Path) -> str:
    """Get a corpus and write it into its folder below ``folder``; a line that says what is there now.

    The files are written and read again in a folder beside their own, then moved, each whole.

    Raises
    ------
    CorpusError
        If the corpus cannot be had, breaks its schema, or the folder cannot be written.
    """
    get, write, read = CORPORA[name]
    part = folder / ".part"
    with storing(folder):
        new = not folder.exists()
        shutil.rmtree(part, ignore_errors=True)
        (part / name).mkdir(parents=True)
        try:
            write(get(), part / name)
            corpus = read(part / name)
            files = sorted((part / name).iterdir())
            how = "the published files" if all(map(published, files)) else "each row checked"
            (folder / name).mkdir(exist_ok=True)
            for path in files:
                os.replace(path, folder / name / path.name)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            if new and not any(folder.iterdir()):
                folder.rmdir()
    rows = ", ".join(f"{split} {len(rows)}" for split, rows in corpus.items())
    return f"{name}: {rows} rows in {folder / name}, {how}"


def fetch(folder: Path) -> Iterator[str]:
    """Fetch every public corpus into ``folder``, one line a corpus; the last says where to get the lexicon."""
    for name in CORPORA:
        yield store(name, folder)
    yield (
        f"The NRC VAD lexicon may not be redistributed: get it at {NRC_HOME} and put NRC-VAD-Lexicon.txt into "
        f"{folder / 'nrc-vad'}; only the lexicon baselines and `make retrain` of them need it."
    )
