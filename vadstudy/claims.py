"""The paper's claims: each as one sentence that a recorded run can contradict, and the comparisons that test it.

How they are judged: :mod:`vadstudy.ledger`.
"""

from dataclasses import dataclass

BOTH = ("accuracy", "macro_f1")


@dataclass(frozen=True)
class Says:
    """One comparison that a claim makes: ``first`` is ``expected`` ("higher", "lower", "equal") than ``second``.

    ``on`` names the comparison that has the rows: labels (GoEmotions' test labels), losses, top3, confusion, imdb,
    emotion.
    """

    first: str
    second: str
    expected: str
    scores: tuple = BOTH
    on: str = "labels"


@dataclass(frozen=True)
class Claim:
    """A claim of the paper: ``key``, where it stands, one testable sentence, and the comparisons that test it.

    ``note`` is what limits the verdict. Without comparisons the claim is not testable here, and ``note`` says why.
    """

    key: str
    section: str
    sentence: str
    says: tuple = ()
    note: str = ""


VAD, BASE = "scaled-mae, SVM", "softmax, argmax"
CLAIMS = (
    Claim("comparable", "Table 2, abstract",
          "A regressor to VAD with a small classifier is as good as a direct classifier.",
          (Says(VAD, BASE, "equal"),), "The baseline is a softmax with equal tuning, not a sigmoid at threshold 0.3."),
    Claim("better-accuracy", "Table 2", "The way through VAD has the better accuracy.",
          (Says(VAD, BASE, "higher", ("accuracy",)),)),
    Claim("worse-macro-f1", "Table 2", "The way through VAD has the worse macro-F1.",
          (Says(VAD, BASE, "lower", ("macro_f1",)),)),
    Claim("scaling-helps", "Tables 2 and 3", "Scaling VAD by quantiles helps classification.",
          tuple(Says(f"scaled-mae, {by}", f"nrc-mae, {by}", "higher") for by in ("1NN", "SVM"))),
    Claim("raw-regresses-better", "Table 1", "Raw VAD is the easier regression than scaled VAD.",
          (Says("nrc-mae", "scaled-mae", "lower", ("ratio",), "losses"),),
          "Compared as shares of the best constant's loss: the losses themselves have different scales."),
    Claim("svm-beats-1nn", "Tables 2 and 3", "The SVM beats the nearest neighbour.",
          tuple(Says(f"{name}-mae, SVM", f"{name}-mae, 1NN", "higher") for name in ("nrc", "scaled"))),
    Claim("mae-beats-mse", "Tables 1 and 2", "MAE is the better loss than MSE for classifying.",
          (Says("nrc-mae, 1NN", "nrc-mse, 1NN", "higher"),),
          "At one learning rate; the paper's rates differ by a factor of 100."),
    Claim("ce-trades", "Table 2, equation 1", "MAE+CE raises accuracy and lowers macro-F1.",
          (Says("nrc-mae-ce, 1NN", "nrc-mae, 1NN", "higher", ("accuracy",)),
           Says("nrc-mae-ce, 1NN", "nrc-mae, 1NN", "lower", ("macro_f1",))), "At the paper's temperature of 1."),
    Claim("arbitrary-as-good", "Table 3", "Evenly spread points without meaning serve as well as VAD.",
          tuple(Says(f"spread-mae, {by}", f"scaled-mae, {by}", "equal") for by in ("1NN", "SVM"))),
    Claim("structure-unused", "Table 3, discussion", "The model makes no use of VAD's structure.",
          (Says("scaled-mae, 1NN", "scaled-shuffled-mae, 1NN", "equal"),
           Says("scaled-mae", "scaled-shuffled-mae", "equal", ("included",), "top3"),
           Says("scaled-mae, 1NN", "softmax, argmax", "equal", ("rho",), "confusion")),
          "Against the same points with shuffled labels, in accuracy, macro-F1 and top-3 accuracy; and whether its "
          "confusions follow the distances in VAD more than those of a softmax that knows no VAD."),
    Claim("respectable", "Table 1",
          "The regressor explains part of each dimension, and its MAE is below 0.6 of the constant's.",
          (Says("scaled-mae", "0.6", "lower", ("ratio",), "losses"),
           *(Says("scaled-mae", "0", "higher", (f"r2_{d}",), "losses") for d in "VAD")),
          "0.6 was set beforehand; the paper's own losses are 0.55 to 0.57 of the constants here."),
    Claim("imdb", "section 5",
          "Valence transfers to IMDB: it beats the lexicon's mean and words of the same comments.",
          tuple(Says("regressor, threshold from train", f"{other}, threshold from train", "higher", ("accuracy",),
                     "imdb") for other in ("lexicon mean", "words of comments")),
          "One run, the flagship's; its interval holds the test reviews only. The words' bag learned as the regressor "
          "did, and reads as much of a review."),
    Claim("emotion", "section 5",
          "VAD transfers to Emotion: it beats the largest class, the lexicon, words of the comments.",
          tuple(Says("regressor and SVM", other, "higher", ("accuracy",), "emotion")
                for other in ("majority class", "lexicon mean and SVM", "words of comments and SVM")),
          "One run, the flagship's; its interval holds the test texts only."),
    Claim("bag-of-words", "not in the paper", "A bag of words would do as well on GoEmotions.",
          (Says("bag of words", VAD, "equal"),)),
    Claim("other-encoders", "Tables 1 to 3", "The numbers of the paper are those of BERT-base-cased."),
    Claim("compact", "title, conclusion", "Three dimensions are all that is needed, whatever the labels."),
)  # fmt: skip
UNTESTED = {
    "other-encoders": "BERT-base-cased was not trained here; the profile `paper` does it, on a GPU.",
    "compact": "One set of labels and three dimensions were run; other numbers of dimensions and label sets were not.",
}
