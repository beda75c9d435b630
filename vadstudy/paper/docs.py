"""The documentation as pages: those of ``docs/`` by pandoc, and the API's reference, made from docstrings by pdoc."""

import ast
import warnings
from collections.abc import Sequence
from pathlib import Path

from vadstudy.disk import files
from vadstudy.paper import pages, pandoc
from vadstudy.paths import BUILD, PACKAGED, ROOT

FOLDER = BUILD / "docs"
#: The page that others are found from: GitHub shows a file of this name below its folder's list.
FIRST = "README"
FOOT = "Made by <code>make docs</code>, and part of vadstudy: no page asks another host for anything."
OPTIONS = (*pages.LOOK, f"--lua-filter={PACKAGED / 'docs.lua'}", f"--variable=foot:{FOOT}")
NAV = '<a href="{up}index.html">Documentation</a> <a href="{up}api/index.html">API reference</a>'


def write(folder: Path = FOLDER) -> Path:
    """Write the pages of ``docs/`` and, in ``api/`` below them, one for each module.

    Returns
    -------
    Path
        Of the first page, ``index.html``.

    Raises
    ------
    WriteError
        If a page cannot be written.
    """
    files.writable(folder / "api")
    found = {folder / f"{_stem(path)}.html": guide(path) for path in sorted((ROOT / "docs").glob("*.md"))}
    names = modules()
    reference(names, folder / "api")
    found[folder / "api" / "index.html"] = contents(names)
    files.write_all({path: page.encode() for path, page in found.items()})
    return folder / "index.html"


def guide(path: Path) -> str:
    """A page of ``docs/`` in HTML; its links to other such pages lead to theirs, all others to the project's files."""
    text = path.read_text(encoding="utf-8")
    return pandoc.convert(text, "html5", *OPTIONS, f"--variable=nav:{NAV.format(up='')}", read="gfm")


def modules() -> list[str]:
    """The dotted names of the package's modules; what is to be called is in none of itself and ``__main__``."""
    package = ROOT / "vadstudy"
    found = [
        path.relative_to(ROOT).with_suffix("") for path in sorted(package.rglob("*.py")) if path.parent != PACKAGED
    ]
    dotted = [".".join(path.parts).removesuffix(".__init__") for path in found]
    return [name for name in dotted if name not in ("vadstudy", "vadstudy.__main__")]


def contents(names: Sequence[str]) -> str:
    """The reference's first page: what the package says of itself, and each module with its first sentence."""
    lines = [f"| [`{name}`]({name.replace('.', '/')}.html) | {_docstring(name).splitlines()[0]} |" for name in names]
    text = "\n".join(["# API reference", "", _docstring("vadstudy"), "", "| module | |", "|---|---|", *lines])
    nav = f"--variable=nav:{NAV.format(up='../')}"
    return pandoc.convert(text.replace("``", "`"), "html5", *OPTIONS, nav, read="gfm")


def reference(names: Sequence[str], folder: Path) -> None:
    """A page for each module, and an index to search in them, by pdoc; it imports them all."""
    import pdoc

    pdoc.render.configure(docformat="numpy", show_source=False, template_directory=PACKAGED)
    with warnings.catch_warnings():
        # A package's modules come again by name, as not all list them; fields that pydantic made and annotations of
        # other libraries are unknown to it. What cannot be imported is told.
        for what in ("The module specification", "Cannot determine where", "Error parsing type annotation"):
            warnings.filterwarnings("ignore", f"\\s*{what}")
        pdoc.pdoc(*names, output_directory=folder)
    # The values of paths say where the project lies on this machine.
    for path in [*folder.rglob("*.html"), folder / "search.js"]:
        path.write_bytes(path.read_bytes().replace(bytes(ROOT), b"."))


def _stem(path):
    return "index" if path.stem == FIRST else path.stem


def _docstring(name):
    """A module's docstring, read without importing it."""
    path = ROOT.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
