"""Renders one attempt at a step as the spec of its KubernetesExecution."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from wfcore.model.compensations import ROLLBACK_PARAMETERS_OF, RollbackParameters
from wfcore.model.definition import ObjectReference, RollbackSpec, SafetyCheck, WorkflowStep
from wfcore.model.enums import Action, ExecutionKind
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.planning.targets import in_namespace, step_targets

# What check-pod-health can judge without parameters of its own.
_JUDGED = frozenset({"Deployment", "Node"})


def health_targets(step: WorkflowStep, needs: frozenset[int], steps: Mapping[int, WorkflowStep],
                   namespace: str) -> tuple[ObjectReference, ...]:
    """The targets of a parameterless check's prerequisites, sorted; empty for every other step."""
    if step.action is not Action.CHECK_POD_HEALTH or step.parameters is not None:
        return ()
    found = {target for number in needs for target in step_targets(steps[number], namespace)
             if target.kind in _JUDGED}
    return tuple(ObjectReference(kind=t.kind, namespace=t.namespace, name=t.name) for t in sorted(found))


def forward_spec(step: WorkflowStep, namespace: str, *, timeout: timedelta, checks: tuple[SafetyCheck, ...],
                 judged: tuple[ObjectReference, ...]) -> KubernetesExecutionSpec:
    """The spec of a step's first attempt, without the parts that differ from run to run (reference, digest)."""
    return KubernetesExecutionSpec(
        workflow_execution_ref=ObjectReference(namespace=namespace, name="workflow"),
        step_number=step.step_number,
        attempt=1,
        kind=ExecutionKind.FORWARD,
        action=step.action,
        parameters=in_namespace(step.parameters, namespace) if step.parameters is not None else None,
        rollback_spec=_rollback_spec(step.rollback_spec, namespace),
        health_targets=judged,
        safety_checks=checks,
        timeout=timeout,
        target_cluster=step.target_cluster,
    )


def _rollback_spec(spec: RollbackSpec | None, namespace: str) -> RollbackSpec | None:
    if spec is None or spec.parameters is None:
        return spec
    return evolve(spec, parameters=in_namespace(spec.parameters, namespace))


def rollback_parameters(spec: RollbackSpec, captured: RollbackParameters | None) -> RollbackParameters | None:
    """The captured values if they fit the compensation, else those of the (rendered) spec, else None."""
    if isinstance(captured, ROLLBACK_PARAMETERS_OF[spec.action]):
        return captured
    return spec.parameters
