"""The 28 GoEmotions labels, their Ekman and sentiment groups, and one colour for each.

The labels and both groupings are those of Demszky et al. (2020), "GoEmotions: A Dataset of Fine-Grained Emotions",
in the order of the data set's ``emotions.txt``; the position of a label in :data:`EMOTIONS` is its index everywhere.
"""

from typing import TYPE_CHECKING

from vadstudy.paths import PACKAGED

if TYPE_CHECKING:
    import pandas as pd

EMOTIONS = (
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
    "neutral",
)

#: The psychological dimensions, in the order of every ``vad`` array.
DIMENSIONS = ("valence", "arousal", "dominance")

#: Ekman's six basic emotions, and neutral, with the labels that GoEmotions files under each.
EKMAN = {
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "joy": (
        "admiration",
        "amusement",
        "approval",
        "caring",
        "desire",
        "excitement",
        "gratitude",
        "joy",
        "love",
        "optimism",
        "pride",
        "relief",
    ),
    "sadness": ("disappointment", "embarrassment", "grief", "remorse", "sadness"),
    "surprise": ("confusion", "curiosity", "realization", "surprise"),
    "neutral": ("neutral",),
}

#: Sentiment of each label, as GoEmotions groups them.
SENTIMENT = {
    "positive": EKMAN["joy"],
    "negative": EKMAN["anger"] + EKMAN["disgust"] + EKMAN["fear"] + EKMAN["sadness"],
    "ambiguous": EKMAN["surprise"],
    "neutral": ("neutral",),
}

#: Colour of each Ekman group: the Okabe-Ito palette, which colour-blind readers can tell apart.
GROUP_COLOURS = {
    "anger": "#D55E00",
    "disgust": "#009E73",
    "fear": "#CC79A7",
    "joy": "#E69F00",
    "sadness": "#0072B2",
    "surprise": "#56B4E9",
    "neutral": "#666666",
}

_INDEX = {name: i for i, name in enumerate(EMOTIONS)}
_EKMAN_OF = {label: group for group, labels in EKMAN.items() for label in labels}
_SENTIMENT_OF = {label: group for group, labels in SENTIMENT.items() for label in labels}


def index(emotion: str) -> int:
    """Index of a label in :data:`EMOTIONS`; a ``ValueError`` names an unknown one and lists the 28."""
    try:
        return _INDEX[emotion]
    except KeyError:
        raise ValueError(f"unknown emotion {emotion!r}; expected one of {', '.join(EMOTIONS)}") from None


def ekman(emotion: str) -> str:
    """Ekman group of a label, a key of :data:`EKMAN`."""
    return _EKMAN_OF[EMOTIONS[index(emotion)]]


def sentiment(emotion: str) -> str:
    """Sentiment group of a label, a key of :data:`SENTIMENT`."""
    return _SENTIMENT_OF[EMOTIONS[index(emotion)]]


def colour(emotion: str) -> str:
    """Colour of a label in every figure: its Ekman group's, as ``#RRGGBB``. No palette separates 28 labels."""
    return GROUP_COLOURS[ekman(emotion)]


def emotion_vad() -> "pd.DataFrame":
    """The lexicon's rows of the 28 labels, which the package holds: index ``word``, valence, arousal, dominance."""
    import pandas as pd  # here, so that the labels alone are there at once

    return pd.read_csv(PACKAGED / "nrc_vad_emotions.csv", index_col=0).rename_axis("word").loc[list(EMOTIONS)]


def descriptions() -> dict[str, str]:
    """What each label means, in a few words of our own, by label."""
    import csv

    with open(PACKAGED / "descriptions.csv", newline="", encoding="utf-8") as file:
        found = {row["label"]: row["description"] for row in csv.DictReader(file)}
    return {label: found[label] for label in EMOTIONS}


def sentence(name: str, description: str = "") -> str:
    """What an encoder of sentences reads of a label, whether of the 28 or another."""
    return f"This text expresses {name}{f': {description}' if description else ''}."
