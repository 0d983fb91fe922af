"""Where in an object a problem is, and the sentences the API server says about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
Cause: TypeAlias = tuple[str, str]  # field, message
OMITTED: object = object()  # in place of a value that a message leaves out


class Key(str):
    """A key of a map as one part of a path: `[key]`."""

    __slots__ = ()


def field_of(path: Path) -> str:
    """`spec.steps[2].labels[app]`, and `<nil>` for the object itself, as `field.Path` prints them."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int | Key) else f".{part}" if text else part
    return text or "<nil>"


def shown(value: object) -> str:
    """A value inside a message: JSON, cut when long."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= 200 else f"{text[:200]}..."


def invalid_value(path: Path, value: object, why: str) -> Cause:
    return field_of(path), f"Invalid value: {why}" if value is OMITTED else f"Invalid value: {shown(value)}: {why}"


def required(path: Path, why: str = "") -> Cause:
    return field_of(path), f"Required value: {why}" if why else "Required value"


def forbidden(path: Path, why: str) -> Cause:
    return field_of(path), f"Forbidden: {why}"


def duplicate(path: Path, value: object) -> Cause:
    return field_of(path), "Duplicate value" if value is OMITTED else f"Duplicate value: {shown(value)}"


def unsupported(path: Path, value: object, supported: Iterable[object]) -> Cause:
    return field_of(path), f"Unsupported value: {shown(value)}: supported values: {', '.join(map(shown, supported))}"
