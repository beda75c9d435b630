"""Recipes: everything, except the seed, that decides a run, and the named recipes behind each row of the tables.

A :class:`Recipe` trains an encoder. A :class:`Derived` recipe computes predictions from a trained run or from texts:
the SVM, the transfer to other corpora, the bag-of-words and lexicon baselines, the corpus's own measurements.
"""

from dataclasses import MISSING, asdict, dataclass, fields, replace
from math import inf
from numbers import Integral

LOSSES = ("mae", "mse", "mae+ce", "ce", "bce")
POOLINGS = ("mean", "cls", "max", "mean-padded")
PRECISIONS = ("fp32", "bf16")
KINDS = ("svm", "points", "bag-of-words", "lexicon", "lengths")
PROFILES = ("study", "mini", "smoke", "paper")
SEED = 42
#: The seeds of a row, as many as its place in the plan asks for: the first three, the first five, all nineteen.
SEEDS = tuple(range(42, 61))
#: The greatest seed that NumPy takes.
LAST_SEED = 2**32 - 1
#: The splits of a run on whose train points no classifier is fitted.
HELD_OUT = ("dev", "test")
#: How tables and figures name an encoder; another is named as it is.
ENCODER_NAMES = {"minilm": "MiniLM-L6", "tiny": "tiny random BERT", "bert-base-cased": "BERT-base-cased"}


