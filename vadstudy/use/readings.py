"""What is read from a text: one :class:`Reading` for people, :class:`Arrays` for many texts at once."""

from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Reading:
    """What the model reads from a text.

    ``valence``, ``arousal`` and ``dominance`` are in [0, 1], in the units that the pipeline was asked for; ``emotions``
    maps all 28 labels, the best first, to probabilities, or to None where the classifier only ranks (an SVM).
    ``uncertain`` says that the best label's probability is below the one from which answers are more often right than
    wrong, on dev; None where there are no probabilities. ``labels`` are the text's labels: the best, or, of a pipeline
    with ``labels="several"``, all that are likely enough. Of a text in which the model knows no sign, the numbers are
    NaN, ``uncertain`` is None, and ``emotions`` and ``labels`` are empty.

    ``flags`` says what makes a reading doubtful, such as "not English: German" (:func:`vadstudy.use.signs.flags`), and
    ``own`` has the scores of the pipeline's own labels, the best first, if it was given some.
    """

    text: str
    valence: float
    arousal: float
    dominance: float
    emotions: dict[str, float | None]
    uncertain: bool | None = None
    labels: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    own: dict[str, float] = field(default_factory=dict)

    @property
    def emotion(self) -> str | None:
        """The best label; None if there is none."""
        return next(iter(self.emotions), None)

    @property
    def probability(self) -> float | None:
        """The best label's probability; None if there is none."""
        return next(iter(self.emotions.values()), None)

    @property
    def ranking(self) -> list[str]:
        """All labels, the best first."""
        return list(self.emotions)

    def best(self, n: int = 3, between: str = ", ") -> str:
        """The n best labels as text, each with its probability if it has one; before them, if the text is uncertain,
        that it is."""
        some = islice(self.emotions.items(), n)
        named = between.join(name if p is None else f"{name} {p:.2f}" for name, p in some)
        return f"uncertain: {named}" if self.uncertain else named

    def __repr__(self):
        if not self.emotions:
            return "no sign in it that the model knows"
        return f"V {self.valence:.2f}  A {self.arousal:.2f}  D {self.dominance:.2f}  {self.best()}"


class Arrays(NamedTuple):
    """Answers to many texts; ``vad`` and ``scores`` are NaN where the model knows no sign of a text.

    ``vad`` (n, 3) is in [0, 1]; ``scores`` (n, 28) are probabilities, unless the pipeline's ``ranks_only`` says that
    they rank the labels and no more; ``cut`` (n,) says whose text was longer than is read, ``flags`` (n of them) what
    makes each reading doubtful, in words.
    """

    vad: np.ndarray
    scores: np.ndarray
    cut: np.ndarray
    flags: list[tuple[str, ...]]
