"""Does it matter which label gets which point? Confound 4 over assignments: NRC's, and nineteen dealt at random.

A finding about meaning that rests on one shuffle says something about that shuffle. Here the unit is the assignment:
each random one is a training of its own, on a third of train, on scaled points and on evenly spread ones.
"""

import numpy as np
import pandas as pd
from scipy import stats

from vadstudy import comparisons, metrics, tables
from vadstudy.fair import top3

MARGINS = comparisons.MARGINS

#: Sets of points and the two ways to deal labels to them, by their regressors.
DEALT = {
    ("scaled", "where NRC has them"): "assigned-scaled-nrc",
    ("scaled", "dealt at random"): "assigned-scaled-random",
    ("spread", "where NRC has them"): "assigned-spread-nrc",
    ("spread", "dealt at random"): "assigned-spread-random",
}


def scores(store) -> pd.DataFrame:
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


def meaning(found: pd.DataFrame, margins: dict = MARGINS) -> pd.DataFrame:
    """What it is worth that labels lie where NRC has them, with the assignment as the unit (confound 4).

    Parameters
    ----------
    found : DataFrame
        What :func:`scores` gives.
    margins : dict
        Of each score: differences within it count as none.

    Returns
    -------
    DataFrame
        A line a pair (``first``, ``second``) and ``score``, with the columns of
        :meth:`vadstudy.comparisons.Comparison.differences`. The interval and ``p_equal`` are Welch's: over trainings
        for NRC's assignment, of which there is one, over assignments for those dealt at random. ``p`` of the first
        pair, which averages both sets of points, is a permutation test: NRC's assignment, by the mean of its
        trainings, is one of 20 on each set, and the pair of them one of 400; two-sided. That its mean holds less chance
        than one training does makes the test conservative. ``p`` of the other pairs is Welch's, since 20 assignments
        cannot give less than 0.1; ``rank`` says how many of them are at least as good as NRC's, itself among them.
    """
    both = {(points, how): (0.5 if how.startswith("where") else -0.5) for points, how in DEALT}
    contrasts = {
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
        for score in MARGINS:
            parts = [(weight, cells[cell][score].to_numpy()) for cell, weight in weights.items()]
            line = {"first": first, "second": second, "score": score, **_welch(parts, margins[score])}
            if len(parts) == 4:
                line["p"] = _permutation(parts)
            elif "dealt" in second:
                (_, own), (_, others) = parts
                line["rank"] = 1 + int((others >= own.mean()).sum())
            lines.append(line)
    return comparisons.corrected(pd.DataFrame(lines))


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