@dataclass(frozen=True)
class Recipe:
    """A regressor (losses mae, mse, mae+ce, with a mapper) or a 28-output baseline (losses ce, bce, without one).

    The defaults are the study's; what they are and why: ``notebooks/03_regressor_training.ipynb``.
    ``trainable_layers`` counts the encoder's upper layers that are trained (None: all of it, embeddings included).
    ``splits`` are those predicted after training; candidates of the search on dev never see test. Learning rates are
    those of AdamW at the end of the warm-up; ``head_learning_rate`` None means ``learning_rate``. ``train_rows``
    trains on so many comments only, the same sample for every seed. ``fold`` (i, n) leaves the i-th of n parts of
    train out (i from 1), and predicts that part only. ``mean-padded`` pools over all ``max_length`` positions,
    padding included, as the paper's code did.
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

    def __post_init__(self):
        _one_of(self, "loss", LOSSES)
        _one_of(self, "pooling", POOLINGS)
        _one_of(self, "precision", PRECISIONS)
        if (self.mapper is None) != (self.loss in ("ce", "bce")):
            raise ValueError(f"recipe {self.name!r}, field mapper: {self.mapper!r} does not go with {self.loss!r}; "
                             "regressors (mae, mse, mae+ce) need a mapper, baselines (ce, bce) have none")  # fmt: skip
        _at_least(self, 0, "learning_rate", "epochs", "batch_size", "max_length", "temperature", more=True)
        _at_least(self, 0, "loss_lambda", "target_noise", "warmup", "weight_decay", "max_grad_norm", "adam_epsilon")
        for field in ("head_learning_rate", "train_rows"):
            if getattr(self, field) is not None:
                _at_least(self, 0, field, more=True)
        if not 0 <= self.dropout < 1:
            raise ValueError(f"recipe {self.name!r}, field dropout: {self.dropout}, expected from 0 to below 1")
        if not self.splits or set(self.splits) - {"train", "dev", "test"}:
            raise ValueError(f"recipe {self.name!r}, field splits: {self.splits}, expected some of train, dev, test")
        if self.fold and not 1 <= self.fold[0] <= self.fold[1]:
            raise ValueError(f"recipe {self.name!r}, field fold: {self.fold}, expected (i, n) with 1 <= i <= n")


@dataclass(frozen=True)
class Derived:
    """Predictions that are computed, not trained.

    ``kind`` is ``svm`` (on the points of run ``source``), ``points`` (texts of ``corpus`` through the weights of
    ``source``), ``bag-of-words`` or ``lexicon`` (baselines on the texts of ``corpus``), ``lengths`` (the corpus's own
    labels and lengths). ``train_rows`` is how many training texts are used, a seeded sample (None: all). ``trained_on``
    fits the bag of words on another corpus's comments, towards the scaled points of their labels, as the flagship is
    trained; what it gives for ``corpus`` are then points. ``lexicon``
    is ``nrc``, or ``emotions`` for its 28 rows that the package holds. ``folds`` fits the SVM on train points that
    each come from a run ``<source>-fold<i>of<folds>`` that was trained without the text.
    """

    name: str
    kind: str
    corpus: str
    source: str | None = None
    C: float = 10.0
    gamma: float = 3.5
    max_length: int = 200
    batch_size: int = 32
    train_rows: int | None = None
    precision: str = "bf16"
    lexicon: str = "nrc"
    folds: int | None = None
    trained_on: str | None = None

    def __post_init__(self):
        _one_of(self, "kind", KINDS)
        if (self.source is None) != (self.kind not in ("svm", "points")):
            raise ValueError(f"recipe {self.name!r}, field source: {self.source!r} does not go with kind {self.kind!r}")
        _at_least(self, 0, "C", "gamma", "max_length", "batch_size", more=True)

    @property
    def sources(self):
        """Names of the runs that it is computed from."""
        folds = [f"{self.source}-fold{i + 1}of{self.folds}" for i in range(self.folds or 0)]
        return [self.source, *folds] if self.source else []


def _at_least(recipe, least, *names, more=False):
    """Refuse fields that are not finite numbers from ``least``, or ``more`` than it."""
    for field in names:
        value = getattr(recipe, field)
        if not (least < value if more else least <= value) or value == inf:
            words = f"more than {least}" if more else f"at least {least}"
            raise ValueError(f"recipe {recipe.name!r}, field {field}: {value}, expected {words}")


def _one_of(recipe, field, known):
    if getattr(recipe, field) not in known:
        raise ValueError(f"recipe {recipe.name!r}, field {field}: unknown {getattr(recipe, field)!r}; "
                         f"expected one of {', '.join(known)}")  # fmt: skip


def check_seed(seed):
    """The seed; a ``ValueError`` if it is none that every random generator here takes."""
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed <= LAST_SEED:
        raise ValueError(f"seed {seed!r}, expected a whole number from 0 to {LAST_SEED}")
    return seed


def as_fields(recipe):
    """A recipe's fields as JSON has them: its class's name first, tuples as lists."""
    return {"type": type(recipe).__name__, **_plain(asdict(recipe))}


def _plain(values):
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def differences(stored, recipe):
    """Lines ``field: stored -> code`` where stored fields differ from a recipe's; an empty list if they agree.

    A field that the stored recipe lacks was added to the class later, with a default that means what was done before.
    ``keep_weights`` is not compared: it decides what is kept of a run, not how it comes out.
    """
    code = as_fields(recipe)
    stored = _plain({field.name: field.default for field in fields(recipe) if field.default is not MISSING}) | stored
    names = [name for name in (*code, *(name for name in stored if name not in code)) if name != "keep_weights"]
    return [f"{name}: {stored.get(name, 'absent')!r} -> {code.get(name, 'absent')!r}"
            for name in names if stored.get(name, "absent") != code.get(name, "absent")]  # fmt: skip


#: The rows of Tables 1 to 3 that are trained, with the study's encoder and one set of hyperparameters.
TRAINED = (
    Recipe("scaled-mae", loss="mae", mapper="scaled", keep_weights=True),
    # Its weights are the explorer's second opinion.
    Recipe("softmax", loss="ce", splits=HELD_OUT, keep_weights=True),
    Recipe("bce", loss="bce", splits=HELD_OUT),
    Recipe("nrc-mae", loss="mae", mapper="nrc"),
    Recipe("nrc-mse", loss="mse", mapper="nrc"),
    Recipe("nrc-mae-ce", loss="mae+ce", mapper="nrc", splits=HELD_OUT),
    # The best of TEMPERATURES on dev; the paper's is 1.
    Recipe("nrc-mae-ce-sharp", loss="mae+ce", mapper="nrc", temperature=0.3, splits=HELD_OUT),
    Recipe("spread-mae", loss="mae", mapper="spread"),
    Recipe("shuffled-mae", loss="mae", mapper="shuffled"),
    # The paper trained MSE at 1/100 of the learning rate of MAE; the head has the same rate there.
    Recipe("nrc-mse-5e-7", loss="mse", mapper="nrc", learning_rate=5e-7, head_learning_rate=None, splits=HELD_OUT),
)

#: Where the labels lie, taken apart: points (NRC's scaled ones, or evenly spread ones) and who gets which.
ASSIGNED = (
    Recipe("scaled-shuffled-mae", loss="mae", mapper="shuffled-scaled", splits=HELD_OUT),
    Recipe("spread-matched-mae", loss="mae", mapper="matched", splits=HELD_OUT),
    Recipe("spread-shuffled-mae", loss="mae", mapper="shuffled-spread", splits=HELD_OUT),
    Recipe("sphere-mae", loss="mae", mapper="sphere", splits=HELD_OUT),
)

#: The same for a permutation test over assignments, on a third of train: the labels where NRC has them, and assigned at
#: random, with a new assignment each seed.
PERMUTED = tuple(
    Recipe(f"assigned-{points}-{who}", loss="mae", mapper=mapper, train_rows=12000, splits=HELD_OUT)
    for points, who, mapper in (("scaled", "nrc", "scaled"), ("spread", "nrc", "matched"),
                                ("scaled", "random", "shuffled-scaled"), ("spread", "random", "shuffled-spread"))
)  # fmt: skip

#: MAE and MSE across learning rates, the same for encoder and head, on a third of train.
RATES = tuple(
    Recipe(f"rate-{loss}-{rate:.0e}", loss=loss, mapper="nrc", learning_rate=rate, head_learning_rate=None,
           train_rows=12000, splits=HELD_OUT)
    for rate in (5e-7, 5e-6, 5e-5, 5e-4) for loss in ("mae", "mse")
)  # fmt: skip

#: Pooling, for one regressor and one baseline, on a third of train.
POOLED = tuple(
    Recipe(f"pool-{name}-{pooling}", loss=loss, mapper=mapper, pooling=pooling, train_rows=12000, splits=HELD_OUT)
    for name, loss, mapper in (("scaled-mae", "mae", "scaled"), ("softmax", "ce", None))
    for pooling in ("mean", "mean-padded", "cls")
)

#: The flagship without a third of train, whose points it then predicts: what the SVM is fitted on when held out.
FOLDS = tuple(
    Recipe(f"scaled-mae-fold{i}of3", loss="mae", mapper="scaled", splits=("train",), fold=(i, 3)) for i in (1, 2, 3)
)

#: The search on dev: learning rate and trainable layers, for one regressor and one baseline; dev is all they see.
SEARCH = tuple(
    replace(recipe, name=f"search-{recipe.name}-{layers}layers-{rate:.0e}-{epochs}epochs", trainable_layers=layers,
            learning_rate=rate, epochs=epochs, splits=("dev",), keep_weights=False)
    for recipe in TRAINED[:2]
    for layers, rate, epochs in ((2, 1e-4, 3), (2, 3e-4, 3), (1, 3e-4, 3))
)  # fmt: skip

#: More budget, on dev alone: epochs and the encoder's learning rate for the plain classifier and two ways through the
#: space, with the upper two layers trained and with all.
BUDGET = tuple(
    replace(recipe, name=f"budget-{recipe.name}-{layers or 'all'}layers-{rate:.0e}-{epochs}epochs",
            trainable_layers=layers, learning_rate=rate, epochs=epochs, splits=("dev",), keep_weights=False)
    for layers, rates in ((2, (1e-3, 3e-4)), (None, (1e-4, 3e-4))) for rate in rates for epochs in (3, 6, 10)
    for recipe in TRAINED if recipe.name in ("softmax", "nrc-mae", "scaled-mae")
    if (layers, rate, epochs) != (2, 3e-4, 3)  # the rows' own
)  # fmt: skip

#: MAE+CE by the temperature of its softmax, on a third of train; dev is all they see.
TEMPERATURES = tuple(
    Recipe(f"search-nrc-mae-ce-T{temperature:g}", loss="mae+ce", mapper="nrc", temperature=temperature,
           train_rows=12000, splits=("dev",))
    for temperature in (1.0, 0.3, 0.1, 0.03)
)  # fmt: skip

#: The winners of tuning on 4,000 comments (``runs/tuning.log``), by family; ``tests/test_tuning.py`` holds them to it.
WINNERS = {
    "softmax": dict(learning_rate=1.96e-4, epochs=3, dropout=0.0),
    "bce": dict(learning_rate=5.88e-4, epochs=2, pooling="max"),
    "scaled-mae": dict(learning_rate=4.54e-4, epochs=3, pooling="max", mapper="scaled-21"),
    "nrc-mae-ce": dict(learning_rate=4.07e-4, epochs=3, pooling="max", dropout=0.2, target_noise=0.08,
                       loss_lambda=0.393, temperature=0.746),
    "svm": dict(C=904.0, gamma=4.45),
}  # fmt: skip

#: The winners on all comments, to confirm them.
TUNED = (
    *(replace(recipe, name=f"tuned-{recipe.name}", splits=HELD_OUT, keep_weights=False, **WINNERS[recipe.name])
      for recipe in TRAINED if recipe.name in WINNERS),
    Derived("tuned-svm", kind="svm", corpus="goemotions", source="scaled-mae", **WINNERS["svm"]),
)  # fmt: skip


def _derived(labels="goemotions", sentiment="imdb", six="emotion", vad="emobank", **options):
    """The computed rows; corpora with GoEmotions' labels, with sentiment, with six emotions, with VAD."""
    rows = [Derived("corpus-lengths", kind="lengths", corpus=labels),
            Derived("labels-words", "bag-of-words", corpus=labels)]  # fmt: skip
    for source in ("nrc-mae", "nrc-mse", "scaled-mae", "spread-mae", "shuffled-mae"):
        rows.append(Derived(f"{source}-svm", kind="svm", corpus=labels, source=source))
    for role, corpus, train_rows in (("sentiment", sentiment, 2500), ("six", six, None), ("vad", vad, None)):
        rows.append(Derived(f"{role}-points", "points", corpus, source="scaled-mae", train_rows=train_rows, **options))
        rows.append(Derived(f"{role}-words", "bag-of-words", corpus, **options))
        rows.append(Derived(f"{role}-words-transferred", "bag-of-words", corpus, trained_on=labels, **options))
        rows.append(Derived(f"{role}-lexicon", "lexicon", corpus, **options))
    rows.append(Derived("scaled-mae-svm-heldout", kind="svm", corpus=labels, source="scaled-mae", folds=3))
    rows.append(Derived("six-points-svm", kind="svm", corpus=six, source="six-points"))
    for source in ("six-lexicon", "six-words-transferred"):
        rows.append(Derived(f"{source}-svm", kind="svm", corpus=six, source=source))
    return rows


