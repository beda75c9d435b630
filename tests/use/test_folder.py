"""Annotating a folder: what is done is skipped, what changed is done anew, one bad file or a kill stops no other."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import stubs
from filelock import FileLock

from vadstudy.errors import RunError, TableError, WriteError
from vadstudy.use import annotate
from vadstudy.use.annotate import Annotation
from vadstudy.use.folder import Folder, Task

TEXTS = [f"text {i}" + " and so on" * (i % 5) for i in range(20)]
WHOLE = {"a.csv", "b.jsonl", "c.parquet"}


class Stub(stubs.Stub):
    max_length = 200


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(annotate, "PART", 8)


@pytest.fixture
def source(tmp_path):
    folder, frame = tmp_path / "in", pd.DataFrame({"id": range(20), "text": TEXTS})
    folder.mkdir()
    frame.to_csv(folder / "a.csv", index=False)
    frame.to_json(folder / "b.jsonl", orient="records", lines=True)
    frame.to_parquet(folder / "c.parquet")
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def ran(source, out, pipeline=None, **options):
    """The lines of a call, and how many texts it read."""
    pipeline, lines = pipeline or Stub(), []
    overwrite = options.pop("overwrite", False)
    lines.append(Folder(source, out, options, overwrite).run(pipeline, lines.append))
    return lines, len(pipeline.seen)


def seen(folder):
    """Names of the files that are not hidden."""
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_each_file_gets_the_output_that_it_gets_alone_and_is_then_skipped(source, out, tmp_path):
    lines, read = ran(source, out)
    assert read == 60 and lines[-1] == "3 files, 3 annotated just now, 0 there before"
    assert lines[0].startswith("1 of 3, a.csv: 20 rows, 0 of them without text; 20 annotated just now, ")
    assert {path.name for path in out.iterdir()} == WHOLE | {".vadstudy"}
    for name in WHOLE:
        Annotation(source / name, tmp_path / name).run(Stub())
        assert (out / name).read_bytes() == (tmp_path / name).read_bytes()
    before = {name: (out / name).stat().st_mtime_ns for name in WHOLE}
    lines, read = ran(source, out)
    assert read == 0 and lines[-1] == "3 files, 0 annotated just now, 3 there before"
    assert lines[0] == "1 of 3, a.csv: is there"
    assert before == {name: (out / name).stat().st_mtime_ns for name in WHOLE}


def test_what_changed_is_annotated_anew_and_said(source, out):
    ran(source, out)
    with open(source / "a.csv", "a") as file:
        file.write("20,one more\n")
    (out / "b.jsonl").write_bytes((out / "b.jsonl").read_bytes()[:-9])
    (out / "c.parquet").unlink()
    (source / "d.tsv").write_text("text\nnew\n")
    lines, read = ran(source, out)
    assert read == 21 + 20 + 20 + 1
    for line, end in zip(
        lines, ("content changed)", "damaged or edited)", "output was gone)", " a second"), strict=False
    ):
        assert line.endswith(end)
    assert len(pd.read_csv(out / "a.csv")) == 21 and len(pd.read_json(out / "b.jsonl", lines=True)) == 20
    lines, read = ran(source, out, keep=("text",))
    assert read == 62 - 1 + 1 and lines[0].endswith("(anew: other options: keep)")
    assert "id" not in pd.read_csv(out / "a.csv")
    lines, read = ran(source, out, Stub(model="two"), keep=("text",))
    assert read == 62 and lines[0].endswith("(anew: other model: weights)")
    (out / ".vadstudy" / "a.csv.json").write_text("{oops")
    lines, read = ran(source, out, Stub(model="two"), keep=("text",))
    assert (
        read == 21 and lines[0].endswith("(anew: its record was damaged)") and lines[1] == "2 of 4, b.jsonl: is there"
    )


def test_a_bad_file_stops_no_other(source, out, monkeypatch):
    (source / "a.csv").write_bytes("id,text\n1,na\xefve\n".encode("cp1252"))
    (source / "b.jsonl").write_text('{"body": "a"}\n')
    (source / "d.csv").symlink_to(source / "gone.csv")
    (source / "e.csv").write_text("text\nfine\n")
    with pytest.raises(TableError) as error:
        ran(source, out)
    first, *lines = str(error.value).splitlines()
    assert first == "3 of 5 files failed (2 annotated just now, 0 there before):" and len(lines) == 3
    assert lines[0].startswith(f"{source}/a.csv is not UTF-8 (line 2); it looks like Windows-1252 text: convert it: ")
    assert lines[1] == f"{source}/b.jsonl, line 1 has no column 'text'; it has body"
    assert lines[2] == f"{source}/d.csv: No such file or directory; mend that, and the same command goes on"
    assert seen(out) == {"c.parquet", "e.csv"}

    def broken(self, pipeline):
        raise KeyError("what")

    monkeypatch.setattr(Annotation, "run", broken)
    (source / "e.csv").write_text("text\nother\n")
    with pytest.raises(TableError, match=r"in/e\.csv: KeyError\('what'\); annotate it alone, to see where$"):
        ran(source, out)


def test_the_encoding_is_of_what_is_not_utf8_and_the_mark_of_csv(source, out):
    (source / "d.csv").write_bytes("text\nna\xefve\n".encode("cp1252"))
    (source / "e.csv").write_text("text\nna\xefve\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"^1 of 5 files failed"):
        ran(source, out, excel=True)
    lines, read = ran(source, out, excel=True, encoding="cp1252")
    assert read == 1, "what is UTF-8 was there, and is not read as something else"
    for name in ("d.csv", "e.csv"):
        assert pd.read_csv(out / name)["text"].tolist() == ["na\xefve"]
        assert (out / name).read_bytes()[:3] == b"\xef\xbb\xbf"
    assert (out / "b.jsonl").read_bytes()[:1] == b"{"


def test_what_is_no_file_of_texts_is_left_out(source, out):
    (source / "notes.txt").write_text("mine")
    (source / ".hidden.csv").write_text("text\na\n")
    (source / "sub.csv").mkdir()
    work = Folder(source, out)
    assert (work.names, work.left_out) == (sorted(WHOLE), ["notes.txt", "sub.csv/"])


@pytest.mark.parametrize(
    ("names", "target", "message"),
    [
        ((), "out", r"in holds no file to annotate, expected \.csv, \.tsv, \.jsonl or \.parquet; name another$"),
        (("a.txt", ".b.csv"), "out", r"expected \.csv, .*\.parquet; it has a\.txt; name another$"),
        (("a.csv",), "in", "in is the folder of the inputs; name another for the outputs"),
        (("a.csv",), "in/sub/../deep", "in/sub/../deep lies in .*in, and outputs would be taken for inputs"),
        (("a.csv",), ".", "in lies in .*, and outputs would be taken for inputs; name a folder beside it"),
        (("a.csv", "A.CSV"), "out", r"has A\.CSV and a\.csv, whose outputs are one file where .*; rename one"),
        (("e\u0301.csv", "\u00e9.csv"), "out", "whose outputs are one file where .*; rename one"),
    ],
)
def test_wrong_folders_are_named_before_any_work(tmp_path, names, target, message):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub").rmdir()
    for name in names:
        (tmp_path / "in" / name).write_text("text\na\n")
    with pytest.raises(TableError, match=message):
        Folder(tmp_path / "in", tmp_path / target)
    assert [path.name for path in tmp_path.iterdir()] == ["in"] and len(list((tmp_path / "in").iterdir())) == len(names)


def test_an_output_folder_that_is_a_file_is_named(source, out):
    out.write_text("precious")
    with pytest.raises(WriteError, match="out is no folder"):
        Folder(source, out)


def test_somebody_else_s_file_is_replaced_only_if_asked(source, out):
    out.mkdir()
    (out / "a.csv").write_text("precious")
    with pytest.raises(TableError, match=r"1 of 3 .*\n.*out/a\.csv was not made by this command; move it away, or"):
        ran(source, out)
    assert (out / "a.csv").read_text() == "precious" and seen(out) == WHOLE
    assert ran(source, out, overwrite=True)[1] == 20 and len(pd.read_csv(out / "a.csv")) == 20
    assert ran(source, out, overwrite=True)[1] == 0


def test_an_input_that_is_a_link_to_its_output_is_kept(source, out):
    ran(source, out)
    made = (out / "a.csv").read_bytes()
    (source / "a.csv").unlink()
    (source / "a.csv").symlink_to(out / "a.csv")
    with pytest.raises(TableError, match=r"1 of 3 files failed .*\n.*never the input"):
        ran(source, out)
    assert (out / "a.csv").read_bytes() == made


def test_an_interrupted_call_goes_on(source, out, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        ran(source, out, Stub(calls=5))
    assert seen(out) == {"a.csv"} and (out / ".b.jsonl.parts").is_dir()
    lines, read = ran(source, out)
    assert read == 60 - 20 - 16 and lines[0] == "1 of 3, a.csv: is there"
    assert seen(out) == WHOLE and not list(out.glob(".*.parts"))


def test_killed_between_an_output_and_its_record_it_is_made_again(source, out, monkeypatch):
    def killed(self, made):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vadstudy.use.records.Record.end", killed)
        with pytest.raises(KeyboardInterrupt):
            ran(source, out)
    assert seen(out) == {"a.csv"}
    assert ran(source, out)[1] == 60 and ran(source, out)[1] == 0


def test_a_file_that_another_process_annotates_is_seen_to_at_the_end(source, out):
    (out / ".vadstudy").mkdir(parents=True)
    lock, lines = FileLock(out / ".vadstudy" / "a.csv.lock", thread_local=False), []

    def tell(line):
        lines.append(line)
        if line.startswith("2 of 3"):
            lock.release()

    lock.acquire()
    pipeline = Stub()
    Folder(source, out).run(pipeline, tell)
    assert lines[0] == "a.csv: another process annotates it; it is seen to at the end"
    assert [line.split(":")[0] for line in lines[1:]] == ["1 of 3, b.jsonl", "2 of 3, c.parquet", "3 of 3, a.csv"]
    assert pipeline.seen == 3 * TEXTS


SCRIPT = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import stubs
from vadstudy.use import annotate
from vadstudy.use.folder import Folder
annotate.PART = 8
class Slow(stubs.Stub):
    max_length = 200
    def arrays(self, texts, progress=True):
        time.sleep(float(sys.argv[4]))
        return super().arrays(texts)
print(flush=True)
print(Folder(Path(sys.argv[2]), Path(sys.argv[3])).run(Slow(), lambda line: None), flush=True)
"""


