"""Tables: tidy frames computed from recorded predictions, and their files (CSV, Markdown, LaTeX).

The columns ``paper_…`` are the numbers that Ben-Tov and Frenkel report for BERT-base-cased; all others are computed
here, each time, from the run store.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.special import expit
from sklearn.metrics import f1_score

from vadstudy import bootstrap, mappers, metrics, sums
from vadstudy.bootstrap import Comparison, Row
from vadstudy.classifiers import NearestEmotion
from vadstudy.disk import files
from vadstudy.emotions import EMOTIONS
from vadstudy.experiments import MAIN, SEARCH, TEMPERATURES
from vadstudy.recipes import ENCODER_NAMES, SEED
from vadstudy.runs import Run, RunStore
from vadstudy.shown import cells, columns, flat, heading, sides
from vadstudy.sums import Measured

#: (accuracy, macro-F1) in the paper's Tables 2 and 3, by row; None where the paper has no such row.
PAPER = {
    "baseline, threshold 0.3": (0.557, 0.493),
    "nrc-mae, 1NN": (0.575, 0.444),
    "nrc-mae, SVM": (0.587, 0.451),
    "nrc-mse-5e-7, 1NN": (0.295, 0.117),
    "nrc-mae-ce, 1NN": (0.589, 0.435),
    "scaled-mae, 1NN": (0.579, 0.447),
    "scaled-mae, SVM": (0.590, 0.454),
    "spread-mae, 1NN": (0.591, 0.454),
}
#: Test losses in the paper's Table 1; its MSE was trained at learning rate 5e-7.
PAPER_LOSS = {"nrc-mae": 0.116, "nrc-mse-5e-7": 0.037, "scaled-mae": 0.127}
PAPER_IMDB, PAPER_EMOTION = 0.6971, 0.57


def setting(store: RunStore, names: Sequence[str] | None = None) -> str:
    """Whose numbers these are, for captions: the encoder, and the seeds of recipes ``names``, or of Tables 1 to 3's."""
    encoder = store.recipes["scaled-mae"].encoder
    names = names or [recipe.name for recipe in MAIN]
    counts = sorted({len(store.seeds(name)) for name in names if store.seeds(name)}) or [0]
    span = " to ".join(str(count) for count in dict.fromkeys([counts[0], counts[-1]]))
    seeds = f"seed {SEED}" if counts == [1] else f"{span} seeds a row"
    return f"{ENCODER_NAMES.get(encoder, encoder)}, {seeds}"


def precisions(store: RunStore, names: Sequence[str]) -> str:
    """A sentence on how many of the recorded trainings of recipes ``names`` were computed in which precision.

    bfloat16 is asked for; a processor that has none computes in single precision.
    """
    runs = [run for name in names if store.has(name) for run in store.all(name)]
    found = Counter(run.meta.get("precision", getattr(run.recipe, "precision", "fp32")) for run in runs)
    words = {"bf16": "bfloat16", "fp32": "single precision"}
    said = " and ".join(f"{n} in {words.get(name, name)}" for name, n in found.most_common())
    return f"Of {found.total()} trainings, computed were {said}."


def targets(run: Run, split: str = "test") -> np.ndarray:
    """True points (n, dims) of a regressor's split."""
    return run.mapper.points_for(run.labels(split))


def nearest(run: Run, split: str = "test", metric: str = "manhattan") -> np.ndarray:
    """Label indices (n,) of a regressor's points by 1NN on its mapper's points.

    Of a regressor that was trained by distances, by the scale and the biases that it learned.
    """
    points = run.mapper.points
    if "scale" in run.meta:
        squared = cdist(run.outputs(split), points, "sqeuclidean")
        return (np.array(run.meta["biases"]) - run.meta["scale"] * squared).argmax(axis=1)
    return NearestEmotion(metric=metric).fit(points, np.arange(len(points))).predict(run.outputs(split))


def most_probable(run: Run, split: str = "test") -> np.ndarray:
    """Label indices (n,) by the greatest logit or probability."""
    return run.outputs(split).argmax(axis=1)


def row(runs: Sequence[Run], read: Callable[[Run], Any]) -> Row:
    """A :class:`vadstudy.bootstrap.Row` of what ``read`` makes of each of the runs, from the runs' trainings."""
    return Row([read(run) for run in runs], tuple(training(run) for run in runs))


def training(run: Run) -> tuple[str, int]:
    """The (recipe, seed) of the training that a run's predictions come from: an SVM's, that of its points."""
    return getattr(run.recipe, "source", None) or run.recipe.name, run.seed


