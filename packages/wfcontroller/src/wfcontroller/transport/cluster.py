"""`Api` over HTTP: what a caller asks, in the words of the API server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from wfcontroller.api import Api, ApiError, Object, Page, WatchEvent
from wfcontroller.transport.answers import of_status
from wfcontroller.transport.paths import path_of
from wfcontroller.transport.requests import Requests
from wfcore.resources import PODS, Resource


class ClusterApi(Api):
    """Implements `wfcontroller.api.Api` on a real API server."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        return await self._requests.send("GET", path_of(resource, namespace, _named(resource, name)))

    async def list(
        self, resource: Resource, namespace: str = "", *, label_selector: str = "", name: str = "", limit: int = 0,
        continue_token: str = "",
    ) -> Page:
        query = {"labelSelector": label_selector, "fieldSelector": _only(name), "limit": str(limit or ""),
                 "continue": continue_token}
        answer = await self._requests.send("GET", path_of(resource, namespace), query=_given(query))
        meta = answer.get("metadata") or {}
        return Page(tuple(answer.get("items") or ()), meta.get("resourceVersion", ""), meta.get("continue", ""))

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        path = path_of(resource, _namespace_of(resource, body))
        return await self._requests.send("POST", path, query=_dry(dry_run), body=_typed(resource, body))

    async def update(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        path = path_of(resource, _namespace_of(resource, body), _name_of(resource, body))
        return await self._requests.send("PUT", path, query=_dry(dry_run), body=_typed(resource, body))

    async def update_status(self, resource: Resource, body: Object) -> Object:
        path = path_of(resource, _namespace_of(resource, body), _name_of(resource, body), "status")
        return await self._requests.send("PUT", path, body=_typed(resource, body))

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", resource_version: str = "",
        propagation: str = "Background", grace_period_seconds: int | None = None, dry_run: bool = False,
    ) -> None:
        preconditions = _given({"uid": uid, "resourceVersion": resource_version})
        options = _options(grace_period_seconds, dry_run) | {"propagationPolicy": propagation}
        await self._requests.send("DELETE", path_of(resource, namespace, _named(resource, name)), body={
            **options, **({"preconditions": preconditions} if preconditions else {})})

    async def evict(
        self, namespace: str, pod: str, *, grace_period_seconds: int | None = None, dry_run: bool = False
    ) -> None:
        await self._requests.send("POST", path_of(PODS, namespace, _named(PODS, pod), "eviction"), body={
            "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace},
            "deleteOptions": _options(grace_period_seconds, dry_run)})

    async def watch(
        self, resource: Resource, namespace: str = "", *, resource_version: str, name: str = "",
        timeout_seconds: float = 300.0,
    ) -> AsyncIterator[WatchEvent]:
        query = {"watch": "1", "allowWatchBookmarks": "true", "resourceVersion": resource_version,
                 "timeoutSeconds": str(max(int(timeout_seconds), 1)), "fieldSelector": _only(name)}
        # Closed with the watch, not whenever it is collected: its connection has to go before the loop does.
        async with aclosing(self._requests.stream(path_of(resource, namespace), _given(query))) as lines:
            async for line in lines:
                if line["type"] == "ERROR":
                    raise of_status(line["object"])
                yield WatchEvent(line["type"], line["object"])


def _namespace_of(resource: Resource, body: Object) -> str:
    return str((body.get("metadata") or {}).get("namespace") or "") if resource.namespaced else ""


def _name_of(resource: Resource, body: Object) -> str:
    return _named(resource, str((body.get("metadata") or {}).get("name") or ""))


def _named(resource: Resource, name: str) -> str:
    """The name, if there is one: without it a request would mean the whole collection."""
    if not name:
        raise ApiError(400, "BadRequest", f"a {resource.kind} without a name was asked for")
    return name


def _typed(resource: Resource, body: Object) -> Object:
    return {"apiVersion": resource.api_version, "kind": resource.kind, **body}


def _only(name: str) -> str:
    return f"metadata.name={name}" if name else ""


def _dry(dry_run: bool) -> Mapping[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _options(grace_period_seconds: int | None, dry_run: bool) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "DeleteOptions",
            **({} if grace_period_seconds is None else {"gracePeriodSeconds": grace_period_seconds}),
            **({"dryRun": ["All"]} if dry_run else {})}


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}
