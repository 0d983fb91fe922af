"""The workloads know the loop's clock alone and do everything in an order that no hash decides."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from wfcontroller.embedded import workloads

SOURCES = sorted(Path(workloads.__file__).parent.glob("*.py"))
FOREIGN = {"concurrent", "logging", "os", "pathlib", "random", "secrets", "subprocess", "threading", "time", "uuid"}
RACY = {"asyncio.wait", "asyncio.as_completed", "asyncio.gather", "asyncio.to_thread", "datetime.now",
        "datetime.utcnow", "frozenset", "set"}


def problems(text):
    """Each use of another clock, of chance, of threads, of a race, or of a set (whose order is its hashes')."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in FOREIGN]
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in FOREIGN:
            found.append(node.module or "")
        if isinstance(node, ast.Set | ast.SetComp) or (isinstance(node, ast.Call) and ast.unparse(node.func) in RACY):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_module_looks_at_another_clock_or_makes_a_set(source):
    assert [] == problems(source.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", [
    "import time", "from random import choice", "asyncio.wait(x)", "for x in {1, 2}: f(x)", "[x for x in set(y)]",
    "{x for x in y}", "datetime.now(UTC)",
])
def test_what_would_race_is_found(text):
    assert [] != problems(text)
