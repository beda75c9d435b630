"""The pages: an index of everything that ``make paper`` made, and each executed notebook as one self-contained page.

No page asks another host for anything: pictures are in the page, formulas are MathML, which browsers draw themselves.
"""

import html
import os
import re
from string import Template

import latex2mathml.converter
import mistune
import nbformat
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from vadstudy.errors import RunError
from vadstudy.paths import PACKAGED

TEMPLATE = PACKAGED / "site.html"
#: A view of a widget, a progress bar for one, is nothing without a kernel and asks for a script.
WIDGET = "application/vnd.jupyter.widget-view+json"
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$(?!\s)([^$\n]+?|[^$]+?)(?<!\s)\$(?![\d$])", re.DOTALL)
#: Figures that stand on the index, with what they show.
SHOWN = {
    "02_vad_space": "The 28 emotions where the NRC VAD Lexicon places their words",
    "07_plane": "Rows in the plane of accuracy and macro-F1",
    "03_predicted_points": "Where test comments land in the scaled space",
}


def write(store, notebooks):
    """Write ``index.html`` to the profile's reports folder, and a page beside each of the executed notebooks.

    Parameters
    ----------
    store : RunStore
    notebooks : list of Path
        Executed notebooks, in reading order.

    Returns
    -------
    Path
        Of ``index.html``.

    Raises
    ------
    RunError
        If a notebook, the report or a figure is missing; the index is not changed then.
    """
    folder = store.output("reports")
    missing = [path for path in (*notebooks, folder / "report.md", folder / "paper.pdf") if not path.is_file()]
    if missing or not notebooks:
        what = missing[0] if missing else "every executed notebook"
        raise RunError(f"{what} is missing; `make paper` executes the notebooks and writes the report")
    index = folder / "index.html"
    pages = []
    for path in notebooks:
        page, to_index = path.with_suffix(".html"), os.path.relpath(index, path.parent)
        title, body = notebook_page(path)
        _replace(page, _filled(title, body, f'<a href="{to_index}">All pages</a>', style=_code_style()))
        pages.append((os.path.relpath(page, folder), title, question(path)))
    _replace(index, _filled("vadstudy", _index(store, folder, pages), '<a href="paper.pdf">The report (PDF)</a>'))
    return index


def notebook_page(path):
    """Title and HTML of an executed notebook, its formulas as MathML; nothing in it is fetched from elsewhere."""
    notebook = nbformat.read(path, as_version=4)
    report = (TEMPLATE.parent / "report.md").read_text(encoding="utf-8")
    words = {name: alt for alt, name in re.findall(r"!\[([^\]]+)\]\(\.\./figures/(\w+)\.png\)", report)}
    formulas = Formulas()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas.taken_from(cell.source)
        else:
            cell.outputs = [output for output in cell.get("outputs", ()) if WIDGET not in output.get("data", {})]
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "text/markdown" in data:
                data["text/markdown"] = formulas.taken_from(data["text/markdown"])
            if "image/png" in data:
                data.pop("image/svg+xml", None)
                output.metadata["alt"] = words.get(_figure(cell.source), "A figure, made by the cell above")
    body, _ = HTMLExporter(template_name="basic", embed_images=True).from_notebook_node(notebook)
    return _title(notebook), formulas.put_into(body)


def question(path):
    """The question that a notebook asks in its first cell, as plain text; empty if it asks none."""
    first = nbformat.read(path, as_version=4).cells[0].source
    found = re.search(r"\*\*Question\.\*\*\s*(.+?)(?:\n\n|$)", first, re.DOTALL)
    return re.sub(r"[*`]", "", " ".join(found[1].split())) if found else ""


class Formulas:
    """LaTeX formulas of Markdown, between ``$`` or ``$$``, on their way around its renderer, which knows none."""

    def __init__(self):
        self.drawn = []

    def taken_from(self, text):
        """The text with a mark in each formula's place; code is left as it is."""

        def mark(found):
            display = "block" if found[1] else "inline"
            self.drawn.append(latex2mathml.converter.convert(found[1] or found[2], display=display))
            return f"xFORMULAx{len(self.drawn) - 1}x"

        parts = re.split(r"(```.*?```|`[^`\n]+`)", text, flags=re.DOTALL)
        return "".join(part if part.startswith("`") else FORMULA.sub(mark, part) for part in parts)

    def put_into(self, page):
        """HTML with the formulas, as MathML, in place of their marks."""
        return re.sub(r"xFORMULAx(\d+)x", lambda found: self.drawn[int(found[1])], page)


def _index(store, folder, pages):
    report = (folder / "report.md").read_text(encoding="utf-8")
    title = report.splitlines()[0].removeprefix("# ")
    came_out = re.search(r"^## What came out\n+(.+?)^## ", report, re.DOTALL | re.MULTILINE)
    figures = store.output("figures")
    to = os.path.relpath(figures, folder)
    cards = "\n".join(
        f'<li><a href="{html.escape(page)}">{html.escape(name)}</a><span>{html.escape(asked)}</span></li>'
        for page, name, asked in pages
    )
    tables = "\n".join(
        f'<li><a href="tables/{path.name}">{path.stem}</a></li>' for path in sorted((folder / "tables").glob("*.csv"))
    )
    for name in SHOWN:
        if not (figures / f"{name}.png").is_file():
            raise RunError(f"{figures / name}.png is missing; `make paper` executes the notebooks, which write it")
    shown = "\n".join(
        f'<figure><img src="{to}/{name}.png" alt="{html.escape(words)}"><figcaption>{html.escape(words)}'
        "</figcaption></figure>"
        for name, words in SHOWN.items()
    )
    claims = '<li><a href="claims.csv">The claims ledger</a><span>Each claim, verdict and evidence, as CSV</span></li>'
    return f"""<h1>{html.escape(title)}</h1>
<p>vadstudy, an open reproduction of “Dimension is All You Need? A Compact Dimensional Approach to Emotion Recognition”
(Ben-Tov and Frenkel).</p>
<ul class="cards">
<li><a href="paper.pdf">The report</a><span>PDF; the same text as <a href="report.md">Markdown</a></span></li>
<li><a href="{to}/vad_space.html">The space, to turn</a>
<span>28 emotions in three dimensions, mappers to switch</span></li>
{claims if (folder / "claims.csv").is_file() else ""}
</ul>
<h2>What came out</h2>
{mistune.html(came_out[1]) if came_out else ""}
{shown}
<h2>The notebooks, executed</h2>
<ul class="cards">
{cards}
</ul>
<h2>Tables</h2>
<ul>
{tables}
</ul>"""


def _figure(source):
    """Name under which a cell saves its figure, if it does."""
    found = re.search(r"""["'](\d\d_\w+)["'],\s*store""", source)
    return found[1] if found else None


def _title(notebook):
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def _code_style():
    return HtmlFormatter(style="friendly").get_style_defs(".highlight")


def _filled(title, body, nav, style=""):
    foot = "Numbers are computed from recorded runs; the texts of the corpora are not part of these pages."
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(title=html.escape(title), body=body, nav=nav, style=style, foot=foot)


def _replace(path, text):
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
