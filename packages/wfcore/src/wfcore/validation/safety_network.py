"""Safety check `network`: an executor is alive, and the Services of the Deployments to change have ready endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from wfcore.codec.durations import format_duration
from wfcore.codec.times import parse_time
from wfcore.planning.planner import Plan
from wfcore.planning.targets import Target
from wfcore.rawobject import RawObject
from wfcore.settings import Settings
from wfcore.snapshot import Facts
from wfcore.validation.facts import name_of, part, parts, text, texts
from wfcore.validation.findings import Findings
from wfcore.validation.safety_health import touched

_SERVICE_NAME = "kubernetes.io/service-name"


def heartbeat(settings: Settings) -> Target:
    """The Lease that a living executor renews."""
    return Target("Lease", settings.controller_namespace, settings.executor_lease)


def _deployments(plan: Plan) -> tuple[Target, ...]:
    return tuple(target for target in touched(plan) if target.kind == "Deployment")


def network_facts(plan: Plan, settings: Settings) -> tuple[Target, ...]:
    """What the check has to read: the Lease, the Deployments, and all Services and EndpointSlices around them."""
    deployments = _deployments(plan)
    around = (Target(kind, target.namespace, "") for target in deployments for kind in ("Service", "EndpointSlice"))
    return tuple(dict.fromkeys((heartbeat(settings), *deployments, *around)))


def network_findings(plan: Plan, facts: Facts, settings: Settings, now: datetime) -> Findings:
    """Why a change would not be made, or would not be noticed by anybody."""
    findings = Findings(good="an executor is alive and every Service of a target has ready endpoints")
    _judge_heartbeat(facts.get(heartbeat(settings)), settings, now, findings)
    for target in _deployments(plan):
        around = [facts.get(key) for key in (target, Target("Service", target.namespace, ""),
                                             Target("EndpointSlice", target.namespace, ""))]
        if None in around:
            findings.unknown.append(f"what serves {target}")
            continue
        deployment, services, slices = (objects or () for objects in around)
        findings.wrong.extend(f"Service {name} of {target} has no ready endpoint"
                              for name in _unserved(deployment, services, slices))
    return findings


def _judge_heartbeat(lease: tuple[RawObject, ...] | None, settings: Settings, now: datetime,
                     findings: Findings) -> None:
    name = heartbeat(settings)
    if lease is None:
        findings.unknown.append(str(name))
        return
    beats = [beat for raw in lease if (beat := _instant(text(raw.value, "spec", "renewTime"))) is not None]
    if not beats:
        findings.wrong.append(f"no executor has reported yet: there is no {name}")
    elif (silence := now - max(beats)) > settings.executor_silence:
        findings.wrong.append(f"no executor has reported for {format_duration(silence)} ({name})")


def _instant(given: str) -> datetime | None:
    try:
        return parse_time(given)
    except ValueError:
        return None


def _unserved(deployment: Iterable[RawObject], services: Iterable[RawObject],
              slices: Iterable[RawObject]) -> Iterator[str]:
    """The Services that select a Deployment's pods and have no ready endpoint."""
    served = {text(raw.value, "metadata", "labels", _SERVICE_NAME) for raw in slices if _has_ready(raw.value)}
    for pods in (texts(raw.value, "spec", "template", "metadata", "labels") for raw in deployment):
        for service in services:
            selector = part(service.value, "spec", "selector")
            if selector and selector.items() <= pods.items() and text(service.value, "metadata", "name") not in served:
                yield name_of(service.value)


def _has_ready(endpoint_slice: Any) -> bool:
    # An absent condition means ready, as the API defines it.
    endpoints = parts(endpoint_slice, "endpoints")
    return any(part(endpoint, "conditions").get("ready") is not False for endpoint in endpoints)
