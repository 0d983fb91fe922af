"""The exporter of traces; importing it needs the extra `tracing`."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def provider(environment: Mapping[str, str], service: str) -> TracerProvider:
    """A provider that sends by HTTP, in a thread of its own, where the standard variables say."""
    named = {} if environment.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: service}
    made = TracerProvider(resource=Resource.create(named))
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return made
