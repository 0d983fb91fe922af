"""What a workflow in validating says about itself: the condition Approved, what it does now, Events of its approval."""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.lifecycle.approval import is_awaited, sentence
from wfcore.model.enums import ApprovalDecision, ConditionStatus
from wfcore.model.status import ApprovalStatus, WorkflowExecutionStatus
from wfcore.program import Happening
from wfcore.reasons import EventReason, Reason


def approved_condition(status: WorkflowExecutionStatus,
                       over: bool) -> Iterator[tuple[str, ConditionStatus, Reason, str]]:
    """Whether the workflow may go on as far as people are concerned; nothing before that is known."""
    approval = status.approval
    if approval is None:
        if status.execution_start_time is not None:
            yield "Approved", ConditionStatus.TRUE, Reason.APPROVAL_NOT_NEEDED, "nobody asks for an approval"
    elif approval.skipped:
        yield "Approved", ConditionStatus.TRUE, Reason.APPROVAL_SKIPPED, sentence(approval)
    elif approval.decision is ApprovalDecision.APPROVED:
        yield "Approved", ConditionStatus.TRUE, Reason.APPROVED, sentence(approval)
    elif approval.decision is ApprovalDecision.DENIED:
        yield "Approved", ConditionStatus.FALSE, Reason.APPROVAL_REJECTED, sentence(approval)
    elif over:
        expired = status.failure_reason == Reason.APPROVAL_TIMEOUT.snake
        reason = Reason.APPROVAL_TIMEOUT if expired else waiting_reason(approval)
        yield "Approved", ConditionStatus.FALSE, reason, "the workflow ended before anybody decided"
    else:
        yield "Approved", ConditionStatus.FALSE, waiting_reason(approval), sentence(approval)


def waiting_reason(approval: ApprovalStatus) -> Reason:
    """Why an approval is still waited for."""
    return next((reason for reason in Reason if reason.value == approval.waiting), Reason.AWAITING_APPROVAL)


def validating_progress(status: WorkflowExecutionStatus) -> tuple[Reason, str]:
    """What validating does at the moment."""
    results = status.validation_results
    if is_awaited(status) and status.approval is not None:
        return Reason.AWAITING_APPROVAL, sentence(status.approval)
    if status.dry_run_start_time is not None and not (results and results.dry_run_performed):
        return Reason.VALIDATING, f"dry run of {status.total_steps} steps"
    return Reason.VALIDATING, "checking what may be done and whether it can be done"


def of_approval(before: ApprovalStatus | None, after: WorkflowExecutionStatus) -> Iterator[Happening]:
    """The Events of an approval: that it is waited for, and how it was settled."""
    approval = after.approval
    if approval is None:
        return
    if before is None and is_awaited(after):
        yield Happening("Normal", EventReason.APPROVAL_REQUESTED.value,
                        f"{sentence(approval)}; plan {after.plan_digest}")
    settled_before = before is not None and (before.skipped or before.decision is not None)
    if not is_awaited(after) and not settled_before:
        denied = approval.decision is ApprovalDecision.DENIED
        yield Happening("Warning" if denied else "Normal", EventReason.APPROVAL_DECIDED.value, sentence(approval))
