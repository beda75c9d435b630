"""Commands without a record, with texts that look like options, stopped, and with an output that is closed or full."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from vadstudy.cli import main
from vadstudy.emotions import EMOTIONS
from vadstudy.paths import ROOT
from vadstudy.runs import RunStore

SMOKE = ("--profile", "smoke")


@pytest.fixture(scope="module")
def recorded():
    """What is predicted with; no command makes it."""
    RunStore("smoke").get("softmax")


@pytest.fixture
def nothing_recorded(tmp_path, monkeypatch):
    """An installation without a record, in which nothing may be made."""

    def refuse(*_, **__):
        raise AssertionError("a run was made")

    monkeypatch.setattr("vadstudy.runs.ROOT", tmp_path / "site-packages")
    monkeypatch.setattr("vadstudy.runs.BUILD", tmp_path / "site-packages" / "build")
    monkeypatch.setattr(RunStore, "_make", refuse)


def call(*arguments, **options):
    return CliRunner().invoke(main, [str(each) for each in arguments], **options)


#: A command, and what its one line says.
CASES = [
    pytest.param(("predict", "fine"), "seed42.parquet is missing: .*git clone.*make retrain", id="no record: predict"),
    pytest.param(("annotate", "IN", "OUT"), "seed42.parquet is missing: .*git clone", id="no record: annotate"),
    pytest.param(("export", "OUT"), "seed42.parquet is missing: .*git clone", id="no record: export"),
    pytest.param(
        ("predict", "--profile", "paper", "x"), "seed42.parquet is missing", id="no record: of a profile with downloads"
    ),
]


@pytest.mark.parametrize(("arguments", "message"), CASES)
def test_without_a_record_one_line_and_nothing_is_made(nothing_recorded, tmp_path, arguments, message):
    (tmp_path / "in.csv").write_text("text\nfine\n")
    files = {"IN": tmp_path / "in.csv", "OUT": tmp_path / "out.csv"}
    result = call(*(files.get(each, each) for each in arguments))
    assert result.exit_code == 1 and result.output.count("\n") == 1
    assert re.search(message, result.output)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


#: Arguments of `predict`, its input, its exit status, and what it says.
TEXTS = [
    pytest.param(
        ("-_- whatever",),
        None,
        2,
        "If it is a text: a text that begins with - goes after --",
        id="a text that begins with a hyphen: what to do",
    ),
    pytest.param(("--- so what",), None, 2, "vadstudy predict -- ", id="a text that begins with three hyphens"),
    pytest.param(
        ("--", "-_- whatever"), None, 0, "-_- whatever\n  valence", id="a text that begins with a hyphen, after --"
    ),
    pytest.param((), b"-_- whatever\n", 0, "-_- whatever\n  valence", id="such a text in a line of the input"),
    pytest.param(("--tpo", "3", "fine"), None, 2, "Did you mean '--top'?", id="an option that is mistyped"),
    pytest.param(("cut \ud83d",), None, 1, "text 0 holds half a character", id="half a character"),
    pytest.param((), b"fine\nna\xefve\n", 1, "standard input, line 2 is not UTF-8", id="a line in Windows-1252"),
    pytest.param((), b"\xff\xfef\x00", 1, "standard input, line 1 is not UTF-8", id="an input in UTF-16"),
    pytest.param(("\u200b",), None, 0, "no sign in it that the model knows", id="a text of zero-width characters"),
]


@pytest.mark.parametrize(("arguments", "content", "status", "message"), TEXTS)
def test_texts_that_look_like_something_else(recorded, arguments, content, status, message):
    result = call("predict", *SMOKE, *arguments, input=content)
    assert result.exit_code == status and message in result.output.replace("main predict", "vadstudy predict")
    assert "Traceback" not in result.output


#: What the system says when a command writes.
WRITES = [
    pytest.param(errno.ENOSPC, "No space left on device", id="a full disk"),
    pytest.param(errno.EROFS, "Read-only file system", id="a read-only folder"),
    pytest.param(errno.EACCES, "Permission denied", id="another user's folder"),
]


@pytest.mark.parametrize(("number", "message"), WRITES)
def test_what_cannot_be_written_is_one_line(monkeypatch, number, message):
    def failing(*_):
        raise OSError(number, os.strerror(number), "runs/bce")

    monkeypatch.setattr(RunStore, "get", failing)
    result = call("run", "bce", *SMOKE)
    assert (result.exit_code, result.output) == (1, f"Error: runs/bce: {message}\n")


def start(*arguments, **options):
    command = [sys.executable, "-m", "vadstudy", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.faults
@pytest.mark.parametrize("wait", [0.1, 0.2, 0.8, 1.6, 2.4])
def test_ctrl_c_while_libraries_are_imported_is_one_line(wait):
    script = "from vadstudy.cli import main; print(flush=True); main()"
    command = [sys.executable, "-c", script, "predict", *SMOKE, "fine"]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process = subprocess.Popen(command, cwd=ROOT, **pipes)
    process.stdout.readline()
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (130, "Error: stopped\n")


@pytest.mark.faults
def test_an_output_that_is_closed_ends_without_a_traceback(recorded, tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("what a day\n" * 500)
    with open(lines) as texts:
        process = start("predict", *SMOKE, stdin=texts, stdout=subprocess.PIPE)
        assert process.stdout.readline() == "what a day\n"
        process.stdout.close()
        said = process.stderr.read()
        process.wait(timeout=120)
    assert "Traceback" not in said and "BrokenPipe" not in said


@pytest.mark.faults
def test_a_full_output_is_one_line(recorded):
    with open("/dev/full", "w") as full:
        process = start("predict", *SMOKE, "what a day", stdout=full)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 1 and said == "Error: output: No space left on device\n"


@pytest.mark.faults
def test_a_copy_that_belongs_to_somebody_else_is_read(recorded, tmp_path):
    """Neither predicting nor annotating writes into the project."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "vadstudy", copy / "vadstudy", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("softmax", "scaled-mae", "scaled-mae-svm"):
        shutil.copytree(ROOT / "runs" / name, copy / "runs" / name)
    shutil.copytree(ROOT / "runs" / "texts", copy / "runs" / "texts")
    command = [sys.executable, "-m", "vadstudy", "predict", "what a day"]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(["mount", "--bind", copy, copy], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", copy], check=True)
        results = [
            subprocess.run([*command, *way], cwd=copy, env=environment, capture_output=True, text=True, check=False)
            for way in ((), ("--model", "regressor", "--classifier", "svm"))
        ]
    finally:
        subprocess.run(["umount", copy], check=True)
    for result in results:
        assert result.returncode == 0, result.stderr
        assert result.stdout.splitlines()[-1].removeprefix("  uncertain:").split()[0] in EMOTIONS
