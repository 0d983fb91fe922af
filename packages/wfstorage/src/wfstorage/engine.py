"""Connections: a small pool whose every statement ends within seconds and whose errors never quote a parameter."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.engine import URL

POOL_SIZE = 4
CONNECT_SECONDS = 5
# Server settings of each session.  `synchronous_commit` is not among them: an acknowledged record is on disk.
WRITING = {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s",
           "timezone": "UTC", "client_encoding": "UTF8"}
# A migration waits for another process's migration, which may take its time.
MIGRATING = WRITING | {"statement_timeout": "300s", "lock_timeout": "60s", "idle_in_transaction_session_timeout": "0"}


def pooled_engine(url: URL) -> Engine:
    """The engine that records and reads.  Opens no connection yet; thread-safe."""
    return create_engine(
        url, connect_args=_arguments(url, WRITING), hide_parameters=True, pool_size=POOL_SIZE, max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        # One round trip more, so that a restart of the server costs no request.
        pool_pre_ping=True,
    )


def migrating_engine(url: URL) -> Engine:
    """An engine for one connection that may wait long."""
    return create_engine(url, connect_args=_arguments(url, MIGRATING), hide_parameters=True, poolclass=NullPool)


def _arguments(url: URL, settings: Mapping[str, str]) -> dict[str, object]:
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    theirs = url.query.get("options", "")
    # The last one wins: an operator's own `options` in the URL may loosen a limit.
    options = " ".join([ours, *([theirs] if isinstance(theirs, str) else theirs)]).strip()
    arguments: dict[str, object] = {"options": options}
    defaults = {"connect_timeout": CONNECT_SECONDS, "application_name": "wfstorage",
                # A server that vanished without a word: the limits above are kept by the server, these by the client.
                "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 10_000}
    return arguments | {name: value for name, value in defaults.items() if name not in url.query}
