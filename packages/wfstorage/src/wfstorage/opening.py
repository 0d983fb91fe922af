"""Opening the store: at a URL, or on the embedded server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen
from sqlalchemy.engine import URL

from wfcore.ports import TransientError
from wfstorage.audit_log import PostgresAuditLog
from wfstorage.engine import pooled_engine
from wfstorage.faults import translated
from wfstorage.history import PostgresHistory
from wfstorage.upgrade import SchemaGate
from wfstorage.urls import parse_url, public_url

_log = logging.getLogger(__name__)


@frozen
class PostgresStorage:
    """`wfcore.ports.Storage` on PostgreSQL."""

    audit_log: PostgresAuditLog
    history: PostgresHistory
    url: str


@contextmanager
def open_storage(url: str | None, *, throw_away: bool = False) -> Iterator[PostgresStorage]:
    """Open the store; see `wfcore.ports.StorageOpener`.

    A database at a URL that is away now does not keep the store from being opened: each request tries again, and
    `find` of any uid tells whether it is there.  A schema newer than this code can be read; `record` refuses.

    Raises:
        PermanentError: the URL is none of PostgreSQL, the embedded server is not installed or cannot keep its data,
            or the schema may not be brought up to date.
        TransientError: the embedded server did not start.
    """
    if url is not None:
        with _opened(parse_url(url)) as storage:
            yield storage
        return
    from wfstorage.embedded.sharing import shared_server, throw_away_server

    with (throw_away_server() if throw_away else shared_server()) as (folder, address):
        with _opened(address, shown=f"embedded PostgreSQL in {folder}") as storage:
            yield storage


@contextmanager
def _opened(url: URL, shown: str = "") -> Iterator[PostgresStorage]:
    shown = shown or public_url(url)
    with translated(f"opening {shown}"):
        engine = pooled_engine(url)
    gate = SchemaGate(engine)
    try:
        try:
            with translated(f"opening {shown}"):
                gate.require_readable()
        except TransientError as error:
            _log.warning("%s; each request tries again", error)
        yield PostgresStorage(PostgresAuditLog(engine, gate), PostgresHistory(engine, gate), shown)
    finally:
        engine.dispose()
