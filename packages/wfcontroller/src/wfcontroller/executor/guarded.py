"""The API as an attempt sees it: reads are patient, and each mutation first asks whether it is still wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from wfcontroller.api import Api, ApiError, Object, Page, WatchEvent
from wfcontroller.executor.failures import TRANSIENT, is_outcome_unknown, withholding
from wfcore.model.enums import Mutated
from wfcore.resources import PODS, Resource

T = TypeVar("T")

_READ_AGAIN_AFTER = (0.2, 1.0, 3.0)


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Ask again a few times when the server could not answer; only for requests that change nothing."""
    for delay in _READ_AGAIN_AFTER:
        try:
            return await call()
        except ApiError as error:
            if error.status not in TRANSIENT:
                raise
            await asyncio.sleep(error.retry_after or delay)
    return await call()


class GuardedApi:
    """Implements `Api` for one attempt, and keeps the account of what it changed.

    Attributes:
        mutated: NO until a mutation went through, UNKNOWN when one may have, YES afterwards.
        in_flight: Whether a mutation is on its way; a cancellation waits for its answer.
    """

    def __init__(self, api: Api, permit: Callable[[], Awaitable[None]], mutated: Mutated) -> None:
        self._api, self._permit = api, permit
        self.mutated, self.in_flight = mutated, False

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        return await _reported(resource, patiently(lambda: self._api.get(resource, namespace, name)))

    async def list(
        self, resource: Resource, namespace: str = "", *, label_selector: str = "", name: str = "", limit: int = 0,
        continue_token: str = "",
    ) -> Page:
        return await _reported(resource, patiently(lambda: self._api.list(
            resource, namespace, label_selector=label_selector, name=name, limit=limit,
            continue_token=continue_token)))

    def watch(
        self, resource: Resource, namespace: str = "", *, resource_version: str, name: str = "",
        timeout_seconds: float = 300.0,
    ) -> AsyncIterator[WatchEvent]:
        return self._api.watch(
            resource, namespace, resource_version=resource_version, name=name, timeout_seconds=timeout_seconds)

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        return await self._write(resource, lambda: self._api.create(resource, body, dry_run=dry_run), dry_run)

    async def update(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        return await self._write(resource, lambda: self._api.update(resource, body, dry_run=dry_run), dry_run)

    async def update_status(self, resource: Resource, body: Object) -> Object:
        return await self._write(resource, lambda: self._api.update_status(resource, body), False)

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", resource_version: str = "",
        propagation: str = "Background", grace_period_seconds: int | None = None, dry_run: bool = False,
    ) -> None:
        await self._write(resource, lambda: self._api.delete(
            resource, namespace, name, uid=uid, resource_version=resource_version, propagation=propagation,
            grace_period_seconds=grace_period_seconds, dry_run=dry_run), dry_run)

    async def evict(
        self, namespace: str, pod: str, *, grace_period_seconds: int | None = None, dry_run: bool = False
    ) -> None:
        await self._write(PODS, lambda: self._api.evict(
            namespace, pod, grace_period_seconds=grace_period_seconds, dry_run=dry_run), dry_run)

    async def _write(self, resource: Resource, call: Callable[[], Awaitable[T]], dry_run: bool) -> T:
        if dry_run:
            return await _reported(resource, patiently(call))
        await self._permit()
        answer = await _reported(resource, self._counted(call))
        self.mutated = Mutated.YES
        return answer

    async def _counted(self, call: Callable[[], Awaitable[T]]) -> T:
        before, self.in_flight = self.mutated, True
        # Whatever interrupts the request leaves the cautious answer behind.
        self.mutated = Mutated.YES if before is Mutated.YES else Mutated.UNKNOWN
        try:
            return await call()
        except ApiError as error:
            if not is_outcome_unknown(error):
                self.mutated = before
            raise
        finally:
            self.in_flight = False


async def _reported(resource: Resource, answer: Awaitable[T]) -> T:
    try:
        return await answer
    except ApiError as error:
        raise withholding(error, resource) from None
