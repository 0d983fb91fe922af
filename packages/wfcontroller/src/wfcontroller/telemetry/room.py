"""Room for series: who comes first has one of its own, everybody after that is `other`."""

from __future__ import annotations

from collections.abc import Mapping

from wfcontroller.telemetry.families import POOLS, Family, Pool
from wfcore.measures.vocabulary import OTHER, WORKFLOW_NAME

MOST_NAMES = 100
# Enough to tell names apart, little enough for a page of a hundred.
_LONGEST_NAME = 63


class Room:
    """Decides under which labels something is counted, so that there are never more series than there is room for.

    Attributes:
        overflows: How often something was put under `other`.
    """

    def __init__(self, pools: Mapping[Pool, int] = POOLS) -> None:
        self._left = dict(pools)
        self._given: set[tuple[str, tuple[str, ...]]] = set()
        self._names: set[str] = set()
        self.overflows = 0

    def labels(self, family: Family, labels: tuple[str, ...]) -> tuple[str, ...]:
        """The labels as they are, or with `other` in place of what the family can spare.  O(labels)."""
        if family.pool is None:
            return labels
        labels = tuple(map(_shortened, family.labels, labels))
        spare = tuple(OTHER if name in family.spilled else value
                      for name, value in zip(family.labels, labels, strict=True))
        if labels == spare or (family.name, labels) in self._given:
            return labels
        if self._left[family.pool] and self._admits(family, labels):
            self._left[family.pool] -= 1
            self._given.add((family.name, labels))
            return labels
        self.overflows += 1
        return spare

    def _admits(self, family: Family, labels: tuple[str, ...]) -> bool:
        """Whether the labels are of the closed sets, and a name one of the first hundred."""
        for (name, values), value in zip(family.labels.items(), labels, strict=True):
            if name != WORKFLOW_NAME:
                if value not in values:
                    return False
            elif value not in self._names:
                if len(self._names) >= MOST_NAMES:
                    return False
                self._names.add(value)
        return True


def _shortened(name: str, value: str) -> str:
    """A name as it can be written: JSON may hold half of a surrogate pair, which no page could be encoded with."""
    return value[:_LONGEST_NAME].encode("utf-8", "replace").decode() if name == WORKFLOW_NAME else value

