"""Whether a failed attempt is tried again."""

from __future__ import annotations

from wfcore.execution.attempts import AttemptFailed
from wfcore.model.actions import CustomActionParams, RestartPodParams
from wfcore.model.compensations import CustomRollbackParams
from wfcore.model.enums import FailureClass
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.reasons import Reason
from wfcore.settings import Settings

RETRYABLE = frozenset({
    FailureClass.TIMEOUT, FailureClass.RATE_LIMITED, FailureClass.SERVICE_UNAVAILABLE, FailureClass.RESOURCE_CONFLICT,
})


def is_idempotent(spec: KubernetesExecutionSpec, settings: Settings) -> bool:
    """Whether doing it twice is doing it once: all but restart-pod by selector and undeclared custom actions.

    Restoring twice is restoring once; of a custom compensation only its declaration says so.
    """
    match spec.parameters if spec.rollback_action is None else spec.rollback_parameters:
        case RestartPodParams() as parameters:
            return bool(parameters.pod_name)
        case CustomActionParams() | CustomRollbackParams() as parameters:
            return any(a.action_type == parameters.action_type and a.idempotent for a in settings.custom_actions)
    return True


def should_retry(failure: AttemptFailed, attempt: int, max_retries: int, *, idempotent: bool) -> bool:
    """True when a retry is left, the class is retryable and repeating cannot do harm."""
    if attempt > max_retries or failure.failure_class not in RETRYABLE or failure.reason is Reason.NAME_CONFLICT:
        return False
    doubtful = failure.failure_class is FailureClass.TIMEOUT or not failure.certain
    return idempotent or not doubtful
