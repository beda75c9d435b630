"""What three related systems add to the model: a loss over sorted labels, a perceptron on tokens, definitions.

- Park et al. (2021) train a distribution over the labels in each dimension of VAD, in which a near miss costs less than
  a far one: :class:`SortedLoss`.
- Alvarez-Gonzalez et al. (2021) read every token by a small perceptron, whose outputs are pooled:
  :class:`TokenPerceptron`.
- Singh et al. (2021) train in some steps whether a definition belongs to a text: :class:`Definitions`.

Singh et al. have a second auxiliary task, masked words of the definitions. It is left out: it needs the output over the
vocabulary that a masked language model is trained with, and sentence encoders such as ours are published without it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F


class SortedLoss(nn.Module):
    """Park et al.'s squared earth mover's loss of label distributions, one a dimension, along the labels' values there.

    In dimension d, with the labels sorted by their value s, and the gap g_i = s_(i+1) - s_i behind each (a gap of zero
    takes the next one, the last is 0):  L_d = sum_i g_i (CDF_i(p) - CDF_i(y))^2 + (1/n) sum_i (p_i - y_i)^2.
    The loss is the mean over dimensions and texts.

    Parameters
    ----------
    points : array (n_labels, dims)
        The labels' values in each dimension, in label order.
    """

    order: Tensor
    gaps: Tensor

    def __init__(self, points: ArrayLike):
        super().__init__()
        values = np.array(points, dtype=float).T
        order = np.argsort(values, axis=1, kind="stable")
        gaps = np.diff(np.take_along_axis(values, order, axis=1), axis=1, append=np.nan)
        gaps[:, -1] = 0
        for i in range(gaps.shape[1] - 2, -1, -1):
            gaps[:, i] = np.where(gaps[:, i] == 0, gaps[:, i + 1], gaps[:, i])
        self.register_buffer("points", torch.tensor(values.T.copy(), dtype=torch.float32), persistent=False)
        self.register_buffer("order", torch.tensor(order), persistent=False)
        self.register_buffer("gaps", torch.tensor(gaps, dtype=torch.float32), persistent=False)

    def likely(self, outputs: Tensor) -> Tensor:
        """Log probabilities (n, dims, n_labels), in label order, of outputs (n, dims * n_labels)."""
        return F.log_softmax(outputs.unflatten(1, self.order.shape), dim=2)

    def logits(self, outputs: Tensor) -> Tensor:
        """How fitting each label is (n, n_labels): the logarithm of the product of its probabilities."""
        return self.likely(outputs).sum(dim=1)

    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        p = self.likely(outputs).exp()
        missed = p - F.one_hot(labels, p.shape[2]).to(p.dtype)[:, None]
        moved = missed.gather(2, self.order.expand(len(p), -1, -1)).cumsum(dim=2)
        return ((self.gaps * moved.square()).sum(dim=2) + missed.square().mean(dim=2)).mean()


class TokenPerceptron(nn.Module):
    """Alvarez-Gonzalez et al.'s head: a perceptron on every token's state, and what it says pooled over the tokens.

    Parameters
    ----------
    width, hidden, outputs : int
        Of a token's state, of the one hidden layer (tanh), of a text's outputs.
    dropout : float
        Before each linear layer.
    pooling : {"max", "attention"}
        The greatest of each output over the tokens that are not padding, or the mean by weights that are learned.
    """

    def __init__(self, width: int, hidden: int, outputs: int, dropout: float, pooling: str):
        super().__init__()
        if pooling not in ("max", "attention"):
            raise ValueError(f"pooling {pooling!r} of a token perceptron, expected max or attention")
        self.layers = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(width, hidden), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden, outputs)
        )
        self.weigh = nn.Linear(width, 1) if pooling == "attention" else None

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Outputs (n, outputs) of token states (n, tokens, width) and their mask (n, tokens)."""
        said, padding = self.layers(hidden), attention_mask.unsqueeze(-1) == 0
        if self.weigh is None:
            return said.masked_fill(padding, -torch.inf).amax(dim=1)
        weights = self.weigh(hidden).masked_fill(padding, -torch.inf).softmax(dim=1)
        return (weights * said).sum(dim=1)


class Definitions:
    """Singh et al.'s auxiliary task: texts, each with its label's definition and with another one's, told apart.

    What is drawn depends on the seed and the step alone, so that a training that goes on after a kill draws the same.

    Parameters
    ----------
    tokens : sequence of lists of int
        Each label's definition, without the tokens that begin and end a text.
    end : int
        The token that ends a text, "[SEP]".
    share : float
        The probability that a step trains the main task.
    seed : int
        The training's.
    """

    def __init__(self, tokens: Sequence[list[int]], end: int, share: float, seed: int):
        self.tokens, self.end, self.share, self.seed = tokens, end, share, seed

    def _rng(self, step):
        return np.random.default_rng([self.seed, step])

    def drawn(self, step: int) -> bool:
        """Whether a step trains this task, and not the main one."""
        return bool(self._rng(step).random() >= self.share)

    def pairs(self, texts: Sequence[list[int]], labels: np.ndarray, step: int) -> tuple[list[list[int]], list[int]]:
        """Tokens "text [SEP] definition [SEP]" of a batch, and whether the definition is the text's (1) or not (0).

        Every other text of the batch comes twice, with a definition of its own and with another one, so that there are
        as many pairs as texts. ``labels`` are indices (n,), or whether a text has a label (n, n_labels).
        """
        rng = self._rng(step)
        rng.random()  # by which :meth:`drawn` decided
        found, true = [], []
        for text, label in zip(texts[::2], labels[::2], strict=True):
            own = np.flatnonzero(label) if np.ndim(label) else np.array([label])
            other = np.setdiff1d(np.arange(len(self.tokens)), own)
            for which, belongs in ((rng.choice(own), 1), (rng.choice(other), 0)):
                found.append([*text, *self.tokens[which], self.end])
                true.append(belongs)
        return found, true
