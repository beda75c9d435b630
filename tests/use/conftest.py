"""What the tests of the explorer and of its answers share: a record to read, and who reads it."""

import pytest

from vadstudy.runs import RunStore
from vadstudy.use import answers
from vadstudy.use.answers import Reader


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A record in which the explorer finds no weights of the regressor; the smoke runs that its pipelines read."""
    for name in ("softmax", "scaled-mae"):
        RunStore("smoke").get(name)
    return tmp_path_factory.mktemp("explorer") / "runs"


@pytest.fixture
def reader(record, monkeypatch):
    monkeypatch.setattr(answers, "RunStore", lambda profile: RunStore(profile, record))
    return Reader("smoke")


@pytest.fixture
def both(record):
    """A reader with the regressor beside the softmax."""
    return Reader("smoke")
