"""Your own labels: any set of emotions scored without training, by what their names and descriptions mean.

Two readings of a text are combined, both in the space of the untrained sentence encoder, in which a label has the
vector of the sentence "This text expresses <name>: <description>.":

- *direct*: the cosine of the text's vector, less the mean vector of ordinary comments, with the label's;
- *read-out*: the 28 labels' vectors, less their mean, weighed by the model's probabilities, give the vector that is
  expected of the text; its cosine with the new label's, less the same mean (ConSE: Norouzi et al. 2014, "Zero-Shot
  Learning by Convex Combination of Semantic Embeddings").

Each is divided by a temperature, and a softmax of the sum gives the scores: the product of two softmaxes, made to sum
to 1.

What was measured, on GoEmotions' dev with labels as if unseen (dealt into parts of four; the probabilities of the part
are taken away, and the part's comments are told apart by the rest): both together are ahead of either, the read-out
alone is behind the direct way, the sentence is ahead of the bare name, and taking means away helps both, the read-out
most. The temperatures are those of the least log loss there. The model *was* trained on those comments' labels, so that
this is a choice of settings and no result; ``python benchmarks/choose_labels.py`` prints it. How well it goes on
emotions that no training saw: notebook 9, row *both*.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.special import softmax

from vadstudy.emotions import EMOTIONS, sentence
from vadstudy.errors import LabelError
from vadstudy.readout import combined, named
from vadstudy.use.signs import in_words

#: Characters of a line: more than the encoder would read to its end.
LONGEST = 500
HINT = "write `name` or `name: description`, one label a line"


@dataclass(frozen=True)
class Label:
    """A label: its name, and what it means, if that is said."""

    name: str
    description: str = ""


def read(path: Path | str) -> list[Label]:
    """Labels of a UTF-8 file with one a line, ``name`` or ``name: description``; blank lines are left out.

    Raises
    ------
    LabelError
        If the file cannot be read or is not UTF-8, a line is too long or lacks a part, a name comes twice (upper and
        lower case are the same), or there are fewer than two labels; it names the file and the line.
    """
    path = Path(path)
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as error:
        raise LabelError(f"{path} cannot be read: {error.strerror or error}; name another file") from error
    found: dict[str, tuple[Label, int]] = {}
    for number, line in enumerate(lines, 1):
        try:
            label = _label(line.decode().strip())
        except UnicodeDecodeError as error:
            raise LabelError(
                f"{path}, line {number} is not UTF-8; convert it, for example with `iconv -f cp1252 -t utf-8`"
            ) from error
        except ValueError as error:
            raise LabelError(f"{path}, line {number} {error}") from None
        if label is None:
            continue
        first = found.setdefault(label.name.casefold(), (label, number))[1]
        if first != number:
            raise LabelError(f"{path}, line {number} has {label.name!r}, which line {first} has; leave one out")
    if not found:
        raise LabelError(f"{path} is empty, expected two labels or more; {HINT}")
    if len(found) == 1:
        label, number = next(iter(found.values()))
        raise LabelError(f"{path} has one label, {label.name!r} in line {number}, expected two or more to choose from")
    return [label for label, _ in found.values()]


def _label(line):
    """A line's label; None of a blank line. A ``ValueError`` says what the line has or lacks."""
    if "\0" in line:
        raise ValueError(f"has a zero byte, as a workbook has or UTF-16; save it as UTF-8 text, and {HINT}")
    if len(line) > LONGEST:
        raise ValueError(f"has {len(line):,} characters, expected at most {LONGEST}; shorten its description")
    if not line:
        return None
    name, colon, description = (" ".join(part.split()) for part in line.partition(":"))
    if not any(sign.isalnum() for sign in in_words(name)):
        raise ValueError(f"has the name {name!r}, expected a word; {HINT}")
    if colon and not description:
        raise ValueError(f"has nothing after {name!r} and the colon; write what it means, or leave the colon out")
    return Label(name, description)


