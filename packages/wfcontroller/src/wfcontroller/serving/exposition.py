"""`/metrics`, over TLS and for those alone whom the API server lets read it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import web

from wfcontroller.serving.access import STATUS, Access, Verdict
from wfcontroller.serving.certificates import Certificates, listening
from wfcontroller.serving.connections import Limits, answer
from wfcontroller.serving.listener import Listener

PATH = "/metrics"
# The page for an `Accept` header, and its content type.
Render: TypeAlias = Callable[[str], tuple[bytes, str]]
_HEADERS = {Verdict.UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"}, Verdict.LIMITED: {"Retry-After": "1"}}


def metrics_server(render: Render, access: Access, certificates: Certificates, host: str = "", port: int = 9090, *,
                   judged: Callable[[Verdict], None] = lambda verdict: None, limits: Limits | None = None) -> Listener:
    """The port of the metrics; `judged` is told each verdict."""
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.rel_url.raw_path != PATH:
            return answer(HTTPStatus.NOT_FOUND, "not found")
        if request.method != "GET":
            return answer(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed", {"Allow": "GET"})
        found = await access.judge(request.headers.getall("Authorization", []), request.remote or "")
        judged(found)
        if found is not Verdict.ALLOWED:
            return answer(STATUS[found], found.value, _HEADERS.get(found))
        page, content_type = render(request.headers.get("Accept", ""))
        return answer(HTTPStatus.OK, "", body=page, content_type=content_type)

    return Listener("metrics", handle, host, port, tls=listening(certificates), limits=limits, closing=access.close)
