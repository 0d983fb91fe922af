"""What a cluster in good order shows at a target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcore.planning.targets import Target

HEALTHY_DEPLOYMENT: Mapping[str, Any] = {
    "metadata": {"generation": 1}, "spec": {"replicas": 1},
    "status": {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1},
}
READY: Mapping[str, Any] = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def healthy(target: Target) -> Mapping[str, Any]:
    """An object at a target as its controller wants it."""
    return HEALTHY_DEPLOYMENT if target.kind == "Deployment" else READY
