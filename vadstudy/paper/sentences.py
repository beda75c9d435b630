"""What came out: the paper's paragraphs, in words that follow the numbers of the notebooks' tables.

A sentence compares two rows, and has at most one interval: that of the largest difference that was found; the tables
have the others. What is "no difference found" (after Holm's correction in its table) is *not told apart*, whatever was
expected.
"""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from vadstudy import carried, claims, dimensions, related, scale, significance, unseen
from vadstudy.errors import RunError

Read = Callable[[str], pd.DataFrame]
#: The row that goes through the space, of those that do the best, and the one that needs none.
THROUGH, PLAIN = "scaled-mae, SVM", "softmax, argmax"
#: How a row stands to another, by the verdict on their difference.
STANDS = {"higher": "ahead of", "lower": "behind", "equal": "equal to", "no difference found": "not told apart from"}


def abstract(read: Read, encoder: str) -> str:
    """The last three of the abstract's five sentences: the labels, the space, the unseen and the claims."""
    rows, rated = read("table2").set_index("row"), read("08_emobank").set_index("row").pearson_V
    among, counts = read("09_unseen").set_index("row")["among"], claims.counted(read("13_claims"))
    space, plain, people = rows.loc[THROUGH], rows.loc[PLAIN], read("08_people").set_index("dimension")
    both = read("12_labels").set_index("row")
    _, large = encoders(both)
    larger = f"; with {large} they have {_scores(both, THROUGH, large)}, and {_scores(both, PLAIN, large)}"
    return (
        f"With {encoder}, the best way through the space has accuracy {space.accuracy:.3f} and macro-F1 "
        f"{space.macro_f1:.3f}, a softmax of the same encoder {plain.accuracy:.3f} and "
        f"{plain.macro_f1:.3f}{'' if large.endswith(scale.AGAIN) else larger}. Read the "
        "other way round, the softmax's probabilities carried through the lexicon's points agree with people's valence "
        f"at r = {rated['softmax, expected, calibrated']:.2f}, the paper's regressor at {rated['scaled-mae']:.2f}, "
        f"writers with readers at {people.readers_writers['valence']:.2f}. Among emotions that no training saw, a "
        f"description finds the right one for {among['description, untrained']:.2f} of the comments and a place in the "
        f"space for {among['nrc-mae, nearest']:.2f}, where guessing has {unseen.CHANCE:.2f}; of the paper's claims, in "
        f"its own terms: {counts['paper']}, and of our harder questions: {counts['us']}."
    )


def answers(read: Read, corpora: dict[str, str], comparable: bool) -> dict[str, str]:
    """What came out, a paragraph a question, by its field in the report's template.

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
    dict of str
        In Markdown; a ``RunError`` if the tables lack a pair of rows.
    """
    pairs = pd.concat([read("04_differences"), read("05_differences")])
    losses, rows = read("table1").set_index("run"), read("table2").set_index("row")
    return {
        "a_detour": _order(pairs),
        "a_decoding": _decoding(rows, pairs),
        "a_mappers": _mappers(pairs),
        "a_dealt": _dealt(read("07_meaning")),
        "a_regression": _regression(losses, comparable),
        "a_losses": _losses(losses, rows, pairs),
        "a_read_off": _read_off(corpora["vad"], read("08_emobank"), read("08_emobank_differences"), read("08_people")),
        "a_three": _three(read("08_three_numbers")),
        "a_transfer": f"{_accuracy(corpora['sentiment'], read('06_imdb'))} "
        f"{_accuracy(corpora['six'], read('06_emotion'))}",
        "a_unseen": _unseen(read("09_unseen"), read("09_differences")),
        "a_dimensions": _dimensions(*map(read, ("10_dimensions", "10_differences", "10_meaning"))),
        "a_related": _related(*map(read, ("11_related", "11_vad", "11_sets", "11_differences"))),
        "a_encoders": _encoders(
            *map(read, ("12_labels", "12_differences", "12_emobank", "12_emobank_differences", "12_findings"))
        ),
    }


def _order(pairs):
    steps = ((THROUGH, "scaled-mae, 1NN"), (PLAIN, THROUGH))
    verdict: dict[bool, list[str]] = {True: [], False: []}
    for score, name in significance.SCORES.items():
        verdict[all(_pair(pairs, *step, score).verdict == "higher" for step in steps)].append(f"in {name}")
    said = [
        f"{words} {' and '.join(verdict[held])}"
        for held, words in ((True, "holds"), (False, "is not found"))
        if verdict[held]
    ]
    return (
        f"The order *nearest label below SVM below softmax* {' and '.join(said)}. {_versus(pairs, PLAIN, THROUGH)} "
        f"Within the space, {_versus(pairs, *steps[0])}"
    )


