"""`/health` and `/ready`, for probes: open to everybody, so every answer is one of a few fixed words."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from wfcontroller.serving.connections import Limits, answer
from wfcontroller.serving.listener import Listener
from wfcontroller.serving.readiness import Readiness

_LIVE = frozenset({"/health", "/healthz"})
_READY = frozenset({"/ready", "/readyz"})
_METHODS = ("GET", "HEAD")


def health_server(readiness: Readiness, host: str = "", port: int = 8080, *, limits: Limits | None = None) -> Listener:
    """The port of the probes.

    Alive is whoever answers: a loop that turns serves probes too, and a part
    that ends ends the process.  Neither the API server nor the store is asked,
    so that their failure restarts nothing.
    """
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.raw_path
        if path not in _LIVE | _READY:
            return answer(HTTPStatus.NOT_FOUND, "not found")
        if request.method not in _METHODS:
            return answer(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed", {"Allow": ", ".join(_METHODS)})
        if path in _LIVE:
            return answer(HTTPStatus.OK, "ok")
        status = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return answer(status, readiness.words)

    return Listener("health", handle, host, port, limits=limits)
