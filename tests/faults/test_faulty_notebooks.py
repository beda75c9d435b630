"""Executing notebooks: what else is installed or set on the machine, kernels that die, disks that are full, kills."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_notebook

from vadstudy.cli import main
from vadstudy.errors import NotebookError, WriteError
from vadstudy.paper import execution

FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
WHICH = "import sys\nprint(sys.executable)"


@pytest.fixture
def notebook(tmp_path):
    def write(source):
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        path = tmp_path / "01_in.ipynb"
        nbformat.write(new_notebook(cells=[new_code_cell(source)], metadata=kernel), path)
        return path

    return write


def kernel(argv):
    """A folder of Jupyter's with a kernel python3 of this command line, named by an environment variable."""

    def installed(folder):
        spec = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps({"argv": argv, "display_name": "Another", "language": "python"}))
        return str(folder / "jupyter")

    return installed


def startup(folder):
    script = folder / "ipython" / "profile_default" / "startup" / "00.py"
    script.parent.mkdir(parents=True)
    script.write_text("import sys\nsys.executable = 'of the startup file'")
    return str(folder / "ipython")


BROKEN = kernel(["no-such-python", "{connection_file}"])
OTHER = kernel(["sh", "-c", "exit 1", "{connection_file}"])
CASES = [
    pytest.param("JUPYTER_PATH", BROKEN, WHICH, id="another kernel: a broken python3 in JUPYTER_PATH"),
    pytest.param("JUPYTER_DATA_DIR", OTHER, WHICH, id="another kernel: a python3 in the user's folder"),
    pytest.param("IPYTHONDIR", startup, WHICH, id="another profile: a startup file of the user's IPython"),
    pytest.param("MPLBACKEND", lambda _: "Agg", FIGURE, id="no figures: MPLBACKEND=Agg in the environment"),
]


@pytest.mark.parametrize(("name", "value", "source"), CASES)
def test_what_is_set_on_the_machine_changes_no_notebook(notebook, tmp_path, monkeypatch, name, value, source):
    monkeypatch.setenv(name, value(tmp_path))
    execution.execute(notebook(source), out := tmp_path / "out.ipynb", {})
    outputs = nbformat.read(out, as_version=4).cells[0].outputs
    if source is FIGURE:
        assert "image/png" in outputs[-1].data
    else:
        assert outputs[0].text.strip() == sys.executable


def test_a_kernel_that_dies_is_one_line_and_leaves_nothing(notebook, tmp_path):
    (out := tmp_path / "out.ipynb").write_text("old")
    with pytest.raises(NotebookError, match=r"01_in\.ipynb: its kernel died, .*; execute it alone$"):
        execution.execute(notebook("import os\nos._exit(1)"), out, {})
    assert out.read_text() == "old" and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("text", ["", "{", "no notebook", "[]", "{}"])
def test_what_is_no_notebook_is_one_line(tmp_path, text):
    (path := tmp_path / "01_in.ipynb").write_text(text)
    result = CliRunner().invoke(main, ["execute", str(path), str(tmp_path / "out.ipynb")])
    assert result.exit_code == 1 and len(result.output.splitlines()) == 1
    assert result.output.startswith(f"Error: {path} is no notebook that can be read (")
    assert result.output.endswith("); restore it from git\n")


LEFTOVERS = (".01_in.7.part.ipynb", ".01_in.ipynb.7.part", ".ipynb_checkpoints/01_in-checkpoint.ipynb")


@pytest.mark.parametrize("name", LEFTOVERS)
def test_what_a_killed_execution_left_is_no_executed_notebook(tmp_path, name):
    from vadstudy.paper.record import Record
    from vadstudy.runs import RunStore

    (store := RunStore("smoke", tmp_path / "runs")).scratch = tmp_path
    store.get("corpus-lengths")
    store.finish("01_in")
    for each in (name, "01_in.ipynb"):
        path = store.executed / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    assert [path.name for path in Record(store).notebooks] == ["01_in.ipynb"]
    assert Record(store).sentence().endswith(": 0 read from the record, 1 made just now.")


def full(folder):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", folder], check=True)
    (folder / "out.ipynb").write_text("old")
    (folder / "filling").write_bytes(bytes(4096))


def read_only(folder):
    full(folder)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


DISKS = [
    pytest.param(full, "No space left on device.*free some space", id="cannot be written: the disk is full"),
    pytest.param(read_only, "Read-only file system.*work in a copy", id="cannot be written: the disk is read-only"),
]


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts: needs root")
@pytest.mark.parametrize(("hinder", "message"), DISKS)
def test_what_cannot_be_written_is_one_line_and_leaves_what_was_there(notebook, tmp_path, hinder, message):
    (folder := tmp_path / "disk").mkdir()
    ran = tmp_path / "ran"
    hinder(folder)
    try:
        with pytest.raises(WriteError, match=rf"disk\S* cannot be written \({message}"):
            execution.execute(notebook(f"open({str(ran)!r}, 'w')\nprint('x' * 9000)"), folder / "out.ipynb", {})
        assert (folder / "out.ipynb").read_text() == "old"
        assert sorted(path.name for path in folder.iterdir()) == ["filling", "out.ipynb"]
        assert ran.exists() == (hinder is full), "what can be known before the execution is"
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.faults
def test_a_kill_leaves_the_old_notebook_and_nothing_else(notebook, tmp_path):
    (folder := tmp_path / "out").mkdir()
    (folder / "01_in.ipynb").write_text("old")
    begun = tmp_path / "begun"
    source = notebook(f"import time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(60)")
    command = [sys.executable, "-m", "vadstudy", "execute", source, folder / "01_in.ipynb"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert begun.exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [path.name for path in folder.iterdir()] == ["01_in.ipynb"]
    assert (folder / "01_in.ipynb").read_text() == "old"
