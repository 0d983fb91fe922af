"""Virtual time: what happens when, in one order for one seed."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECOND = 1_000_000  # time is counted in whole microseconds


class Agenda:
    """Events by instant, ties in the order they were entered."""

    def __init__(self) -> None:
        self.now = 0
        self.done = 0
        self._serial = 0
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []

    def after(self, delay: int, event: Callable[..., None], *arguments: Any) -> None:
        """Call `event` in `delay` microseconds."""
        self._serial += 1
        heapq.heappush(self._heap, (self.now + max(delay, 0), self._serial, event, arguments))

    def next_at(self) -> int | None:
        """The instant of the next event."""
        return self._heap[0][0] if self._heap else None

    def step(self) -> None:
        """Move to the next event and let it happen."""
        self.now, _, event, arguments = heapq.heappop(self._heap)
        self.done += 1
        event(*arguments)


def instant(micros: int) -> datetime:
    """The true time at so many microseconds."""
    return START + timedelta(microseconds=micros)


def wire(at: datetime) -> str:
    """RFC 3339, as an executor writes it."""
    return at.isoformat().replace("+00:00", "Z")
