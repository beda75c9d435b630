"""Recipes: everything, except the seed, that decides a run. One class a kind.

A :class:`Recipe` trains an encoder. The :class:`Computed` ones make predictions from a trained run or from texts:
:class:`SVM`, :class:`Points` of other corpora, :class:`BagOfWords`, :class:`Lexicon`, :class:`Lengths`,
:class:`Ratings`, :class:`Votes`, :class:`Encoded`, :class:`Named`, :class:`Reader`. Which recipes the study has:
:mod:`vadstudy.experiments`.
"""

from dataclasses import MISSING, asdict, dataclass, fields
from math import inf
from numbers import Integral
from typing import Any

from vadstudy.emotions import EMOTIONS

LOSSES = ("mae", "mse", "mae+ce", "distance", "sorted", "ce", "bce")
POOLINGS = ("mean", "cls", "max", "attention", "mean-padded")
PRECISIONS = ("fp32", "bf16")
LEXICONS = ("nrc", "emotions")
READ = ("outputs", "probabilities", "expected", "median")
#: In a mapper's place: the points are not the labels', but people's of each text.
HUMAN = "human"
PROFILES = ("study", "base", "mini", "smoke", "paper")
#: Those whose runs are part of the repository, and those that the notebooks can be executed with: ``base`` has runs
#: alone, which ``notebooks/12_base_encoder`` sets beside the study's.
RECORDED = ("study", "base")
EXECUTABLE = ("study", "mini", "smoke", "paper")
SEED = 42
#: The greatest seed that NumPy takes.
LAST_SEED = 2**32 - 1
#: How tables and figures name an encoder; another is named as it is.
ENCODER_NAMES = {
    "minilm": "MiniLM-L6",
    "mpnet": "MPNet-base",
    "tiny": "tiny random BERT",
    "bert-base-cased": "BERT-base-cased",
}


