"""Whether doing something twice is doing it once."""

from __future__ import annotations

from wfcore.model.actions import CustomActionParams, RestartPodParams, StepParameters
from wfcore.model.compensations import CustomRollbackParams, RollbackParameters
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.settings import Settings


def is_idempotent(parameters: StepParameters | RollbackParameters | None, settings: Settings) -> bool:
    """All actions but restart-pod by selector and undeclared custom ones; restoring twice is restoring once."""
    match parameters:
        case RestartPodParams():
            return bool(parameters.pod_name)
        case CustomActionParams() | CustomRollbackParams():
            return any(a.action_type == parameters.action_type and a.idempotent for a in settings.custom_actions)
    return True


def may_be_repeated(spec: KubernetesExecutionSpec, settings: Settings) -> bool:
    """The same of a child, whichever way it goes."""
    return is_idempotent(spec.parameters if spec.rollback_action is None else spec.rollback_parameters, settings)
