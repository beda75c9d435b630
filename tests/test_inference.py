"""Inference: the frozen layers' states are computed where the regressor is."""

from types import SimpleNamespace

import numpy as np
import torch

from vadstudy.inference import Frozen


class Elsewhere:
    """A regressor on a device that this machine need not have: ``meta`` holds no numbers, and mixes with no other."""

    encoder = SimpleNamespace(config=SimpleNamespace(hidden_size=2))
    asked: list[str] = []

    def eval(self):
        return self

    def parameters(self):
        yield torch.zeros(1, device="meta")

    def frozen(self, ids, mask):
        self.asked += [ids.device.type, mask.device.type]
        return torch.arange(2 * ids.numel()).reshape(*ids.shape, 2)


def test_texts_come_to_the_frozen_layers_on_the_regressors_device(tmp_path):
    rows = Frozen(tmp_path / "states.npy", Elsewhere(), [[5, 6], [7]], "fp32").rows
    assert Elsewhere.asked == ["meta", "meta"]
    assert np.array_equal(rows, [[0, 1], [2, 3], [4, 5]])
