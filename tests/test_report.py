"""The report: built from what the notebooks wrote, whole or not at all."""

import pandas as pd
import pytest

from vadstudy import report, tables
from vadstudy.runs import RunError, RunStore


@pytest.fixture
def store(tmp_path):
    """The smoke store, with made-up tables and one-pixel figures in a folder of its own."""
    found = RunStore("smoke")
    found.get("scaled-mae")

    def output(*parts):
        folder = tmp_path.joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    found.output = output
    import matplotlib.pyplot as plt

    for _, names, figures in report.SECTIONS:
        for name in figures:
            plt.imsave(output("figures") / f"{name}.png", [[0.0]])
        for name in names:
            tables.save(TABLES.get(name, TABLES["other"]), name, found, f"Caption of {name} with 5 % & more.")
    return found


SCORE = dict(accuracy=0.61, accuracy_low=0.6, accuracy_high=0.62)
DIFFERENCE = pd.DataFrame([dict(first="softmax", second="1NN", accuracy=0.02, accuracy_low=0.01, accuracy_high=0.03,
                                macro_f1=0.01, macro_f1_low=-0.01, macro_f1_high=0.03)])  # fmt: skip
TABLES = {
    "table1": pd.DataFrame([dict(run="nrc-mae", loss="MAE", test_loss=0.1, ratio=0.5)]).set_index("run"),
    "04_differences": DIFFERENCE, "05_differences": DIFFERENCE,
    "06_imdb": pd.DataFrame([dict(row="regressor", **SCORE, paper_accuracy=0.6971)]).set_index("row"),
    "06_emotion": pd.DataFrame([dict(row="SVM | VAD", **SCORE, paper_accuracy=0.57)]).set_index("row"),
    "other": pd.DataFrame([dict(a=1.5, b="x")]),
}  # fmt: skip


def test_both_forms_say_what_the_tables_say(store):
    path = report.write(store)
    text = path.read_text(encoding="utf-8")
    assert "Regression, nrc-mae: test MAE 0.100, 0.50 of the best constant's." in text
    assert "accuracy higher by 0.020 (95 % interval +0.010 to +0.030); macro-F1: no difference found" in text
    assert "regressor: accuracy 0.610 (95 % interval 0.600 to 0.620); the paper: 0.697." in text
    assert "![Table 2 as a figure.](../figures/04_table2.png)" in text and "runs read from the record" in text
    assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert sorted(p.name for p in path.parent.iterdir()) == ["report.md", "report.pdf", "tables"]


def test_the_same_input_gives_the_same_files(store):
    first = [report.write(store).with_suffix(end).read_bytes() for end in (".md", ".pdf")]
    assert [report.write(store).with_suffix(end).read_bytes() for end in (".md", ".pdf")] == first


@pytest.mark.parametrize("missing", ["reports/tables/table2.md", "figures/05_table3.png"])
def test_what_is_missing_is_named(store, missing):
    store.output().joinpath(missing).unlink()
    with pytest.raises(RunError, match=f"{missing.split('/')[-1]} is missing.*run `make paper`"):
        report.write(store)
    assert not list(store.output("reports").glob("report.*"))
