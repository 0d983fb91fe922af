"""The formats of strings, as the API server reads them: looser than their standards in places, stricter in others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from wfcontroller.embedded.admission.quantities import is_quantity

_GO_DURATION = re.compile(r"[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
_WORDED_DURATION = re.compile(r"\d+\s*([A-Za-zµ]+)")
# A unit is written as one of these, or begins with the last: `5 minutes`.
_UNITS = (("ns", "nano"), ("us", "µs", "micro"), ("ms", "milli"), ("s", "sec"), ("m", "min"), ("h", "hr", "hour"),
          ("d", "day"), ("w", "wk", "week"))
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})", re.ASCII)
_TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})", re.ASCII)
_MICRO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(?:Z|[+-]\d{2}:\d{2})", re.ASCII)


def is_base64(text: str) -> bool:
    """Whole groups of four; an empty text is none."""
    return _BASE64.fullmatch(text) is not None


def is_bytes(text: str) -> bool:
    """What built-in kinds keep bytes in, none at all included."""
    return not text or is_base64(text)


def is_duration(text: str) -> bool:
    """As Go writes it, or a number with a unit anywhere in the text."""
    return _GO_DURATION.fullmatch(text) is not None or any(
        unit in variants or unit.startswith(variants[-1])
        for unit in map(str.lower, _WORDED_DURATION.findall(text)) for variants in _UNITS)


def is_date_time(text: str) -> bool:
    """A date, `T` and a time with its offset; no leap second."""
    day, _, rest = text.lower().partition("t")
    time = _TIME.fullmatch(rest)
    if time is None or time[1] > "23" or time[2] > "59" or time[3] > "59":
        return False
    try:
        return len(day) == 10 and bool(date.fromisoformat(day))
    except ValueError:
        return False


def is_micro_time(text: str) -> bool:
    """`metav1.MicroTime`: exactly six digits of a second."""
    return _MICRO_TIME.fullmatch(text) is not None and is_date_time(text)


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "byte": is_base64, "duration": is_duration, "date-time": is_date_time, "micro-time": is_micro_time,
    "quantity": is_quantity, "bytes": is_bytes,
}
