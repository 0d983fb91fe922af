"""A leadership that a busy process keeps: elected and renewed by a thread of its own, on a connection of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeAlias

import structlog

from wfcontroller.api import Api
from wfcontroller.service.clock import elapsed, now
from wfcontroller.service.election import Election, Terms

_log = structlog.get_logger("wfcontroller")
# A connection for the thread: opened and closed on its loop.
Open: TypeAlias = Callable[[], AbstractAsyncContextManager[Api]]


class Leadership:
    """Says when this process leads.

    `lost` is called on the thread that renews, whatever the rest of the process
    does: a leader that is stuck must not come back as one.
    """

    def __init__(self, terms: Terms, open_connection: Open, lost: Callable[[], None]) -> None:
        self._terms, self._open, self._lost = terms, open_connection, lost
        self._loop: asyncio.AbstractEventLoop | None = None
        self._led, self._stop = asyncio.Event(), asyncio.Event()
        self._election: Election | None = None

    def holds(self) -> bool:
        """Whether this process leads now, beyond doubt; asked before each write."""
        return self._election is not None and self._election.holds()

    async def acquired(self) -> None:
        """Wait until this process leads."""
        await self._led.wait()

    @asynccontextmanager
    async def standing(self) -> AsyncIterator[Leadership]:
        """Stand for election for the time of the block; at its end the Lease is given back."""
        outer, ready = asyncio.get_running_loop(), threading.Event()
        thread = threading.Thread(target=self._run, args=(outer, ready), name="leadership", daemon=True)
        thread.start()
        await asyncio.to_thread(ready.wait)
        try:
            yield self
        finally:
            assert self._loop is not None
            # Closed already where the leadership was lost.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
            await asyncio.to_thread(thread.join, self._terms.renew_deadline)

    def _run(self, outer: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            ready.set()
            runner.run(self._stand(outer))

    async def _stand(self, outer: asyncio.AbstractEventLoop) -> None:
        async with self._open() as api:
            self._election = Election(api, self._terms, now, elapsed)
            term = asyncio.create_task(self._term(self._election, outer))
            stop = asyncio.create_task(self._stop.wait())
            await asyncio.wait((term, stop), return_when=asyncio.FIRST_COMPLETED)
            term.cancel()
            if self._stop.is_set():
                await self._election.release()
                return
        _log.error("leadership_lost", lease=self._terms.name, identity=self._terms.identity)
        self._lost()

    async def _term(self, election: Election, outer: asyncio.AbstractEventLoop) -> None:
        await election.acquire()
        _log.info("leadership_acquired", lease=self._terms.name, identity=self._terms.identity)
        outer.call_soon_threadsafe(self._led.set)
        await election.keep()
