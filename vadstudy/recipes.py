"""Recipes: everything, except the seed, that decides a run, and the named recipes behind each row of the tables.

A :class:`Recipe` trains an encoder. A :class:`Derived` recipe computes predictions from a trained run or from texts:
the SVM, the transfer to other corpora, the bag-of-words and lexicon baselines, the corpus's own measurements.
"""

from dataclasses import asdict, dataclass, replace

LOSSES = ("mae", "mse", "mae+ce", "ce", "bce")
POOLINGS = ("mean", "cls", "max")
PRECISIONS = ("fp32", "bf16")
KINDS = ("svm", "points", "bag-of-words", "lexicon", "lengths")
PROFILES = ("study", "mini", "smoke", "paper")
SEED = 42
#: How tables and figures name an encoder; another is named as it is.
ENCODER_NAMES = {"minilm": "MiniLM-L6", "tiny": "tiny random BERT", "bert-base-cased": "BERT-base-cased"}


@dataclass(frozen=True)
class Recipe:
    """A regressor (losses mae, mse, mae+ce, with a mapper) or a 28-output baseline (losses ce, bce, without one).

    The defaults are the study's; what they are and why: ``notebooks/03_regressor_training.ipynb``. ``trainable_layers``
    counts the encoder's upper layers that are trained (None: all of it, embeddings included). ``splits`` are those
    predicted after training; candidates of the search on dev never see test. Learning rates are those of AdamW at the
    end of the warm-up; ``head_learning_rate`` None means ``learning_rate``.
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

    def __post_init__(self):
        _one_of(self, "loss", LOSSES)
        _one_of(self, "pooling", POOLINGS)
        _one_of(self, "precision", PRECISIONS)
        if (self.mapper is None) != (self.loss in ("ce", "bce")):
            raise ValueError(f"recipe {self.name!r}, field mapper: {self.mapper!r} does not go with {self.loss!r}; "
                             "regressors (mae, mse, mae+ce) need a mapper, baselines (ce, bce) have none")  # fmt: skip
        for field in ("learning_rate", "epochs", "batch_size", "max_length", "temperature"):
            if getattr(self, field) <= 0:
                raise ValueError(f"recipe {self.name!r}, field {field}: {getattr(self, field)}, expected more than 0")


@dataclass(frozen=True)
class Derived:
    """Predictions that are computed, not trained.

    ``kind`` is ``svm`` (on the points of run ``source``), ``points`` (texts of ``corpus`` through the weights of
    ``source``), ``bag-of-words`` or ``lexicon`` (baselines on the texts of ``corpus``), ``lengths`` (the corpus's own
    labels and lengths). ``train_rows`` is how many training texts are used, a seeded sample (None: all). ``lexicon`` is
    ``nrc``, or ``emotions`` for its 28 rows that the package holds.
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

    def __post_init__(self):
        _one_of(self, "kind", KINDS)
        if (self.source is None) != (self.kind not in ("svm", "points")):
            raise ValueError(f"recipe {self.name!r}, field source: {self.source!r} does not go with kind {self.kind!r}")


def _one_of(recipe, field, known):
    if getattr(recipe, field) not in known:
        raise ValueError(f"recipe {recipe.name!r}, field {field}: unknown {getattr(recipe, field)!r}; "
                         f"expected one of {', '.join(known)}")  # fmt: skip


def as_fields(recipe):
    """A recipe's fields as JSON has them: its class's name first, tuples as lists."""
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(recipe).items()}
    return {"type": type(recipe).__name__, **plain}


def differences(stored, recipe):
    """Lines ``field: stored -> code`` where stored fields differ from a recipe's; an empty list if they agree."""
    code = as_fields(recipe)
    names = [*code, *(name for name in stored if name not in code)]
    return [f"{name}: {stored.get(name, 'absent')!r} -> {code.get(name, 'absent')!r}"
            for name in names if stored.get(name, "absent") != code.get(name, "absent")]  # fmt: skip


