"""The three systems that the paper names and nobody compared, with our encoder, in one frame (notebook 11).

Park et al. (2021) sort the labels by their value in each dimension of VAD, Alvarez-Gonzalez et al. (2021) read tokens,
Singh et al. (2021) learn definitions besides; what each adds stands in :mod:`vadstudy.borrowed`. They were published
with other encoders, corpora and frames. Here all have the main rows' encoder, comments with one label, epochs, rates
and batch. The released code of Alvarez-Gonzalez et al. never trains BERT, only what stands on it: their rows come with
the frozen and with the trained encoder. Of Singh et al.'s two auxiliary tasks one is left out.

The rule, written before a number was known:

- *Statistic.* Accuracy and macro-F1 on test, as everywhere, of each row less the plain softmax's; of Park et al.'s VAD,
  Pearson's r with people's on EmoBank's test texts less that of the softmax's expected point. Where texts have several
  labels, macro-F1 of the sets of labels above one threshold, the best on dev of each training.
- *Unit.* The test comment and the training, three seeds a row and five of the softmax.
- *Yes and no* (margins: :data:`MARGINS`, two one-sided tests).
  Park et al. say that sorted distributions name labels about as well as the best classifiers, and tell VAD besides: the
  first holds if ``park-sorted`` is equal to the softmax or higher in both scores, and fails if it is lower in either;
  the second is worth something beyond the softmax if its r of valence is higher.
  Alvarez-Gonzalez et al. say that their two models outperform strong baselines, Singh et al. that theirs does: each
  holds if the row is higher in macro-F1 and not lower in accuracy, and fails if it is lower or equal in macro-F1 or
  lower in accuracy.
  Of Alvarez-Gonzalez et al., the rows with the trained encoder are judged, and the frozen ones are shown.
  All else is open.
- *The literature's frame.* With all comments and all their labels, the related system with the best dev macro-F1 on
  single labels is better than BCE if its macro-F1 is higher. Published numbers stand beside them; they are of BERT.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit, log_softmax

from vadstudy import bootstrap, carried, metrics, significance, tables
from vadstudy.bootstrap import Comparison, Row
from vadstudy.carried import NOTHING
from vadstudy.emotions import EMOTIONS
from vadstudy.experiments import ALVAREZ, PARK, SEVERAL_LABELS, SHARES, SINGH
from vadstudy.runs import Run, RunStore
from vadstudy.sums import Measured

SOFTMAX = "softmax, argmax"
#: The scores of :func:`several`, and what of them counts as no difference.
SET_SCORES = ("macro_f1", "macro_precision", "macro_recall", "micro_f1", "accuracy")
MARGINS = {**carried.MARGINS, "micro_f1": 0.01}
#: The scores by which sets are compared.
COMPARED = ("macro_f1", "micro_f1")
#: What is expected of a row's scores, beside the softmax's, if it is as good or better.
WANTED = {
    "as good": {"accuracy": "equal or higher", "macro_f1": "equal or higher"},
    "better": {"accuracy": "not lower", "macro_f1": "higher"},
}
#: By row, whose system it is, and what of it is judged: "as good" or "better" than the softmax, or nothing.
SYSTEMS = {
    PARK.name: ("Park et al. 2021", "as good"),
    **{
        recipe.name: ("Alvarez-Gonzalez et al. 2021", "better" if recipe.trainable_layers else "") for recipe in ALVAREZ
    },
    SINGH.name: ("Singh et al. 2021", "better"),
}
#: What a related system is found to do, by what it says of itself and by the verdict.
JUDGED = {
    "as good": {
        "holds": "names labels as well as the softmax",
        "fails": "does not name labels as well as the softmax",
        "open": "may or may not name labels as well as the softmax",
    },
    "better": {
        "holds": "is better than the softmax",
        "fails": "is not better than the softmax",
        "open": "may or may not be better than the softmax",
    },
}
#: Macro-F1 of BERT-base on all comments and labels (Demszky et al. 2020, table 4), and Park et al.'s zero-shot r with
#: EmoBank's valence, arousal and dominance.
PUBLISHED_MACRO_F1 = {"BERT, Demszky et al. 2020": 0.46}
PUBLISHED_R = (0.630, 0.277, 0.311)


def sorted_likely(run: Run, split: str) -> np.ndarray:
    """Log probabilities (n, 3, 28) of the labels in each dimension, of a run with sorted distributions."""
    outputs = run.outputs(split).astype(float)
    return log_softmax(outputs.reshape(len(outputs), -1, len(EMOTIONS)), axis=2)


def sorted_label(run: Run, split: str = "test") -> np.ndarray:
    """Label indices (n,): the largest product of probabilities over the dimensions."""
    return sorted_likely(run, split).sum(axis=1).argmax(axis=1)


def sorted_vad(run: Run, split: str = "test") -> np.ndarray:
    """VAD (n, 3) in the lexicon's units: in each dimension the sum over labels of p_k s_k, s_k their values there."""
    return np.einsum("ndk,kd->nd", np.exp(sorted_likely(run, split)), run.mapper.points)


def rows(store: RunStore) -> dict[str, Row]:
    """Test labels of the softmax, and of the related systems."""
    found = {SOFTMAX: tables.row(store.all("softmax"), tables.most_probable)}
    return found | {name: tables.row(store.all(name), _named_by(name)) for name in SYSTEMS}


def _named_by(name):
    """What names a label from a system's outputs."""
    return sorted_label if name == PARK.name else tables.most_probable


