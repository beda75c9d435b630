"""The command line: errors of one line, notebooks written whole or not at all."""

import json

import nbformat
import pandas as pd
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from vadstudy import unseen
from vadstudy.cli import main
from vadstudy.emotions import EMOTIONS
from vadstudy.paths import ROOT
from vadstudy.runs import RunStore


@pytest.fixture
def notebook(tmp_path):
    def write(*sources):
        parameters = new_code_cell('profile: str = "study"  # study or smoke\nn: int = 2  # how many')
        parameters.metadata["tags"] = ["parameters"]
        cells = [new_markdown_cell("# Title"), parameters, *map(new_code_cell, sources)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        path = tmp_path / "in.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
        return path

    return write


def call(*arguments):
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_execute_passes_parameters_on(notebook, tmp_path):
    out = tmp_path / "out" / "done.ipynb"
    result = call("execute", notebook("print(profile, n + 1)"), out, "-p", "profile", "smoke", "-p", "n", "5")
    assert result.exit_code == 0, result.output
    done = nbformat.read(out, as_version=4)
    assert done.cells[-1].outputs[0].text == "smoke 6\n"
    assert [path.name for path in out.parent.iterdir()] == ["done.ipynb"]
    assert "papermill" not in done.metadata and all("papermill" not in cell.metadata for cell in done.cells)


def test_a_default_value_adds_no_cell(notebook, tmp_path):
    source = notebook("print(profile)")
    assert call("execute", source, source, "-p", "profile", "study").exit_code == 0
    assert len(nbformat.read(source, as_version=4).cells) == 3


def test_a_cell_that_fails_is_named_and_leaves_nothing(notebook, tmp_path):
    out = tmp_path / "out" / "done.ipynb"
    result = call("execute", notebook("1 / 0"), out)
    assert result.exit_code == 1
    assert "in.ipynb, cell 2: ZeroDivisionError: division by zero" in result.output
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-p", "epochs", "3"), "has no parameter 'epochs'; it has profile, n"),
        (("-p", "profile", "huge"), "unknown profile 'huge'; expected one of study, mini, smoke, paper"),
        (("-p", "profile", "base"), "profile 'base' has no notebooks of its own; expected one of study, mini, smoke"),
    ],
)
def test_wrong_parameters_are_named(notebook, tmp_path, options, message):
    result = call("execute", notebook("1"), tmp_path / "done.ipynb", *options)
    assert result.exit_code == 1 and message in result.output
    assert not (tmp_path / "done.ipynb").exists()


def test_unknown_recipe_and_profile_are_one_line():
    result = call("run", "nope", "--profile", "smoke")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "unknown recipe 'nope' in profile smoke; expected one of scaled-mae" in result.output
    assert "'huge' is not one of 'study', 'base', 'mini', 'smoke', 'paper'" in call("run", "--profile", "huge").output


def test_run_makes_and_reads():
    assert call("run", "bce", "--profile", "smoke").exit_code == 0
    assert "1 runs read from the record" in call("run", "bce", "--profile", "smoke").output


@pytest.fixture(scope="module")
def recorded():
    """What is predicted and annotated with; no command makes it."""
    for name in ("softmax", "scaled-mae-svm", "vad-logits", "carried-softmax", "labels-votes"):
        RunStore("smoke").get(name)


def test_predict_shows_each_text(recorded):
    result = call("predict", "I can't wait to see you again!", "so <b>bold</b>", "--profile", "smoke", "--top", "2")
    lines = result.output.splitlines()
    assert result.exit_code == 0 and lines[0] == "I can't wait to see you again!" and lines[3] == "so <b>bold</b>"
    assert lines[1].split()[::2] == ["valence", "arousal", "dominance"]
    assert len(lines[2].removeprefix("  uncertain: ").split()) == 4


@pytest.mark.parametrize(("sure", "said"), [(1.0, True), (0.0, False)])
def test_predict_says_what_is_uncertain(recorded, monkeypatch, sure, said):
    monkeypatch.setattr("vadstudy.use.thresholds.sure", lambda *_: sure)
    assert (call("predict", "fine", "--profile", "smoke").output.splitlines()[2][:13] == "  uncertain: ") == said
    assert json.loads(call("predict", "--json", "fine", "--profile", "smoke").output)["uncertain"] == said


