"""An event loop whose clock is moved by timers and never by work.

When nothing is ready, the selector jumps to the next timer (sleeping for the
eye when a speed is given), so CPU costs no virtual time and every speed gives
the same run.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from datetime import datetime, timedelta
from typing import Any

HORIZON_SECONDS = 60 * 86_400.0


class Deadlock(Exception):
    """Nothing is ready and no timer can change that; a plain selector would block for ever."""


class Pace(selectors.DefaultSelector):
    """A selector that moves a clock instead of waiting.

    `speed` is virtual seconds per real second; None jumps at once.  Past the
    horizon (60 virtual days) only housekeeping timers can be left: a deadlock.
    """

    def __init__(self, speed: float | None = None) -> None:
        super().__init__()
        self.now, self.speed = 0.0, speed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Ready files; otherwise the clock moves to the next timer."""
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or self.now > HORIZON_SECONDS:
            raise Deadlock("nothing is ready and no timer is set")
        if self.speed and timeout > 0:
            time.sleep(timeout / self.speed)
            ready = super().select(0)
        if not ready:
            self.now += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on virtual time.  `start` is the instant of loop time 0."""

    def __init__(self, start: datetime, speed: float | None = None) -> None:
        self.pace, self.start = Pace(speed), start
        super().__init__(self.pace)

    def time(self) -> float:
        """Virtual seconds since the start."""
        return self.pace.now

    def now(self) -> datetime:
        """The virtual instant, in whole microseconds."""
        return self.start + timedelta(microseconds=round(self.pace.now * 1e6))


def run_virtual(loop: VirtualLoop, main: Any) -> Any:
    """Run a coroutine to its end on a virtual loop, cancelling what it leaves behind."""
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        left = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
        for task in left:
            task.cancel()
        for task in left:
            _drain(loop, task)
        asyncio.set_event_loop(None)
        loop.close()


def _drain(loop: VirtualLoop, task: asyncio.Task[Any]) -> None:
    try:
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    except Deadlock:
        # It swallowed its cancellation and waits for something that cannot come.
        task.cancel()
