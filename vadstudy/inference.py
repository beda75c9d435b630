"""Inference: batches of texts of near-equal length through a regressor; the frozen layers' outputs, computed once."""

import hashlib
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import torch
from datasets import Dataset
from filelock import FileLock
from numpy.typing import ArrayLike
from torch import Tensor, nn
from tqdm.auto import tqdm

from vadstudy.disk.files import FULL, free_bytes, sha256, writable, writing
from vadstudy.emotions import DIMENSIONS
from vadstudy.errors import WriteError
from vadstudy.model import Regressor

log = logging.getLogger(__name__)


def quiet() -> bool:
    """Whether progress bars are off: the environment variable ``TQDM_DISABLE``, which headless runs and tests set."""
    return os.environ.get("TQDM_DISABLE", "0") not in ("", "0")


@lru_cache
def native(precision: str) -> str:
    """The precision in which this machine carries out a recipe: ``bf16`` only where the processor multiplies it.

    Elsewhere bfloat16 is emulated, many times slower than single precision, and gains nothing. The two differ like two
    roundings do; a run's record says which it was.
    """
    if torch.cuda.is_available():
        able = torch.cuda.is_bf16_supported()
    else:
        able = any(
            has for name, has in torch.cpu.get_capabilities().items() if name in ("avx512_bf16", "amx_bf16", "bf16")
        )
    return "bf16" if precision == "bf16" and able else "fp32"


def autocast(precision: str) -> torch.autocast:
    """Context in which matrix products run in :func:`native` precision of the recipe's, ``fp32`` or ``bf16``."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.autocast(device, torch.bfloat16, enabled=native(precision) == "bf16")


def padded(token_lists: Sequence[Sequence[int]], pad_id: int = 0) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask (n, longest), padded at the end; padding that is there already is masked, too."""
    longest = max(len(tokens) for tokens in token_lists)
    ids = torch.full((len(token_lists), longest), pad_id, dtype=torch.long)
    for i, tokens in enumerate(token_lists):
        ids[i, : len(tokens)] = torch.as_tensor(tokens)
    return ids, (ids != pad_id).long()


def by_length(
    token_lists: Sequence[Sequence[int]], batch_size: int, description: str, progress: bool = True
) -> Iterator[np.ndarray]:
    """Indices in batches of near-equal length, longest first, with a progress bar over texts if there are several."""
    order = np.argsort([-len(tokens) for tokens in token_lists], kind="stable")
    hidden = quiet() or not progress or len(order) <= batch_size
    with tqdm(total=len(order), desc=description, unit="text", disable=hidden, leave=False) as bar:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            yield batch
            bar.update(len(batch))


@torch.inference_mode()
def predict(
    regressor: Regressor | Callable[..., Tensor],
    token_lists: Sequence[Sequence[int]],
    precision: str = "fp32",
    batch_size: int = 64,
    pad_id: int = 0,
    states: Callable[[np.ndarray], Tensor] | None = None,
    progress: bool = True,
) -> np.ndarray:
    """Outputs (n, outputs) of a regressor for tokenized texts, in the texts' order, as float32.

    Instead of a regressor, anything on the processor that is called as one will do.
    ``states``, a function from indices of texts to their states after the frozen layers, saves running those layers.
    """
    device = torch.device("cpu")
    if isinstance(regressor, nn.Module):
        device = next(regressor.eval().parameters()).device
    out = np.empty((0, 0), np.float32)
    for batch in by_length(token_lists, batch_size, "predicting", progress):
        ids, mask = padded([token_lists[i] for i in batch], pad_id)
        inputs = {"input_ids": ids} if states is None else {"hidden": states(batch)}
        with autocast(precision):
            rows = regressor(mask.to(device), **{name: value.to(device) for name, value in inputs.items()})
        out = out if out.size else np.empty((len(token_lists), rows.shape[1]), np.float32)
        out[batch] = rows.float().cpu().numpy()
    return out


