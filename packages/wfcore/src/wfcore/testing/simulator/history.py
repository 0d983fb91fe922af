"""What really happened: every workflow and child by uid, as the store committed it.

The laws read this, never the controllers' own idea of it.  Time is in true microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field, frozen

from wfcore.audit import AuditRecord
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_CREATED_BY,
    FINALIZER,
    TRACKING_FINALIZER,
)
from wfcore.resources import WORKFLOW_EXECUTIONS, Resource
from wfcore.settings import Settings
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.watchlog import Change, ChangeType
from wfcore.testing.simulator.meaning import Json, Meaning, capture_of, dry_run_of, meaning_of, outcome_of, source_uid

Attempt = tuple[str, int, int]  # kind, step, attempt


@frozen
class Decision:
    """What stood in the annotations of an approval."""

    by: str
    word: str
    digest: str


@define(eq=False)
class Child:
    """One KubernetesExecution."""

    name: str
    uid: str
    owner: str  # uid of the controlling workflow, or empty
    born: int
    spec: Json
    attempt: Attempt = ("", 0, 0)  # which one it said it was when it was created
    status: Any = None
    deleted: int | None = None  # when its deletion was asked for
    gone: bool = False
    tracked: bool = True
    ours: bool = True  # created by a controller
    edited: bool = False  # somebody wrote its spec
    tampered: bool = False  # that, or its outcome changed after it had one
    captures: set[int] = field(factory=set)  # marks of what it ever said that it captured
    stripped: bool = False  # taken away by somebody, finalizer and all
    succeeded_unedited: bool = False
    succeeded: bool = False  # a well-formed success was stored at some time
    dry_runs: set[str] = field(factory=set)  # what a dry run ever found, while nobody had edited it

    @property
    def over(self) -> bool:
        """Whether its executor is done with it."""
        return outcome_of(self.status) != ""


@define(eq=False)
class Run:
    """One WorkflowExecution."""

    name: str
    uid: str
    born: int
    meaning: Meaning | None
    value: Json
    status: Json = field(factory=dict)
    spoilt: bool = False  # somebody else wrote its status or took its finalizers
    adopted: bool = False
    deleted: int | None = None
    gone: bool = False
    intents: dict[Attempt, int] = field(factory=dict)
    cancelled: set[Attempt] = field(factory=set)
    children: list[Child] = field(factory=list)
    status_writes: int = 0
    rows: list[AuditRecord] = field(factory=list)
    audit_failed: bool = False
    outboxed: bool = False
    phases: list[str] = field(factory=lambda: [""])
    source: Run | None = None  # what it starts from
    creator: str = ""  # as the admission policy vouches for it; empty without one
    may_skip: bool = False  # whether the creator may go without an approval that only the operator wants
    said: list[Decision] = field(factory=list)  # what stood in the approval's annotations, one after the other
    moves: int = 0  # what others than controllers wrote

    @property
    def spec(self) -> Json:
        """Its spec as it is now; empty when it is none."""
        return _part_of(self.value, "spec")

    @property
    def reverses(self) -> bool:
        """Whether it undoes another."""
        return bool(self.spec.get("rollbackOf"))

    @property
    def kind(self) -> str:
        """The kind of children that its steps have."""
        return "rollback" if self.reverses else "forward"

    @property
    def acted(self) -> Run:
        """The workflow whose attempts its compensations undo."""
        return self.source if self.reverses and self.source is not None else self

    def carries(self, number: int) -> bool:
        """Whether a retryOf may take over a step: it succeeded in the source and nobody has tried to undo it."""
        reference = self.spec.get("retryOf")
        if not reference or self.source is None or number in reference.get("steps", ()):
            return False
        entry = entries(self.source.status).get(number, {})
        return entry.get("status") == "completed" and not (entry.get("rollback") or {}).get("attempt")

    @property
    def verdict(self) -> Decision | None:
        """The first decision about its plan by somebody who did not create it; none when nobody knows who did."""
        return next((d for d in self.said if self.creator and d.by not in ("", self.creator) and d.word in ("approved", "denied")
                     and d.digest and d.digest == self.status.get("planDigest")), None)

    def child(self, attempt: Attempt) -> Child | None:
        """The child of an attempt that a controller created, dead or alive."""
        return next((c for c in self.children if c.ours and c.attempt == attempt), None)


class History:
    """Follows every commit."""

    def __init__(self, settings: Settings, *, guarded: bool = True, skippers: frozenset[str] = frozenset()) -> None:
        self.settings, self._guarded, self._skippers = settings, guarded, skippers
        self.frozen_since: int | None = None
        self.runs: dict[str, Run] = {}
        self.children: dict[str, Child] = {}

    def follow(self, now: int, actor: str, resource: Resource, change: Change) -> None:
        """Take over one commit; the laws have looked at it before."""
        if resource is WORKFLOW_EXECUTIONS:
            self._workflow(now, actor, change)
        else:
            self._child(now, actor, change)

    def _workflow(self, now: int, actor: str, change: Change) -> None:
        stored, uid = change.object, change.object.uid
        if change.type is ChangeType.ADDED:
            spec = stored.value.get("spec")
            source = self.runs.get(source_uid(spec))
            meaning = meaning_of(spec, self.settings, source.meaning if source is not None else None)
            creator = str(_annotations(stored.value).get(ANNOTATION_CREATED_BY, "")) if self._guarded else ""
            self.runs[uid] = Run(stored.place[1], uid, now, meaning, stored.value, source=source, creator=creator,
                                 may_skip=creator in self._skippers)
            return
        run = self.runs[uid]
        before, after = run.status, status_json(stored)
        run.value = stored.value
        run.adopted = run.adopted or FINALIZER in stored.finalizers
        if stored.terminating and run.deleted is None:
            run.deleted = now
        if change.type is ChangeType.DELETED:
            run.gone = True
        if after is not before and after != before:
            run.status = after
            if is_controller(actor):
                run.status_writes += 1
                for number, entry, _ in changed_entries(before, after):
                    for attempt in intents(number, entry, run.kind):
                        run.intents.setdefault(attempt, now)
                    run.cancelled.update(cancelled(number, entry, run.kind))
                if after.get("dryRunStartTime") and not before.get("dryRunStartTime"):
                    run.intents.update((("dryrun", number, 1), now) for number in entries(after))
            else:
                run.spoilt = True
            if phase_of(after) != run.phases[-1]:
                run.phases.append(phase_of(after))
        if not is_controller(actor):
            run.moves += 1
            run.said += self._said(stored, run)
        if actor == "user" and FINALIZER not in stored.finalizers and run.adopted and (
                change.before is not None and FINALIZER in change.before.finalizers):
            run.spoilt = True

    def _said(self, stored: StoredObject, run: Run) -> Iterator[Decision]:
        told = _annotations(stored.value)
        decision = Decision(*(str(told.get(key, "")) for key in (
            ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DECISION, ANNOTATION_APPROVAL_DIGEST)))
        if decision != (run.said[-1] if run.said else Decision("", "", "")):
            yield decision

    def _child(self, now: int, actor: str, change: Change) -> None:
        stored = change.object
        if change.type is ChangeType.ADDED:
            child = new_child(stored, now, ours=is_controller(actor))
            self.children[child.uid] = child
            run = self.runs.get(child.owner)
            if run is not None:
                run.children.append(child)
            return
        child = self.children[stored.uid]
        child.tracked = TRACKING_FINALIZER in stored.finalizers
        child.gone = change.type is ChangeType.DELETED
        child.stripped = child.stripped or (child.gone and actor == "user")
        if stored.terminating and child.deleted is None:
            child.deleted = now
        spec, status = _part(stored, "spec"), stored.value.get("status")
        child.edited = child.edited or spec != child.spec
        child.tampered = child.tampered or child.edited or (child.over and status != child.status)
        child.spec, child.status = spec, status
        child.captures |= {capture_of(status)} - {0}
        if child.attempt[0] == "dryrun" and not child.edited:
            child.dry_runs.add(dry_run_of(status))
        success = outcome_of(status) == "success"
        child.succeeded = child.succeeded or success
        child.succeeded_unedited = child.succeeded_unedited or (success and not child.edited)

    # --- the audit log ------------------------------------------------------------------------------------

    def recorded(self, record: AuditRecord) -> None:
        """A record is stored, or was before."""
        run = self.runs.get(record.workflow_uid)
        if run is not None and record not in run.rows:
            run.rows.append(record)

    def outboxed(self, uid: str) -> None:
        """The API server keeps the record of a workflow until the log takes it."""
        run = self.runs.get(uid)
        if run is not None:
            run.outboxed = True

    def audit_failed(self, uid: str) -> None:
        """The log could not take a record, or nobody heard that it did."""
        run = self.runs.get(uid)
        if run is not None:
            run.audit_failed = True


def is_controller(actor: str) -> bool:
    """Controllers are called c0, c1, ..."""
    return actor[:1] == "c" and actor[1:].isdigit()


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


def owner_uid(stored: StoredObject) -> str:
    """The uid of the controlling owner."""
    return next((str(o["uid"]) for o in stored.owner_references if o.get("controller")), "")


def new_child(stored: StoredObject, now: int, *, ours: bool) -> Child:
    """A child as it is created."""
    spec = _part(stored, "spec")
    attempt = (str(spec.get("kind")), _number(spec.get("stepNumber")), _number(spec.get("attempt")))
    return Child(stored.place[1], stored.uid, owner_uid(stored), now, spec, attempt, ours=ours,
                 tracked=TRACKING_FINALIZER in stored.finalizers)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _annotations(value: Json) -> Json:
    return _part_of(value.get("metadata", {}), "annotations")


def _part(stored: StoredObject, name: str) -> Json:
    return _part_of(stored.value, name)


def _part_of(value: Json, name: str) -> Json:
    part = value.get(name)
    return part if isinstance(part, dict) else {}