def _decoding(rows, pairs):
    first, argmax = (rows.loc[f"baseline, {how}"] for how in ("threshold 0.3", "argmax"))
    return (
        f"Its scores are {first.accuracy:.3f} and {first.macro_f1:.3f} by that threshold, {argmax.accuracy:.3f} and "
        f"{argmax.macro_f1:.3f} by argmax, of the same models. {_versus(pairs, THROUGH, 'baseline, threshold 0.3')} "
        f"Of two that name one label each, {_versus(pairs, PLAIN, 'baseline, argmax')}"
    )


def _mappers(pairs):
    return " ".join(
        _versus(pairs, *pair) for pair in (("nrc-mae, SVM", "shuffled-mae, SVM"), ("spread-mae, SVM", "nrc-mae, SVM"))
    )


def _dealt(meaning):
    return " ".join(
        _versus(meaning, *pair)
        for pair in (
            ("labels where NRC has them", "labels dealt at random"),
            ("spread, dealt at random", "scaled, where NRC has them"),
        )
    )


def _regression(losses, comparable):
    nrc, names = losses.loc["nrc-mae"], ("nrc-mae", "scaled-mae", "spread-mae", "shuffled-mae")
    shares = ", ".join(f"{name.removesuffix('-mae')} {losses.ratio[name]:.2f}" for name in names)
    theirs = nrc.paper_loss / nrc.constant_loss
    paper = f"; the paper's {nrc.paper_loss:.3f} is {theirs:.2f} of it" if comparable else ""
    return (
        f"On NRC's points the test MAE is {nrc.test_loss:.3f}, {nrc.ratio:.2f} of the {nrc.constant_loss:.3f} that the "
        f"best constant has{paper}. By mapper, the share is {shares}."
    )


def _losses(losses, rows, pairs):
    mae, mse = (", ".join(f"{losses.loc[run, f'r2_{d}']:.2f}" for d in "VAD") for run in ("nrc-mae", "nrc-mse"))
    return (
        f"R² of valence, arousal and dominance is {mse} with MSE, {mae} with MAE. For naming emotions, at one learning "
        f"rate, {_versus(pairs, 'nrc-mae, 1NN', 'nrc-mse, 1NN')} By an SVM, "
        f"{_versus(pairs, 'nrc-mae, SVM', 'nrc-mse, SVM')} At the paper's learning rate for MSE, 5e-7, the regressor "
        f"keeps {losses.ratio['nrc-mse-5e-7']:.2f} of the constant's loss and has accuracy "
        f"{rows.accuracy['nrc-mse-5e-7, 1NN']:.3f}."
    )


def _read_off(corpus, rated, pairs, people):
    """What is read off a classifier beside regressors and people, in valence."""
    valence, read = rated.set_index("row").pearson_V, "softmax, expected, calibrated"
    *others, last = regressors = ("scaled-mae", "nrc-mae", "nrc-mse")
    each = f"{', '.join(f'{valence[name]:.2f} for *{name}*' for name in others)} and {valence[last]:.2f} for *{last}*"
    best = max(regressors, key=lambda name: valence[name])
    agreed = people.set_index("dimension").loc["valence"]
    return (
        f"On {corpus}, Pearson's r with people's valence is {valence[read]:.2f} for the calibrated reading, {each}. "
        f"The reading is {stands(pairs, read, best, ['pearson_V'])}. With the lexicon's words read by the untrained "
        f"encoder besides, it has {valence['softmax + lexicon in the encoder']:.2f}; a ridge that learned from "
        f"{corpus} has {valence['ridge on both']:.2f}. Readers and writers agree at {agreed.readers_writers:.2f}; "
        f"noise in the ratings leaves {agreed.ceiling:.2f} to any model."
    )


def _three(three):
    """What three numbers are worth, once read off, for naming emotions."""
    median, svm = (three.set_index("row").loc[name] for name in ("softmax, median, 1NN", THROUGH))
    return (
        "Through three numbers read off it, by the median and the nearest label, the softmax names emotions with "
        f"accuracy {median.accuracy:.3f} and macro-F1 {median.macro_f1:.3f}; the regressor with an SVM has "
        f"{svm.accuracy:.3f} and {svm.macro_f1:.3f}."
    )


def _accuracy(corpus, table):
    """The accuracy of the row that is made as the paper's was, beside the paper's, and of what needs no regressor."""
    row = table.dropna(subset="paper_accuracy").iloc[0]
    low, high, paper = row.accuracy_low, row.accuracy_high, row.paper_accuracy
    place = "above" if low > paper else "below" if high < paper else "not told apart from"
    others = table[~table["row"].str.startswith("regressor")]
    said = ", ".join(f"{other.accuracy:.3f} by *{other.row}*" for other in others.itertuples())
    return (
        f"On {corpus}, *{row.row}* is right in {100 * row.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f}), "
        f"{place} the paper's {100 * paper:g} %. Without a regressor, the share is {said}."
    )


