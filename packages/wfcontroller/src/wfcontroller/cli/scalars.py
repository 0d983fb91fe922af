"""What a YAML scalar means to Kubernetes: YAML 1.1 as `kubectl apply` reads it, which is not quite any standard.

`yes`, `on` and `y` are booleans, `0644` is octal, `1_000` a number; dates stay
strings, and so does `1:30`, which YAML 1.1 would read as sixty-based.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite

Scalar = str | int | float | bool | None

STRING_TAG = "tag:yaml.org,2002:str"
_TAG = "tag:yaml.org,2002:"

_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
# Longer numbers don't fit 64 bits in any base but two, and Python refuses to read the longest.
_LONGEST_NUMBER = 70


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar; raises ValueError for a number that JSON cannot carry."""
    if text in _WORDS:
        return _WORDS[text]
    if _INFINITE.fullmatch(text):
        raise ValueError(f"{text} is a number that JSON cannot carry; give a finite one, or quote it")
    if len(text) > _LONGEST_NUMBER or text[0] not in "+-.0123456789":
        return text
    digits = text.replace("_", "") if text[0] != "." else text
    if match := _INTEGER.fullmatch(digits):
        sign, *spelt = match.groups()
        number = next(int(part, base) for part, base in zip(spelt, (16, 2, 8, 10), strict=True) if part is not None)
        signed = -number if sign == "-" else number
        return signed if -(1 << 63) <= signed < (1 << 64) else float(signed)
    if _FLOAT.fullmatch(digits):
        value = float(digits)
        if not isfinite(value):
            raise ValueError(f"{text} is too large for a number; quote it if it is meant as text")
        return value
    return text


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit tag; raises ValueError if it is not of that type."""
    kind = tag.removeprefix(_TAG)
    if kind in ("str", "timestamp"):
        return text
    wanted: Mapping[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,),
                                              "null": (type(None),)}
    if kind not in wanted:
        raise ValueError(f"tag {tag} has no meaning here; remove it")
    value = plain(text)
    if not isinstance(value, wanted[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise ValueError(f"{text!r} is not of type {kind}, which its tag says")
    return float(value) if kind == "float" and value is not None else value


def key_text(value: Scalar) -> str | None:
    """A mapping key as JSON has it: numbers and booleans as text; None for what cannot be a key."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
