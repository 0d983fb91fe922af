"""One workflow and one child as they really were: what happened to them, in true microseconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field, frozen

from wfcore.audit import AuditRecord
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    TRACKING_FINALIZER,
)
from wfcore.simulation.objects import StoredObject
from wfcore.testing.simulator.ledgers import Attempt, entries, part
from wfcore.testing.simulator.meaning import Json, Meaning, outcome_of


@frozen
class Decision:
    """What stood in the annotations of an approval."""

    by: str = ""
    word: str = ""
    digest: str = ""

    @classmethod
    def of(cls, stored: StoredObject) -> Decision:
        """What stands there now."""
        told = annotations_of(stored.value)
        keys = (ANNOTATION_APPROVAL_BY, ANNOTATION_APPROVAL_DECISION, ANNOTATION_APPROVAL_DIGEST)
        return cls(*(str(told.get(key, "")) for key in keys))


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
        return part(self.value, "spec")

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
        digest = self.status.get("planDigest")
        return next((d for d in self.said if self.creator and d.by not in ("", self.creator)
                     and d.word in ("approved", "denied") and d.digest and d.digest == digest), None)

    def child(self, attempt: Attempt) -> Child | None:
        """The child of an attempt that a controller created, dead or alive."""
        return next(self.of_attempt(attempt), None)

    def of_attempt(self, attempt: Attempt) -> Iterator[Child]:
        """The children of an attempt that controllers created, dead or alive, the first one first."""
        return (c for c in self.children if c.ours and c.attempt == attempt)


def owner_uid(stored: StoredObject) -> str:
    """The uid of the controlling owner."""
    return next((str(o["uid"]) for o in stored.owner_references if o.get("controller")), "")


def new_child(stored: StoredObject, now: int, *, ours: bool) -> Child:
    """A child as it is created."""
    spec = part(stored.value, "spec")
    attempt = (str(spec.get("kind")), _number(spec.get("stepNumber")), _number(spec.get("attempt")))
    return Child(stored.place[1], stored.uid, owner_uid(stored), now, spec, attempt, ours=ours,
                 tracked=TRACKING_FINALIZER in stored.finalizers)


def annotations_of(value: Json) -> Json:
    """The annotations of an object."""
    return part(value.get("metadata", {}), "annotations")


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