def _unseen(scored, pairs):
    """What a place and a name tell of an emotion that no training saw."""
    among, of = scored.set_index("row")["among"], (["among"], unseen.MARGINS)
    through, shuffled, name = "softmax through NRC", "softmax through shuffled NRC", "description, untrained"
    place, called = stands(pairs, through, shuffled, *of, "shuffled ones"), stands(pairs, name, through, *of, "NRC's")
    return (
        f"Among the three or four of a part, guessing is right in {unseen.CHANCE:.2f}, *nrc-mae* in "
        f"{among['nrc-mae, nearest']:.2f}, the softmax read out through shuffled places in {among[shuffled]:.2f}. By "
        f"NRC's places it is right in {among[through]:.2f}, {place}. A description that the untrained encoder reads is "
        f"right in {among[name]:.2f}, {called}."
    )


def _dimensions(rows, pairs, meaning):
    """How many numbers are enough, what the paper's three are beside those that are learned, and what these mean."""
    rows, (*others, most) = rows.set_index("row"), dimensions.enough(pairs)
    said = [f"Of {', '.join(map(str, others))} and {most} learned numbers, {dimensions.answer(pairs, rows)}."]
    for row in ("learned-3", f"learned-{most}"):
        said.append(f"*{row}* is {stands(pairs, row, dimensions.SOFTMAX, name='the softmax')}.")
    of_three = dimensions.told(meaning[meaning["learned dimensions"] == 3])
    return (
        f"{' '.join(said)} {_versus(pairs, dimensions.PAPER, 'learned-3')} {_named(rows, pairs)} Of the labels in NRC, "
        f"a linear map from their points in *learned-3* explains {of_three}."
    )


def _named(rows, pairs):
    """How points that the labels' names give stand to as many learned numbers, by the verdict in macro-F1."""
    lines = pairs[pairs["first"].str.startswith("names-") & (pairs["score"] == "macro_f1")]
    said: list[str] = []
    for verdict, of in lines.groupby("verdict", sort=False)["second"]:
        numbers = " and ".join(of.str.removeprefix("learned-"))
        said.append(f"{STANDS[verdict]} {'them' if said else 'learned ones'} with {numbers}")
    once = " (one training each)" if (rows.seeds[lines["first"]] == 1).all() else ""
    return f"Points given by the labels' names{once} are, in macro-F1, {', '.join(said)} numbers." if said else ""


def _related(rows, rated, sets, pairs):
    """What the systems that the paper names say of themselves, and what came out; of labels, of VAD and of sets."""
    rows, r, scored = rows.set_index("row"), rated.set_index("row")["pearson_V"], sets.set_index("row")["macro_f1"]
    judged = {name: related.JUDGED[kind][rows.verdict[name]] for name, (_, kind) in related.SYSTEMS.items() if kind}
    said = [
        f"*{name}* {words}: it is {stands(pairs, name, related.SOFTMAX, name='it')}." for name, words in judged.items()
    ]
    park, expected = related.PARK.name, "softmax, expected"
    baseline, other = scored.index
    of_points = stands(pairs, park, expected, ["pearson_V"], related.MARGINS, f"the softmax's {r[expected]:.2f}")
    return (
        f"{' '.join(said)} The point of *{park}* has r = {r[park]:.2f} with people's valence, {of_points}. With all "
        f"comments and all their labels, *{other}* has macro-F1 {scored[other]:.3f} and is "
        f"{stands(pairs, other, baseline, ['macro_f1'], related.MARGINS)}; BERT is published with "
        f"{related.PUBLISHED_MACRO_F1['BERT, Demszky et al. 2020']:.2f} [@demszky2020]."
    )