class Frozen:
    """The states of texts after the frozen layers, on disk, one float16 row a token.

    They are verified whenever they are opened, by the SHA-256 in a JSON file beside them; what is not whole is computed
    anew, and the log says so.

    Parameters
    ----------
    path : Path
        File; it is computed if it is not there. Two processes that need it at once: one computes, the other waits.

    Raises
    ------
    WriteError
        If the file cannot be written; before anything is computed where there is no room for it.
    """

    def __init__(
        self, path: Path, regressor: Regressor, token_lists: Sequence[Sequence[int]], precision: str, pad_id: int = 0
    ):
        self.offsets = np.concatenate([[0], np.cumsum([len(tokens) for tokens in token_lists])])
        shape = (int(self.offsets[-1]), regressor.encoder.config.hidden_size)
        writable(path.parent)
        with writing(path), FileLock(f"{path}.lock"):
            if why := self._problem(path, shape):
                if path.exists():
                    log.warning("%s is not used: %s; the states are computed anew", path, why)
                self._compute(path, shape, regressor.eval(), token_lists, precision, pad_id)
            stored = _checksum(path)
            self.sha256, self.made = stored["sha256"], stored["made"]
            # Open, because another process may replace the file, but not what is read here.
            self.file, self.rows = open(path, "rb"), np.load(path, mmap_mode="r")  # noqa: SIM115

    def check(self) -> None:
        """Raise a ``WriteError`` if the file was damaged since it was opened: what was made of it is not to be used.

        It is then made anew when it is next opened, and has another ``made``, the mark of a making.
        """
        self.file.seek(0)
        if hashlib.file_digest(self.file, "sha256").hexdigest() != self.sha256:
            raise WriteError(f"{self.file.name} was damaged while it was in use; the same command makes it anew")

    def _problem(self, path, shape):
        """Why the file is not what it should be, in words; None if it is."""
        try:
            stored = _checksum(path)
            expected, lengths, _ = stored["sha256"], stored["lengths"], stored["made"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            return f"its checksum, {path.with_suffix('.json').name}, cannot be read ({error!r})"
        try:
            found = sha256(path)
        except OSError as error:
            return f"it cannot be read ({error})"
        if found != expected:
            return f"its SHA-256 is {found}, it was written with {expected}"
        rows = np.load(path, mmap_mode="r")
        if rows.shape != shape or lengths != self._lengths():
            return f"it is of other texts ({rows.shape[0]:,} states, expected {shape[0]:,})"
        return None

    def _lengths(self):
        return hashlib.sha256(self.offsets.astype("<i8").tobytes()).hexdigest()

    @torch.inference_mode()
    def _compute(self, path, shape, regressor, token_lists, precision, pad_id):
        unfinished, device = path.with_suffix(".part"), next(regressor.parameters()).device
        for old in (path, unfinished):  # their room is needed
            old.unlink(missing_ok=True)
        try:
            with open(unfinished, "wb") as file:
                header = {"descr": "<f2", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                start, width = file.tell(), 2 * shape[1]
                reserve(file, start + shape[0] * width)
                for batch in by_length(token_lists, 64, "frozen layers, once"):
                    ids, mask = padded([token_lists[i] for i in batch], pad_id)
                    with autocast(precision):
                        states = regressor.frozen(ids.to(device), mask.to(device)).to(torch.float16).cpu().numpy()
                    for i, state in zip(batch, states, strict=True):
                        file.seek(start + int(self.offsets[i]) * width)
                        file.write(state[: len(token_lists[i])].astype("<f2").tobytes())
            # The checksum first: killed in between, neither fits the other, and all is made anew.
            stored = {"sha256": sha256(unfinished), "lengths": self._lengths(), "made": uuid.uuid4().hex}
            path.with_suffix(".json.part").write_text(json.dumps(stored) + "\n", encoding="utf-8")
            os.replace(path.with_suffix(".json.part"), path.with_suffix(".json"))
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)

    def batch(self, indices: Sequence[int] | np.ndarray) -> Tensor:
        """States (n, longest, width), zero where padded, as float32."""
        pieces = [self.rows[self.offsets[i] : self.offsets[i + 1]].astype(np.float32) for i in indices]
        return nn.utils.rnn.pad_sequence([torch.from_numpy(piece) for piece in pieces], batch_first=True)


def _checksum(path):
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def reserve(file: IO[bytes], size: int) -> None:
    """Reserve ``size`` bytes for an open file, so that a full disk is found before the work and not in its midst.

    Raises
    ------
    WriteError
        If there is no room; it names the file, the bytes needed and those that are free.
    """
    path, full = Path(file.name), False
    free = free_bytes(path)
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
            return
        except OSError as error:
            full = error.errno in FULL  # else the file system cannot reserve, and what is free has to do
    if full or free < size:
        raise WriteError(
            f"{path} needs {size:,} bytes, and its disk has {free:,} free; make room, then give the same command again"
        )


def prediction_frame(split: str, ids: Iterable[str], labels: ArrayLike, outputs: ArrayLike) -> pd.DataFrame:
    """Rows of a run's file: split, id, label and one column an output, without text.

    Points keep float32; wider outputs, such as 28 logits, are stored as float16.
    """
    outputs = np.asarray(outputs)
    outputs = outputs.astype(np.float16 if outputs.shape[1] > 8 else np.float32)
    columns = {f"o{i}": outputs[:, i] for i in range(outputs.shape[1])}
    return pd.DataFrame({"split": split, "id": list(ids), "label": labels, **columns})


def with_truth(split: str, rows: Dataset, outputs: ArrayLike) -> pd.DataFrame:
    """Rows of :func:`prediction_frame` with the truth: a label, or human valence, arousal and dominance."""
    frame = prediction_frame(split, rows["id"], rows["label"] if "label" in rows.features else -1, outputs)
    if "vad" in rows.features:
        frame[list(DIMENSIONS)] = np.array(rows["vad"], np.float32)
    return frame
