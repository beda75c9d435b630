"""The pages: self-contained, formulas drawn by the browser, whole or not at all."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from vadstudy.errors import RunError
from vadstudy.paper import pages
from vadstudy.runs import RunStore

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAwS2OUAAAAABJRU5ErkJggg=="


@pytest.fixture
def notebook(tmp_path):
    cells = [
        new_markdown_cell("# 1. A *title* & more\n\n**Question.** Is `x`\nlarge?\n\nMore."),
        new_markdown_cell("With $x_1 < 2$ and\n\n$$\\frac{a}{b}$$\n\nbut `$HOME` and 5 $ stay."),
        new_code_cell(
            'figures.save(f, "04_confusion", store)',
            execution_count=1,
            outputs=[
                new_output("display_data", data={"image/png": PIXEL}),
                new_output("display_data", data={"text/markdown": "also $y$"}),
                new_output("display_data", data={pages.WIDGET: {"model_id": "1"}, "text/plain": "Loading: 0%"}),
            ],
        ),
        new_code_cell("'<b>'", outputs=[new_output("execute_result", data={"text/plain": "'<script>'"})]),
    ]
    path = tmp_path / "notebooks" / "01_title.ipynb"
    path.parent.mkdir()
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def store(tmp_path):
    (store := RunStore("smoke", tmp_path / "runs")).scratch = tmp_path
    folder = store.output("reports")
    (folder / "report.md").write_text("# Is it so?\n\n## What came out\n\n- **Yes**, by 0.1.\n\n## Next\n\nMore.\n")
    (folder / "paper.pdf").write_bytes(b"%PDF")
    (store.output("reports", "tables") / "table1.csv").write_text("a\n1\n")
    for name in pages.SHOWN:
        (store.output("figures") / f"{name}.png").write_bytes(b"")
    return store


def test_a_page_draws_formulas_and_leaves_code_alone(notebook):
    title, body = pages.notebook_page(notebook)
    assert title == "1. A *title* & more"
    assert body.count("<math") == 3 and "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>" in body
    assert "$HOME" in body and "5 $ stay" in body and "FORMULA" not in body
    assert "Loading: 0%" not in body and "<script" not in body.replace("&#39;&lt;script&gt;&#39;", "")
    assert "<script>" not in body.replace("&#39;&lt;script&gt;&#39;", "")


def test_pictures_have_the_reports_words(notebook):
    _, body = pages.notebook_page(notebook)
    assert 'alt="Confusion matrix"' in body and "data:image/png;base64," in body


def test_the_index_links_everything_and_asks_no_other_host(store, notebook):
    index = pages.write(store, [notebook])
    text = index.read_text(encoding="utf-8")
    assert "<h1>Is it so?</h1>" in text and "<strong>Yes</strong>, by 0.1." in text and "More." not in text
    assert "Is x large?" in text
    for link in re.findall(r'(?:href|src)="([^"]+)"', text):
        assert link.startswith("data:") or (index.parent / link).exists() or link.endswith("vad_space.html"), link
    for page in (text, notebook.with_suffix(".html").read_text(encoding="utf-8")):
        assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//|url\(|@import|<script""", page)
    assert 'href="../reports/index.html"' in notebook.with_suffix(".html").read_text(encoding="utf-8")


@pytest.mark.parametrize("missing", ["reports/paper.pdf", "notebooks/01_title.ipynb", "figures/07_plane.png"])
def test_what_is_missing_is_named_and_the_older_index_stays(store, notebook, missing):
    older = pages.write(store, [notebook]).read_text()
    (store.scratch / missing).unlink()
    with pytest.raises(RunError, match=f"{missing} is missing; `make paper`"):
        pages.write(store, [notebook])
    assert (store.scratch / "reports/index.html").read_text() == older


def test_without_notebooks_there_is_no_index(store):
    with pytest.raises(RunError, match="every executed notebook is missing"):
        pages.write(store, [])