def _encoders(rows, pairs, rated, vad_pairs, findings):
    """How softmax and the way through the space stand with the second encoder, and each to itself with the first."""
    rows, rated = rows.set_index("row"), rated.set_index("row")
    small, large = encoders(rows)
    if large.endswith(scale.AGAIN):
        return "This profile has one encoder, which stands in both columns of [](#tbl:12_labels)."
    with_large, between = pairs[pairs["encoder"] == large], pairs[pairs["encoder"] == f"{large} less {small}"]
    valence, other = rated[f"pearson_V, {large}"], "the smaller one's"
    best = max(scale.READ, key=lambda name: valence.get(name, -1))
    of_large = vad_pairs[vad_pairs["encoder"] == large]
    read_off = stands(of_large, scale.READ_OFF, best, ["pearson_V"], carried.MARGINS)
    decided = findings[findings[[small, large]].isin(["supported", "not supported"]).all(axis=1)]
    alike = (decided[small] == decided[large]).sum()
    ledger = (
        f"{len(decided)} are decided with both encoders, {alike} of them alike"
        if len(decided)
        else "none is decided by one training a row"
    )
    return (
        f"All of this rests on {small}, of 22 million parameters; the paper's encoder has 110 million. Rows of the "
        f"study were trained again with {large} [@song2020], as large as the paper's and a sentence encoder as {small} "
        f"is, by the same recipes and a learning rate that was chosen anew on dev ([](#fig:12_encoders)). Its "
        f"accuracy and macro-F1 are {_scores(rows, PLAIN, large)} for *{PLAIN}* and {_scores(rows, THROUGH, large)} "
        f"for *{THROUGH}* ({_trainings(rows, [PLAIN, THROUGH], large)} each). The softmax is "
        f"{stands(with_large, PLAIN, THROUGH)}. Between the encoders, the larger one's softmax is "
        f"{stands(between, PLAIN, PLAIN, name=other)}, and its *{THROUGH}* "
        f"{stands(between, THROUGH, THROUGH, name=other)}. "
        f"{_whole(rows, large, with_large, between)}The calibrated reading has r = "
        f"{valence[scale.READ_OFF]:.2f} with people's valence, and is {read_off}. Of the {len(findings)} claims and "
        f"questions, {ledger}."
    )


def _trainings(rows, names, encoder):
    seeds = " to ".join(f"{n:.0f}" for n in sorted(set(rows.loc[names, f"seeds, {encoder}"])))
    return "one training" if seeds == "1" else f"{seeds} trainings"


def _whole(rows, large, with_large, between):
    """What the larger encoder's softmax gains if all layers are trained, if they were."""
    whole, small = scale.WHOLE, "the smaller one's so trained"
    if whole not in rows.index or pd.isna(rows.loc[whole, f"seeds, {large}"]):
        return ""
    said = (
        f"With all of its layers trained ({_trainings(rows, [whole], large)} of two epochs) its softmax has "
        f"{_scores(rows, whole, large)}, "
        f"{stands(with_large, whole, PLAIN, name='its upper two')}"
    )
    if (between["first"] == whole).any():
        said += f"; it is {stands(between, whole, whole, name=small)}"
    return f"{said}. "


def encoders(rows: pd.DataFrame) -> list[str]:
    """Both encoders of a table with columns ``score, encoder`` (:func:`vadstudy.scale.beside`), the smaller first."""
    return [column.removeprefix("seeds, ") for column in rows if column.startswith("seeds, ")]


def _scores(rows, row, encoder):
    return " and ".join(f"{rows.loc[row, f'{score}, {encoder}']:.3f}" for score in significance.SCORES)


def _versus(pairs, first, second):
    return f"*{first}* is {stands(pairs, first, second)}."


def stands(
    pairs: pd.DataFrame,
    first: str,
    second: str,
    scores: Sequence[str] = tuple(significance.SCORES),
    margins: Mapping[str, float] = significance.MARGINS,
    name: str = "",
) -> str:
    """How ``first`` stands to ``second``, which is called ``name``, in one score or two: "ahead of *b* in both scores,
    by 0.1 in macro-F1 (+0.08 to +0.12)".

    The number is the largest difference that was found. Of one score alone the interval is said whatever was found.
    """
    lines = [_pair(pairs, first, second, score) for score in scores]
    found = [line for line in lines if line.verdict in ("higher", "lower")]
    largest = max(found, key=lambda line: abs(line.difference), default=None)
    said: list[str] = []
    for verdict in dict.fromkeys(line.verdict for line in lines):
        of = [line for line in lines if line.verdict == verdict]
        clause = f"{STANDS[verdict]} {'it' if said else name or f'*{second}*'}"
        if len(lines) > 1:
            both = "either score" if verdict == "no difference found" else "both scores"
            clause += f" in {significance.WORDS[of[0].score] if len(of) == 1 else both}"
        p = [line.p for line in of if significance.overruled(line)]
        if largest is not None and largest.verdict == verdict:
            where = "" if len(of) == 1 else f" in {significance.WORDS[largest.score]}"
            clause += f"{',' if where else ''} by {abs(largest.difference):.3f}{where} {_interval(largest)}"
        elif p:
            clause += f" (p {min(p):.2g})"
        elif len(lines) == 1:
            clause += f"{f' within {margins[scores[0]]:g}' if verdict == 'equal' else ''} {_interval(of[0])}"
        said.append(clause)
    return ", and ".join(said)


def _interval(line):
    """That brackets hold 95 % intervals, the text says once."""
    return f"({line.low:+.3f} to {line.high:+.3f})"


def _pair(pairs, first, second, score):
    found = pairs[(pairs["first"] == first) & (pairs["second"] == second) & (pairs["score"] == score)]
    if found.empty:
        raise RunError(
            f"no table of differences has {first!r} against {second!r} in {score}; "
            "add the pair to the notebook that writes the table, then run `make paper`"
        )
    return next(found.itertuples())
