"""Decisions about workflows are made in wfcore: an adapter that asks for a phase or counts retries
has begun to decide."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[2] / "packages"
# They show workflows (cli), perform one step (executor), describe the types (schema) or store them (rows); the rules of
# Prometheus have a severity of that name (alerts).
MAY_NAME_THEM = frozenset({"cli", "executor", "schema", "rows", "alerts"})
DECIDING = frozenset({"critical", "max_retries", "maxRetries", "rollback_strategy", "rollbackStrategy"})


def is_adapter_that_must_not_decide(path: Path) -> bool:
    return MAY_NAME_THEM.isdisjoint({*path.parts, path.stem})


def decisions(text: str) -> list[tuple[int, str]]:
    """Each place (line, what) that reads a member of `Phase` or a field that only a decision needs."""
    found = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Attribute(value=ast.Name(id="Phase") | ast.Attribute(attr="Phase"), attr=member):
                found.append((node.lineno, f"Phase.{member}"))
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Constant(value=str(name)) if name in DECIDING:
                found.append((node.lineno, name))
    return sorted(found)


@pytest.mark.parametrize("package", ["wfcontroller", "wfstorage"])
def test_adapters_decide_nothing_about_workflows(package: str) -> None:
    source = PACKAGES / package / "src" / package
    found = [f"{path.relative_to(PACKAGES)}:{line}: {what}: ask wfcore instead"
             for path in sorted(source.rglob("*.py")) if is_adapter_that_must_not_decide(path.relative_to(source))
             for line, what in decisions(path.read_text(encoding="utf-8"))]

    assert [] == found, "\n".join(found)


@pytest.mark.parametrize(("text", "expected"), [
    ("if x.phase is Phase.FAILED: pass", [(1, "Phase.FAILED")]),
    ("model.Phase.FAILED", [(1, "Phase.FAILED")]),
    ("step.critical", [(1, "critical")]),
    ("spec['maxRetries']", [(1, "maxRetries")]),
    ("pod.status.PodPhase", []),
    ("'a critical step failed'", []),
])
def test_a_decision_is_found_where_it_is_read(text: str, expected: list[tuple[int, str]]) -> None:
    assert expected == decisions(text)


@pytest.mark.parametrize(("path", "deciding"), [
    ("cli/run.py", False), ("executor/actions/scale.py", False), ("rows.py", False), ("schema.py", False),
    ("runtime/workers.py", True), ("embedded/server.py", True), ("client.py", True),
])
def test_only_those_that_show_perform_or_store_may_name_them(path: str, deciding: bool) -> None:
    assert deciding is is_adapter_that_must_not_decide(Path(path))
