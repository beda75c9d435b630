"""The same trainings on texts of other corpora: the space read off a classifier, beside regressors to the space.

Every row here is of trainings whose recipe is carried to EmoBank, IMDB and Emotion (:data:`experiments.CARRIED`), or of
a model that was given the same texts. ``learned_from_target`` says in every table what a row took from the corpus that
it is tested on; rows that took the same are to be compared.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import RidgeCV

from vadstudy import bootstrap, mappers, metrics, readout, significance, sums, tables
from vadstudy.bootstrap import Comparison, Row
from vadstudy.classifiers import NearestEmotion
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.mappers import to_vad
from vadstudy.runs import Run, RunStore
from vadstudy.sums import Measured

#: The scores of :func:`pearson`, of :func:`separation`, and what of them counts as no difference.
CORRELATIONS = ("pearson_V", "pearson_A", "pearson_D")
SEPARATION = ("accuracy", "auc")
MARGINS = {**significance.MARGINS, **dict.fromkeys(CORRELATIONS, 0.05), "auc": 0.01}
#: Temperatures that are tried where one is chosen on EmoBank's dev.
TEMPERATURES = tuple(np.round(np.geomspace(0.5, 8, 25), 3))
NOTHING = "nothing"
#: The row that tells how much of a result the encoder gives before it is fine-tuned.
UNTRAINED = "logistic regression on the encoder"


def corpus(store: RunStore, role: str) -> str:
    """The corpus that has a role: ``vad``, ``six`` or ``sentiment``."""
    return store.recipes[f"{role}-encoder"].corpus


def several(store: RunStore) -> str:
    """The corpus of comments with several labels."""
    return f"{store.recipes['labels-votes'].corpus}-several"


def temperature(run: Run) -> float:
    """A softmax's temperature with the least log loss on its own corpus's dev split."""
    return readout.calibrated(run.outputs("dev"), run.labels("dev"))


def likely(run: Run, split: str, temperature: float = 1.0) -> np.ndarray:
    """Label probabilities (n, 28) of a softmax; of BCE, whose sigmoids need not sum to one, their shares."""
    logits = run.outputs(split)
    if getattr(run.recipe, "loss", None) == "ce":
        return readout.probabilities(logits, temperature)
    shares = expit(logits.astype(float) / temperature)
    return shares / shares.sum(axis=1, keepdims=True)


def calibrated(run: Run, split: str) -> np.ndarray:
    """The expected NRC point (n, 3) of a split's texts by a classifier's probabilities at :func:`temperature`."""
    return readout.expected(likely(run, split, temperature(run)), mappers.nrc())


def warmest(run: Run, target: str, human: np.ndarray) -> float:
    """Of :data:`TEMPERATURES`, the one whose expected points agree best with people's (n, 3) on EmoBank's dev."""
    return max(
        TEMPERATURES,
        key=lambda t: metrics.pearson(human, readout.expected(likely(run, f"{target}/dev", t), mappers.nrc())).mean(),
    )


def human(store: RunStore, split: str, perspective: str = "") -> np.ndarray:
    """People's VAD (n, 3) of EmoBank's texts: the corpus's own, or by ``reader`` or ``writer``."""
    names = [f"{perspective}_{dimension}" if perspective else dimension for dimension in DIMENSIONS]
    return store["vad-people"].rows(split)[names].to_numpy(float)