def threshold_sweep(run: Run, split: str = "dev") -> pd.DataFrame:
    """The sigmoid baseline's exact-match accuracy and macro-F1 at thresholds from 0.05 to 0.95, in steps of 0.05."""
    probabilities, labels = expit(run.outputs(split)), run.labels(split)
    rows = []
    for threshold in np.round(np.linspace(0.05, 0.95, 19), 2):
        sets = metrics.threshold_predictions(probabilities, threshold)
        rows.append(
            {
                "threshold": threshold,
                "accuracy": metrics.exact_match(sets, labels),
                "macro_f1": metrics.multi_hot_macro_f1(sets, labels),
            }
        )
    return pd.DataFrame(rows).set_index("threshold")


def dev_threshold(run: Run) -> float:
    """The threshold of :func:`threshold_sweep` with the best dev macro-F1, the lowest of equally good ones."""
    return float(threshold_sweep(run)["macro_f1"].idxmax())


def losses(store: RunStore, names: Iterable[str] | None = None) -> Comparison:
    """Regressors' losses on test over their seeds: a :class:`vadstudy.bootstrap.Comparison` of ``ratio``, R² and
    more.

    ``names`` are those of regressors, by default all of the rows of Table 1.
    """
    regressors = list(names or [recipe.name for recipe in MAIN if recipe.mapper])
    first, rows = store[regressors[0]], {}
    train = first.labels("train")
    for name in regressors:
        loss = "mse" if store.recipes[name].loss == "mse" else "mae"

        def read(run, loss=loss):
            constant = metrics.best_constant(run.mapper.points_for(train), loss)
            return run.outputs("test"), targets(run), constant, loss

        rows[name] = row(store.all(name), read)
    return bootstrap.compare(rows, first.labels("test"), lambda row, labels: sums.regression(*row))


def confusion(predicted: np.ndarray, labels: np.ndarray) -> Measured:
    """:func:`vadstudy.sums.confusion_by_distance` with the distances between the labels' NRC points."""
    return sums.confusion_by_distance(predicted, labels, squareform(pdist(mappers.nrc().points)))


def table1(store: RunStore) -> pd.DataFrame:
    """Regression: each regressor's test loss, as a share of the best constant's, R² by dimension (paper: Table 1).

    Means over seeds; ``ratio`` with its standard deviation over seeds and its 95 % interval.
    """
    compared = losses(store)
    table = compared.scored(("test_loss", "constant_loss", "ratio", "r2_V", "r2_A", "r2_D")).rename_axis("run")
    spread = [
        f"{score}_{end}"
        for score in ("test_loss", "constant_loss", "r2_V", "r2_A", "r2_D")
        for end in ("sd", "low", "high")
    ]
    table = table.drop(columns=spread)
    recipes = [store.recipes[name] for name in table.index]
    table.insert(0, "mapper", [recipe.mapper for recipe in recipes])
    table.insert(1, "loss", ["MSE" if recipe.loss == "mse" else "MAE" for recipe in recipes])
    return table.assign(paper_loss=[PAPER_LOSS.get(name) for name in table.index])


def with_paper(table: pd.DataFrame) -> pd.DataFrame:
    """A scored table with the paper's accuracy and macro-F1 beside its rows, where it has such rows."""
    paper = pd.DataFrame([PAPER.get(row, (np.nan, np.nan)) for row in table.index], table.index)
    return table.assign(paper_accuracy=paper[0], paper_macro_f1=paper[1])


def classifier_predictions(store: RunStore) -> dict[str, Row]:
    """Test predictions behind each row of Table 2, in its order: of each a :class:`vadstudy.bootstrap.Row`.

    The threshold that is chosen on dev is chosen anew for each seed.
    """

    def above(threshold_of):
        return lambda run: metrics.threshold_predictions(expit(run.outputs("test")), threshold_of(run))

    bces = store.all("bce")
    rows = {
        "baseline, threshold 0.3": row(bces, above(lambda run: 0.3)),
        "baseline, threshold from dev": row(bces, above(dev_threshold)),
        "baseline, argmax": row(bces, most_probable),
        "softmax, argmax": row(store.all("softmax"), most_probable),
    }
    for name in ("nrc-mae", "nrc-mse", "nrc-mse-5e-7", "nrc-mae-ce", "nrc-mae-ce-sharp", "scaled-mae"):
        rows |= read_points(store, name)
    return rows


def read_points(store: RunStore, name: str) -> dict[str, Row]:
    """A regressor's test predictions by 1NN and, where there is one, by the SVM, of the same trainings."""
    rows = {f"{name}, 1NN": row(store.all(name), nearest)}
    if f"{name}-svm" in store.recipes:
        rows[f"{name}, SVM"] = row(store.all(f"{name}-svm"), most_probable)
    return rows


