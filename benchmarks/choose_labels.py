"""How own labels are scored, chosen on GoEmotions' dev with labels as if unseen: what `vadstudy.use.labels` says of it.

The 28 labels are dealt into seven parts of four, ten times. A part's calibrated probabilities are taken away from the
recorded softmax's and the rest made to sum to one; comments with a label of the part are told apart within it. The
softmax was trained on these labels, which favours the read-out: this chooses settings, and is no result on unseen
emotions. Needs the data.
"""

import click
import numpy as np
import pandas as pd
from scipy.special import log_softmax, softmax
from sklearn.metrics import f1_score

from vadstudy import carried, corpora
from vadstudy.emotions import EMOTIONS
from vadstudy.encoded import vectors
from vadstudy.readout import DIRECT, READ_OUT, named
from vadstudy.runs import RunStore
from vadstudy.use.labels import known_vectors

DEALS, PARTS = 10, 7
TEMPERATURES = (0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5)


def unseen(labels):
    """Parts of labels, sorted, and the rows of their comments."""
    rng = np.random.default_rng(0)
    for _ in range(DEALS):
        for part in np.array_split(rng.permutation(len(EMOTIONS)), PARTS):
            yield np.sort(part), np.flatnonzero(np.isin(labels, part))


def conse(probabilities, known, own):
    """The read-out as it was published: no mean is taken away."""
    expected = probabilities @ known
    return (expected / np.linalg.norm(expected, axis=1, keepdims=True)) @ own.T


def centred(probabilities, vectors, known):
    """The read-out as it is used, of all labels."""
    whole = np.zeros((len(probabilities), len(vectors)))
    whole[:, known] = probabilities
    return named(whole, vectors @ vectors.T, known)


def means(scored):
    """Accuracy, macro-F1 and log loss: means over parts of pairs (logits, truth)."""
    found = [(logits.argmax(axis=1), log_softmax(logits, axis=1), truth) for logits, truth in scored]
    return (
        np.mean([(best == truth).mean() for best, _, truth in found]),
        np.mean([f1_score(truth, best, average="macro") for best, _, truth in found]),
        np.mean([-likely[np.arange(len(truth)), truth].mean() for _, likely, truth in found]),
    )


@click.command()
def main():
    """Print accuracy, macro-F1 and log loss of each way to score, chance being a fourth."""
    dev, run = corpora.load("goemotions")["dev"], RunStore().recorded("softmax")
    truth, logits = np.array(dev["label"]), run.outputs("dev", dev["id"]) / carried.temperature(run)
    texts = vectors(dev["text"])
    names, (sentences, usual) = vectors(EMOTIONS), known_vectors("minilm")
    parts = []
    for part, rows in unseen(truth):
        rest = np.setdiff1d(np.arange(len(EMOTIONS)), part)
        parts.append(
            (part, rest, texts[rows], softmax(logits[rows][:, rest], axis=1), np.searchsorted(part, truth[rows]))
        )
    ways = {
        "direct, names": [t @ names[p].T for p, _, t, _, _ in parts],
        "direct, sentences": [t @ sentences[p].T for p, _, t, _, _ in parts],
        "direct, sentences, less the mean": [(t - usual) @ sentences[p].T for p, _, t, _, _ in parts],
        "read-out, names": [conse(x, names[r], names[p]) for p, r, _, x, _ in parts],
        "read-out, sentences": [conse(x, sentences[r], sentences[p]) for p, r, _, x, _ in parts],
        "read-out, sentences, less the mean": [centred(x, sentences, r)[:, p] for p, r, _, x, _ in parts],
    }
    lines = {}
    for way, cosines in ways.items():
        tried = {(T,): means([(c / T, part[-1]) for c, part in zip(cosines, parts, strict=True)]) for T in TEMPERATURES}
        lines[way] = min(tried.items(), key=lambda item: item[1][2])
    one, other = (ways[f"{way}, sentences, less the mean"] for way in ("direct", "read-out"))
    tried = {
        (a, b): means([(x / a + y / b, part[-1]) for x, y, part in zip(one, other, parts, strict=True)])
        for a in TEMPERATURES
        for b in TEMPERATURES
    }
    lines["both"] = min(tried.items(), key=lambda item: item[1][2])
    lines["both, as they are set"] = (DIRECT, READ_OUT), tried[DIRECT, READ_OUT]
    rows = {way: [" ".join(map(str, at)), *scores] for way, (at, scores) in lines.items()}
    frame = pd.DataFrame.from_dict(rows, "index", columns=["temperature", "accuracy", "macro-F1", "log loss"])
    click.echo(frame.to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
