"""RFC 3339 times to and from aware UTC `datetime`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_REMEMBERED = 4096  # a status says the same instants again and again


@lru_cache(_REMEMBERED)
def parse_time(text: str) -> datetime:
    """Parse an RFC 3339 time to UTC, cut to microseconds; raises ValueError saying what to write instead."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an RFC 3339 time; write it like 2026-01-31T12:00:00Z")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    micros = int(((match[7] or ".")[1:7]).ljust(6, "0"))
    offset = timedelta(0)
    if match[9]:
        offset = timedelta(hours=int(match[10]), minutes=int(match[11])) * (1 if match[9] == "+" else -1)
    try:
        local = datetime(year, month, day, hour, minute, second, micros, tzinfo=timezone(offset))
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time that exists: {error}") from None


def format_time(value: datetime) -> str:
    """Write an aware time as UTC with `Z`; fractions only when there are any."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    text = utc.isoformat()[:-6]  # without +00:00
    return (text.rstrip("0") if utc.microsecond else text) + "Z"
