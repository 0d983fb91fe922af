"""How a ReplicaSet looks to others, and which of its pods it would rather lose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wfcontroller.api import ApiError, Object
from wfcontroller.embedded.workloads.conditions import merged
from wfcontroller.embedded.workloads.pod_status import available_in, is_ready
from wfcontroller.embedded.workloads.selectors import matches
from wfcontroller.objects import annotations_of, key_of, labels_of, metadata, nonzero, spec, status

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def surplus_pods(pods: Sequence[Object], wanted: int) -> list[Object]:
    """The pods to delete so that `wanted` remain, least valuable first.

    Order as in Kubernetes: unbound, pending, not ready, cheap to delete, on a
    node with many siblings, youngest; then by name, so that it is total.
    """
    crowd = Counter(spec(pod).get("nodeName") or "" for pod in pods)
    # Stable sorts, the least significant first; one with `reverse` keeps the order of equals too.
    by_name = sorted(pods, key=key_of)
    youngest_first = sorted(by_name, key=lambda pod: metadata(pod).get("creationTimestamp") or "", reverse=True)

    def value(pod: Object) -> tuple[Any, ...]:
        node = spec(pod).get("nodeName") or ""
        phase = _PHASES.get(status(pod).get("phase") or "Pending", 0)
        cost = int(annotations_of(pod).get(DELETION_COST, "0"))
        return bool(node), phase, is_ready(pod), cost, -crowd[node]

    return sorted(youngest_first, key=value)[: max(0, len(pods) - wanted)]


def replica_set_status(
    replica_set: Object, pods: Sequence[Object], failure: ApiError | None, now: datetime
) -> dict[str, Any]:
    """The status of a ReplicaSet with these active pods; `failure` is why the last creation was refused."""
    ready = [pod for pod in pods if is_ready(pod)]
    seconds = min_ready_seconds(replica_set)
    template_labels = (spec(replica_set).get("template") or {}).get("metadata", {}).get("labels") or {}
    conditions = [found for found in status(replica_set).get("conditions") or () if found["type"] != "ReplicaFailure"]
    if failure is not None:
        refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure.message}
        conditions = merged(status(replica_set).get("conditions"), [refused], now)
    return {
        "replicas": len(pods), "observedGeneration": metadata(replica_set).get("generation", 0),
        **nonzero(
            fullyLabeledReplicas=sum(matches({"matchLabels": template_labels}, labels_of(pod)) for pod in pods),
            readyReplicas=len(ready), availableReplicas=sum(available_in(pod, seconds, now) == 0 for pod in ready),
        ),
        **({"conditions": conditions} if conditions else {}),
    }


def min_ready_seconds(workload: Object) -> int:
    """`spec.minReadySeconds`, 0 when absent."""
    return int(spec(workload).get("minReadySeconds") or 0)


def next_availability(pods: Sequence[Object], seconds: int, now: datetime) -> float | None:
    """Seconds until the next ready pod becomes available; None when no pod is on its way."""
    waits = [wait for pod in pods if (wait := available_in(pod, seconds, now))]
    return min(waits) if waits else None