@dataclass(frozen=True)
class Recipe:
    """A regressor (losses mae, mse, mae+ce, distance, sorted, with a mapper) or a baseline of 28 outputs (ce, bce).

    The loss ``distance`` is the cross-entropy of the labels by their points' distances; with it goes a mapper such as
    ``learned-8``, whose points, in eight dimensions, are trained, too. ``sorted`` trains a distribution over the labels
    in each of the mapper's dimensions, along their values there (:class:`vadstudy.borrowed.SortedLoss`).

    With the mapper ``human``, the targets are the points that people gave each text of the corpus, not the labels'.

    The defaults are the study's; what they are and why: ``notebooks/03_regressor_training.ipynb``. ``trainable_layers``
    counts the encoder's upper layers that are trained (None: all of it, embeddings included). ``splits`` are those
    predicted after training; candidates of the search on dev never see test. Learning rates are those of AdamW at the
    end of the warm-up; ``head_learning_rate`` None means ``learning_rate``, and ``label_learning_rate``, that of what a
    loss learns of the labels (their points, a scale, biases), the head's if it is None. ``train_rows`` trains on so
    many comments only, the same sample for every seed. ``fold`` (i, n) leaves the i-th of n parts of train out (i from
    1), and predicts that part only. ``without`` names labels whose texts are neither trained on nor looked at when the
    epoch is chosen; their texts in ``splits`` are predicted like all others. ``mean-padded`` pools over all
    ``max_length`` positions, padding included, as the paper's code did. ``carried_to`` names other corpora, each with
    the most texts of a split that are taken (None: all), whose texts are predicted right after the training, so that no
    weights need be kept; they are read up to ``carried_length`` tokens. ``carried_splits`` are the splits of those
    corpora that are predicted (none given: all).

    ``token_hidden`` puts a perceptron with so many hidden units on every token, whose outputs ``pooling`` then pools
    (``max`` or ``attention``). ``main_share`` is the probability that a step trains the recipe's own task; the others
    train whether a definition belongs to a text (:class:`vadstudy.borrowed.Definitions`). A corpus whose texts have
    several labels each needs the loss ``bce``.
    """

    name: str
    loss: str
    mapper: str | None = None
    corpus: str = "goemotions"
    encoder: str = "minilm"
    pooling: str = "mean"
    hidden_layers: tuple = ()
    dropout: float = 0.1
    loss_lambda: float = 0.1
    temperature: float = 1.0
    target_noise: float = 0.0
    trainable_layers: int | None = 2
    learning_rate: float = 3e-4
    head_learning_rate: float | None = 1e-3
    label_learning_rate: float | None = None
    epochs: int = 3
    batch_size: int = 32
    max_length: int = 50
    warmup: float = 0.1
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    adam_epsilon: float = 1e-8
    precision: str = "bf16"
    splits: tuple = ("train", "dev", "test")
    keep_weights: bool = False
    train_rows: int | None = None
    fold: tuple | None = None
    without: tuple[str, ...] = ()
    carried_to: tuple[tuple[str, int | None], ...] = ()
    carried_length: int = 200
    carried_splits: tuple[str, ...] = ()
    token_hidden: int | None = None
    main_share: float = 1.0

    def __post_init__(self):
        _one_of(self, "loss", LOSSES)
        _one_of(self, "pooling", POOLINGS)
        _one_of(self, "precision", PRECISIONS)
        if (self.mapper is None) != (self.loss in ("ce", "bce")):
            raise ValueError(
                f"recipe {self.name!r}, field mapper: {self.mapper!r} does not go with {self.loss!r}; "
                "regressors (mae, mse, mae+ce, distance, sorted) need a mapper, baselines (ce, bce) have none"
            )
        if self.mapper == HUMAN and self.loss in ("mae+ce", "distance", "sorted"):
            raise ValueError(
                f"recipe {self.name!r}, field loss: {self.loss} needs labels, which mapper {HUMAN!r} has not"
            )
        if (self.mapper or "").startswith("learned") and self.loss != "distance":
            raise ValueError(
                f"recipe {self.name!r}, field loss: {self.loss!r} puts the points of {self.mapper!r} in one place; "
                "points are learned with distance"
            )
        _at_least(self, 0, "learning_rate", "epochs", "batch_size", "max_length", "temperature", more=True)
        _at_least(self, 0, "carried_length", more=True)
        _at_least(self, 0, "loss_lambda", "target_noise", "warmup", "weight_decay", "max_grad_norm", "adam_epsilon")
        for field in ("head_learning_rate", "label_learning_rate", "train_rows", "token_hidden"):
            if getattr(self, field) is not None:
                _at_least(self, 0, field, more=True)
        if not 0 <= self.dropout < 1:
            raise ValueError(f"recipe {self.name!r}, field dropout: {self.dropout}, expected from 0 to below 1")
        if self.pooling not in ("max", "attention") if self.token_hidden else self.pooling == "attention":
            raise ValueError(
                f"recipe {self.name!r}, field pooling: {self.pooling!r} does not go with token_hidden "
                f"{self.token_hidden}; a perceptron on tokens has max or attention, which is for it alone"
            )
        if not 0 < self.main_share <= 1:
            raise ValueError(f"recipe {self.name!r}, field main_share: {self.main_share}, expected above 0, up to 1")
        for field in ("splits", "carried_splits"):
            found = getattr(self, field)
            if set(found) - {"train", "dev", "test"} or found == () and field == "splits":
                raise ValueError(f"recipe {self.name!r}, field {field}: {found}, expected some of train, dev, test")
        if set(self.without) - set(EMOTIONS) or set(self.without) == set(EMOTIONS):
            raise ValueError(f"recipe {self.name!r}, field without: {self.without}, expected some of the 28 emotions")
        if self.without and self.mapper == HUMAN:
            raise ValueError(f"recipe {self.name!r}, field without: needs labels, which mapper {HUMAN!r} has not")
        if self.fold and not 1 <= self.fold[0] <= self.fold[1]:
            raise ValueError(f"recipe {self.name!r}, field fold: {self.fold}, expected (i, n) with 1 <= i <= n")


@dataclass(frozen=True)
class Computed:
    """Predictions that are computed, not trained: what every kind of them has."""

    name: str
    corpus: str

    def __post_init__(self):
        for field in ("C", "gamma", "temperature", "max_length", "batch_size", "train_rows", "folds", "rows"):
            if getattr(self, field, None) is not None:
                _at_least(self, 0, field, more=True)

    @property
    def sources(self) -> list[str]:
        """Names of the runs that it is computed from."""
        source = getattr(self, "source", None)
        return [source] if source else []


@dataclass(frozen=True)
class SVM(Computed):
    """An SVM on the train points of the run ``source``.

    With ``folds``, on train points that each come from a run ``<source>-fold<i>of<folds>``, trained without the text.
    """

    source: str
    C: float = 10.0
    gamma: float = 3.5
    folds: int | None = None

    @property
    def sources(self) -> list[str]:
        """Names of the runs that it is computed from: the source, then its folds."""
        return [self.source, *(f"{self.source}-fold{i + 1}of{self.folds}" for i in range(self.folds or 0))]


@dataclass(frozen=True)
class Points(Computed):
    """Texts of another corpus through the weights of the run ``source``: points, or a baseline's logits.

    ``train_rows`` is how many of its training texts are taken, a seeded sample (None: all).
    """

    source: str
    train_rows: int | None = None
    max_length: int = 200
    batch_size: int = 32
    precision: str = "bf16"


