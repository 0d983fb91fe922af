"""The store on threads of its own: a slow database costs no reconcile anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from wfcontroller.run.storage import open_storage, refusal_of
from wfcore.audit import AuditRecord
from wfcore.ports import PermanentError, Storage, TransientError
from wfcore.program import Consult, Consulted, Did, Failed, Record, Response

T = TypeVar("T")
_THREADS = 2


class ThreadedStore:
    """Answers Record and Consult; the port's two errors become the two answers.

    Records and history have threads of their own: a long query keeps no record waiting.  `told` hears after each
    answer whether the store gave one.
    """

    def __init__(self, storage: Storage, told: Callable[[bool], None] = lambda _answers: None) -> None:
        self._storage, self._told = storage, told
        self._recording = ThreadPoolExecutor(_THREADS, thread_name_prefix="audit")
        self._reading = ThreadPoolExecutor(_THREADS, thread_name_prefix="history")

    async def record(self, request: Record) -> Response:
        """Store one record."""
        return await self._answer(self._recording, self._stored, request.record)

    async def consult(self, request: Consult) -> Response:
        """What is recorded about the actions asked for."""
        return await self._answer(self._reading, self._known, request)

    def close(self) -> None:
        """Wait for what is under way, a few seconds at most: each statement has its own limit."""
        self._recording.shutdown(cancel_futures=True)
        self._reading.shutdown(cancel_futures=True)

    def _stored(self, record: AuditRecord) -> Response:
        self._storage.audit_log.record(record)
        return Did()

    def _known(self, request: Consult) -> Response:
        return Consulted(self._storage.history.about(request.workflow, request.actions))

    async def _answer(self, pool: ThreadPoolExecutor, call: Callable[[T], Response], argument: T) -> Response:
        try:
            answer = await asyncio.get_running_loop().run_in_executor(pool, call, argument)
        except (TransientError, PermanentError) as error:
            answer = refusal_of(error)
        self._told(not isinstance(answer, Failed))
        return answer


class Absent:
    """No store at all: nothing is recorded and nothing known, and the audit waits in the API server."""

    async def record(self, request: Record) -> Response:
        """Unavailable, for good."""
        return Failed("unavailable", "no database is configured", 60.0)

    async def consult(self, request: Consult) -> Response:
        """Unavailable, for good."""
        return Failed("unavailable", "no database is configured", 60.0)


@asynccontextmanager
async def opened_store(url: str | None, told: Callable[[bool], None] = lambda _answers: None,
                       ) -> AsyncIterator[ThreadedStore | Absent]:
    """The store at a URL for the time of the block; none at all without one, which `told` hears too.

    Raises:
        RunFailed: nothing that speaks to a database is installed.
        PermanentError: the URL is none, or the schema may not be brought up to date.
    """
    if url is None:
        told(False)
        yield Absent()
        return
    opening = open_storage("postgresql", url, throw_away=False)
    store = ThreadedStore(await asyncio.to_thread(opening.__enter__), told)
    try:
        yield store
    finally:
        await asyncio.to_thread(store.close)
        await asyncio.to_thread(opening.__exit__, None, None, None)
