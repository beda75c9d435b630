"""The documentation's pages: every module is there, links lead to pages, and no page asks another host."""

import re
from pkgutil import walk_packages

import pytest

import vadstudy.errors
from vadstudy.paper import docs
from vadstudy.paths import ROOT

MODULES = {found.name for found in walk_packages(vadstudy.__path__, "vadstudy.")} - {"vadstudy.__main__"}
#: What makes a browser ask for something: all but links that a reader follows.
ASKS = r"""(?:\bsrc=|<link[^>]*\bhref=|url\(|@import |\bfetch\(|\bimport\()\s*["']?(?:https?:)?//[^"'\s)]+"""


def asked(folder):
    """What the pages of a folder, and their scripts, ask other hosts for."""
    paths = [path for path in folder.rglob("*.*") if path.suffix in (".html", ".js", ".css")]
    assert paths
    return {path.name: found for path in paths if (found := re.findall(ASKS, path.read_text(encoding="utf-8")))}


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://x.org/a.js">',
        "<link rel=x href='//x.org/a.css'>",
        "@import 'https://x.org'",
        "url(//x.org/a)",
    ],
)
def test_a_page_that_asks_another_host_is_found(tmp_path, page):
    (tmp_path / "a.html").write_text(page + '<a href="https://x.org">a link asks for nothing</a>')
    assert len(asked(tmp_path)["a.html"]) == 1


def test_the_modules_are_those_of_the_package():
    assert set(docs.modules()) == MODULES
    page = docs.contents(docs.modules())
    links = dict(re.findall(r'<a href="([\w/]+)\.html"><code>([\w.]+)</code>', page))
    assert links == {name.replace(".", "/"): name for name in MODULES}
    assert vadstudy.errors.__doc__.splitlines()[0] in page


def test_links_of_a_page_lead_to_pages_and_into_the_project(tmp_path):
    page = tmp_path / "a.md"
    page.write_text("# A page\n\n[b](b.md#part), [first](README.md), [data](../DATA.md), [out](https://x.org/c.md)\n")
    made = docs.guide(page)
    assert "<title>A page</title>" in made and 'href="api/index.html"' in made
    links = dict(reversed(found) for found in re.findall(r'<a\s+href="([^"]+)"[^>]*>(\w+)</a>', made))
    wanted = {"b": "b.html#part", "first": "index.html", "data": "../../DATA.md", "out": "https://x.org/c.md"}
    assert {name: links[name] for name in wanted} == wanted


def test_a_module_s_page_has_what_its_docstrings_say(tmp_path):
    docs.reference(["vadstudy.use.labels", "vadstudy.errors", "vadstudy.mappers"], tmp_path)
    page = (tmp_path / "vadstudy/use/labels.html").read_text(encoding="utf-8")
    assert re.search(r"<h6[^>]*>Parameters</h6>\s*<ul>\s*<li><strong>labels</strong> \(Path", page)
    assert 'href="../../index.html"' in page and "_label" not in re.findall(r'id="([\w.]+)"', page)
    assert "A list of one's own labels" in (tmp_path / "vadstudy/errors.html").read_text(encoding="utf-8")
    place = (tmp_path / "vadstudy/mappers.html").read_text(encoding="utf-8")
    assert "./vadstudy/data/spread_28.csv" in place and str(ROOT) not in place
    assert asked(tmp_path) == {}


def test_guides_and_reference_are_beside_one_another_and_ask_no_other_host(tmp_path, monkeypatch):
    few = ["vadstudy.errors", "vadstudy.disk.files"]
    monkeypatch.setattr(docs, "modules", lambda: few)
    first = docs.write(tmp_path)
    guides = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"README"}
    made = {path.relative_to(tmp_path).with_suffix("").as_posix() for path in tmp_path.rglob("*.html")}
    assert first == tmp_path / "index.html"
    assert made == {"index", "api/index", *guides, *(f"api/{name.replace('.', '/')}" for name in few)}
    assert asked(tmp_path) == {}
