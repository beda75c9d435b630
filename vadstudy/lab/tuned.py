"""What tuning found on dev, as tables and a figure: its trials, the best of each family, which parameters mattered."""

import json

import matplotlib.pyplot as plt
import numpy as np
import optuna
import pandas as pd
from optuna.storages.journal import JournalFileBackend, JournalStorage
from optuna.trial import TrialState

from vadstudy.errors import RunError
from vadstudy.lab.retraining import scores
from vadstudy.plots.figures import subplots
from vadstudy.recipes import SEED

#: Recipes that are trained with other hyperparameters, and the SVM on the points of the run ``scaled-mae``.
TRAINED_FAMILIES = ("softmax", "bce", "scaled-mae", "nrc-mae-ce")
FAMILIES = (*TRAINED_FAMILIES, "svm")
SCORES = ("dev_macro_f1", "dev_accuracy", "dev_loss", "best_epoch", "seconds")
COUNTS = ("best_epoch", "epochs", "hidden_layers", "n_quantiles")
#: The least number of trials from which shares of parameters are computed.
ENOUGH = 10
#: Names of parameters on the figure's axes, and those whose axis is logarithmic.
AXES = {
    "learning_rate": "learning rate (log)",
    "hidden_layers": "hidden layers",
    "target_noise": "target noise (SD)",
    "n_quantiles": "quantiles",
    "loss_lambda": "lambda (log)",
    "temperature": "temperature (log)",
    "C": "C (log)",
    "gamma": "gamma (log)",
    "dev_macro_f1": "macro-F1 on dev",
}
LOGARITHMIC = ("learning_rate", "loss_lambda", "temperature", "C", "gamma")


def journal(store):
    """Path of a profile's journal of trials."""
    return (store.folder if store.profile == "study" else store.scratch) / "tuning.log"


def studies(store):
    """The Optuna study of each family that has one, in the order of :data:`FAMILIES`; a ``RunError`` if damaged."""
    if not journal(store).exists():
        return {}
    storage = open_journal(store)
    begun = optuna.get_all_study_names(storage)
    return {family: optuna.load_study(study_name=family, storage=storage) for family in FAMILIES if family in begun}


def open_journal(store):
    """The storage behind the journal, begun if it is new; a ``RunError`` names the line up to which it is damaged."""
    path, number = journal(store), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    try:
        # Optuna does not mind a last line that was cut off, until the next one is written behind it.
        for line in path.read_bytes().splitlines(keepends=True):
            number += 1
            json.loads(line)["op_code"], line.index(b"\n")
        return JournalStorage(JournalFileBackend(str(path)))
    except (ValueError, LookupError, TypeError, AssertionError) as error:
        raise RunError(
            f"{path} is damaged at line {number} or above ({error!r}); restore it from git, or delete it "
            "and tune anew with `make tune`"
        ) from error


def trials(store):
    """All completed trials, a row each: family, number, dev scores, best epoch, seconds, parameters (NaN: has none).

    Empty where nothing was tuned. ``dev_loss`` is comparable within a mapper only.
    """
    rows = [
        {"family": family, "number": trial.number, "dev_macro_f1": trial.value, **trial.user_attrs, **trial.params}
        for family, study in studies(store).items()
        for trial in _completed(study)
    ]
    names = dict.fromkeys(["family", "number", *SCORES, *(name for row in rows for name in row)])
    frame = pd.DataFrame(rows, columns=list(names))
    # Counts stay counts beside families that have none.
    return frame.astype({name: "Int64" for name in COUNTS if name in frame})


def winners(store):
    """The best trial of each family on dev, by family, and of how many trials it is the best."""
    frame = trials(store)
    best = frame.loc[frame.groupby("family", sort=False)["dev_macro_f1"].idxmax()].set_index("family")
    best.insert(1, "trials", frame["family"].value_counts())
    return best


def importances(store):
    """What mattered: each parameter's share (0 to 1) of what dev macro-F1 varies, by fANOVA; a column a family.

    Families with fewer than 10 trials are left out. With few more than that, the shares are a hint and no finding.
    """
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=SEED)
    shares = {
        family: optuna.importance.get_param_importances(study, evaluator=evaluator)
        for family, study in studies(store).items()
        if len(_completed(study)) >= ENOUGH
    }
    return pd.DataFrame(shares).rename_axis("parameter")


