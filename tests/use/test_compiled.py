"""OpenVINO's answers are PyTorch's, and where it is not installed one line says so; skipped without the extra."""

import importlib.util
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from vadstudy import corpora
from vadstudy.cli import main
from vadstudy.errors import OptionError
from vadstudy.runs import RunStore
from vadstudy.use import compiled
from vadstudy.use.pipeline import EmotionPipeline

installed = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="the extra openvino is missing")


@pytest.fixture(scope="module")
def texts():
    """Real sentences of every length, one of a single sign, one that is cut."""
    found = [text for split in corpora.mini().values() for text in split["text"]][:300]
    return [*found, "!", "so much to tell " * 100]


@installed
def test_the_recorded_model_answers_alike(texts):
    by_torch, by_openvino = (EmotionPipeline(backend=backend) for backend in compiled.BACKENDS)
    logits, found = by_torch.outputs(texts), by_openvino.outputs(texts)
    assert found.dtype == np.float32 and 0 < np.abs(found - logits).max() < 1e-4
    assert (found.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert [each.emotion for each in by_openvino(texts[:40])] == [each.emotion for each in by_torch(texts[:40])]
    assert by_openvino.fingerprint()["backend"].startswith("openvino 20")
    assert {name for name, value in by_torch.fingerprint().items() if by_openvino.fingerprint()[name] != value} == {
        "backend"
    }


@installed
def test_the_regressor_s_points_are_the_same(texts):
    RunStore("smoke").get("scaled-mae")
    points, found = (
        EmotionPipeline(model="regressor", profile="smoke", backend=backend).outputs(texts[:50])
        for backend in compiled.BACKENDS
    )
    assert found.shape == (50, 3) and np.abs(found - points).max() < 1e-5


@installed
def test_batches_of_any_shape_are_read_and_padding_is_not():
    RunStore("smoke").get("softmax")
    read = EmotionPipeline(profile="smoke", backend="openvino", batch_size=7)
    some = ["no", "What a day this has been, all in all, for everybody here!", "fine by me"] * 5
    alone = np.concatenate([read.outputs([text]) for text in some[:3]] * 5)
    assert np.abs(read.outputs(some) - alone).max() < 1e-5


@installed
def test_nothing_is_told_of_its_use():
    compiled.library()
    from openvino.tools.ovc import telemetry_utils

    assert telemetry_utils.tm.__name__ == "openvino.tools.ovc.telemetry_stub"


@installed
def test_a_shell_can_ask_for_it():
    RunStore("smoke").get("softmax")
    said = [
        CliRunner().invoke(main, ["predict", "what a day", "--profile", "smoke", "--backend", backend])
        for backend in compiled.BACKENDS
    ]
    assert [each.exit_code for each in said] == [0, 0] and said[0].output == said[1].output


def test_without_the_extra_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(OptionError, match=r"OpenVINO is not installed; install the extra with .*\[openvino\]"):
        EmotionPipeline(profile="smoke", backend="openvino")
    (tmp_path / "in.csv").write_text("text\nwhat a day\n", encoding="utf-8")
    for command in (["predict", "what a day"], ["annotate", str(tmp_path / "in.csv"), str(tmp_path / "out.csv")]):
        result = CliRunner().invoke(main, [*command, "--profile", "smoke", "--backend", "openvino"])
        assert (result.exit_code, result.output) == (1, f"Error: {compiled.MISSING}\n")


def test_other_backends_are_refused():
    with pytest.raises(OptionError, match="unknown backend 'onnx'; expected one of torch, openvino"):
        EmotionPipeline(profile="smoke", backend="onnx")