def verdict(compared: Comparison, name: str) -> str:
    """``holds``, ``fails`` or ``open``: what a row's system said of it, by this module's rule; "" if none is judged."""
    if not (kind := SYSTEMS[name][1]):
        return ""
    lines = compared.differences([(name, SOFTMAX)], margins=MARGINS).set_index("score")["verdict"]
    said = [significance.came_out(lines[score], expected) for score, expected in WANTED[kind].items()]
    return "fails" if "no" in said else "holds" if set(said) == {"yes"} else "open"


def scored(compared: Comparison) -> pd.DataFrame:
    """Each row's scores with their intervals, whose ``system`` it is, and the ``verdict``."""
    table = compared.scored()
    table.insert(0, "system", [SYSTEMS[row][0] if row in SYSTEMS else "ours" for row in table.index])
    table["verdict"] = [verdict(compared, row) if row in SYSTEMS else "" for row in table.index]
    return table


def vad_rows(store: RunStore) -> dict[str, tuple[Row, str]]:
    """VAD (n, 3) of EmoBank's test texts by Park et al.'s sums, beside rows that did not learn from it either."""
    zero_shot, on = carried.zero_shot(store), f"{carried.corpus(store, 'vad')}/test"
    found = {name: zero_shot[name] for name in ("softmax, expected", "nrc-mse", "nrc-mae")}
    return found | {PARK.name: (tables.row(store.all(PARK.name), lambda run: sorted_vad(run, on)), NOTHING)}


def searched(store: RunStore) -> pd.DataFrame:
    """Dev scores of Singh et al.'s shares of the main task, one seed each; none in a profile without the search."""
    lines = []
    for recipe in SHARES:
        if recipe.name in store.recipes:
            run = store[recipe.name]
            found = metrics.scores(run.labels("dev"), tables.most_probable(run, "dev"))
            lines.append({"share": recipe.main_share} | {f"dev_{name}": value for name, value in found.items()})
    return pd.DataFrame(lines, columns=["share", "dev_accuracy", "dev_macro_f1"]).set_index("share")


def on_dev(store: RunStore) -> pd.Series:
    """Mean dev macro-F1 over seeds of each related system on single labels, by which one is taken to several."""
    found = {
        name: np.mean([metrics.macro_f1(run.labels("dev"), _named_by(name)(run, "dev")) for run in store.all(name)])
        for name in SYSTEMS
    }
    return pd.Series(found, name="dev_macro_f1")


def sets(store: RunStore, split: str) -> pd.DataFrame:
    """Whether each comment of a split has each label: by id, bool, a column a label."""
    votes, found = store["labels-votes"], {}
    for of in (split, f"{carried.several(store)}/{split}"):
        for name, labels in votes.rows(of)[["id", "labels"]].itertuples(index=False):
            found[name] = np.isin(np.arange(len(EMOTIONS)), [*map(int, labels.split(","))])
    return pd.DataFrame.from_dict(found, "index", columns=list(EMOTIONS))


def set_rows(store: RunStore) -> dict[str, Row]:
    """Sets of labels of all test comments, bool (n, 28), in :func:`sets`' order: above the best threshold on dev."""
    truth = {split: sets(store, split) for split in ("dev", "test")}

    def named(run):
        likely = {split: expit(run.outputs(split, of.index).astype(float)) for split, of in truth.items()}
        return likely["test"] > metrics.best_common_threshold(likely["dev"], truth["dev"].to_numpy())

    return {recipe.name: tables.row(store.all(recipe.name), named) for recipe in SEVERAL_LABELS}


def several(named: np.ndarray, truth: np.ndarray) -> Measured:
    """A measure for :func:`vadstudy.bootstrap.compare`: :data:`SET_SCORES` of sets of labels, bool (n, labels) both."""
    named, truth = np.asarray(named, bool), np.asarray(truth, bool)
    exact = (named == truth).all(axis=1)[:, None]
    sums = sparse.csc_matrix(np.hstack([named & truth, named, truth, exact]).T.astype(np.float32))
    n = len(truth)

    def scores(sums):
        hits, predicted, true = np.split(sums[:-1], 3)

        def share(part, whole):
            return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

        return {
            "macro_f1": share(2 * hits, predicted + true).mean(axis=0),
            "macro_precision": share(hits, predicted).mean(axis=0),
            "macro_recall": share(hits, true).mean(axis=0),
            "micro_f1": 2 * hits.sum(axis=0) / (predicted + true).sum(axis=0),
            "accuracy": sums[-1] / n,
        }

    return sums, scores


def sets_compared(store: RunStore, rows: dict[str, Row]) -> Comparison:
    """:func:`set_rows` by :data:`SET_SCORES`, over comments and trainings."""
    return bootstrap.compare(rows, sets(store, "test").to_numpy(), several, strata=False)


def example(values: Sequence[float], likely: Sequence[float], label: int) -> pd.DataFrame:
    """Park et al.'s loss in one dimension, step by step: a line a label in the order of its ``value``.

    Parameters
    ----------
    values, likely : sequences (n,)
        The labels' values in the dimension, all different, and their predicted probabilities.
    label : int
        The true one. ``apart`` is how far the distributions are apart up to a label; the sum of ``cost`` is the loss.
    """
    order = np.argsort(values)
    value, p = np.asarray(values, float)[order], np.asarray(likely, float)[order]
    y = (order == label).astype(float)
    gap, moved = np.append(np.diff(value), 0), (p - y).cumsum()
    table = pd.DataFrame({"value": value, "p": p, "y": y, "gap": gap, "apart": moved}, pd.Index(order, name="label"))
    return table.assign(cost=gap * moved**2 + (p - y) ** 2 / len(p))
