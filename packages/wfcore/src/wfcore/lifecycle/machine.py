"""`decide`: what a workflow does next.  The whole state machine as one pure function."""

from __future__ import annotations

from datetime import UTC, datetime

from wfcore.codec import Malformed
from wfcore.decision import CreateChild, Decision
from wfcore.ending import failed
from wfcore.lifecycle.advice import with_advice
from wfcore.lifecycle.conditions import with_conditions
from wfcore.lifecycle.control import (
    FREEZE_POLL,
    as_it_is_stored,
    as_it_stands,
    hold_sentence,
    with_hold,
)
from wfcore.lifecycle.fitting import fitted
from wfcore.lifecycle.phase_executing import advance_execution
from wfcore.lifecycle.phase_monitoring import advance_monitoring
from wfcore.lifecycle.phase_planning import advance_planning, begin, problem_text
from wfcore.lifecycle.phase_validating import advance_validating
from wfcore.lifecycle.planned import plan_of
from wfcore.lifecycle.soundness import is_sound
from wfcore.lifecycle.transitions import TERMINAL, TRANSITIONS
from wfcore.model.enums import Phase, Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.planner import Plan
from wfcore.reasons import Reason
from wfcore.rollback.advance import advance_rollback
from wfcore.rollback.start import begin_rollback
from wfcore.snapshot import Snapshot

_NEVER = datetime.min.replace(tzinfo=UTC)


class IllegalTransition(Exception):
    """A decision left the transition table: a defect of this engine, never of its input.

    Attributes:
        before: Phase before the decision.
        after: Phase the decision wanted.
    """

    def __init__(self, before: Phase, after: Phase) -> None:
        self.before, self.after = before, after
        super().__init__(f"no transition from {before.value!r} to {after.value!r}")


def decide(snapshot: Snapshot, now: datetime) -> Decision:
    """Decide one pass.

    At most one phase change is decided, and what the new phase can do at once
    joins it, so that a phase and its first intents are one write.  Same
    arguments, same decision.  O(steps + dependencies), plus planning once per workflow.
    """
    before = snapshot.workflow.status
    if before.phase in TERMINAL:
        return Decision(status=before)
    now = max(now, _latest(before))
    stored = with_hold(snapshot, before, now)
    shown = as_it_stands(snapshot, stored, now)
    decision = _advance(snapshot, shown, now)
    if decision.need_live:
        return decision
    decision = evolve(decision, status=as_it_is_stored(decision.status, shown, stored))
    if decision.status.phase is not before.phase:
        if decision.status.phase not in TRANSITIONS[before.phase]:
            raise IllegalTransition(before.phase, decision.status.phase)
        # A phase may end a hold: a suspension does not hold a rollback, and nothing holds what is over.
        entered = evolve(decision, status=with_hold(snapshot, decision.status, now))
        decision = _continued(snapshot, entered, now)
    return _rounded_off(snapshot, decision, now)


def _rounded_off(snapshot: Snapshot, decision: Decision, now: datetime) -> Decision:
    """The decision with its conditions, and at the end with what people should do.

    Under a freeze not even a child that was intended before is created, and
    nobody has to tell when it is over.
    """
    status, wake_at, effects = decision.status, decision.wake_at, decision.effects
    if status.phase in TERMINAL:
        status = with_advice(snapshot.workflow.metadata, status, _plan_of_the_ledger(snapshot, status))
    if status.frozen_since is not None:
        wake_at = min(wake_at or now + FREEZE_POLL, now + FREEZE_POLL)
        effects = tuple(effect for effect in effects if not isinstance(effect, CreateChild))
    generation = snapshot.workflow.metadata.generation
    status = with_conditions(status, generation, now, held=hold_sentence(snapshot, status))
    if status != snapshot.workflow.status:
        status = fitted(snapshot, status)
    return evolve(decision, wake_at=wake_at, effects=effects, status=status)


def _plan_of_the_ledger(snapshot: Snapshot, status: WorkflowExecutionStatus) -> Plan | None:
    plan = plan_of(snapshot) if status.plan_digest else None
    if not isinstance(plan, Plan) or not plan.steps.keys() >= {entry.step_number for entry in status.step_statuses}:
        return None
    return plan


def _latest(status: WorkflowExecutionStatus) -> datetime:
    """No decision is made before the last persisted instant: clocks may go backwards, workflows don't."""
    instants = [status.planning_start_time, status.validation_start_time, status.execution_start_time,
                status.monitoring_start_time, status.rollback_start_time, status.dry_run_start_time,
                status.validation_results.checked_at if status.validation_results else None,
                status.approval.at if status.approval else None]
    for entry in status.step_statuses:
        instants += (entry.start_time, entry.end_time)
        if entry.rollback is not None:
            instants += (entry.rollback.start_time, entry.rollback.end_time)
    return max([instant for instant in instants if instant is not None], default=_NEVER)


def _advance(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> Decision:
    if status.phase is Phase.NEW:
        return Decision(status=begin(snapshot, now), wake_at=now)
    if status.phase in (Phase.PLANNING, Phase.VALIDATING):
        return _prepare(snapshot, status, now)
    plan = plan_of(snapshot)
    if isinstance(plan, Malformed):
        # It was planned before: settings or this engine have changed since.
        return Decision(status=failed(status, Reason.PLANNING_ERROR, problem_text(plan.problems), now), wake_at=now)
    if not is_sound(status, plan):
        message = "the ledger in status is not one this engine wrote for this plan; nothing more is done"
        return Decision(status=failed(status, Reason.STATUS_UNREADABLE, message, now), wake_at=now)
    return _running(snapshot, status, plan, now)


def _prepare(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> Decision:
    spec = snapshot.workflow.spec
    if spec.stop is not Stop.NO:
        return Decision(status=failed(status, Reason.STOPPED, "stopped before anything was executed", now), wake_at=now)
    if status.phase is Phase.PLANNING:
        return advance_planning(snapshot, status, now)
    return advance_validating(snapshot, status, now)


def _running(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, now: datetime) -> Decision:
    match status.phase:
        case Phase.MONITORING if snapshot.workflow.spec.stop is not Stop.NO:
            return begin_rollback(snapshot, status, plan, Reason.STOPPED, "stopped while monitoring", now)
        case Phase.MONITORING if status.workflow_deadline is not None and now >= status.workflow_deadline:
            message = "the workflow did not end within its workflowTimeout"
            return begin_rollback(snapshot, status, plan, Reason.WORKFLOW_TIMEOUT, message, now)
        case Phase.EXECUTING:
            return advance_execution(snapshot, status, plan, now)
        case Phase.MONITORING:
            return advance_monitoring(snapshot, status, plan, now)
        case _:
            return advance_rollback(snapshot, status, plan, now)


def _continued(snapshot: Snapshot, decision: Decision, now: datetime) -> Decision:
    """The decision joined by what its new phase intends at once, if that stays within the phase."""
    if decision.status.phase not in (Phase.EXECUTING, Phase.ROLLING_BACK):
        return evolve(decision, wake_at=None if decision.status.phase in TERMINAL else now)
    following = _advance(snapshot, decision.status, now)
    if following.need_live or following.status.phase is not decision.status.phase:
        return evolve(decision, wake_at=now)
    return evolve(following, hold_until=None)
