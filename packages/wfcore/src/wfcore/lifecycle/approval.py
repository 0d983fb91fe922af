"""Approvals: when a workflow needs one, which counts, and what happens while it is waited for.

An approval is a set of annotations.  Who wrote them only the admission policy
`wf-guard` can vouch for, so without it none counts; nor does one of the creator,
or one for another plan.  A decision is final either way.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from attrs import frozen

from wfcore.codec.durations import format_duration
from wfcore.codec.times import format_time
from wfcore.ending import failed
from wfcore.execution.ledger import clipped
from wfcore.lifecycle.need import Need
from wfcore.model.enums import ApprovalDecision, ApprovalPolicy
from wfcore.model.evolving import evolve
from wfcore.model.status import ApprovalStatus, ValidationResults, WorkflowExecutionStatus
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DECISION,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_APPROVAL_REASON,
)
from wfcore.planning.planner import Plan
from wfcore.program import AccessQuestion, Review
from wfcore.reasons import Reason
from wfcore.resources import WORKFLOW_GROUP
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot
from wfcore.validation.authority import creator_of, groups_of
from wfcore.validation.safety_rbac import replies

# A virtual resource: whoever holds `approve` on it may approve, whoever holds `skip` may go without.
APPROVALS = "workflowapprovals"
_LONGEST = 1000


@frozen
class Ignored:
    """Nothing that counts is there; `why` is empty when nothing is there at all."""

    reason: Reason
    why: str = ""


@frozen
class Said:
    """A decision that counts."""

    decision: ApprovalDecision
    by: str
    reason: str


def is_settled(status: WorkflowExecutionStatus) -> bool:
    """Whether no approval is waited for any more."""
    approval = status.approval
    return approval is not None and (approval.skipped or approval.decision is not None)


def is_awaited(status: WorkflowExecutionStatus) -> bool:
    """Whether an approval is waited for."""
    return status.approval is not None and not is_settled(status)


def with_approval(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan,
                  now: datetime) -> WorkflowExecutionStatus | Need:
    """The status with its approval brought up to date: requested, skipped, decided; or failed by it.

    A decision that is there when the time is over still counts, so expiry asks for
    a live read: see `expires`.
    """
    if status.approval is None:
        requested = _requested(snapshot, status, plan, now)
        if isinstance(requested, Need):
            return requested
        status = requested
    approval = status.approval
    if approval is None or is_settled(status):
        return status
    judged = judge(snapshot, status.plan_digest)
    match judged:
        case Said() as said:
            return _decided(snapshot, status, approval, said, now)
        case Ignored() as ignored if now >= approval.deadline and snapshot.live:
            waited = format_duration(approval.deadline - approval.requested_at)
            because = f"; {ignored.why}" if ignored.why else ""
            return failed(status, Reason.APPROVAL_TIMEOUT, f"nobody approved the plan within {waited}{because}", now)
        case Ignored() as ignored:
            waiting = evolve(approval, waiting=ignored.reason.value, ignored=clipped(ignored.why, _LONGEST))
            return evolve(status, approval=waiting)
        case _:
            assert_never(judged)


def expires(status: WorkflowExecutionStatus, now: datetime) -> bool:
    """Whether the time is over and only a live read can tell that nobody has decided."""
    return status.approval is not None and not is_settled(status) and now >= status.approval.deadline


def judge(snapshot: Snapshot, digest: str) -> Said | Ignored:
    """What the annotations say, as far as they can be believed and belong to this plan."""
    given, creator = snapshot.workflow.metadata.annotations, creator_of(snapshot.workflow.metadata)
    by, decision = given.get(ANNOTATION_APPROVAL_BY, ""), given.get(ANNOTATION_APPROVAL_DECISION, "")
    if not snapshot.surroundings.approvals_guarded:
        return Ignored(Reason.APPROVAL_POLICY_MISSING, "no approval counts while the admission policy wf-guard is "
                       "missing: nothing proves who wrote it")
    if not creator:
        return Ignored(Reason.CREATOR_UNKNOWN, "no approval counts because nobody knows who created the workflow; "
                       "create it again with wfctl submit")
    if not by and not decision:
        return Ignored(Reason.AWAITING_APPROVAL)
    if decision not in list(ApprovalDecision) or not by:
        return Ignored(Reason.APPROVAL_INCOMPLETE,
                       f"decision {decision!r} by {by!r} is neither `approved` nor `denied` by somebody")
    if by == creator:
        return Ignored(Reason.APPROVER_IS_CREATOR, f"{by} created the workflow; somebody else has to decide")
    if given.get(ANNOTATION_APPROVAL_DIGEST, "") != digest:
        return Ignored(Reason.APPROVAL_FOR_ANOTHER_PLAN, f"{by} decided on another plan than {digest}")
    return Said(ApprovalDecision(decision), by, given.get(ANNOTATION_APPROVAL_REASON, ""))


def needed_because(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan) -> tuple[str, bool]:
    """Why an approval is needed, or an empty string, and whether the creator may be allowed to go without it."""
    if snapshot.workflow.spec.execution_strategy.approval_required:
        return "the workflow asks for it (approvalRequired)", False
    inputs = status.plan_inputs
    if inputs is not None and inputs.approval_needed_because:
        return inputs.approval_needed_because, False
    return _policy(snapshot.settings, len(plan.steps)), True


def _policy(settings: Settings, steps: int) -> str:
    if settings.approval_policy is ApprovalPolicy.ALWAYS:
        return "the operator wants every workflow approved"
    if settings.approval_policy is ApprovalPolicy.OVER_STEPS and steps > settings.approval_over_steps:
        return (f"the operator wants workflows of more than {settings.approval_over_steps} steps approved and this "
                f"one has {steps}")
    return ""


def _requested(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan,
               now: datetime) -> WorkflowExecutionStatus | Need:
    because, skippable = needed_because(snapshot, status, plan)
    if not because:
        return status
    if skippable and (review := _skip_review(snapshot)) is not None:
        if review not in snapshot.answers:
            return Need(review)
        if all(replies(review, snapshot.answers).values()):
            return evolve(status, approval=ApprovalStatus(
                needed_because=because, requested_at=now, deadline=now, skipped=True, digest=status.plan_digest,
                by=clipped(creator_of(snapshot.workflow.metadata), _LONGEST), at=now))
    timeout = snapshot.workflow.spec.execution_strategy.approval_timeout or snapshot.settings.approval_timeout
    # The clock of the phase stands still: people are not machines.
    return evolve(status, phase_deadline=None, approval=ApprovalStatus(
        needed_because=clipped(because, _LONGEST), requested_at=now, deadline=now + timeout))


def _skip_review(snapshot: Snapshot) -> Review | None:
    """Whether the creator may skip; nobody is asked about a creator whom nothing vouches for."""
    meta = snapshot.workflow.metadata
    creator = creator_of(meta)
    if not creator or not snapshot.surroundings.approvals_guarded:
        return None
    return Review((AccessQuestion(creator, "skip", WORKFLOW_GROUP, APPROVALS, meta.namespace, meta.name,
                                  groups_of(creator)),))


def _decided(snapshot: Snapshot, status: WorkflowExecutionStatus, approval: ApprovalStatus, said: Said,
             now: datetime) -> WorkflowExecutionStatus:
    """The record of who decided what on which plan: part of the same write as what follows from it."""
    by, why = clipped(said.by, _LONGEST), clipped(said.reason, _LONGEST)
    record = evolve(approval, decision=said.decision, by=by, at=now, digest=status.plan_digest, reason=why,
                          waiting="", ignored="")
    if said.decision is ApprovalDecision.DENIED:
        because = f": {why}" if why else ""
        return failed(evolve(status, approval=record), Reason.APPROVAL_REJECTED,
                      f"{by} rejected the plan{because}", now)
    results = evolve(status.validation_results or ValidationResults(), approval_received=True,
                           approval_timestamp=now)
    return evolve(status, approval=record, validation_results=results,
                        phase_deadline=now + snapshot.settings.validating_timeout)


def sentence(approval: ApprovalStatus) -> str:
    """What an approval waits for or how it was settled, for people."""
    if approval.skipped:
        return f"{approval.by} may go without it"
    if approval.decision is not None:
        return f"{approval.by} {approval.decision.value} {approval.digest}" + (
            f": {approval.reason}" if approval.reason else "")
    return f"waits for an approval until {format_time(approval.deadline)}: {approval.needed_because}" + (
        f"; {approval.ignored}" if approval.ignored else "")
