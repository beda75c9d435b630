"""The lock, pyproject.toml and environment.yml say the same, and cover what the code imports."""

import ast
import functools
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vadstudy.disk import wheels

ROOT = Path(__file__).parent.parent
#: Tools of the environment, which the lock leaves to it.
TOOLS = {"pip", "setuptools", "wheel"}
#: Names on conda-forge that differ from PyPI's.
CONDA_NAMES = {
    "jupyter_client": "jupyter-client",
    "pytorch": "torch",
    "matplotlib-base": "matplotlib",
    "seaborn-base": "seaborn",
}
CODE = sorted([*ROOT.glob("vadstudy/*.py"), *ROOT.glob("benchmarks/*.py"), *ROOT.glob("notebooks/[0-9]*.ipynb")])


def exact_pin(requirement):
    """Version of a requirement ``name==version``, an error if it is anything else."""
    found = re.fullmatch(r"==([^*,]+)", str(requirement.specifier))
    assert found, f"{requirement} is not pinned to one version with =="
    return found[1]


def pins(lines):
    """Requirement lines to ``{canonical name: version}``, an error if a name comes twice or a pin is not exact."""
    requirements = [Requirement(line) for line in lines]
    found = {canonicalize_name(requirement.name): exact_pin(requirement) for requirement in requirements}
    assert len(found) == len(requirements), "a distribution is listed twice"
    return found


def applies_here(requirement):
    return requirement.marker is None or requirement.marker.evaluate()


def lock_lines():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def direct():
    return pins(project()["dependencies"])


def direct_for_tests():
    return pins(project()["optional-dependencies"]["test"])


def extras():
    """Pins of what is used where it is there, by extra; the tests' own is no such thing."""
    return {name: pins(lines) for name, lines in project()["optional-dependencies"].items() if name != "test"}


def conda_pins():
    """Pins of environment.yml under their PyPI names, those of its pip section included."""
    lines = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    found = {}
    for line in lines:
        if isinstance(line, dict):
            found |= pins([entry for entry in line["pip"] if not entry.startswith("-e")])
        elif line != "pip" and not line.startswith("python="):
            # name==version, or name=version=build, which conda takes as exact, too
            match = re.fullmatch(r"([a-z0-9_-]+)(?:==([^=*]+)|=([^=*]+)=[^=]+)", line)
            assert match, f"environment.yml: {line!r} is not pinned to one version"
            found[CONDA_NAMES.get(match[1], match[1])] = match[2] or match[3]
    return found


def modules(path):
    """Top-level modules of other projects that a Python file or a notebook imports."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        lines = "\n".join(cell.source for cell in cells if cell.cell_type == "code").splitlines()
        source = "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines)
    else:
        source = path.read_text(encoding="utf-8")
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    own = {"vadstudy", *(found.stem for found in [*ROOT.glob("tests/*.py"), *ROOT.glob("benchmarks/*.py")])}
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - own


# It reads the metadata of all that is installed.
providers_of = functools.cache(importlib.metadata.packages_distributions)


def not_covered(path, allowed):
    """Modules imported by a file that no allowed distribution provides."""
    providers = providers_of()
    names = {name: {canonicalize_name(found) for found in providers.get(name, ())} for name in modules(path)}
    return {name: found for name, found in names.items() if not found & set(allowed)}


def test_every_pin_of_the_lock_is_exact():
    assert pins(lock_lines())
    assert not TOOLS & set(pins(lock_lines()))


def test_the_lock_names_no_place_or_local_build():
    shape = r"[a-z0-9-]+==[0-9a-z.]+(; (python_version|sys_platform) [<=]+ \"[0-9a-z.]+\")?"
    assert [line for line in lock_lines() if not re.fullmatch(shape, line)] == []


def test_the_lock_is_sorted():
    names = [line.split("==")[0] for line in lock_lines()]
    assert names == sorted(names)


def test_direct_dependencies_are_pinned_as_in_the_lock():
    lock = pins(lock_lines())
    wanted = direct() | direct_for_tests()
    assert wanted == {name: lock.get(name) for name in wanted}


def test_environment_yml_has_the_direct_dependencies_and_no_others():
    assert conda_pins() == direct() | direct_for_tests()


def test_environment_yml_has_the_oldest_python_that_pyproject_allows():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert project()["requires-python"] == ">=3.11"
    assert "python=3.11" in lines


def test_the_lock_has_what_the_direct_dependencies_need_and_nothing_else():
    lock, needed_by = pins(lock_lines()), {}
    waiting = [(Requirement(name), "the project") for name in direct() | direct_for_tests()]
    while waiting:
        requirement, asked_by = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in TOOLS or (name, *requirement.extras) in needed_by:
            continue
        needed_by[name, *requirement.extras] = asked_by
        assert name in lock, f"{name}, which {asked_by} needs, is not in requirements.txt"
        for line in importlib.metadata.requires(name) or ():
            needed = Requirement(line)
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append((needed, name))
    here = [line for line in lock_lines() if applies_here(Requirement(line))]
    assert set(pins(here)) == {name for name, *_ in needed_by}


def test_extras_are_pinned_and_apart():
    assert set(extras()) == {"openvino"}
    for found in extras().values():
        assert found and not set(found) & (set(pins(lock_lines())) | set(conda_pins()))


def test_the_wheels_of_base_are_pinned_and_apart():
    lines = (ROOT / "requirements-base.txt").read_text(encoding="utf-8").splitlines()
    found = pins([line for line in lines if not line.startswith("#")])
    assert found == dict.fromkeys(wheels.MPNET_PARTS, "0.0.1")
    assert not set(found) & (set(pins(lock_lines())) | set(direct()) | set(conda_pins()))


def test_an_extra_that_is_installed_goes_with_the_lock():
    lock = pins(lock_lines())
    for name, wanted in [pin for found in extras().values() for pin in found.items()]:
        try:
            assert importlib.metadata.version(name) == wanted
        except importlib.metadata.PackageNotFoundError:
            continue
        needed = [Requirement(line) for line in importlib.metadata.requires(name) or ()]
        for each in filter(applies_here, needed):
            at = lock.get(canonicalize_name(each.name))
            assert at is None or each.specifier.contains(at), f"{name} needs {each}, the lock has {at}"


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_are_direct_dependencies(path):
    assert not_covered(path, direct()) == {}


@pytest.mark.parametrize("path", sorted(ROOT.glob("tests/*.py")), ids=lambda path: path.name)
def test_imports_of_tests_are_direct_dependencies(path):
    assert not_covered(path, direct() | direct_for_tests()) == {}
