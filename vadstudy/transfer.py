"""Transfer (the paper's section 5): a regressor on texts of corpora that it never saw, with baselines beside it.

The corpora are IMDB, Emotion and EmoBank; in the profiles mini and smoke they are stand-ins made from the mini corpus,
on which the regressor was trained. ``learned_from_target`` says in every table what a row took from the target corpus.
"Words of comments" is a bag of words that was trained as the regressor was: on GoEmotions, towards the scaled points.
"""

import numpy as np
import pandas as pd

from vadstudy import bootstrap, metrics, sums, tables
from vadstudy.bootstrap import Comparison, Row
from vadstudy.emotions import DIMENSIONS
from vadstudy.errors import RunError
from vadstudy.mappers import to_vad
from vadstudy.runs import RunStore

#: The scores of EmoBank's rows, of each dimension; a pair's six differences are one family.
CORRELATIONS = tuple(f"{how}_{dimension}" for how in ("pearson", "spearman") for dimension in "VAD")


def points(store: RunStore, role: str, split: str = "test") -> np.ndarray:
    """VAD (n, 3) that the regressor predicts for texts of a role (sentiment, six, vad), in the lexicon's units."""
    run = store[f"{role}-points"]
    source = store.recipes[run.recipe.name].source
    return to_vad(run.outputs(split), store.recipes[source].mapper)


def sentiment_threshold(store: RunStore) -> float:
    """The threshold on the regressor's valence that is most accurate on train."""
    return metrics.best_threshold(points(store, "sentiment", "train")[:, 0], store["sentiment-points"].labels("train"))


def sentiment_predictions(store: RunStore) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Labels (n,) predicted for IMDB's test reviews, by row, and what each row learned from IMDB."""
    regressor, lexicon, words, carried = _runs(
        store, "sentiment-points", "sentiment-lexicon", "sentiment-words", "sentiment-words-transferred"
    )
    valence = points(store, "sentiment")[:, 0]
    n, all_n = (len(run.labels("train")) for run in (regressor, lexicon))
    of_mean, of_words = (
        _above(run, metrics.best_threshold(run.outputs("train")[:, 0], run.labels("train")))
        for run in (lexicon, carried)
    )
    swept = metrics.best_threshold(valence, regressor.labels("test"))
    rows = {
        "regressor, valence above 0.5": (valence > 0.5, "nothing"),
        "regressor, threshold from train": (valence > sentiment_threshold(store), f"a threshold, from {n:,} labels"),
        "regressor, threshold from test": (valence > swept, f"a threshold, from the {len(valence):,} test labels"),
        "lexicon mean, threshold from train": (of_mean, f"a threshold, from {all_n:,} labels"),
        "words of comments, threshold from train": (of_words, f"a threshold, from {all_n:,} labels"),
        "bag of words": (tables.most_probable(words), f"all, from {all_n:,} texts"),
        "majority class": (_majority(lexicon), "the majority"),
    }
    return _apart(rows)


def _above(run, threshold):
    return run.outputs("test")[:, 0] > threshold


def sentiment_compared(store: RunStore) -> bootstrap.Comparison:
    """Comparison of the rows of :func:`sentiment_predictions`."""
    return compared(sentiment_predictions(store)[0], store["sentiment-points"].labels("test"))


def sentiment(store: RunStore, compared: Comparison | None = None) -> pd.DataFrame:
    """IMDB: accuracy of each row; the paper swept the threshold on test, and its number stands beside that row."""
    paper = {"regressor, threshold from test": tables.PAPER_IMDB}
    return _scored(compared or sentiment_compared(store), sentiment_predictions(store)[1], paper)


def six_predictions(store: RunStore) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Labels (n,) predicted for Emotion's test texts, by row, and what each row learned from Emotion."""
    svm, of_mean, carried, words, lexicon = _runs(
        store, "six-points-svm", "six-lexicon-svm", "six-words-transferred-svm", "six-words", "six-lexicon"
    )
    n = len(lexicon.labels("train"))
    rows = {
        "regressor and SVM": (tables.most_probable(svm), f"an SVM, from {n:,} predicted points"),
        "lexicon mean and SVM": (tables.most_probable(of_mean), f"an SVM, from {n:,} means"),
        "words of comments and SVM": (tables.most_probable(carried), f"an SVM, from {n:,} predicted points"),
        "bag of words": (tables.most_probable(words), f"all, from {n:,} texts"),
        "majority class": (_majority(lexicon), "the majority"),
    }
    return _apart(rows)


