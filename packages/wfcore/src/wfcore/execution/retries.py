"""Whether a failed attempt is tried again."""

from __future__ import annotations

from wfcore.execution.attempts import AttemptFailed
from wfcore.model.enums import FailureClass
from wfcore.reasons import Reason

RETRYABLE = frozenset({
    FailureClass.TIMEOUT, FailureClass.RATE_LIMITED, FailureClass.SERVICE_UNAVAILABLE, FailureClass.RESOURCE_CONFLICT,
})


def should_retry(failure: AttemptFailed, attempt: int, max_retries: int, *, idempotent: bool) -> bool:
    """True when a retry is left, the class is retryable and repeating cannot do harm."""
    if attempt > max_retries or failure.failure_class not in RETRYABLE or failure.reason is Reason.NAME_CONFLICT:
        return False
    doubtful = failure.failure_class is FailureClass.TIMEOUT or not failure.certain
    return idempotent or not doubtful
