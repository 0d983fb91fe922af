"""The work queue of one controller: each key waits once, one worker holds it, failures back off."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from wfcore.program import Finished
from wfcore.testing.simulator.agenda import SECOND

FIRST_DELAY, LONGEST_DELAY = 50_000, 60 * SECOND
_SHORTEST = 1_000


class Queue:
    """Names in the order they were asked for.  `ring(delay, key, token)` starts a timer that ends in `rang`."""

    def __init__(self, random: Random, ring: Callable[[int, str, int], None]) -> None:
        self._random, self._ring = random, ring
        self._waiting: dict[str, None] = {}
        self._held: dict[str, bool] = {}
        self._failures: dict[str, int] = {}
        self._timers: dict[str, int] = {}
        self._tokens = 0

    def add(self, key: str) -> None:
        """Ask for a look at the key."""
        if key in self._held:
            self._held[key] = True
        else:
            self._waiting.setdefault(key)

    def take(self) -> str | None:
        """The key that waits longest; held until it is settled."""
        if not self._waiting:
            return None
        key = next(iter(self._waiting))
        del self._waiting[key]
        self._held[key] = False
        self._timers.pop(key, None)
        return key

    def settle(self, key: str, finished: Finished, wait: int | None) -> None:
        """Let go of the key; `wait` is how long until it wants to be woken, in microseconds."""
        if finished.backoff:
            count = self._failures[key] = self._failures.get(key, 0) + 1
            bound = min(LONGEST_DELAY, FIRST_DELAY << min(count, 20))
            wait = max(int(finished.retry_after * SECOND), int(bound * self._random.uniform(0.5, 1.0)))
        else:
            self._failures.pop(key, None)
        if self._held.pop(key):
            self.add(key)
        elif wait is not None:
            self._tokens += 1
            self._timers[key] = self._tokens
            self._ring(max(wait, _SHORTEST), key, self._tokens)

    def rang(self, key: str, token: int) -> None:
        """A timer has run out; one that was replaced counts no more."""
        if self._timers.get(key) == token:
            del self._timers[key]
            self.add(key)

    @property
    def idle(self) -> bool:
        """Whether nothing is waiting or held; timers may run."""
        return not self._waiting and not self._held
