"""Fair comparisons: the paper's confounds, one at a time (notebook 7).

A row has the seeds that are recorded, at least one; :func:`missing` says which of the planned ones are not. The last
part asks whether it matters which label gets which point (confound 4) with the *assignment* as the unit: NRC's, and
nineteen dealt at random. A finding about meaning that rests on one shuffle says something about that shuffle; here each
random assignment is a training of its own, on a third of train, on scaled points and on evenly spread ones.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats

from vadstudy import bootstrap, metrics, significance, sums, tables
from vadstudy.bootstrap import Comparison, Row
from vadstudy.classifiers import NearestEmotion
from vadstudy.emotions import EMOTIONS
from vadstudy.experiments import BEST_BUDGETS, BUDGET, BUDGETED
from vadstudy.profiles import plan
from vadstudy.runs import Run, RunStore

#: Points and who gets which, taken apart (confound 4): the four cells, by their regressors.
CROSSING = {
    ("scaled", "meaningful"): "scaled-mae",
    ("scaled", "shuffled"): "scaled-shuffled-mae",
    ("spread", "meaningful"): "spread-matched-mae",
    ("spread", "shuffled"): "spread-shuffled-mae",
}
#: Sets of points and the two ways to deal labels to them, by their regressors.
DEALT = {
    ("scaled", "where NRC has them"): "assigned-scaled-nrc",
    ("scaled", "dealt at random"): "assigned-scaled-random",
    ("spread", "where NRC has them"): "assigned-spread-nrc",
    ("spread", "dealt at random"): "assigned-spread-random",
}


def missing(store: RunStore, names: Collection[str] | None = None) -> list[tuple[str, int]]:
    """The planned runs (name, seed) that are not recorded, of the names or of all."""
    return [
        (name, seed)
        for name, seed in plan(store.profile)
        if (names is None or name in names) and not store.place(name, seed).exists()
    ]


def rates(store: RunStore) -> pd.DataFrame:
    """MAE and MSE by learning rate (confound 1): R², and accuracy and macro-F1 by 1NN, of one seed.

    One line a run: ``loss``, ``learning_rate``, ``r2`` (mean over dimensions), ``accuracy`` and ``macro_f1`` with
    intervals.
    """
    rows = {name: tables.row([store[name]], tables.nearest) for name in store.recipes if name.startswith("rate-")}
    lines = []
    for name, scores in tables.compare(store, rows).scored().iterrows():
        run, recipe = store[name], store.recipes[name]
        r2 = metrics.r2(tables.targets(run), run.outputs("test")).mean()
        lines.append(
            {
                "run": name,
                "loss": recipe.loss.upper(),
                "learning_rate": recipe.learning_rate,
                "r2": r2,
                **scores.drop(["seeds", "accuracy_sd", "macro_f1_sd"]),
            }
        )
    return pd.DataFrame(lines).set_index("run").sort_values(["loss", "learning_rate"])


def decodings(store: RunStore) -> pd.DataFrame:
    """The sigmoid baseline's test scores by threshold, 0.05 to 0.95, mean over seeds (confound 3)."""
    return sum(tables.threshold_sweep(run, "test") for run in store.all("bce")) / len(store.all("bce"))


def pooling_rows(store: RunStore) -> dict[str, Row]:
    """Test predictions by pooling (confound 2): 1NN for the regressor, argmax for the baseline; one seed."""
    names = [name for name in store.recipes if name.startswith("pool-")]
    return {
        name.removeprefix("pool-"): tables.row(
            [store[name]], tables.nearest if store.recipes[name].mapper else tables.most_probable
        )
        for name in names
    }


def crossing_rows(store: RunStore) -> dict[str, Row]:
    """Test predictions by 1NN of the cells of :data:`CROSSING`, over seeds."""
    return {name: tables.row(store.all(name), tables.nearest) for name in CROSSING.values()}


def effects(compared: Comparison, score: str = "macro_f1") -> pd.DataFrame:
    """What meaning and spread do, each averaged over the other, and their interaction, with 95 % intervals.

    ``compared`` is the comparison of :func:`crossing_rows`.
    """
    signs = {"meaning": (1, -1, 1, -1), "spread": (-1, -1, 1, 1), "interaction": (-1, 1, 1, -1)}
    lines = []
    for effect, sign in signs.items():
        size = sum(s * compared.values[name][score].mean() for s, name in zip(sign, CROSSING.values(), strict=True)) / 2
        draws = sum(s * compared.draws[name][score] for s, name in zip(sign, CROSSING.values(), strict=True)) / 2
        low, high = np.quantile(draws, [0.025, 0.975])
        lines.append({"effect": effect, "score": score, "difference": size, "low": low, "high": high})
    return pd.DataFrame(lines)


