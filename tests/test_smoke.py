"""Every notebook and its solutions from top to bottom under the smoke profile, as ``make paper`` executes notebooks."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"


@pytest.mark.smoke
@pytest.mark.parametrize(
    "path", sorted([*FOLDER.glob("[0-9]*.ipynb"), *FOLDER.glob("solutions/[0-9]*.ipynb")]), ids=lambda path: path.stem
)
def test_notebook_runs_without_data_or_hub(path, tmp_path, monkeypatch):
    monkeypatch.delenv("VADSTUDY_DATA", raising=False)
    out = tmp_path / path.name
    command = [sys.executable, "-m", "vadstudy", "execute", str(path), str(out), "-p", "profile", "smoke"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(out, as_version=4)
    text = "".join(
        output.get("text", "") + str(output.get("data", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )
    assert "made just now" in text