@dataclass(frozen=True)
class BagOfWords(Computed):
    """TF-IDF of words and pairs of words, fitted on the corpus's own train split.

    ``trained_on`` fits it on another corpus's comments, towards the scaled points of their labels, as the flagship is
    trained; what it gives for ``corpus`` are then points, from a text's first ``max_length`` tokens.
    """

    trained_on: str | None = None
    max_length: int = 200


@dataclass(frozen=True)
class Lexicon(Computed):
    """The mean of a text's words in the lexicon: ``nrc``, or ``emotions`` for its 28 rows that the package holds."""

    lexicon: str = "nrc"

    def __post_init__(self):
        _one_of(self, "lexicon", LEXICONS)


@dataclass(frozen=True)
class Lengths(Computed):
    """The corpus's own labels, and its texts' lengths."""


@dataclass(frozen=True)
class Ratings(Computed):
    """What EmoBank's readers and writers said of each text, and its genre."""


@dataclass(frozen=True)
class Votes(Computed):
    """The share of its raters who gave a comment of dev or test each label, those with several labels, too."""


@dataclass(frozen=True)
class Encoded(Computed):
    """What the untrained encoder gives: a linear model on its mean vectors, a ridge (VAD) or logistic (labels).

    Fitted on the corpus's own train split, or, with ``lexicon``, on the lexicon's words, whose points it then gives to
    texts. With ``source``, the label probabilities that this run has of the same texts, at ``temperature``, stand
    beside the vectors. ``rows`` is the most texts of a split that are taken, the sample that trained recipes are
    carried to.
    """

    lexicon: str | None = None
    source: str | None = None
    temperature: float = 1.0
    rows: int | None = None
    encoder: str = "minilm"
    max_length: int = 200

    def __post_init__(self):
        super().__post_init__()
        if self.lexicon:
            _one_of(self, "lexicon", LEXICONS)


@dataclass(frozen=True)
class Named(Computed):
    """How near the untrained encoder has a text to what each label is called, and the labels to one another.

    ``described`` puts a label's description into a sentence with its name, in the place of the name alone.
    """

    described: bool = False
    encoder: str = "minilm"
    max_length: int = 200


@dataclass(frozen=True)
class Reader(Computed):
    """An SVM that reads ``corpus``'s labels off what the run ``source`` says of its texts.

    Standardised; C and gamma are those of the best accuracy on the corpus's dev split. ``what`` says what is read: the
    source's own ``outputs``, or a softmax's label ``probabilities``, or their ``expected`` or ``median`` point.
    ``rows`` is as in :class:`Encoded`.
    """

    source: str
    what: str = "outputs"
    rows: int | None = None

    def __post_init__(self):
        super().__post_init__()
        _one_of(self, "what", READ)


def _at_least(recipe, least, *names, more=False):
    """Refuse fields that are not finite numbers from ``least``, or ``more`` than it."""
    for field in names:
        value = getattr(recipe, field)
        if not (least < value if more else least <= value) or value == inf:
            words = f"more than {least}" if more else f"at least {least}"
            raise ValueError(f"recipe {recipe.name!r}, field {field}: {value}, expected {words}")


def _one_of(recipe, field, known):
    if getattr(recipe, field) not in known:
        raise ValueError(
            f"recipe {recipe.name!r}, field {field}: unknown {getattr(recipe, field)!r}; "
            f"expected one of {', '.join(known)}"
        )


def check_seed(seed: int) -> int:
    """The seed; a ``ValueError`` if it is none that every random generator here takes."""
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed <= LAST_SEED:
        raise ValueError(f"seed {seed!r}, expected a whole number from 0 to {LAST_SEED}")
    return seed


def as_fields(recipe: Recipe | Computed) -> dict[str, Any]:
    """A recipe's fields as JSON has them: its class's name first, tuples as lists."""
    return {"type": type(recipe).__name__, **_plain(asdict(recipe))}


def _plain(values):
    return {name: _listed(value) for name, value in values.items()}


def _listed(value):
    return list(map(_listed, value)) if isinstance(value, tuple) else value


def differences(stored: dict[str, Any], recipe: Recipe | Computed) -> list[str]:
    """Lines ``field: stored -> code`` where stored fields differ from a recipe's; an empty list if they agree.

    A field that the stored recipe lacks was added to the class later, with a default that means what was done before.
    ``keep_weights`` is not compared: it decides what is kept of a run, not how it comes out.
    """
    code = as_fields(recipe)
    stored = _plain({field.name: field.default for field in fields(recipe) if field.default is not MISSING}) | stored
    names = [name for name in (*code, *(name for name in stored if name not in code)) if name != "keep_weights"]
    return [
        f"{name}: {stored.get(name, 'absent')!r} -> {code.get(name, 'absent')!r}"
        for name in names
        if stored.get(name, "absent") != code.get(name, "absent")
    ]
