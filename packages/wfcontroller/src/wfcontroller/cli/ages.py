"""How long ago something was, as kubectl says it: the two units that matter, one when it is long."""

from __future__ import annotations

from datetime import datetime, timedelta

from wfcore.codec.times import parse_time

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3_600, 86_400, 365 * 86_400


def age(instant: str | None, now: datetime) -> str:
    """`5m2s` since an RFC 3339 time; `<unknown>` without one, `0s` for one to come."""
    return short(now - parse_time(instant)) if instant else "<unknown>"


def short(length: timedelta) -> str:
    """`119s`, `5m2s`, `10m`, `3h4m`, `8h`, `2d3h`, `8d`, `2y1d`, `8y`."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 2 * _MINUTE:
        return f"{seconds}s"
    for unit, word, smaller, smaller_word, exact_below in (
            (_MINUTE, "m", 1, "s", 10 * _MINUTE), (_MINUTE, "m", 0, "", 3 * _HOUR),
            (_HOUR, "h", _MINUTE, "m", 8 * _HOUR), (_HOUR, "h", 0, "", 2 * _DAY),
            (_DAY, "d", _HOUR, "h", 8 * _DAY), (_DAY, "d", 0, "", 2 * _YEAR),
            (_YEAR, "y", _DAY, "d", 8 * _YEAR)):
        if seconds < exact_below:
            whole, rest = divmod(seconds, unit)
            return f"{whole}{word}" + (f"{rest // smaller}{smaller_word}" if smaller and rest // smaller else "")
    return f"{seconds // _YEAR}y"
