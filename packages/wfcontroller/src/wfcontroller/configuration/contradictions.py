"""What is wrong with values that are each allowed, but not together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from attrs import frozen

from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.process import HealthConfig, MetricsConfig
from wfcore.codec.durations import format_duration

_JITTER = 1.2
_EVERY_INTERFACE = frozenset({"", "0.0.0.0", "::"})


@frozen
class Contradiction:
    """The keys that contradict each other, the one to blame first, and why."""

    keys: tuple[str, ...]
    message: str


def contradictions(config: Any) -> Iterator[Contradiction]:
    """Every contradiction of a configuration."""
    yield from _served(config.health, config.metrics)
    if isinstance(config, ControllerConfig):
        yield from _leases(config)
        yield from _ordered(config)
        if config.database.url is not None and config.database.url_file:
            yield Contradiction(("database.url", "database.urlFile"), "both are given; the URL stands in one of them")


def _served(health: HealthConfig, metrics: MetricsConfig) -> Iterator[Contradiction]:
    if bool(metrics.tls_cert_file) is not bool(metrics.tls_key_file):
        yield Contradiction(("metrics.tlsCertFile", "metrics.tlsKeyFile"),
                            "only one of certificate and key is given; HTTPS needs both")
    alike = health.host == metrics.host or {health.host, metrics.host} & _EVERY_INTERFACE
    if health.port == metrics.port != 0 and alike:
        yield Contradiction(("metrics.port", "health.port"), f"both are {metrics.port}; one port serves one of them")


def _leases(config: ControllerConfig) -> Iterator[Contradiction]:
    lease = config.leader_election
    if lease.renew_deadline >= lease.lease_duration:
        yield Contradiction(
            ("leaderElection.renewDeadline", "leaderElection.leaseDuration"),
            f"a leader that tries to renew for {format_duration(lease.renew_deadline)} still acts when others take "
            f"over after {format_duration(lease.lease_duration)}; the deadline has to be shorter")
    if lease.renew_deadline <= lease.retry_period * _JITTER:
        yield Contradiction(
            ("leaderElection.renewDeadline", "leaderElection.retryPeriod"),
            f"{format_duration(lease.renew_deadline)} leaves no time for a second try after "
            f"{format_duration(lease.retry_period)} and its jitter; it has to be more than {_JITTER} times as long")


def _ordered(config: ControllerConfig) -> Iterator[Contradiction]:
    engine, pacing = config.engine, config.pacing
    if engine.stability_window > engine.monitoring_timeout:
        yield Contradiction(
            ("monitoring.stabilityWindow", "timeouts.monitoring"),
            f"nothing can be stable for {_text(engine.stability_window)} within {_text(engine.monitoring_timeout)}; "
            "no workflow would ever succeed")
    if engine.backoff_base > engine.backoff_cap:
        yield Contradiction(("retries.backoffBase", "retries.backoffCap"),
                            f"{_text(engine.backoff_base)} is more than the cap of {_text(engine.backoff_cap)}")
    if pacing.retry_first > pacing.retry_longest:
        yield Contradiction(("watch.retryFirst", "watch.retryLongest"),
                            f"the first delay of {pacing.retry_first:g} s is more than {pacing.retry_longest:g} s")


def _text(value: timedelta) -> str:
    return format_duration(value)
