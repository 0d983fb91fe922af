"""Reads of workflows, their children and their parent: from the cache where staleness is allowed, else live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.listing import everything
from wfcontroller.runtime.cache import Cache
from wfcore.model.workflow import LABEL_WORKFLOW_UID
from wfcore.program import (
    FindParent,
    FindSource,
    Found,
    Freshness,
    Observe,
    Ref,
    Response,
    Seen,
    SourceFound,
    Surroundings,
    Survey,
    Surveyed,
)
from wfcore.rawobject import RawObject
from wfcore.resources import ALERT_REMEDIATIONS, KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource

Read: TypeAlias = Observe | FindParent | FindSource | Survey


class Reader:
    """Answers what is asked about workflows; raises `ApiError` when the server does not say."""

    def __init__(self, api: Api, cache: Cache, now: Callable[[], datetime],
                 surroundings: Callable[[], Surroundings]) -> None:
        self._api, self._cache, self._now, self._surroundings = api, cache, now, surroundings

    async def read(self, request: Read) -> Response:
        """Answer one of the four reads."""
        match request:
            case Observe():
                return await self._observe(request)
            case FindSource():
                return await self._source(request.ref)
            case FindParent():
                found = await self._found(ALERT_REMEDIATIONS, request.ref)
                return Found(None if found is None else RawObject(found))
            case Survey():
                return Surveyed(self._cache.workflows_naming(request.targets, or_unfinished=request.unfinished))

    async def _observe(self, request: Observe) -> Seen:
        ref = request.ref
        if request.freshness is Freshness.CACHED:
            workflow, children = self._cache.workflow(ref), self._cache.children(ref)
        else:
            workflow, children = await self._live(ref)
            if workflow is None:
                # Without its uid what it left behind can only be found where it was seen.
                children = self._cache.children(ref)
        return Seen(workflow, children, self._now(), self._surroundings())

    async def _source(self, ref: Ref) -> SourceFound:
        workflow, children = await self._live(ref)
        if workflow is None:
            return SourceFound(None)
        return SourceFound(workflow, children, self._cache.workflows_from(
            ref.namespace, workflow.value["metadata"]["uid"]))

    async def _live(self, ref: Ref) -> tuple[RawObject | None, tuple[RawObject, ...]]:
        """The workflow and its children, by name; without a workflow there are none to look for."""
        workflow = await self._found(WORKFLOW_EXECUTIONS, ref)
        if workflow is None:
            return None, ()
        selector = f"{LABEL_WORKFLOW_UID}={workflow['metadata']['uid']}"
        items, _ = await everything(self._api, KUBERNETES_EXECUTIONS, ref.namespace, selector)
        live = {item["metadata"]["name"]: self._cache.raw(KUBERNETES_EXECUTIONS, item) for item in items}
        return self._cache.raw(WORKFLOW_EXECUTIONS, workflow), tuple(live[name] for name in sorted(live))

    async def _found(self, resource: Resource, ref: Ref) -> Object | None:
        try:
            return await self._api.get(resource, ref.namespace, ref.name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
