"""Monitoring: did it help?  The targets have to be seen healthy for a while; otherwise the outcome is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import nan
from typing import Any

from wfcore.codec.durations import format_duration
from wfcore.decision import Decision
from wfcore.ending import completed, failed
from wfcore.lifecycle.alerts import NewAlerts, new_alerts
from wfcore.model.enums import Outcome, ResourceHealth, StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.planner import Plan
from wfcore.planning.targets import BY_NAME, Target, rendered_targets
from wfcore.rawobject import RawObject
from wfcore.reasons import Reason
from wfcore.snapshot import Facts, Snapshot

# What the observer role can judge; a deleted pod and data of ConfigMaps or Secrets say nothing about health.
_JUDGED = frozenset({"Deployment", "Node"})


def is_judgeable(target: Target) -> bool:
    """Whether the health of a target says whether the workflow helped."""
    return target.kind in _JUDGED or bool(target.selector)


def monitored_targets(status: WorkflowExecutionStatus, plan: Plan) -> tuple[Target, ...]:
    """The judgeable targets of the steps that succeeded, sorted."""
    done = (e.step_number for e in status.step_statuses if e.status is StepPhase.COMPLETED)
    return tuple(sorted({t for n in done for t in rendered_targets(plan.rendered[n])
                         if is_judgeable(t)}, key=BY_NAME))


def advance_monitoring(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, now: datetime) -> Decision:
    """Judge the facts of this pass.

    Only a change of the verdict is written: `stableSince` says since when every
    sample was healthy, and the samples in between follow from the interval.
    """
    settings, deadline = snapshot.settings, status.phase_deadline or now
    targets, alerts = monitored_targets(status, plan), new_alerts(snapshot, plan)
    facts = snapshot.facts if targets else {}
    health = _health(facts, targets) if facts is not None else ResourceHealth.UNKNOWN
    if facts is not None and health is not ResourceHealth.UNKNOWN:
        status = _sampled(status, health, now)
    if snapshot.facts is not None:
        status = evolve(status, unwatched_namespaces=alerts.unwatched)
    if alerts.named:
        return Decision(status=_ineffective(status, alerts, health, now), wake_at=now)
    since = status.stable_since
    # Unreadable now is not healthy now, however long it was healthy before.
    if since is not None and health is ResourceHealth.HEALTHY and now >= since + settings.stability_window:
        samples = 1 + (now - since) // settings.sample_interval
        return Decision(status=_verdict(evolve(status, sampled=samples), health, now), wake_at=now)
    if now >= deadline:
        return Decision(status=_unverified(status, health, snapshot, now), wake_at=now)
    start = status.monitoring_start_time or now
    following = start + ((now - start) // settings.sample_interval + 1) * settings.sample_interval
    return Decision(status=status, wake_at=min(following, deadline, status.workflow_deadline or deadline))


def _sampled(status: WorkflowExecutionStatus, health: ResourceHealth, now: datetime) -> WorkflowExecutionStatus:
    if health is ResourceHealth.HEALTHY:
        if status.stable_since is not None:
            return status
        return evolve(status, stable_since=now, last_sample_time=now, sampled=status.sampled + 1)
    if status.stable_since is None and status.last_sample_time is not None:
        return status
    return evolve(status, stable_since=None, last_sample_time=now, sampled=status.sampled + 1)


def _verdict(status: WorkflowExecutionStatus, health: ResourceHealth, now: datetime) -> WorkflowExecutionStatus:
    everything = all(entry.status is StepPhase.COMPLETED for entry in status.step_statuses)
    return completed(status, Outcome.SUCCESS if everything else Outcome.PARTIAL_SUCCESS, health, now)


def _ineffective(status: WorkflowExecutionStatus, alerts: NewAlerts, health: ResourceHealth,
                 now: datetime) -> WorkflowExecutionStatus:
    """The steps did what they were to do, so nothing is undone by itself: whether it should be, people decide."""
    first, more = alerts.named[0], len(alerts.named) - 1
    ended = failed(status, Reason.NEW_ALERTS, f"new alerts since the execution began: {first}"
                   + (f" and {more} more" if more else ""), now, health=health,
                   actions=tuple(f"look at the alert {named}" for named in alerts.named))
    return evolve(ended, workflow_result=ended.workflow_result and evolve(
        ended.workflow_result, new_alerts_triggered=True, new_alerts=alerts.named))


def _unverified(status: WorkflowExecutionStatus, health: ResourceHealth, snapshot: Snapshot,
                now: datetime) -> WorkflowExecutionStatus:
    cap = format_duration(snapshot.settings.monitoring_timeout)
    what = "could not be read" if not status.sampled else "were not stable"
    return completed(status, Outcome.UNKNOWN, health, now, reason=Reason.MONITORING_TIMEOUT,
                     message=f"the targets {what} within {cap} after the last step",
                     actions=("check the targets of the workflow by hand",))


def _health(facts: Facts, targets: tuple[Target, ...]) -> ResourceHealth:
    """Healthy when all are (nothing to judge too), unhealthy when nothing is, unknown when one can't be read."""
    well, partly = [], []
    for target in targets:
        objects = facts.get(target)
        if objects is None:
            return ResourceHealth.UNKNOWN
        each = [is_healthy(target, raw) for raw in objects]
        well.append(bool(each) and all(each))
        partly.append(any(each) or any(_serves(target, raw) for raw in objects))
    if all(well):
        return ResourceHealth.HEALTHY
    return ResourceHealth.DEGRADED if any(partly) else ResourceHealth.UNHEALTHY


def _serves(target: Target, raw: RawObject) -> bool:
    """Whether a Deployment that is not as it should be has at least one pod that serves."""
    return target.kind == "Deployment" and _count(_part(raw.value, "status"), "availableReplicas", 0) > 0


def is_healthy(target: Target, raw: RawObject) -> bool:
    """Whether one object is as its controller wants it; anything unreadable is not."""
    spec, status = _part(raw.value, "spec"), _part(raw.value, "status")
    if target.kind == "Deployment":
        wanted, generation = _count(spec, "replicas", 1), _count(_part(raw.value, "metadata"), "generation", 0)
        return (_count(status, "observedGeneration", 0) >= generation
                and _count(status, "updatedReplicas", 0) >= wanted and _count(status, "availableReplicas", 0) >= wanted)
    conditions = status.get("conditions")
    return any(_part({"c": c}, "c").get("type") == "Ready" and c.get("status") == "True"
               for c in (conditions if isinstance(conditions, list) else ()))


def _part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = value.get(key)
    return part if isinstance(part, Mapping) else {}


def _count(part: Mapping[str, Any], key: str, absent: int) -> float:
    """A number of an object, or one that no comparison holds for."""
    value = part.get(key, absent)
    return value if isinstance(value, int) else nan