def budget(store: RunStore) -> pd.DataFrame:
    """More budget on dev (notebook 7): the best epoch of each training, and of the study's own rows.

    ``row``, ``layers`` that are trained, encoder's ``learning_rate``, ``epochs``, ``precision`` on that machine,
    ``best_epoch``, and its dev scores.
    """
    lines = []
    rows = ("softmax", "nrc-mae", "scaled-mae")
    for recipe in (*(store.recipes[name] for name in rows), *BUDGET):
        if recipe.name in store.recipes:
            run = store[recipe.name]
            best = run.history.sort_values("dev_macro_f1", kind="stable").iloc[-1]
            lines.append(
                {
                    "row": next(name for name in rows if name in recipe.name),
                    "layers": recipe.trainable_layers or "all",
                    "learning_rate": recipe.learning_rate,
                    "epochs": recipe.epochs,
                    "precision": run.meta.get("precision", recipe.precision),
                    "best_epoch": int(best["epoch"]),
                    "dev_accuracy": best["dev_accuracy"],
                    "dev_macro_f1": best["dev_macro_f1"],
                }
            )
    order = ["row", "layers", "learning_rate", "epochs"]
    return pd.DataFrame(lines).sort_values(order, key=lambda c: c.astype(str) if c.name == "layers" else c)


def budgeted_rows(store: RunStore) -> dict[str, Row]:
    """Test predictions at the study's own budget and, in profiles that search it, at those that go on from the search
    (:data:`vadstudy.experiments.BUDGETED`); the plain classifier by argmax, the others by 1NN and the SVM."""
    rows: dict[str, Row] = {}
    for name in BEST_BUDGETS:
        budgeted = [each for each in BUDGETED if each.name.startswith(f"budgeted-{name}")]
        for recipe in (store.recipes[name], *(each for each in budgeted if each.name in store.recipes)):
            if recipe.mapper:
                rows |= tables.read_points(store, recipe.name)
            else:
                rows[f"{recipe.name}, argmax"] = tables.row(store.all(recipe.name), tables.most_probable)
    return rows


def held_out_rows(store: RunStore) -> dict[str, Row]:
    """The SVM on scaled-mae's points for texts that it was trained on, and for texts that it was not (confound 10)."""
    words = {"SVM on in-sample points": "scaled-mae-svm", "SVM on held-out points": "scaled-mae-svm-heldout"}
    return {row: tables.row([store[name]], tables.most_probable) for row, name in words.items()}


def rare_labels(row: Row, labels: np.ndarray) -> pd.DataFrame:
    """Each label's share in the variance of macro-F1 over test resamples and trainings (confound 6).

    ``row`` is a :class:`vadstudy.bootstrap.Row` of label indices. The columns: ``support``, test rows; ``f1``;
    ``share``, the covariance of the label's F1 with macro-F1, over 28 times macro-F1's variance: the shares add up to
    1.
    """
    compared = bootstrap.compare({"row": row}, labels, sums.f1_by_label)
    draws = np.stack([compared.alone["row"][k] for k in range(len(EMOTIONS))])
    macro = draws.mean(axis=0)
    share = (
        ((draws - draws.mean(axis=1, keepdims=True)) * (macro - macro.mean())).mean(axis=1) / len(draws) / macro.var()
    )
    f1 = [compared.values["row"][k].mean() for k in range(len(EMOTIONS))]
    support = np.bincount(labels, minlength=len(EMOTIONS))
    table = pd.DataFrame({"support": support, "f1": f1, "share": share}, index=pd.Index(EMOTIONS, name="emotion"))
    return table.sort_values("support", kind="stable")


def top3(run: Run) -> np.ndarray:
    """The three most probable labels of each test row, bool (n, 28): of a regressor by 1NN, of a baseline by its
    logits."""
    order = run.outputs("test")
    if getattr(run.recipe, "mapper", None):
        order = NearestEmotion().fit(run.mapper.points, np.arange(len(EMOTIONS))).predict_proba(order)
    # Rounded, so that which of equally near labels comes first is not left to a processor's rounding.
    best = np.argsort(-np.round(order, 7), axis=1, kind="stable")[:, :3]
    sets = np.zeros((len(order), len(EMOTIONS)), bool)
    np.put_along_axis(sets, best, True, axis=1)
    return sets