def confirmed(store):
    """Dev scores of the winners, trained on all comments, and of the study's settings: a line a family.

    Empty in profiles that have no winners. The study's row of the family ``svm`` is ``scaled-mae-svm``; both are fitted
    on the points of ``scaled-mae``.
    """
    lines = []
    for family in FAMILIES:
        names = {"tuned": f"tuned-{family}", "study": "scaled-mae-svm" if family == "svm" else family}
        if names["tuned"] in store.recipes:
            line = {"family": family}
            for whose, name in names.items():
                line |= {f"{whose}_{score}": value for score, value in scores(store[name], "dev").items()}
            lines.append(line)
    return pd.DataFrame(lines)


def _completed(study):
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def tuning_figure(frame):
    """Plot :func:`trials` as parallel coordinates: a panel a family, a line a trial, coloured by its dev macro-F1.

    The last axis of a panel is that score, from its least to its greatest, and so the key to the colours. On an axis of
    few values the lines lie beside each other, the better ones above.
    """
    families = list(frame["family"].unique())
    figure, panels = subplots(
        max(1, len(families)), figsize=(11, 2.7 * max(1, len(families))), squeeze=False, layout="constrained"
    )
    for axes in panels[:, 0]:
        axes.axis("off")
    if not families:
        panels[0, 0].text(0.5, 0.5, "no trials are recorded; `make tune` makes some", ha="center", va="center")
    for axes, family in zip(panels[:, 0], families, strict=False):
        rows = frame[frame["family"] == family].sort_values("dev_macro_f1").dropna(axis=1, how="all")
        names = [name for name in rows if name not in ("family", "number", *SCORES)] + ["dev_macro_f1"]
        score, _, _ = _coordinate(rows, "dev_macro_f1")
        places = []
        for x, name in enumerate(names):
            place, ticks, labels = _coordinate(rows, name)
            places.append(place)
            axes.vlines(x, -0.05, 1.05, color="0.3", linewidth=1, zorder=2)
            for tick, label in zip(ticks, labels, strict=True):
                axes.text(
                    x + 0.03,
                    tick,
                    label,
                    fontsize=9,
                    va="center",
                    zorder=4,
                    bbox=dict(facecolor="white", edgecolor="none", alpha=0.8, pad=0.6),
                )
            axes.text(x, 1.13, AXES.get(name, name), fontsize=9.5, ha="center", va="bottom")
        for line, shade in zip(np.transpose(places), plt.colormaps["cividis_r"](score), strict=True):
            axes.plot(line, color=shade, linewidth=2, zorder=3, solid_capstyle="round")
        axes.set(xlim=(-0.1, len(names) - 0.75), ylim=(-0.08, 1.12))
        axes.set_title(f"{family} ({len(rows)} trials)", loc="left", fontsize=11, fontweight="bold", pad=24)
    return figure


def _coordinate(rows, name):
    """Places (n,) of trials on an axis from 0 to 1, the places of its ticks, and their labels."""
    values, beside = rows[name], 0
    if values.nunique() <= 6 and name not in (*LOGARITHMIC, "dev_macro_f1"):
        known = sorted(values.unique())
        scale = values.map(known.index) if isinstance(known[0], str) else values
        marks = np.sort(scale.unique().astype(float))
        labels = [each if isinstance(each, str) else f"{each:g}" for each in known]
        beside = np.linspace(-0.05, 0.05, len(rows))  # the rows come sorted by score
    else:
        scale = np.log(values.astype(float)) if name in LOGARITHMIC else values
        marks = np.linspace(scale.min(), scale.max(), 3)
        labels = [f"{float(f'{np.exp(mark):.2g}'):g}" if name in LOGARITHMIC else f"{mark:.3f}" for mark in marks]
    span = max(marks[-1] - marks[0], 1e-9)
    return ((scale.astype(float) - marks[0]) / span).to_numpy() + beside, (marks - marks[0]) / span, labels