def zero_shot(store: RunStore, split: str = "test") -> dict[str, tuple[Row, str]]:
    """VAD (n, 3) of EmoBank's texts by rows that learned from none of its train texts, over their trainings.

    Beside each row stands what it did learn from EmoBank.
    """
    target, nrc = corpus(store, "vad"), mappers.nrc()
    on, dev = f"{target}/{split}", human(store, "dev")

    def point(name):
        return tables.row(store.all(name), lambda run: to_vad(run.outputs(on), run.mapper.name)), NOTHING

    def expected(name, temperature_of, learned=NOTHING):
        runs = store.all(name)
        return tables.row(runs, lambda run: readout.expected(likely(run, on, temperature_of(run)), nrc)), learned

    def plain(name):
        return Row([store[name].outputs(split)]), NOTHING

    softmax = store.all("carried-softmax")
    median = tables.row(softmax, lambda run: readout.median(likely(run, on, temperature(run)), nrc))
    one = "one temperature, from its dev texts"
    return {
        "scaled-mae": point("carried-scaled-mae"),
        "nrc-mae": point("carried-nrc-mae"),
        "nrc-mse": point("carried-nrc-mse"),
        "softmax, median": (median, NOTHING),
        "softmax, expected": expected("carried-softmax", lambda run: 1.0),
        "softmax, expected, calibrated": (tables.row(softmax, lambda run: calibrated(run, on)), NOTHING),
        "bce, expected": expected("carried-bce", lambda run: 1.0),
        "lexicon mean": plain("vad-lexicon"),
        "words of comments": (Row([to_vad(store["vad-words-transferred"].outputs(split), "scaled")]), NOTHING),
        "lexicon in the encoder": plain("vad-encoder-lexicon"),
        "softmax + lexicon in the encoder": (tables.row(softmax, lambda run: _summed(store, run, split)), NOTHING),
        "softmax, expected, warm": expected("carried-softmax", lambda run: warmest(run, target, dev), one),
    }


def vad_rows(store: RunStore) -> dict[str, tuple[Row, str]]:
    """VAD (n, 3) of EmoBank's test texts: :func:`zero_shot`'s rows, and those that learned from its train split."""
    target, people = corpus(store, "vad"), {split: human(store, split) for split in ("train", "dev")}
    learned = f"all, from {len(people['train']):,} texts"

    def of(name, read=lambda run: run.outputs("test")):
        return tables.row(store.all(name), read), learned

    return zero_shot(store) | {
        "bag of words": of("vad-words"),
        "ridge on the softmax": of("carried-softmax", lambda run: ridged(run, target, people)),
        "ridge on the encoder": of("vad-encoder"),
        "ridge on both": of("vad-encoder-softmax"),
        "regressor of people's VAD": of("human-mse"),
    }


def _summed(store, run, split):
    """The softmax's expected point and the lexicon's in the encoder, each standardised by the train texts, added."""
    target, words = corpus(store, "vad"), store["vad-encoder-lexicon"]
    t = temperature(run)

    def standard(of):
        train = of("train")
        return (of(split) - train.mean(axis=0)) / train.std(axis=0)

    return standard(lambda part: readout.expected(likely(run, f"{target}/{part}", t), mappers.nrc())) + standard(
        words.outputs
    )


def ridged(run: Run, target: str, people: Mapping[str, np.ndarray]) -> np.ndarray:
    """People's VAD (n, 3) of the test texts of a corpus ``target``, by :func:`ridge` on a softmax's logits."""
    logits = {split: run.outputs(f"{target}/{split}") for split in ("train", "dev", "test")}
    model, t = ridge(logits, people)
    return model.predict(readout.probabilities(logits["test"], t))


def ridge(logits: Mapping[str, np.ndarray], people: Mapping[str, np.ndarray]) -> tuple[RidgeCV, float]:
    """People's VAD from label probabilities: a ridge, fitted on train, and the temperature, of the best r on dev.

    Parameters
    ----------
    logits : mapping of splits to arrays (n, 28)
    people : mapping of splits to arrays (n, 3)
        Both of ``train`` and ``dev``.
    """
    tried = []
    for t in TEMPERATURES[::4]:  # a flat optimum, and a ridge each
        model = RidgeCV(np.geomspace(0.01, 100, 9)).fit(readout.probabilities(logits["train"], t), people["train"])
        found = model.predict(readout.probabilities(logits["dev"], t))
        tried.append((metrics.pearson(people["dev"], found).mean(), model, float(t)))
    _, model, t = max(tried, key=lambda each: np.nan_to_num(each[0]))
    return model, t


def pearson(predicted: np.ndarray, truth: np.ndarray) -> Measured:
    """A measure for :func:`bootstrap.compare`: Pearson's r (``pearson_V`` …) of points (n, 3), by sums over rows."""
    x, y = (np.asarray(each, float) - np.mean(each, axis=0) for each in (predicted, truth))
    sums, n = np.hstack([x, y, x * y, x * x, y * y]).T, len(truth)

    def scores(sums):
        x, y, xy, xx, yy = np.split(sums / n, 5)
        with np.errstate(invalid="ignore", divide="ignore"):
            r = (xy - x * y) / np.sqrt((xx - x**2) * (yy - y**2))
        return dict(zip(CORRELATIONS, r, strict=True))

    return sums, scores


