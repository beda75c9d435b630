"""What came out: the report's sentences, in words that follow the numbers of the notebooks' tables.

What is "no difference found" (after Holm's correction in its table) is written so, whatever was expected.
"""

from collections.abc import Callable

import pandas as pd

from vadstudy import bootstrap, unseen
from vadstudy.errors import RunError


def findings(read: Callable[[str], pd.DataFrame], corpora: dict[str, str], comparable: bool) -> list[str]:
    """The list of what came out.

    Parameters
    ----------
    read : callable
        Gives a table of the notebooks by its name.
    corpora : dict
        Names of the corpora of the transfer, by role (sentiment, six, vad).
    comparable : bool
        Whether the texts are the paper's, so that its loss can be divided by our constant's.

    Returns
    -------
    list of str
        In Markdown; a ``RunError`` if the tables lack a pair of rows.
    """
    pairs = pd.concat([read("04_differences"), read("05_differences")])
    losses, rows = read("table1").set_index("run"), read("table2").set_index("row")
    return [
        _regression(losses, comparable),
        _order(pairs),
        _decoding(rows, pairs),
        _losses(losses, rows, pairs),
        _mappers(pairs, read("07_meaning")),
        _accuracy(corpora["sentiment"], read("06_imdb")),
        _accuracy(corpora["six"], read("06_emotion")),
        _correlation(corpora["vad"], read("06_emobank")),
        _read_off(corpora["vad"], read("08_emobank"), read("08_people"), read("08_three_numbers")),
        _unseen(read("09_unseen"), read("09_differences")),
    ]


def _regression(losses, comparable):
    nrc, names = losses.loc["nrc-mae"], ("nrc-mae", "scaled-mae", "spread-mae", "shuffled-mae")
    shares = ", ".join(f"{name.removesuffix('-mae')} {losses.ratio[name]:.2f}" for name in names)
    theirs = nrc.paper_loss / nrc.constant_loss
    paper = f"; the paper's {nrc.paper_loss:.3f} is {theirs:.2f} of it" if comparable else ""
    return (
        f"**How well does a text tell its point?** On NRC's points the test MAE is {nrc.test_loss:.3f}, "
        f"{nrc.ratio:.2f} of the {nrc.constant_loss:.3f} that the best constant has{paper}. The same share by "
        f"mapper: {shares}."
    )


def _order(pairs):
    steps = (("scaled-mae, SVM", "scaled-mae, 1NN"), ("softmax, argmax", "scaled-mae, SVM"))
    verdict: dict[bool, list[str]] = {True: [], False: []}
    for score, name in bootstrap.SCORES.items():
        verdict[all(_pair(pairs, *step, score).verdict == "higher" for step in steps)].append(f"in {name}")
    said = [
        f"{words} {' and '.join(verdict[held])}"
        for held, words in ((True, "holds"), (False, "is not found"))
        if verdict[held]
    ]
    return f"**1NN below the SVM, the SVM below softmax?** The order {' and '.join(said)}. " + " ".join(
        _versus(pairs, *step) for step in steps
    )


def _decoding(rows, pairs):
    decoded = "; ".join(
        f"{row.accuracy:.3f} and {row.macro_f1:.3f} by {name.removeprefix('baseline, ')}"
        for name, row in rows.iterrows()
        if name.startswith("baseline")
    )
    return (
        f"**One baseline, three decodings.** Its accuracy and macro-F1 are {decoded}. The paper compares with the "
        f"first: {_versus(pairs, 'scaled-mae, SVM', 'baseline, threshold 0.3')} Among those that name one label, "
        + _versus(pairs, "softmax, argmax", "baseline, argmax")
    )


def _losses(losses, rows, pairs):
    mae, mse = (", ".join(f"{losses.loc[run, f'r2_{d}']:.2f}" for d in "VAD") for run in ("nrc-mae", "nrc-mse"))
    return (
        f"**MAE or MSE?** At one learning rate, {_versus(pairs, 'nrc-mae, 1NN', 'nrc-mse, 1NN')} By an SVM, "
        f"{_versus(pairs, 'nrc-mae, SVM', 'nrc-mse, SVM')} R² of valence, arousal and dominance is {mae} "
        f"with MAE, {mse} with MSE. At the paper's learning rate of 5e-7, MSE keeps "
        f"{losses.ratio['nrc-mse-5e-7']:.2f} of the constant's loss and has accuracy "
        f"{rows.accuracy['nrc-mse-5e-7, 1NN']:.3f}."
    )


