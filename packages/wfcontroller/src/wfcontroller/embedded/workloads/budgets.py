"""What a PodDisruptionBudget allows: the arithmetic of kubernetes/pkg/controller/disruption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.amounts import scaled
from wfcontroller.embedded.workloads.conditions import merged, seconds_since
from wfcontroller.embedded.workloads.pod_status import is_active, is_ready
from wfcontroller.objects import key_of, metadata, spec, status

# An eviction that was allowed but whose pod was never marked is forgotten after this (disruption.DeletionTimeout).
EVICTION_FORGOTTEN_AFTER = 120.0


@frozen
class Allowance:
    """How many pods there should be, how many must be healthy."""

    expected: int
    desired_healthy: int


def allowance(budget: Object, pods: int, expected: int) -> Allowance:
    """The budget's demands on so many selected pods, whose owners want `expected`.

    An integer `minAvailable` counts the pods that exist; everything else
    counts what the owners want, so that a slow rollout doesn't lower the bar.
    Percentages round up. Neither given: like the server, as if `minAvailable` were 1... of none: no demand.
    """
    maximum, minimum = spec(budget).get("maxUnavailable"), spec(budget).get("minAvailable")
    if maximum is not None:
        return Allowance(expected, max(0, expected - scaled(maximum, expected, round_up=True)))
    if isinstance(minimum, int):
        return Allowance(pods, minimum)
    if minimum is not None:
        return Allowance(expected, scaled(minimum, expected, round_up=True))
    return Allowance(pods, 0)


def budget_status(budget: Object, pods: Sequence[Object], expected: int, now: datetime) -> dict[str, Any]:
    """The status of a budget that selects `pods`, whose owners together want `expected`."""
    pods = [pod for pod in pods if status(pod).get("phase") not in ("Succeeded", "Failed")]
    demand = allowance(budget, len(pods), expected)
    evicted = _evictions_under_way(budget, pods, now)
    healthy = sum(is_ready(pod) and is_active(pod) and key_of(pod)[1] not in evicted for pod in pods)
    allowed = max(0, healthy - demand.desired_healthy) if demand.expected else 0
    reason = "SufficientPods" if allowed else "InsufficientPods"
    condition = {
        "type": "DisruptionAllowed", "status": str(allowed > 0), "reason": reason, "message": "",
        "observedGeneration": metadata(budget).get("generation", 0),
    }
    return {
        "observedGeneration": metadata(budget).get("generation", 0),
        **({"disruptedPods": evicted} if evicted else {}),
        "disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": demand.desired_healthy,
        "expectedPods": demand.expected,
        "conditions": merged(status(budget).get("conditions"), [condition], now),
    }


def forgotten_in(wanted: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds until the first eviction under way is forgotten; None when there is none."""
    since = [seconds_since(instant, now) for instant in (wanted.get("disruptedPods") or {}).values()]
    return max(0.0, EVICTION_FORGOTTEN_AFTER - max(since)) if since else None


def _evictions_under_way(budget: Object, pods: Sequence[Object], now: datetime) -> dict[str, str]:
    """Evictions that were granted while the pod isn't marked for deletion yet; they already count as unhealthy."""
    unmarked = [key_of(pod)[1] for pod in pods if is_active(pod)]
    granted: Mapping[str, str] = status(budget).get("disruptedPods") or {}
    return {
        name: instant for name, instant in granted.items()
        if name in unmarked and seconds_since(instant, now) < EVICTION_FORGOTTEN_AFTER
    }
