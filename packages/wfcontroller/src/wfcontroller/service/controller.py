"""The controller as a process: its parts connected, started in order, and stopped in the opposite one."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager

import structlog

from wfcontroller.api import Api
from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.secret import Secret
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.controller import Controller
from wfcontroller.runtime.maintenance import Maintenance
from wfcontroller.runtime.passing import Passage
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.service.alive import LOOK_EVERY, ExecutorWatch
from wfcontroller.service.clock import elapsed, now
from wfcontroller.service.election import Terms
from wfcontroller.service.fenced import FencedApi
from wfcontroller.service.guarding import Guard
from wfcontroller.service.leadership import Leadership
from wfcontroller.service.ports import ports_of
from wfcontroller.service.scope import scope_of, watched
from wfcontroller.service.storing import Absent, ThreadedStore, opened_store
from wfcontroller.serving.readiness import Check, Readiness
from wfcontroller.telemetry.counting import CountedApi, counted
from wfcontroller.telemetry.families import Own
from wfcontroller.telemetry.metrics import Metrics
from wfcontroller.telemetry.readings import of_cache, of_controller, of_publisher, of_readiness
from wfcontroller.tracing import Tracing, tracing
from wfcontroller.transport.connect import connect
from wfcore.programs.outbox import DrainOutbox

# How long passes that are under way may take to end once the process is told to stop.
DRAIN_SECONDS = 2.0
_log = structlog.get_logger("wfcontroller")


async def run_controller(config: ControllerConfig, url: Secret | None, environment: Mapping[str, str],
                         stop: asyncio.Event) -> None:
    """Reconcile until `stop` is set, or until the leadership is lost, which ends the process at once.

    `url` is that of the database, if there is one.

    Raises:
        NotConnected: no cluster can be found.
        RunFailed, PermanentError: the database cannot be used, now or ever.
    """
    async with AsyncExitStack() as stack:
        process = await Process.made(config, url, environment, stack)
        await process.until(stop)


class Process:
    """The parts of one controller, in the order in which they need each other."""

    def __init__(self, config: ControllerConfig, api: Api, leadership: Leadership, store: ThreadedStore | Absent,
                 traces: Tracing, readiness: Readiness) -> None:
        settings, self._config = config.engine, config
        self.readiness, self.metrics = readiness, Metrics()
        self.api = CountedApi(api, self.metrics)
        self._cache = Cache(settings.controller_namespace, watched(config.runtime.watch_namespaces))
        # Whoever waits for an approval, or for its creator to be believed, waits for the policy too.
        self._guard = Guard(self.api, settings.controller_namespace, self._telling(Check.APPROVALS),
                            self._cache.wake_unfinished)
        ports = Ports(now=now, record=store.record, consult=store.consult,
                      surroundings=Watched(self._cache, self._guard))
        performer = Performer(FencedApi(self.api, leadership.holds), self._cache, ports, settings.controller_namespace)
        self._traces, self._leadership = traces, leadership
        self._controller = Controller(
            self.api, self._cache, counted(traces.performing(performer.perform), self.metrics), settings, now,
            workers=config.runtime.workers, pacing=config.pacing, around=self._around,
            maintenance=(Maintenance(config.runtime.outbox_drain_interval, DrainOutbox(settings)),),
            scope=scope_of(config.runtime.watch_namespaces, config.runtime.selector), leading=self._leading)
        for source in (of_cache(self._cache), of_controller(self._controller), of_publisher(performer.publisher),
                       of_readiness(self.readiness)):
            self.metrics.read(source)

    @classmethod
    async def made(cls, config: ControllerConfig, url: Secret | None, environment: Mapping[str, str],
                   stack: AsyncExitStack) -> Process:
        """The parts, each opened on the stack."""
        traces, readiness = tracing(environment, "wfcontroller"), Readiness()
        # What was not sent yet is sent, which takes as long as the exporter's patience.
        stack.push_async_callback(asyncio.to_thread, traces.close)
        store = await stack.enter_async_context(opened_store(
            None if url is None else url.reveal(), lambda answers: readiness.set(Check.STORE, answers)))
        api = await stack.enter_async_context(_connection(config))
        leadership = Leadership(terms_of(config), lambda: _connection(config), end_at_once)
        process = cls(config, api, leadership, store, traces, readiness)
        for port in ports_of(config, process.api, process.readiness, process.metrics):
            await stack.enter_async_context(port)
        await stack.enter_async_context(leadership.standing())
        return process

    async def until(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then finish what is under way."""
        settings = self._config.engine
        watch = ExecutorWatch(self.api, settings.controller_namespace, settings.executor_lease,
                              settings.executor_silence.total_seconds(), elapsed, self._telling(Check.EXECUTOR))
        async with asyncio.TaskGroup() as tasks:
            parts = [tasks.create_task(self._controller.run(), name="controller"),
                     tasks.create_task(self._guard.run(), name="guard"),
                     tasks.create_task(watch.run(), name="executor-watch"),
                     tasks.create_task(self._sync(), name="sync")]
            await stop.wait()
            _log.info("stopping")
            self.readiness.set(Check.STOPPING, holds=False)
            await self._controller.drain(DRAIN_SECONDS)
            for part in parts:
                part.cancel()

    async def _sync(self) -> None:
        await self._cache.synced()
        self.readiness.set(Check.CACHES, holds=True)
        _log.info("caches_synced")
        while True:
            self.readiness.set(Check.CRDS, holds=not any(informer.absent for informer in self._cache.informers))
            await asyncio.sleep(LOOK_EVERY)

    async def _leading(self) -> None:
        await self._leadership.acquired()

    def _telling(self, check: Check) -> Callable[[bool], None]:
        return lambda holds: self.readiness.set(check, holds)

    @contextmanager
    def _around(self, passage: Passage) -> Iterator[None]:
        with self.metrics.timed(Own.RECONCILES), self._traces.around(passage):
            yield


def terms_of(config: ControllerConfig) -> Terms:
    """What this process stands for election with; its identity is its own, also after a restart."""
    lease, settings = config.leader_election, config.engine
    identity = lease.identity or f"{socket.gethostname()}_{uuid.uuid4()}"
    return Terms(namespace=settings.controller_namespace, name=lease.lease_name, identity=identity,
                 duration=lease.lease_duration.total_seconds(), renew_deadline=lease.renew_deadline.total_seconds(),
                 retry_period=lease.retry_period.total_seconds())


def end_at_once() -> None:
    """End the process without another request: somebody else leads by now, or will in a moment."""
    os._exit(1)


def _connection(config: ControllerConfig) -> AbstractAsyncContextManager[Api]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Api]:
        async with connect(config.kubernetes.kubeconfig or None, config.kubernetes.context or None,
                           agent="wfcontroller") as connected:
            yield connected.api
    return opened()
