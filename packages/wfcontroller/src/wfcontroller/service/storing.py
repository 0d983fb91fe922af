"""The store on threads of its own: a slow database costs no reconcile anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from wfcontroller.run.storage import open_storage
from wfcore.audit import AuditRecord
from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.ports import PermanentError, Storage, TransientError
from wfcore.program import Consult, Consulted, Did, Failed, Record, Response

T = TypeVar("T")
_THREADS = 2


class ThreadedStore:
    """Answers Record and Consult; the port's two errors become the two answers.

    A thread for records and one for history: a long query keeps no record waiting.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._recording = ThreadPoolExecutor(_THREADS, thread_name_prefix="audit")
        self._reading = ThreadPoolExecutor(_THREADS, thread_name_prefix="history")

    async def record(self, request: Record) -> Response:
        """Store one record."""
        return await _answer(self._recording, self._stored, request.record)

    async def consult(self, request: Consult) -> Response:
        """What is recorded about the actions asked for."""
        return await _answer(self._reading, self._known, request)

    def close(self) -> None:
        """Wait for what is under way, a few seconds at most: each statement has its own limit."""
        self._recording.shutdown(cancel_futures=True)
        self._reading.shutdown(cancel_futures=True)

    def _stored(self, record: AuditRecord) -> Response:
        self._storage.audit_log.record(record)
        return Did()

    def _known(self, request: Consult) -> Response:
        history: tuple[ActionHistory, ...] = self._storage.history.about(request.workflow, _actions(request))
        return Consulted(history)


class Absent:
    """No store at all: nothing is recorded and nothing known, and the audit waits in the API server."""

    async def record(self, request: Record) -> Response:
        """Unavailable, for good."""
        return Failed("unavailable", "no database is configured", 60.0)

    async def consult(self, request: Consult) -> Response:
        """Unavailable, for good."""
        return Failed("unavailable", "no database is configured", 60.0)


@asynccontextmanager
async def opened_store(url: str | None) -> AsyncIterator[ThreadedStore | Absent]:
    """The store at a URL for the time of the block; none at all without one.

    Raises:
        RunFailed: nothing that speaks to a database is installed.
        PermanentError: the URL is none, or the schema may not be brought up to date.
    """
    if url is None:
        yield Absent()
        return
    opening = open_storage("postgresql", url, throw_away=False)
    store = ThreadedStore(await asyncio.to_thread(opening.__enter__))
    try:
        yield store
    finally:
        await asyncio.to_thread(store.close)
        await asyncio.to_thread(opening.__exit__, None, None, None)


def _actions(request: Consult) -> tuple[Action, ...]:
    return tuple(request.actions)


async def _answer(pool: ThreadPoolExecutor, call: Callable[[T], Response], argument: T) -> Response:
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, call, argument)
    except TransientError as error:
        return Failed("unavailable", str(error), error.retry_after)
    except PermanentError as error:
        return Failed("refused", str(error))
