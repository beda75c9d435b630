"""The profile base: the study's main rows at the paper's scale, with MPNet-base, an encoder of BERT-base's size.

Its names are the study's, so that a row of both encoders is found by one name; but what the study trains twice, for
GoEmotions and to be carried to other corpora (``carried-…``), is one training here.
"""

from dataclasses import replace
from typing import Any

from vadstudy.experiments import ALL_LAYERS, MAIN
from vadstudy.recipes import SVM, Computed, Encoded, Reader, Recipe
from vadstudy.untrained import ELSEWHERE

ENCODER = "mpnet"
#: The learning rates that are tried for the encoder's upper two layers, on a third of train; the middle is the study's.
RATES = (1e-4, 3e-4, 1e-3)
#: What dev chose of them: of a row without a mapper the plain classifier's, of all others the regressor's.
#: ``tests/test_base.py`` holds it to the record. Set it after the searches, before the rows are trained.
BEST_RATE = {"softmax": 3e-4, "scaled-mae": 3e-4}
#: The learning rate where all layers are trained: the paper's, at whose scale they are.
ALL_LAYERS_RATE = 5e-5
#: The rows, in the order in which they are made, and those that are carried elsewhere. The first three have three
#: seeds.
ROWS = ("softmax", "scaled-mae", "nrc-mae", "bce", "nrc-mse", "nrc-mae-ce", "spread-mae", "shuffled-mae")
CARRIED = ("softmax", "scaled-mae", "nrc-mae", "bce", "nrc-mse")
#: Where to: the study's corpora without the comments with several labels.
CARRIED_TO = tuple((corpus, most) for corpus, most in ELSEWHERE if corpus != "goemotions-several")

_MAIN = {recipe.name: recipe for recipe in MAIN}


def _row(of: str, **changes: Any) -> Recipe:
    """A row of the study with this encoder."""
    recipe = _MAIN[of]
    rate = BEST_RATE["scaled-mae" if recipe.mapper else "softmax"]
    # The weights that `predict --profile base` answers from.
    kept = dict[str, Any](encoder=ENCODER, learning_rate=rate, keep_weights=of == "softmax")
    return replace(recipe, **kept | changes)


#: The search on dev, for the plain classifier and a regressor alike; dev is all they see.
SEARCH = tuple(
    _row(
        name,
        name=f"search-{name}-{rate:.0e}",
        learning_rate=rate,
        train_rows=12000,
        splits=("dev",),
        keep_weights=False,
    )
    for name in BEST_RATE
    for rate in RATES
)


def recipes() -> list[Recipe | Computed]:
    """All recipes, in the order in which they are made."""
    return [
        *SEARCH,
        *(_row(name, carried_to=CARRIED_TO if name in CARRIED else ()) for name in ROWS),
        *(SVM(f"{name}-svm", "goemotions", name) for name in ROWS if "train" in _MAIN[name].splits),
        *_read_elsewhere(),
        *(replace(recipe, encoder=ENCODER, learning_rate=ALL_LAYERS_RATE) for recipe in ALL_LAYERS),
        *(SVM(f"{recipe.name}-svm", "goemotions", recipe.name) for recipe in ALL_LAYERS if recipe.mapper),
    ]


def _read_elsewhere() -> list[Computed]:
    """Emotion's labels read off the rows that are carried there, and what the untrained encoder gives."""
    most = dict(CARRIED_TO)
    rows: list[Computed] = [
        Reader(f"six-reader-{name}", "emotion", name, rows=most["emotion"]) for name in CARRIED if _MAIN[name].mapper
    ]
    rows += [
        Reader(f"six-reader-softmax-{what}", "emotion", "softmax", what, most["emotion"])
        for what in ("expected", "median", "probabilities")
    ]
    rows += [
        Encoded("labels-encoder", "goemotions", encoder=ENCODER),
        Encoded("vad-encoder", "emobank", encoder=ENCODER),
        Encoded("vad-encoder-lexicon", "emobank", "nrc", encoder=ENCODER),
    ]
    return rows + [
        Encoded(f"{role}-encoder", corpus, rows=most[corpus], encoder=ENCODER)
        for role, corpus in (("six", "emotion"), ("sentiment", "imdb"))
    ]
