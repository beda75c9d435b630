"""Every public function, method and class of the package says what it takes and what it gives."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "vadstudy"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MODULES = sorted(PACKAGE.rglob("*.py"))


def public(body, owner=""):
    """(qualified name, function) of the public functions and methods in a body, and of public classes' ``__init__``."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public(node.body, f"{owner}{node.name}.")
        elif isinstance(node, FUNCTIONS) and (not node.name.startswith("_") or (owner and node.name == "__init__")):
            yield f"{owner}{node.name}", node


def lacking(function, is_method):
    """Names of a function's parameters without a type, and "return" where it does not say what it gives.

    ``self`` and ``cls`` have none; ``*args`` and ``**kwargs`` may, and ``__init__`` returns nothing.
    """
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in function.decorator_list)
    if is_method and not static:
        positional = positional[1:]
    names = [each.arg for each in (*positional, *arguments.kwonlyargs) if each.annotation is None]
    return names + ["return"] * (function.returns is None and function.name != "__init__")


def offenders(path):
    """A line for each public signature of a module that lacks a type."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        f"{path.relative_to(PACKAGE.parent)}:{function.lineno} {name}: {', '.join(missing)}"
        for name, function in public(tree.body)
        if (missing := lacking(function, "." in name))
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_signatures_have_types(path):
    found = offenders(path)
    assert not found, "public signatures without a type for:\n" + "\n".join(found)


def test_what_lacks_a_type_is_found(tmp_path):
    source = """
def bare(a, *args, b=1, **kwargs): ...
def typed(a: int, *args, b: int = 1, **kwargs) -> int: ...
def _own(a): ...
class Public:
    def __init__(self, a): ...
    def _own(self, a): ...
    @staticmethod
    def static(a) -> int: ...
    @property
    def value(self): ...
class _Own:
    def method(self, a): ...
"""
    found = [(name, lacking(function, "." in name)) for name, function in public(ast.parse(source).body)]
    assert found == [
        ("bare", ["a", "b", "return"]),
        ("typed", []),
        ("Public.__init__", ["a"]),
        ("Public.static", ["a"]),
        ("Public.value", ["return"]),
    ]
