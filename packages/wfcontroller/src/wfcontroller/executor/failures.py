"""Why an attempt failed: the API server's refusals as failure classes, in one table."""

from __future__ import annotations

from collections.abc import Mapping

from wfcontroller.api import ApiError
from wfcore.model.enums import FailureClass
from wfcore.resources import SECRETS, Resource


class ExecutionFailed(Exception):
    """An attempt can't succeed as asked.

    Attributes:
        failure_class: What a retry policy decides on.
        message: A sentence for people: what, with which value, where, what to do.
    """

    def __init__(self, failure_class: FailureClass, message: str) -> None:
        self.failure_class, self.message = failure_class, message
        super().__init__(f"{failure_class}: {message}")


class Cancelled(ExecutionFailed):
    """The attempt is no longer wanted: its object is being deleted, or the workflow has moved on."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureClass.CANCELLED, message)


CLASS_OF_STATUS: Mapping[int, FailureClass] = {
    0: FailureClass.SERVICE_UNAVAILABLE,  # no answer arrived
    400: FailureClass.VALIDATION_ERROR,
    401: FailureClass.PERMISSION_DENIED,
    403: FailureClass.PERMISSION_DENIED,
    404: FailureClass.RESOURCE_NOT_FOUND,
    409: FailureClass.RESOURCE_CONFLICT,
    410: FailureClass.RESOURCE_CONFLICT,
    413: FailureClass.VALIDATION_ERROR,
    422: FailureClass.VALIDATION_ERROR,
    429: FailureClass.RATE_LIMITED,
    500: FailureClass.SERVICE_UNAVAILABLE,
    502: FailureClass.SERVICE_UNAVAILABLE,
    503: FailureClass.SERVICE_UNAVAILABLE,
    504: FailureClass.SERVICE_UNAVAILABLE,
}
# Worth the same request again, at once.  404, 409 and the like need another decision first.
TRANSIENT = frozenset({0, 429, 500, 502, 503, 504})


def class_of(error: ApiError) -> FailureClass:
    """The class of a refusal.  The server spells a spent quota as 403, in words only."""
    if error.status == 403 and "exceeded quota" in error.message:
        return FailureClass.RESOURCE_QUOTA_EXCEEDED
    return CLASS_OF_STATUS.get(error.status, FailureClass.UNKNOWN_ERROR)


def is_outcome_unknown(error: ApiError) -> bool:
    """Whether a write that ended so may have happened all the same."""
    return error.status == 0 or error.status >= 500


def withholding(error: ApiError, resource: Resource) -> ApiError:
    """The error as it may be reported: the server quotes values it refuses, and those of Secrets stay here."""
    if resource != SECRETS:
        return error
    message = "request for a Secret refused; the server's words are withheld, they may quote its values"
    return ApiError(error.status, error.reason, message, retry_after=error.retry_after)
