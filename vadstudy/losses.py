"""The regressor's losses (MAE, MSE, MAE+CE) and the baselines' (softmax CE, sigmoid BCE).

Regression losses take points (n, dims) and the indices of the labels (n,); the targets are the mapper's points. All
average over rows and dimensions, as PyTorch does, so that with targets in [0, 1] their maximum is 1.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class PointLoss(nn.Module):
    """Distance of predicted points to the labels' points, by mean absolute or squared error; optionally with CE.

    Equation 1 of the paper: MAE + lambda * CE, where CE is the cross-entropy of a softmax over the negative Manhattan
    distances to all labels' points, divided by a temperature (1 in the paper).

    Parameters
    ----------
    points : array (n_labels, dims)
        The mapper's points, in label order.
    kind : {"mae", "mse", "mae+ce"}
    loss_lambda, temperature : float
        Weight of CE and temperature of its softmax.
    target_noise : float
        Standard deviation of Gaussian noise that is added to the targets while training, clipped to [0, 1].
    """

    def __init__(self, points, kind="mae", loss_lambda=0.1, temperature=1.0, target_noise=0.0):
        super().__init__()
        if kind not in ("mae", "mse", "mae+ce"):
            raise ValueError(f"unknown regression loss {kind!r}; expected mae, mse or mae+ce")
        self.kind, self.loss_lambda, self.temperature, self.target_noise = kind, loss_lambda, temperature, target_noise
        self.register_buffer("points", torch.tensor(np.array(points), dtype=torch.float32), persistent=False)

    def forward(self, predicted, labels):
        targets = self.points[labels]
        if self.training and self.target_noise:
            targets = (targets + self.target_noise * torch.randn_like(targets)).clamp(0, 1)
        if self.kind == "mse":
            return F.mse_loss(predicted, targets)
        loss = F.l1_loss(predicted, targets)
        if self.kind == "mae+ce":
            closeness = -torch.cdist(predicted, self.points, p=1) / self.temperature
            loss = loss + self.loss_lambda * F.cross_entropy(closeness, labels)
        return loss


class LabelLoss(nn.Module):
    """Cross-entropy of 28 logits: ``ce`` by one softmax, ``bce`` by a sigmoid a label, as GoEmotions' baseline."""

    def __init__(self, kind="ce"):
        super().__init__()
        if kind not in ("ce", "bce"):
            raise ValueError(f"unknown classification loss {kind!r}; expected ce or bce")
        self.kind = kind

    def forward(self, logits, labels):
        if self.kind == "ce":
            return F.cross_entropy(logits, labels)
        return F.binary_cross_entropy_with_logits(logits, F.one_hot(labels, logits.shape[1]).to(logits.dtype))
