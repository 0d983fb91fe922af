"""What happened, as lines for people and as one digest that two runs of a seed share."""

from __future__ import annotations

import hashlib


class Trace:
    """Collects lines; keeps their text only when asked to."""

    def __init__(self, *, keep: bool = False) -> None:
        self.lines: list[str] = []
        self._keep = keep
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, now: int, actor: str, what: str) -> None:
        """One thing that happened at `now` microseconds."""
        line = f"{now / 1_000_000:14.6f} {actor:<9} {what}"
        self._digest.update(line.encode("utf-8", "backslashreplace"))
        if self._keep:
            self.lines.append(line)

    @property
    def digest(self) -> str:
        """Stands for every line so far."""
        return self._digest.hexdigest()
