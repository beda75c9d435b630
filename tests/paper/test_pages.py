"""The pages: self-contained, formulas drawn by the browser, whole or not at all."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from vadstudy.disk import files
from vadstudy.errors import ReportError, WriteError
from vadstudy.paper import pages
from vadstudy.runs import RunStore

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAwS2OUAAAAABJRU5ErkJggg=="


TEXT = """# Is it *so*?

**Abstract.** It is **so**, by 0.1.

See [](#tbl:a).

## Next

$\\frac{a}{b}$ and [@holm1979].

| a<br>[here]{.whose} | b |
|:---|---:|
| 1 | -0.2 % |

: Numbers. {#tbl:a}

![A matrix.](../figures/04_confusion){#fig:04_confusion alt="Confusion matrix"}
"""


@pytest.fixture
def notebook(tmp_path):
    cells = [
        new_markdown_cell("# 1. A *title* & more\n\n**Question.** Is `x`\nlarge?\n\nMore."),
        new_markdown_cell("With $x_1 < 2$ and\n\n$$\\frac{a}{b}$$\n\nbut `$HOME` and 5 $ stay."),
        new_code_cell(
            'for name in ["x"]:\n    plots.save(figure, "04_confusion", store)',
            execution_count=1,
            outputs=[
                new_output("display_data", data={"image/png": PIXEL, "text/plain": "<Figure>"}),
                new_output("display_data", data={"image/png": PIXEL, "text/plain": "<Figure>"}),
                new_output("display_data", data={"text/markdown": "also $y$", "text/plain": "<Markdown>"}),
                new_output("display_data", data={pages.WIDGET: {"model_id": "1"}, "text/plain": "Loading: 0%"}),
            ],
        ),
        new_code_cell(
            "'<b>'", outputs=[new_output("execute_result", execution_count=2, data={"text/plain": "'<script>'"})]
        ),
        new_code_cell(
            "t",
            outputs=[
                new_output(
                    "execute_result", execution_count=2, data={"text/html": "<table><tr><td>1</td></tr></table>"}
                )
            ],
        ),
        new_code_cell(
            "Markdown(said)",
            metadata={"tags": ["sentence"], "jupyter": {"source_hidden": True}},
            outputs=[new_output("execute_result", execution_count=4, data={"text/markdown": "It is **0.3**."})],
        ),
    ]
    path = tmp_path / "notebooks" / "01_title.ipynb"
    path.parent.mkdir()
    metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path


@pytest.fixture
def store(tmp_path, notebook):
    (store := RunStore("smoke", tmp_path / "runs")).scratch = tmp_path
    (store.output("reports", "tables") / "table1.csv").write_text("a\n1\n")
    for name in (*pages.SHOWN, "04_confusion"):
        for end in ("png", "svg"):
            path = store.output("figures") / f"{name}.{end}"
            path.write_bytes(b"")
            store.written[path] = 1 if name == "04_confusion" else 2
    store.finish("01_title")
    return store


@pytest.fixture
def page(store, notebook):
    """The notebook's page, freshly written with all others."""
    pages.write(store, TEXT)
    return notebook.with_suffix(".html").read_text(encoding="utf-8")


def test_a_page_draws_formulas_and_leaves_code_alone(page):
    assert page.count("<math") == 3 and "<mfrac><mi>a</mi><mi>b</mi></mfrac>" in page
    assert "<title>1. A title &amp; more</title>" in page and "<em>title</em>" in page
    assert "$HOME" in page and "5 $ stay" in page
    assert "Loading" not in page and "&lt;Markdown&gt;" not in page and "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_computed_sentence_is_prose_and_its_code_is_folded(page):
    sentence, _, rest = page.partition("<p>It is <strong>0.3</strong>.</p>")
    assert "Markdown(said)" not in re.sub("<[^>]*>", "", sentence)
    code, _, after = rest.partition("</details>")
    assert "<details>" in code and "<summary>code</summary>" in code and "Markdown(said)" in re.sub("<[^>]*>", "", code)
    assert page.count("<details") == 1 and "<details open" not in page and "Markdown(said)" not in after


def test_code_is_highlighted(page):
    assert re.search(r'<span class="cf">for</span>', page) and re.search(r"code span\.cf \{[^}]*color", page)


def test_a_picture_has_the_reports_words_if_its_cell_wrote_the_figure(page):
    alts = re.findall(r'<img[^>]* alt="([^"]*)"', page)
    assert alts == ["Confusion matrix", "A figure, made by the cell above"]
    assert page.count('src="data:image/png;base64,') == 2


def test_tables_and_long_formulas_scroll_by_themselves(page):
    assert re.search(r'<div class="wide">\s*<table>', page) and re.search(
        r'<span class="wide">\s*<math display="block"', page
    )


def test_the_index_links_everything_and_no_page_asks_another_host(store, notebook):
    index = pages.write(store, TEXT)
    text = index.read_text(encoding="utf-8")
    assert (
        "<h1" in text
        and "Is it <em>so</em>?</h1>" in text
        and "<strong>so</strong>, by 0.1" in text
        and "Next" not in text
    )
    assert "Is <code>x</code> large?" in text and "A <em>title</em> &amp; more</a>" in text
    found = [index, index.with_name("report.html"), notebook.with_suffix(".html")]
    links = {path: re.findall(r'(?:href|src)="([^"#][^"]*)"', path.read_text(encoding="utf-8")) for path in found}
    later = ("vad_space.html", "paper.pdf", "report.md")
    for path, each in links.items():
        assert not re.findall(
            r"""src=["'](?:https?:)?//|url\(|@import|<script|<link[^>]+//""", path.read_text(encoding="utf-8")
        )
        for link in each:
            assert (
                link.startswith(("data:", "https://doi.org/")) or link.endswith(later) or (path.parent / link).exists()
            )
    assert {"report.html", "paper.pdf", "report.md", "tables/table1.csv", "../notebooks/01_title.html"} <= set(
        links[index]
    )
    assert "../reports/index.html" in links[found[2]] and "index.html" in links[found[1]]


def test_the_report_is_a_page_with_numbers_formulas_and_sources(store):
    text = pages.write(store, TEXT).with_name("report.html").read_text(encoding="utf-8")
    assert '<a href="#tbl:a">Table 1</a>' in text and "<strong>Table 1.</strong> Numbers." in text
    assert '<img src="../figures/04_confusion.png" alt="Confusion matrix"' in text and "<mfrac>" in text
    assert "(Holm 1979)" in text and "Sequentially Rejective" in text
    assert '<span class="whose">here</span>' in text and "−0.2\u00a0%" in text


@pytest.mark.parametrize("missing", ["notebooks/01_title.json", "figures/07_plane.png"])
def test_what_is_missing_is_named_and_the_older_pages_stay(store, notebook, missing):
    pages.write(store, TEXT)
    older = {path: path.read_bytes() for path in store.scratch.rglob("*.html")}
    (store.scratch / missing).unlink()
    with pytest.raises(ReportError, match=f"{notebook.name}.*`make paper PROFILE=smoke`"):
        pages.write(store, TEXT.replace("Yes", "No"))
    assert {path: path.read_bytes() for path in store.scratch.rglob("*.html")} == older


def test_a_full_disk_is_said_in_one_line_and_the_older_pages_stay(store, monkeypatch):
    pages.write(store, TEXT)
    older = {path: path.read_bytes() for path in store.scratch.rglob("*.html")}
    calls, sync = [], files.os.fsync

    def full(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        sync(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(WriteError, match=r"report\.html cannot be written \(No space left") as raised:
        pages.write(store, TEXT.replace("Yes", "No"))
    assert "\n" not in str(raised.value)
    assert {path: path.read_bytes() for path in store.scratch.rglob("*.html")} == older
    assert not list(store.scratch.rglob(".*.part"))
