"""The pages: an index of everything that ``make paper`` made, the report, and each executed notebook, all by pandoc.

No page asks another host for anything: a notebook's pictures are in its page, formulas are MathML, which browsers draw
themselves.
"""

import os
import re
from pathlib import Path
from string import Template

import nbformat

from vadstudy.disk import files
from vadstudy.disk.manifests import Manifest
from vadstudy.paper import pandoc, report
from vadstudy.paper.record import Record
from vadstudy.paths import PACKAGED
from vadstudy.runs import RunStore

INDEX = PACKAGED / "index.md"
#: A view of a widget, a progress bar for one, is nothing without a kernel and asks for a script.
WIDGET = "application/vnd.jupyter.widget-view+json"
#: The forms of a cell's output that a page shows, the best first.
KINDS = ("image/png", "text/markdown", "text/html", "text/plain")
#: Figures that stand on the index, with what they show.
SHOWN = {
    "02_vad_space": "The 28 emotions where the NRC VAD Lexicon places their words",
    "07_plane": "Rows in the plane of accuracy and macro-F1",
    "03_predicted_points": "Where test comments land in the scaled space",
}
FOOT = "Numbers are computed from recorded runs; the texts of the corpora are not part of these pages."
#: How a page looks, whatever it is of.
LOOK = (
    "--standalone",
    f"--template={PACKAGED / 'page.html'}",
    f"--lua-filter={PACKAGED / 'page.lua'}",
    "--mathml",
    "--syntax-highlighting=haddock",
)
OPTIONS = (*LOOK, f"--variable=foot:{FOOT}")


def write(store: RunStore, text: str) -> Path:
    """Write ``index.html`` and ``report.html`` to the reports folder and a page beside each notebook, all or none.

    Parameters
    ----------
    store : RunStore
    text : str
        The report's finished text.

    Returns
    -------
    Path
        Of ``index.html``.

    Raises
    ------
    ReportError
        If a figure is missing, or the notebooks were not executed.
    WriteError
        If a page cannot be written.
    """
    folder, record = store.output("reports"), Record(store)
    index, words = folder / "index.html", alternatives(text)
    pages = {
        path.with_suffix(".html"): notebook_page(path, manifest, words, os.path.relpath(index, path.parent))
        for path, manifest in record.manifests.items()
    }
    pages[folder / "report.html"] = report_page(text, folder)
    pages[index] = pandoc.convert(
        _index(record, text), "html5", *OPTIONS, '--variable=nav:<a href="report.html">The report</a>'
    )
    files.write_all({path: page.encode() for path, page in pages.items()})
    return index


def report_page(text: str, folder: Path) -> str:
    """The report's finished text as a page that lies in ``folder``."""
    nav = '<a href="index.html">All pages</a> <a href="paper.pdf">PDF</a>'
    options = (*OPTIONS, "--default-image-extension=png", f"--variable=nav:{nav}")
    return pandoc.cited(text, "html5", *options, folder=folder)


def notebook_page(path: Path, manifest: Manifest, words: dict[str, str], index: str) -> str:
    """An executed notebook as a page in which everything is, its link to all pages apart.

    A cell with the tag ``sentence`` shows what it computes as prose, and folds its code.

    Parameters
    ----------
    manifest : Manifest
        The notebook's, which knows the figures that a cell wrote.
    words : dict
        What stands for each figure where it cannot be seen, by its name.
    index : str
        Link to the index.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
            names = iter(manifest.figures(cell.execution_count))
            for output in (output for output in cell.outputs if "data" in output):
                shown = next((kind for kind in KINDS if kind in output.data), None)
                output.data = {shown: output.data[shown]} if shown else {}
                if shown == "image/png":
                    alt = words.get(next(names, ""), "A figure, made by the cell above")
                    output.metadata = {shown: {"alt": alt}}
    return pandoc.convert(
        nbformat.writes(notebook),
        "html5",
        *OPTIONS,
        "--embed-resources",
        "--ipynb-output=all",
        f'--variable=nav:<a href="{index}">All pages</a>',
        read="ipynb",
        folder=path.parent,
    )


def alternatives(text: str) -> dict[str, str]:
    """What the report's text says in place of each of its pictures, by their names."""
    return dict(re.findall(r'\{#fig:(\w+) alt="([^"]+)"\}', text))


def question(notebook: Path) -> str:
    """The question that a notebook asks in its first cell, as Markdown in one line; empty if it asks none."""
    first = nbformat.read(notebook, as_version=4).cells[0].source
    _, _, rest = first.partition("**Question.**")
    return " ".join(rest.partition("\n\n")[0].split())


def _index(record, text):
    """The index as Markdown."""
    folder, figures = record.store.output("reports"), record.store.output("figures")
    for name in SHOWN:
        record.figure(name)
    to, lines = os.path.relpath(figures, folder), []
    for path in record.notebooks:
        title = report.title(nbformat.read(path, as_version=4).cells[0].source)
        page = os.path.relpath(path.with_suffix(".html"), folder)
        lines.append(f"- [{title}]({page}) [{question(path)}]{{}}")
    tables = sorted((folder / "tables").glob("*.csv"))
    claims = "- [The claims ledger](claims.csv) [Each claim, verdict and evidence, as CSV]{}"
    return Template(INDEX.read_text(encoding="utf-8")).substitute(
        title=report.title(text),
        figures=to,
        claims=claims if (folder / "claims.csv").is_file() else "",
        abstract=text.partition("**Abstract.** ")[2].partition("\n\n")[0],
        shown="\n\n".join(f"![{words}]({to}/{name}.png)" for name, words in SHOWN.items()),
        notebooks="\n".join(lines),
        tables="\n".join(f"- [{path.stem}](tables/{path.name})" for path in tables),
    )
