"""The executor: follows KubernetesExecutions and runs one coroutine for each that has not ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.executor.attempt import Attempt
from wfcontroller.executor.contract import CustomAction
from wfcontroller.executor.guarded import patiently
from wfcontroller.executor.heartbeat import Heartbeat
from wfcontroller.executor.record import TERMINAL
from wfcontroller.executor.registry import custom_actions
from wfcontroller.executor.settings import ExecutorSettings
from wfcontroller.executor.snapshots import sweep
from wfcontroller.identity import about_execution
from wfcontroller.listing import everything
from wfcore.resources import KUBERNETES_EXECUTIONS

_SLOWEST_RETRY = 30.0
_log = logging.getLogger("wfexecutor")


class Executor:
    """Performs KubernetesExecutions through the `Api`.

    One instance at a time should act on a namespace.  A second one does no harm: what it finds begun it takes
    for the work of a former life and finishes, both converge on the same objects by conditional writes, and of
    two reports the first counts; whoever loses leaves that execution alone from then on.

    Args:
        api: The cluster.
        settings: What the operator decided.
        now: The instant, aware; read for status and deadlines, while waits use the loop's clock.
        actions: Custom actions by `actionType`, besides the installed ones.
    """

    def __init__(
        self, api: Api, settings: ExecutorSettings, now: Callable[[], datetime],
        actions: Mapping[str, CustomAction] | None = None,
    ) -> None:
        self._api, self._settings, self._now = api, settings, now
        self._actions = custom_actions(actions or {})
        self._slots = asyncio.Semaphore(settings.parallelism)
        self._running: dict[str, Attempt | None] = {}  # by uid; None until the live read
        self._lost: dict[str, None] = {}  # uids that another executor reports on

    async def run(self) -> None:
        """Execute until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep_regularly(), name="sweep")
            if self._settings.heartbeat:
                heartbeat = Heartbeat(self._api, self._settings, self._now)
                tasks.create_task(heartbeat.run(), name="heartbeat")
            await self._follow(tasks)

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        failures = 0
        while True:
            try:
                items, version = await everything(self._api, KUBERNETES_EXECUTIONS, self._settings.watch_namespace)
                self._replace(items, tasks)
                failures = 0
                while True:
                    version = await self._watch(version, tasks)
            except ApiError as error:
                if error.status != 410:
                    _log.warning("following executions: %s", error)
                    await asyncio.sleep(error.retry_after or min(0.2 * 2 ** min(failures, 20), _SLOWEST_RETRY))
                    failures += 1

    async def _watch(self, version: str, tasks: asyncio.TaskGroup) -> str:
        events = self._api.watch(
            KUBERNETES_EXECUTIONS, self._settings.watch_namespace, resource_version=version,
            timeout_seconds=self._settings.watch_timeout)
        async for event in events:
            version = event.object["metadata"]["resourceVersion"]
            if event.type == "DELETED":
                self._forget(event.object["metadata"]["uid"])
            elif event.type != "BOOKMARK":
                self._see(event.object, tasks)
        return version

    def _replace(self, items: list[Object], tasks: asyncio.TaskGroup) -> None:
        listed = {item["metadata"]["uid"] for item in items}
        for uid in [uid for uid in (*self._running, *self._lost) if uid not in listed]:
            self._forget(uid)
        for item in items:
            self._see(item, tasks)

    def _see(self, item: Object, tasks: asyncio.TaskGroup) -> None:
        metadata = item["metadata"]
        uid = metadata["uid"]
        if uid in self._running:
            if "deletionTimestamp" in metadata:
                self._cancel(uid)
        elif uid not in self._lost and (item.get("status") or {}).get("phase") not in TERMINAL:
            self._running[uid] = None
            tasks.create_task(self._execute_named(item), name=f"execute-{metadata['name']}")

    def _forget(self, uid: str) -> None:
        self._lost.pop(uid, None)
        self._cancel(uid)

    def _cancel(self, uid: str) -> None:
        attempt = self._running.get(uid)
        if attempt is not None:  # one that has not begun reads for itself that it is being deleted
            attempt.cancel()

    async def _execute_named(self, item: Object) -> None:
        with about_execution(item):
            await self._execute(item)

    async def _execute(self, item: Object) -> None:
        metadata = item["metadata"]
        try:
            async with self._slots:
                live = await self._live(metadata["namespace"], metadata["name"], metadata["uid"])
                if live is not None:
                    attempt = Attempt(self._api, self._settings, self._now, self._actions, live)
                    self._running[metadata["uid"]] = attempt
                    if not await attempt.run():
                        self._lost[metadata["uid"]] = None
        finally:
            del self._running[metadata["uid"]]

    async def _live(self, namespace: str, name: str, uid: str) -> Object | None:
        """The execution as it is now: what the watch told may be older than what this process reported."""
        while True:
            try:
                found = await patiently(lambda: self._api.get(KUBERNETES_EXECUTIONS, namespace, name))
            except ApiError as error:
                if error.status == 404:
                    return None
                _log.warning("reading %s/%s: %s", namespace, name, error)
                await asyncio.sleep(_SLOWEST_RETRY)
                continue
            return found if found["metadata"]["uid"] == uid else None

    async def _sweep_regularly(self) -> None:
        while True:
            try:
                await sweep(self._api, self._settings.namespace)
            except ApiError as error:
                _log.warning("sweeping snapshots: %s", error)
            await asyncio.sleep(self._settings.sweep_every.total_seconds())
