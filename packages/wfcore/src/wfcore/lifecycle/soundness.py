"""Whether a ledger can be acted on: only this engine writes status, but nothing keeps others from trying."""

from __future__ import annotations

from wfcore.model.enums import RollbackPhase, StepPhase
from wfcore.model.status import StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.planning.planner import Plan


def is_sound(status: WorkflowExecutionStatus, plan: Plan) -> bool:
    """Whether there is one entry per step of the plan, and each that executes says what and until when.  O(steps)."""
    numbers = [entry.step_number for entry in status.step_statuses]
    if len(numbers) != len(plan.steps) or plan.steps.keys() != set(numbers):
        return False
    for entry in status.step_statuses:
        rollback = entry.rollback
        if not _says_what_it_does(entry, entry.status is StepPhase.EXECUTING) or (
                rollback is not None and not _says_what_it_does(rollback, rollback.status is RollbackPhase.EXECUTING)):
            return False
    return True


def _says_what_it_does(entry: StepStatus | StepRollback, executing: bool) -> bool:
    """Between attempts only the instant of the next one counts."""
    if not executing:
        return entry.retry_at is None
    return entry.retry_at is not None or (
        entry.k8s_execution_ref is not None and entry.start_time is not None and entry.deadline is not None)
