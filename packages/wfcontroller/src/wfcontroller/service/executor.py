"""The executor as a process."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import structlog

from wfcontroller.configuration.executor import ExecutorConfig
from wfcontroller.executor import Executor
from wfcontroller.service.clock import now
from wfcontroller.service.ports import ports_of
from wfcontroller.serving.readiness import Check, Readiness
from wfcontroller.telemetry.counting import CountedApi
from wfcontroller.telemetry.metrics import Metrics
from wfcontroller.telemetry.readings import of_readiness
from wfcontroller.transport.connect import connect

_log = structlog.get_logger("wfexecutor")


async def run_executor(config: ExecutorConfig, stop: asyncio.Event) -> None:
    """Execute until `stop` is set.  What is under way then is left as it is: the next executor finishes or reports it.

    Raises:
        NotConnected: no cluster can be found.
    """
    readiness, metrics = Readiness(), Metrics()
    metrics.read(of_readiness(readiness))
    async with AsyncExitStack() as stack:
        connected = await stack.enter_async_context(connect(
            config.kubernetes.kubeconfig or None, config.kubernetes.context or None, agent="wfexecutor"))
        api = CountedApi(connected.api, metrics)
        for port in ports_of(config, api, readiness, metrics):
            await stack.enter_async_context(port)
        # It keeps no copies: it is ready when it follows.
        readiness.set(Check.CACHES, holds=True)
        async with asyncio.TaskGroup() as tasks:
            executing = tasks.create_task(Executor(api, config.executor, now).run(), name="executor")
            await stop.wait()
            _log.info("stopping")
            executing.cancel()
