"""How large an object may be as JSON, at most, without spelling it out: what it shares with its last state is known."""

from __future__ import annotations

from collections.abc import Mapping
from marshal import dumps
from typing import Any, NamedTuple

# Spelt as JSON nothing takes more than so many times its marshalled bytes: a control character becomes six.
WORST = 6
SMALL = 32 * 1024  # marshalled bytes of an object whose parts are not told apart
DEPTH = 3  # an object's parts, their fields, the items of those
_WITHOUT_REFERENCES = 2  # the marshal format that repeats what occurs twice, as JSON does


class Weighed(NamedTuple):
    """A part of an object, its marshalled bytes, and the parts in it by key or index."""

    value: Any
    weight: int
    parts: Mapping[Any, Weighed]


def weigh(value: Any, before: Weighed | None = None, depth: int = DEPTH) -> Weighed:
    """Weigh a dictionary or list; parts that are the very ones of `before` are not looked at again.

    Raises:
        ValueError: when it is not made of plain JSON types, so that only spelling it out can tell.
    """
    if before is not None and before.value is value:
        return before
    if depth == 0:
        return Weighed(value, len(dumps(value, _WITHOUT_REFERENCES)), {})
    plain: list[Any] = [*value] if type(value) is dict else []
    parts: dict[Any, Weighed] = {}
    known = before.parts if before is not None else {}
    for key, item in value.items() if type(value) is dict else enumerate(value):
        if type(item) is dict or type(item) is list:
            parts[key] = weigh(item, known.get(key), depth - 1)
        else:
            plain.append(item)
    weight = len(dumps(plain, _WITHOUT_REFERENCES)) + sum([part.weight for part in parts.values()])
    return Weighed(value, weight, parts)
