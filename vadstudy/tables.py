"""Tables: tidy frames computed from recorded predictions, and their files (CSV, Markdown, LaTeX).

The columns ``paper_…`` are the numbers that Ben-Tov and Frenkel report for BERT-base-cased; all others are computed
here, each time, from the run store.
"""

import re

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import f1_score

from vadstudy import metrics
from vadstudy.classifiers import NearestEmotion
from vadstudy.emotions import EMOTIONS
from vadstudy.recipes import ENCODER_NAMES, SEARCH, SEED

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


def setting(store):
    """Whose numbers these are, for captions: the profile's encoder and the seed."""
    encoder = store.recipes["scaled-mae"].encoder
    return f"{ENCODER_NAMES.get(encoder, encoder)}, seed {SEED}"


def targets(run, split="test"):
    """True points (n, dims) of a regressor's split, and of its train split."""
    return run.mapper.points_for(run.labels(split)), run.mapper.points_for(run.labels("train"))


def nearest(run, split="test", metric="manhattan"):
    """Label indices (n,) of a regressor's points by 1NN on its mapper's points."""
    points = run.mapper.points
    return NearestEmotion(metric=metric).fit(points, np.arange(len(points))).predict(run.outputs(split))


def most_probable(run, split="test"):
    """Label indices (n,) by the greatest logit or probability."""
    return run.outputs(split).argmax(axis=1)


def threshold_sweep(run, split="dev"):
    """The sigmoid baseline's exact-match accuracy and macro-F1 at thresholds from 0.05 to 0.95, in steps of 0.05."""
    probabilities, labels = expit(run.outputs(split)), run.labels(split)
    rows = []
    for threshold in np.round(np.linspace(0.05, 0.95, 19), 2):
        sets = metrics.threshold_predictions(probabilities, threshold)
        rows.append({"threshold": threshold, "accuracy": metrics.exact_match(sets, labels),
                     "macro_f1": metrics.multi_hot_macro_f1(sets, labels)})  # fmt: skip
    return pd.DataFrame(rows).set_index("threshold")


def dev_threshold(run):
    """The threshold of :func:`threshold_sweep` with the best dev macro-F1, the lowest of equally good ones."""
    return float(threshold_sweep(run)["macro_f1"].idxmax())


def table1(store):
    """Regression: each regressor's test loss, the constant predictor's beside it, R² by dimension (paper: Table 1)."""
    rows = []
    for name, recipe in store.recipes.items():
        if getattr(recipe, "mapper", None) and "test" in recipe.splits:
            run = store[name]
            true, train = targets(run)
            loss = "mse" if recipe.loss == "mse" else "mae"
            found = getattr(metrics, loss)(true, run.outputs("test"))
            constant = metrics.constant_loss(train, true, loss)
            rows.append({"run": name, "mapper": recipe.mapper, "loss": loss.upper(), "test_loss": found,
                         "constant_loss": constant, "ratio": found / constant,
                         **{f"r2_{d}": r for d, r in zip("VAD", metrics.r2(true, run.outputs("test")), strict=True)},
                         "paper_loss": PAPER_LOSS.get(name)})  # fmt: skip
    return pd.DataFrame(rows).set_index("run")


def scored(rows, labels):
    """Accuracy and macro-F1 with 95 % bootstrap intervals over test rows, the paper's numbers beside them.

    ``rows`` maps a row's name to predicted label indices (n,), or to sets of labels, bool (n, 28).
    """
    out = []
    for name, predicted in rows.items():
        row = {"row": name}
        for column, statistic, p in _scores(predicted):
            low, high = metrics.bootstrap_interval(statistic, labels, p)
            row |= {column: statistic(labels, p), f"{column}_low": low, f"{column}_high": high}
        paper = PAPER.get(name, (None, None))
        out.append(row | {"paper_accuracy": paper[0], "paper_macro_f1": paper[1]})
    return pd.DataFrame(out).set_index("row")


def differences(rows, labels, pairs):
    """Accuracy and macro-F1 of a pair's first row less its second's, paired over test rows, and McNemar's p.

    ``rows`` and ``labels`` are those of :func:`scored`, ``pairs`` holds pairs of row names. The intervals are 95 %
    bootstrap intervals; one that holds 0 is "no difference found".
    """
    out = []
    for first, second in pairs:
        row = {"first": first, "second": second}
        for (column, statistic, a), (_, _, b) in zip(_scores(rows[first]), _scores(rows[second]), strict=True):
            row[column], (low, high) = metrics.paired_difference(labels, a, b, statistic)
            row |= {f"{column}_low": low, f"{column}_high": high}
        row["mcnemar_p"] = metrics.mcnemar(labels, _one_label(rows[first]), _one_label(rows[second]))
        out.append(row)
    return pd.DataFrame(out)


def finding(what, difference, low, high):
    """A difference in words: "accuracy higher by 0.034 (95 % interval +0.021 to +0.047)", or that none was found."""
    interval = "no interval: undefined in some resamples" if np.isnan(low + high) else (
        f"95 % interval {low:+.3f} to {high:+.3f}")  # fmt: skip
    if not (low > 0 or high < 0):
        return f"{what}: no difference found ({interval})"
    return f"{what} {'higher' if difference > 0 else 'lower'} by {abs(difference):.3f} ({interval})"


def findings(differences):
    """The rows of :func:`differences` as a Markdown list, a sentence each."""
    lines = []
    for row in differences.itertuples():
        found = [finding(what, *(getattr(row, column + end) for end in ("", "_low", "_high")))
                 for what, column in (("accuracy", "accuracy"), ("macro-F1", "macro_f1"))]  # fmt: skip
        lines.append(f"- **{row.first}** against **{row.second}**: {'; '.join(found)}.")
    return "\n".join(lines)


