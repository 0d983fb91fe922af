"""A collector of traces that stands in for a real one: it takes what is sent by HTTP and decodes it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from attrs import define, field
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@define
class Span:
    """One span as it arrived."""

    name: str
    service: str
    attributes: dict[str, Any]
    failed: bool
    trace: str
    id: str
    parent: str


@define
class Collector:
    """What has arrived; `raw` is every byte of it, headers too."""

    endpoint: str = ""
    spans: list[Span] = field(factory=list)
    raw: list[bytes] = field(factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.raw.append(str(request.headers).encode() + body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(a.value.string_value for a in group.resource.attributes if a.key == "service.name")
            self.spans += [Span(
                span.name, service, {a.key: a.value.string_value for a in span.attributes}, span.status.code == 2,
                span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                for scope in group.scope_spans for span in scope.spans]
        return web.Response(body=b"", content_type="application/x-protobuf")


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector on a port of its own, in a thread of its own: who is traced may stand still meanwhile."""
    taken, loop, ready = Collector(), asyncio.new_event_loop(), threading.Event()
    over = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/v1/traces", taken.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        taken.endpoint = f"http://127.0.0.1:{port}"
        ready.set()
        await over.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    try:
        yield taken
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()
