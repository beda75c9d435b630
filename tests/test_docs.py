"""The documentation: snippets run as they stand, commands are those that there are, links lead somewhere."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from vadstudy.cli import main

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").glob("*.md"))
#: What is no dependency of the project.
OTHERS = ("pyspark", "ray")


def blocks(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.S | re.M)


def commands():
    """Lines of the shell in README and docs/, with the page that has each; comments are left out."""
    lines = [(path, line) for path in (README, *PAGES) for block in blocks(path, "sh") for line in block.splitlines()]
    return [(path.name, line.partition("  #")[0].strip()) for path, line in lines if line.strip()]


def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [path for path in PAGES if blocks(path, "python")], ids=lambda path: path.stem)
def test_the_python_snippets_of_a_page_run_in_their_order(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known, ran = {}, 0
    for snippet in blocks(path, "python"):
        needed = [name for name in OTHERS if re.search(rf"^(import|from) {name}\b", snippet, re.M)]
        if all(importlib.util.find_spec(name) for name in needed):
            exec(snippet, known)
            ran += 1
    assert ran
    match path.stem:
        case "model" | "gpu":
            assert known["reading"].emotion
        case "own-labels":
            assert next(iter(known["reading"].own)) == "nostalgia"
        case "own-data":
            assert 0 <= known["right"] <= 1 and known["by_label"].sum() == len(known["comments"])
            assert set(known["trained"].predictions["split"]) == {"dev", "test"}
        case "own-encoder":
            assert 0 <= known["accuracy"] <= 1
        case "large-data":
            assert ran >= 2 and known["annotated"] is not None and known["annotate"].column == "text"
        case _:
            pytest.fail(f"nothing is asked of the snippets of {path.name}")


def test_the_commands_are_those_of_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("comments.csv", "old.csv", "labels.txt"):
        Path(name).touch()
    Path("comments").mkdir()
    ours = [shlex.split(line) for _, line in commands() if line.startswith(".venv/bin/vadstudy ")]
    assert {words[1] for words in ours} >= {"predict", "annotate", "export", "run", "show"}
    for _, name, *arguments in ours:
        arguments = arguments[: arguments.index("<")] if "<" in arguments else arguments
        main.commands[name].make_context(name, arguments)  # an error if it has no such option


def test_the_targets_are_those_of_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    told = [(path, re.search(r"(?<!\S)make ([a-z]+)", line)) for path, line in commands()]
    found = {(path, match[1]) for path, match in told if match}
    assert {name for _, name in found} >= {"install", "paper", "app", "grid", "docs"}
    assert {(path, name) for path, name in found if name not in targets} == set()


@pytest.mark.parametrize("path", [README, *PAGES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        target, _, part = link.partition("#")
        if ":" in target:
            continue
        there = (path.parent / target).resolve() if target else path
        if not there.exists() or (part and part not in anchors(there)):
            wrong.append(link)
    assert wrong == []


def test_every_page_is_found_from_the_first_and_from_the_readme():
    for first in (ROOT / "docs" / "README.md", README):
        linked = set(re.findall(r"\((?:docs/)?([\w-]+\.md)", first.read_text(encoding="utf-8")))
        assert {path.name for path in PAGES if path.stem != "README"} <= linked
