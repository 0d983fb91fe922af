"""What happened, as entries: lines for people, and one digest that two runs of a seed share."""

from __future__ import annotations

import hashlib
from marshal import dumps

Word = str | int | None
_SAME_BYTES = 2  # the marshal format without references: equal entries are equal bytes


class Trace:
    """Collects entries, each an instant in microseconds, who did it, and the words that say what."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, str, tuple[Word, ...]]] = []

    def add(self, now: int, actor: str, *words: Word) -> None:
        """One thing that happened at `now` microseconds; only text, integers and None, no subclass of them."""
        self._entries.append((now, actor, words))

    @property
    def lines(self) -> tuple[str, ...]:
        """Every entry so far, to be read."""
        return tuple(f"{now / 1_000_000:14.6f} {actor:<9} {' '.join(map(str, words))}"
                     for now, actor, words in self._entries)

    @property
    def digest(self) -> str:
        """Stands for every entry so far."""
        return hashlib.blake2b(dumps(self._entries, _SAME_BYTES), digest_size=16).hexdigest()