def _scores(predicted):
    """Column, statistic of labels and predictions, and the predictions as that statistic takes them."""
    return (("accuracy", metrics.accuracy, _one_label(predicted)), ("macro_f1", _macro_f1, predicted))


def _one_label(predicted):
    """Label indices (n,); for a set of none or several labels -1, which is never right."""
    return predicted if predicted.ndim == 1 else np.where(predicted.sum(axis=1) == 1, predicted.argmax(axis=1), -1)


def _macro_f1(labels, predicted):
    return metrics.macro_f1(labels, predicted) if predicted.ndim == 1 else metrics.multi_hot_macro_f1(predicted, labels)


def classifier_predictions(store):
    """Test predictions behind each row of Table 2, in its order."""
    bce = store["bce"]
    probabilities = expit(bce.outputs("test"))
    tuned = dev_threshold(bce)
    rows = {
        "baseline, threshold 0.3": metrics.threshold_predictions(probabilities, 0.3),
        f"baseline, threshold {tuned:.2f} (dev)": metrics.threshold_predictions(probabilities, tuned),
        "baseline, argmax": most_probable(bce),
        "softmax, argmax": most_probable(store["softmax"]),
    }
    for name in ("nrc-mae", "nrc-mse", "nrc-mse-5e-7", "nrc-mae-ce", "scaled-mae"):
        rows[f"{name}, 1NN"] = nearest(store[name])
        if f"{name}-svm" in store.recipes:
            rows[f"{name}, SVM"] = most_probable(store[f"{name}-svm"])
    return rows


def table2(store):
    """Classification: baseline decodings and regressors with 1NN or SVM (paper: Table 2)."""
    return scored(classifier_predictions(store), store["softmax"].labels("test"))


def mapper_predictions(store):
    """Test predictions behind each row of Table 3: every mapper, by 1NN and by the SVM."""
    rows = {}
    for name in ("nrc-mae", "scaled-mae", "spread-mae", "shuffled-mae"):
        rows[f"{name}, 1NN"] = nearest(store[name])
        rows[f"{name}, SVM"] = most_probable(store[f"{name}-svm"])
    return rows


def table3(store):
    """Mappers: does it matter where the labels lie? With each mapper's least distance (paper: Table 3)."""
    table = scored(mapper_predictions(store), store["nrc-mae"].labels("test"))
    least = [store[row.split(",")[0]].mapper.least_distance() for row in table.index]
    table.insert(0, "least_distance", least)
    return table


def per_emotion(rows, labels):
    """F1 of each emotion (28 rows) by each row of predictions, and ``support``, its number of test rows.

    ``rows`` is as in :func:`scored`; F1 is NaN for an emotion that is neither true nor predicted.
    """
    n = len(EMOTIONS)
    sets = {name: p if p.ndim == 2 else np.eye(n, dtype=bool)[p] for name, p in rows.items()}
    true = np.eye(n, dtype=bool)[labels]
    table = pd.DataFrame({name: f1_score(true, p, average=None, zero_division=np.nan) for name, p in sets.items()},
                         index=list(EMOTIONS))  # fmt: skip
    table.insert(0, "support", np.bincount(labels, minlength=len(EMOTIONS)))
    return table.rename_axis("emotion")


def search(store):
    """The search on dev: what was tried, and each candidate's best epoch (profile study only)."""
    rows = []
    for recipe in SEARCH:
        if recipe.name in store.recipes:
            best = store[recipe.name].history.sort_values("dev_macro_f1").iloc[-1]
            rows.append({"row": recipe.name.split("-")[1] if recipe.mapper is None else "scaled-mae",
                         "trainable_layers": recipe.trainable_layers, "learning_rate": recipe.learning_rate,
                         "epochs": recipe.epochs, "best_epoch": int(best.epoch), "dev_loss": best.dev_loss,
                         "dev_accuracy": best.dev_accuracy, "dev_macro_f1": best.dev_macro_f1})  # fmt: skip
    return pd.DataFrame(rows)


def save(table, name, store, caption):
    """Write ``name`` as CSV, Markdown and LaTeX to the profile's tables folder; the table is returned, to be shown."""
    folder = store.output("reports", "tables")
    named = not isinstance(table.index, pd.RangeIndex)
    table.to_csv(folder / f"{name}.csv", float_format="%.6g", index=named)
    text = table.apply(_as_text)
    align = ["left"] * named + ["right" if dtype.kind in "iuf" else "left" for dtype in table.dtypes]
    markdown = text.to_markdown(index=named, disable_numparse=True, colalign=align)
    (folder / f"{name}.md").write_text(f"{caption}\n\n{markdown}\n", encoding="utf-8")
    escaped = re.sub(r"([%&#_])", r"\\\1", caption)
    latex = text.to_latex(caption=escaped, label=f"tab:{name}", index=named, escape=True,
                          column_format="".join(side[0] for side in align))  # fmt: skip
    (folder / f"{name}.tex").write_text(latex, encoding="utf-8")
    return table


def _as_text(column):
    """A column as text: three decimals, powers of ten where those would all be 0, nothing for what is missing."""
    form = str
    if column.dtype.kind == "f":
        form = "{:.0e}".format if 0 < column.abs().max() < 0.0005 else lambda value: f"{round(value, 3) + 0.0:.3f}"
    return column.map(lambda value: "" if pd.isna(value) else form(value)).astype(object)
