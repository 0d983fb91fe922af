"""Objects of others in the place of our first child."""

from __future__ import annotations

from typing import Any

from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.testing.world import World

NAME = "w-step-1"
FOREIGN_UID = "another-uid"


def add(cluster: World, kind: str, uid: str) -> None:
    """Create the intruder; it claims success, and that it changed nothing."""
    owner = uid if kind == "impostor" else FOREIGN_UID
    reference = {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind}
    meta: dict[str, Any] = {"name": NAME, "namespace": "default", "ownerReferences": [
        {**reference, "name": "w" if owner == uid else "other", "uid": owner, "controller": True}]}
    spec = {"workflowExecutionRef": {**reference, "name": "w", "namespace": "default", "uid": owner},
            "stepNumber": 1, "attempt": 1, "kind": "forward", "action": "scale-deployment", "timeout": "5m",
            "parameters": {"scaleDeployment": {"deployment": "web-1", "namespace": "default", "replicas": 3}},
            "planDigest": "sha256:another"}
    cluster.add(KUBERNETES_EXECUTIONS, {
        "apiVersion": KUBERNETES_EXECUTIONS.api_version, "kind": KUBERNETES_EXECUTIONS.kind,
        "metadata": meta, "spec": spec})
    cluster.report(NAME, {"phase": "completed", "executionResult": {"success": True},
                          "rollbackInformation": {"captured": False, "mutated": "no"}})