def vad_compared(store: RunStore, rows: Mapping[str, tuple[Row, str]]) -> Comparison:
    """Rows of :func:`vad_rows` by their correlation with people's VAD of test, over texts and trainings."""
    return bootstrap.compare(only(rows), human(store, "test"), pearson, strata=False)


def only(rows: Mapping[str, tuple[Row, str]]) -> dict[str, Row]:
    """The rows without what they learned."""
    return {name: row for name, (row, _) in rows.items()}


def three_numbers(store: RunStore) -> dict[str, Row]:
    """Test labels of GoEmotions through three numbers: read off the softmax and named by the nearest label, beside the
    regressors, the softmax itself, and what the untrained encoder gives."""
    nrc = mappers.nrc()
    nearest = NearestEmotion().fit(nrc.points, np.arange(len(EMOTIONS)))

    def through(point):
        return tables.row(store.all("softmax"), lambda run: nearest.predict(point(likely(run, "test"), nrc)))

    return {
        "softmax, argmax": tables.row(store.all("softmax"), tables.most_probable),
        "softmax, median, 1NN": through(readout.median),
        "softmax, expected, 1NN": through(readout.expected),
        **tables.read_points(store, "scaled-mae"),
        **tables.read_points(store, "nrc-mae"),
        **tables.read_points(store, "nrc-mse"),
        UNTRAINED: Row([tables.most_probable(store["labels-encoder"])]),
    }


def label_points(store: RunStore) -> pd.DataFrame:
    """Losses and R² of points on the test labels' own points, in NRC's units: regressors and read-outs, over seeds."""
    nrc, lines = mappers.nrc(), []
    for name, recipe, point in (
        ("nrc-mae", "nrc-mae", lambda run: run.outputs("test")),
        ("nrc-mse", "nrc-mse", lambda run: run.outputs("test")),
        ("softmax, median", "softmax", lambda run: readout.median(likely(run, "test"), nrc)),
        ("softmax, expected", "softmax", lambda run: readout.expected(likely(run, "test"), nrc)),
    ):
        runs = store.all(recipe)
        truth = nrc.points_for(runs[0].labels("test"))
        r2 = np.mean([metrics.r2(truth, point(run)) for run in runs], axis=0)
        line = {"row": name, "seeds": len(runs), "mae": np.mean([metrics.mae(truth, point(run)) for run in runs])}
        line["mse"] = np.mean([metrics.mse(truth, point(run)) for run in runs])
        lines.append(line | {f"r2_{letter}": value for letter, value in zip("VAD", r2, strict=True)})
    return pd.DataFrame(lines).set_index("row")


def valences(store: RunStore) -> dict[str, tuple[str, Callable[[Run, str], np.ndarray]]]:
    """How each row of IMDB gives one number a text: the name of its runs, and a function of a run and a split."""
    target, nrc = corpus(store, "sentiment"), mappers.nrc()
    ids = {split: store["sentiment-encoder-lexicon"].ids(split) for split in ("train", "test")}

    def regressed(run, split):
        return to_vad(run.outputs(f"{target}/{split}", ids[split]), run.mapper.name)[:, 0]

    def read(how):
        return lambda run, split: how(likely(run, f"{target}/{split}", temperature(run)), nrc)[:, 0]

    def given(run, split):
        return run.outputs(split, ids[split])[:, 0]

    return {
        "scaled-mae": ("carried-scaled-mae", regressed),
        "nrc-mae": ("carried-nrc-mae", regressed),
        "nrc-mse": ("carried-nrc-mse", regressed),
        "softmax, median": ("carried-softmax", read(readout.median)),
        "softmax, expected": ("carried-softmax", read(readout.expected)),
        "lexicon mean": ("sentiment-lexicon", given),
        "words of comments": ("sentiment-words-transferred", given),
        "lexicon in the encoder": ("sentiment-encoder-lexicon", given),
    }


