"""Follows workflows on a cluster to their end, however the watch is broken off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import cast

from wfcontroller.api import ApiError, Object, WatchEvent
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.finding import named_kind
from wfcontroller.cli.output import EnvironmentFailed
from wfcontroller.listing import everything
from wfcontroller.objects import metadata, status, uid_of
from wfcontroller.run.request import RunObserver
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.resources import WORKFLOW_EXECUTIONS

_BROKEN_OFF = frozenset({0, 410, 429, 500, 502, 503, 504})
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)


async def changes(cluster: Cluster, namespace: str, name: str = "",
                  known: Iterable[Object] = ()) -> AsyncGenerator[WatchEvent, None]:
    """What is there of a namespace (empty: of all) as ADDED, then what happens to it, without end.

    After a break all is listed anew, so what is seen twice is told twice, and what
    is `known` and went meanwhile is told as DELETED.  Raises ApiError when the
    server is away for half a minute.
    """
    pauses, there = list(_PAUSES), {uid_of(item): item for item in known}
    while True:
        try:
            items, version = await everything(cluster.api, WORKFLOW_EXECUTIONS, namespace, name=name)
            pauses = list(_PAUSES)
            present = {uid_of(item): item for item in items}
            gone, there = [there[uid] for uid in there if uid not in present], present
            for event in (*(WatchEvent("DELETED", one) for one in gone), *(WatchEvent("ADDED", one) for one in items)):
                yield event
            async with aclosing(_watch(cluster, namespace, version, name)) as events:
                async for event in events:
                    if event.type == "DELETED":
                        there.pop(uid_of(event.object), None)
                    elif event.type != "BOOKMARK":
                        there[uid_of(event.object)] = event.object
                    if event.type != "BOOKMARK":
                        yield event
        except ApiError as error:
            if error.status not in _BROKEN_OFF or not pauses:
                raise
            await asyncio.sleep(pauses.pop(0))


def _watch(cluster: Cluster, namespace: str, version: str, name: str) -> AsyncGenerator[WatchEvent, None]:
    # The protocol promises an iterator; every implementation is a generator, which has to be closed.
    return cast("AsyncGenerator[WatchEvent, None]",
                cluster.api.watch(WORKFLOW_EXECUTIONS, namespace, resource_version=version, name=name))


async def follow_to_the_end(cluster: Cluster, workflow: Object, observer: RunObserver) -> Object:
    """Tell every change of a workflow until it has ended, and return it as it ended.

    Raises EnvironmentFailed when it is deleted before.
    """
    meta = metadata(workflow)
    async with aclosing(changes(cluster, meta["namespace"], meta["name"], known=(workflow,))) as events:
        async for event in events:
            # Whatever comes under its name afterwards is another one.
            if event.type == "DELETED":
                break
            current = named_kind(event.object)
            observer.changed(current, cluster.now())
            if status(current).get("phase") in TERMINAL:
                return current
    raise EnvironmentFailed(f"workflow {meta['name']} was deleted before it ended; `wfctl events {meta['name']} -n "
                            f"{meta['namespace']}` shows what is known of it")


async def follow_all(cluster: Cluster, workflows: Sequence[Object], observer: RunObserver) -> list[Object]:
    """As `follow_to_the_end`, for several at once, in their order."""
    return list(await asyncio.gather(*(follow_to_the_end(cluster, one, observer) for one in workflows)))
