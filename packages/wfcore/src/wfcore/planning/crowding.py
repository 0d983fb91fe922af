"""How many workflows may be under way at the same time over the whole cluster: the oldest go first."""

from __future__ import annotations

from wfcore.model.enums import Phase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.planning.rivals import OVER, WAITING_TO_PLAN, Obstacle, age, listed
from wfcore.reasons import Reason


def crowded(me: ObjectMeta, rivals: tuple[WorkflowExecution, ...], limit: int) -> Obstacle | None:
    """Why a workflow that is still planning would be one too many, or None; a limit of 0 is none.

    What waits for an approval does not count: else whoever may create workflows
    could keep all others waiting.  Once approved at the same time, more than
    `limit` may be under way.  Older ones that still plan do count, so that who
    waits longest goes next.  `rivals` as `rivals_of` gives them; O(rivals).
    """
    ahead = [rival for rival in rivals if _is_ahead(rival, me)] if limit else []
    if len(ahead) < max(limit, 1):
        return None
    return Obstacle(f"{limit} at a time may be under way, and {len(ahead)} go first: {listed(ahead)}",
                    reason=Reason.PARALLELISM_LIMIT)


def is_crowded_out(status: WorkflowExecutionStatus) -> bool:
    """Whether a workflow waits because of the limit, not for its targets."""
    return status.waiting_reason == Reason.PARALLELISM_LIMIT.value


def _is_ahead(rival: WorkflowExecution, me: ObjectMeta) -> bool:
    phase = rival.status.phase
    if phase in WAITING_TO_PLAN:
        return age(rival.metadata) < age(me)
    return phase not in OVER and not (phase is Phase.VALIDATING and _awaits_approval(rival))


def _awaits_approval(rival: WorkflowExecution) -> bool:
    approval = rival.status.approval
    return approval is not None and approval.decision is None and not approval.skipped
