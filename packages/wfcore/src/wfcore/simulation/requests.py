"""The requests of programs that concern the API server, performed on the store kernel as one that behaves well would.

Pure: a state in, a state and a response out.  Faults, clocks and everything that
is no API object are for whoever calls.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias, assert_never

from wfcore.codec import encode
from wfcore.model.workflow import LABEL_WORKFLOW_UID, TRACKING_FINALIZER
from wfcore.program import (
    CommitStatus,
    Create,
    Created,
    DeleteChild,
    DeleteWorkflow,
    Did,
    Failed,
    Ref,
    ReleaseChild,
    Response,
    SetMetadata,
)
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation import operations as op
from wfcore.simulation.decoded import Decoded
from wfcore.simulation.state import State
from wfcore.simulation.store import apply

Write: TypeAlias = CommitStatus | SetMetadata | Create | DeleteChild | ReleaseChild | DeleteWorkflow
_WHY = {404: "missing", 409: "conflict"}


def owned(state: State, ref: Ref) -> tuple[RawObject | None, tuple[RawObject, ...]]:
    """A workflow, None when it does not exist, and the children that name it as controller: by uid while it exists.

    While it exists, also those that carry its uid as a label and have no owner at all.

    O(children of all workflows).
    """
    stored = state.find(WORKFLOW_EXECUTIONS, ref.namespace, ref.name)
    children = tuple(
        o.raw for o in state.bucket(KUBERNETES_EXECUTIONS).ordered
        if any(r.get("controller") and r["kind"] == "WorkflowExecution" and r["name"] == ref.name
               and (stored is None or r["uid"] == stored.uid) for r in o.owner_references)
        or (stored is not None and not o.owner_references
            and o.metadata.get("labels", {}).get(LABEL_WORKFLOW_UID) == stored.uid))
    return None if stored is None else stored.raw, children


def written(state: State, request: Write, now: datetime) -> tuple[State, Response]:
    """Perform one write; a refusal leaves the state as it was.

    Statuses and specs of children are stored with what they mean, so that reading them back costs nothing.
    """
    match request:
        case CommitStatus():
            body = {"metadata": {"namespace": request.ref.namespace, "name": request.ref.name, "uid": request.uid,
                                 "resourceVersion": request.version}, "status": Decoded.encoding(request.status)}
            return _applied(state, op.UpdateStatus(WORKFLOW_EXECUTIONS, body, now))
        case SetMetadata():
            return _set_metadata(state, request, now)
        case Create():
            return _create(state, request, now)
        case DeleteChild():
            return _delete(state, KUBERNETES_EXECUTIONS, request.namespace, request.name, request.uid, now)
        case ReleaseChild():
            return _release(state, request, now)
        case DeleteWorkflow():
            return _delete(state, WORKFLOW_EXECUTIONS, request.ref.namespace, request.ref.name, request.uid, now)
        case _:
            assert_never(request)


def _applied(state: State, operation: op.Operation) -> tuple[State, Response]:
    state, result = apply(state, operation)
    if not isinstance(result, op.Refused):
        return state, Did()
    return state, Failed(_WHY.get(result.status, "refused"))


def _set_metadata(state: State, request: SetMetadata, now: datetime) -> tuple[State, Response]:
    stored = state.find(WORKFLOW_EXECUTIONS, request.ref.namespace, request.ref.name)
    if stored is None:
        return state, Failed("missing")
    meta = {**stored.metadata, "resourceVersion": request.version, "finalizers": list(request.finalizers),
            "ownerReferences": [encode(owner) for owner in request.owner_references]}
    return _applied(state, op.Update(WORKFLOW_EXECUTIONS, {**stored.value, "metadata": meta}, now))


def _create(state: State, request: Create, now: datetime) -> tuple[State, Response]:
    existing = []
    for child in request.children:
        body = {**child.value, "spec": Decoded(child.value["spec"])}
        state, result = apply(state, op.Create(KUBERNETES_EXECUTIONS, body, now))
        if isinstance(result, op.Refused) and result.reason == "AlreadyExists":
            meta = body["metadata"]
            stored = state.find(KUBERNETES_EXECUTIONS, meta["namespace"], meta["name"])
            assert stored is not None
            existing.append(stored.raw)
        elif isinstance(result, op.Refused):
            return state, Failed("refused", result.message)
    return state, Created(tuple(existing))


def _release(state: State, request: ReleaseChild, now: datetime) -> tuple[State, Response]:
    stored = state.find(KUBERNETES_EXECUTIONS, request.namespace, request.name)
    if stored is None or stored.uid != request.uid:
        return state, Did()
    meta = {**stored.metadata, "finalizers": [f for f in stored.finalizers if f != TRACKING_FINALIZER]}
    return _applied(state, op.Update(KUBERNETES_EXECUTIONS, {**stored.value, "metadata": meta}, now))


def _delete(state: State, resource: Resource, namespace: str, name: str, uid: str,
            now: datetime) -> tuple[State, Response]:
    """Absent, or another object under its name: what was to be deleted is gone."""
    state, response = _applied(state, op.Delete(resource, namespace, name, now, uid=uid))
    return state, Did() if response in (Failed("missing"), Failed("conflict")) else response
