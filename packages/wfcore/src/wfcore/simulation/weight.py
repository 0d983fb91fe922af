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
    total = len(dumps([*value], _WITHOUT_REFERENCES)) + sum(
        [_weight(part, _DEPTH - 1, known, found) for part in value.values()])
    return _WORST * total, found


def _weight(value: Any, depth: int, known: Weights, found: Weights) -> int:
    kind = type(value)
    if kind is not dict and kind is not list:
        return len(dumps(value, _WITHOUT_REFERENCES))
    key = id(value)
    weight = known.get(key)
    if weight is None:
        if depth == 0:
            weight = len(dumps(value, _WITHOUT_REFERENCES))
        elif kind is dict:
            weight = len(dumps([*value], _WITHOUT_REFERENCES)) + sum(
                [_weight(item, depth - 1, known, found) for item in value.values()])
        else:
            weight = 5 + sum([_weight(item, depth - 1, known, found) for item in value])
    found[key] = weight
    return weight