def six_compared(store: RunStore) -> bootstrap.Comparison:
    """Comparison of the rows of :func:`six_predictions`."""
    return compared(six_predictions(store)[0], store["six-points-svm"].labels("test"))


def six(store: RunStore, compared: Comparison | None = None) -> pd.DataFrame:
    """Emotion: accuracy and macro-F1 of each row over its six labels, the paper's accuracy beside the first."""
    paper = {"regressor and SVM": tables.PAPER_EMOTION}
    return _scored(compared or six_compared(store), six_predictions(store)[1], paper)


def human_vad(store: RunStore) -> np.ndarray:
    """Human VAD (n, 3) of EmoBank's test texts, in [0, 1]."""
    return store["vad-points"].rows("test")[list(DIMENSIONS)].to_numpy(float)


def vad_predictions(store: RunStore) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """VAD (n, 3) predicted for EmoBank's test texts, by row, and what each row learned from EmoBank."""
    _, lexicon, words, carried = _runs(store, "vad-points", "vad-lexicon", "vad-words", "vad-words-transferred")
    rows = {
        "regressor": (points(store, "vad"), "nothing"),
        "lexicon mean": (lexicon.outputs("test"), "nothing"),
        "words of comments": (to_vad(carried.outputs("test"), "scaled"), "nothing"),
        "bag of words": (words.outputs("test"), f"all, from {len(lexicon.ids('train')):,} texts"),
    }
    return _apart(rows)


def compared(rows: dict[str, np.ndarray], labels: np.ndarray) -> bootstrap.Comparison:
    """Comparison of rows of predicted labels, one training each: the flagship's."""
    return bootstrap.compare({name: Row([predicted]) for name, predicted in rows.items()}, labels)


def vad_compared(store: RunStore) -> bootstrap.Comparison:
    """Comparison of the rows of :func:`vad_predictions` by their correlations with people, over test texts."""
    rows = {name: Row([predicted]) for name, predicted in vad_predictions(store)[0].items()}
    return bootstrap.compare(rows, human_vad(store), sums.correlation, strata=False)


def vad(store: RunStore, compared: Comparison | None = None) -> pd.DataFrame:
    """EmoBank: correlation of predicted with human VAD, a row a predictor and dimension, with 95 % intervals.

    ``compared`` is :func:`vad_compared`, if it is there already.
    """
    scored = (compared or vad_compared(store)).scored(CORRELATIONS)
    lines = []
    for name, learned in vad_predictions(store)[1].items():
        for dimension in DIMENSIONS:
            line = {"row": name, "dimension": dimension, "learned_from_target": learned}
            for how in ("pearson", "spearman"):
                for end in ("", "_low", "_high"):
                    line[how + end] = scored.loc[name, f"{how}_{dimension[0].upper()}{end}"]
            lines.append(line)
    return pd.DataFrame(lines)


def _runs(store, *names):
    """The runs, which must have predicted the same test texts in the same order: their rows are compared."""
    runs = [store[name] for name in names]
    for run in runs[1:]:
        if not np.array_equal(run.ids("test"), runs[0].ids("test")):
            raise RunError(
                f"{run.path} and {runs[0].path} were made for different test texts; retrain one, for "
                f"example with `make retrain RUN={run.recipe.name}`"
            )
    return runs


def _apart(rows):
    """Two dicts from one of pairs: predictions, booleans as 0 and 1, and what was learned."""
    predictions = {row: p.astype(int) if p.dtype == bool else p for row, (p, _) in rows.items()}
    return predictions, {row: learned for row, (_, learned) in rows.items()}


def _majority(run):
    """The most frequent train label, for every test text."""
    return np.full(len(run.labels("test")), np.bincount(run.labels("train")).argmax())


def _scored(compared, learned, paper):
    table = compared.scored()
    table = table.drop(columns=["seeds", "accuracy_sd", "macro_f1_sd"])
    table.insert(0, "learned_from_target", pd.Series(learned))
    table["paper_accuracy"] = pd.Series(paper, dtype=float).reindex(table.index)
    return table