def assignment_scores(store: RunStore) -> pd.DataFrame:
    """Test scores by 1NN of each training of :data:`DEALT`: ``points``, ``labels``, ``seed``, ``accuracy``,
    ``macro_f1`` and ``included``, the share of texts whose label is among the three nearest.

    Labels that are dealt at random are dealt anew with each seed.
    """
    lines = []
    for (points, how), name in DEALT.items():
        for run in store.all(name):
            true = run.labels("test")
            included = top3(run)[np.arange(len(true)), true].mean()
            lines.append(
                {"points": points, "labels": how, "seed": run.seed, "included": included}
                | metrics.scores(true, tables.nearest(run))
            )
    return pd.DataFrame(lines)


def meaning(found: pd.DataFrame, margins: dict[str, float] = significance.MARGINS) -> pd.DataFrame:
    """What it is worth that labels lie where NRC has them, with the assignment as the unit (confound 4).

    Parameters
    ----------
    found : DataFrame
        What :func:`assignment_scores` gives.
    margins : dict
        Of each score: differences within it count as none.

    Returns
    -------
    DataFrame
        A line a pair (``first``, ``second``) and ``score``, with the columns of
        :meth:`vadstudy.bootstrap.Comparison.differences`. The interval and ``p_equal`` are Welch's: over trainings
        for NRC's assignment, of which there is one, over assignments for those dealt at random. ``p`` of the first
        pair, which averages both sets of points, is a permutation test: NRC's assignment, by the mean of its
        trainings, is one of 20 on each set, and the pair of them one of 400; two-sided. That its mean holds less chance
        than one training does makes the test conservative. ``p`` of the other pairs is Welch's, since 20 assignments
        cannot give less than 0.1; ``rank`` says how many of them are at least as good as NRC's, itself among them.
    """
    both = {(points, how): (0.5 if how.startswith("where") else -0.5) for points, how in DEALT}
    contrasts: dict[tuple[str, str], dict[tuple[str, str], float]] = {
        ("labels where NRC has them", "labels dealt at random"): both,
        **{
            (f"{points}, where NRC has them", f"{points}, dealt at random"): {
                cell: 2 * weight for cell, weight in both.items() if cell[0] == points
            }
            for points in ("scaled", "spread")
        },
        ("spread, dealt at random", "scaled, where NRC has them"): {
            ("spread", "dealt at random"): 1,
            ("scaled", "where NRC has them"): -1,
        },
    }
    cells = dict(list(found.groupby(["points", "labels"])))
    lines = []
    for (first, second), weights in contrasts.items():
        for score in significance.MARGINS:
            parts = [(weight, cells[cell][score].to_numpy()) for cell, weight in weights.items()]
            line = {"first": first, "second": second, "score": score, **_welch(parts, margins[score])}
            if len(parts) == 4:
                line["p"] = _permutation(parts)
            elif "dealt" in second:
                (_, own), (_, others) = parts
                line["rank"] = 1 + int((others >= own.mean()).sum())
            lines.append(line)
    return significance.corrected(pd.DataFrame(lines))


def _welch(parts, margin):
    """Difference, 95 % interval, p, and p of equality within a margin, of a weighted sum of means of samples."""
    difference = sum(weight * values.mean() for weight, values in parts)
    variances = np.array([weight**2 * values.var(ddof=1) / len(values) for weight, values in parts])
    df = variances.sum() ** 2 / sum(v**2 / (len(values) - 1) for v, (_, values) in zip(variances, parts, strict=True))
    chance = stats.t(df, scale=np.sqrt(variances.sum()))
    half = chance.ppf(0.975)
    outside = max(chance.sf(margin + difference), chance.sf(margin - difference))
    return {
        "difference": difference,
        "low": difference - half,
        "high": difference + half,
        "p": 2 * chance.sf(abs(difference)),
        "p_equal": outside,
    }


def _permutation(parts):
    """Two-sided p of the sum of NRC's two values among all pairs of assignments; parts alternate NRC's and random."""
    (_, a), (_, others_a), (_, b), (_, others_b) = parts
    sums = np.add.outer(np.append(others_a, a.mean()), np.append(others_b, b.mean()))
    observed = sums[-1, -1]
    return min(1, 2 * min((sums >= observed).mean(), (sums <= observed).mean()))
