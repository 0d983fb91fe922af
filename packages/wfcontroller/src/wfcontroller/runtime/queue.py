"""A fair queue of keys: each waits once, in the order it was asked for, and one worker holds it at a time."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Generic, TypeVar

K = TypeVar("K")

FIRST_DELAY, LONGEST_DELAY = 0.05, 60.0
# Below this a float clock may not move at all, and whoever waits for the rest waits for ever.
SHORTEST_SECONDS = 0.001


class WorkQueue(Generic[K]):
    """De-duplicated keys, at most one timer and one worker per key, capped jittered back-off."""

    def __init__(self) -> None:
        self._waiting: dict[K, None] = {}
        self._held: dict[K, bool] = {}  # True: asked for again while it was held
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._filled = asyncio.Event()

    def add(self, key: K) -> None:
        """Ask for a look at the key, soon."""
        if key in self._held:
            self._held[key] = True
            return
        self._waiting.setdefault(key)
        self._filled.set()

    async def get(self) -> K:
        """Take the key that waits longest; it is held until `done`."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        key = next(iter(self._waiting))
        del self._waiting[key]
        self._held[key] = False
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        return key

    def load(self) -> tuple[int, int]:
        """How many keys wait for a worker, and how many are held by one."""
        return len(self._waiting), len(self._held)

    def done(self, key: K, after: float | None) -> None:
        """Let go of the key and look again in `after` seconds, or only when something changes (None)."""
        self._failures.pop(key, None)
        self._release(key, after)

    def failed(self, key: K, at_least: float = 0.0) -> None:
        """Let go of the key and look again after a delay that doubles with each failure in a row."""
        count = self._failures[key] = self._failures.get(key, 0) + 1
        bound = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(count, 30))
        # Jitter without chance: spread over keys, the same in every run.
        share = int.from_bytes(hashlib.sha256(f"{key}/{count}".encode()).digest()[:4], "big") / 2**32
        self._release(key, max(at_least, bound * (0.5 + share / 2)))

    def close(self) -> None:
        """Cancel every timer."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _release(self, key: K, after: float | None) -> None:
        if self._held.pop(key):
            self.add(key)
        elif after is not None:
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_later(max(after, SHORTEST_SECONDS), self._ring, key)

    def _ring(self, key: K) -> None:
        del self._timers[key]
        self.add(key)
