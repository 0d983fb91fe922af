"""Schemas of the leaves: text, numbers, booleans, words, times and durations, each with its bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from wfcore.codec.durations import DURATION_PATTERN, format_duration
from wfcore.crds.rules import within
from wfcore.model.fields import Limits

Schema: TypeAlias = dict[str, Any]

# The largest magnitude up to which every JSON reader keeps integers exact.
SAFE_INTEGER = 2**53 - 1
INT32 = 2**31 - 1
# What the codec reads at most; RFC 3339 with nanoseconds and an offset has 35 characters.
DURATION_LENGTH = 64
TIME_LENGTH = 35


def scalar_schema(kind: type, limits: Limits, *, strict: bool) -> Schema:
    """The schema of a leaf, without description.

    `strict` adds CEL for what the pattern can't bound: durations that a user gives.
    Raises TypeError for a type or a missing limit that would leave the field unbounded.
    """
    if issubclass(kind, StrEnum):
        return {"type": "string", "enum": [member.value for member in kind]}
    if kind is timedelta:
        return _duration(limits, strict=strict)
    if kind not in _LEAVES:
        raise TypeError(f"no schema for fields of type {kind.__name__} ({limits.doc}); add one to wfcore.crds.scalars")
    return _LEAVES[kind](limits)


def plain(number: float) -> int | float:
    """1.0 -> 1, as people write bounds."""
    return int(number) if float(number).is_integer() else number


def _text(limits: Limits) -> Schema:
    if limits.max_length is None:
        raise TypeError(f"the text field {limits.doc!r} has no max_length; give it one in the model")
    schema: Schema = {"type": "string"}
    if limits.enum is not None:
        schema["enum"] = list(limits.enum)
    if limits.min_length is not None:
        schema["minLength"] = limits.min_length
    schema["maxLength"] = limits.max_length
    if limits.pattern is not None:
        schema["pattern"] = limits.pattern
    return schema


def _integer(limits: Limits) -> Schema:
    least = -SAFE_INTEGER if limits.minimum is None else plain(limits.minimum)
    most = SAFE_INTEGER if limits.maximum is None else plain(limits.maximum)
    width = "int32" if -INT32 <= least and most <= INT32 else "int64"
    return {"type": "integer", "format": width, "minimum": least, "maximum": most}


def _number(limits: Limits) -> Schema:
    if limits.minimum is None or limits.maximum is None:
        raise TypeError(f"the number {limits.doc!r} has no minimum or no maximum; give it both in the model")
    return {"type": "number", "minimum": plain(limits.minimum), "maximum": plain(limits.maximum)}


def _duration(limits: Limits, *, strict: bool) -> Schema:
    schema: Schema = {"type": "string", "maxLength": DURATION_LENGTH, "pattern": DURATION_PATTERN}
    if strict and limits.minimum is not None and limits.maximum is not None:
        bounds = (format_duration(timedelta(seconds=bound)) for bound in (limits.minimum, limits.maximum))
        schema["x-kubernetes-validations"] = [within(*bounds).document()]
    return schema


_LEAVES: Mapping[type, Callable[[Limits], Schema]] = {
    str: _text,
    int: _integer,
    float: _number,
    bool: lambda limits: {"type": "boolean"},
    datetime: lambda limits: {"type": "string", "format": "date-time", "maxLength": TIME_LENGTH},
}
