"""How large an object may be as JSON, at most, without spelling it out: what it shares with its last state is known."""

from __future__ import annotations

from collections.abc import Mapping
from marshal import dumps
from typing import Any

# Spelt as JSON nothing takes more than so many times its marshalled bytes: a control character becomes six.
_WORST = 6
_DEPTH = 3  # an object's parts, their fields, the items of those
_WITHOUT_REFERENCES = 2  # the marshal format that repeats what occurs twice, as JSON does
Weights = dict[int, int]  # by identity of a part; only of use while the part lives


def weigh(value: Mapping[str, Any], known: Weights) -> tuple[int, Weights]:
    """An upper bound of the bytes of `value` as JSON, and the weights of its parts for the next time.

    Raises:
        ValueError: when only spelling it out can tell, because it is not made of plain JSON types.
    """
    found: Weights = {}
    return _WORST * _sum(dict(value), _DEPTH, known, found), found


def _sum(value: Any, depth: int, known: Weights, found: Weights) -> int:
    """Of a dictionary or list: its keys and plain items in one piece, the others one by one."""
    plain: list[Any] = []
    weight = 0
    if type(value) is dict:
        plain += value
        value = value.values()
    for item in value:
        if type(item) is not dict and type(item) is not list:
            plain.append(item)
        else:
            part = known.get(id(item))
            if part is None:
                part = _sum(item, depth - 1, known, found) if depth > 1 else len(dumps(item, _WITHOUT_REFERENCES))
            found[id(item)] = part
            weight += part
    return weight + len(dumps(plain, _WITHOUT_REFERENCES))
