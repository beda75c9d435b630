"""The committed notebooks and their solutions: structure, and that they are kept as executed from top to bottom."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from vadstudy.paths import notebooks

FOLDER = Path(__file__).parent.parent / "notebooks"
EXPECTED = (
    "01_data_mapping",
    "02_vad_space_3d",
    "03_regressor_training",
    "04_classifier_comparison",
    "05_arbitrary_mapper",
    "06_transfer",
)
NAMES = sorted({*EXPECTED, *(path.stem for path in notebooks())})
SOLUTIONS = sorted(f"solutions/{path.stem}" for path in FOLDER.glob("solutions/*.ipynb"))
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:home|root|work|tmp|Users)(?=[/\s\"'<,)]|$)|\bC:\\")


@pytest.fixture(params=[*NAMES, *SOLUTIONS])
def path(request):
    path = FOLDER / f"{request.param}.ipynb"
    assert path.is_file(), f"notebooks/{request.param}.ipynb is missing"
    return path


@pytest.fixture(params=[*NAMES, *SOLUTIONS])
def read(request):
    """A notebook or solution."""
    return nbformat.read(FOLDER / f"{request.param}.ipynb", as_version=4)


def code(notebook):
    """Sources of the code cells that hold anything."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def line_count(source):
    return sum(bool(line.strip()) for line in source.splitlines())


def only_says(cell):
    """Whether a code cell shows a sentence and nothing else; if it is not executed, its last expression says so."""
    if cell.outputs:
        return all("text/markdown" in output.get("data", {}) for output in cell.outputs)
    match ast.parse(cell.source).body[-1]:
        case ast.Expr(ast.Call(ast.Name("Markdown"))):
            return True
    return False


def texts(notebook):
    """What a reader can see or search in a notebook: sources and outputs, without pictures."""
    for cell in notebook.cells:
        yield cell.source
        for output in cell.get("outputs", ()):
            yield output.get("text", "")
            for kind, content in output.get("data", {}).items():
                if not kind.startswith("image/"):
                    yield content if isinstance(content, str) else str(content)


def parameter_cells(notebook):
    return [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]


def test_is_valid(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


def test_begins_with_title_and_question(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    top = [cell.source for cell in notebook.cells[:3] if cell.cell_type == "markdown"]
    assert any("?" in source for source in top), "no question in the markdown of the first three cells"


def test_one_cell_of_typed_and_explained_parameters_profile_first(notebook):
    cells = parameter_cells(notebook)
    assert len(cells) == 1
    statements = ast.parse(cells[0].source).body
    assert all(isinstance(statement, ast.AnnAssign) for statement in statements), "a parameter without a type"
    assert statements[0].target.id == "profile"
    lines = cells[0].source.splitlines()
    assert all("  #" in lines[statement.end_lineno - 1] for statement in statements), "a parameter without a comment"


@pytest.mark.parametrize("name", NAMES)
def test_the_last_cell_writes_the_manifest_under_the_notebooks_own_name(name):
    last = code(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4))[-1]
    assert last.source == f'print(store.finish("{name}"))'


def test_code_fits_a_glance(read):
    assert [cell.id for cell in code(read) if line_count(cell.source) > 12] == []
    assert [line for cell in code(read) for line in cell.source.splitlines() if len(line) > 110] == []


def test_prose_is_not_outnumbered_by_code(read):
    *shown, _ = code(read)
    shown = [cell for cell in shown if not {"sentence", "parameters"} & {*cell.metadata.get("tags", ())}]
    prose = [cell for cell in read.cells if cell.cell_type == "markdown" and cell.source.strip()]
    assert len(shown) <= len(prose)


def test_cells_that_only_say_a_sentence_are_tagged_and_hide_their_code(read):
    tagged = [cell for cell in code(read) if "sentence" in cell.metadata.get("tags", ())]
    assert [cell.id for cell in tagged] == [cell.id for cell in code(read) if only_says(cell)]
    assert all(cell.metadata.get("jupyter", {}).get("source_hidden") for cell in tagged)


@pytest.mark.parametrize(
    ("source", "kinds", "says"),
    [
        ("x = 1\nMarkdown(f'{x}')", ["text/markdown"], True),
        ("Markdown('not executed')", [], True),
        ("display(table)\nMarkdown('x')", ["text/html", "text/markdown"], False),
        ("Markdown('x')\ntable", ["text/html"], False),
        ("said = Markdown('x')", [], False),
    ],
)
def test_a_sentence_is_known_by_what_its_cell_shows(source, kinds, says):
    outputs = [new_output("display_data", data={kind: "x"}) for kind in kinds]
    assert only_says(new_code_cell(source, outputs=outputs)) is says


def test_names_no_path_of_a_machine(notebook):
    found = [
        text[max(0, match.start() - 40) : match.end() + 40]
        for text in texts(notebook)
        for match in MACHINE_PATH.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize("text", ["'/home/me/x'", "in /tmp", "see C:\\data", '("/Users/x")', "('/work')"])
def test_a_path_of_a_machine_would_be_found(text):
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["https://example.org/home/x", "../work", "vadstudy/tmp", "$f: X \\to Y$", "</root>"])
def test_other_slashes_are_no_path_of_a_machine(text):
    assert not MACHINE_PATH.search(text)


def test_installs_nothing(notebook):
    assert not any(re.search(r"^\s*[!%]+\s*(pip|conda|mamba)\b", cell.source, re.M) for cell in code(notebook))


def test_executed_top_to_bottom_without_errors(notebook):
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


def test_the_explorers_notebook_is_executed_and_no_part_of_the_paper():
    path = FOLDER / "00_explore.ipynb"
    found = nbformat.read(path, as_version=4)
    test_is_valid(found)
    test_executed_top_to_bottom_without_errors(found)
    test_names_no_path_of_a_machine(found)
    (cell,) = code(found)
    assert "application/vnd.jupyter.widget-view+json" in cell.outputs[0].data
    assert found.cells[0].source.startswith(f"# {found.metadata.title}\n")
    assert path not in notebooks() and [each.name[:2] for each in notebooks()][:2] == ["01", "02"]


def test_the_papers_notebooks_have_two_digits_and_are_not_the_explorers(tmp_path):
    for name in ("00_explore", "01_a", "09_b", "10_c", "20_d", ".11_e", "1_f", "notes"):
        (tmp_path / f"{name}.ipynb").touch()
    assert [path.stem for path in notebooks(tmp_path)] == ["01_a", "09_b", "10_c", "20_d"]


def test_file_is_small(path):
    assert path.stat().st_size < 1_500_000
