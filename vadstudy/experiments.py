"""Experiments: the named recipes behind each row of the tables; :mod:`vadstudy.profiles` says who has which."""

from dataclasses import replace
from typing import Any

from vadstudy.emotions import EKMAN
from vadstudy.recipes import HUMAN, SVM, Computed, Recipe
from vadstudy.untrained import ELSEWHERE

#: The splits of a run on whose train points no classifier is fitted.
HELD_OUT = ("dev", "test")


#: The rows of Tables 1 to 3 that are trained, with the study's encoder and one set of hyperparameters.
MAIN = (
    Recipe("scaled-mae", loss="mae", mapper="scaled", keep_weights=True),
    # Its weights are those that the pipeline answers from.
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
    for points, who, mapper in (
        ("scaled", "nrc", "scaled"),
        ("spread", "nrc", "matched"),
        ("scaled", "random", "shuffled-scaled"),
        ("spread", "random", "shuffled-spread"),
    )
)


def _rates(*rates) -> tuple[Recipe, ...]:
    """MAE and MSE at learning rates that are the same for encoder and head, on a third of train."""
    return tuple(
        Recipe(
            f"rate-{loss}-{rate:.0e}",
            loss=loss,
            mapper="nrc",
            learning_rate=rate,
            head_learning_rate=None,
            train_rows=12000,
            splits=HELD_OUT,
        )
        for rate in rates
        for loss in ("mae", "mse")
    )


#: MAE and MSE across learning rates; lessons show the upper two, since how is to be seen there, not what.
RATES, LESSON_RATES = _rates(5e-7, 5e-6, 5e-5, 5e-4), _rates(5e-5, 5e-4)


def _pooled(name, **options) -> tuple[Recipe, ...]:
    """A recipe under three poolings, on a third of train."""
    return tuple(
        Recipe(f"pool-{name}-{pooling}", pooling=pooling, train_rows=12000, splits=HELD_OUT, **options)
        for pooling in ("mean", "mean-padded", "cls")
    )


#: Pooling, for one regressor and one baseline; lessons show the regressor's.
LESSON_POOLED = _pooled("scaled-mae", loss="mae", mapper="scaled")
POOLED = (*LESSON_POOLED, *_pooled("softmax", loss="ce"))

#: The rows that are read on those texts, emotions and VAD of the same trainings.
CARRIED = tuple(
    replace(recipe, name=f"carried-{recipe.name}", splits=HELD_OUT, keep_weights=False, carried_to=ELSEWHERE)
    for recipe in MAIN
    if recipe.name in ("softmax", "scaled-mae", "nrc-mse", "nrc-mae", "bce")
)

#: A regressor of the points that people gave EmoBank's texts; twice the epochs, because it has a quarter of the texts.
HUMAN_MSE = Recipe("human-mse", loss="mse", mapper=HUMAN, corpus="emobank", epochs=6, max_length=200, splits=HELD_OUT)

#: The flagship without a third of train, whose points it then predicts: what the SVM is fitted on when held out.
FOLDS = tuple(
    Recipe(f"scaled-mae-fold{i}of3", loss="mae", mapper="scaled", splits=("train",), fold=(i, 3)) for i in (1, 2, 3)
)

#: The 27 emotions without neutral, dealt into seven parts in Ekman's order, so that each part is of several groups.
PARTS = tuple(
    tuple([label for group, labels in EKMAN.items() if group != "neutral" for label in labels][i::7]) for i in range(7)
)
#: Trainings that never see the emotions of a part, in the main rows' other settings.
UNSEEN = tuple(
    replace(recipe, name=f"unseen-{recipe.name}-{i}", without=part, splits=HELD_OUT, keep_weights=False)
    for i, part in enumerate(PARTS, 1)
    for recipe in MAIN
    if recipe.name in ("softmax", "scaled-mae", "nrc-mae", "nrc-mse", "bce")
)
#: Lessons and tests have one part.
LESSON_UNSEEN = tuple(recipe for recipe in UNSEEN if recipe.without == PARTS[0])

