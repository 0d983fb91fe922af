"""A port: bound on entering, closed on leaving, with time for what is under way."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import structlog

from wfcontroller.serving.connections import Connections, Handler, Limits

_log = structlog.get_logger("wfcontroller")


class Listener:
    """Serves `handler` on a host and a port, 0 for any free one; with `tls`, over TLS alone.

    `closing` is called last, when no request is under way any more.
    Entering raises OSError when the port cannot be bound.
    """

    def __init__(self, name: str, handler: Handler, host: str, port: int, *, tls: ssl.SSLContext | None = None,
                 limits: Limits | None = None, closing: Callable[[], Awaitable[None]] | None = None) -> None:
        self.name, self._handler, self._host, self._wanted = name, handler, host, port
        self._tls, self._limits = tls, limits or Limits()
        self._closing = closing
        self._server: asyncio.Server | None = None
        self._connections: Connections | None = None

    @property
    def port(self) -> int:
        """The port that is bound; 0 when none is."""
        return self.address[1]

    @property
    def address(self) -> tuple[str, int]:
        """The address and the port that are bound; empty and 0 when none are."""
        sockets = self._server.sockets if self._server is not None else ()
        host, port = sockets[0].getsockname()[:2] if sockets else ("", 0)
        return str(host), int(port)

    async def __aenter__(self) -> Self:
        self._connections = Connections(self._handler, self._limits)
        self._server = await asyncio.get_running_loop().create_server(
            self._connections, self._host, self._wanted, **self._secured())
        _log.info("port_open", name=self.name, host=self._host, port=self.port)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        assert self._server is not None
        assert self._connections is not None
        self._server.close()
        self._connections.pre_shutdown()
        await self._connections.shutdown(self._limits.closing)
        await self._server.wait_closed()
        if self._closing is not None:
            await self._closing()
        _log.info("port_closed", name=self.name)

    async def run(self, started: Callable[[int], None] = lambda port: None) -> None:
        """Serve until cancelled; `started` is told the port."""
        async with self:
            started(self.port)
            await asyncio.Event().wait()

    def _secured(self) -> dict[str, Any]:
        if self._tls is None:
            return {}
        return {"ssl": self._tls, "ssl_handshake_timeout": self._limits.handshake,
                "ssl_shutdown_timeout": self._limits.closing}
