"""Progress: what is done, running, left and unusable, and how long the rest will take."""

import pytest
from filelock import FileLock

from vadstudy import recipes
from vadstudy.lab import progress
from vadstudy.runs import RunStore

SEED = recipes.SEED


def test_status_and_summary_tell_done_running_left_and_unusable(lend, plan):
    plan("bce", "softmax", "nrc-mae", "nrc-mae-svm", "labels-words")
    store = lend()
    assert progress.summary(store, {}) == "0 done, 0 running, 5 left", "of nothing recorded, no estimate"
    lend("bce", "labels-words", "softmax").get("softmax").path.write_text("damaged")
    with FileLock(store.scratch / "locks" / f"nrc-mae-seed{SEED}.lock"):
        table = progress.status(store)
        assert {name: state for name, row in table.iterrows() for state in table if row[state]} == {
            "bce": "done",
            "softmax": "unusable",
            "nrc-mae": "running",
            "nrc-mae-svm": "left",
            "labels-words": "done",
        }
        done, unusable = progress.survey(store)
        assert "seed42.parquet is damaged" in unusable["softmax", SEED]
        assert progress.summary(store, done, unusable) == "2 done, 1 running, 1 left, 1 failed, roughly 1 min"


def test_the_estimate_rests_on_rows_epochs_and_this_machine_s_pace(store, plan):
    store = RunStore("study", store.folder)
    plan("softmax", "bce", "rate-mae-5e-05", "nrc-mae-svm", "nrc-mse")
    full, third = ("bce", SEED), ("rate-mae-5e-05", SEED)
    done = {("softmax", SEED): 3600.0}
    assert progress.expected(store, full, done) == 3600
    assert progress.expected(store, third, done) == pytest.approx(3600 * 12000 / progress.ALL_ROWS)
    assert progress.expected(store, ("softmax", 43), done) == 3600
    assert progress.expected(store, ("nrc-mae-svm", SEED), done) == 0, "short beside a training, if nothing is known"
    assert progress.summary(store, done, jobs=2) == "1 done, 0 running, 4 left, roughly 70 min"
    slow = done | {full: 7200.0}
    assert progress.summary(store, slow, jobs=1).endswith("roughly 2.0 h")  # 5400 s and a third of it
    assert progress.summary(store, slow, jobs=1, mine=[full]).endswith("roughly 4.0 h")  # at half the pace
