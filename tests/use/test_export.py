"""The exported folder: transformers classifies with it as the pipeline does, and the card's scores are the record's."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, f1_score
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from vadstudy import tables
from vadstudy.emotions import DIMENSIONS, EMOTIONS
from vadstudy.errors import OptionError
from vadstudy.runs import RunStore
from vadstudy.use import export
from vadstudy.use.pipeline import EmotionPipeline

TEXTS = [
    "I can't wait to see you again!",
    "no",
    "This is a much longer text, so that the one before it is padded a lot.",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    for name in ("softmax", "nrc-mae", "scaled-mae-svm", "vad-logits"):
        RunStore("smoke").get(name)
    return export.export(tmp_path_factory.mktemp("export") / "model", profile="smoke")


@pytest.fixture(scope="module")
def readme(folder):
    return (folder / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def read():
    return EmotionPipeline(profile="smoke")


def snippet(readme):
    return re.search(r"```python\n(.*?)```", readme, re.S)[1]


def test_the_cards_code_needs_no_vadstudy(readme):
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for code in (snippet(readme), export.MODELLING.read_text())
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.split(".")[0] for name in imported} == {"torch", "transformers"}


@pytest.mark.smoke
def test_the_cards_code_answers_as_the_pipeline_does(folder, readme, read, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    found = {}
    exec(compile(snippet(readme), "README.md", "exec"), found)
    vad, scores, *_ = read.arrays(found["texts"])
    given = [
        [one["score"] for one in sorted(answer, key=lambda o: EMOTIONS.index(o["label"]))]
        for answer in found["answers"]
    ]
    assert np.abs(np.array(given) - scores).max() < 1e-5
    assert np.abs(np.array(found["vad"]) - vad).max() < 1e-5
    assert found["names"] == [reading.emotion for reading in read(found["texts"])]
    human = EmotionPipeline(profile="smoke", vad="human").arrays(found["texts"]).vad
    assert np.abs(np.clip(found["human"], 0, 1) - human).max() < 1e-5
    assert str(found["names"]) in capsys.readouterr().out


@pytest.mark.smoke
def test_what_is_padded_beside_another_text_is_answered_alike(folder, read):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True).eval()
    assert tokenizer.model_max_length == read.max_length and model.config.id2label[27] == "neutral"
    with torch.inference_mode():
        found = model(**tokenizer(TEXTS, padding=True, return_tensors="pt")).logits.softmax(dim=1).numpy()
    assert np.abs(found - read.arrays(TEXTS).scores).max() < 1e-5
    in_batches = pipeline("text-classification", str(folder), trust_remote_code=True, batch_size=3)
    assert [answer["score"] for answer in in_batches(TEXTS)] == pytest.approx(found.max(axis=1), abs=1e-5)


LOAD = "from transformers import pipeline; pipeline('text-classification', {!r})('what a day')"


@pytest.mark.smoke
def test_without_trust_it_refuses_and_does_not_answer_at_random(folder):
    result = subprocess.run([sys.executable, "-c", LOAD.format(str(folder))], capture_output=True, text=True, input="")
    assert result.returncode != 0 and "trust_remote_code" in result.stderr.splitlines()[-1] + result.stderr[-400:]
    assert "score" not in result.stdout


def test_it_is_a_whole_folder_for_everybody(folder):
    names = {path.name for path in folder.iterdir()}
    assert {"README.md", "config.json", "model.safetensors", "modeling_emotions.py", "tokenizer.json"} <= names
    assert not any(name.endswith((".bin", ".pkl")) for name in names)
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir() if path.is_file()} == {"0o644"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    config = json.loads((folder / "config.json").read_text())
    assert config["auto_map"]["AutoModelForSequenceClassification"] == "modeling_emotions.EmotionModel"
    assert set(config["vad"]) == set(EMOTIONS) and config["vad"]["joy"][0] > 0.9 > config["vad"]["grief"][0]


@pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="the extra openvino is missing")
def test_openvino_s_files_answer_as_the_pipeline_does_without_pytorch(folder, tmp_path, read):
    out = export.export(tmp_path / "model", profile="smoke", openvino=True)
    names = {path.name for path in out.iterdir()}
    assert names - {path.name for path in folder.iterdir()} == set(export.COMPILED)
    section = (out / "README.md").read_text(encoding="utf-8").split("### Without PyTorch")[1]
    script = snippet(section) + (
        "\nimport sys\nassert not {'torch', 'transformers', 'vadstudy'} & set(sys.modules)\n"
        "print(json.dumps([texts, shares.tolist(), vad.tolist()]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=out)
    assert done.returncode == 0, done.stderr
    texts, shares, vad = json.loads(done.stdout.splitlines()[-1])
    expected = read.arrays(texts)
    assert np.abs(np.array(shares) - expected.scores).max() < 1e-5
    assert np.abs(np.array(vad) - expected.vad).max() < 1e-5
    assert str([reading.emotion for reading in read(texts)]) in done.stdout
    # Written again without them, none of other weights are left.
    export.export(out, profile="smoke", overwrite=True)
    assert {path.name for path in out.iterdir()} == names - set(export.COMPILED)


def test_without_the_extra_nothing_is_exported(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(OptionError, match="OpenVINO is not installed; install the extra"):
        export.export(tmp_path / "model", profile="smoke", openvino=True)
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_cannot_be_written_leaves_nothing(folder, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.files, "sync", full)
    with pytest.raises(export.ExportError, match="model cannot be written .*No space left"):
        export.export(tmp_path / "model", profile="smoke")
    assert list(tmp_path.iterdir()) == []


def test_the_cards_scores_are_the_records(readme):
    run = RunStore("smoke")["softmax"]
    true, named = run.labels("test"), tables.most_probable(run)
    svm = tables.most_probable(RunStore("smoke")["scaled-mae-svm"])
    for line, value in (
        ("most probable emotion: accuracy", accuracy_score(true, named)),
        ("most probable emotion: macro-F1", f1_score(true, named, average="macro")),
        ("for comparison, a regressor to VAD with an SVM: accuracy", accuracy_score(true, svm)),
    ):
        assert f"| {line} | {value:.3f} | " in readme
    assert "336 comments to train on, 112 to choose by, 112 to test on" in readme
    assert "**A toy**" in readme and "EmoBank: Pearson" not in readme and "$" not in readme


def test_the_card_says_how_each_vad_agrees_with_people(read):
    store = RunStore("smoke")
    run = store["vad-logits"]
    truth = run.rows("test")[list(DIMENSIONS)].to_numpy(float)
    rows = {what: value for what, value, _ in export._beside_people(store, read.run, run)}
    for name, vad in (("vad", "lexicon"), ("human_vad", "human")):
        found = export.EmotionsFirst(store, read.run, vad).vad(run.outputs("test"))
        for i, dimension in enumerate(DIMENSIONS):
            r = pearsonr(found[:, i], truth[:, i]).statistic
            assert rows[f"EmoBank: Pearson's r of `{name}` with people's {dimension}"] == f"{r:.3f}"


def test_the_card_names_labels_that_are_never_right(read):
    store = RunStore("smoke")
    f1 = f1_score(read.run.labels("test"), tables.most_probable(read.run), average=None)
    line = re.search(r"Never right .*?: (.*)\.\n", export.card(store, read))[1]
    assert [entry.split(" (")[0] for entry in line.split(", ")] == [EMOTIONS[i] for i in np.flatnonzero(f1 == 0)]


def test_the_card_says_what_a_card_must(readme):
    front = yaml.safe_load(readme.split("---")[1])
    assert front["base_model"] == "sentence-transformers/all-MiniLM-L6-v2" and front["license"] == "other"
    assert front["pipeline_tag"] == "text-classification"
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


def test_a_head_that_the_folders_code_cannot_read_is_refused(read):
    network = SimpleNamespace(head=read.regressor.head, pooling="max")
    other = SimpleNamespace(run=SimpleNamespace(path="runs/softmax/seed42"), regressor=network)
    with pytest.raises(export.ExportError, match="runs/softmax/seed42 has 1 layers in its head and pools by 'max'"):
        export.classifier(RunStore("smoke"), other)