def test_predict_names_several_emotions_and_people_s_vad(recorded, monkeypatch):
    monkeypatch.setattr("vadstudy.use.thresholds.several", lambda store: 0.001)
    options = ["fine", "--several", "--profile", "smoke"]
    plain, human = (
        json.loads(call("predict", "--json", *options, "--vad", vad).output) for vad in ("lexicon", "human")
    )
    assert plain["labels"] == [name for name, share in plain["emotions"].items() if share > 0.001] != []
    assert human["emotions"] == plain["emotions"] and human["valence"] != plain["valence"]
    assert call("predict", *options).output.count(" 0.") == 3 + len(plain["labels"])
    assert json.loads(call("predict", "--json", "ꙮ", *options[1:]).output)["labels"] is None


@pytest.mark.parametrize("command", [("predict", "fine"), ("annotate", "IN", "OUT")])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--classifier", "svm"), "choose the model 'regressor', or leave the classifier out"),
        (("--model", "regressor", "--vad", "human"), "choose the model 'softmax', or leave it out"),
        (("--model", "regressor", "--several"), "choose the model 'softmax', or leave it out"),
    ],
)
def test_options_that_do_not_go_together_are_one_line(tmp_path, command, options, message):
    (tmp_path / "in.csv").write_text("text\nfine\n")
    files = {"IN": tmp_path / "in.csv", "OUT": tmp_path / "out.csv"}
    result = call(*(files.get(each, each) for each in command), *options, "--profile", "smoke")
    assert (result.exit_code, result.output.count("\n")) == (1, 1) and message in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_annotate_for_excel_has_a_mark_and_several_emotions(recorded, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\nna\u00efve\n", encoding="utf-8")
    result = call("annotate", source, out, "--several", "--excel", "--profile", "smoke")
    assert result.exit_code == 0 and out.read_bytes().startswith(b"\xef\xbb\xbftext,valence,")
    header, row = out.read_text(encoding="utf-8-sig").splitlines()
    assert header == "text,valence,arousal,dominance,emotion,probability,uncertain,emotions,flags"
    cells = row.split(",")
    assert cells[6] in ("true", "false") and cells[7].split(";")[0] == cells[4] in EMOTIONS
    result = call("annotate", source, tmp_path / "out.tsv", "--excel", "--profile", "smoke")
    assert result.exit_code == 1 and "the mark for Excel is of .csv files; leave --excel out" in result.output


def test_predict_reads_lines_and_writes_json(recorded):
    options = ["predict", "--json", "--profile", "smoke"]
    result = CliRunner().invoke(main, options, input="\ufeffone\r\n\nnaïve two\nꙮ ꙮ\n")
    *found, unknown = [json.loads(line) for line in result.output.splitlines()]
    assert [each["text"] for each in found] == ["one", "naïve two"]
    assert all(len(each["emotions"]) == 28 and 0 <= each["valence"] <= 1 for each in found)
    nothing = dict.fromkeys(("valence", "arousal", "dominance", "uncertain", "emotions"))
    assert unknown == {"text": "ꙮ ꙮ", "flags": ["unknown signs"]} | nothing
    assert all(type(each["uncertain"]) is bool for each in found)


def test_predict_notes_what_is_doubtful_and_scores_own_labels(recorded, tmp_path):
    labels, texts = tmp_path / "labels.txt", ("so dull, nothing to do 😂", "fine", "Das ist so traurig, ich weine")
    labels.write_text("nostalgia\nboredom: having nothing to do\n", encoding="utf-8")
    lines = call("predict", *texts, "--profile", "smoke", "--labels", labels).output.splitlines()
    assert lines[3].startswith("  your labels: boredom 0.") and lines[4] == "  note: emoji read as words"
    assert lines[5] == "fine" and lines[9] == texts[2] and lines[-1] == "  note: not English: German"
    found = json.loads(call("predict", texts[0], "--json", "--profile", "smoke", "--labels", labels).output)
    assert list(found["own"]) == ["boredom", "nostalgia"] and found["flags"] == ["emoji read as words"]


@pytest.mark.parametrize("command", [("predict", "fine"), ("annotate", "in.csv", "out.csv")])
def test_wrong_labels_end_in_one_line(recorded, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("text\nfine\n", encoding="utf-8")
    (tmp_path / "labels.txt").write_text("awe\nawe\n", encoding="utf-8")
    result = call(*command, "--labels", "labels.txt", "--profile", "smoke")
    said = "Error: labels.txt, line 2 has 'awe', which line 1 has; leave one out\n"
    assert (result.exit_code, result.output) == (1, said) and not (tmp_path / "out.csv").exists()
    (tmp_path / "labels.txt").write_text("awe\nenvy\n", encoding="utf-8")
    result = call(
        *command, "--labels", "labels.txt", "--profile", "smoke", "--model", "regressor", "--classifier", "svm"
    )
    assert result.exit_code == 1 and "an SVM has no probabilities to read labels of your own from" in result.output


def test_annotate_adds_flags_and_own_labels(recorded, tmp_path):
    source, out, labels = tmp_path / "in.csv", tmp_path / "out.jsonl", tmp_path / "labels.txt"
    source.write_text("text\nso dull\nDas ist so traurig\n", encoding="utf-8")
    labels.write_text("nostalgia\nboredom\n", encoding="utf-8")
    result = call("annotate", source, out, "--profile", "smoke", "--labels", labels)
    assert result.exit_code == 0 and "; 1 texts not English; 2 annotated just now" in result.output
    one, other = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert (one["flags"], other["flags"]) == (None, "not English: German")
    assert one["label"] == "boredom" and 0.5 <= one["label_score"] <= 1


def test_predict_by_the_svm_has_a_ranking_and_no_numbers(recorded):
    options = ["predict", "--profile", "smoke", "--model", "regressor", "--classifier", "svm"]
    found = json.loads(call(*options, "--json", "one").output)
    assert sorted(found["ranking"]) == sorted(EMOTIONS) and not {"emotions", "uncertain"} & set(found)
    lines = call(*options, "one", "ꙮ").output.splitlines()
    assert lines[2].split() == found["ranking"][:3] and lines[4] == "  no sign in it that the model knows"


def test_annotate_by_the_svm_has_no_probability(recorded, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_text("text\nwhat a day\nꙮ\n" + "word " * 250 + "\n", encoding="utf-8")
    options = ["annotate", source, out, "--profile", "smoke", "--model", "regressor", "--classifier", "svm"]
    result = call(*options, "--probabilities")
    said = "an SVM ranks the emotions and has no probabilities: leave --probabilities out, or use 1nn"
    assert (result.exit_code, result.output) == (1, f"Error: {said}\n")
    result = call(*options)
    assert (
        "3 rows, 0 of them without text, 1 with a text in which the model knows no sign; 1 texts cut after 200 tokens; "
        "3 annotated just now" in result.output
    )
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert list(rows[0]) == ["text", "valence", "arousal", "dominance", "emotion", "flags"]
    assert [row["emotion"] in EMOTIONS for row in rows] == [True, False, True]


@pytest.mark.parametrize("command", ["predict", "annotate", "export"])
def test_help_says_what_the_numbers_are_worth(command):
    words = " ".join(call(command, "--help").output.split())
    said = ("same calibrated probabilities",) if command == "export" else ("softmax of distances", "chosen on dev")
    assert all(each in words for each in said)


@pytest.mark.parametrize("command", ["predict", "annotate"])
def test_help_says_what_each_vad_is_worth(command):
    words = " ".join(call(command, "--help").output.split())
    assert "learned from no rated text" in words and "as people rated the sentences of EmoBank" in words
    assert "valence is worth most, dominance least" in words and "more often wrong than right on dev" in words


def test_help_says_that_excel_needs_a_mark():
    assert "the byte order mark that Excel needs" in " ".join(call("annotate", "--help").output.split())


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_that_no_generator_takes_are_refused(seed):
    result = call("run", "bce", "--seed", seed, "--profile", "smoke")
    assert result.exit_code == 2 and "is not in the range 0<=x<=4294967295" in result.output


def test_predict_needs_words(recorded):
    result = call("predict", " ", "--profile", "smoke")
    assert (result.exit_code, result.output) == (1, "Error: text 0 is empty; leave it out, or give it some words\n")


def test_annotate_writes_and_names_what_is_wrong(recorded, tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_text("id,body\n1,what a day\n2,\n")
    result = call("annotate", source, out, "--profile", "smoke")
    assert (result.exit_code, result.output) == (1, f"Error: {source} has no column 'text'; it has id, body\n")
    result = call("annotate", source, out, "--column", "body", "--profile", "smoke")
    assert result.exit_code == 0 and "2 rows, 1 of them without text; 2 annotated just now" in result.output
    first, second = map(json.loads, out.read_text().splitlines())
    assert first["body"] == "what a day" and first["emotion"] in EMOTIONS and second["emotion"] is None
    result = call("annotate", source, out, "--column", "body", "--profile", "smoke")
    assert result.exit_code == 1 and "exists; name another file, or replace it with --overwrite" in result.output


def test_annotate_says_that_it_can_go_on(recorded, tmp_path, monkeypatch):
    (tmp_path / "in.csv").write_text("text\nwhat a day\n")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("vadstudy.use.annotate.Annotation.run", interrupted)
    result = call("annotate", tmp_path / "in.csv", tmp_path / "out.csv", "--profile", "smoke")
    assert (result.exit_code, result.output) == (130, "Error: stopped; the same command goes on where it was\n")


def test_annotate_takes_a_folder_and_later_what_changed(recorded, tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "notes.txt").write_text("mine")
    (source / "a.csv").write_text("text\nwhat a day\n")
    (source / "b.jsonl").write_text('{"body": "fine"}\n')
    result = call("annotate", source, out, "--profile", "smoke", "--several")
    first, second, third, *last = result.output.splitlines()
    assert first == "left out, being no file in .csv, .tsv, .jsonl or .parquet: notes.txt"
    assert second.startswith("1 of 2, a.csv: 1 rows, 0 of them without text; 1 annotated just now, ")
    assert third == "2 of 2, b.jsonl: failed; the last lines say why" and result.exit_code == 1
    assert last == [
        "Error: 1 of 2 files failed (1 annotated just now, 0 there before):",
        f"{source}/b.jsonl, line 1 has no column 'text'; it has body",
    ]
    assert ",emotions," in (out / "a.csv").read_text().splitlines()[0] and not (out / "b.jsonl").exists()
    (source / "b.jsonl").write_text('{"text": "fine"}\n')
    result = call("annotate", source, out, "--profile", "smoke", "--several")
    assert result.exit_code == 0 and "1 of 2, a.csv: is there\n" in result.output
    assert result.output.endswith(f"{out}: 2 files, 1 annotated just now, 1 there before\n")


def test_annotate_hands_a_folder_to_slurm_and_no_file(recorded, tmp_path, monkeypatch):
    submitted = []

    def slurm(self, making, tell):
        submitted.append((self.names, self.options["keep"], making))
        return [None]

    monkeypatch.setattr("vadstudy.use.folder.Folder.slurm", slurm)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("text\nwhat a day\n")
    options = ["--engine", "slurm", "--profile", "smoke", "--keep", "text", "--vad", "human"]
    result = call("annotate", tmp_path / "in", tmp_path / "out", *options)
    assert result.exit_code == 0 and "out: 1 jobs submitted; " in result.output
    way = {"model": "softmax", "vad": "human", "classifier": None, "backend": "torch"}
    assert submitted == [(["a.csv"], ("text",), {"profile": "smoke", "labels": "one", "own": None, **way})]
    result = call("annotate", tmp_path / "in" / "a.csv", tmp_path / "out.csv", *options)
    assert result.exit_code == 2 and "--engine slurm hands the files of a folder to a cluster" in result.output
    result = call("annotate", tmp_path / "in" / "a.csv", tmp_path / "in", "--profile", "smoke")
    assert result.exit_code == 2 and "is a directory" in result.output


def test_export_keeps_a_folder_with_files(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    result = call("export", tmp_path, "--profile", "smoke")
    assert result.exit_code == 1 and "is not empty; name another folder" in result.output


@pytest.mark.parametrize("command", ["predict", "annotate", "export"])
def test_help_shows_an_example(command):
    assert f"Example:\n    vadstudy {command} " in call(command, "--help").output


def test_the_help_of_own_labels_says_what_was_measured_of_them():
    scored = pd.read_csv(ROOT / "reports" / "tables" / "09_unseen.csv", index_col="row")["among"]
    (option,) = (each for each in main.commands["predict"].params if each.name == "labels")
    assert f"first for {scored['both']:.0%}".replace("%", " %") in option.help
    assert f"guessing: {unseen.CHANCE:.0%}".replace("%", " %") in option.help
