"""Valid objects of both kinds, one spelling of each action and each compensation."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

PARAMETERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "scale-deployment": ("scaleDeployment", {"namespace": "shop", "deployment": "web", "replicas": 3}),
    "restart-deployment": ("restartDeployment", {"deployment": "web", "gracePeriod": "30s"}),
    "update-image": ("updateImage", {"deployment": "web", "container": "app", "newImage": "hub:5000/web@sha256:ab"}),
    "restart-pod": ("restartPod", {"podName": "web-0"}),
    "delete-pod": ("deletePod", {"podName": "web-0", "gracePeriod": "1m30s"}),
    "update-configmap": ("updateConfigMap", {"name": "settings", "dataUpdates": {"LEVEL": "debug"}}),
    "update-secret": ("updateSecret", {"name": "keys", "updates": [
        {"key": "token", "secretKeyRef": {"name": "fresh", "key": "token"}}]}),
    "cordon-node": ("cordonNode", {"nodeName": "node-1"}),
    "uncordon-node": ("uncordonNode", {"nodeName": "node-1"}),
    "drain-node": ("drainNode", {"nodeName": "node-1", "ignoreDaemonSets": True}),
    "check-pod-health": ("checkPodHealth", {"selector": "app=web"}),
    "custom": ("custom", {"actionType": "flush-cache", "config": {"region": "eu"}}),
}

ROLLBACKS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "restore-previous-deployment": ("restorePreviousDeployment", {"deployment": "web", "revision": 4}),
    "scale-to-previous": ("scaleToPrevious", {"deployment": "web"}),
    "restore-previous-config": ("restorePreviousConfig", {"name": "settings", "type": "ConfigMap"}),
    "uncordon-node": ("uncordonNode", {"nodeName": "node-1"}),
    "custom": ("custom", {"actionType": "warm-cache"}),
}


def step(number: int, action: str, **more: Any) -> dict[str, Any]:
    member, parameters = PARAMETERS[action]
    return {"stepNumber": number, "action": action, "parameters": {member: copy.deepcopy(parameters)}, **more}


def rollback(action: str, **more: Any) -> dict[str, Any]:
    member, parameters = ROLLBACKS[action]
    return {"action": action, "parameters": {member: copy.deepcopy(parameters)}, **more}


def workflow(*steps: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A valid WorkflowExecution with these steps (default: one); `spec` overrides, None removes."""
    given = {"workflowDefinition": {"name": "heal-web", "steps": list(steps) or [step(1, "scale-deployment")]}, **spec}
    return {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution", "metadata": {"name": "w"},
            "spec": {key: value for key, value in given.items() if value is not None}}


def execution(**spec: Any) -> dict[str, Any]:
    """A valid forward KubernetesExecution; `spec` overrides, None removes."""
    given = {
        "workflowExecutionRef": {"name": "w", "namespace": "shop", "uid": "u-1"}, "stepNumber": 1, "attempt": 1,
        "kind": "forward", "timeout": "5m", "action": "scale-deployment",
        "parameters": step(1, "scale-deployment")["parameters"], **spec,
    }
    return {"apiVersion": "kubernetesexecution.kubernaut.io/v1", "kind": "KubernetesExecution",
            "metadata": {"name": "w-step-1"}, "spec": {key: value for key, value in given.items() if value is not None}}