#: How many numbers stand between encoder and labels; those that have three seeds.
BOTTLENECKS, REPEATED = (1, 2, 3, 4, 6, 8, 12, 16, 27), (1, 3, 8, 27)
#: The numbers of dimensions that maps from names and votes are cut to.
CUT = (1, 2, 3, 8, 16, 27)
#: Other dimensions: points that are learned, evenly spread ones with the paper's loss (three are in Table 3), NRC's,
#: and maps of what labels are called and of who gave which together; all but the evenly spread by distances, whose
#: scale begins where the best of :data:`SCALES` on dev does, and learns as the best of :data:`LABEL_RATES`;
#: ``tests/test_dimensions.py`` holds them to the record.
_BY_DISTANCE = dict[str, Any](loss="distance", temperature=0.3, label_learning_rate=0.1, splits=HELD_OUT)
DIMENSIONAL = (
    *(Recipe(f"learned-{d}", mapper=f"learned-{d}", **_BY_DISTANCE) for d in BOTTLENECKS),
    *(Recipe(f"spread-{d}-mae", loss="mae", mapper=f"spread-{d}", splits=HELD_OUT) for d in BOTTLENECKS if d != 3),
    *(
        Recipe(f"{name}-distance", mapper=mapper, **_BY_DISTANCE)
        for name, mapper in (("nrc", "nrc"), ("scaled", "scaled"), ("shuffled", "shuffled-scaled"))
    ),
    *(Recipe(f"{of}-{d}-distance", mapper=f"{of}-{d}", **_BY_DISTANCE) for of in ("names", "votes") for d in CUT),
)


def _by_temperature(of: str, **fields: Any) -> tuple[Recipe, ...]:
    """A search on dev by the temperature of a row's loss, on a third of train."""
    return tuple(
        Recipe(f"search-{of}-T{value:g}", temperature=value, train_rows=12000, splits=("dev",), **fields)
        for value in (1.0, 0.3, 0.1, 0.03)
    )


#: Where a learned scale begins, by a temperature that it is divided by.
SCALES = _by_temperature("learned-3", loss="distance", mapper="learned-3")
#: The learning rate of points, scale and biases; of the temperature that is chosen, the first has the head's, 1e-3.
LABEL_RATES = tuple(
    Recipe(
        f"search-learned-3-labels-{rate:.0e}",
        mapper="learned-3",
        train_rows=12000,
        **_BY_DISTANCE | dict(label_learning_rate=rate, splits=("dev",)),
    )
    for rate in (1e-2, 3e-2, 1e-1, 3e-1, 1.0)
)
#: Lessons and tests have one number and three, and each kind of map once.
LESSON_DIMENSIONAL = tuple(
    recipe
    for recipe in DIMENSIONAL
    if recipe.name in ("learned-1", "learned-3", "spread-1-mae", "nrc-distance", "names-3-distance", "votes-3-distance")
)


#: Related systems with our encoder: label distributions sorted by NRC's values (Park et al. 2021), also read on
#: EmoBank; a perceptron on tokens, on the frozen and on the trained encoder (Alvarez-Gonzalez et al. 2021); definitions
#: as an auxiliary task (Singh et al. 2021), by the share of steps of the main task, of which dev alone is predicted.
PARK = Recipe(
    "park-sorted",
    loss="sorted",
    mapper="nrc",
    splits=HELD_OUT,
    carried_to=(("emobank", None),),
    # With 84 numbers a text, what nothing reads is left out.
    carried_splits=("test",),
)
ALVAREZ = tuple(
    Recipe(
        f"alvarez-{pooling}" + "-frozen" * (layers == 0),
        loss="ce",
        pooling=pooling,
        token_hidden=100,
        trainable_layers=layers,
        splits=HELD_OUT,
    )
    for layers in (0, 2)
    for pooling in ("max", "attention")
)
SHARES = tuple(
    Recipe(f"search-singh-{share}", loss="ce", main_share=share, splits=("dev",)) for share in (0.5, 0.7, 0.9)
)
#: Its share is that of :data:`SHARES` with the best dev macro-F1; ``tests/test_related.py`` holds it to the record.
SINGH = Recipe("singh-definitions", loss="ce", main_share=0.9, splits=HELD_OUT)
#: The literature's frame: all comments with all their labels. The baseline, and the related system with the best dev
#: macro-F1 on single labels, which ``tests/test_related.py`` holds to the record; sorted distributions know no sets.
SEVERAL_LABELS = tuple(
    replace(recipe, name=f"multilabel-{recipe.name}", loss="bce", corpus="goemotions-multilabel", splits=HELD_OUT)
    for recipe in (*MAIN, *ALVAREZ, SINGH)
    if recipe.name in ("bce", SINGH.name)
)
RELATED = (PARK, *ALVAREZ, SINGH, *SEVERAL_LABELS)


