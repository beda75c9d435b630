"""People beside models: how far readers agree with writers, raters with one another, and a read-out with both.

A model's agreement with people can hardly be above that of people among themselves. Two yardsticks stand here:
EmoBank's readers against its writers, and the *ceiling*, what the ratings' own noise leaves: a perfect model's
correlation with means of a few people is the square root of their reliability.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from vadstudy import bootstrap, carried, mappers, metrics, readout
from vadstudy.bootstrap import Comparison, Row
from vadstudy.emotions import DIMENSIONS
from vadstudy.ratings import PERSPECTIVES
from vadstudy.runs import Run, RunStore


def error_variance(rated: pd.DataFrame, perspective: str, dimension: str) -> np.ndarray:
    """The sampling variance (n,) of the mean of a text's raters: their variance over n - 1, as sd is over n."""
    sd, n = rated[f"{perspective}_{dimension}_sd"], rated[f"{perspective}_n"]
    return (sd**2 / (n - 1).clip(lower=1)).to_numpy(float)


def reliability(means: np.ndarray, errors: np.ndarray) -> float:
    """The share of the means' variance that is not their raters' sampling: 1 - mean error variance / variance."""
    spread = np.var(means)
    return float(max(0.0, 1 - errors.mean() / spread)) if spread else np.nan


def agreement(store: RunStore, split: str = "test") -> pd.DataFrame:
    """EmoBank's people, a line a dimension: readers against writers, each side's reliability, and the ceiling.

    ``ceiling`` is the greatest correlation that a model can expect with the corpus's mean of both sides, if both rate
    one thing.
    """
    rated, lines = store["vad-people"].rows(split), []
    for dimension in DIMENSIONS:
        sides = {side: rated[f"{side}_{dimension}"].to_numpy(float) for side in PERSPECTIVES}
        errors = {side: error_variance(rated, side, dimension) for side in PERSPECTIVES}
        n = {side: rated[f"{side}_n"].to_numpy(float) for side in PERSPECTIVES}
        both = sum(n[side] ** 2 * errors[side] for side in PERSPECTIVES) / sum(n.values()) ** 2
        whole = reliability(rated[dimension].to_numpy(float), both)
        line = {"dimension": dimension, "readers_writers": np.corrcoef(*sides.values())[0, 1]}
        line |= {f"reliability_{side}s": reliability(sides[side], errors[side]) for side in PERSPECTIVES}
        lines.append(line | {"reliability": whole, "ceiling": np.sqrt(whole)})
    return pd.DataFrame(lines).set_index("dimension")


def beside_writers(store: RunStore, rows: Mapping[str, tuple[Row, str]]) -> Comparison:
    """Rows of :func:`carried.vad_rows` and the writers' ratings by their correlation with the *readers'*, over test."""
    people = {"writers": Row([carried.human(store, "test", "writer")])}
    truth = carried.human(store, "test", "reader")
    return bootstrap.compare(people | carried.only(rows), truth, carried.pearson, strata=False)


def by_genre(store: RunStore, rows: Mapping[str, Callable[[str], list[np.ndarray]]]) -> pd.DataFrame:
    """Valence's r with people by genre: readers against writers, and rows that learned nothing from EmoBank.

    ``rows`` give points of a split, an array a training; all splits are used, since no text was learned from.
    """
    splits = store["vad-people"].splits
    rated = pd.concat([store["vad-people"].rows(split) for split in splits], ignore_index=True)
    points = {
        name: [np.concatenate(parts) for parts in zip(*(of(split) for split in splits), strict=True)]
        for name, of in rows.items()
    }
    lines = []
    for genre, index in rated.groupby("genre").indices.items():
        part = rated.iloc[index]
        line = {
            "genre": genre,
            "texts": len(part),
            "readers_writers": part["reader_valence"].corr(part["writer_valence"]),
        }
        for name, of in points.items():
            line[name] = np.mean([np.corrcoef(each[index, 0], part["valence"])[0, 1] for each in of])
        lines.append(line)
    return pd.DataFrame(lines).set_index("genre").sort_values("texts", ascending=False)


def one_rater(store: RunStore, split: str = "test") -> dict[str, float]:
    """How one rater of a comment would score against its label, over comments with one label.

    ``accuracy`` counts one label of each rater, drawn among those that the rater named; ``named`` is the share of
    raters who named the label, alone or with others; ``labels`` how many labels a comment's raters named between them.
    """
    run = store["labels-votes"]
    shares, labels = run.outputs(split).astype(float), run.labels(split)
    of_label = shares[np.arange(len(labels)), labels]
    return {
        "accuracy": float((of_label / shares.sum(axis=1)).mean()),
        "named": float(of_label.mean()),
        "labels": float((shares > 0).sum(axis=1).mean()),
    }


def entropy(shares: np.ndarray) -> np.ndarray:
    """Entropy (n,) in nats of rows (n, labels) that sum to one."""
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return -(shares * logs).sum(axis=1)


