"""Validating: what must hold before anything is executed, and the phase that ends with the first intents.

In order: whose power, safety checks, dry run, approval, then power and safety
again if they have become old.  Nothing but dry runs is created before it ends.
"""

from __future__ import annotations

from datetime import datetime

from wfcore.codec import Malformed
from wfcore.decision import Decision
from wfcore.ending import failed, not_executed
from wfcore.lifecycle.approval import expires, is_awaited, with_approval
from wfcore.lifecycle.control import as_it_stands, is_held, with_hold
from wfcore.lifecycle.dry_run import advance_dry_run, is_due
from wfcore.lifecycle.live_checks import Doubt, are_old, check_live, were_made
from wfcore.lifecycle.need import Need
from wfcore.lifecycle.phase_planning import problem_text
from wfcore.lifecycle.planned import plan_of
from wfcore.model.enums import Phase, Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.planner import Plan
from wfcore.program import Request
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot


def advance_validating(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> Decision:
    """One pass of validating, as far as the answers of this pass reach."""
    decided = _advance(snapshot, status, now)
    return Decision(status=status, wake_at=now) if isinstance(decided, Need) else decided


def validating_question(snapshot: Snapshot, now: datetime) -> Request | None:
    """The question whose answer the next decision lacks; none while nothing depends on one."""
    if snapshot.workflow.spec.stop is not Stop.NO:
        return None
    shown = as_it_stands(snapshot, with_hold(snapshot, snapshot.workflow.status, now), now)
    decided = _advance(snapshot, shown, now)
    return decided.request if isinstance(decided, Need) else None


def _advance(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> Decision | Need:
    if is_held(status):
        return Decision(status=status)
    plan = plan_of(snapshot)
    if isinstance(plan, Malformed):
        return _over(failed(status, Reason.PLANNING_ERROR, problem_text(plan.problems), now), now)
    if not were_made(status):
        checked = _checked(snapshot, status, plan, now)
        if not isinstance(checked, WorkflowExecutionStatus):
            return checked
        status = checked
    if _is_late(status, now):
        return _over(_too_late(status, now), now)
    if status.phase is Phase.FAILED:
        return _over(status, now)
    if snapshot.settings.observe_only:
        return _over(not_executed(status, now), now)
    if is_due(snapshot, status):
        return advance_dry_run(snapshot, status, plan, now)
    return _approved(snapshot, status, plan, now)


def _approved(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, now: datetime) -> Decision | Need:
    """The last stage: nothing is executed without the approval that is needed, nor on old facts."""
    settled = with_approval(snapshot, status, plan, now)
    if isinstance(settled, Need):
        return settled
    if settled.phase is Phase.FAILED:
        return _over(settled, now)
    if is_awaited(settled) and settled.approval is not None:
        return Decision(status=settled, wake_at=settled.approval.deadline, need_live=expires(settled, now))
    if are_old(snapshot, settled, now):
        checked = _checked(snapshot, settled, plan, now)
        if not isinstance(checked, WorkflowExecutionStatus):
            return checked
        settled = checked
    return _over(settled if settled.phase is Phase.FAILED else validated(settled, now), now)


def _checked(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan,
             now: datetime) -> WorkflowExecutionStatus | Decision | Need:
    """The status with the live checks made; a decision to wait, or to give up, while they cannot be."""
    checked = check_live(snapshot, status, plan, now)
    if not isinstance(checked, Doubt):
        return checked
    if _is_late(status, now):
        return _over(_too_late(status, now, checked.why), now)
    # Nobody tells us when the answer changes.
    again = now + snapshot.settings.backoff_base
    return Decision(status=status, wake_at=min(again, status.phase_deadline or again))


def _is_late(status: WorkflowExecutionStatus, now: datetime) -> bool:
    return status.phase_deadline is not None and now >= status.phase_deadline


def _too_late(status: WorkflowExecutionStatus, now: datetime, doubt: str = "") -> WorkflowExecutionStatus:
    message = "validating took too long" + (f": {doubt}" if doubt else "")
    return failed(status, Reason.VALIDATING_TIMEOUT, message, now)


def _over(status: WorkflowExecutionStatus, now: datetime) -> Decision:
    return Decision(status=status, wake_at=now)


def validated(status: WorkflowExecutionStatus, now: datetime) -> WorkflowExecutionStatus:
    """Execution begins."""
    return evolve(status, phase=Phase.EXECUTING, execution_start_time=now, phase_deadline=None)
