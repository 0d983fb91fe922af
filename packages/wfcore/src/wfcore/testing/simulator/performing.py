"""Performs what programs ask for on the cluster of a schedule, and lets the faults of the API server strike.

The sequence of API calls behind each request is the one of the controller's own
performer; no decision is made here.
"""

from __future__ import annotations

from collections.abc import Sequence

from wfcore.codec import encode
from wfcore.model.workflow import LABEL_WORKFLOW_UID, TRACKING_FINALIZER
from wfcore.program import (
    CommitStatus,
    Consult,
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
    Freshness,
    Inspect,
    ListOutbox,
    Observe,
    Outbox,
    Record,
    Ref,
    ReleaseChild,
    Request,
    Response,
    Review,
    Seen,
    SetMetadata,
    SourceFound,
    Survey,
    Surveyed,
    Unknown,
)
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.simulation.objects import StoredObject
from wfcore.testing.simulator.agenda import SECOND
from wfcore.testing.simulator.answers import Answers
from wfcore.testing.simulator.audit import SimulatedAuditLog
from wfcore.testing.simulator.cluster import NAMESPACE, Cluster
from wfcore.testing.simulator.controller import Controller
from wfcore.testing.simulator.decoding import Decoded
from wfcore.testing.simulator.faults import Chance, Fault
from wfcore.testing.simulator.meaning import source_uid
from wfcore.testing.simulator.outbox import SimulatedOutbox
from wfcore.testing.simulator.people import People

_DID = Did()
_REFUSING = (Fault.THROTTLED, Fault.SERVER_ERROR, Fault.FORBIDDEN, Fault.LOST_BEFORE, Fault.LOST_AFTER)


