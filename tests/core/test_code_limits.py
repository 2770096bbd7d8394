"""Limits that keep the code readable, for all packages and for their tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import fedrse

ROOT = Path(fedrse.__path__[0])
# Migrations are generated once and never edited: a record, not code to read.
MODULES = sorted(path for path in ROOT.rglob("*.py") if "versions" not in path.parts)
TESTS = Path(__file__).parents[1]
TEST_MODULES = sorted(TESTS.rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 40
# Wiring: one keyword argument per line, no branches. Splitting it would hide the picture.
WIRING = {
    "app/protocol.py": {"_wire"},
    "app/services.py": {"make_services"},
    "app/surfaces.py": {"make_frame"},
    "features/accounts/service.py": {"__init__"},
    "features/posts/service.py": {"__init__"},
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without signature and docstring."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_stays_readable(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MAX_MODULE_LINES
    assert path.stem not in FORBIDDEN_NAMES
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = {
        node.name: body_lines(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, functions) and body_lines(node) > MAX_FUNCTION_LINES
    }
    assert set(long) == WIRING.get(str(path.relative_to(ROOT)), set())


@pytest.mark.parametrize("path", TEST_MODULES, ids=lambda path: str(path.relative_to(TESTS)))
def test_module_of_tests_stays_readable(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= MAX_MODULE_LINES
    assert path.stem not in FORBIDDEN_NAMES


def test_the_check_counts_lines() -> None:
    source = "def f():\n    '''Doc.'''\n" + "    x = 1\n" * 41
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 41
