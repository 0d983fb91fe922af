"""What a cluster in good order shows at a target."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wfcore.codec.times import format_time
from wfcore.planning.targets import Target
from wfcore.rawobject import RawObject

HEALTHY_DEPLOYMENT: Mapping[str, Any] = {
    "metadata": {"generation": 1}, "spec": {"replicas": 1},
    "status": {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1},
}
READY: Mapping[str, Any] = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
NODE: Mapping[str, Any] = {
    "metadata": {"name": "node"},
    "status": {**READY["status"], "allocatable": {"cpu": "64", "memory": "256Gi", "pods": "2000"}},
}


def healthy(target: Target) -> Mapping[str, Any]:
    """An object at a target as its controller wants it."""
    return HEALTHY_DEPLOYMENT if target.kind == "Deployment" else READY


def found_at(target: Target, now: datetime) -> tuple[RawObject, ...]:
    """What a cluster in which nothing is wrong has at a target: a living executor, one large node, nothing else."""
    match target:
        case Target(kind="Lease"):
            return (RawObject({"spec": {"renewTime": format_time(now)}}),)
        case Target(kind="Node", name=""):
            return (RawObject(NODE),)
        case Target(name="", selector=""):
            return ()
    return (RawObject(healthy(target)),)