def beside_votes(store: RunStore, split: str = "test") -> pd.DataFrame:
    """How a softmax follows its comments' raters, a line a training (its seed), over comments with one label.

    ``votes_V`` … are r of its expected point with the votes' mean point, ``label_V`` … those with the label's point;
    ``entropy`` is Spearman's r of its entropy with the votes'; ``second`` is how often its second label is one that
    some rater named, where more than one was named; ``second_chance`` how often a label drawn by its frequency is.
    """
    votes, nrc = store["labels-votes"], mappers.nrc()
    shares = votes.outputs(split).astype(float)
    said = shares.sum(axis=1) > 0
    lines = []
    for run in store.all("carried-softmax"):
        likely = carried.likely(run, split, carried.temperature(run))
        shares_of = shares[said] / shares[said].sum(axis=1, keepdims=True)
        order = np.argsort(-likely[said], axis=1, kind="stable")
        label = run.labels(split)[said]
        several = (shares_of > 0).sum(axis=1) > 1
        rows = np.flatnonzero(several)
        others = shares_of > 0
        # Its best guess that is not the label: what else does it see in the comment?
        second = np.where(order[:, 0] == label, order[:, 1], order[:, 0])[rows]
        others[np.arange(len(label)), label] = False
        frequency = np.bincount(label, minlength=shares.shape[1]) / len(label)
        chance = (others[rows] * frequency).sum(axis=1) / (1 - frequency[label[rows]])
        point = readout.expected(likely[said], nrc)
        line = {"seed": run.seed}
        for of, truth in (("votes", shares_of @ nrc.points), ("label", nrc.points_for(label))):
            line |= {f"{of}_{d}": r for d, r in zip("VAD", metrics.pearson(truth, point), strict=True)}
        line["entropy"] = spearmanr(entropy(likely[said]), entropy(shares_of)).statistic
        line |= {"second": others[rows, second].mean(), "second_chance": chance.mean()}
        lines.append(line)
    return pd.DataFrame(lines).set_index("seed")


def two_labels(store: RunStore, split: str = "test") -> tuple[np.ndarray, np.ndarray]:
    """Comments with exactly two labels: their places (n,) among those with several, and their labels (n, 2)."""
    labels = store["labels-votes"].rows(f"{carried.several(store)}/{split}")["labels"].str.split(",")
    kept = np.flatnonzero(labels.str.len() == 2)
    return kept, np.array(labels.iloc[kept].tolist(), int)


def between(points: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where points (n, d) lie along the segments between two ends (n, 2, d), and how far from them.

    Returns
    -------
    place : ndarray (n,)
        Of the point's foot on the line: 0 at the first end, 1 at the second, between them inside.
    distance : ndarray (n,)
        To the nearest point of the segment.
    """
    first, along = ends[:, 0], ends[:, 1] - ends[:, 0]
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    place = ((points - first) * along).sum(axis=1) / length
    foot = first + np.clip(place, 0, 1)[:, None] * along
    return place, np.linalg.norm(points - foot, axis=1)


def beside_two_labels(store: RunStore, split: str = "test", seed: int = 0) -> pd.DataFrame:
    """Points of comments with two labels, which the paper drops: do they lie between the two? Means over trainings.

    ``between`` is the share whose foot lies within the segment from one label's point to the other's, ``distance`` the
    mean distance to it in NRC's units, ``distance_other`` the same to another comment's segment, drawn at random. Of
    the softmax, ``both`` is how often its two most probable labels are the two, ``either`` how often its first is one.
    """
    nrc = mappers.nrc()
    kept, labels = two_labels(store, split)
    ends = nrc.points[labels]
    other = ends[np.random.default_rng(seed).permutation(len(ends))]
    on = f"{carried.several(store)}/{split}"

    def expected(run):
        return readout.expected(carried.likely(run, on, carried.temperature(run)), nrc)

    def median(run):
        return readout.median(carried.likely(run, on, carried.temperature(run)), nrc)

    def point(run):
        return mappers.to_vad(run.outputs(on), run.recipe.mapper)

    lines = []
    reads: dict[str, tuple[str, Callable[[Run], np.ndarray]]] = {
        "scaled-mae": ("carried-scaled-mae", point),
        "nrc-mae": ("carried-nrc-mae", point),
        "nrc-mse": ("carried-nrc-mse", point),
        "softmax, median": ("carried-softmax", median),
        "softmax, expected": ("carried-softmax", expected),
    }
    for name, (runs, of) in reads.items():
        found = []
        for run in store.all(runs):
            points = of(run)[kept]
            place, distance = between(points, ends)
            line = {"between": ((place > 0) & (place < 1)).mean(), "distance": distance.mean()}
            line["distance_other"] = between(points, other)[1].mean()
            if name.startswith("softmax"):
                top = np.argsort(-run.outputs(on)[kept], axis=1, kind="stable")[:, :2]
                line["both"] = (np.sort(top, axis=1) == np.sort(labels, axis=1)).all(axis=1).mean()
                line["either"] = (top[:, :1] == labels).any(axis=1).mean()
            found.append(line)
        lines.append({"row": name, "seeds": len(found), **pd.DataFrame(found).mean()})
    return pd.DataFrame(lines).set_index("row")
