"""The two ports of a process: who asks whether it lives, and who reads its figures."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from wfcontroller.api import Api
from wfcontroller.configuration.process import HealthConfig, MetricsConfig
from wfcontroller.service.clock import now
from wfcontroller.serving.access import Access, AccessSettings
from wfcontroller.serving.certificates import Certificates, FromFiles, SelfSigned
from wfcontroller.serving.exposition import PATH, metrics_server
from wfcontroller.serving.health import health_server
from wfcontroller.serving.listener import Listener
from wfcontroller.serving.readiness import Readiness
from wfcontroller.telemetry.families import Own
from wfcontroller.telemetry.metrics import Metrics


class Served(Protocol):
    """The part of a configuration that says where."""

    @property
    def health(self) -> HealthConfig: ...

    @property
    def metrics(self) -> MetricsConfig: ...


def ports_of(config: Served, api: Api, readiness: Readiness, metrics: Metrics) -> Iterator[Listener]:
    """The ports, not yet opened, the probes' first."""
    yield health_server(readiness, config.health.host, config.health.port)
    access = Access(api, PATH, AccessSettings(audience=config.metrics.audience))
    yield metrics_server(metrics.render, access, _certificates(config.metrics), config.metrics.host,
                         config.metrics.port, judged=lambda verdict: metrics.record(Own.SCRAPES, (verdict.value,)))


def _certificates(config: MetricsConfig) -> Certificates:
    if config.tls_cert_file:
        return FromFiles(Path(config.tls_cert_file), Path(config.tls_key_file))
    return SelfSigned(("localhost", socket.gethostname()), now)
