"""Go durations ("1m30s") to and from `timedelta`.

Stricter than Go: no sign, no bare "0", microseconds are the finest unit that is
kept.  Written shortest ("5m", not "5m0s"), which Go reads too.
"""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache

_TERM = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s|us|µs|ns)")
_UNIT_MICROSECONDS = {
    "h": Fraction(3_600_000_000), "m": Fraction(60_000_000), "s": Fraction(1_000_000),
    "ms": Fraction(1_000), "us": Fraction(1), "µs": Fraction(1), "ns": Fraction(1, 1000),
}
_MAX_LENGTH = 64
_REMEMBERED = 1024
DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(h|ms|m|s|us|µs|ns))+$"


@lru_cache(_REMEMBERED)
def parse_duration(text: str) -> timedelta:
    """Parse a Go duration; raises ValueError with the reason and what to write instead."""
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"a duration of {len(text)} characters; write it like 90s, 5m or 1h30m")
    if text.startswith("-"):
        raise ValueError(f"negative duration {text!r}; write a positive one like 5m")
    position, total = 0, Fraction(0)
    for term in _TERM.finditer(text):
        if term.start() != position:
            break
        position = term.end()
        total += Fraction(term[1]) * _UNIT_MICROSECONDS[term[2]]
    if not text or position != len(text):
        raise ValueError(f"{text!r} is not a duration; write it like 90s, 5m or 1h30m")
    try:
        return timedelta(microseconds=int(total))
    except OverflowError:
        raise ValueError(f"duration {text!r} is too long; the longest is 24h") from None


@lru_cache(_REMEMBERED)
def format_duration(value: timedelta) -> str:
    """Write a duration of zero or more shortest: 90 s -> `1m30s`, 300 s -> `5m`, 0 -> `0s`."""
    microseconds = value // timedelta(microseconds=1)
    sign = "-" if microseconds < 0 else ""
    seconds, rest = divmod(abs(microseconds), 1_000_000)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else ""]
    if rest:
        parts.append(f"{seconds}.{rest:06d}".rstrip("0") + "s")
    elif seconds or not (hours or minutes):
        parts.append(f"{seconds}s")
    return sign + "".join(parts)
