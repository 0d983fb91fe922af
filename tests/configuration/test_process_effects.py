"""The keys of the controller's process that its runtime takes: each changes how it goes about its work."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from attrs import frozen
from tests.runtime.performing import OWN, START, Broken, done, workflow

from wfcontroller.api import ApiError
from wfcontroller.cluster.performer import Performer, Ports
from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.database import database_url
from wfcontroller.configuration.engine import ENGINE
from wfcontroller.configuration.keys import entries_of
from wfcontroller.configuration.loading import load
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.runtime.cache import Cache
from wfcontroller.runtime.controller import Controller
from wfcontroller.runtime.maintenance import Maintenance
from wfcontroller.runtime.surroundings import Watched
from wfcontroller.runtime.virtualtime import VirtualLoop, run_virtual
from wfcore.crds import crds, others
from wfcore.program import ListOutbox, Observe, Request, Response
from wfcore.programs.outbox import DrainOutbox
from wfcore.resources import NAMESPACES, WORKFLOW_EXECUTIONS

from .telemetry import Terminal, logging_to

# What finds the API server, serves HTTP, holds the Lease or says what is theirs: tests/service/test_keys.py.
OF_THE_BINARIES = {"watchNamespaces", "selector"}
SECTIONS_OF_THE_BINARIES = {"kubernetes", "health", "metrics", "leaderElection"}


class Recorded:
    """A server whose watches are told of, and a performer that may hold every observation for ten seconds."""

    def __init__(self, server: EmbeddedServer, slow: bool) -> None:
        self.server, self.slow, self.held, self.most, self.asked = server, slow, 0, 0, list[float]()
        self.watched: list[tuple[str, float]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.server, name)

    def watch(self, resource: Any, namespace: str = "", **options: Any) -> Any:
        self.watched.append((resource.kind, asyncio.get_running_loop().time()))
        return self.server.watch(resource, namespace, **options)

    async def perform(self, performer: Performer, request: Request) -> Response:
        if isinstance(request, ListOutbox):
            self.asked.append(asyncio.get_running_loop().time())
        if isinstance(request, Observe) and self.slow:
            self.held += 1
            self.most = max(self.most, self.held)
            await asyncio.sleep(10)
            self.held -= 1
        return await performer.perform(request)


def run(config: ControllerConfig, seconds: float, slow: bool = False) -> Recorded:
    """A controller as configured, on eight workflows, for some time."""
    loop = VirtualLoop(START)

    async def main() -> Recorded:
        recorded = Recorded(EmbeddedServer(loop.now, 1, (*crds(), *others())), slow)
        await recorded.server.create(NAMESPACES, {"metadata": {"name": OWN}})
        for number in range(8):
            await recorded.server.create(WORKFLOW_EXECUTIONS, workflow(f"w{number}"))
        cache = Cache(OWN)
        ports = Ports(now=loop.now, record=done, consult=done, surroundings=Watched(cache, lambda: True))
        performer = Performer(recorded, cache, ports, OWN)
        drain = Maintenance(config.runtime.outbox_drain_interval, DrainOutbox(config.engine))
        controller = Controller(
            recorded, cache, lambda request: recorded.perform(performer, request), config.engine, loop.now,
            workers=config.runtime.workers, pacing=config.pacing, maintenance=(drain,))
        running = asyncio.create_task(controller.run())
        await asyncio.sleep(seconds)
        running.cancel()
        return recorded

    return run_virtual(loop, main())


def at_once(config: ControllerConfig) -> int:
    """Reconciles that are under way at the same time."""
    return run(config, 1, slow=True).most


def drains(config: ControllerConfig) -> list[float]:
    return run(config, 99).asked


def watches(config: ControllerConfig) -> list[float]:
    """When workflows are watched, of ten minutes."""
    return [at for kind, at in run(config, 599).watched if kind == "WorkflowExecution"]


def tries(config: ControllerConfig) -> list[float]:
    """When a list that is refused is tried, of a minute."""
    loop, times = VirtualLoop(START), list[float]()

    class Refusing(Broken):
        def __getattr__(self, name: str) -> Any:
            if name == "list":
                times.append(round(loop.time(), 3))
            return super().__getattr__(name)

    async def main() -> None:
        cache = Cache(OWN)
        api = Refusing(EmbeddedServer(loop.now, 1, crds()), ApiError(503, "ServiceUnavailable", "no"), "list")
        following = asyncio.create_task(cache.workflows.follow(api, config.pacing))
        await asyncio.sleep(60)
        following.cancel()

    run_virtual(loop, main())
    return times[:5]


def url(config: ControllerConfig) -> Any:
    found = database_url(config.database)
    return found and found.reveal()


def heard(config: ControllerConfig) -> int:
    with logging_to(io.StringIO(), level=config.log.level, format=config.log.format) as stream:
        structlog.get_logger("wfcontroller").info("said")
    return len(stream.getvalue().splitlines())


def is_json(config: ControllerConfig) -> bool:
    with logging_to(Terminal(), level=config.log.level, format=config.log.format) as stream:
        structlog.get_logger("wfcontroller").info("said")
    return stream.getvalue().startswith("{")


@frozen
class Effect:
    """A key, another value for it, and what is seen without and with it."""

    key: str
    value: Any
    see: Callable[[ControllerConfig], Any]
    without: Any
    with_it: Any


EFFECTS = [
    Effect("workers", "2", at_once, 4, 2),
    Effect("outbox.drainInterval", "20s", drains, [0, 60], [0, 20, 40, 60, 80]),
    Effect("watch.timeout", "200s", watches, [0, 300], [0, 200, 400]),
    Effect("watch.retryFirst", "1s", tries, [0, 0.05, 0.15, 0.35, 0.75], [0, 1, 3, 7, 15]),
    Effect("watch.retryLongest", "100ms", tries, [0, 0.05, 0.15, 0.35, 0.75], [0, 0.05, 0.15, 0.25, 0.35]),
    Effect("database.url", "postgresql://db/wf", url, None, "postgresql://db/wf"),
    Effect("log.level", "warning", heard, 1, 0),
    Effect("log.format", "console", is_json, True, False),
]
VARIABLES = {entry.key.path: entry.key.variable for entry in entries_of(ControllerConfig)}


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.key)
def test_a_key_changes_what_the_process_does(effect: Effect) -> None:
    seen = [effect.see(load(ControllerConfig, None, "", said)) for said in (
        {}, {VARIABLES[effect.key]: effect.value})]

    assert [effect.without, effect.with_it] == seen
    assert effect.without != effect.with_it


def test_the_file_of_the_url_is_where_the_url_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://db/wf\n")

    assert "postgresql://db/wf" == url(load(ControllerConfig, None, "", {"WF_DATABASE_URL_FILE": str(file)}))


def test_every_other_key_of_the_process_is_known_to_be_the_binaries() -> None:
    engine = {key.path for key in ENGINE.values()}
    seen = {effect.key for effect in EFFECTS} | {"database.urlFile"}

    assert OF_THE_BINARIES == {key for key in VARIABLES.keys() - engine - seen
                               if key.partition(".")[0] not in SECTIONS_OF_THE_BINARIES}
