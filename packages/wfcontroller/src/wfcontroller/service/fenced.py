"""The API of a leader: no write leaves once somebody else may have taken over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from wfcontroller.api import Api, ApiError, Object, Page, WatchEvent
from wfcore.resources import Resource


class FencedApi(Api):
    """Implements `Api`; a write is refused, unsent, unless `allowed` at this moment.

    It spares requests of a process that was stopped for a while and goes on as
    if it still led.  A request on its way cannot be called back, so what keeps
    two leaders harmless are the preconditions of each write, not this.
    """

    def __init__(self, api: Api, allowed: Callable[[], bool]) -> None:
        self._api, self._allowed = api, allowed

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        return await self._api.get(resource, namespace, name)

    async def list(
        self, resource: Resource, namespace: str = "", *, label_selector: str = "", name: str = "", limit: int = 0,
        continue_token: str = "",
    ) -> Page:
        return await self._api.list(resource, namespace, label_selector=label_selector, name=name, limit=limit,
                                    continue_token=continue_token)

    def watch(
        self, resource: Resource, namespace: str = "", *, resource_version: str, name: str = "",
        timeout_seconds: float = 300.0,
    ) -> AsyncIterator[WatchEvent]:
        return self._api.watch(resource, namespace, resource_version=resource_version, name=name,
                               timeout_seconds=timeout_seconds)

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        self._check()
        return await self._api.create(resource, body, dry_run=dry_run)

    async def update(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        self._check()
        return await self._api.update(resource, body, dry_run=dry_run)

    async def update_status(self, resource: Resource, body: Object) -> Object:
        self._check()
        return await self._api.update_status(resource, body)

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", resource_version: str = "",
        propagation: str = "Background", grace_period_seconds: int | None = None, dry_run: bool = False,
    ) -> None:
        self._check()
        await self._api.delete(resource, namespace, name, uid=uid, resource_version=resource_version,
                               propagation=propagation, grace_period_seconds=grace_period_seconds, dry_run=dry_run)

    async def evict(
        self, namespace: str, pod: str, *, grace_period_seconds: int | None = None, dry_run: bool = False
    ) -> None:
        self._check()
        await self._api.evict(namespace, pod, grace_period_seconds=grace_period_seconds, dry_run=dry_run)

    def _check(self) -> None:
        if not self._allowed():
            raise ApiError(503, "ServiceUnavailable", "this process does not lead any more; nothing was sent")
