"""Makes recorded decisions again and says where the engine would decide otherwise today.

A decision is a pure function of what was recorded, so any difference has a cause:
the record was altered, the engine has changed, or it is replayed under other settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcore.codec import Malformed, Path, render_path
from wfcore.insight.recorded import RecordedDecision, decided, snapshot_of
from wfcore.insight.veil import Veil
from wfcore.lifecycle.machine import IllegalTransition, decide
from wfcore.settings import Settings


@frozen
class Mismatch:
    """A record that is not what the engine decides.

    Attributes:
        index: Position of the record, from 0.
        at: Instant of the decision.
        path: The first place that differs, below the record.
        expected: What is recorded there; None when nothing is.
        found: What is decided now; None when nothing is.
        others: How many more places of the same record differ.
    """

    index: int
    at: datetime
    path: Path
    expected: Any
    found: Any
    others: int = 0

    def __str__(self) -> str:
        more = f", and {self.others} more places" if self.others else ""
        return (f"decision {self.index} at {self.at.isoformat()}: {render_path(self.path)}: recorded "
                f"{self.expected!r}, decided now {self.found!r}{more}")


@frozen
class Replay:
    """How a replay went: how many decisions were made again, and those that differ, in order."""

    decisions: int
    mismatches: tuple[Mismatch, ...]


def replay(records: Iterable[RecordedDecision], settings: Settings | None = None) -> Replay:
    """Decide every record again, under the recorded settings unless others are given.

    At most one mismatch a record: after the first difference the others follow.
    O(decisions).
    """
    count, mismatches = 0, []
    for index, recorded in enumerate(records):
        count += 1
        places = list(_differences_of(recorded, settings))
        if places:
            path, expected, found = places[0]
            mismatches.append(Mismatch(index, recorded.at, path, expected, found, len(places) - 1))
    return Replay(count, tuple(mismatches))


def _differences_of(recorded: RecordedDecision, settings: Settings | None) -> Iterator[tuple[Path, Any, Any]]:
    snapshot = snapshot_of(recorded, settings)
    if isinstance(snapshot, Malformed):
        problem = snapshot.problems[0]
        yield problem.path, "a record that can be read", problem.message
        return
    try:
        decision = decide(snapshot, recorded.at)
    except IllegalTransition as error:
        yield ("decided",), "a decision", str(error)
        return
    veil = Veil()
    veil.over(recorded.given)
    yield from differences(recorded.decided, veil.over(decided(decision)), ("decided",))


def differences(expected: Any, found: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Every place at which two JSON values differ, with both values; None where one has nothing."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            yield from differences(expected.get(key), found.get(key), (*path, key))
    elif isinstance(expected, list) and isinstance(found, list):
        for index in range(max(len(expected), len(found))):
            there, here = (items[index] if index < len(items) else None for items in (expected, found))
            yield from differences(there, here, (*path, index))
    elif expected != found or isinstance(expected, bool) is not isinstance(found, bool):
        yield path, expected, found
