"""The controller: workers take keys from the queue and drive a reconcile for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from wfcontroller.api import Api
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.drive import Perform, drive
from wfcontroller.runtime.maintenance import Maintenance, maintain
from wfcontroller.runtime.pacing import Pacing
from wfcontroller.runtime.panics import Panics
from wfcontroller.runtime.queue import WorkQueue
from wfcore.program import Finished, Ref
from wfcore.reconciler import Reconcile
from wfcore.settings import Settings


class Controller:
    """Reconciles every workflow until cancelled.  A defect that one workflow hits is backed off for it alone.

    `maintenance` programs run beside the reconciles, the first time as soon as the cache is there; each pass over a
    workflow runs within a context that `measured` makes.
    """

    def __init__(self, api: Api, cache: Cache, perform: Perform, settings: Settings, now: Callable[[], datetime], *,
                 workers: int = 4, pacing: Pacing | None = None, maintenance: tuple[Maintenance, ...] = (),
                 measured: Callable[[], AbstractContextManager[object]] = nullcontext) -> None:
        self._api, self._cache, self._perform, self._settings, self._now = api, cache, perform, settings, now
        self._workers, self._pacing, self._maintenance = workers, pacing or Pacing(), maintenance
        self._measured = measured
        self._queue: WorkQueue[Ref] = WorkQueue()
        self.panics = Panics(cache, perform, now)

    async def run(self) -> None:
        """Follow the cluster and work; returns only by cancellation."""
        self._cache.subscribe(self._queue.add)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._cache.follow(self._api, self._pacing), name="controller-cache")
                await self._cache.synced()
                for number in range(self._workers):
                    tasks.create_task(self._work(), name=f"controller-worker-{number}")
                for task in self._maintenance:
                    tasks.create_task(maintain(task, self._perform, self._now), name=type(task.program).__name__)
        finally:
            self._queue.close()

    def load(self) -> tuple[int, int]:
        """How many workflows wait for a worker, and how many are held by one."""
        return self._queue.load()

    async def _work(self) -> None:
        while True:
            ref = await self._queue.get()
            try:
                with self._measured():
                    finished = await drive(Reconcile(ref, self._settings), self._perform)
            except Exception as error:  # noqa: BLE001
                # One workflow's defect must cost no other anything: tell it, back off, go on.
                await self.panics.report(ref, error)
                self._queue.failed(ref)
                continue
            self.panics.forget(ref)
            self._settle(ref, finished)

    def _settle(self, ref: Ref, finished: Finished) -> None:
        if finished.backoff:
            self._queue.failed(ref, finished.retry_after)
        else:
            wake = finished.wake_at
            self._queue.done(ref, None if wake is None else max((wake - self._now()).total_seconds(), 0.0))
