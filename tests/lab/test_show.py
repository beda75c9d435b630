"""What `vadstudy show` says of a run."""

from unittest.mock import ANY

from vadstudy import metrics, tables
from vadstudy.lab import show
from vadstudy.runs import RunStore


def test_show_tells_what_a_run_holds():
    store = RunStore("smoke")
    run = store.get("nrc-mae")
    lines = show.text(run).splitlines()
    words = {line.split()[0]: line for line in lines[1:]}
    assert lines[0] == "nrc-mae, seed 42" and words["digest"].endswith(run.digest)
    assert run.meta["date"] in words["made"] and "torch 2" in words["versions"]
    assert "loss mae, mapper nrc" in words["recipe"] and "epochs 2" in show.text(run)
    accuracy = metrics.accuracy(run.labels("test"), tables.nearest(run))
    assert words["test"].split() == ["test", "112", "rows,", "accuracy", f"{accuracy:.4f},", "macro-F1", ANY]
    assert lines[-1].split()[0] == str(run.history["step"].iloc[-1])
    assert "weights" not in words and "weights   seed42.safetensors" in show.text(store.get("scaled-mae"))
    lengths = show.text(store.get("corpus-lengths")).splitlines()
    assert lengths[-1].endswith("rows") and "history" not in "".join(lengths)
