"""Whether a ledger can be acted on: only this engine writes status, but nothing keeps others from trying."""

from __future__ import annotations

from wfcore.model.enums import RollbackPhase, StepPhase
from wfcore.model.status import StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.planning.planner import Plan


def is_sound(status: WorkflowExecutionStatus, plan: Plan) -> bool:
    """Whether there is one entry per step of the plan, and each that executes says what and until when.  O(steps)."""
    numbers = [entry.step_number for entry in status.step_statuses]
    return len(numbers) == len(plan.steps) and plan.steps.keys() == set(numbers) and all(
        _says_what_it_does(entry, entry.status is StepPhase.EXECUTING) and (
            entry.rollback is None
            or _says_what_it_does(entry.rollback, entry.rollback.status is RollbackPhase.EXECUTING))
        for entry in status.step_statuses)


def _says_what_it_does(entry: StepStatus | StepRollback, executing: bool) -> bool:
    """Between attempts only the instant of the next one counts."""
    if not executing:
        return entry.retry_at is None
    return entry.retry_at is not None or None not in (entry.k8s_execution_ref, entry.start_time, entry.deadline)
