"""One vocabulary: every reason that anybody emits is a member, and each member is explained and emitted somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from wfcore import reasons
from wfcore.reasons import EventReason, Reason

SOURCES = sorted((Path(__file__).parents[2] / "packages").rglob("src/**/*.py"))
MEMBERS = [*Reason, *EventReason]
# What takes a reason: the field by name, and the constructor that takes it by position.
WORDED = frozenset({"Condition", "Happening", "StepStatus"})


def definitions() -> dict[str, str]:
    """`Reason.PLANNED` -> the rest of its line."""
    found, owner = {}, ""
    for line in Path(reasons.__file__).read_text(encoding="utf-8").splitlines():
        if line.startswith("class "):
            owner = line.split("(")[0].removeprefix("class ")
        elif named := re.match(r"    ([A-Z_]+) = \"\w+\"(.*)", line):
            found[f"{owner}.{named[1]}"] = named[2]
    return found


def uses(text: str) -> Iterator[str]:
    """Each `Reason.X` and `EventReason.X` that a module reads."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in (
                "Reason", "EventReason"):
            yield f"{node.value.id}.{node.attr}"


def literal_reasons(text: str) -> list[str]:
    """Texts that are given as a reason where a member belongs."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in WORDED:
            continue
        given = [k.value for k in node.keywords if k.arg == "reason"]
        if getattr(node.func, "id", "") == "Happening":
            given += node.args[1:2]
        found += [value.value for value in given if isinstance(value, ast.Constant) and value.value]
    return found


@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_every_member_says_what_it_means(member: StrEnum) -> None:
    assert re.match(r"  # \S+", definitions()[f"{type(member).__name__}.{member.name}"])


@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_every_member_is_emitted_by_some_module(member: StrEnum) -> None:
    """A word that nobody says is no part of a vocabulary."""
    name = f"{type(member).__name__}.{member.name}"

    assert [path.name for path in SOURCES if path.name != "reasons.py" and name in uses(path.read_text("utf-8"))]


def test_no_module_makes_up_a_reason_of_its_own() -> None:
    assert {} == {path.name: found for path in SOURCES if "wfcore" in path.parts
                  and (found := literal_reasons(path.read_text("utf-8")))}


def test_a_made_up_reason_is_found() -> None:
    assert ["X", "Y"] == literal_reasons("Happening('Normal', 'X', 'm'); Condition(reason='Y'); Condition(reason=r)")


def test_no_word_means_two_things_in_failure_reasons() -> None:
    assert len(Reason) == len({reason.snake for reason in Reason})
