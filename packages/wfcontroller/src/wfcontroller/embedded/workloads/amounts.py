"""Amounts given as a number or as a percentage (`IntOrString`)."""

from __future__ import annotations


def scaled(amount: int | str, total: int, *, round_up: bool) -> int:
    """`amount` itself, or that percentage of `total`.

    Raises:
        ValueError: when a string is neither a percentage nor a number.
    """
    if isinstance(amount, int):
        return amount
    if not amount.endswith("%"):
        return int(amount)
    hundredths = int(amount[:-1]) * total
    return -(-hundredths // 100) if round_up else hundredths // 100
