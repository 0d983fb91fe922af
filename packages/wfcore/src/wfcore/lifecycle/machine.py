"""`decide`: what a workflow does next.  The whole state machine as one pure function."""

from __future__ import annotations

from datetime import UTC, datetime

from wfcore.codec import Malformed
from wfcore.decision import Decision
from wfcore.ending import failed, not_executed
from wfcore.lifecycle.conditions import with_conditions
from wfcore.lifecycle.control import is_held, with_hold
from wfcore.lifecycle.dry_run import advance_dry_run, is_due
from wfcore.lifecycle.phase_executing import advance_execution
from wfcore.lifecycle.phase_monitoring import advance_monitoring
from wfcore.lifecycle.phase_planning import begin, plan_only, planned, problem_text, static_problems, validated
from wfcore.lifecycle.planned import plan_of
from wfcore.lifecycle.soundness import is_sound
from wfcore.lifecycle.transitions import TERMINAL, TRANSITIONS
from wfcore.model.enums import Mode, Phase, Stop
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
    decision = _advance(snapshot, with_hold(before, snapshot.workflow.spec, now), now)
    if decision.need_live:
        return decision
    if decision.status.phase is not before.phase:
        if decision.status.phase not in TRANSITIONS[before.phase]:
            raise IllegalTransition(before.phase, decision.status.phase)
        decision = _continued(snapshot, decision, now)
    status = with_conditions(decision.status, snapshot.workflow.metadata.generation, now)
    return decision if status is decision.status else evolve(decision, status=status)


def _latest(status: WorkflowExecutionStatus) -> datetime:
    """No decision is made before the last persisted instant: clocks may go backwards, workflows don't."""
    instants = [status.planning_start_time, status.validation_start_time, status.execution_start_time,
                status.monitoring_start_time, status.rollback_start_time]
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
    if is_held(spec) and status.phase is Phase.VALIDATING:
        return Decision(status=status)
    if status.phase_deadline is not None and now >= status.phase_deadline and not is_held(spec):
        planning = status.phase is Phase.PLANNING
        reason = Reason.PLANNING_TIMEOUT if planning else Reason.VALIDATING_TIMEOUT
        return Decision(status=failed(status, reason, f"{status.phase.value} took too long", now), wake_at=now)
    problems = static_problems(snapshot) if status.phase is Phase.PLANNING else ()
    plan = plan_of(snapshot) if not problems else Malformed(problems)
    if status.phase is Phase.PLANNING:
        if isinstance(plan, Malformed):
            return Decision(status=planned(snapshot, None, plan.problems, now), wake_at=now)
        if spec.execution_strategy.mode is Mode.PLAN:
            return Decision(status=plan_only(snapshot, plan, now), wake_at=now)
        return Decision(status=planned(snapshot, plan, (), now), wake_at=now)
    if isinstance(plan, Malformed):
        return Decision(status=failed(status, Reason.PLANNING_ERROR, problem_text(plan.problems), now), wake_at=now)
    if is_due(snapshot, status) and not snapshot.settings.observe_only:
        return advance_dry_run(snapshot, status, plan, now)
    if snapshot.settings.observe_only:
        return Decision(status=not_executed(status, now), wake_at=now)
    return Decision(status=validated(snapshot, status, plan, now), wake_at=now)


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
