"""Which node a pod is bound to: a pure choice, the same for every run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.conditions import is_true
from wfcontroller.objects import is_terminating, labels_of, metadata, spec, status

DEFAULT_POD_CAPACITY = "110"


def is_ready_node(node: Object | None) -> bool:
    """Whether a kubelet answers there: the node exists and its condition Ready is True."""
    return node is not None and is_true(status(node).get("conditions"), "Ready")


def is_cordoned(node: Object) -> bool:
    """Whether the node takes no new pods."""
    return bool(spec(node).get("unschedulable")) or is_terminating(node)


def choose_node(pod: Object, nodes: Iterable[tuple[Object, int]]) -> str | None:
    """The node for this pod among `(node, pods bound to it)`; None when none is fit.

    Fewest pods first, then by name.  Fit means: ready, not cordoned, labelled
    as the pod's `nodeSelector` asks, no untolerated taint, room for a pod.
    """
    fit = [(bound, metadata(node)["name"]) for node, bound in nodes if _is_fit(pod, node, bound)]
    return min(fit)[1] if fit else None


def _is_fit(pod: Object, node: Object, bound: int) -> bool:
    wanted = spec(pod).get("nodeSelector") or {}
    capacity = int((status(node).get("allocatable") or {}).get("pods", DEFAULT_POD_CAPACITY))
    return (
        is_ready_node(node) and not is_cordoned(node) and bound < capacity
        and all(labels_of(node).get(name) == value for name, value in wanted.items())
        and tolerates_all(spec(pod), node)
    )


def tolerates_all(pod_spec: Mapping[str, Any], node: Object) -> bool:
    """Whether the pod may be bound despite the node's taints."""
    tolerations = pod_spec.get("tolerations") or ()
    return all(
        taint.get("effect") == "PreferNoSchedule" or any(_tolerates(toleration, taint) for toleration in tolerations)
        for taint in spec(node).get("taints") or ()
    )


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("key") in (None, ""):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint.get("key"):
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or "")
