"""Fetch the public data sets into a folder, in the files that :mod:`vadstudy.corpora` reads."""

import urllib.error
import urllib.request

from vadstudy.corpora import NRC_HOME, SIX_EMOTIONS
from vadstudy.emotions import EMOTIONS
from vadstudy.errors import CorpusError
from vadstudy.goemotions import SPLITS, from_hub
from vadstudy.regressor import sha256

EMOBANK = "https://raw.githubusercontent.com/JULIELab/EmoBank/master/corpus/emobank.csv"
EMOBANK_SHA256 = "1ade4a4a453e880c0f39d0536d2b355e8a716e0cf88236c64cdb4d438cf9605b"


def write_goemotions(corpus, folder):
    """GoEmotions as its authors' tab-separated files."""
    for split in SPLITS:
        rows = zip(corpus[split]["text"], corpus[split]["labels"], corpus[split]["id"], strict=True)
        lines = ["\t".join((text, ",".join(map(str, labels)), comment)) for text, labels, comment in rows]
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "emotions.txt").write_text("\n".join(EMOTIONS), encoding="utf-8")


def write_emotion(corpus, folder):
    """Emotion as ``text;label_name`` with a header."""
    for split, stem in zip(SPLITS, ("train", "val", "test"), strict=True):
        rows = zip(corpus[split]["text"], corpus[split]["label"], strict=True)
        lines = ["text;label_name", *(f"{text};{SIX_EMOTIONS[label]}" for text, label in rows)]
        (folder / f"{stem}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_imdb(corpus, folder):
    """IMDB as parquet, train and test."""
    for split in ("train", "test"):
        corpus[split].select_columns(["text", "label"]).to_parquet(folder / f"{split}.parquet")


WRITERS = {"goemotions": write_goemotions, "emotion": write_emotion, "imdb": write_imdb}


def emobank(folder):
    """EmoBank's table from its authors' repository, checked; a ``CorpusError`` if it cannot be had or differs."""
    path = folder / "emobank.csv"
    part = path.with_suffix(".part")
    try:
        urllib.request.urlretrieve(EMOBANK, part)
        found = sha256(part)
        if found != EMOBANK_SHA256:
            raise CorpusError(f"{EMOBANK} has SHA-256 {found}, expected {EMOBANK_SHA256}; "
                              f"get emobank.csv by hand and put it into {folder}")  # fmt: skip
        part.replace(path)
    except urllib.error.URLError as error:
        raise CorpusError(f"{EMOBANK} cannot be reached ({error.reason}); check the network, or get emobank.csv "
                          f"by hand and put it into {folder}") from error  # fmt: skip
    finally:
        part.unlink(missing_ok=True)


def fetch(folder):
    """Fetch every public corpus into ``folder``, one line a corpus; the last says where to get the lexicon."""
    for name, write in WRITERS.items():
        corpus = from_hub(name)
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        write(corpus, target)
        yield f"{name}: {', '.join(f'{split} {len(rows)}' for split, rows in corpus.items())} rows in {target}"
    (folder / "emobank").mkdir(parents=True, exist_ok=True)
    emobank(folder / "emobank")
    yield f"emobank: in {folder / 'emobank'}"
    yield (f"The NRC VAD lexicon may not be redistributed: get it at {NRC_HOME} and put NRC-VAD-Lexicon.txt into "
           f"{folder / 'nrc-vad'}; only the lexicon baselines and `make retrain` of them need it.")  # fmt: skip
