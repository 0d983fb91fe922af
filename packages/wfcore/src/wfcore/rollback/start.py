"""Begins a rollback: what has to be compensated, and what can't be."""

from __future__ import annotations

from datetime import datetime

from wfcore.decision import Decision
from wfcore.ending import failed, recommended_for
from wfcore.model.enums import Mutated, Phase, RollbackPhase, RollbackStrategy, StepPhase, Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import DirtyObject, RollbackStatus, StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.planning import dag
from wfcore.planning.planner import Plan
from wfcore.planning.targets import rendered_targets
from wfcore.reasons import Reason
from wfcore.rollback.restoring import restored_state
from wfcore.snapshot import Snapshot


def begin_rollback(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, reason: Reason, message: str,
                   now: datetime) -> Decision:
    """The status of a workflow that is to be undone, or that fails at once because nothing is or may be undone.

    Only called when no forward attempt is running.  Everything that changed
    something and has no rollbackSpec is dirty from the start.  What undoes
    another workflow is never undone itself.
    """
    if plan.reverses:
        return Decision(status=_unrestored(status, plan, reason, message, now), wake_at=now)
    changed = [entry for entry in status.step_statuses if entry.mutated is not Mutated.NO]
    wanted = _is_wanted(snapshot.workflow.spec.stop, plan.rollback_strategy, reason)
    compensable = {e.step_number for e in changed if plan.steps[e.step_number].rollback_spec} if wanted else set()
    dirty = tuple(d for e in changed if e.step_number not in compensable for d in dirty_objects(e, plan))
    by_hand = () if compensable or plan.rollback_strategy is RollbackStrategy.NONE else undoable(status, plan)
    advice = (f"undo step {', '.join(map(str, by_hand))} with `{rollback_command(snapshot)}`",) if by_hand else ()
    message = "; ".join((message, *advice))
    named = evolve(status, failure_reason=reason.snake, failure_message=message)
    if not compensable:
        left = evolve(named, rollback=RollbackStatus(dirty=dirty)) if dirty else named
        actions = (*advice, *recommended_for(dirty))[:50]
        return Decision(status=failed(left, reason, message, now, actions=actions), wake_at=now)
    order = tuple(n for wave in dag.reverse_waves(plan.order, plan.needs, compensable) for n in wave)
    entries = tuple(
        evolve(e, rollback=StepRollback(status=RollbackPhase.PENDING, source_attempt=e.mutating_attempt))
        if e.step_number in compensable else e for e in named.step_statuses)
    return Decision(
        status=evolve(
            named, phase=Phase.ROLLING_BACK, rollback_start_time=now, rollback_reason=message, step_statuses=entries,
            phase_deadline=now + snapshot.settings.rolling_back_timeout,
            rollback=RollbackStatus(performed=True, steps=order, dirty=dirty)),
        wake_at=now)


def _is_wanted(stop: Stop, strategy: RollbackStrategy, reason: Reason) -> bool:
    """A person's `stop: Rollback` also works under `manual`; `none` never rolls back, and a graceful stop doesn't."""
    if reason is Reason.STOPPED:
        return stop is Stop.ROLLBACK and strategy is not RollbackStrategy.NONE
    return strategy is RollbackStrategy.AUTOMATIC


def undoable(status: WorkflowExecutionStatus, plan: Plan) -> tuple[int, ...]:
    """The steps that may have changed something, could be undone and are not, ascending."""
    return tuple(sorted(
        e.step_number for e in status.step_statuses if e.mutated is not Mutated.NO and not is_undone(e)
        and plan.steps[e.step_number].rollback_spec is not None))


def is_undone(entry: StepStatus) -> bool:
    """Whether a compensation of the step has succeeded."""
    return entry.rollback is not None and entry.rollback.status is RollbackPhase.COMPLETED


def rollback_command(snapshot: Snapshot) -> str:
    """What a person types to undo the workflow."""
    meta = snapshot.workflow.metadata
    return f"wfctl rollback {meta.name} -n {meta.namespace}"


def _unrestored(status: WorkflowExecutionStatus, plan: Plan, reason: Reason, message: str,
                now: datetime) -> WorkflowExecutionStatus:
    """The failed end of a workflow that undoes another: what it has not restored is still changed."""
    dirty = tuple(d for e in status.step_statuses if e.status is not StepPhase.COMPLETED
                  for d in dirty_objects(e, plan))
    left = evolve(status, rollback=RollbackStatus(dirty=dirty)) if dirty else status
    return failed(left, reason, message, now, actions=recommended_for(dirty))


def dirty_objects(entry: StepStatus, plan: Plan) -> tuple[DirtyObject, ...]:
    """The objects a step leaves changed, or a compensation not restored."""
    rendered = plan.rendered[entry.step_number]
    if rendered.rollback_parameters is None:
        unsure = " may have been" if entry.mutated is Mutated.UNKNOWN else " was"
        expected = "its state before the workflow"
        actual = f"step {entry.step_number} ({rendered.action.value}){unsure} applied"
    else:
        expected = restored_state(rendered.rollback_parameters)
        actual = f"step {entry.step_number} ({rendered.action.value}) is not undone: {entry.error_message}"
    targets = rendered_targets(rendered)
    return tuple(
        DirtyObject(step_number=entry.step_number, kind=t.kind, namespace=t.namespace, name=t.name or f"({t.selector})",
                    expected=expected, actual=actual) for t in targets
    ) or (DirtyObject(step_number=entry.step_number, kind="Custom", name=rendered.action.value, expected=expected,
                      actual=actual),)
