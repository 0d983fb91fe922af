"""A queue of keys to look at: each waits once, in the order in which it was first asked for."""

from __future__ import annotations

import asyncio

from wfcontroller.objects import Key

# Adding less than this may leave a clock of floats where it is; whoever asks for the rest then asks for ever.
SHORTEST_SECONDS = 0.001


class WorkQueue:
    """De-duplicated keys and at most one timer per key; for one consumer."""

    def __init__(self) -> None:
        self._waiting: dict[Key, None] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._filled = asyncio.Event()

    def add(self, key: Key) -> None:
        """Ask for a look at the key, soon."""
        self._waiting.setdefault(key)
        self._filled.set()

    def wake(self, key: Key, after: float | None) -> None:
        """Replace the key's timer: a look in `after` seconds, or only when something changes (None)."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if after is not None:
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_later(max(after, SHORTEST_SECONDS), self._ring, key)

    async def get(self) -> Key:
        """Take the key that waits longest."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        key = next(iter(self._waiting))
        del self._waiting[key]
        return key

    def close(self) -> None:
        """Cancel every timer."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _ring(self, key: Key) -> None:
        del self._timers[key]
        self.add(key)
