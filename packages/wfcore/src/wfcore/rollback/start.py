"""Begins a rollback: what has to be compensated, and what can't be."""

from __future__ import annotations

from datetime import datetime

from wfcore.decision import Decision
from wfcore.ending import failed, recommended_for
from wfcore.model.enums import Mutated, Phase, RollbackPhase, RollbackStrategy, Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import DirtyObject, RollbackStatus, StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.planning import dag
from wfcore.planning.planner import Plan
from wfcore.planning.targets import targets_of
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot


def begin_rollback(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, reason: Reason, message: str,
                   now: datetime) -> Decision:
    """The status of a workflow that is to be undone, or that fails at once because nothing is or may be undone.

    Only called when no forward attempt is running.  Everything that changed
    something and has no rollbackSpec is dirty from the start.
    """
    changed = [entry for entry in status.step_statuses if entry.mutated is not Mutated.NO]
    wanted = _is_wanted(snapshot.workflow.spec.stop, plan.rollback_strategy, reason)
    compensable = {e.step_number for e in changed if plan.steps[e.step_number].rollback_spec} if wanted else set()
    dirty = tuple(d for e in changed if e.step_number not in compensable for d in dirty_objects(e, plan))
    named = evolve(status, failure_reason=reason.snake, failure_message=message)
    if not compensable:
        left = evolve(named, rollback=RollbackStatus(dirty=dirty)) if dirty else named
        return Decision(status=failed(left, reason, message, now, actions=recommended_for(dirty)), wake_at=now)
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


def dirty_objects(entry: StepStatus, plan: Plan) -> tuple[DirtyObject, ...]:
    """The objects a step leaves changed."""
    rendered = plan.rendered[entry.step_number]
    unsure = " may have been" if entry.mutated is Mutated.UNKNOWN else " was"
    actual = f"step {entry.step_number} ({rendered.action.value}){unsure} applied"
    targets = targets_of(rendered.parameters)
    return tuple(
        DirtyObject(step_number=entry.step_number, kind=t.kind, namespace=t.namespace, name=t.name or f"({t.selector})",
                    expected="its state before the workflow", actual=actual) for t in targets
    ) or (DirtyObject(step_number=entry.step_number, kind="Custom", name=rendered.action.value,
                      expected="its state before the workflow", actual=actual),)
