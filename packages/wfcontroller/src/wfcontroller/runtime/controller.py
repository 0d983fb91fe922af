"""The controller: workers take keys from the queue and drive a reconcile for each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from wfcontroller.api import Api, Object
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.drive import Perform, drive
from wfcontroller.runtime.maintenance import Maintenance, maintain
from wfcontroller.runtime.pacing import Pacing
from wfcontroller.runtime.panics import Panics
from wfcontroller.runtime.passing import Around, Passage, logged
from wfcontroller.runtime.queue import WorkQueue
from wfcore.program import Finished, Ref
from wfcore.reconciler import Reconcile
from wfcore.settings import Settings


class Controller:
    """Reconciles every workflow until cancelled.  A defect that one workflow hits is backed off for it alone.

    It begins once the cache is there and `leading` has returned.  `maintenance` programs run beside the reconciles,
    the first time at once.  Each pass happens within `around` it.  Of the workflows those are left to others that
    `scope` does not want; the cache holds them all the same.
    """

    def __init__(self, api: Api, cache: Cache, perform: Perform, settings: Settings, now: Callable[[], datetime], *,
                 workers: int = 4, pacing: Pacing | None = None, maintenance: tuple[Maintenance, ...] = (),
                 around: Around = logged, scope: Callable[[Object], bool] = lambda item: True,
                 leading: Callable[[], Awaitable[None]] | None = None) -> None:
        self._api, self._cache, self._perform, self._settings, self._now = api, cache, perform, settings, now
        self._workers, self._pacing, self._maintenance = workers, pacing or Pacing(), maintenance
        self._around, self._scope, self._leading = around, scope, leading
        self._queue: WorkQueue[Ref] = WorkQueue()
        self._idle: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()
        self._draining = False
        self.panics = Panics(cache, perform, now)

    async def run(self) -> None:
        """Follow the cluster and work; returns only by cancellation."""
        self._cache.subscribe(self._wake)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._cache.follow(self._api, self._pacing), name="controller-cache")
                await self._cache.synced()
                if self._leading is not None:
                    await self._leading()
                for number in range(self._workers):
                    tasks.create_task(self._work(), name=f"controller-worker-{number}")
                for task in self._maintenance:
                    tasks.create_task(maintain(task, self._perform, self._now), name=type(task.program).__name__)
        finally:
            self._queue.close()

    async def drain(self, seconds: float) -> None:
        """Begin no further pass, and wait so long for those under way; `run` goes on until it is cancelled."""
        self._draining = True
        for worker in self._idle:
            worker.cancel()
        if self._busy:
            await asyncio.wait(self._busy, timeout=seconds)

    def load(self) -> tuple[int, int]:
        """How many workflows wait for a worker, and how many are held by one."""
        return self._queue.load()

    def _wake(self, ref: Ref) -> None:
        workflow = self._cache.workflows.get((ref.namespace, ref.name))
        # One that is gone may have left children behind, whoever it belonged to.
        if workflow is None or self._scope(workflow):
            self._queue.add(ref)

    async def _work(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        while not self._draining:
            self._idle.add(task)
            ref = await self._queue.get()
            self._idle.discard(task)
            self._busy.add(task)
            await self._visit(ref)
            self._busy.discard(task)

    async def _visit(self, ref: Ref) -> None:
        seen = self._cache.workflow(ref)
        passage = Passage(ref, "" if seen is None else seen.value["metadata"]["uid"])
        with self._around(passage):
            await self._pass(ref, passage)

    async def _pass(self, ref: Ref, passage: Passage) -> None:
        try:
            passage.finished = await drive(Reconcile(ref, self._settings), self._perform)
        except Exception as error:  # noqa: BLE001
            # One workflow's defect must cost no other anything: tell it, back off, go on.
            passage.error = error
            await self.panics.report(ref, error)
            self._queue.failed(ref)
        else:
            self.panics.forget(ref)
            self._settle(ref, passage.finished)

    def _settle(self, ref: Ref, finished: Finished) -> None:
        if finished.backoff:
            self._queue.failed(ref, finished.retry_after)
        else:
            wake = finished.wake_at
            self._queue.done(ref, None if wake is None else max((wake - self._now()).total_seconds(), 0.0))
