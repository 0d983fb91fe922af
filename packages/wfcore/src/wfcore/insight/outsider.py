"""What somebody outside the controller knows of its surroundings: what it has written down, and what they can read."""

from __future__ import annotations

from wfcore.model.status import WorkflowExecutionStatus
from wfcore.program import Surroundings
from wfcore.reasons import Reason


def surroundings_from(status: WorkflowExecutionStatus, freeze: str | None, *, readable: bool) -> Surroundings:
    """The surroundings of a workflow: `freeze` is the reason of the freeze that was read, None when there is none.

    Where it is not `readable` the workflow's own status says whether it is frozen.
    Approvals count unless the controller has said that none does.
    """
    unguarded = status.approval is not None and status.approval.waiting == Reason.APPROVAL_POLICY_MISSING.value
    frozen = freeze is not None if readable else status.frozen_since is not None
    return Surroundings(frozen=frozen, frozen_because=freeze or "", approvals_guarded=not unguarded)
