"""What a compensation does: which values it restores, where, and for how long it may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from wfcore.execution.names import child_name
from wfcore.model.actions import UncordonNodeParams
from wfcore.model.compensations import (
    CustomRollbackParams,
    RestorePreviousConfigParams,
    RestorePreviousDeploymentParams,
    RollbackParameters,
    ScaleToPreviousParams,
)
from wfcore.model.enums import ExecutionKind
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.status import StepStatus
from wfcore.model.workflow import KubernetesExecution
from wfcore.planning.render import rollback_parameters
from wfcore.planning.targets import in_namespace
from wfcore.settings import Settings
from wfcore.snapshot import Unreadable

Children = Mapping[str, KubernetesExecution | Unreadable]


def captured_by(workflow: str, entry: StepStatus, children: Children) -> RollbackParameters | None:
    """What the earliest attempt that may have changed something has captured, as far as these children show."""
    name = child_name(workflow, ExecutionKind.FORWARD, entry.step_number, max(entry.mutating_attempt, 1))
    source = children.get(name)
    information = source.status.rollback_information if isinstance(source, KubernetesExecution) else None
    return information.parameters if information else None


def compensation_of(forward: KubernetesExecutionSpec, captured: RollbackParameters | None, namespace: str,
                    settings: Settings) -> KubernetesExecutionSpec | None:
    """The rendered compensation of a rendered step of a workflow in `namespace`.

    None without a rollbackSpec, or when nothing was captured and the rollbackSpec names no values.
    """
    spec = forward.rollback_spec
    parameters = rollback_parameters(spec, captured) if spec is not None else None
    if spec is None or parameters is None:
        return None
    # Children name every namespace; what was captured is where the step acted.
    place = getattr(forward.parameters, "namespace", namespace)
    # What the step did is of no use here, and may be secret.
    return evolve(
        forward, kind=ExecutionKind.ROLLBACK, parameters=None, health_targets=(), rollback_action=spec.action,
        rollback_parameters=in_namespace(parameters, place), rollback_spec=None,
        timeout=spec.timeout or settings.compensation_timeout)


def restored_state(parameters: RollbackParameters) -> str:
    """The state that a compensation with these parameters brings back, in words."""
    match parameters:
        case ScaleToPreviousParams(previous_replicas=None):
            return "its previous number of replicas"
        case ScaleToPreviousParams():
            return f"{parameters.previous_replicas} replicas"
        case RestorePreviousDeploymentParams() if parameters.snapshot:
            return f"the pod template of snapshot {parameters.snapshot}"
        case RestorePreviousDeploymentParams():
            return f"the pod template of {f'revision {parameters.revision}' if parameters.revision else 'before'}"
        case RestorePreviousConfigParams():
            return f"the data of {f'snapshot {parameters.snapshot}' if parameters.snapshot else 'before'}"
        case UncordonNodeParams():
            return "as unschedulable as before" if parameters.previously_schedulable is False else "schedulable"
        case CustomRollbackParams():
            return f"what {parameters.action_type} brings back"
        case _:
            assert_never(parameters)
