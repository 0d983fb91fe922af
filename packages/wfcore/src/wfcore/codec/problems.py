"""What is wrong with a document: one `Problem` per finding, each with its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from attrs import frozen

Path: TypeAlias = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SHOWN = 80


def render_path(path: Sequence[str | int]) -> str:
    """`("spec", "steps", 2, "a/b")` -> `$.spec.steps[2]["a/b"]`."""
    parts = ["$"]
    for segment in path:
        if isinstance(segment, int):
            parts.append(f"[{segment}]")
        elif _PLAIN_KEY.fullmatch(segment):
            parts.append(f".{segment}")
        else:
            parts.append(f'["{segment[:_SHOWN]}"]')
    return "".join(parts)


def shown(value: object) -> str:
    """A value as it may appear in a message: short, on one line."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is True or value is False:
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


@frozen
class Problem:
    """One thing that is wrong, where, and what to do about it.

    `path` leads from the document's root; `reason` is one word for machines
    (`Missing`, `UnknownField`, `WrongType`, `OutOfRange`, `Cycle`, ...).
    """

    path: Path
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{render_path(self.path)}: {self.message}"


@frozen
class Malformed:
    """An object that the codec could not decode; `raw` identity is kept by whoever holds it."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "; ".join(str(problem) for problem in self.problems)


class Rejected(ValueError):
    """A single value that does not fit its field."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason, self.message = reason, message
        super().__init__(message)


class Nested(ValueError):
    """Errors at places below a value that is decoded as one: list items, map values, union members."""

    def __init__(self, parts: Sequence[tuple[Path, Exception]]) -> None:
        self.parts = tuple(parts)
        super().__init__(f"{len(self.parts)} nested errors")


def wrong_type(expected: str, value: Any, hint: str = "") -> Rejected:
    """A `Rejected` for a value of another JSON type."""
    return Rejected("WrongType", f"expected {expected}, got {shown(value)}{hint}")
