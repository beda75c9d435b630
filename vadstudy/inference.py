"""Inference: batches of texts of near-equal length through a regressor; the frozen layers' outputs, computed once."""

import os
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from filelock import FileLock
from torch import nn
from tqdm.auto import tqdm


def quiet():
    """Whether progress bars are off: the environment variable ``TQDM_DISABLE``, which headless runs and tests set."""
    return os.environ.get("TQDM_DISABLE", "0") not in ("", "0")


@lru_cache
def native(precision):
    """The precision in which this machine carries out a recipe: ``bf16`` only where the processor multiplies it.

    Elsewhere bfloat16 is emulated, many times slower than single precision, and gains nothing. The two differ like two
    roundings do; a run's record says which it was.
    """
    if torch.cuda.is_available():
        able = torch.cuda.is_bf16_supported()
    else:
        able = any(has for name,
                   has in torch.cpu.get_capabilities().items() if name in ("avx512_bf16", "amx_bf16", "bf16"))
    return "bf16" if precision == "bf16" and able else "fp32"


def autocast(precision):
    """Context in which matrix products run in :func:`native` precision of the recipe's, ``fp32`` or ``bf16``."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.autocast(device, torch.bfloat16, enabled=native(precision) == "bf16")


def padded(token_lists, pad_id=0):
    """Token ids and attention mask (n, longest), padded at the end; padding that is there already is masked, too."""
    longest = max(len(tokens) for tokens in token_lists)
    ids = torch.full((len(token_lists), longest), pad_id, dtype=torch.long)
    for i, tokens in enumerate(token_lists):
        ids[i, : len(tokens)] = torch.as_tensor(tokens)
    return ids, (ids != pad_id).long()


def by_length(token_lists, batch_size, description, progress=True):
    """Indices in batches of near-equal length, longest first, with a progress bar over texts if there are several."""
    order = np.argsort([-len(tokens) for tokens in token_lists], kind="stable")
    hidden = quiet() or not progress or len(order) <= batch_size
    with tqdm(total=len(order), desc=description, unit="text", disable=hidden, leave=False) as bar:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            yield batch
            bar.update(len(batch))


@torch.inference_mode()
def predict(regressor, token_lists, precision="fp32", batch_size=64, pad_id=0, states=None, progress=True):
    """Outputs (n, outputs) of a regressor for tokenized texts, in the texts' order, as float32.

    ``states``, a function from indices of texts to their states after the frozen layers, saves running those layers.
    """
    regressor.eval()
    device = next(regressor.parameters()).device
    out = None
    for batch in by_length(token_lists, batch_size, "predicting", progress):
        ids, mask = padded([token_lists[i] for i in batch], pad_id)
        inputs = {"input_ids": ids} if states is None else {"hidden": states(batch)}
        with autocast(precision):
            rows = regressor(mask.to(device), **{name: value.to(device) for name, value in inputs.items()})
        out = np.empty((len(token_lists), rows.shape[1]), np.float32) if out is None else out
        out[batch] = rows.float().cpu().numpy()
    return out


class Frozen:
    """The states of texts after the frozen layers, on disk, one float16 row a token.

    Parameters
    ----------
    path : Path
        File; it is computed if it is not there. Two processes that need it at once: one computes, the other waits.
    """

    def __init__(self, path, regressor, token_lists, precision, pad_id=0):
        self.offsets = np.concatenate([[0], np.cumsum([len(tokens) for tokens in token_lists])])
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not path.exists():
                self._compute(path, regressor.eval(), token_lists, precision, pad_id)
        self.rows = np.load(path, mmap_mode="r")

    @torch.inference_mode()
    def _compute(self, path, regressor, token_lists, precision, pad_id):
        unfinished = path.with_suffix(".part")
        shape = (int(self.offsets[-1]), regressor.encoder.config.hidden_size)
        rows = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.float16, shape=shape)
        for batch in by_length(token_lists, 64, "frozen layers, once"):
            ids, mask = padded([token_lists[i] for i in batch], pad_id)
            with autocast(precision):
                states = regressor.frozen(ids, mask).to(torch.float16).numpy()
            for i, state in zip(batch, states, strict=True):
                rows[self.offsets[i] : self.offsets[i + 1]] = state[: len(token_lists[i])]
        rows.flush()
        os.replace(unfinished, path)

    def batch(self, indices):
        """States (n, longest, width), zero where padded, as float32."""
        pieces = [self.rows[self.offsets[i] : self.offsets[i + 1]].astype(np.float32) for i in indices]
        return nn.utils.rnn.pad_sequence([torch.from_numpy(piece) for piece in pieces], batch_first=True)


def prediction_frame(split, ids, labels, outputs):
    """Rows of a run's file: split, id, label and one column an output, without text.

    Points keep float32; wider outputs, such as 28 logits, are stored as float16.
    """
    outputs = np.asarray(outputs)
    outputs = outputs.astype(np.float16 if outputs.shape[1] > 8 else np.float32)
    columns = {f"o{i}": outputs[:, i] for i in range(outputs.shape[1])}
    return pd.DataFrame({"split": split, "id": list(ids), "label": labels, **columns})
