"""Objects as numbers, and what is forgotten about them.

The store kernel works on the real JSON.  Between two of its operations each
object is replaced by a canonical one:

- `resourceVersion` is the number of the content.  Versions serve as
  preconditions only, where "the same version" and "the same content" differ
  just for an object that returns to what it was before; a ledger never does.
- `uid` depends on the name and on how often that name was created, so it still
  tells a second object from the first, but not in which order others came.
- a child whose attempt is over in the ledger and that will not act any more (as
  long as nobody deletes the workflow and executors keep their promises) is kept
  for what it changed and captured, not for how it ended.
- instants that only inform people (starts, ends, transition times, durations
  made of them) are the start of time.  Those a decision waits for (deadlines,
  retries, cancellations, deletion) are kept exactly, relative to the clock: when
  all controllers rest, the clock is set back and they with it.  While a workflow
  is suspended its phase has no deadline, only time left; that is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from wfcore.codec.times import format_time, parse_time
from wfcore.resources import KUBERNETES_EXECUTIONS, NAMESPACES, WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation.objects import StoredObject, canonical
from wfcore.simulation.state import Bucket, State, empty
from wfcore.testing.checker.scope import SETTINGS, STABLE
from wfcore.testing.world import START

_INFORMS = frozenset({
    "startTime", "endTime", "lastTransitionTime", "creationTimestamp", "planningStartTime", "validationStartTime",
    "executionStartTime", "monitoringStartTime", "rollbackStartTime", "completionTime", "lastSampleTime",
    "approvalTimestamp", "at",
    # Read in validating only, which no scope stays in.
    "checkedAt",
})
_TIMES = _INFORMS | {"retryAt", "totalDuration", "executionTime"}
# Instants that decisions wait for, and for how long after they passed their age still makes a difference.
_ARMED: Mapping[str, timedelta] = {
    "deadline": timedelta(0), "retryAt": timedelta(0), "phaseDeadline": timedelta(0), "workflowDeadline": timedelta(0),
    "stableSince": STABLE, "cancelledAt": SETTINGS.cancel_grace,
    "deletionTimestamp": SETTINGS.cancel_grace, "dryRunStartTime": SETTINGS.dry_run_timeout,
    "requestedAt": SETTINGS.approval_timeout, "targetWaitDeadline": timedelta(0),
    "deletionDeadline": timedelta(0),
}
_HOLDS = frozenset({"suspendedSince", "frozenSince"})
_HELD = _HOLDS | {"phaseDeadline", "dryRunStartTime", "targetWaitDeadline", "approval"}
_STARTS = frozenset({"planningStartTime", "validationStartTime", "executionStartTime", "monitoringStartTime",
                     "rollbackStartTime"})
# A retry waits for the next full ten seconds: its jitter is a hash, and would only add instants.
_GRID = timedelta(seconds=10)
_BEGINNING = format_time(START)
_LONG_AGO = format_time(START - SETTINGS.cancel_grace)
_TOLD_TO_STOP = ("deletionTimestamp", "deletionGracePeriodSeconds", "generation")
_OVER = ("completed", "failed")


def forgetful(value: Any) -> Any:
    """JSON without what no decision depends on."""
    if isinstance(value, dict):
        kept = {k: _forgotten(k, v) if k in _TIMES else forgetful(v) if isinstance(v, dict | list) else v
                for k, v in value.items() if k != "resourceVersion"}
        if not _HOLDS.isdisjoint(value):
            # A hold gives the phase no time from before it began, so only the later of both is kept.
            begun = max((v for k, v in value.items() if k in _STARTS), key=parse_time, default=_BEGINNING)
            kept.update({k: max(v, begun, key=parse_time) for k, v in value.items() if k in _HOLDS})
        return kept
    if isinstance(value, list):
        return [forgetful(item) for item in value]
    return value


def _forgotten(key: str, value: str) -> str:
    if key == "retryAt":
        return format_time(START - (START - parse_time(value)) // _GRID * _GRID)
    return _BEGINNING if key in _INFORMS else "0s"


def earlier(value: Any, by: timedelta) -> Any:
    """JSON with the instants that something waits for set back, as far as it matters."""
    if isinstance(value, dict):
        if not _HOLDS.isdisjoint(value):
            return _held(value, by)
        return {k: format_time(max(parse_time(v) - by, START - _ARMED[k])) if k in _ARMED else earlier(v, by)
                for k, v in value.items()}
    if isinstance(value, list):
        return [earlier(item, by) for item in value]
    return value


def _held(status: Mapping[str, Any], by: timedelta) -> dict[str, Any]:
    """A status that is held: what a hold moves keeps its distance from the hold's beginning, which becomes now."""
    age = min(parse_time(v) for k, v in status.items() if k in _HOLDS) - START
    kept = earlier({k: v for k, v in status.items() if k not in _HELD}, by)
    for entry, before in zip(kept.get("stepStatuses", ()), status.get("stepStatuses", ()), strict=True):
        if "rollback" in entry:
            entry["rollback"] = _moved(before["rollback"], age)
    return {**kept, **_moved({k: v for k, v in status.items() if k in _HELD}, age)}