def started(source, out, seconds):
    tests = os.path.dirname(stubs.__file__)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, tests, str(source), str(out), str(seconds)], stdout=subprocess.PIPE, text=True
    )


def test_calls_at_the_same_time_share_the_files(source, out, tmp_path):
    said = [process.communicate(timeout=60)[0].split() for process in [started(source, out, 0.1) for _ in range(2)]]
    assert sum(int(words[2]) for words in said) == 3 and all(words[:2] == ["3", "files,"] for words in said)
    ran(source, tmp_path / "alone")
    assert all((out / name).read_bytes() == (tmp_path / "alone" / name).read_bytes() for name in WHOLE)
    assert ran(source, out)[1] == 0


@pytest.mark.faults
def test_killed_again_and_again_it_ends_with_the_same_bytes(source, out, tmp_path):
    for wait in np.random.default_rng(0).uniform(0, np.linspace(0.1, 0.6, 8)):
        process = started(source, out, 0.02)
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for path in out.glob("*.*"):
            if not path.name.startswith("."):
                assert path.name == "c.parquet" or path.read_bytes().endswith(b"\n"), "never half a file"
    ran(source, out)
    ran(source, tmp_path / "alone")
    assert all((out / name).read_bytes() == (tmp_path / "alone" / name).read_bytes() for name in WHOLE)


