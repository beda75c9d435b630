"""The command line: errors of one line, notebooks written whole or not at all."""

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from vadstudy.__main__ import main


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
    assert "'huge' is not one of 'study', 'mini', 'smoke', 'paper'" in call("run", "--profile", "huge").output


def test_run_makes_and_reads():
    assert call("run", "bce", "--profile", "smoke").exit_code == 0
    assert "1 runs read from the record" in call("run", "bce", "--profile", "smoke").output
