"""The wall clock: the only place of a service that reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The instant."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds of a clock that no one can set, and that runs while a process is stopped."""
    return time.monotonic()