class Performing:
    """The port behind the programs of every controller."""

    def __init__(self, cluster: Cluster, chance: Chance, audit: SimulatedAuditLog, outbox: SimulatedOutbox,
                 answers: Answers, people: People) -> None:
        self._cluster, self._chance, self._audit, self._answers = cluster, chance, audit, answers
        self._outbox, self._people = outbox, people
        self._decoded = Decoded()
        self._refusing = chance.group(*_REFUSING)
        self._posting = chance.group(Fault.ALREADY_EXISTS, Fault.SERVER_ERROR)
        self.cached_reads = self.stale_reads = 0

    def drain(self, request: Request) -> Response:
        """What the process that drains the outbox hears."""
        if isinstance(request, Emit):
            return _DID
        if isinstance(request, Record):
            return self._audit.answer(request.record)
        struck = self._chance.first(self._refusing)
        if struck is not None and struck is not Fault.LOST_AFTER:
            return self._refusal(struck)
        assert isinstance(request, ListOutbox | DropOutbox)
        response = self._outbox.answer(request)
        return Unknown() if struck is Fault.LOST_AFTER else response

    def perform(self, controller: Controller, ref: Ref, request: Request) -> tuple[Response, int]:
        """The response, and how many microseconds it takes on top of the usual latency."""
        if isinstance(request, Observe) and request.freshness is Freshness.CACHED:
            return self._observe_cached(controller, request.ref), 0
        if isinstance(request, Emit):
            return _DID, 0
        if isinstance(request, Record):
            return self._audit.answer(request.record), self._audit.delay()
        struck = self._chance.first(self._refusing)
        if struck is not None and struck is not Fault.LOST_AFTER:
            return self._refusal(struck), 0
        response = self._perform(controller, request)
        if struck is Fault.LOST_AFTER:
            return Unknown(), 5 * SECOND
        return response, 0

    def _refusal(self, fault: Fault) -> Response:
        match fault:
            case Fault.THROTTLED:
                return Failed("unavailable", "too many requests", self._chance.random.choice((1.0, 5.0, 30.0)))
            case Fault.SERVER_ERROR:
                return Failed("unavailable", "internal error")
            case Fault.FORBIDDEN:
                return Failed("refused", "forbidden")
        return Unknown()

    def _perform(self, controller: Controller, request: Request) -> Response:
        match request:
            case Observe():
                return self._observe_live(controller, request.ref)
            case FindParent():
                return Found(None)
            case Inspect():
                return self._answers.inspect(request)
            case Outbox() | ListOutbox() | DropOutbox():
                return self._outbox.answer(request)
            case Consult():
                return self._answers.consult(request)
            case Review():
                return self._answers.review(request)
            case Survey():
                return Surveyed(tuple(self._decoded.raw(o) for o in self._cluster.all(WORKFLOW_EXECUTIONS)))
            case FindSource():
                return self._find_source(controller, request.ref)
            case CommitStatus():
                return self._commit(controller, request)
            case SetMetadata():
                return self._set_metadata(controller, request)
            case Create():
                return self._create(controller, request)
            case ReleaseChild():
                return self._release(controller, request)
            case DeleteChild():
                operation = op.Delete(KUBERNETES_EXECUTIONS, request.namespace, request.name, self._cluster.now,
                                      uid=request.uid)
                self._cluster.apply(controller.name, operation)
                return _DID
            case DeleteWorkflow():
                self._cluster.apply(controller.name, op.Delete(
                    WORKFLOW_EXECUTIONS, NAMESPACE, request.ref.name, self._cluster.now, uid=request.uid))
                return _DID
        raise TypeError(f"no such request: {request!r}")

    # --- reads --------------------------------------------------------------------------------------------

    def _observe_cached(self, controller: Controller, ref: Ref) -> Seen:
        workflow = controller.workflows.get((ref.namespace, ref.name))
        self.cached_reads += 1
        self.stale_reads += workflow is not self._cluster.find(WORKFLOW_EXECUTIONS, ref.name)
        return self._seen(controller, workflow, self._cached_children(controller, ref))

    def _observe_live(self, controller: Controller, ref: Ref) -> Seen:
        workflow = self._cluster.find(WORKFLOW_EXECUTIONS, ref.name)
        if workflow is None:
            return self._seen(controller, None, self._cached_children(controller, ref))
        ours = [child for child in self._cluster.all(KUBERNETES_EXECUTIONS)
                if child.metadata.get("labels", {}).get(LABEL_WORKFLOW_UID) == workflow.uid]
        return self._seen(controller, workflow, ours)

    def _cached_children(self, controller: Controller, ref: Ref) -> Sequence[StoredObject]:
        return controller.executions.owned_by(ref.name)

    def _seen(self, controller: Controller, workflow: StoredObject | None, children: Sequence[StoredObject]) -> Seen:
        raw = self._decoded.raw
        return Seen(None if workflow is None else raw(workflow), tuple([raw(child) for child in children]),
                    controller.now(), self._people.surroundings)

    def _find_source(self, controller: Controller, ref: Ref) -> Response:
        seen = self._observe_live(controller, ref)
        if seen.workflow is None:
            return SourceFound(None)
        uid = seen.workflow.value["metadata"]["uid"]
        followers = (stored for stored in self._cluster.all(WORKFLOW_EXECUTIONS)
                     if source_uid(stored.value.get("spec")) == uid)
        return SourceFound(seen.workflow, seen.children, tuple(map(self._decoded.raw, followers)))

    # --- writes -------------------------------------------------------------------------------------------

    def _commit(self, controller: Controller, request: CommitStatus) -> Response:
        if self._chance.strikes(Fault.CONFLICT):
            return Failed("conflict", "the object has been modified")
        if self._chance.strikes(Fault.WORKFLOW_GONE):
            self._cluster.strip_and_delete("user", WORKFLOW_EXECUTIONS, request.ref.name)
        body = {"metadata": {"namespace": request.ref.namespace, "name": request.ref.name, "uid": request.uid,
                             "resourceVersion": request.version}, "status": self._decoded.encoded(request.status)}
        operation = op.UpdateStatus(WORKFLOW_EXECUTIONS, body, self._cluster.now)
        return self._written(controller, operation)

    def _set_metadata(self, controller: Controller, request: SetMetadata) -> Response:
        if self._chance.strikes(Fault.CONFLICT):
            return Failed("conflict", "the object has been modified")
        stored = self._cluster.find(WORKFLOW_EXECUTIONS, request.ref.name)
        if stored is None:
            return Failed("missing")
        if stored.metadata["resourceVersion"] != request.version:
            return Failed("conflict", "the workflow has changed since it was read")
        meta = {**stored.metadata, "finalizers": list(request.finalizers),
                "ownerReferences": [encode(owner) for owner in request.owner_references]}
        operation = op.Update(WORKFLOW_EXECUTIONS, {**stored.value, "metadata": meta}, self._cluster.now)
        return self._written(controller, operation)

    def _written(self, controller: Controller, operation: op.Update | op.UpdateStatus) -> Response:
        result = self._cluster.apply(controller.name, operation)
        if isinstance(result, op.Refused):
            return Failed({404: "missing", 409: "conflict"}.get(result.status, "refused"), result.message)
        if isinstance(result, op.Found):
            controller.cache_of(operation.resource).remember(result.object)
        return _DID

    def _create(self, controller: Controller, request: Create) -> Response:
        existing = []
        for child in request.children:
            struck = self._chance.first(self._posting)
            if struck is Fault.SERVER_ERROR:
                return Failed("unavailable", "internal error")
            if struck is Fault.ALREADY_EXISTS:  # an earlier delivery of this request arrives first
                self._cluster.create(controller.name, KUBERNETES_EXECUTIONS, child.value)
            result = self._cluster.create(controller.name, KUBERNETES_EXECUTIONS, child.value)
            if isinstance(result, op.Found):
                controller.executions.remember(result.object)
                continue
            live = self._cluster.find(KUBERNETES_EXECUTIONS, child.value["metadata"]["name"])
            if not isinstance(result, op.Refused) or result.reason != "AlreadyExists" or live is None:
                return Failed("refused", getattr(result, "message", ""))
            existing.append(self._decoded.raw(live))
        return Created(tuple(existing))

    def _release(self, controller: Controller, request: ReleaseChild) -> Response:
        stored = self._cluster.find(KUBERNETES_EXECUTIONS, request.name)
        if stored is None or stored.uid != request.uid:
            return _DID
        kept = {**stored.metadata, "finalizers": [f for f in stored.finalizers if f != TRACKING_FINALIZER]}
        self._cluster.apply(controller.name, op.Update(
            KUBERNETES_EXECUTIONS, {**stored.value, "metadata": kept}, self._cluster.now))
        return _DID
