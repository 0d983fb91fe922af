"""Workflows whose every mutation counts: each step restarts a Deployment, which raises its generation by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

STEPS = 3


def namespace(name: str) -> dict[str, Any]:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def deployment(name: str, place: str, image: str = "app:1", replicas: int = 1) -> dict[str, Any]:
    """A Deployment."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": place}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": image}]}}}}


def restart(number: int, target: str, *needs: int, **more: Any) -> dict[str, Any]:
    """A step."""
    return {"stepNumber": number, "name": f"restart-{number}", "action": "restart-deployment", "dependsOn": list(needs),
            "parameters": {"restartDeployment": {"deployment": target}}, **more}


def workflow(name: str, place: str, *steps: dict[str, Any], strategy: dict[str, Any] | None = None,
             **spec: Any) -> dict[str, Any]:
    """A workflow."""
    return {"apiVersion": "workflowexecution.kubernaut.io/v1", "kind": "WorkflowExecution",
            "metadata": {"name": name, "namespace": place}, "spec": {
                "workflowDefinition": {"name": "restarts", "steps": list(steps)},
                **({"executionStrategy": strategy} if strategy else {}), **spec}}


def chain(name: str, place: str, steps: int = STEPS) -> dict[str, Any]:
    """A workflow that restarts the Deployment of its own name so many times, one after the other."""
    numbers = range(1, steps + 1)
    return workflow(name, place, *(restart(n, name, *([n - 1] if n > 1 else [])) for n in numbers))


def names(count: int) -> Iterator[str]:
    """Names of Deployments and of the workflows on them."""
    return (f"app-{number}" for number in range(count))
