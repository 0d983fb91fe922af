"""What a person who wants to decide on a plan is told first: whether there is anything to decide, and by whom.

The admission policy has the last word on who may; `approval.judge` on what
counts.  Here stands what can be said before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping

from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import ApprovalDecision, Stop
from wfcore.model.status import ApprovalStatus
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_APPROVAL_REASON,
    WorkflowExecution,
)
from wfcore.reasons import Reason
from wfcore.validation.authority import creator_of


def why_not_decide(workflow: WorkflowExecution, by: str, digest: str) -> str:
    """Why a decision of `by` on the plan `digest` would be refused or would not count; empty if nothing speaks against.

    The sentence goes on from the workflow's name.
    """
    return _nothing_to_decide(workflow) or _nobody_heard(workflow) or _not_by_them(workflow, by, digest)


def decision_annotations(by: str, decision: ApprovalDecision, digest: str, reason: str) -> Mapping[str, str]:
    """The four annotations of a decision."""
    return {ANNOTATION_APPROVAL_BY: by, ANNOTATION_APPROVAL_DECISION: decision.value,
            ANNOTATION_APPROVAL_DIGEST: digest, ANNOTATION_APPROVAL_REASON: reason}


def _nothing_to_decide(workflow: WorkflowExecution) -> str:
    status = workflow.status
    if workflow.metadata.deletion_timestamp is not None:
        return "is being deleted; there is nothing to decide any more"
    if status.approval is not None and (settled := _settled(status.approval)):
        return settled
    if status.phase in TERMINAL:
        return f"has ended ({status.phase.value}); there is nothing to decide any more"
    if workflow.spec.stop is not Stop.NO:
        return "is being stopped; there is nothing to decide any more"
    if status.approval is not None:
        return ""
    if status.execution_start_time is not None:
        return "needs no approval and is being executed"
    when = "it asks once its plan is validated" if workflow.spec.execution_strategy.approval_required else (
        "if it ever does, its phase is validating and its condition Approved says so")
    return f"does not ask for an approval ({status.phase.value or 'new'}): {when}"


def _settled(approval: ApprovalStatus) -> str:
    if approval.skipped:
        return f"goes without an approval: {approval.by} may"
    if approval.decision is not None:
        return f"was {approval.decision.value} by {approval.by}; a decision is final"
    return ""


def _nobody_heard(workflow: WorkflowExecution) -> str:
    """Why no decision counts, whoever takes it."""
    approval, meta = workflow.status.approval, workflow.metadata
    if approval is not None and approval.waiting == Reason.APPROVAL_POLICY_MISSING.value:
        return f"asks in vain: {approval.ignored}; `wfctl install` brings the policy, `wfctl doctor` shows the rest"
    if not creator_of(meta):
        return ("asks in vain: no approval counts because nobody knows who created it; end it with `wfctl stop` and "
                "create it again with `wfctl submit`")
    given = meta.annotations.get(ANNOTATION_APPROVAL_BY, "") or meta.annotations.get(ANNOTATION_APPROVAL_DECISION, "")
    if not given:
        return ""
    because = f", which does not count: {approval.ignored}" if approval is not None and approval.ignored else ""
    return (f"has an answer of {given} already{because}; it cannot be replaced, so the controller either takes it or "
            "the workflow has to be stopped and submitted again")


def _not_by_them(workflow: WorkflowExecution, by: str, digest: str) -> str:
    meta, wanted = workflow.metadata, workflow.status.plan_digest
    if not by:
        return "cannot be decided on by nobody: the API server does not say who you are"
    if by == creator_of(meta):
        return (f"was created by {by}, and somebody else has to decide; "
                f"`wfctl stop {meta.name} -n {meta.namespace}` ends it")
    if digest != wanted:
        return f"has the plan {wanted}, not {digest}; look at it again"
    return ""
