"""Checks one decoded value against the limits its field declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import attrs

from wfcore.codec.durations import format_duration
from wfcore.codec.problems import Nested, Path, Rejected, shown
from wfcore.model.fields import Limits

_MAX_KEY = 253


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    # As the API server reads it: here `$` would also accept a newline at the end.
    return re.compile(pattern.replace("$", r"\Z"), re.ASCII)


def matches(pattern: str, value: str) -> bool:
    """Whether a value matches a pattern of the schema."""
    return compiled(pattern).search(value) is not None


def check_limits(limits: Limits, value: Any) -> None:
    """Raise `Rejected` for the first limit of its field that a value breaks; `None` has no limits."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, timedelta):
        _check_range(limits, value.total_seconds(), format_duration(value), _duration_text)
    elif isinstance(value, (int, float)):
        _check_range(limits, value, str(value), lambda bound: f"{bound:g}" if bound < 1e6 else str(int(bound)))
    elif isinstance(value, str):
        _check_text(limits, value)
    elif isinstance(value, Mapping):
        _check_size(limits.max_properties, len(value), "entries", 0)
        _check_entries(limits, value)
    elif isinstance(value, tuple):
        maximum = limits.max_items if limits.max_items is not None else limits.max_properties
        _check_size(maximum, len(value), "items", limits.min_items or 0)
        if limits.items is not None:
            _check_items(limits.items, value)
        if limits.values is not None:
            _check_entries(limits, {entry.step: entry.needs for entry in value})


def _check_items(limits: Limits, items: tuple[Any, ...]) -> None:
    _raise_all([((index,), error) for index, item in enumerate(items) if (error := _broken(limits, item))])


def _check_entries(limits: Limits, entries: Mapping[str, Any]) -> None:
    wrong: list[tuple[Path, Exception]] = []
    values = limits.values and attrs.evolve(limits.values, secret=limits.secret or limits.values.secret)
    for key, item in entries.items():
        if not key or len(key) > _MAX_KEY:
            wrong.append(((key,), Rejected(
                "BadFormat", f"a key of {len(key)} characters; 1 to {_MAX_KEY} are allowed")))
        elif values is not None and (error := _broken(values, item)):
            wrong.append(((key,), error))
    _raise_all(wrong)


def _broken(limits: Limits, value: Any) -> Nested | Rejected | None:
    try:
        check_limits(limits, value)
    except (Nested, Rejected) as error:
        return error
    return None


def _raise_all(wrong: list[tuple[Path, Exception]]) -> None:
    if wrong:
        raise Nested(wrong)


def _check_range(limits: Limits, value: float, text: str, bound_text: Callable[[float], str]) -> None:
    if limits.minimum is not None and value < limits.minimum:
        raise Rejected("OutOfRange", f"{text} is too small; the least is {bound_text(limits.minimum)}")
    if limits.maximum is not None and value > limits.maximum:
        raise Rejected("OutOfRange", f"{text} is too large; the most is {bound_text(limits.maximum)}")


def _duration_text(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))


def _check_text(limits: Limits, value: str) -> None:
    seen = "this value" if limits.secret else shown(value)
    if limits.min_length is not None and len(value) < limits.min_length:
        raise Rejected("Missing", "must not be empty")
    if limits.max_length is not None and len(value) > limits.max_length:
        raise Rejected("TooLong", f"{len(value)} characters; the most is {limits.max_length}")
    if limits.pattern is not None and not matches(limits.pattern, value):
        raise Rejected("BadFormat", f"{seen} does not match {limits.pattern}")


def _check_size(maximum: int | None, size: int, what: str, minimum: int) -> None:
    if maximum is not None and size > maximum:
        raise Rejected("TooMany", f"{size} {what}; the most is {maximum}")
    if size < minimum:
        raise Rejected("TooFew", f"{size} {what}; at least {minimum} is needed")
