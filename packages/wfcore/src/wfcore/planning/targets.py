"""Which objects a step touches, and how strongly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeVar, assert_never

from attrs import frozen

from wfcore.codec.problems import Malformed
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
from wfcore.model.compensations import (
    CustomRollbackParams,
    RestorePreviousConfigParams,
    RestorePreviousDeploymentParams,
    RollbackParameters,
    ScaleToPreviousParams,
)
from wfcore.model.definition import WorkflowDefinition, WorkflowStep
from wfcore.model.enums import Action, RollbackAction
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.plan import PlannedResource
from wfcore.model.workflow import WorkflowExecution
from wfcore.rawobject import RawObject

# What `sorted` compares anyway, without building a tuple at each comparison.
BY_NAME = attrgetter("kind", "namespace", "name", "selector")

P = TypeVar("P", bound=StepParameters | RollbackParameters)

# Weakest first; a resource shows the strongest impact of its steps.
IMPACTS = ("none", "config", "capacity", "restart", "eviction")

IMPACT_OF: Mapping[Action, str] = {
    Action.CHECK_POD_HEALTH: "none", Action.UPDATE_CONFIGMAP: "config", Action.UPDATE_SECRET: "config",
    Action.SCALE_DEPLOYMENT: "capacity", Action.CORDON_NODE: "capacity", Action.UNCORDON_NODE: "capacity",
    Action.RESTART_DEPLOYMENT: "restart", Action.UPDATE_IMAGE: "restart", Action.RESTART_POD: "restart",
    Action.DELETE_POD: "restart", Action.CUSTOM: "restart", Action.DRAIN_NODE: "eviction",
}

IMPACT_OF_COMPENSATION: Mapping[RollbackAction, str] = {
    RollbackAction.RESTORE_PREVIOUS_CONFIG: "config", RollbackAction.SCALE_TO_PREVIOUS: "capacity",
    RollbackAction.UNCORDON_NODE: "capacity", RollbackAction.RESTORE_PREVIOUS_DEPLOYMENT: "restart",
    RollbackAction.CUSTOM: "restart",
}


@frozen(order=True)
class Target:
    """An object by name, or with `selector` the pods that match it, or with neither all objects of the kind.

    `namespace` is empty for cluster-scoped kinds; without a name it then means all
    namespaces.  Steps touch named objects and selected pods only; the rest serves
    `Inspect`.
    """

    kind: str
    namespace: str
    name: str
    selector: str = ""

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind.lower()}/{place}{self.name or (f'({self.selector})' if self.selector else '*')}"


def in_namespace(parameters: P, namespace: str) -> P:
    """The parameters with an empty namespace replaced by the workflow's own."""
    if getattr(parameters, "namespace", None) != "":
        return parameters
    changes: Any = {"namespace": namespace}
    return evolve(parameters, **changes)


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
        case _:
            assert_never(parameters)


def restored_targets(parameters: RollbackParameters | None) -> tuple[Target, ...]:
    """The objects that a compensation with these (explicit) parameters changes back; nobody knows a custom one's."""
    match parameters:
        case RestorePreviousDeploymentParams() | ScaleToPreviousParams():
            return (Target("Deployment", parameters.namespace, parameters.deployment),)
        case RestorePreviousConfigParams():
            return (Target(parameters.type.value, parameters.namespace, parameters.name),)
        case UncordonNodeParams():
            return (Target("Node", "", parameters.node_name),)
        case CustomRollbackParams() | None:
            return ()
        case _:
            assert_never(parameters)


def rendered_targets(spec: KubernetesExecutionSpec) -> tuple[Target, ...]:
    """The objects that a child touches or, for a check, judges, whichever way it goes."""
    return targets_of(spec.parameters) if spec.rollback_action is None else restored_targets(spec.rollback_parameters)


def impact_of(spec: KubernetesExecutionSpec) -> str:
    """How strongly a child affects what it touches: one of `IMPACTS`."""
    return IMPACT_OF[spec.action] if spec.rollback_action is None else IMPACT_OF_COMPENSATION[spec.rollback_action]


def step_targets(step: WorkflowStep, namespace: str) -> tuple[Target, ...]:
    """The objects a step touches, with the workflow's namespace filled in."""
    return targets_of(in_namespace(step.parameters, namespace) if step.parameters is not None else None)


def planned_targets(resources: Iterable[PlannedResource]) -> frozenset[Target]:
    """The targets behind the published resources of a plan."""
    return frozenset(
        Target(r.kind, r.namespace, "", r.name[1:-1]) if r.name.startswith("(") else Target(r.kind, r.namespace, r.name)
        for r in resources)


def definition_of(workflow: WorkflowExecution) -> WorkflowDefinition | None:
    """What a workflow does: its own definition, or the one that planning took from its source."""
    inputs = workflow.status.plan_inputs
    return workflow.spec.workflow_definition or (inputs.definition if inputs else None)


def named_targets(raw: RawObject) -> frozenset[Target]:
    """Every object that a WorkflowExecution names in a step or in its published plan: what to index it under.

    A superset of what it changes, so a workflow is found by whoever shares a
    target with it.  Empty for one that cannot be decoded: it never executes
    anything.  Never raises.  O(steps).
    """
    workflow = raw.workflow()
    if isinstance(workflow, Malformed):
        return frozenset()
    definition, plan = definition_of(workflow), workflow.status.execution_plan
    steps = definition.steps if definition else ()
    return planned_targets(plan.resources if plan else ()).union(
        target for step in steps for target in step_targets(step, workflow.metadata.namespace))
