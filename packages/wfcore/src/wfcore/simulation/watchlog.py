"""The changes of one resource type, oldest first.

Two levels of tuples: appending copies one short chunk and the list of chunks,
never the whole log, and a log stays hashable and picklable at any length.
"""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from attrs import frozen

from wfcore.simulation.objects import Place, StoredObject, fingerprint

CHUNK = 128


class ChangeType(enum.Enum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@frozen
class Change:
    """One committed write.  `before` allows older snapshots to be rebuilt; None for ADDED."""

    version: int
    type: ChangeType
    object: StoredObject
    before: StoredObject | None

    @property
    def place(self) -> Place:
        return self.object.place

    @property
    def finalizers(self) -> tuple[str, ...]:
        """What holds the object afterwards: nothing any more when it is gone, whatever its last state says."""
        return () if self.type is ChangeType.DELETED else self.object.finalizers


@frozen(eq=False)
class WatchLog:
    chunks: tuple[tuple[Change, ...], ...] = ()

    def append(self, change: Change) -> WatchLog:
        """O(chunk + number of chunks)."""
        if self.chunks and len(self.chunks[-1]) < CHUNK:
            return WatchLog((*self.chunks[:-1], (*self.chunks[-1], change)))
        return WatchLog((*self.chunks, (change,)))

    def since(self, version: int) -> tuple[Change, ...]:
        """Changes with a higher version, oldest first.  O(log n + answer)."""
        if not self.chunks or self.chunks[-1][-1].version <= version:
            return ()
        first = bisect_right(self.chunks, version, key=lambda chunk: chunk[-1].version)
        return tuple([c for chunk in self.chunks[first:] for c in chunk if c.version > version])

    def after(self, version: int) -> WatchLog:
        """The log without the changes up to `version`."""
        kept = self.since(version)
        return WatchLog(tuple(kept[i:i + CHUNK] for i in range(0, len(kept), CHUNK)))

    def __iter__(self) -> Iterator[Change]:
        return (change for chunk in self.chunks for change in chunk)

    @cached_property
    def digest(self) -> bytes:
        parts = (b"%d %s " % (c.version, c.type.value.encode()) + c.object.digest for c in self)
        return fingerprint(b"".join(parts))
