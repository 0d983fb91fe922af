"""Waiting for objects to become as wanted: read, then follow the watch; the caller's deadline ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import cast

from wfcontroller.api import Api, ApiError, Object, WatchEvent
from wfcontroller.executor.contract import Broken, Done, Verdict, Work
from wfcontroller.executor.failures import TRANSIENT, ExecutionFailed
from wfcontroller.executor.parts import Place
from wfcontroller.listing import everything
from wfcore.model.enums import FailureClass
from wfcore.resources import Resource

_AGAIN_AFTER = 1.0


async def until_done(work: Work, place: Place, judge: Callable[[Object | None], Verdict]) -> Done:
    """Judge one object now and at each change (None: it is gone) until the verdict is final.

    Raises `ExecutionFailed(verification_failed)` when it is broken.
    """
    while True:
        found = await existing(work.api, place)
        done = settled(work, judge(found))
        if done is not None:
            return done
        version = found["metadata"]["resourceVersion"] if found is not None else None
        async with aclosing(_events(work.api, place.resource, place.namespace, version)) as events:
            async for event in events:
                metadata = event.object["metadata"]
                if event.type != "BOOKMARK" and metadata.get("name") == place.name:
                    done = settled(work, judge(None if event.type == "DELETED" else event.object))
                    if done is not None:
                        return done


async def until_all_done(
    work: Work, resource: Resource, namespace: str, judge: Callable[[dict[str, Object]], Verdict]
) -> Done:
    """As `until_done`, for all objects of a kind in a namespace (empty: all namespaces), by uid."""
    while True:
        items, version = await everything(work.api, resource, namespace)
        objects = {item["metadata"]["uid"]: item for item in items}
        done = settled(work, judge(objects))
        if done is not None:
            return done
        async with aclosing(_events(work.api, resource, namespace, version)) as events:
            async for event in events:
                if event.type == "BOOKMARK":
                    continue
                uid = event.object["metadata"]["uid"]
                objects.pop(uid, None)
                if event.type != "DELETED":
                    objects[uid] = event.object
                done = settled(work, judge(objects))
                if done is not None:
                    return done


async def until_selected_done(
    work: Work, resource: Resource, namespace: str, selector: str,
    judge: Callable[[list[Object]], Awaitable[Verdict]],
) -> Done:
    """As `until_all_done`, for those that a label selector selects (empty: all), listed afresh after each change.

    The server evaluates the selector, and `judge` may read more.
    """
    while True:
        items, version = await everything(work.api, resource, namespace, selector)
        done = settled(work, await judge(items))
        if done is not None:
            return done
        async with aclosing(_events(work.api, resource, namespace, version)) as events:
            async for event in events:
                if event.type != "BOOKMARK":
                    break


def settled(work: Work, verdict: Verdict) -> Done | None:
    """The outcome when it is final; remembers what is still missing, for the timeout's message."""
    match verdict:
        case Done():
            return verdict
        case Broken(why):
            raise ExecutionFailed(FailureClass.VERIFICATION_FAILED, why)
        case _:
            work.waiting_for = verdict.why
            return None


async def existing(api: Api, place: Place) -> Object | None:
    """The object, or None when it does not exist."""
    try:
        return await api.get(place.resource, place.namespace, place.name)
    except ApiError as error:
        if error.status != 404:
            raise
        return None


async def _events(
    api: Api, resource: Resource, namespace: str, version: str | None
) -> AsyncGenerator[WatchEvent, None]:
    """One watch; ends when it is to be read afresh.  Without a version nothing can be followed, so it only waits."""
    if version is None:
        await asyncio.sleep(_AGAIN_AFTER)
        return
    try:
        # Written as an asynchronous generator by every implementation, so that it can be closed.
        watch = cast("AsyncGenerator[WatchEvent, None]", api.watch(resource, namespace, resource_version=version))
        async with aclosing(watch) as events:
            async for event in events:
                yield event
    except ApiError as error:
        if error.status != 410 and error.status not in TRANSIENT:
            raise
        await asyncio.sleep(error.retry_after or _AGAIN_AFTER)
