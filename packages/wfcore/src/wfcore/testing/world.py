"""A world for programs: the store kernel, a clock that only tests move, an audit log and targets that are healthy.

It answers every request as a well-behaved cluster would.  Faults are for
whoever wraps `World.answer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from wfcore.audit import AuditRecord
from wfcore.codec import decode, encode
from wfcore.model.plan import ActionHistory
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_APPROVAL_REASON,
    WorkflowExecution,
)
from wfcore.planning.targets import Target
from wfcore.program import (
    CALM,
    AccessQuestion,
    CommitStatus,
    Consult,
    Consulted,
    Create,
    DeleteChild,
    DeleteWorkflow,
    Did,
    DropOutbox,
    Emit,
    Failed,
    FindParent,
    FindSource,
    Found,
    Happening,
    Inspect,
    Inspected,
    ListOutbox,
    Observe,
    Outbox,
    OutboxEntry,
    Record,
    Ref,
    ReleaseChild,
    Request,
    Response,
    Review,
    Reviewed,
    Seen,
    SetMetadata,
    SourceFound,
    Survey,
    Surveyed,
    Waiting,
)
from wfcore.rawobject import RawObject
from wfcore.resources import ALERT_REMEDIATIONS, KUBERNETES_EXECUTIONS, NAMESPACES, WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation import operations as op
from wfcore.simulation.requests import Write, owned, written
from wfcore.simulation.state import empty
from wfcore.simulation.store import apply
from wfcore.simulation.targets import HEALTHY_DEPLOYMENT, READY, found_at, healthy

__all__ = ["HEALTHY_DEPLOYMENT", "READY", "START", "World", "found_at", "healthy"]

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class World:
    """Everything outside a program.

    `facts` overrides what is found at a target: objects, or None for unreadable.
    `history` is None while the store does not answer; `access` overrides single
    answers of the authorizer, `allowed_by_default` is the rest.
    """

    def __init__(self, seed: str = "world") -> None:
        self.state = empty(seed)
        self.now = START
        self.audit: dict[str, AuditRecord] = {}
        self.audit_available = True
        self.events: list[Happening] = []
        self.commits: list[WorkflowExecutionStatus] = []
        self.facts: dict[Target, tuple[RawObject, ...] | None] = {}
        self.surroundings = CALM
        self.history: tuple[ActionHistory, ...] | None = ()
        self.access: dict[AccessQuestion, bool | None] = {}
        self.allowed_by_default: bool | None = True
        self.outbox: dict[str, AuditRecord] = {}
        self.perform(op.Create(NAMESPACES, {"metadata": {"name": "default"}}, self.now))

    # --- what tests do to the world -----------------------------------------------------------------------

    def perform(self, operation: op.Operation) -> Any:
        """Apply one operation of the kernel; the stored JSON, or what else it answered."""
        self.state, result = apply(self.state, operation)
        return dict(result.object.value) if isinstance(result, op.Found | op.Removed) else result

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self.now += by

    def add(self, resource: Resource, body: Mapping[str, Any], **metadata: Any) -> Any:
        """Create an object in namespace `default`."""
        meta = {"namespace": "default", **body.get("metadata", {}), **metadata}
        return self.perform(op.Create(resource, {**body, "metadata": meta}, self.now))

    def get(self, resource: Resource, name: str) -> Any:
        """The stored JSON of an object in `default`, or None."""
        stored = self.state.find(resource, "default", name)
        return None if stored is None else stored.value

    def workflow(self, name: str) -> WorkflowExecution:
        """A stored workflow, decoded."""
        found = RawObject(self.get(WORKFLOW_EXECUTIONS, name)).workflow()
        assert isinstance(found, WorkflowExecution), found
        return found

    def children(self) -> dict[str, Mapping[str, Any]]:
        """Every stored KubernetesExecution by name."""
        return {o.place[1]: o.value for o in self.state.bucket(KUBERNETES_EXECUTIONS).ordered}

    def report(self, child: str, status: Any) -> None:
        """What an executor does: write a child's status, whatever JSON it is."""
        stored = self.get(KUBERNETES_EXECUTIONS, child)
        self.perform(op.UpdateStatus(KUBERNETES_EXECUTIONS, {**stored, "status": status}, self.now))

    def annotate(self, name: str, **annotations: str) -> None:
        """Set annotations of a workflow by their full keys."""
        stored = self.get(WORKFLOW_EXECUTIONS, name)
        meta = {**stored["metadata"], "annotations": {**stored["metadata"].get("annotations", {}), **annotations}}
        self.perform(op.Update(WORKFLOW_EXECUTIONS, {**stored, "metadata": meta}, self.now))

    def decide(self, name: str, by: str, decision: str = "approved", reason: str = "", digest: str = "") -> None:
        """What an approver writes; the digest is that of the plan unless told otherwise."""
        published = self.get(WORKFLOW_EXECUTIONS, name).get("status", {}).get("planDigest", "")
        self.annotate(name, **{
            ANNOTATION_APPROVAL_BY: by, ANNOTATION_APPROVAL_DECISION: decision, ANNOTATION_APPROVAL_REASON: reason,
            ANNOTATION_APPROVAL_DIGEST: digest or published})

    def delete(self, resource: Resource, name: str, *, force: bool = False) -> None:
        """Delete an object; `force` strips its finalizers first, as an impatient person would."""
        stored = self.get(resource, name)
        if force:
            meta = {k: v for k, v in stored["metadata"].items() if k != "finalizers"}
            self.perform(op.Update(resource, {**stored, "metadata": meta}, self.now))
        if self.get(resource, name) is not None:
            self.perform(op.Delete(resource, "default", name, self.now))

    # --- what programs ask of it --------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """Perform one request."""
        match request:
            case Observe():
                return self._observe(request.ref)
            case FindParent():
                stored = self.state.find(ALERT_REMEDIATIONS, request.ref.namespace, request.ref.name)
                return Found(None if stored is None else RawObject(stored.value))
            case Inspect():
                return Inspected(tuple(self.facts.get(t, self._found_at(t)) for t in request.targets))
            case Consult() | FindSource() | Survey() | Review():
                return self._asked(request)
            case Outbox() | ListOutbox() | DropOutbox():
                return self._outbox(request)
            case CommitStatus() | SetMetadata() | Create() | DeleteChild() | ReleaseChild() | DeleteWorkflow():
                return self._write(request)
            case Record():
                if not self.audit_available:
                    return Failed("unavailable", "the database is away")
                self.audit.setdefault(request.record.workflow_uid, request.record)
                return Did()
            case Emit():
                self.events += request.events
                return Did()
            case _:
                assert_never(request)

    def _found_at(self, target: Target) -> tuple[RawObject, ...]:
        if target.kind != ALERT_REMEDIATIONS.kind:
            return found_at(target, self.now)
        alerts = self.state.bucket(ALERT_REMEDIATIONS).ordered
        return tuple(RawObject(alert.value) for alert in alerts if alert.place[0] == target.namespace)

    def _asked(self, request: Consult | FindSource | Survey | Review) -> Response:
        match request:
            case Consult():
                if self.history is None:
                    return Failed("unavailable", "the history is away")
                return Consulted(tuple(h for h in self.history if h.action in request.actions))
            case FindSource():
                return SourceFound(*owned(self.state, request.ref), self._workflows())
            case Survey():
                return Surveyed(self._workflows())
            case Review():
                return Reviewed(tuple(self.access.get(q, self.allowed_by_default) for q in request.questions))
            case _:
                assert_never(request)

    def _outbox(self, request: Outbox | ListOutbox | DropOutbox) -> Response:
        match request:
            case Outbox():
                if request.record.workflow_uid not in self.outbox and len(self.outbox) >= request.limit:
                    return Failed("full", f"{request.limit} records wait already")
                self.outbox.setdefault(request.record.workflow_uid, request.record)
            case ListOutbox():
                return Waiting(tuple(OutboxEntry(uid, uid, record, record.completed_at)
                                     for uid, record in self.outbox.items()))
            case DropOutbox():
                self.outbox.pop(request.uid, None)
            case _:
                assert_never(request)
        return Did()

    def _observe(self, ref: Ref) -> Seen:
        return Seen(*owned(self.state, ref), self.now, self.surroundings)

    def _workflows(self) -> tuple[RawObject, ...]:
        return tuple(RawObject(o.value) for o in self.state.bucket(WORKFLOW_EXECUTIONS).ordered)

    def _write(self, request: Write) -> Response:
        self.state, response = written(self.state, request, self.now)
        if isinstance(request, CommitStatus) and response == Did():
            # The store spares readers the codec; so it is asked here.
            assert request.status == decode(WorkflowExecutionStatus, encode(request.status)), request.status
            self.commits.append(request.status)
        return response