#: The rows of Tables 1 to 3 that are trained, with the study's encoder and one set of hyperparameters.
TRAINED = (
    Recipe("scaled-mae", loss="mae", mapper="scaled", keep_weights=True),
    Recipe("softmax", loss="ce"),
    Recipe("bce", loss="bce"),
    Recipe("nrc-mae", loss="mae", mapper="nrc"),
    Recipe("nrc-mse", loss="mse", mapper="nrc"),
    Recipe("nrc-mae-ce", loss="mae+ce", mapper="nrc"),
    Recipe("spread-mae", loss="mae", mapper="spread"),
    Recipe("shuffled-mae", loss="mae", mapper="shuffled"),
    # The paper trained MSE at 1/100 of the learning rate of MAE; the head has the same rate there.
    Recipe("nrc-mse-5e-7", loss="mse", mapper="nrc", learning_rate=5e-7, head_learning_rate=None),
)

#: The search on dev: learning rate and trainable layers, for one regressor and one baseline; dev is all they see.
SEARCH = tuple(
    replace(recipe, name=f"search-{recipe.name}-{layers}layers-{rate:.0e}-{epochs}epochs", trainable_layers=layers,
            learning_rate=rate, epochs=epochs, splits=("dev",), keep_weights=False)
    for recipe in TRAINED[:2]
    for layers, rate, epochs in ((2, 1e-4, 3), (2, 3e-4, 3), (1, 3e-4, 3))
)  # fmt: skip


def _derived(labels="goemotions", sentiment="imdb", six="emotion", vad="emobank", **options):
    """The computed rows; corpora with GoEmotions' labels, with sentiment, with six emotions, with VAD."""
    rows = [Derived("corpus-lengths", kind="lengths", corpus=labels)]
    for source in ("nrc-mae", "scaled-mae", "spread-mae", "shuffled-mae"):
        rows.append(Derived(f"{source}-svm", kind="svm", corpus=labels, source=source))
    for role, corpus, train_rows in (("sentiment", sentiment, 2500), ("six", six, None), ("vad", vad, None)):
        rows.append(Derived(f"{role}-points", "points", corpus, source="scaled-mae", train_rows=train_rows, **options))
        rows.append(Derived(f"{role}-words", "bag-of-words", corpus, **options))
        rows.append(Derived(f"{role}-lexicon", "lexicon", corpus, **options))
    rows.append(Derived("six-points-svm", kind="svm", corpus=six, source="six-points"))
    rows.append(Derived("six-lexicon-svm", kind="svm", corpus=six, source="six-lexicon"))
    return rows


def named(profile="study"):
    """Recipes of a profile by name; an unknown profile is a ``ValueError`` that lists the known ones."""
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; expected one of {', '.join(PROFILES)}")
    if profile == "study":
        chosen = [*TRAINED, *_derived(), *SEARCH]
    elif profile == "paper":
        settings = dict(encoder="bert-base-cased", trainable_layers=None, learning_rate=5e-5, head_learning_rate=None,
                        epochs=10, batch_size=16, precision="fp32")  # fmt: skip
        chosen = [replace(r, **settings | ({"learning_rate": 5e-7} if r.name == "nrc-mse-5e-7" else {})
                          | ({"epochs": 4} if r.mapper is None else {})) for r in TRAINED]  # fmt: skip
        chosen += _derived(precision="fp32")
    else:
        settings = dict(corpus="mini", precision="fp32", batch_size=16)
        settings |= dict(epochs=8) if profile == "mini" else dict(encoder="tiny", epochs=2, trainable_layers=1)
        chosen = [replace(recipe, **settings) for recipe in TRAINED]
        chosen += _derived("mini", "mini-sentiment", "mini-ekman", "mini-vad", precision="fp32", lexicon="emotions")
    return {recipe.name: recipe for recipe in chosen}
