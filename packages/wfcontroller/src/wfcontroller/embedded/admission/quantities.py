"""How the API server writes an amount of a resource down: `1500m` for 1.5, `1Gi` for 1024Mi, or as it came."""

from __future__ import annotations

import re
from fractions import Fraction

from wfcontroller.embedded.workloads.quantities import parse_quantity

_FORM = re.compile(r"([+-]?)0*(\d*)(?:\.(\d*))?([eE][+-]?\d{1,2}|[numkMGTPE]|[KMGTPE]i)?", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DIGITS = 18  # that fit 64 bits whatever they are


def is_quantity(text: str) -> bool:
    """Whether it has a digit and a suffix that is known, if any."""
    return _FORM.fullmatch(text) is not None and any(map(str.isdigit, re.split("[eE]", text)[0]))


def canonical(given: object) -> str:
    """The quantity as it is stored.  `given` is a number, or a text that is a quantity."""
    text = str(given)
    found = _FORM.fullmatch(text)
    assert found is not None
    suffix, amount = found[4] or "", parse_quantity(text)
    if amount == 0:
        return "0"
    if (amount * 1000).denominator == 1 and _stays(found[2], found[3] or "", suffix):
        return text
    if suffix in _BINARY[1:] and abs(amount) >= 1024 and amount.denominator == 1:
        return _binary(int(amount))
    return _decimal(amount, exponent=suffix[:1] in ("e", "E") and len(suffix) > 1)


def _stays(whole: str, rest: str, suffix: str) -> bool:
    """The shortcut of the API server: what looks canonical is kept as it came, sign and all."""
    digits = whole + rest
    if suffix in _BINARY[1:]:
        return not rest and len(digits) <= 6 and int(digits or 0) % 8 != 0
    exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    scale = exponent - len(rest)
    return (0 < len(digits) <= _DIGITS and scale >= -9 and scale % 3 == 0 and not digits.endswith("000")
            and digits[0] != "0")


def _binary(amount: int) -> str:
    power = 0
    while amount % 1024 == 0 and power < len(_BINARY) - 1:
        amount, power = amount // 1024, power + 1
    return f"{amount}{_BINARY[power]}"


def _decimal(amount: Fraction, *, exponent: bool) -> str:
    """The largest power of 1000 that leaves a whole number; what is finer than thousandths rounds up."""
    number, power = -(-amount * 1000 // 1), -3
    while number % 1000 == 0 and power < 18:
        number, power = number // 1000, power + 3
    if exponent:
        return f"{number}{f'e{power}' if power else ''}"
    return f"{number}{next(name for name, worth in _DECIMAL.items() if worth == power)}"