def sentiment_rows(store: RunStore) -> dict[str, tuple[Row, str]]:
    """Valence of IMDB's test reviews less the threshold from the train reviews, and what a row learned from IMDB.

    The threshold is each training's own, from the same labels for every row. The last row learned all from them.
    """
    labels = store["sentiment-encoder-lexicon"].labels("train")
    learned = f"a threshold, from {len(labels):,} labels"

    def above(valence):
        return lambda run: valence(run, "test") - metrics.best_threshold(valence(run, "train"), labels)

    rows = {
        name: (tables.row(store.all(runs), above(valence)), learned)
        for name, (runs, valence) in valences(store).items()
    }
    encoder = store["sentiment-encoder"]
    rows[UNTRAINED] = (
        Row([encoder.outputs("test")[:, 1] - 0.5]),
        f"all, from {len(labels):,} texts",
    )
    return rows


def separation(above: np.ndarray, labels: np.ndarray) -> Measured:
    """A measure for :func:`bootstrap.compare`: ``accuracy`` of calling positive what is above 0, and ``auc``, the share
    of pairs of a positive and a negative text of which the positive lies higher."""
    right = (above > 0) == labels
    positive, negative = np.flatnonzero(labels), np.flatnonzero(labels == 0)
    negative = negative[np.argsort(above[negative], kind="stable")]
    below, up_to = (np.searchsorted(above[negative], above[positive], side) for side in ("left", "right"))
    tied = (below < up_to).any()

    def scores(counts):
        # How many negatives lie below each positive, a tie counting half: one sort for all resamples.
        lower = np.vstack([np.zeros(counts.shape[1]), counts[negative].cumsum(axis=0)])
        beaten = (lower[below] + lower[up_to]) / 2 if tied else lower[below]
        pairs = counts[positive].sum(axis=0) * lower[-1]
        return {
            "accuracy": right @ counts / len(labels),
            "auc": np.einsum("ij,ij->j", counts[positive], beaten) / pairs,
        }

    return sums.each_row(len(labels)), scores


def sentiment_compared(store: RunStore, rows: Mapping[str, tuple[Row, str]]) -> Comparison:
    """Rows of :func:`sentiment_rows` by accuracy and AUC, over reviews and trainings."""
    labels = store["sentiment-encoder-lexicon"].labels("test")
    return bootstrap.compare(only(rows), labels, separation)


def six_compared(store: RunStore, rows: Mapping[str, tuple[Row, str]]) -> Comparison:
    """Rows of :func:`six_rows` by accuracy and macro-F1, over texts and trainings."""
    return bootstrap.compare(only(rows), store["six-encoder"].labels("test"))


#: Emotion's rows by name: the run of the SVM with C and gamma from its dev texts, and how many numbers a text it reads.
SIX = {
    "scaled-mae": ("scaled-mae", 3),
    "nrc-mae": ("nrc-mae", 3),
    "nrc-mse": ("nrc-mse", 3),
    "softmax, median": ("softmax-median", 3),
    "softmax, expected": ("softmax-expected", 3),
    "lexicon mean": ("lexicon", 3),
    "words of comments": ("words-transferred", 3),
    "lexicon in the encoder": ("encoder-lexicon", 3),
    "softmax, probabilities": ("softmax-probabilities", 28),
}


def six_rows(store: RunStore) -> dict[str, tuple[Row, str]]:
    """Labels of Emotion's test texts by each row, over its trainings, and what it learned from Emotion."""
    n = len(store["six-encoder-lexicon"].ids("train"))
    rows = {
        name: (
            tables.row(store.all(f"six-reader-{run}"), tables.most_probable),
            f"an SVM on {numbers} numbers, from {n:,} texts",
        )
        for name, (run, numbers) in SIX.items()
    }
    encoder = tables.most_probable(store["six-encoder"])
    return rows | {UNTRAINED: (Row([encoder]), f"all, from {n:,} texts")}


def scored(rows: Mapping[str, tuple[Row, str]], compared: Comparison, scores: tuple) -> pd.DataFrame:
    """A comparison's scores with their 95 % intervals, and what each row learned from the corpus."""
    table = compared.scored(scores).drop(columns=[f"{name}_sd" for name in scores])
    table.insert(0, "learned_from_target", [rows[name][1] for name in table.index])
    return table
