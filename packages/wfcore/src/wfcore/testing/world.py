"""A world for programs: the store kernel, a clock that only tests move, an audit log and targets that are healthy.

It answers every request as a well-behaved cluster would.  Faults are for
whoever wraps `World.answer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from wfcore.audit import AuditRecord
from wfcore.codec import encode
from wfcore.model.plan import ActionHistory
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import TRACKING_FINALIZER, WorkflowExecution
from wfcore.planning.targets import Target
from wfcore.program import (
    CALM,
    AccessQuestion,
    CommitStatus,
    Consult,
    Consulted,
    Create,
    Created,
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
from wfcore.simulation.state import empty
from wfcore.simulation.store import apply

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HEALTHY_DEPLOYMENT: Mapping[str, Any] = {
    "metadata": {"generation": 1}, "spec": {"replicas": 1},
    "status": {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1},
}
READY: Mapping[str, Any] = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


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
            case CommitStatus():
                return self._commit(request)
            case SetMetadata():
                return self._set_metadata(request)
            case Create():
                return self._create(request)
            case DeleteChild():
                return self._deleted(KUBERNETES_EXECUTIONS, request.namespace, request.name, request.uid)
            case ReleaseChild():
                return self._release(request)
            case DeleteWorkflow():
                return self._deleted(WORKFLOW_EXECUTIONS, request.ref.namespace, request.ref.name, request.uid)
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
            return (RawObject(healthy(target)),)
        alerts = self.state.bucket(ALERT_REMEDIATIONS).ordered
        return tuple(RawObject(alert.value) for alert in alerts if alert.place[0] == target.namespace)

    def _asked(self, request: Consult | FindSource | Survey | Review) -> Response:
        match request:
            case Consult():
                if self.history is None:
                    return Failed("unavailable", "the history is away")
                return Consulted(tuple(h for h in self.history if h.action in request.actions))
            case FindSource():
                return SourceFound(*self._found(request.ref))
            case Survey():
                return Surveyed(tuple(RawObject(o.value) for o in self.state.bucket(WORKFLOW_EXECUTIONS).ordered))
            case Review():
                return Reviewed(tuple(self.access.get(q, self.allowed_by_default) for q in request.questions))

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
        return Did()

    def _observe(self, ref: Ref) -> Seen:
        return Seen(*self._found(ref), self.now, self.surroundings)

    def _found(self, ref: Ref) -> tuple[RawObject | None, tuple[RawObject, ...]]:
        stored = self.state.find(WORKFLOW_EXECUTIONS, ref.namespace, ref.name)
        children = [o for o in self.state.bucket(KUBERNETES_EXECUTIONS).ordered
                    if any(r.get("controller") and r["kind"] == "WorkflowExecution" and r["name"] == ref.name
                           and (stored is None or r["uid"] == stored.uid) for r in o.owner_references)]
        return None if stored is None else RawObject(stored.value), tuple(RawObject(c.value) for c in children)

    def _commit(self, request: CommitStatus) -> Response:
        body = {"metadata": {"namespace": request.ref.namespace, "name": request.ref.name, "uid": request.uid,
                             "resourceVersion": request.version}, "status": encode(request.status)}
        response = self._written(op.UpdateStatus(WORKFLOW_EXECUTIONS, body, self.now))
        if response == Did():
            self.commits.append(request.status)
        return response

    def _set_metadata(self, request: SetMetadata) -> Response:
        stored = self.state.find(WORKFLOW_EXECUTIONS, request.ref.namespace, request.ref.name)
        if stored is None:
            return Failed("missing")
        meta = {**stored.metadata, "resourceVersion": request.version, "finalizers": list(request.finalizers),
                "ownerReferences": [encode(owner) for owner in request.owner_references]}
        return self._written(op.Update(WORKFLOW_EXECUTIONS, {**stored.value, "metadata": meta}, self.now))

    def _create(self, request: Create) -> Response:
        existing = []
        for child in request.children:
            result = self.perform(op.Create(KUBERNETES_EXECUTIONS, child.value, self.now))
            if isinstance(result, op.Refused) and result.reason == "AlreadyExists":
                existing.append(RawObject(self.get(KUBERNETES_EXECUTIONS, child.value["metadata"]["name"])))
            elif isinstance(result, op.Refused):
                return Failed("refused", result.message)
        return Created(tuple(existing))

    def _release(self, request: ReleaseChild) -> Response:
        stored = self.state.find(KUBERNETES_EXECUTIONS, request.namespace, request.name)
        if stored is None or stored.uid != request.uid:
            return Did()
        meta = {**stored.metadata, "finalizers": [f for f in stored.finalizers if f != TRACKING_FINALIZER]}
        return self._written(op.Update(KUBERNETES_EXECUTIONS, {**stored.value, "metadata": meta}, self.now))

    def _deleted(self, resource: Resource, namespace: str, name: str, uid: str) -> Response:
        response = self._written(op.Delete(resource, namespace, name, self.now, uid=uid))
        return Did() if response == Failed("missing") or response == Failed("conflict") else response

    def _written(self, operation: op.Operation) -> Response:
        result = self.perform(operation)
        if not isinstance(result, op.Refused):
            return Did()
        return Failed({404: "missing", 409: "conflict"}.get(result.status, "refused"))


def healthy(target: Target) -> Mapping[str, Any]:
    """An object at a target as its controller wants it."""
    return HEALTHY_DEPLOYMENT if target.kind == "Deployment" else READY
