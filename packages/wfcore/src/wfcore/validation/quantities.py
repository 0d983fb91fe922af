"""Kubernetes quantities (`500m`, `2Gi`, `1e3`) as exact numbers, and what a pod asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import isfinite
from typing import Any

from wfcore.validation.facts import part, parts

_QUANTITY = re.compile(r"([+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30}))(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)",
                       re.ASCII)
_SUFFIX: Mapping[str, Fraction] = {
    "": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000),
    **{letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", 1)},
}
Amounts = Mapping[str, Fraction]


def quantity(value: Any) -> Fraction | None:
    """The number that a quantity means, or None for anything that is no quantity."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fraction(value) if isfinite(value) else None
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    scale = Fraction(10) ** int(match[2]) if match[2] else _SUFFIX[match[3] or ""]
    return Fraction(match[1]) * scale


def amounts(value: Any) -> Amounts:
    """The readable quantities of a map."""
    read = {str(key): quantity(item) for key, item in value.items()} if isinstance(value, Mapping) else {}
    return {key: amount for key, amount in read.items() if amount is not None}


def asked_by(pod_spec: Any, what: str) -> dict[str, Fraction]:
    """The `requests` or `limits` of a pod: all containers together, or the largest initial one, plus the overhead."""
    running = total(*(amounts(part(c, "resources", what)) for c in parts(pod_spec, "containers")))
    for container in parts(pod_spec, "initContainers"):
        for key, amount in amounts(part(container, "resources", what)).items():
            running[key] = max(running.get(key, Fraction(0)), amount)
    return total(running, amounts(part(pod_spec, "overhead")))


def total(*given: Amounts) -> dict[str, Fraction]:
    """The sums by resource."""
    sums: dict[str, Fraction] = {}
    for each in given:
        for key, amount in each.items():
            sums[key] = sums.get(key, Fraction(0)) + amount
    return sums


def shown(amount: Fraction) -> str:
    """A number for a message."""
    return f"{float(amount):.10g}"