def named(profile="study"):
    """Recipes of a profile by name; an unknown profile is a ``ValueError`` that lists the known ones."""
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; expected one of {', '.join(PROFILES)}")
    if profile == "study":
        chosen = [*TRAINED, *ASSIGNED, *PERMUTED, *RATES, *POOLED, *FOLDS, *_derived(), *SEARCH, *TEMPERATURES, *TUNED,
                  *BUDGET]
    elif profile == "paper":
        settings = dict(encoder="bert-base-cased", trainable_layers=None, learning_rate=5e-5, head_learning_rate=None,
                        epochs=10, batch_size=16, precision="fp32")  # fmt: skip
        chosen = [replace(r, **settings | ({"learning_rate": 5e-7} if r.name == "nrc-mse-5e-7" else {})
                          | ({"learning_rate": r.learning_rate} if r in RATES else {})
                          | ({"epochs": 4} if r.mapper is None else {}))
                  for r in (*TRAINED, *ASSIGNED, *PERMUTED, *RATES, *POOLED, *FOLDS)]  # fmt: skip
        chosen += _derived(precision="fp32")
    else:
        settings = dict(corpus="mini", precision="fp32", batch_size=16)
        settings |= dict(epochs=8) if profile == "mini" else dict(encoder="tiny", epochs=2, trainable_layers=1)
        # Fewer rates and poolings: what is to be seen in a lesson is how, not what.
        shown = (*TRAINED, *ASSIGNED, *PERMUTED, *RATES[4:], *POOLED[:3], *FOLDS)
        chosen = [replace(recipe, **settings) for recipe in shown]
        chosen += _derived("mini", "mini-sentiment", "mini-ekman", "mini-vad", precision="fp32", lexicon="emotions")
    return {recipe.name: recipe for recipe in chosen}


def plan(profile="study"):
    """Every (name, seed) that the study's tables want, in the order in which to make them: seed by seed.

    Five seeds for the rows that carry its conclusions, three for their controls, one for the rest; a row's SVM has
    the row's seeds. Profiles other than study have one seed, and two of each assignment, the fewest that vary.
    """
    chosen = named(profile)
    five = ("softmax", "nrc-mae", "scaled-mae", "spread-mae")
    three = ("bce", "nrc-mse", "nrc-mse-5e-7", "nrc-mae-ce", "nrc-mae-ce-sharp", "shuffled-mae")
    count = dict.fromkeys(five, 5) | dict.fromkeys((*three, *(recipe.name for recipe in ASSIGNED)), 3)
    count |= {recipe.name: 19 if recipe.name.endswith("random") else 5 for recipe in PERMUTED}
    for name, recipe in chosen.items():
        if getattr(recipe, "kind", "") == "svm" and name == f"{recipe.source}-svm":
            count[name] = count.get(recipe.source, 1)
    if profile != "study":
        count = {recipe.name: 2 for recipe in PERMUTED}
    return [(name, seed) for i, seed in enumerate(SEEDS) for name in chosen if i < count.get(name, 1)]
