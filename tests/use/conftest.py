"""What the tests of the explorer and of its answers share: a record to read, and who reads it."""

import shutil

import pytest

from vadstudy.runs import TEXTS, RunStore
from vadstudy.use import answers
from vadstudy.use.answers import Reader


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A copy of the smoke runs that the explorer reads, without the baseline's weights."""
    original, folder = RunStore("smoke"), tmp_path_factory.mktemp("explorer") / "runs"
    for name in ("scaled-mae", "scaled-mae-svm", "softmax"):
        shutil.copytree(original.get(name).path.parent, folder / name)
    shutil.copytree(original.folder / TEXTS, folder / TEXTS)
    (folder / "softmax" / "seed42.safetensors").unlink(missing_ok=True)
    return folder


@pytest.fixture
def reader(record, monkeypatch):
    monkeypatch.setattr(answers, "RunStore", lambda profile: RunStore(profile, record))
    return Reader("smoke")
