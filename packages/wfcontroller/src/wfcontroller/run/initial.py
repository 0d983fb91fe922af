"""Loads a file's objects into the embedded cluster: its state before the workflows start."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import cast

from wfcontroller.api import Api, ApiError, Object, WatchEvent
from wfcontroller.objects import key_of
from wfcontroller.run.request import RunFailed
from wfcore.resources import (
    BY_API_VERSION_AND_KIND,
    DEPLOYMENTS,
    NAMESPACES,
    NODES,
    WORKFLOW_EXECUTIONS,
    Resource,
)

SETTLE_SECONDS = 30.0
# Owners and places before what is in them.
_FIRST = (NAMESPACES, NODES)


def resource_of(document: Object) -> Resource:
    """The resource type of a document; raises RunFailed for an unknown one."""
    key = (str(document.get("apiVersion")), str(document.get("kind")))
    if key not in BY_API_VERSION_AND_KIND:
        raise RunFailed(f"unknown kind {key[0]} {key[1]}", bad_input=True)
    return BY_API_VERSION_AND_KIND[key]


def is_workflow(document: Object) -> bool:
    """Whether a document is one of the workflows to run."""
    wanted = (WORKFLOW_EXECUTIONS.api_version, WORKFLOW_EXECUTIONS.kind)
    return wanted == (document.get("apiVersion"), document.get("kind"))


async def load(api: Api, documents: Iterable[Object]) -> None:
    """Create every object but the workflows; missing namespaces are made.  The server's refusal is the user's error."""
    objects = [(resource_of(d), d) for d in documents]
    places = {d.get("metadata", {}).get("namespace") or "default": None for r, d in objects if r.namespaced}
    named = {d["metadata"]["name"] for r, d in objects if r is NAMESPACES}
    for place in places:
        if place not in named:
            await make_namespace(api, place)
    others = [(r, d) for r, d in objects if r is not WORKFLOW_EXECUTIONS]
    for resource, document in sorted(others, key=lambda entry: entry[0] not in _FIRST):
        await _create(api, resource, document)


async def create_workflow(api: Api, document: Object) -> Object:
    """Create one workflow; a refusal is the user's error."""
    return await _create(api, WORKFLOW_EXECUTIONS, document)


async def settle(api: Api, documents: Sequence[Object]) -> None:
    """Wait until the given Deployments are available, or for 30 s: some are meant never to be."""
    waiting = {key_of(_placed(d)) for d in documents if resource_of(d) is DEPLOYMENTS}
    page = await api.list(DEPLOYMENTS)
    waiting -= {key_of(item) for item in page.items if _available(item)}
    if not waiting:
        return
    async with aclosing(_until(api, page.resource_version)) as events:
        async for event in events:
            if event.type != "BOOKMARK" and _available(event.object):
                waiting.discard(key_of(event.object))
            if not waiting:
                return


def _until(api: Api, version: str) -> AsyncGenerator[WatchEvent, None]:
    # The protocol promises an iterator; every implementation is a generator, which has to be closed.
    return cast("AsyncGenerator[WatchEvent, None]",
                api.watch(DEPLOYMENTS, resource_version=version, timeout_seconds=SETTLE_SECONDS))


def _placed(document: Object) -> Object:
    meta = {"namespace": "default", **(document.get("metadata") or {})}
    return {**document, "metadata": meta}


def _available(current: Object) -> bool:
    wanted, status = current["spec"].get("replicas", 1), current.get("status") or {}
    return bool(status.get("observedGeneration", 0) >= current["metadata"].get("generation", 0)
                and status.get("availableReplicas", 0) >= wanted and status.get("updatedReplicas", 0) >= wanted)


async def make_namespace(api: Api, name: str) -> None:
    """Create a namespace unless it exists."""
    try:
        await api.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise


async def _create(api: Api, resource: Resource, document: Object) -> Object:
    meta = (_placed(document) if resource.namespaced else document).get("metadata") or {}
    try:
        created = await api.create(resource, {**document, "metadata": meta})
        if document.get("status") and resource.has_status:
            return await api.update_status(resource, {**created, "status": document["status"]})
        return created
    except ApiError as error:
        causes = "".join(f"\n  {field}: {text}" for field, text in error.causes)
        raise RunFailed(f"{resource.kind} {meta.get('name', '')!r} was refused: {error.message}{causes}",
                        bad_input=True) from error
