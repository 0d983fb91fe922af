"""Memories with a bound: values that expire, and how often a source may ask."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Remembered(Generic[V]):
    """At most `limit` values, each for its time; the one that was asked for longest ago makes room.

    `clock` gives seconds that never go back.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit, self._clock = limit, clock
        self._held: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable) -> V | None:
        """The value, while it lasts."""
        held = self._held.get(key)
        if held is None:
            return None
        until, value = held
        if self._clock() >= until:
            del self._held[key]
            return None
        self._held.move_to_end(key)
        return value

    def put(self, key: Hashable, value: V, seconds: float) -> None:
        """Keep a value for so long."""
        self._held[key] = (self._clock() + seconds, value)
        self._held.move_to_end(key)
        while len(self._held) > self._limit:
            self._held.popitem(last=False)


class Pace:
    """How often each source may ask: `burst` times at once, then once every `every` seconds.

    At most `sources` are remembered; one that was forgotten begins anew.
    """

    def __init__(self, burst: int, every: float, clock: Callable[[], float], *, sources: int = 1024) -> None:
        self._burst, self._every, self._clock = burst, every, clock
        # When the source will have regained all it may ask.  From then on there is nothing to remember.
        self._full_at: Remembered[float] = Remembered(sources, clock)

    def allows(self, source: str) -> bool:
        """Whether it may ask once more; asking is counted then."""
        now = self._clock()
        full_at = max(self._full_at.get(source) or now, now) + self._every
        if full_at - now > self._burst * self._every:
            return False
        self._full_at.put(source, full_at, full_at - now)
        return True
