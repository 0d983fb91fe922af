"""The controller: workers take keys from the queue and drive a reconcile for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from wfcontroller.api import Api
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.drive import Perform, drive
from wfcontroller.runtime.pacing import Pacing
from wfcontroller.runtime.queue import WorkQueue
from wfcore.program import Finished, Ref
from wfcore.reconciler import Reconcile
from wfcore.settings import Settings

_log = structlog.get_logger("wfcontroller")


class Controller:
    """Reconciles every workflow until cancelled.  A defect that one workflow hits is backed off for it alone."""

    def __init__(self, api: Api, cache: Cache, perform: Perform, settings: Settings, now: Callable[[], datetime], *,
                 workers: int = 4, pacing: Pacing | None = None) -> None:
        self._api, self._cache, self._perform, self._settings, self._now = api, cache, perform, settings, now
        self._workers, self._pacing = workers, pacing or Pacing()
        self._queue: WorkQueue[Ref] = WorkQueue()

    async def run(self) -> None:
        """Follow the cluster and work; returns only by cancellation."""
        self._cache.subscribe(self._queue.add)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._cache.follow(self._api, self._pacing), name="controller-cache")
                await self._cache.synced()
                for number in range(self._workers):
                    tasks.create_task(self._work(), name=f"controller-worker-{number}")
        finally:
            self._queue.close()

    async def _work(self) -> None:
        while True:
            ref = await self._queue.get()
            try:
                finished = await drive(Reconcile(ref, self._settings), self._perform)
            except Exception as error:  # noqa: BLE001
                # One workflow's defect must cost no other anything: log it, back off, go on.
                _log.error("reconcile_failed", workflow=str(ref), error=type(error).__name__, detail=str(error))
                self._queue.failed(ref)
                continue
            self._settle(ref, finished)

    def _settle(self, ref: Ref, finished: Finished) -> None:
        if finished.backoff:
            self._queue.failed(ref, finished.retry_after)
        else:
            wake = finished.wake_at
            self._queue.done(ref, None if wake is None else max((wake - self._now()).total_seconds(), 0.0))
