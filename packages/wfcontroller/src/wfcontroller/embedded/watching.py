"""Watchers and their wake-up: in the order they began to wait, whatever the hash seed."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable

from wfcontroller.api import ApiError, WatchEvent
from wfcore.resources import Resource


class Wakeups:
    """Who waits for changes of which resource type.

    A waiting watcher is one future; a change or its deadline completes it.
    """

    def __init__(self) -> None:
        self._waiting: dict[Resource, list[asyncio.Future[None]]] = {}

    async def wait(self, resource: Resource, until: float) -> None:
        """Return at the next change of `resource`, or when the loop's clock reaches `until`.

        An infinite `until` sets no timer, so a loop that has nothing else to do can tell.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        waiting = self._waiting.setdefault(resource, [])
        waiting.append(future)
        timer = loop.call_at(until, _complete, future) if math.isfinite(until) else None
        try:
            await future
        finally:
            if timer is not None:
                timer.cancel()
            if future in waiting:
                waiting.remove(future)

    def wake(self, resources: Iterable[Resource]) -> None:
        """Complete every wait for these resource types, in the order given, the longest waiting first."""
        for resource in resources:
            waiting, self._waiting[resource] = self._waiting.get(resource, []), []
            for future in waiting:
                _complete(future)


def _complete(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def parsed_version(resource_version: str) -> int:
    """The version to watch from; an empty one is 0, "any".  Raises 400."""
    if resource_version and not (resource_version.isascii() and resource_version.isdigit()):
        raise ApiError(400, "BadRequest", f"invalid resourceVersion {resource_version!r}: must be a number")
    return int(resource_version or 0)


def bookmark(resource: Resource, version: int) -> WatchEvent:
    """The event that only says how far the watch has come."""
    return WatchEvent("BOOKMARK", {
        "apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"resourceVersion": str(version)},
    })
