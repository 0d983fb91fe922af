"""SubjectAccessReviews of a server without an authorizer: everybody may do everything, as in a cluster of one's own.

Whoever runs a file on the embedded cluster trusts it; nothing it does there can reach anything else.
"""

from __future__ import annotations

from collections.abc import Iterator

from wfcontroller.api import Object
from wfcontroller.embedded.admission.paths import Cause, invalid_value
from wfcontroller.embedded.wire import copied, error_of
from wfcore.resources import SUBJECT_ACCESS_REVIEWS
from wfcore.simulation.operations import invalid


def reviewed(body: Object) -> Object:
    """The review with its answer.  Raises 422 for a question that no server would take; nothing is stored."""
    causes = tuple(_problems(body))
    if causes:
        raise error_of(invalid(SUBJECT_ACCESS_REVIEWS, "", causes).refused)
    return {**copied(body), "status": {"allowed": True, "reason": "this server has no authorizer"}}


def _problems(body: Object) -> Iterator[Cause]:
    """As the API server judges: who, and exactly one of the two kinds of what."""
    spec = body.get("spec") or {}
    asked, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if asked is not None and other is not None:
        yield invalid_value(("spec", "nonResourceAttributes"), other,
                            "cannot be specified in combination with resourceAttributes")
    if asked is None and other is None:
        yield invalid_value(("spec", "resourceAttributes"), None,
                            "exactly one of nonResourceAttributes or resourceAttributes must be specified")
    if not spec.get("user") and not spec.get("groups"):
        yield invalid_value(("spec", "user"), "", "at least one of user or group must be specified")
