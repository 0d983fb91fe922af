"""Turns cattrs' error groups into problems with wire paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cattrs import AttributeValidationNote, BaseValidationError, ForbiddenExtraKeysError, IterableValidationNote

from wfcore.codec.names import wire_name
from wfcore.codec.problems import Nested, Path, Problem, Rejected, shown


def problems_of(error: BaseException, path: Path) -> Iterator[Problem]:
    """Every problem in an error tree, in field order, each with its path below `path`."""
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            yield from problems_of(inner, (*path, *_segment(inner)))
    elif isinstance(error, Nested):
        for place, part in error.parts:
            yield from problems_of(part, (*path, *place))
    elif isinstance(error, ForbiddenExtraKeysError):
        for name in sorted(map(str, error.extra_fields)):
            yield Problem((*path, name), "UnknownField", f"unknown field {shown(name)}; remove it or correct its name")
    elif isinstance(error, Rejected):
        yield Problem(path, error.reason, error.message)
    elif isinstance(error, KeyError):
        yield Problem(path, "Missing", "required, but missing")
    else:
        yield Problem(path, "Invalid", str(error) or type(error).__name__)


def _segment(error: BaseException) -> Path:
    notes: list[Any] = getattr(error, "__notes__", [])
    if notes and isinstance(notes[-1], AttributeValidationNote):
        return (wire_name(notes[-1].name),)
    return (notes[-1].index,) if notes and isinstance(notes[-1], IterableValidationNote) else ()
