"""The regressor: pooling, padding, the frozen part, save and load; the losses, by values worked out by hand."""

import math

import numpy as np
import pytest
import torch
from transformers import MPNetConfig, MPNetModel

from vadstudy.inference import padded, predict
from vadstudy.mappers import nrc
from vadstudy.model import DistanceLoss, LabelLoss, PointLoss, Regressor, load_encoder, pool

TEXTS = ["Something in the way she moves", "no", "I never saw that one coming, wow, what a day it has been for us all"]


@pytest.fixture(scope="module")
def tiny():
    return load_encoder("tiny")


@pytest.fixture(scope="module")
def minilm():
    return load_encoder("minilm")


@pytest.fixture
def mpnet():
    """A tiny random MPNet, and token ids of three texts of its vocabulary; it pads with 1."""
    config = MPNetConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32
    )
    config._attn_implementation = "eager"
    torch.manual_seed(0)
    encoder = MPNetModel(config).eval()
    with torch.no_grad():  # as large as in a trained one, so that to leave it out shows
        encoder.encoder.relative_attention_bias.weight.normal_(std=3.0)
    return encoder, [[0, *range(5, 5 + n), 2] for n in (3, 9, 30)]


@pytest.mark.parametrize("frozen", [0, 1, 2, 4])
@torch.inference_mode()
def test_mpnet_layer_by_layer_is_mpnet(mpnet, frozen):
    encoder, texts = mpnet
    model = Regressor(encoder, 3, trainable_layers=4 - frozen).eval()
    for batch in (texts, texts[1:2]):  # padded, and not
        ids, mask = padded(batch, pad_id=1)
        whole = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        states = model.frozen(ids, mask)
        assert torch.equal(model._through(model._layers()[frozen:], states, mask), whole)
        expected = torch.sigmoid(model.head(pool(whole, mask, "mean")))
        assert torch.equal(model(mask, ids), expected) and torch.equal(model(mask, hidden=states), expected)


@torch.inference_mode()
def test_padding_changes_nothing_for_mpnet(mpnet):
    encoder, texts = mpnet
    model = Regressor(encoder, 3, trainable_layers=2).eval()
    together = predict(model, texts, pad_id=1)
    alone = np.concatenate([predict(model, [each], pad_id=1) for each in texts])
    np.testing.assert_allclose(together, alone, atol=2e-6)
    # Zeros, as stored states have them where padded, in the place of what the frozen layers give there.
    ids, mask = padded(texts, pad_id=1)
    stored = model.frozen(ids, mask) * mask[:, :, None]
    np.testing.assert_allclose(model(mask, hidden=stored), together, atol=2e-6)


def test_what_of_mpnet_is_trained(mpnet):
    names = set(Regressor(mpnet[0], 3, trainable_layers=1).trained())
    assert {name.split(".")[3] for name in names if name.startswith("encoder")} == {"3"}
    assert not any("relative" in name or "embeddings" in name for name in names)


def regressor(loaded, **options):
    torch.manual_seed(1)
    return Regressor(loaded[1], **{"outputs": 3} | options).eval()


def tokens(loaded, texts=TEXTS):
    return loaded[0](texts)["input_ids"]


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
@pytest.mark.parametrize("trainable_layers", [None, 2])
@torch.inference_mode()
def test_padding_changes_nothing(minilm, pooling, trainable_layers):
    model = regressor(minilm, pooling=pooling, trainable_layers=trainable_layers)
    ids, mask = padded(tokens(minilm))
    together = model(mask, ids)
    wider = torch.nn.functional.pad(ids, (0, 20)), torch.nn.functional.pad(mask, (0, 20))
    alone = torch.cat([model(*reversed(padded([each]))) for each in tokens(minilm)])
    torch.testing.assert_close(together, alone, atol=2e-6, rtol=0)
    torch.testing.assert_close(together, model(wider[1], wider[0]), atol=2e-6, rtol=0)


def test_pooling_by_hand():
    hidden = torch.tensor([[[1.0, -4.0], [3.0, -2.0], [90.0, 90.0]]])
    mask = torch.tensor([[1, 1, 0]])
    assert pool(hidden, mask, "mean").tolist() == [[2.0, -3.0]]
    assert pool(hidden, mask, "max").tolist() == [[3.0, -2.0]]
    assert pool(hidden, mask, "cls").tolist() == [[1.0, -4.0]]


def test_points_lie_in_the_cube_and_logits_do_not(tiny):
    with torch.no_grad():
        model = regressor(tiny)
        model.head[-1].weight.mul_(1000)
        points = predict(model, tokens(tiny))
        assert points.shape == (3, 3) and points.min() >= 0 and points.max() <= 1
        model.squash = False
        logits = predict(model, tokens(tiny))
    assert abs(logits).max() > 1


