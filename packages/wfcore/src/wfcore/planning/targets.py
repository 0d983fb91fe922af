"""Which objects a step touches, and how strongly."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, TypeVar

import attrs
from attrs import frozen

from wfcore.model.actions import (
    CheckPodHealthParams,
    CordonNodeParams,
    CustomActionParams,
    DeletePodParams,
    DrainNodeParams,
    RestartDeploymentParams,
    RestartPodParams,
    ScaleDeploymentParams,
    StepParameters,
    UncordonNodeParams,
    UpdateConfigMapParams,
    UpdateImageParams,
    UpdateSecretParams,
)
from wfcore.model.compensations import RollbackParameters
from wfcore.model.definition import WorkflowStep
from wfcore.model.enums import Action

P = TypeVar("P", bound=StepParameters | RollbackParameters)

# Weakest first; a resource shows the strongest impact of its steps.
IMPACTS = ("none", "config", "capacity", "restart", "eviction")

IMPACT_OF: Mapping[Action, str] = {
    Action.CHECK_POD_HEALTH: "none", Action.UPDATE_CONFIGMAP: "config", Action.UPDATE_SECRET: "config",
    Action.SCALE_DEPLOYMENT: "capacity", Action.CORDON_NODE: "capacity", Action.UNCORDON_NODE: "capacity",
    Action.RESTART_DEPLOYMENT: "restart", Action.UPDATE_IMAGE: "restart", Action.RESTART_POD: "restart",
    Action.DELETE_POD: "restart", Action.CUSTOM: "restart", Action.DRAIN_NODE: "eviction",
}


@frozen(order=True)
class Target:
    """An object, or with `selector` the pods that match it; `namespace` is empty for nodes."""

    kind: str
    namespace: str
    name: str
    selector: str = ""

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind.lower()}/{place}{self.name or f'({self.selector})'}"


# What `sorted` compares anyway, without building a tuple at each comparison.
BY_NAME = attrgetter("kind", "namespace", "name", "selector")


def in_namespace(parameters: P, namespace: str) -> P:
    """The parameters with an empty namespace replaced by the workflow's own."""
    if getattr(parameters, "namespace", None) != "":
        return parameters
    changes: Any = {"namespace": namespace}
    return attrs.evolve(parameters, **changes)


def targets_of(parameters: StepParameters | None) -> tuple[Target, ...]:
    """The objects that an action with these (explicit) parameters touches or, for a check, judges."""
    match parameters:
        case ScaleDeploymentParams() | RestartDeploymentParams() | UpdateImageParams():
            return (Target("Deployment", parameters.namespace, parameters.deployment),)
        case RestartPodParams() if not parameters.pod_name:
            return (Target("Pod", parameters.namespace, "", parameters.selector),)
        case RestartPodParams() | DeletePodParams():
            return (Target("Pod", parameters.namespace, parameters.pod_name),)
        case UpdateConfigMapParams():
            return (Target("ConfigMap", parameters.namespace, parameters.name),)
        case UpdateSecretParams():
            return (Target("Secret", parameters.namespace, parameters.name),)
        case CordonNodeParams() | UncordonNodeParams() | DrainNodeParams():
            return (Target("Node", "", parameters.node_name),)
        case CheckPodHealthParams() if parameters.deployment:
            return (Target("Deployment", parameters.namespace, parameters.deployment),)
        case CheckPodHealthParams():
            return (Target("Pod", parameters.namespace, "", parameters.selector),)
        case CustomActionParams() | None:
            return ()


def step_targets(step: WorkflowStep, namespace: str) -> tuple[Target, ...]:
    """The objects a step touches, with the workflow's namespace filled in."""
    return targets_of(in_namespace(step.parameters, namespace) if step.parameters is not None else None)