def _moved(value: Mapping[str, Any], by: timedelta) -> dict[str, Any]:
    return {k: _moved(v, by) if k == "approval" else format_time(parse_time(v) - by) if k in _ARMED or k in _HOLDS
            else v for k, v in value.items()}


class Objects:
    """Every content met so far.  Number 0 is "no object"; buckets of children are numbered tuples of numbers."""

    def __init__(self, namespaces: Bucket) -> None:
        self.stored: list[StoredObject | None] = [None]
        self.groups: list[tuple[int, ...]] = [()]
        self._namespaces = namespaces
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        self._specs: dict[int, tuple[bytes, Mapping[str, Any]]] = {}
        self._known: dict[int, int] = {}
        self._group_numbers: dict[tuple[int, ...], int] = {(): 0}
        self._earlier: dict[tuple[int, timedelta], int] = {}
        self._condensed: dict[int, int] = {}
        self._kinds = empty().kinds

    def value(self, number: int) -> Mapping[str, Any]:
        """The JSON of an object."""
        stored = self.stored[number]
        if stored is None:
            raise LookupError(f"there is no object with number {number}")
        return stored.value

    def number(self, stored: StoredObject | None) -> int:
        """The number of an object's content."""
        if stored is None:
            return 0
        known = self._known.get(id(stored))
        if known is not None:
            return known
        # Nothing in a spec is forgotten; it is one value for all versions of its object.
        spec = stored.value.get("spec", {})
        value = forgetful({k: v for k, v in stored.value.items() if k != "spec"})
        if value["kind"] == KUBERNETES_EXECUTIONS.kind and value.get("status", {}).get("phase") in _OVER \
                and "deletionTimestamp" in value["metadata"]:
            value["metadata"]["deletionTimestamp"] = _LONG_AGO  # nobody waits for it any more
        number = self._numbers.setdefault((self._spec(spec), canonical(value)), len(self.stored))
        if number == len(self.stored):
            value["metadata"]["resourceVersion"] = str(number)
            self.stored.append(StoredObject({**value, "spec": spec}))
            self._known[id(self.stored[number])] = number
        return number

    def _spec(self, spec: Mapping[str, Any]) -> bytes:
        found = self._specs.get(id(spec))
        if found is None:
            found = self._specs[id(spec)] = canonical(spec), spec  # held, so that its id is its own
        return found[0]

    def earlier(self, number: int, by: timedelta) -> int:
        """The number of the same object with what it waits for set back."""
        stored = self.stored[number]
        if stored is None:
            return 0
        found = self._earlier.get((number, by))
        if found is None:
            rest = earlier({k: v for k, v in stored.value.items() if k != "spec"}, by)
            found = self._earlier[number, by] = self.number(StoredObject({**rest, "spec": stored.value["spec"]}))
        return found

    def earlier_group(self, group: int, by: timedelta) -> int:
        """The same for a set of children."""
        return self.group(tuple(self.earlier(number, by) for number in self.groups[group]))

    def condensed(self, number: int) -> int:
        """A child that nobody waits for and that will not act: what it changed and captured is all that is asked."""
        found = self._condensed.get(number)
        if found is None:
            value = self.value(number)
            # That it was told to stop is forgotten, so it may be told again: that must not count.
            meta = {k: v for k, v in value["metadata"].items() if k not in _TOLD_TO_STOP}
            information = value.get("status", {}).get("rollbackInformation", {"captured": False, "mutated": "no"})
            status = {"phase": "completed", "rollbackInformation": information}
            found = self._condensed[number] = self.number(StoredObject({**value, "metadata": meta, "status": status}))
        return found

    def group(self, numbers: tuple[int, ...]) -> int:
        """The number of a set of children."""
        found = self._group_numbers.setdefault(numbers, len(self.groups))
        if found == len(self.groups):
            self.groups.append(numbers)
        return found

    def state(self, workflow: int, children: tuple[int, ...]) -> State:
        """The store that holds these objects and has no past."""
        buckets: dict[Resource, Bucket] = {NAMESPACES: self._namespaces}
        for resource, numbers in ((WORKFLOW_EXECUTIONS, (workflow,)), (KUBERNETES_EXECUTIONS, children)):
            held = [stored for n in numbers if (stored := self.stored[n]) is not None]
            buckets[resource] = Bucket({stored.place: stored for stored in held})
        return State("", len(self.stored), 0, 0, self._kinds, buckets)
