"""Exercises and solutions: three of each for every notebook, with the same numbers.

That solutions keep the rules of notebooks is tested in ``test_notebooks.py``, that they run without data in
``test_smoke.py``.
"""

import re
from pathlib import Path

import nbformat
import pytest
from IPython.utils.capture import capture_output

from vadstudy import profiles
from vadstudy.paths import notebooks

FOLDER = Path(__file__).parent.parent / "notebooks"
NUMBERS = [path.name[:2] for path in notebooks()]


@pytest.fixture(params=NUMBERS)
def number(request):
    return request.param


@pytest.fixture
def path(number):
    path = FOLDER / "solutions" / f"{number}_solutions.ipynb"
    assert path.is_file(), f"notebooks/solutions/{path.name} is missing"
    return path


@pytest.fixture
def exercises(number):
    """The last cell of a notebook."""
    (path,) = FOLDER.glob(f"{number}_*.ipynb")
    return nbformat.read(path, as_version=4).cells[-1].source


@pytest.fixture
def sections(notebook):
    """Exercise number to the cells of its solution, the one with the heading first."""
    sections, cells = {}, []
    for cell in notebook.cells:
        heading = re.match(r"## (.*)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            number = re.fullmatch(r"Exercise (\d+)", heading[1])
            assert number, f"{heading[0]!r} is not the heading of a solution"
            cells = sections.setdefault(int(number[1]), [])
        cells.append(cell)
    return sections


def test_a_notebook_ends_with_three_numbered_exercises(exercises):
    assert exercises.startswith("## Exercises\n")
    assert re.findall(r"^(\d+\.|[-*]) ", exercises, re.M) == ["1.", "2.", "3."]


def test_the_exercises_name_the_solutions(exercises, path):
    assert f"`notebooks/solutions/{path.name}`" in exercises


def test_every_exercise_has_its_solution(exercises, sections):
    assert list(sections) == [int(number) for number in re.findall(r"^(\d+)\. ", exercises, re.M)]


def test_there_is_no_solution_without_a_notebook():
    assert sorted(path.name for path in (FOLDER / "solutions").iterdir() if path.suffix == ".ipynb") == [
        f"{number}_solutions.ipynb" for number in NUMBERS
    ]


def test_a_solution_restates_its_exercise_computes_and_concludes(sections):
    for number, cells in sections.items():
        assert re.search(r"^\*[^*].*\?\*$|^\*[^*].*\.\*$", cells[0].source, re.M | re.S), f"{number} is not restated"
        shown = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
        assert any("text/markdown" in output.get("data", {}) for output in shown), f"{number} has no computed sentence"
        assert any(cell.cell_type == "markdown" for cell in cells[1:]), f"{number} is not interpreted"


def test_solutions_as_committed_read_recorded_runs_only(notebook):
    assert notebook.cells[-1].outputs[0]["text"].rstrip().endswith("; 0 made just now")


def test_outputs_of_solutions_are_small(path):
    assert path.stat().st_size < 600_000


def test_a_solution_runs_from_the_record(notebook, shell, monkeypatch):
    # What is trained or searched live is to run; what comes of it, the committed outputs show.
    named = profiles.named
    monkeypatch.setattr(profiles, "named", lambda profile: named("smoke" if profile == "mini" else profile))
    with capture_output() as shown:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                shell.run_cell(cell.source).raise_error()
            if "parameters" in cell.metadata.get("tags", ()):
                shell.run_cell("live_epochs, most_dims = 1, 4").raise_error()
    assert shown.stdout.rstrip().endswith("; 0 made just now")