class OwnLabels:
    """Labels to score texts with, none of which was trained on.

    Parameters
    ----------
    labels : Path, or sequence of Label or str
        A file for :func:`read`, or two labels or more; a string is a name.
    encoder : str
        The untrained encoder, for :func:`vadstudy.encoded.vectors`.

    Raises
    ------
    LabelError
        If the file is wrong, or there are fewer than two labels, or two of one name.

    Examples
    --------
    >>> labels = OwnLabels(["nostalgia", Label("schadenfreude", "joy at somebody's misfortune")])
    >>> labels.names
    ('nostalgia', 'schadenfreude')
    """

    def __init__(self, labels: Path | Sequence[Label | str], encoder: str = "minilm"):
        if isinstance(labels, str | Path):
            self.labels = tuple(read(labels))
        else:
            self.labels = tuple(label if isinstance(label, Label) else Label(label) for label in labels)
        if len({label.name.casefold() for label in self.labels}) < max(2, len(self.labels)):
            raise LabelError(f"labels are {', '.join(self.names) or 'none'}; expected two or more, no name twice")
        self.encoder = encoder
        self._own: np.ndarray | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The labels' names, in order."""
        return tuple(label.name for label in self.labels)

    def scores(self, texts: Sequence[str], probabilities: np.ndarray) -> np.ndarray:
        """Scores of the labels for each text, which sum to 1: high is what fits, but no frequency was ever checked.

        Parameters
        ----------
        texts : sequence of str, (n,)
        probabilities : array of shape (n, 28)
            Of :data:`vadstudy.emotions.EMOTIONS`, by the model; NaN in the rows of texts that it cannot read.

        Returns
        -------
        ndarray of shape (n, labels)
            NaN where the probabilities are.
        """
        probabilities = np.asarray(probabilities, float)
        if probabilities.shape != (len(texts), len(EMOTIONS)):
            raise ValueError(
                f"probabilities have shape {probabilities.shape}, expected ({len(texts)}, {len(EMOTIONS)})"
            )
        if not len(texts):
            return np.empty((0, len(self.labels)))
        if self._own is None:
            sentences = [sentence(in_words(label.name), in_words(label.description)) for label in self.labels]
            self._own = vectors_of(sentences, self.encoder)
        known, usual = known_vectors(self.encoder)
        found = vectors_of([in_words(text) for text in texts], self.encoder) - usual
        by_softmax = named(np.pad(probabilities, ((0, 0), (0, len(self._own)))), *_products(known, self._own))
        return softmax(combined(found @ self._own.T, by_softmax[:, len(known) :]), axis=1)

    def ranked(self, texts: Sequence[str], probabilities: np.ndarray) -> list[dict[str, float]]:
        """:meth:`scores` as a dict a text, the best label first; an empty one where they are NaN."""
        scores = self.scores(texts, probabilities)
        return [
            {} if np.isnan(row).any() else {self.names[i]: float(row[i]) for i in np.argsort(-row, kind="stable")}
            for row in scores
        ]

    def fingerprint(self) -> list[list[str]]:
        """What decides the scores besides the model, as JSON values: names and descriptions."""
        return [[label.name, label.description] for label in self.labels]


@lru_cache(maxsize=2)
def known_vectors(encoder: str) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of the 28 labels (28, width), and the mean of ordinary comments, some of the package's own (width,)."""
    from vadstudy import corpora

    usual = [text for split in corpora.mini().values() for text in split["text"][::4]]
    return vectors_of([sentence(each) for each in EMOTIONS], encoder), vectors_of(usual, encoder).mean(axis=0)


def vectors_of(texts: Sequence[str], encoder: str) -> np.ndarray:
    """:func:`vadstudy.encoded.vectors`, imported when it is first called, so that a file is checked without PyTorch."""
    from vadstudy.encoded import vectors

    return vectors(texts, encoder, progress=False)


def _products(known, own):
    """What :func:`vadstudy.readout.named` takes: the products of all labels' vectors, and which of them are known."""
    both = np.vstack([known, own])
    return both @ both.T, np.arange(len(known))