@pytest.fixture
def made(monkeypatch):
    """The options of the pipelines that are made, stand-ins all."""
    found = []

    def make(**making):
        found.append(making)
        return Stub(model=making["profile"])

    monkeypatch.setattr("vadstudy.use.pipeline.EmotionPipeline", make)
    return found


def test_submitit_s_executor_annotates_what_is_left(source, out, made, monkeypatch):
    monkeypatch.setattr("vadstudy.use.folder.JOBS", 2)
    lines, work = [], Folder(source, out)
    jobs = work.slurm({"profile": "one"}, lines.append, "debug")
    assert seen(out) == set()
    results = [job.result() for job in jobs]
    assert results == ["2 files, 2 annotated just now, 0 there before", "1 files, 1 annotated just now, 0 there before"]
    assert made == 3 * [{"profile": "one"}] and lines == [] and seen(out) == WHOLE
    with open(source / "a.csv", "a") as file:
        file.write("20,one more\n")
    (source / "d.csv").write_text("text\nfine\n")
    (out / "d.csv").write_text("precious")
    with pytest.raises(TableError, match=r"^1 of 4 files failed \(1 submitted in 1 jobs\):\n.*d\.csv was not made by"):
        work = Folder(source, out)
        work.slurm({"profile": "one"}, lines.append, "debug")
    assert lines == ["b.jsonl: is there", "c.parquet: is there"]


def test_a_submitted_job_with_a_bad_file_fails_and_annotates_the_others(source, out, made):
    (source / "a.csv").write_text("body\na\n")
    with pytest.raises(TableError, match=r"^1 of 3 files failed .*\n.*in/a\.csv has no column 'text'; it has body$"):
        Task()(Folder(source, out), {"profile": "one"}, sorted(WHOLE))
    assert seen(out) == WHOLE - {"a.csv"}


@pytest.mark.skipif(shutil.which("srun") is not None, reason="there is a Slurm here")
def test_without_slurm_it_is_one_line_before_the_model_is_loaded(source, out, made):
    with pytest.raises(
        RunError, match="there is no Slurm on this machine .*, or annotate here, without --engine slurm$"
    ):
        Folder(source, out).slurm({"profile": "one"})
    assert made == []


@pytest.mark.smoke
def test_submitit_s_local_executor_annotates_in_processes(record, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "in" / name).write_text("text\nwhat a day\n")
    jobs = Folder(tmp_path / "in", tmp_path / "out").slurm({"profile": "smoke"}, cluster="local")
    assert [job.result() for job in jobs] == 2 * ["1 files, 1 annotated just now, 0 there before"]
    stored = json.loads((tmp_path / "out" / ".vadstudy" / "b.csv.json").read_text())
    assert sorted(stored) == ["input", "model", "options", "output"] and seen(tmp_path / "out") == {"a.csv", "b.csv"}
