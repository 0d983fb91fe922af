"""Every invariant is on its page, in order, and linked to tests that exist; no law is named that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "invariants.md").read_text("utf-8")
IDS = [f"S{n}" for n in range(1, 28)] + [f"L{n}" for n in range(1, 10)] + [f"M{n}" for n in range(1, 5)]
SECTIONS = {match[1]: match[0] for match in re.finditer(r"^### (\w+): .*?(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)}


def links_of(law: str) -> list[str]:
    return re.findall(r"^- `(tests/[^`]+)`$", SECTIONS[law], re.MULTILINE)


def test_the_page_has_every_invariant_in_order() -> None:
    assert IDS == list(SECTIONS)


@pytest.mark.parametrize("law", IDS)
def test_an_invariant_is_linked_to_tests_that_exist(law: str) -> None:
    assert links_of(law)
    for link in links_of(law):
        path, _, name = link.partition("::")
        functions = {node.name for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
                     if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
        assert not name or name in functions, link


def test_every_law_that_the_test_kit_names_is_on_the_page() -> None:
    kit = ROOT / "packages" / "wfcore" / "src" / "wfcore" / "testing"
    named = {law for path in kit.rglob("*.py") for law in re.findall(r'"([SLM]\d+)"', path.read_text("utf-8"))}

    assert {"S1", "L1", "S27"} <= named <= set(IDS)
