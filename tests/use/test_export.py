"""The exported folder: the card's own code answers as the pipeline does, and the card's scores are the record's."""

import ast
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from sklearn.metrics import accuracy_score, f1_score, r2_score
from transformers import pipeline

from vadstudy import tables
from vadstudy.emotions import EMOTIONS
from vadstudy.runs import RunStore
from vadstudy.use import export
from vadstudy.use.pipeline import EmotionPipeline


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    RunStore("smoke").get("softmax")
    RunStore("smoke").get("scaled-mae-svm")
    return export.export(tmp_path_factory.mktemp("export") / "model", profile="smoke")


@pytest.fixture(scope="module")
def readme(folder):
    return (folder / "README.md").read_text(encoding="utf-8")


def snippet(readme):
    return re.search(r"```python\n(.*?)```", readme, re.S)[1]


def test_the_cards_code_needs_no_vadstudy(readme):
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(snippet(readme)))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.split(".")[0] for name in imported} == {"numpy", "torch", "safetensors", "transformers"}


def test_the_cards_code_answers_as_the_pipeline_does(folder, readme, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    found = {}
    exec(compile(snippet(readme), "README.md", "exec"), found)
    read = EmotionPipeline(model="regressor", profile="smoke")
    vad, proba, _ = read.arrays(found["texts"])
    assert np.abs(found["vad"] - vad).max() < 1e-5
    assert np.abs(found["probabilities"].numpy() - proba).max() < 1e-5
    assert found["names"] == [reading.emotion for reading in read(found["texts"])]
    assert str(found["names"]) in capsys.readouterr().out


def test_it_is_a_plain_hugging_face_folder(folder):
    names = {path.name for path in folder.iterdir()}
    assert {"README.md", "config.json", "head.safetensors", "model.safetensors", "tokenizer.json"} <= names
    assert not any(name.endswith((".py", ".bin", ".pkl")) for name in names)
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o644"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_it_is_no_classifier_that_answers_at_random(folder, readme):
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["BertModel"] and not config.get("id2label") and not config.get("label2id")
    with pytest.raises(ValueError):
        pipeline("text-classification", str(folder))("I can't wait to see you again!")
    assert pipeline("text-classification", str(folder))("I can't wait to see you again!", top_k=None) == []
    front, text = readme.split("---")[1:3]
    assert yaml.safe_load(front)["pipeline_tag"] == "feature-extraction"
    assert text.strip().splitlines()[2].startswith('**Not for `pipeline("text-classification")`**')


def test_an_export_that_cannot_be_written_leaves_nothing(folder, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.files, "sync", full)
    with pytest.raises(export.ExportError, match="model cannot be written .*No space left"):
        export.export(tmp_path / "model", profile="smoke")
    assert list(tmp_path.iterdir()) == []


def test_the_cards_scores_are_the_records(readme):
    store = RunStore("smoke")
    run, softmax = store["scaled-mae"], store["softmax"]
    true, nearest = run.labels("test"), tables.nearest(run)
    plain = softmax.outputs("test").argmax(axis=1)
    targets = run.mapper.points_for(true)
    r2 = r2_score(targets, run.outputs("test"), multioutput="raw_values")
    for line, value in (
        ("nearest emotion: accuracy", accuracy_score(true, nearest)),
        ("nearest emotion: macro-F1", f1_score(true, nearest, average="macro")),
        ("for comparison, a softmax classifier on the same encoder: accuracy", accuracy_score(true, plain)),
        ("points: mean absolute error, in scaled units", np.abs(targets - run.outputs("test")).mean()),
        ("points: R² of dominance, in scaled units", r2[2]),
    ):
        assert f"| {line} | {value:.3f} | " in readme
    assert "336 comments to train on, 112 to choose by, 112 to test on" in readme
    assert "**A toy**" in readme and "EmoBank" not in readme and "$" not in readme


def test_the_card_names_labels_that_are_never_right():
    store = RunStore("smoke")
    read = EmotionPipeline(model="regressor", profile="smoke")
    f1 = f1_score(store["scaled-mae"].labels("test"), tables.nearest(store["scaled-mae"]), average=None)
    line = re.search(r"Never right .*?: (.*)\.\n", export.card(store, read))[1]
    assert [entry.split(" (")[0] for entry in line.split(", ")] == [EMOTIONS[i] for i in np.flatnonzero(f1 == 0)]


def test_the_card_says_what_a_card_must(readme):
    front = yaml.safe_load(readme.split("---")[1])
    assert front["base_model"] == "sentence-transformers/all-MiniLM-L6-v2" and front["license"] == "other"
    headings = re.findall(r"^## (.*)$", readme, re.M)
    assert headings == ["Use", "Data", "Measured", "Limits", "Intended use", "What it must not be used for", "Licences"]
    assert all(word in readme for word in ("Apache-2.0", "CC BY 4.0", "Mohammad", "may not be redistributed"))


def test_a_folder_with_files_is_kept_unless_told_otherwise(folder, tmp_path):
    with pytest.raises(export.ExportError, match="is not empty; name another folder, or replace its files with"):
        export.export(folder, profile="smoke")
    (folder / "mine.txt").write_text("precious")
    (folder / "README.md").write_text("old")
    export.export(folder, profile="smoke", overwrite=True)
    assert (folder / "mine.txt").read_text() == "precious" and "Measured" in (folder / "README.md").read_text()
    (folder / "mine.txt").unlink()
    with pytest.raises(export.ExportError, match="is missing; make it"):
        export.export(tmp_path / "no" / "model", profile="smoke")


def test_a_head_that_the_cards_code_cannot_read_is_refused():
    read = EmotionPipeline(model="regressor", profile="smoke")
    recipe = SimpleNamespace(mapper="nrc")
    other = SimpleNamespace(run=SimpleNamespace(path="runs/nrc-mae/seed42", recipe=recipe), regressor=read.regressor)
    with pytest.raises(export.ExportError, match="runs/nrc-mae/seed42 has 1 layers in its head and the mapper 'nrc'"):
        export.head(other)
