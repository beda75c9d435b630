"""The house's rules: reading order, tools apart, nothing private across modules, imports and help that cost nothing."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vadstudy"
#: The science files as a student reads them; one that is not there yet is skipped.
READING = """
emotions corpora ratings mappers recipes untrained experiments base profiles texts borrowed model inference origin
training encoded computed runs classifiers readout metrics sums significance bootstrap shown tables transfer carried
people confounds unseen dimensions related scale asked claims
"""
ORDER = READING.split()
#: How good a point is, is looked at while training, and an SVM's probabilities and the points
#: read off a softmax are computed as runs are.
AHEAD = {("training", "classifiers"), ("training", "metrics"), ("computed", "classifiers")} | {
    (name, "readout") for name in ("encoded", "computed")
}
TOOLS = ("plots", "lab", "paper", "use")
BELOW_DISK = ("vadstudy.errors", "vadstudy.paths", "vadstudy.emotions")
HEAVY = ("torch", "transformers", "pandas", "matplotlib")


def dotted(path):
    """A module's name, from its file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def runs(tree):
    """The nodes of a tree, without what is there for the checker of types alone."""
    yield tree
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")):
            yield from runs(node)


def imported(name):
    """What a module imports from the package, also within functions: pairs of a module and a name in it, or None."""
    for node in runs(TREES[name]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names if alias.name.split(".")[0] == "vadstudy")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "vadstudy":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole, None) if whole in MODULES else (node.module, alias.name)


def home(module):
    """The folder, or the science file, that a module belongs to."""
    return module.split(".")[1] if "." in module else module


def exported(folder):
    """Names that a folder's ``__init__`` has, as values, not as modules."""
    names = set()
    for node in TREES[f"vadstudy.{folder}"].body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def test_a_science_file_imports_none_that_is_read_after_it():
    found = {
        (name, home(module))
        for name in ORDER
        if f"vadstudy.{name}" in MODULES
        for module, _ in imported(f"vadstudy.{name}")
        if home(module) in ORDER and ORDER.index(home(module)) > ORDER.index(name)
    }
    assert found == AHEAD


def test_a_science_file_imports_no_tool_and_no_command():
    found = {
        (name, module)
        for name in ORDER
        if f"vadstudy.{name}" in MODULES
        for module, _ in imported(f"vadstudy.{name}")
        if home(module) in (*TOOLS, "cli")
    }
    assert found == set()


def test_disk_stands_below_the_science():
    found = {
        (name, module)
        for name in MODULES
        if home(name) == "disk"
        for module, _ in imported(name)
        if home(module) != "disk" and module not in BELOW_DISK
    }
    assert found == set()


def test_a_tool_takes_from_another_what_that_offers():
    found = set()
    for name in MODULES:
        for module, what in imported(name) if home(name) in TOOLS else ():
            other = home(module)
            offered = other in TOOLS and module == f"vadstudy.{other}" and what in exported(other)
            if other == "cli" or (other in TOOLS and other != home(name) and not offered):
                found.add((name, module, what))
    assert found == set()


def test_nothing_private_is_used_in_another_module():
    found = set()
    for name, tree in TREES.items():
        taken = {(module, what) for module, what in imported(name) if module != name}
        found |= {(name, module, what) for module, what in taken if what and what.startswith("_")}
        modules = {module.rsplit(".", 1)[-1] for module, what in taken if what is None}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                private = node.attr.startswith("_") and not node.attr.startswith("__")
                found |= {(name, node.value.id, node.attr)} if private else set()
    assert found == set()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is(name):
    assert ast.get_docstring(TREES[name])


@pytest.mark.parametrize("path", sorted(ROOT.glob("tests/*/test_*.py")), ids=lambda path: path.stem)
def test_a_tool_s_test_has_the_name_of_its_module(path):
    folder, stem = path.parent.name, path.stem.removeprefix("test_")
    assert folder == "faults" or (PACKAGE / folder / f"{stem}.py").is_file()


def child(script):
    """What a process of its own prints, as JSON."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_is_imported_when():
    """In one process, which imports more and more: each start of Python with its libraries takes seconds."""
    modules = [name for name in MODULES if name != "vadstudy.__main__"]
    found = child(f"""
import importlib, json, sys
import vadstudy
found = {{"package": sorted({{"numpy", "torch", "plotly"}} & set(sys.modules))}}
from click.testing import CliRunner
from vadstudy.cli import main
for arguments in ([], *([name] for name in main.commands)):
    result = CliRunner().invoke(main, [*arguments, "--help"])
    assert result.exit_code == 0 and "Usage:" in result.output, arguments
found["help"] = sorted(set({HEAVY}) & set(sys.modules))
import matplotlib
look = dict(matplotlib.rcParams)
import vadstudy.claims, vadstudy.plots, vadstudy.use.annotate
found["record"] = sorted({{"torch", "transformers"}} & set(sys.modules))
import torch
threads = torch.get_num_threads()
for name in {modules}:
    importlib.import_module(name)
changed = [name for name in look if look[name] != matplotlib.rcParams[name]]
found["changed"] = changed + ["threads"] * (threads != torch.get_num_threads())
print(json.dumps(found))
""")
    assert found["package"] == [], "the package itself imports nothing"
    assert found["help"] == [], "a command's help is there at once"
    assert found["record"] == [], "the record and files of rows are read without PyTorch"
    assert set(found["changed"]) <= {"backend"}, "matplotlib settles on its backend when it is first used"
