"""The losses, against values worked out by hand."""

import math

import pytest
import torch

from vadstudy.mappers import nrc
from vadstudy.model import LabelLoss, PointLoss

POINTS = [[0.0, 0.0], [1.0, 1.0]]
PREDICTED = torch.tensor([[0.5, 0.0], [1.0, 0.8]])
LABELS = torch.tensor([0, 1])


def test_mae_and_mse():
    assert PointLoss(POINTS, "mae")(PREDICTED, LABELS).item() == pytest.approx((0.5 + 0.2) / 4)
    assert PointLoss(POINTS, "mse")(PREDICTED, LABELS).item() == pytest.approx((0.25 + 0.04) / 4)


def test_the_greatest_loss_is_1():
    for kind in ("mae", "mse"):
        assert PointLoss(POINTS, kind)(torch.ones(1, 2), torch.tensor([0])).item() == 1


@pytest.mark.parametrize("temperature", [1.0, 0.1])
def test_mae_ce_is_equation_1(temperature):
    near, far = 0.2, 1.8
    ce = -math.log(math.exp(-near / temperature) / (math.exp(-near / temperature) + math.exp(-far / temperature)))
    loss = PointLoss(POINTS, "mae+ce", loss_lambda=0.5, temperature=temperature)
    assert loss(PREDICTED[1:], LABELS[1:]).item() == pytest.approx(0.1 + 0.5 * ce, abs=1e-6)


def test_without_a_temperature_ce_is_nearly_inert():
    points = torch.tensor(nrc().points, dtype=torch.float32)
    loss = PointLoss(nrc().points, "mae+ce", loss_lambda=1.0)
    at_the_target = loss(points, torch.arange(28)).item()
    assert math.exp(-at_the_target) == pytest.approx(0.077, abs=0.001)


def test_noise_on_the_targets_is_for_training_only():
    loss = PointLoss(POINTS, "mae", target_noise=0.3)
    exact = torch.tensor(POINTS)
    assert loss.eval()(exact, LABELS).item() == 0
    losses = [loss.train()(exact, LABELS).item() for _ in range(20)]
    assert max(losses) > 0


def test_label_losses():
    logits = torch.tensor([[2.0, 0.0]])
    assert LabelLoss("ce")(logits, torch.tensor([0])).item() == pytest.approx(math.log(1 + math.exp(-2)))
    expected = (math.log(1 + math.exp(-2)) + math.log(2)) / 2
    assert LabelLoss("bce")(logits, torch.tensor([0])).item() == pytest.approx(expected)


def test_unknown_losses_are_named():
    with pytest.raises(ValueError, match="unknown regression loss 'huber'"):
        PointLoss(POINTS, "huber")
    with pytest.raises(ValueError, match="unknown classification loss 'mae'"):
        LabelLoss("mae")
