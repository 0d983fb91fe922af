"""A line now and then about a long run: how far it is, how fast, how much is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

INTERVAL = 10.0  # seconds between two lines


class Progress:
    """Told how many schedules are done; writes at most one line in ten seconds, and none for a short run."""

    def __init__(self, total: int, to: TextIO, clock: Callable[[], float] = time.perf_counter) -> None:
        self._total, self._to, self._clock = total, to, clock
        self._began = self._last = clock()

    def __call__(self, done: int) -> None:
        """`done` schedules are over."""
        now = self._clock()
        if now - self._last < INTERVAL or done >= self._total:
            return
        self._last = now
        rate = done / (now - self._began)
        left = round((self._total - done) / rate)
        self._to.write(f"{done}/{self._total} schedules, {rate:.1f}/s, "
                       f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02} left\n")
        self._to.flush()