def _mappers(pairs, meaning):
    said = [
        _versus(pairs, f"{a}-mae, {by}", f"{b}-mae, {by}")
        for a, b in (("nrc", "shuffled"), ("spread", "nrc"))
        for by in ("1NN", "SVM")
    ]
    over = [
        _versus(meaning, "labels where NRC has them", "labels dealt at random"),
        _versus(meaning, "spread, dealt at random", "scaled, where NRC has them"),
    ]
    return (
        f"**Does it matter where the emotions lie?** {' '.join(said)} With the assignment of labels to points as "
        f"the unit, nineteen dealt at random: {' '.join(over)}"
    )


def _accuracy(corpus, table):
    """Every row's accuracy, and the paper's beside the row that is made as it was."""
    said = "; ".join(f"*{row.row}* {row.accuracy:.3f}" for row in table.itertuples())
    row = table.dropna(subset="paper_accuracy").iloc[0]
    low, high, paper = row.accuracy_low, row.accuracy_high, row.paper_accuracy
    place = "above" if low > paper else "below" if high < paper else "not told apart from"
    return (
        f"**Transfer to {corpus}**, accuracy: {said}. The paper reports {100 * paper:g} %; *{row.row}*, "
        f"{100 * row.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f}), is {place} it."
    )


def _correlation(corpus, table):
    said = "; ".join(
        f"*{row}* {', '.join(f'{r:.2f}' for r in found['pearson'])}" for row, found in table.groupby("row", sort=False)
    )
    return f"**Transfer to {corpus}**, Pearson's r with what people said of valence, arousal and dominance: {said}."


def _read_off(corpus, rated, people, three):
    """What is read off a classifier, in valence and through three numbers."""
    rated, three = rated.set_index("row"), three.set_index("row")
    regressors = rated.loc[["scaled-mae", "nrc-mae", "nrc-mse"], "pearson_V"]
    said = ", ".join(
        f"*{name}* {rated.pearson_V[name]:.2f}"
        for name in ("softmax, expected, calibrated", "softmax + lexicon in the encoder", "ridge on both")
    )
    agreed = people.set_index("dimension").loc["valence"]
    median, svm = (three.loc[name] for name in ("softmax, median, 1NN", "scaled-mae, SVM"))
    return (
        f"**The space read off a classifier.** Pearson's r with people's valence on {corpus}: the best regressor, "
        f"*{regressors.idxmax()}*, {regressors.max():.2f}; {said}; readers and writers agree at "
        f"{agreed.readers_writers:.2f}. Through three numbers read off it, the softmax names emotions with accuracy "
        f"{median.accuracy:.3f} and macro-F1 {median.macro_f1:.3f}; the regressor with an SVM, {svm.accuracy:.3f} and "
        f"{svm.macro_f1:.3f}."
    )


def _unseen(scored, pairs):
    """What a place and a name tell of an emotion that no training saw."""
    among, of = scored.set_index("row")["among"], "among"
    through, shuffled, name = "softmax through NRC", "softmax through shuffled NRC", "description, untrained"
    said = [
        f"{first} against {second}, {bootstrap.finding(_pair(pairs, first, second, of), unseen.MARGINS)}"
        for first, second in ((through, shuffled), (name, through))
    ]
    return (
        f"**Emotions that no training saw.** Among the three or four of a part, guessing is right in "
        f"{unseen.CHANCE:.2f}, *nrc-mae* in {among['nrc-mae, nearest']:.2f}, a description read by the untrained "
        f"encoder in {among[name]:.2f}. "
        f"{'; '.join(said)}."
    ).replace("95 % interval ", "")


def _versus(pairs, first, second):
    said = [bootstrap.finding(_pair(pairs, first, second, score)) for score in bootstrap.SCORES]
    return f"*{first}* against *{second}*: {'; '.join(said)}.".replace("95 % interval ", "")


def _pair(pairs, first, second, score):
    found = pairs[(pairs["first"] == first) & (pairs["second"] == second) & (pairs["score"] == score)]
    if found.empty:
        raise RunError(
            f"neither 04_differences.csv nor 05_differences.csv has {first!r} against {second!r}; "
            "add the pair to the notebook that writes the table, then run `make paper`"
        )
    return next(found.itertuples())
