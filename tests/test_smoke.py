"""Every notebook and its solutions with the smoke profile, without data or hub."""

from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from IPython.utils.capture import capture_output

from vadstudy.cli import main
from vadstudy.paths import notebooks

FOLDER = Path(__file__).parents[1] / "notebooks"
PATHS = sorted([*notebooks(), *FOLDER.glob("solutions/[0-9]*.ipynb")])
pytestmark = pytest.mark.smoke


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_runs_without_data_or_hub(path, shell):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    with capture_output() as shown:
        for cell in cells:
            shell.run_cell(cell.source).raise_error()
            if "parameters" in cell.metadata.get("tags", ()):
                shell.run_cell("profile = 'smoke'").raise_error()
    assert "made just now" in shown.stdout


def test_make_paper_s_way_is_the_command(tmp_path, monkeypatch):
    monkeypatch.delenv("VADSTUDY_DATA", raising=False)
    out = tmp_path / PATHS[0].name
    result = CliRunner().invoke(main, ["execute", str(PATHS[0]), str(out), "-p", "profile", "smoke"])
    assert result.exit_code == 0, result.output
    outputs = [output for cell in nbformat.read(out, as_version=4).cells for output in cell.get("outputs", ())]
    assert "made just now" in outputs[-1]["text"] and any("image/png" in each.get("data", {}) for each in outputs)
