"""The network compiled by OpenVINO, for the extra ``openvino``: the same answers in less of a processor's time.

It is converted whenever it is needed, in a second or two, so that no file of it can be old. Single precision is all
there is. Integers of 8 bits (by NNCF, calibrated on 300 train comments) were tried on a processor without instructions
for them and left: slower than single precision there, and 2.5 % of dev's comments got another label. bfloat16 was left,
too: that processor does not multiply it.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn
from transformers.utils import logging

from vadstudy.errors import OptionError, WriteError, first_line
from vadstudy.inference import padded

BACKENDS = ("torch", "openvino")
MISSING = (
    "OpenVINO is not installed; install the extra with `.venv/bin/pip install -e '.[openvino]'`, or leave backend "
    "'openvino' out"
)


def library() -> Any:
    """OpenVINO, kept from the network.

    Raises
    ------
    OptionError
        If it is not installed.
    """
    # By this module it reports imports and uses to its makers, unasked; it does without where there is none.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise OptionError(MISSING) from error
    return openvino


def label(backend: str) -> str:
    """A backend with its version, where that is not PyTorch."""
    return backend if backend == "torch" else f"{backend} {version(backend)}"


@contextmanager
def _hushed() -> Iterator[None]:
    """Context in which PyTorch's tracer, which looks at all that a model has, gets no warning for it."""
    told = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(told)


def converted(network: nn.Module) -> Any:
    """OpenVINO's model of a network from ``input_ids`` and ``attention_mask`` to logits or points, of any shape."""
    network.eval()
    # Of two lengths, so that the mask's way is traced.
    ids, mask = padded([[1, 1, 1], [1, 1]])
    with _hushed():
        model = library().convert_model(network, example_input={"input_ids": ids, "attention_mask": mask})
    model.outputs[0].get_tensor().set_names({"logits"})
    return model


def save(network: nn.Module, path: Path) -> None:
    """Write a network as OpenVINO's two files: ``path``, an ``.xml``, and its weights, a ``.bin`` beside it.

    Raises
    ------
    WriteError
        If they cannot be written.
    """
    model = converted(network)
    try:
        library().save_model(model, path, compress_to_fp16=False)
    except RuntimeError as error:
        raise WriteError(f"{path} cannot be written ({first_line(error)}); make room, or name another place") from error


class Compiled:
    """A network that is called as :class:`vadstudy.model.Regressor` is, with token ids, and answers by OpenVINO.

    Parameters
    ----------
    network : Regressor
        With as many threads as PyTorch has when it is compiled.
    """

    def __init__(self, network: nn.Module):
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "NUM_STREAMS": 1,
        }
        self._infer: Callable[..., Any] = library().compile_model(converted(network), "CPU", settings)
        self._lock = Lock()  # one call at a time, as it is one model

    def __call__(self, attention_mask: Tensor, input_ids: Tensor) -> Tensor:
        """Logits or points (n, outputs) of token ids (n, tokens); where the mask is 0 there is no token."""
        with self._lock:
            found = self._infer({"input_ids": input_ids.numpy(), "attention_mask": attention_mask.numpy()})
        return torch.from_numpy(found["logits"])
