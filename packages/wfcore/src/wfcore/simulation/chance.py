"""Chance that is a hash: the same seed and the same question give the same answer, on every machine.

A draw is named by what it is about, never by how many were drawn before it, so
two simulations with the same seed differ only in what they were asked to differ
in (common random numbers).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from attrs import frozen

_WORD = 2**53  # every multiple of 1/_WORD below 1 is a float


@frozen
class Chance:
    """A source of draws.  `seed` may be anything that prints the same."""

    seed: str

    def at(self, *about: object) -> float:
        """A number in [0, 1) for this question."""
        text = "/".join((self.seed, *map(str, about)))
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") >> 11) / _WORD


@frozen
class Quantiles:
    """A distribution by its quantile function: straight lines between (probability, value), ascending from 0 to 1."""

    points: tuple[tuple[float, float], ...]

    def value(self, probability: float) -> float:
        """The value below which a draw falls with this probability.  O(points)."""
        (left, low), *rest = self.points
        for right, high in rest:
            if probability <= right:
                return low + (high - low) * (probability - left) / (right - left)
            left, low = right, high
        return low


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of ascending values; 0 when there are none."""
    if not ordered:
        return 0.0
    rank = max(1, -(-int(share * 1_000_000) * len(ordered) // 1_000_000))
    return ordered[min(rank, len(ordered)) - 1]
