"""Makes an event fit to be written: keys of the code alone, plain values, nothing secret, nothing long."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import date, timedelta
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Any
from uuid import UUID

from wfcontroller.redaction import HIDDEN, LONGEST, Redaction, is_secret_key
from wfcore.program import Ref

_KEY = re.compile(r"[a-z_][a-z0-9_]{0,63}", re.ASCII)
_MOST_ITEMS, _DEEPEST = 50, 4
# Tracebacks: the end says what happened.
_LONGEST_TRACE = 8_000
_SHOWN_AS_TEXT = (str, bytes, date, timedelta, PurePath, Ref, UUID)


class Plain:
    """A processor of structlog.

    Values become text, numbers, booleans, None and lists of those.  A mapping
    becomes text, because its keys may come from anybody; an object of a type
    that is not known here becomes its type's name, because its `repr` may
    show anything.
    """

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def __call__(self, _logger: object, _name: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event made plain; `dropped_keys` counts the keys that were no identifiers."""
        kept = {key: self._under(key, value) for key, value in event.items() if _KEY.fullmatch(key)}
        return kept if len(kept) == len(event) else {**kept, "dropped_keys": len(event) - len(kept)}

    def _under(self, key: str, value: Any) -> Any:
        if is_secret_key(key):
            return HIDDEN
        if key == "exception" and isinstance(value, str):
            return self._redaction.scrub(value[-_LONGEST_TRACE:], _LONGEST_TRACE)
        return self._plain(value, _DEEPEST)

    def _plain(self, value: Any, deep: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int) and not isinstance(value, Enum):
            return value if abs(value) < 1 << 53 else self._redaction.scrub(_digits(value))
        if isinstance(value, float):
            return value if isfinite(value) else str(value)
        if isinstance(value, list | tuple | Set) and deep:
            return [self._plain(item, deep - 1) for item in list(value)[:_MOST_ITEMS]]
        return self._redaction.scrub(self._text(value, deep))

    def _text(self, value: Any, deep: int) -> str:
        match value:
            case Enum():
                return str(value.value)
            case bytes():
                return value[:LONGEST].decode("utf-8", "replace")
            case BaseException():
                return f"{type(value).__name__}: {value}"
            case Mapping() if deep:
                shown = (f"{key}={HIDDEN if is_secret_key(str(key)) else self._plain(item, deep - 1)}"
                         for key, item in list(value.items())[:_MOST_ITEMS])
                return "{" + ", ".join(shown) + "}"
            case _ if isinstance(value, _SHOWN_AS_TEXT):
                return str(value)
            case _:
                return f"<{type(value).__name__}>"


def _digits(value: int) -> str:
    # The decimal form of a huge number takes quadratic time, and Python refuses to make it.
    return str(value) if value.bit_length() < 256 else f"a number of {value.bit_length()} bits"
