"""What the corpora's files hold: the published ones are known by their SHA-256, all others are held to a schema.

A schema is a pydantic model of one row as it stands in the file; a field's description ends the sentence "... is not".
"""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, create_model

from vadstudy.emotions import EMOTIONS

SplitName = Literal["train", "dev", "test"]
SPLITS: tuple[str, ...] = get_args(SplitName)
#: The six labels of the Emotion data set, in its order.
SixEmotion = Literal["sadness", "joy", "love", "anger", "fear", "surprise"]
SIX_EMOTIONS: tuple[str, ...] = get_args(SixEmotion)
NRC_HOME = "saifmohammad.com/WebPages/nrc-vad.html"
#: SHA-256 of the files that the study's numbers rest on.
PUBLISHED = {
    "emobank/emobank.csv": "1ade4a4a453e880c0f39d0536d2b355e8a716e0cf88236c64cdb4d438cf9605b",
    "emobank/meta.tsv": "c848266476711a3fb68395b9907ef574e60289ad916c8db79b7ea2e62ab62e0e",
    "emobank/reader.csv": "d5398f14afde4f02d3a335393b60fc4a45d03dc5ab65b6909c7c31a633dec175",
    "emobank/writer.csv": "311d895d21b1047cc875a9b082e1c3e17df548011d2dec8227cf3a53b0c34e0a",
    "emotion/test.txt": "4187b1cfb1e46f2d75541d937feb6aba69365c706ec17e45c26d1db33a8783f0",
    "emotion/train.txt": "29d6a6986e391f1882d17089d53bedff82443e1e6bb6ab2427c0aafd5e261910",
    "emotion/val.txt": "54ca705d677f12b1273bf012ec47d2fdfcf974995d7ab71c4af0965f092e69d3",
    "goemotions/dev.tsv": "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62",
    "goemotions/emotions.txt": "45c3ef86782d2a4d7fedcd6d8c111aa0d0e94720689bd164fac94fefb4495a89",
    "goemotions/test.tsv": "0587b2dd8b27b97352adbfc3fb083d46005c8946657fdc2b1ca8b1cc7f1f8be4",
    "goemotions/train.tsv": "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
    "goemotions/votes.csv": "8900fd39b8468508a2d144812f357793eea781f7771bcecc89ce37749373a5d7",
    "imdb/test.parquet": "8ec0d1f07f95e50ec770f59e0e3438ae31e26c75b04208f8dda82b9693d05a18",
    "imdb/train.parquet": "660d432ee66360b5c4417b137a978f2e4eb3042a16628fa49f9bc2a144ec593d",
    "nrc-vad/NRC-VAD-Lexicon.txt": "fd49023f760155c8377424d96ca18d57c6685891d78ba381e47af6f4a1b148a7",
}
#: Rows of each published split.
ROWS = {
    "goemotions": {"train": 43_410, "dev": 5_426, "test": 5_427},
    "emotion": {"train": 16_000, "dev": 2_000, "test": 2_000},
    "imdb": {"train": 25_000, "test": 25_000},
    "emobank": {"train": 8_062, "dev": 1_000, "test": 1_000},
}
#: Words of the lexicon's published files, by version: without a header and with one; with phrases and without.
LEXICON_ROWS = {"1": (19_971, 20_007), "2.1": (54_801, 44_728)}
OTHER_VERSION = " (version 2.1, from -1 to 1, is known by its header: term, valence, arousal, dominance)"
INDICES = {str(i) for i in range(len(EMOTIONS))}
#: One line that is not blank, without zeros and byte order marks, which are what is left of another encoding.
LINE = r"^[^\r\n\x00\uFEFF]*[^\s\x00\uFEFF][^\r\n\x00\uFEFF]*$"


def _indices(field: str) -> str:
    found = field.split(",")
    if not INDICES.issuperset(found) or len(set(found)) < len(found):
        raise ValueError
    return field


def _decimal(value):
    # float() takes "1_0", " 1", "nan" and digits of other scripts, too.
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", value):
        raise ValueError
    return value


def _scale(low: float, high: float, note: str = "") -> Any:
    return Field(ge=low, le=high, description=f"a number from {low} to {high}{note}")


Decimal = Annotated[float, BeforeValidator(_decimal)]
Text = Annotated[str, Field(pattern=LINE, description="a text on one line")]
Id = Annotated[str, Field(pattern=r"^[^\s\x00\uFEFF]+$", description="an id without spaces")]
Term = Annotated[str, Field(pattern=r"^[^\s\x00\uFEFF]+( [^\s\x00\uFEFF]+)*$", description="a word or a phrase")]
Split = Annotated[SplitName, Field(description=f"one of {', '.join(SPLITS)}")]
Labels = Annotated[
    str,
    AfterValidator(_indices),
    Field(description=f"comma-separated label indices from 0 to {len(EMOTIONS) - 1}, none twice, such as 3,27"),
]


class Comment(BaseModel):
    """GoEmotions."""

    text: Text
    labels: Labels
    id: Id


class MiniComment(Comment):
    """The embedded mini corpus."""

    split: Split


class Tweet(BaseModel):
    """Emotion."""

    text: Text
    label: Annotated[SixEmotion, Field(description=f"one of {', '.join(SIX_EMOTIONS)}")]


class Review(BaseModel):
    """IMDB."""

    text: Annotated[str, Field(pattern=r"\S", description="a text")]
    label: Annotated[int, Field(strict=True, ge=0, le=1, description="0 (negative) or 1 (positive)")]


class Sentence(BaseModel):
    """EmoBank."""

    id: Id
    split: Split
    V: Annotated[Decimal, _scale(1, 5)]
    A: Annotated[Decimal, _scale(1, 5)]
    D: Annotated[Decimal, _scale(1, 5)]
    text: Text


class Rating(BaseModel):
    """One perspective's ratings of a text of EmoBank."""

    id: Id
    V: Annotated[Decimal, _scale(1, 5)]
    A: Annotated[Decimal, _scale(1, 5)]
    D: Annotated[Decimal, _scale(1, 5)]
    stdV: Annotated[Decimal, _scale(0, 2)]
    stdA: Annotated[Decimal, _scale(0, 2)]
    stdD: Annotated[Decimal, _scale(0, 2)]
    N: Annotated[str, Field(pattern=r"^[1-9][0-9]?$", description="a number of raters")]


class EmoBankText(BaseModel):
    """Where a text of EmoBank comes from."""

    id: Id
    category: Annotated[str, Field(pattern=r"\S", description="a genre")]


_votes: dict[str, Any] = {
    "split": (Annotated[Literal["dev", "test"], Field(description="dev or test")], ...),
    "id": (Id, ...),
    **{name: (Annotated[Decimal, _scale(0, 1)], ...) for name in ("example_very_unclear", *EMOTIONS)},
}
Votes: type[BaseModel] = create_model("Votes", **_votes)


class Word(BaseModel):
    """The NRC VAD lexicon, version 1."""

    word: Term
    valence: Annotated[Decimal, _scale(0, 1, OTHER_VERSION)]
    arousal: Annotated[Decimal, _scale(0, 1, OTHER_VERSION)]
    dominance: Annotated[Decimal, _scale(0, 1, OTHER_VERSION)]


class SignedWord(BaseModel):
    """The NRC VAD lexicon, version 2.1."""

    word: Term
    valence: Annotated[Decimal, _scale(-1, 1)]
    arousal: Annotated[Decimal, _scale(-1, 1)]
    dominance: Annotated[Decimal, _scale(-1, 1)]
