"""The ledger of a workflow as JSON: which entries there are, what changed, which attempts were intended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wfcore.simulation.objects import StoredObject
from wfcore.testing.simulator.meaning import Json

Attempt = tuple[str, int, int]  # kind, step, attempt


def part(value: Json, name: str) -> Json:
    """An object within another, empty for whatever else is there."""
    found: Any = value.get(name)
    return found if isinstance(found, dict) else {}


def status_json(stored: StoredObject) -> Json:
    """The status of a stored workflow, whatever it is made of."""
    status = stored.value.get("status")
    return status if isinstance(status, dict) else {}


def phase_of(status: Json) -> str:
    """The phase as text."""
    return str(status.get("phase", ""))


def entries(status: Json) -> dict[int, Json]:
    """The ledger by step number."""
    found = status.get("stepStatuses", ())
    return {e["stepNumber"]: e for e in found if isinstance(e, dict)} if isinstance(found, list) else {}


def changed_entries(before: Json, after: Json) -> list[tuple[int, Json, Json]]:
    """Number, entry and former entry (empty for none) where the entry is another object than before.

    What is one and the same object is equal, so it says nothing that it has not said before.
    """
    former = entries(before)
    return [(number, entry, former.get(number, {})) for number, entry in entries(after).items()
            if entry is not former.get(number)]


def intents(number: int, entry: Json, steps: str = "forward") -> Iterator[Attempt]:
    """Every attempt that an entry of a ledger has ever intended; `steps` is the kind of its steps' children."""
    for kind, part in ((steps, entry), ("rollback", entry.get("rollback") or {})):
        for attempt in range(1, part.get("attempt", 0) + 1):
            yield kind, number, attempt


def cancelled(number: int, entry: Json, steps: str = "forward") -> Iterator[Attempt]:
    """The attempts that an entry says are being cancelled."""
    for kind, part in ((steps, entry), ("rollback", entry.get("rollback") or {})):
        if part.get("cancelledAt"):
            yield kind, number, part["attempt"]
