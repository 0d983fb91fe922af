"""Counts what passes: each request of a program, each request to the API server.  Nothing that passes is changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any, TypeVar

import structlog

from wfcontroller.api import Api, ApiError, Object, Page, WatchEvent
from wfcontroller.runtime.drive import Perform
from wfcontroller.telemetry.families import CODES, Own
from wfcontroller.telemetry.metrics import Metrics
from wfcore.measures.exchanges import NOTHING, Known, heard
from wfcore.measures.vocabulary import OTHER
from wfcore.program import Request, Response
from wfcore.resources import PODS, Resource

T = TypeVar("T")
_log = structlog.get_logger("wfcontroller")


def counted(perform: Perform, metrics: Metrics) -> Perform:
    """`perform`, with every exchange counted.

    The requests of a pass are made one after the other by one task, so what is
    known of its workflow is remembered by the task.
    """
    known: ContextVar[Known] = ContextVar("known", default=NOTHING)

    async def perform_and_count(request: Request) -> Response:
        response = await perform(request)
        try:
            after, worth = heard(known.get(), request, response)
            known.set(after)
            for observation in worth:
                metrics.observe(observation)
        except Exception as error:  # noqa: BLE001
            # A figure that cannot be kept costs no workflow anything.
            _log.error("counting_failed", request=type(request).__name__, error=type(error).__name__)
        return response

    return perform_and_count


class CountedApi:
    """An `Api` whose requests are counted by verb, resource and code, and timed."""

    def __init__(self, api: Api, metrics: Metrics) -> None:
        self._api, self._metrics = api, metrics

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """Read one object."""
        return await self._timed("get", resource, self._api.get(resource, namespace, name))

    async def list(
        self, resource: Resource, namespace: str = "", *, label_selector: str = "", name: str = "", limit: int = 0,
        continue_token: str = "",
    ) -> Page:
        """List objects."""
        return await self._timed("list", resource, self._api.list(
            resource, namespace, label_selector=label_selector, name=name, limit=limit, continue_token=continue_token))

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        """POST."""
        return await self._timed("create", resource, self._api.create(resource, body, dry_run=dry_run))

    async def update(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        """PUT."""
        return await self._timed("update", resource, self._api.update(resource, body, dry_run=dry_run))

    async def update_status(self, resource: Resource, body: Object) -> Object:
        """PUT to `/status`."""
        return await self._timed("update_status", resource, self._api.update_status(resource, body))

    async def delete(self, resource: Resource, namespace: str, name: str, **options: Any) -> None:
        """DELETE, with the options of `Api.delete`."""
        await self._timed("delete", resource, self._api.delete(resource, namespace, name, **options))

    async def evict(self, namespace: str, pod: str, **options: Any) -> None:
        """POST to a pod's `/eviction`, with the options of `Api.evict`."""
        await self._timed("evict", PODS, self._api.evict(namespace, pod, **options))

    async def watch(
        self, resource: Resource, namespace: str = "", *, resource_version: str, name: str = "",
        timeout_seconds: float = 300.0,
    ) -> AsyncIterator[WatchEvent]:
        """Follow changes; counted when it ends."""
        events = self._api.watch(resource, namespace, resource_version=resource_version, name=name,
                                 timeout_seconds=timeout_seconds)
        code = "2xx"
        try:
            async with aclosing(_as_generator(events)) as following:
                async for event in following:
                    yield event
        except ApiError as error:
            code = _code(error)
            raise
        finally:
            self._count("watch", resource, code)

    async def _timed(self, verb: str, resource: Resource, call: Awaitable[T]) -> T:
        clock: Callable[[], float] = asyncio.get_running_loop().time
        started, code = clock(), "2xx"
        try:
            return await call
        except ApiError as error:
            code = _code(error)
            raise
        finally:
            self._metrics.record(Own.API_DURATION, (), clock() - started)
            self._count(verb, resource, code)

    def _count(self, verb: str, resource: Resource, code: str) -> None:
        self._metrics.record(Own.API_REQUESTS, (verb, resource.plural, code))


async def _as_generator(events: AsyncIterator[WatchEvent]) -> Any:
    async for event in events:
        yield event


def _code(error: ApiError) -> str:
    code = str(error.status) if error.status else "none"
    return code if code in CODES else OTHER
