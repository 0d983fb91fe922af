"""What a DaemonSet does next: one pod on each fitting node, replaced a few at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.amounts import scaled
from wfcontroller.embedded.workloads.pod_status import available_in, is_active, is_finished, is_ready
from wfcontroller.embedded.workloads.pod_template import template_of
from wfcontroller.embedded.workloads.replicas import min_ready_seconds
from wfcontroller.embedded.workloads.revisions import is_current, revision_hash
from wfcontroller.embedded.workloads.scheduling import tolerates_all
from wfcontroller.objects import is_terminating, labels_of, metadata, nonzero, spec, status

# What the controller adds to every daemon pod, so that cordons and sick nodes don't keep it away.
_TOLERATED = ("node.kubernetes.io/unschedulable", "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


@frozen
class DaemonMoves:
    """Nodes that lack a pod, and pods that must go, both in name order."""

    create_on: tuple[str, ...]
    delete: tuple[Object, ...]


def eligible_nodes(daemon_set: Object, nodes: Sequence[Object]) -> list[str]:
    """The nodes that should run the daemon: labelled as asked and not tainted against it; cordons don't count."""
    pod_spec: Mapping[str, Any] = template_of(daemon_set).get("spec") or {}
    always = [{"key": key, "operator": "Exists"} for key in _TOLERATED]
    tolerant = {**pod_spec, "tolerations": [*(pod_spec.get("tolerations") or ()), *always]}
    wanted = pod_spec.get("nodeSelector") or {}
    return [
        metadata(node)["name"] for node in nodes
        if not is_terminating(node) and tolerates_all(tolerant, node)
        and all(labels_of(node).get(name) == value for name, value in wanted.items())
    ]


def daemon_moves(daemon_set: Object, eligible: Sequence[str], pods: Sequence[Object], now: datetime) -> DaemonMoves:
    """Creations and deletions that bring the pods nearer to the spec.

    A terminating pod still holds its node.  Of two pods on one node the later
    by name goes.  An update takes down at most `maxUnavailable` nodes (default
    1), counting those that are down anyway; unavailable old pods go first.
    """
    holders: dict[str, Object] = {}
    surplus = []
    for pod in pods:
        node = spec(pod).get("nodeName") or ""
        if is_finished(pod) or node not in eligible or node in holders:
            surplus.append(pod)
        else:
            holders[node] = pod
    missing = tuple(node for node in eligible if node not in holders)
    outdated = _outdated(daemon_set, list(holders.values()), len(eligible), len(missing), now)
    return DaemonMoves(missing, tuple(pod for pod in (*surplus, *outdated) if not is_terminating(pod)))


def _outdated(
    daemon_set: Object, holders: Sequence[Object], wanted: int, missing: int, now: datetime
) -> list[Object]:
    strategy = spec(daemon_set).get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return []
    allowed = (strategy.get("rollingUpdate") or {}).get("maxUnavailable")
    most = max(1, scaled(1 if allowed is None else allowed, wanted, round_up=True))
    revision = revision_hash(daemon_set)
    old = [pod for pod in holders if not is_current(pod, revision)]
    down = [pod for pod in holders if not _serves(daemon_set, pod, now)]
    already_down = [pod for pod in old if pod in down]
    healthy = [pod for pod in old if pod not in down]
    return [*already_down, *healthy[: max(0, most - len(down) - missing)]]


def _serves(daemon_set: Object, pod: Object, now: datetime) -> bool:
    return is_active(pod) and available_in(pod, min_ready_seconds(daemon_set), now) == 0


def daemon_set_status(
    daemon_set: Object, eligible: Sequence[str], pods: Sequence[Object], now: datetime
) -> dict[str, Any]:
    """The status of a DaemonSet with these pods."""
    revision = revision_hash(daemon_set)
    active = [pod for pod in pods if is_active(pod)]
    placed = [pod for pod in active if spec(pod).get("nodeName") in eligible]
    available = sum(_serves(daemon_set, pod, now) for pod in placed)
    kept = {name: value for name, value in status(daemon_set).items() if name in ("conditions", "collisionCount")}
    return {
        **kept, "currentNumberScheduled": len(placed), "numberMisscheduled": len(active) - len(placed),
        "desiredNumberScheduled": len(eligible), "numberReady": sum(is_ready(pod) for pod in placed),
        "observedGeneration": metadata(daemon_set).get("generation", 0),
        **nonzero(
            updatedNumberScheduled=sum(is_current(pod, revision) for pod in placed), numberAvailable=available,
            numberUnavailable=len(eligible) - available,
        ),
    }