def table2(store: RunStore, compared: Comparison | None = None) -> pd.DataFrame:
    """Classification: baseline decodings and regressors with 1NN or SVM (paper: Table 2), over seeds.

    ``compared`` is the comparison of :func:`classifier_predictions`, if it is there already.
    """
    compared = compared or compare(store, classifier_predictions(store))
    return with_paper(compared.scored())


def compare(store: RunStore, rows: dict[str, Row]) -> Comparison:
    """Compare rows of predictions of the corpus's test labels; see :func:`vadstudy.bootstrap.compare`."""
    return bootstrap.compare(rows, store["nrc-mae"].labels("test"))


def mapper_predictions(store: RunStore) -> dict[str, Row]:
    """Test predictions behind each row of Table 3: every mapper, by 1NN and by the SVM."""
    rows: dict[str, Row] = {}
    for name in ("nrc-mae", "scaled-mae", "spread-mae", "shuffled-mae"):
        rows |= read_points(store, name)
    return rows


def table3(store: RunStore, compared: Comparison | None = None) -> pd.DataFrame:
    """Mappers: does it matter where the labels lie? With each mapper's least distance (paper: Table 3), over seeds."""
    compared = compared or compare(store, mapper_predictions(store))
    table = with_paper(compared.scored())
    least = [store[row.split(",")[0]].mapper.least_distance() for row in table.index]
    table.insert(0, "least_distance", least)
    return table


def per_emotion(rows: dict[str, Row], labels: np.ndarray) -> pd.DataFrame:
    """F1 of each emotion (28 rows) by each row of predictions, and ``support``, its number of test rows.

    ``rows`` are :class:`vadstudy.bootstrap.Row`, of label indices or sets of labels; F1 is the mean over trainings.
    It is NaN for an emotion that is neither true nor predicted.
    """
    n = len(EMOTIONS)
    true = np.eye(n, dtype=bool)[labels]
    table = pd.DataFrame(index=list(EMOTIONS))
    for name, of in rows.items():
        sets = [p if p.ndim == 2 else np.eye(n, dtype=bool)[p] for p in of.predictions]
        table[name] = np.mean([f1_score(true, p, average=None, zero_division=np.nan) for p in sets], axis=0)
    table.insert(0, "support", np.bincount(labels, minlength=len(EMOTIONS)))
    return table.rename_axis("emotion")


def search(store: RunStore) -> pd.DataFrame:
    """The search on dev: what was tried, and each candidate's best epoch (profile study only)."""
    rows = []
    for recipe in SEARCH:
        if recipe.name in store.recipes:
            best = store[recipe.name].history.sort_values("dev_macro_f1").iloc[-1]
            rows.append(
                {
                    "row": recipe.name.split("-")[1] if recipe.mapper is None else "scaled-mae",
                    "trainable_layers": recipe.trainable_layers,
                    "learning_rate": recipe.learning_rate,
                    "epochs": recipe.epochs,
                    "best_epoch": int(best.epoch),
                    "dev_loss": best.dev_loss,
                    "dev_accuracy": best.dev_accuracy,
                    "dev_macro_f1": best.dev_macro_f1,
                }
            )
    return pd.DataFrame(rows)


def temperatures(store: RunStore) -> pd.DataFrame:
    """MAE+CE on dev by its softmax's temperature (profile study only): each one's best epoch."""
    rows: dict[float, pd.Series] = {}
    for recipe in TEMPERATURES:
        if recipe.name in store.recipes:
            best = store[recipe.name].history.sort_values("dev_macro_f1").iloc[-1]
            rows[recipe.temperature] = best[["epoch", "dev_accuracy", "dev_macro_f1"]]
    return pd.DataFrame(rows).T.rename_axis("temperature")


def save(table: pd.DataFrame, name: str, store: RunStore, caption: str) -> pd.DataFrame:
    """Write ``name`` as CSV, Markdown and LaTeX to the profile's tables folder; the table is returned, to be shown.

    Raises
    ------
    WriteError
        If a file cannot be written.
    """
    folder = store.output("reports", "tables")
    read = flat(table)
    names = columns(read)
    text = pd.DataFrame({heading(column): cells(read, column) for column in names})
    align = sides(read, names)
    markdown = text.to_markdown(index=False, disable_numparse=True, colalign=align)
    escaped = re.sub(r"([%&#_])", r"\\\1", caption)
    latex = text.to_latex(
        caption=escaped, label=f"tab:{name}", index=False, escape=True, column_format="".join(side[0] for side in align)
    )
    # Rounded well above what a processor's own rounding changes.
    csv = table.to_csv(float_format="%.5g", index=read is not table, lineterminator="\n")
    written = {"csv": csv, "md": f"{caption}\n\n{markdown}\n", "tex": latex}
    for end, content in written.items():
        files.write(folder / f"{name}.{end}", content.encode())
    store.wrote(*(folder / f"{name}.{end}" for end in written))
    return table