@torch.inference_mode()
def test_states_of_the_frozen_layers_give_the_same_points(minilm):
    model = regressor(minilm, trainable_layers=2)
    ids, mask = padded(tokens(minilm))
    torch.testing.assert_close(model(mask, hidden=model.frozen(ids, mask)), model(mask, ids))
    whole = regressor(minilm, trainable_layers=None)
    torch.testing.assert_close(whole(mask, ids), model(mask, ids), atol=1e-6, rtol=0)


def test_trainable_layers_are_the_last_ones_and_the_head(minilm):
    names = set(regressor(minilm, trainable_layers=2).trained())
    layers = {name.split(".")[3] for name in names if name.startswith("encoder")}
    assert layers == {"4", "5"} and "head.1.weight" in names
    minilm[1].requires_grad_(True)
    assert any("embeddings" in name for name in regressor(minilm).trained())


def test_hidden_layers_widen_the_head(tiny):
    model = regressor(tiny, hidden_layers=(16, 8), outputs=28)
    shapes = [tuple(layer.weight.shape) for layer in model.head if hasattr(layer, "weight")]
    assert shapes == [(16, 32), (8, 16), (28, 8)]


def test_save_and_load_give_equal_predictions(tiny, tmp_path):
    model, other = regressor(tiny, trainable_layers=1), Regressor(load_encoder("tiny")[1], 3, trainable_layers=1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1)
    model.save(tmp_path / "weights.safetensors")
    before = predict(other, tokens(tiny))
    after = predict(other.load(tmp_path / "weights.safetensors"), tokens(tiny))
    assert (after == predict(model, tokens(tiny))).all() and (after != before).any()


def test_weights_that_do_not_fit_are_named(tiny, tmp_path):
    regressor(tiny, trainable_layers=1).save(tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match=r"w\.safetensors does not fit.*encoder.encoder.layer.0"):
        Regressor(load_encoder("tiny")[1], 3, trainable_layers=2).load(tmp_path / "w.safetensors")


def test_bad_options_are_named(tiny):
    with pytest.raises(ValueError, match="unknown pooling 'median'"):
        regressor(tiny, pooling="median")
    with pytest.raises(ValueError, match="trainable_layers: 9, the encoder has 2 layers"):
        regressor(tiny, trainable_layers=9)


def test_an_encoder_that_cannot_be_had_is_named():
    with pytest.raises(ValueError, match="encoder 'bert-base-cased' is neither a folder nor reachable"):
        load_encoder("bert-base-cased")


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


def test_noisy_targets_stay_in_the_cube():
    torch.manual_seed(0)
    loss, middle = PointLoss(POINTS, "mae", target_noise=9.0).train(), torch.full((2, 2), 0.5)
    found = [loss(middle, LABELS).item() for _ in range(20)]
    assert max(found) == 0.5 and min(found) < 0.5, "no target is farther from the middle than a corner"


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


def test_the_logits_of_distances_are_as_defined():
    points = np.array([[0.1, 0.2], [0.8, 0.9], [0.4, 0.6]])
    loss = DistanceLoss(points)
    with torch.no_grad():
        loss.biases.copy_(torch.tensor([0.5, 0.0, -1.0]))
        loss.log_scale.fill_(np.log(4.0))
    z = np.array([[0.3, 0.3], [0.9, 0.1]])
    expected = np.array([0.5, 0, -1]) - 4 * ((z[:, None] - points) ** 2).sum(axis=-1)
    np.testing.assert_allclose(loss.logits(torch.tensor(z, dtype=torch.float32)).detach(), expected, atol=1e-5)
    read = loss.read()
    np.testing.assert_allclose(read["points"], points, atol=1e-6)
    assert read["scale"] == pytest.approx(4) and read["biases"] == [0.5, 0.0, -1.0]
    assert DistanceLoss(points, temperature=0.1).read()["scale"] == pytest.approx(100)


def test_points_are_learned_where_they_are_to_be_and_stay_in_the_cube():
    z, labels = torch.rand(64, 2, generator=torch.Generator().manual_seed(0)), torch.arange(64) % 3
    for learned in (False, True):
        loss = DistanceLoss(np.full((3, 2), 0.5) + np.eye(3)[:, :2] * 0.1, learned)
        before = loss.points.detach().clone()
        optimizer = torch.optim.Adam(loss.parameters(), lr=0.5)
        for _ in range(20):
            optimizer.zero_grad()
            loss(z, labels).backward()
            optimizer.step()
        assert bool((loss.points != before).any()) == learned
        assert ((loss.points >= 0) & (loss.points <= 1)).all() and (loss.biases != 0).all()
