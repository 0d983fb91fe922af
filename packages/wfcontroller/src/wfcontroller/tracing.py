"""Traces of reconciles, where OpenTelemetry's variables say; without them nothing of it is even imported.

A pass is a span `reconcile`, and each request that it performs a child span
named after the request.  Attributes are identities and words of closed
vocabularies: no text of a user, no message of an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

import structlog

from wfcontroller.runtime.drive import Perform
from wfcontroller.runtime.passing import Passage, logged
from wfcore.program import Failed, Ref, Request, Response, Unknown

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_log = structlog.get_logger("wfcontroller")


class Tracing(Protocol):
    """Follows passes and what they ask for."""

    def around(self, passage: Passage) -> AbstractContextManager[None]:
        """A pass, from its beginning to its end, named in the logs too; see `runtime.passing.Around`."""
        ...

    def performing(self, perform: Perform) -> Perform:
        """The same, each request within a pass a span of its own."""
        ...

    def close(self) -> None:
        """Send what has not been sent.  Blocks, at most as long as the exporter's timeout."""
        ...


class Untraced:
    """Nothing is traced, and nothing costs anything."""

    def around(self, passage: Passage) -> AbstractContextManager[None]:
        return logged(passage)

    def performing(self, perform: Perform) -> Perform:
        return perform

    def close(self) -> None:
        return None


class Traced:
    """Sends spans through a provider of its own; the global one is left to whoever embeds this."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import trace

        self._provider, self._trace = provider, trace
        self._tracer = provider.get_tracer("wfcontroller")

    @contextmanager
    def around(self, passage: Passage) -> Iterator[None]:
        identity = {"workflow.namespace": passage.ref.namespace, "workflow.name": passage.ref.name,
                    "workflow.uid": passage.uid}
        # An exception's message may hold anything: only its type is told.
        with self._tracer.start_as_current_span(
                "reconcile", attributes=identity, record_exception=False, set_status_on_exception=False) as span, \
                logged(passage), structlog.contextvars.bound_contextvars(trace_id=_hex(span)):
            try:
                yield
            finally:
                span.set_attribute("outcome", passage.outcome)
                if passage.error is not None:
                    span.set_attribute("error.type", type(passage.error).__name__)
                    span.set_status(self._trace.StatusCode.ERROR)

    def performing(self, perform: Perform) -> Perform:
        async def traced(request: Request) -> Response:
            if not self._trace.get_current_span().is_recording():
                return await perform(request)
            with self._tracer.start_as_current_span(
                    type(request).__name__, attributes=_identity(request), record_exception=False,
                    set_status_on_exception=False) as span:
                response = await perform(request)
                span.set_attribute("response", type(response).__name__)
                if isinstance(response, Failed):
                    span.set_attribute("why", response.why)
                if isinstance(response, Failed | Unknown):
                    span.set_status(self._trace.StatusCode.ERROR)
                return response
        return traced

    def close(self) -> None:
        self._provider.shutdown()


def tracing(environment: Mapping[str, str], service: str) -> Tracing:
    """Traces when an endpoint is set, unless OTEL_SDK_DISABLED says otherwise.

    `environment` has to be the process's own, which the exporter reads the rest
    from.  Without the extra `tracing` there is one warning and no traces.
    """
    wanted = any(environment.get(name) for name in ENDPOINTS)
    if not wanted or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Untraced()
    try:
        from wfcontroller.exporting import provider
    except ImportError:
        _log.warning("tracing_unavailable", advice="install wfcontroller[tracing], or unset the endpoint")
        return Untraced()
    return Traced(provider(environment, service))


def _hex(span: Span) -> str:
    return f"{span.get_span_context().trace_id:032x}"


def _identity(request: Request) -> dict[str, str]:
    """Which objects a request is about, as far as it names one workflow or child."""
    ref = getattr(request, "ref", None)
    if isinstance(ref, Ref):
        return {"object.namespace": ref.namespace, "object.name": ref.name}
    name = getattr(request, "name", None)
    return {"object.namespace": getattr(request, "namespace", ""), "object.name": name} if isinstance(name, str) else {}
