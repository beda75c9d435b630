"""The compact SVM: what scikit-learn's answers, and what is recorded."""

import numpy as np
import pytest

from vadstudy.classifiers import EmotionSVM
from vadstudy.errors import RunError
from vadstudy.runs import RunStore
from vadstudy.use import svm
from vadstudy.use.svm import CompactSVM, kept_svm


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 2, 5, 27], 40)
    centres = rng.random((28, 3))
    return EmotionSVM().fit(centres[labels] + rng.normal(0, 0.15, (160, 3)), labels)


def test_it_answers_as_scikit_learn_does(fitted, tmp_path):
    points = np.random.default_rng(1).random((1100, 3))
    compact = CompactSVM.of(fitted)
    assert np.abs(compact.predict_proba(points) - fitted.predict_proba(points)).max() < 1e-9
    compact.save(tmp_path / "svm.parquet", source="x")
    read, metadata = CompactSVM.load(tmp_path / "svm.parquet")
    assert metadata == {"source": "x"} and read.classes_.tolist() == [0, 2, 5, 27]
    assert (read.predict(points) == fitted.predict(points)).all()
    assert np.abs(read.predict_proba(points) - fitted.predict_proba(points)).max() < 1e-5


def test_shapes_that_do_not_fit_are_refused(fitted):
    with pytest.raises(ValueError, match="do not go with .* vectors of 28 labels"):
        compact = CompactSVM.of(fitted)
        CompactSVM(compact.vectors, compact.owners, compact.coefficients, compact.intercepts, 3.5, 1.0, range(28))


def test_the_kept_svm_gives_the_recorded_probabilities():
    store = RunStore()
    record, points = store.get("scaled-mae-svm"), store.get("scaled-mae")
    assert record.path.with_suffix(".svm.parquet").stat().st_size < 700_000
    svm = kept_svm(store)
    for split in ("dev", "test"):
        rows = np.random.default_rng(0).choice(len(points.labels(split)), 1000, replace=False)
        found, stored = svm.predict_proba(points.outputs(split)[rows]), record.outputs(split)[rows]
        assert np.abs(found - stored).max() < 2e-4
        # The record is in half precision: of labels that are equally probable there, either may be the most probable.
        assert (stored[np.arange(1000), found.argmax(axis=1)] == stored.max(axis=1)).all()


def test_a_record_that_may_not_be_written_to_is_read(lend, monkeypatch):
    store = lend("scaled-mae-svm")
    store.place("scaled-mae-svm", 42).with_suffix(".svm.parquet").unlink(missing_ok=True)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(svm.files, "replace", refuse)
        kept_svm(store)
    folder = store.place("scaled-mae-svm", 42)
    assert not (folder / "svm.parquet").exists() and not list(folder.glob(".*"))
    kept_svm(store)
    monkeypatch.setattr(svm, "FileLock", refuse)
    kept_svm(store)


def test_it_is_fitted_once_then_read_until_its_run_changes(store, lend, caplog):
    caplog.set_level("INFO")
    with pytest.raises(RunError, match=r"scaled-mae-svm/seed42\.parquet is missing: this run is not recorded here"):
        kept_svm(store)
    lend("scaled-mae-svm")
    store.place("scaled-mae-svm", 42).with_suffix(".svm.parquet").unlink(missing_ok=True)
    first = kept_svm(store)
    path = store.place("scaled-mae-svm", 42).with_suffix(".svm.parquet")
    assert "fitting the SVM of scaled-mae-svm" in caplog.text and path.is_file()
    caplog.clear()
    points = store.get("scaled-mae").outputs("test")
    assert (kept_svm(store).predict_proba(points) == first.predict_proba(points)).all() and not caplog.text
    assert np.abs(first.predict_proba(points) - store.get("scaled-mae-svm").outputs("test")).max() < 2e-3
    first.save(path, source="another")
    kept_svm(store)
    assert "is of other predictions of scaled-mae than are recorded" in caplog.text
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(RunError, match=r"svm\.parquet is damaged .*restore it from git, or delete it"):
        kept_svm(store)
