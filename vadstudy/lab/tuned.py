"""What tuning found on dev, as tables: its trials, the best of each family, which parameters mattered."""

import json
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from optuna.storages.journal import JournalFileBackend, JournalStorage
from optuna.trial import TrialState

from vadstudy.errors import RunError
from vadstudy.lab.retraining import scores
from vadstudy.recipes import SEED
from vadstudy.runs import RunStore

#: Recipes that are trained with other hyperparameters, and the SVM on the points of the run ``scaled-mae``.
TRAINED_FAMILIES = ("softmax", "bce", "scaled-mae", "nrc-mae-ce")
FAMILIES = (*TRAINED_FAMILIES, "svm")
SCORES = ("dev_macro_f1", "dev_accuracy", "dev_loss", "best_epoch", "seconds")
COUNTS = ("best_epoch", "epochs", "hidden_layers", "n_quantiles")
#: The least number of trials from which shares of parameters are computed.
ENOUGH = 10


def journal(store: RunStore) -> Path:
    """Path of a profile's journal of trials."""
    return (store.folder if store.profile == "study" else store.scratch) / "tuning.log"


def studies(store: RunStore) -> dict[str, optuna.Study]:
    """The Optuna study of each family that has one, in the order of :data:`FAMILIES`; a ``RunError`` if damaged."""
    if not journal(store).exists():
        return {}
    storage = open_journal(store)
    begun = optuna.get_all_study_names(storage)
    return {family: optuna.load_study(study_name=family, storage=storage) for family in FAMILIES if family in begun}


def open_journal(store: RunStore) -> JournalStorage:
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


def trials(store: RunStore) -> pd.DataFrame:
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


def winners(store: RunStore) -> pd.DataFrame:
    """The best trial of each family on dev, by family, and of how many trials it is the best."""
    frame = trials(store)
    best = frame.loc[frame.groupby("family", sort=False)["dev_macro_f1"].idxmax()].set_index("family")
    best.insert(1, "trials", frame["family"].value_counts())
    return best


def importances(store: RunStore) -> pd.DataFrame:
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


def confirmed(store: RunStore) -> pd.DataFrame:
    """Dev scores of the winners, trained on all comments, and of the study's settings: a line a family.

    Empty in profiles that have no winners. The study's row of the family ``svm`` is ``scaled-mae-svm``; both are fitted
    on the points of ``scaled-mae``.
    """
    lines = []
    for family in FAMILIES:
        names = {"tuned": f"tuned-{family}", "study": "scaled-mae-svm" if family == "svm" else family}
        if names["tuned"] in store.recipes:
            line: dict[str, Any] = {"family": family}
            for whose, name in names.items():
                line |= {f"{whose}_{score}": value for score, value in scores(store[name], "dev").items()}
            lines.append(line)
    return pd.DataFrame(lines)


def _completed(study):
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
