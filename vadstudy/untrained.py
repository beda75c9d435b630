"""Rows that need no training: the named recipes of what is computed from texts, lexicons, the untrained encoder and
runs that are recorded, on GoEmotions and on the corpora that trainings are carried to."""

from vadstudy.recipes import SVM, BagOfWords, Computed, Encoded, Lengths, Lexicon, Named, Points, Ratings, Reader, Votes

#: Corpora whose texts the rows are carried to, with the most texts of a split: comments with several labels, VAD by
#: people, six emotions, sentiment; and the small profiles' stand-ins for them.
ELSEWHERE = (("goemotions-several", None), ("emobank", None), ("emotion", 4000), ("imdb", 2500))
ELSEWHERE_MINI = (("mini-several", None), ("mini-vad", None), ("mini-ekman", None), ("mini-sentiment", None))


def recipes(
    labels: str = "goemotions",
    sentiment: str = "imdb",
    six: str = "emotion",
    vad: str = "emobank",
    precision: str = "bf16",
    lexicon: str = "nrc",
) -> list[Computed]:
    """All of them, in the order in which they are made; by corpora with GoEmotions' labels, with sentiment, with six
    emotions, with VAD."""
    rows: list[Computed] = [Lengths("corpus-lengths", labels), BagOfWords("labels-words", labels)]
    for source in ("nrc-mae", "nrc-mse", "scaled-mae", "spread-mae", "shuffled-mae"):
        rows.append(SVM(f"{source}-svm", labels, source))
    for role, corpus, train_rows in (("sentiment", sentiment, 2500), ("six", six, None), ("vad", vad, None)):
        rows.append(Points(f"{role}-points", corpus, "scaled-mae", train_rows, precision=precision))
        rows.append(BagOfWords(f"{role}-words", corpus))
        rows.append(BagOfWords(f"{role}-words-transferred", corpus, trained_on=labels))
        rows.append(Lexicon(f"{role}-lexicon", corpus, lexicon))
    rows.append(SVM("scaled-mae-svm-heldout", labels, "scaled-mae", folds=3))
    for source in ("six-points", "six-lexicon", "six-words-transferred"):
        rows.append(SVM(f"{source}-svm", six, source))
    return rows + _read_elsewhere(labels, sentiment, six, vad, lexicon, precision)


def _read_elsewhere(labels, sentiment, six, vad, lexicon, precision):
    """The computed rows beside those that are carried to other corpora, with the same texts."""
    most = dict(ELSEWHERE)
    rows: list[Computed] = [
        Ratings("vad-people", vad),
        Votes("labels-votes", labels),
        Encoded("labels-encoder", labels),
        Named("labels-names", labels),
        Named("labels-descriptions", labels, described=True),
    ]
    for role, corpus in (("sentiment", sentiment), ("six", six), ("vad", vad)):
        rows.append(Encoded(f"{role}-encoder", corpus, rows=most.get(corpus)))
        rows.append(Encoded(f"{role}-encoder-lexicon", corpus, lexicon, rows=most.get(corpus)))
    # The temperature is the best of 1, 2, 3, 4, 6, 8 and 12 for a ridge on the probabilities alone, on EmoBank's dev.
    rows.append(Encoded("vad-encoder-softmax", vad, source="carried-softmax", temperature=3.0))
    # By the weights that are kept, from which the pipeline answers: people's VAD is read off its own probabilities.
    rows.append(Points("vad-logits", vad, "softmax", precision=precision))
    for source, what in (
        ("carried-scaled-mae", "outputs"),
        ("carried-nrc-mae", "outputs"),
        ("carried-nrc-mse", "outputs"),
        ("carried-softmax", "expected"),
        ("carried-softmax", "median"),
        ("carried-softmax", "probabilities"),
        ("six-lexicon", "outputs"),
        ("six-words-transferred", "outputs"),
        ("six-encoder-lexicon", "outputs"),
    ):
        name = source.removeprefix("carried-").removeprefix("six-") + ("" if what == "outputs" else f"-{what}")
        rows.append(Reader(f"six-reader-{name}", six, source, what, most.get(six)))
    return rows
