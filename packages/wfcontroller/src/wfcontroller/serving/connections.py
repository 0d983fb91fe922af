"""HTTP connections that cost little whoever opens them: few at a time, short-lived, one fixed answer each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from attrs import field, frozen
from attrs.validators import ge, gt

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_log = structlog.get_logger("wfcontroller")
# What every answer carries; aiohttp would name itself and its version.
_HEADERS = {"Server": "wf-controller", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@frozen(kw_only=True)
class Limits:
    """Bounds of one port, in seconds and connections.

    Attributes:
        connections: How many there are at a time; one more, and the oldest is dropped.
        lifetime: How long a connection may last from its first byte to its last, however slow its client is.
        handshake: How long a TLS handshake may take.
        closing: How long requests under way may take when the port is closed.
    """

    connections: int = field(default=100, validator=ge(1))
    lifetime: float = field(default=30.0, validator=gt(0))
    handshake: float = field(default=5.0, validator=gt(0))
    closing: float = field(default=5.0, validator=gt(0))


def answer(status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None, *, body: bytes | None = None,
           content_type: str = "text/plain; charset=utf-8") -> web.Response:
    """A whole answer, after which the connection is closed; `body` instead of a text."""
    response = web.Response(status=status, body=text.encode() if body is None else body,
                            headers={**_HEADERS, "Content-Type": content_type, **(headers or {})})
    response.force_close()
    return response


class _Connection(RequestHandler):
    """One connection; what goes wrong on it is answered by the name of the status alone."""

    __slots__ = ("_end",)

    _end: asyncio.TimerHandle | None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._end = None
        super().connection_made(transport)
        if isinstance(self._manager, Connections) and isinstance(transport, asyncio.Transport):
            self._end = self._loop.call_later(self._manager.limits.lifetime, transport.abort)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def handle_error(self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None,
                     message: str | None = None) -> web.StreamResponse:
        """What a client sent is no news, and is never repeated; what we raised is a defect."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request_failed", error=type(exc).__name__)
        return answer(HTTPStatus(status), HTTPStatus(status).phrase.lower())


class Connections(web.Server):
    """Makes the protocol of each connection, and keeps their number down."""

    def __init__(self, handler: Handler, limits: Limits) -> None:
        super().__init__(handler, access_log=None, keepalive_timeout=limits.lifetime, lingering_time=0.0,
                         max_line_size=2048, max_field_size=16384, max_headers=64)
        self.limits = limits

    def __call__(self) -> RequestHandler:
        """The protocol of a new connection."""
        return _Connection(self, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Take it in.  The oldest makes room, so that nobody can keep others out by holding connections open."""
        super().connection_made(handler, transport)
        if len(self._connections) > self.limits.connections:
            oldest = next(iter(self._connections))
            self._connections.pop(oldest).abort()