def _on_dev(kind: str, recipe: Recipe, layers: int | None, rate: float, epochs: int) -> Recipe:
    """A recipe with another budget, of which dev alone is predicted; ``layers`` None trains all."""
    return replace(
        recipe,
        name=f"{kind}-{recipe.name}-{layers or 'all'}layers-{rate:.0e}-{epochs}epochs",
        trainable_layers=layers,
        learning_rate=rate,
        epochs=epochs,
        splits=("dev",),
        keep_weights=False,
    )


#: The search on dev: learning rate and trainable layers, for one regressor and one baseline; dev is all they see.
SEARCH = tuple(
    _on_dev("search", recipe, *budget)
    for recipe in MAIN
    if recipe.name in ("scaled-mae", "softmax")
    for budget in ((2, 1e-4, 3), (2, 3e-4, 3), (1, 3e-4, 3))
)

#: More budget, on dev alone: epochs and the encoder's learning rate for the plain classifier and two ways through the
#: space, with the upper two layers trained and with all. Longer at 1e-3 is left out: after three epochs there, both
#: ways through the space are behind what they reach at 3e-4, which leaves all three rows one rate to go on with.
BUDGET = tuple(
    _on_dev("budget", recipe, *budget)
    for budget in ((2, 1e-3, 3), (2, 3e-4, 6), (2, 3e-4, 10), (None, 1e-4, 3))
    for recipe in MAIN
    if recipe.name in ("softmax", "nrc-mae", "scaled-mae")
)

#: The budgets of :data:`BUDGET` that go on, for three seeds with test: of each row the one with the best dev macro-F1
#: of those with two layers, as all rows of the tables have them, and the one with all layers where it is better still.
#: ``tests/test_confounds.py`` holds them to the record.
BEST_BUDGETS: dict[str, dict[str, dict[str, Any]]] = {
    "softmax": {
        "2layers": dict(trainable_layers=2, learning_rate=1e-3, epochs=3),
        "alllayers": dict(trainable_layers=None, learning_rate=1e-4, epochs=3),
    },
    "nrc-mae": {"2layers": dict(trainable_layers=2, learning_rate=3e-4, epochs=10)},
    "scaled-mae": {"2layers": dict(trainable_layers=2, learning_rate=3e-4, epochs=10)},
}
BUDGETED = tuple(
    replace(recipe, name=f"budgeted-{recipe.name}" + f"-{layers}" * (layers != "2layers"), keep_weights=False, **budget)
    for recipe in MAIN
    if recipe.name in BEST_BUDGETS
    for layers, budget in BEST_BUDGETS[recipe.name].items()
)

#: What it costs to train the upper layers alone: all layers, at the rate at which :data:`BUDGET` trains all.
_WHOLE = dict[str, Any](trainable_layers=None, learning_rate=1e-4, epochs=2, keep_weights=False)
ALL_LAYERS = tuple(
    replace(recipe, name=f"alllayers-{recipe.name}-2epochs", **_WHOLE)
    for recipe in MAIN
    if recipe.name in ("softmax", "scaled-mae")
)

#: MAE+CE by the temperature of its softmax.
TEMPERATURES = _by_temperature("nrc-mae-ce", loss="mae+ce", mapper="nrc")

#: The winners of tuning on 4,000 comments (``runs/tuning.log``), by family; ``tests/test_tuning.py`` holds them to it.
WINNERS: dict[str, dict[str, Any]] = {
    "softmax": dict(learning_rate=1.96e-4, epochs=3, dropout=0.0),
    "bce": dict(learning_rate=5.88e-4, epochs=2, pooling="max"),
    "scaled-mae": dict(learning_rate=4.54e-4, epochs=3, pooling="max", mapper="scaled-21"),
    "nrc-mae-ce": dict(
        learning_rate=4.07e-4,
        epochs=3,
        pooling="max",
        dropout=0.2,
        target_noise=0.08,
        loss_lambda=0.393,
        temperature=0.746,
    ),
    "svm": dict(C=904.0, gamma=4.45),
}

#: The winners on all comments, to confirm them.
TUNED: tuple[Recipe | Computed, ...] = (
    *(
        replace(recipe, name=f"tuned-{recipe.name}", splits=HELD_OUT, keep_weights=False, **WINNERS[recipe.name])
        for recipe in MAIN
        if recipe.name in WINNERS
    ),
    SVM("tuned-svm", "goemotions", source="scaled-mae", **WINNERS["svm"]),
)
