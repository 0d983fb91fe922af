"""Kubernetes quantities (`500m`, `2Gi`, `1e3`) as exact numbers, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)", re.ASCII)
_BINARY = {f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", 1)}
_SUFFIXES: Mapping[str, Fraction] = {
    "": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), **_BINARY,
    **{letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", 1)},
}


def parse_quantity(given: object) -> Fraction:
    """The number a quantity means; 0 for what is none, as schemas of pods let anything pass."""
    found = _FORM.fullmatch(str(given))
    if found is None:
        return Fraction(0)
    exponent = Fraction(10) ** int(found[2]) if found[2] else _SUFFIXES[found[3] or ""]
    return Fraction(found[1]) * exponent


def format_quantity(amount: Fraction) -> str:
    """The shortest exact way to write it, binary suffixes first; what is finer than thousandths rounds up."""
    if amount.denominator != 1:
        thousandths = -(-amount * 1000 // 1)
        return f"{thousandths}m"
    whole = [suffix for suffix, size in _BINARY.items() if amount and amount % size == 0]
    suffix = max(whole, key=_BINARY.__getitem__, default="")
    return f"{amount / _BINARY.get(suffix, 1)}{suffix}"
