"""The solutions: one for every exercise of every notebook, kept to the notebooks' own rules."""

import re

import nbformat
import pytest

# The rules of the notebooks, applied here to this module's `path`.
from test_notebooks import (  # noqa: F401
    FOLDER,
    code,
    test_begins_with_title_and_question,
    test_code_cells_are_short,
    test_executed_top_to_bottom_without_errors,
    test_file_is_small,
    test_installs_nothing,
    test_is_valid,
    test_names_no_path_of_a_machine,
    test_one_cell_of_typed_and_explained_parameters_profile_first,
)
from test_smoke import test_notebook_runs_without_data_or_hub  # noqa: F401

NUMBERS = sorted(path.name[:2] for path in FOLDER.glob("[0-9]*.ipynb"))


@pytest.fixture(params=NUMBERS)
def number(request):
    return request.param


@pytest.fixture
def path(number):
    path = FOLDER / "solutions" / f"{number}_solutions.ipynb"
    assert path.is_file(), f"notebooks/solutions/{path.name} is missing"
    return path


def exercises(number):
    """Numbers of a notebook's exercises, in order, and the text of the cell that holds them."""
    (path,) = FOLDER.glob(f"{number}_*.ipynb")
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    text = cells[-1]
    assert text.startswith("## Exercises")
    return [int(found) for found in re.findall(r"^(\d+)\. ", text, re.M)], text


def solutions(notebook):
    """Exercise number to the cells of its section."""
    sections, cells = {}, None
    for cell in notebook.cells:
        heading = re.match(r"## (.*)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            found = re.fullmatch(r"Exercise (\d+)", heading[1])
            cells = sections.setdefault(int(found[1]), []) if found else None
        if cells is not None:
            cells.append(cell)
    return sections


def test_every_exercise_has_its_solution(number, notebook):
    numbers, _ = exercises(number)
    assert numbers == list(range(1, len(numbers) + 1))
    assert list(solutions(notebook)) == numbers


def test_the_exercises_name_their_solutions(number, path):
    _, text = exercises(number)
    assert f"notebooks/solutions/{path.name}" in text


def test_a_solution_restates_its_exercise_computes_and_concludes(notebook):
    for exercise, cells in solutions(notebook).items():
        assert re.search(r"^\*[^*].*?\*$", cells[0].source, re.M | re.S), f"exercise {exercise} is not restated"
        shown = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
        assert shown, f"exercise {exercise} shows nothing"
        assert any("text/markdown" in output.get("data", {}) for output in shown), f"exercise {exercise}: no sentence"
        assert any(cell.cell_type == "markdown" for cell in cells[1:]), f"exercise {exercise} is not interpreted"


def test_reads_recorded_runs_only(notebook):
    text = "".join(output.get("text", "") for output in code(notebook)[-1].outputs)
    assert text.rstrip().endswith("0 made just now")


def test_there_is_no_solution_without_a_notebook():
    assert sorted(path.name[:2] for path in (FOLDER / "solutions").glob("*.ipynb")) == NUMBERS
