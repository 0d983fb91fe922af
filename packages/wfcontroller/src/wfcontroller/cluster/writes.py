"""Writes of workflows and their children.  Each is conditional on a version or a uid; none is tried twice."""

from __future__ import annotations

from typing import TypeAlias

from wfcontroller.api import Api, ApiError
from wfcontroller.runtime.cache import Cache
from wfcore.codec import encode
from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.program import (
    CommitStatus,
    Create,
    Created,
    DeleteChild,
    DeleteWorkflow,
    Did,
    Failed,
    ReleaseChild,
    Response,
    SetMetadata,
)
from wfcore.rawobject import RawObject
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS

Write: TypeAlias = CommitStatus | SetMetadata | Create | DeleteChild | ReleaseChild | DeleteWorkflow


class Writer:
    """Performs writes and lets the cache take over what they answer; raises `ApiError`."""

    def __init__(self, api: Api, cache: Cache) -> None:
        self._api, self._cache = api, cache

    async def write(self, request: Write) -> Response:
        """Perform one of the six writes."""
        match request:
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
            body = dict(child.value)
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
