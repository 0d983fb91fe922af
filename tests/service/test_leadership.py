"""A leadership has a thread of its own: a process that is busy keeps it, one that lost it hears so at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from wfcontroller.api import Api, ApiError
from wfcontroller.embedded import EmbeddedServer
from wfcontroller.service.clock import now
from wfcontroller.service.election import Terms
from wfcontroller.service.leadership import Leadership
from wfcore.resources import LEASES

TERMS = Terms(namespace="default", name="l", identity="me", duration=3.0, renew_deadline=2.0, retry_period=0.1)


class Cluster:
    """A server that lives on the leadership's thread, and may go away."""

    def __init__(self) -> None:
        self.server = EmbeddedServer(now, 1)
        self.away = False

    def __getattr__(self, name: str) -> Any:
        if self.away:
            raise ApiError(0, "NoAnswer", "away")
        return getattr(self.server, name)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Api]:
        yield self  # type: ignore[misc]


def test_a_loop_that_is_busy_keeps_its_leadership_and_gives_it_back_at_the_end() -> None:
    cluster, lost = Cluster(), threading.Event()

    async def scenario() -> tuple[bool, str]:
        leadership = Leadership(TERMS, cluster.open, lost.set)
        async with leadership.standing():
            await leadership.acquired()
            time.sleep(TERMS.duration)  # noqa: ASYNC251 - the loop is stuck, which is the point
            held = leadership.holds()
        return held, (await cluster.server.get(LEASES, "default", "l"))["spec"]["holderIdentity"]

    assert (True, "") == asyncio.run(scenario())
    assert not lost.is_set()


def test_a_leadership_that_is_lost_is_told_on_its_own_thread() -> None:
    cluster, told = Cluster(), list[str]()
    lost = threading.Event()

    def tell() -> None:
        told.append(threading.current_thread().name)
        lost.set()

    async def scenario() -> bool:
        leadership = Leadership(TERMS, cluster.open, tell)
        async with leadership.standing():
            await leadership.acquired()
            cluster.away = True
            await asyncio.to_thread(lost.wait, 30)
            return leadership.holds()

    assert not asyncio.run(scenario())
    assert ["leadership"] == told


def test_who_is_told_to_stop_before_it_leads_just_ends() -> None:
    cluster = Cluster()
    cluster.away = True

    async def scenario() -> bool:
        leadership = Leadership(TERMS, cluster.open, lambda: None)
        async with leadership.standing():
            return leadership.holds()

    assert not asyncio.run(scenario())
