"""The port behind programs: each request becomes API calls, each answer a response.  No decision is made here."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.cluster.answers import answer_of
from wfcontroller.runtime.cache import Cache
from wfcore.codec import encode
from wfcore.codec.times import format_time
from wfcore.model.workflow import LABEL_WORKFLOW_UID, TRACKING_FINALIZER
from wfcore.planning.targets import Target
from wfcore.program import (
    CommitStatus,
    Create,
    Created,
    DeleteChild,
    DeleteWorkflow,
    Did,
    Emit,
    Failed,
    FindParent,
    Found,
    Freshness,
    Inspect,
    Inspected,
    Observe,
    Record,
    Ref,
    ReleaseChild,
    Request,
    Response,
    Seen,
    SetMetadata,
)
from wfcore.rawobject import RawObject
from wfcore.resources import (
    ALERT_REMEDIATIONS,
    DEPLOYMENTS,
    EVENTS,
    KUBERNETES_EXECUTIONS,
    NODES,
    PODS,
    WORKFLOW_EXECUTIONS,
)

Recorder = Callable[[Record], Awaitable[Response]]
_INSPECTED = {"Deployment": DEPLOYMENTS, "Node": NODES, "AlertRemediation": ALERT_REMEDIATIONS}
_NOTE_LENGTH = 1024


class Performer:
    """Performs requests on `api`; cached reads come from `cache`, records go to `record`."""

    def __init__(self, api: Api, cache: Cache, record: Recorder, now: Callable[[], datetime]) -> None:
        self._api, self._cache, self._record, self._now = api, cache, record, now

    async def perform(self, request: Request) -> Response:
        """Perform one request; every API error becomes a response."""
        try:
            return await self._perform(request)
        except ApiError as error:
            return answer_of(error)

    async def _perform(self, request: Request) -> Response:
        match request:
            case Observe():
                return await self._observe(request)
            case FindParent():
                return await self._find_parent(request.ref)
            case Inspect():
                return Inspected(tuple([await self._inspect(target) for target in request.targets]))
            case CommitStatus():
                return await self._commit(request)
            case SetMetadata():
                return await self._set_metadata(request)
            case Create():
                return await self._create(request)
            case DeleteChild():
                return await self._delete_child(request)
            case ReleaseChild():
                return await self._release(request)
            case DeleteWorkflow():
                await self._api.delete(WORKFLOW_EXECUTIONS, request.ref.namespace, request.ref.name, uid=request.uid)
                return Did()
            case Record():
                return await self._record(request)
            case Emit():
                return await self._emit(request)
            case _:
                return Failed("unavailable", f"{type(request).__name__} cannot be asked here")

    async def _observe(self, request: Observe) -> Response:
        ref = request.ref
        if request.freshness is Freshness.CACHED:
            return Seen(self._cache.workflow(ref), self._cache.children(ref), self._now())
        workflow = await self._get(ref)
        if workflow is None:
            return Seen(None, self._cache.children(ref), self._now())
        uid = workflow["metadata"]["uid"]
        page = await self._api.list(KUBERNETES_EXECUTIONS, ref.namespace, label_selector=f"{LABEL_WORKFLOW_UID}={uid}")
        live = {item["metadata"]["name"]: self._cache.raw(KUBERNETES_EXECUTIONS, item) for item in page.items}
        return Seen(self._cache.raw(WORKFLOW_EXECUTIONS, workflow), tuple(live[name] for name in sorted(live)),
                    self._now())

    async def _get(self, ref: Ref) -> Object | None:
        try:
            return await self._api.get(WORKFLOW_EXECUTIONS, ref.namespace, ref.name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def _find_parent(self, ref: Ref) -> Response:
        try:
            return Found(RawObject(await self._api.get(ALERT_REMEDIATIONS, ref.namespace, ref.name)))
        except ApiError as error:
            if error.status == 404:
                return Found(None)
            raise

    async def _inspect(self, target: Target) -> tuple[RawObject, ...] | None:
        try:
            if target.selector:
                page = await self._api.list(PODS, target.namespace, label_selector=target.selector)
                return tuple(map(RawObject, page.items))
            resource = _INSPECTED[target.kind]
            if not target.name:
                return tuple(map(RawObject, (await self._api.list(resource, target.namespace)).items))
            return (RawObject(await self._api.get(resource, target.namespace, target.name)),)
        except ApiError as error:
            # Absent is a fact; refused or unanswered is not.
            return () if error.status == 404 else None

    async def _commit(self, request: CommitStatus) -> Response:
        body = {
            "apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
            "metadata": {"namespace": request.ref.namespace, "name": request.ref.name, "uid": request.uid,
                         "resourceVersion": request.version},
            "status": encode(request.status),
        }
        self._cache.remember(WORKFLOW_EXECUTIONS, await self._api.update_status(WORKFLOW_EXECUTIONS, body))
        return Did()

    async def _set_metadata(self, request: SetMetadata) -> Response:
        current = await self._api.get(WORKFLOW_EXECUTIONS, request.ref.namespace, request.ref.name)
        if current["metadata"]["resourceVersion"] != request.version:
            return Failed("conflict", "the workflow has changed since it was read")
        owners = [encode(owner) for owner in request.owner_references]
        meta = {**current["metadata"], "finalizers": list(request.finalizers), "ownerReferences": owners}
        updated = await self._api.update(WORKFLOW_EXECUTIONS, {**current, "metadata": meta})
        if request.finalizers:
            self._cache.remember(WORKFLOW_EXECUTIONS, updated)
        return Did()

    async def _create(self, request: Create) -> Response:
        existing: list[RawObject] = []
        for child in request.children:
            body: Any = child.value
            try:
                created = await self._api.create(KUBERNETES_EXECUTIONS, body)
                self._cache.remember(KUBERNETES_EXECUTIONS, created)
            except ApiError as error:
                if error.reason != "AlreadyExists":
                    raise
                found = await self._api.get(KUBERNETES_EXECUTIONS, request.ref.namespace, body["metadata"]["name"])
                existing.append(RawObject(found))
        return Created(tuple(existing))

    async def _delete_child(self, request: DeleteChild) -> Response:
        try:
            await self._api.delete(KUBERNETES_EXECUTIONS, request.namespace, request.name, uid=request.uid)
        except ApiError as error:
            # Absent, or another object of that name: ours is gone either way.
            if error.status not in (404, 409):
                raise
        return Did()

    async def _release(self, request: ReleaseChild) -> Response:
        try:
            current = await self._api.get(KUBERNETES_EXECUTIONS, request.namespace, request.name)
        except ApiError as error:
            if error.status == 404:
                return Did()
            raise
        if current["metadata"]["uid"] != request.uid:
            return Did()
        kept = [name for name in current["metadata"].get("finalizers") or () if name != TRACKING_FINALIZER]
        await self._api.update(KUBERNETES_EXECUTIONS, {**current, "metadata": {**current["metadata"],
                                                                               "finalizers": kept}})
        return Did()

    async def _emit(self, request: Emit) -> Response:
        for event in request.events:
            key = f"{request.uid}/{event.reason}/{event.message}/{request.at.isoformat()}"
            name = f"{request.ref.name[:200]}.{hashlib.sha256(key.encode()).hexdigest()[:16]}"
            await self._publish({
                "apiVersion": EVENTS.api_version, "kind": EVENTS.kind,
                "metadata": {"namespace": request.ref.namespace, "name": name},
                "eventTime": format_time(request.at), "action": "Reconcile", "type": event.type,
                "reason": event.reason, "note": event.message[:_NOTE_LENGTH],
                "reportingController": "workflowexecution.kubernaut.io/controller",
                "reportingInstance": "wf-controller",
                "regarding": {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
                              "namespace": request.ref.namespace, "name": request.ref.name, "uid": request.uid},
            })
        return Did()

    async def _publish(self, event: Object) -> bool:
        try:
            await self._api.create(EVENTS, event)
        except ApiError:
            # Events are best effort; status holds the truth.
            return False
        return True
