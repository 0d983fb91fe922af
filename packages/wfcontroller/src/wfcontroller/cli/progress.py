"""What is told of a running workflow: changes as lines, and each step's state as a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcontroller.cli.notices import Raw, is_carried_over, notices
from wfcontroller.cli.outcomes import ledger, names_of
from wfcore.codec import Malformed, decode_workflow
from wfcore.codec.times import parse_time
from wfcore.model.plan import PlanInputs
from wfcore.planning.outline import Needs, outline_of, resolve


@frozen
class StepRow:
    """One step as a person follows it.  `seconds` is its virtual time so far, None before it starts."""

    number: int
    name: str
    action: str
    status: str
    attempt: int
    seconds: float | None
    note: str


def needs_of(workflow: Raw) -> Needs:
    """What each step waits for, from both spellings, or as planned from another workflow; empty if unreadable."""
    decoded = decode_workflow({**workflow, "status": {"planInputs": _inputs(workflow)}})
    if isinstance(decoded, Malformed):
        return {}
    inputs = decoded.status.plan_inputs or PlanInputs()
    if inputs.compensations:
        return {one.step_number: frozenset(one.after) for one in inputs.compensations}
    definition = decoded.spec.workflow_definition or inputs.definition
    return {} if definition is None else resolve(outline_of(definition))[0]


def _inputs(workflow: Raw) -> Raw:
    return (workflow.get("status") or {}).get("planInputs") or {}


def rows(workflow: Raw, needs: Needs, now: datetime) -> list[StepRow]:
    """Every step of the ledger, by number."""
    entries = ledger(workflow)
    states = {entry["stepNumber"]: entry.get("status", "pending") for entry in entries}
    names = names_of(workflow)
    return [StepRow(entry["stepNumber"], names.get(entry["stepNumber"], ""), entry.get("action", ""), *_state(entry),
                    _seconds(entry, now), _note(entry, states, needs, now)) for entry in entries]


def shown_status(entry: Raw) -> str:
    """The step's status, or that of its compensation once it has begun, or `retrying` between two attempts."""
    rollback = entry.get("rollback")
    if rollback and rollback["status"] != "pending":
        return _UNDOING.get(str(rollback["status"]), "rolling_back")
    status = str(entry.get("status", "pending"))
    return "retrying" if status == "executing" and entry.get("retryAt") else status


def _seconds(entry: Raw, now: datetime) -> float | None:
    if not entry.get("startTime"):
        return None
    end = parse_time(entry["endTime"]) if entry.get("endTime") else now
    return (end - parse_time(entry["startTime"])).total_seconds()


def _note(entry: Raw, states: Mapping[int, str], needs: Needs, now: datetime) -> str:
    status = shown_status(entry)
    if status == "pending":
        waiting = sorted(step for step in needs.get(entry["stepNumber"], ()) if states.get(step) != "completed")
        return f"waits for step {', '.join(map(str, waiting))}" if waiting else ""
    if status == "retrying":
        left = (parse_time(entry["retryAt"]) - now).total_seconds()
        return f"next attempt in {max(left, 0):.0f}s; {entry.get('errorMessage', '')}".rstrip("; ")
    if is_carried_over(entry):
        return "carried over"
    if status == "executing":
        child = (entry.get("k8sExecutionRef") or {}).get("name")
        return f"runs as {child}" if child else ""
    rollback = entry.get("rollback") or {}
    return str(rollback.get("errorMessage") or entry.get("errorMessage") or "")


_UNDOING: Mapping[str, str] = {"completed": "rolled_back", "failed": "rollback_failed"}
_UNDER_WAY = frozenset({"executing", "retrying", "rolling_back"})


@frozen
class _Seen:
    phase: str
    steps: Mapping[int, tuple[str, int]]
    notices: frozenset[str]


class Changes:
    """Remembers each workflow's last state, to say only what is new."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._start: datetime | None = None

    def lines(self, workflow: Raw, now: datetime, several: bool) -> Iterator[str]:
        """One line per change since the last call: `+12.3s step 2 restart-web executing`; causes before effects.

        With `several`, each line names its workflow.
        """
        self._start = self._start or now
        meta, status = workflow["metadata"], workflow.get("status") or {}
        key = (meta.get("namespace", ""), meta["name"])
        before = self._seen.get(key, _Seen("", {}, frozenset()))
        head = f"+{(now - self._start).total_seconds():.1f}s " + (f"{meta['name']} " if several else "")
        phase, names, entries = status.get("phase", ""), names_of(workflow), ledger(workflow)
        fresh = [entry for entry in entries
                 if _state(entry) not in (before.steps.get(entry["stepNumber"]), ("pending", 0))]
        # What ended brought the phase about, what began follows from it.
        yield from (head + _line(entry, names) for entry in fresh if _state(entry)[0] not in _UNDER_WAY)
        said = tuple(notices(status))
        yield from (head + notice for notice in said if notice not in before.notices)
        if phase != before.phase:
            yield f"{head}{phase}" + _why(status)
        yield from (head + _line(entry, names) for entry in fresh if _state(entry)[0] in _UNDER_WAY)
        self._seen[key] = _Seen(phase, {entry["stepNumber"]: _state(entry) for entry in entries}, frozenset(said))


def _state(entry: Raw) -> tuple[str, int]:
    status = shown_status(entry)
    counted = entry["rollback"] if status.startswith("roll") and entry.get("rollback") else entry
    return status, int(counted.get("attempt", 0))


def _why(status: Raw) -> str:
    said = status.get("failureMessage") or status.get("rollbackReason")
    return f": {said}" if said else ""


def _line(entry: Raw, names: Mapping[int, str]) -> str:
    status, attempt = _state(entry)
    text = f"step {entry['stepNumber']} {names.get(entry['stepNumber'], '')} {status}"
    if is_carried_over(entry):
        text += " (carried over)"
    elif attempt > 1:
        text += f" (attempt {attempt})"
    said: Any = (entry.get("rollback") or {}).get("errorMessage") or entry.get("errorMessage")
    return f"{text}: {said}" if said and status in ("failed", "retrying", "skipped", "rollback_failed") else text
