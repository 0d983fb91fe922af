"""What a run's own ledger teaches for the next one: retries that were needed, attempts that ran out of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from wfcore.codec.durations import format_duration
from wfcore.execution.ledger import clipped
from wfcore.model.enums import FailureClass, StepPhase
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.planning.planner import Plan

_KEPT = 50
# An attempt that took more than this share of its time-out may not make it the next time.
_TIGHT = 0.8


def lessons(status: WorkflowExecutionStatus, plan: Plan) -> tuple[str, ...]:
    """One sentence for each thing worth changing before this workflow runs again, by step.  O(steps)."""
    found = (lesson for entry in status.step_statuses if entry.attempt
             for lesson in _of(entry, plan.rendered[entry.step_number].timeout))
    return tuple(clipped(lesson, 1000) for lesson, _ in zip(found, range(_KEPT), strict=False))


def _of(entry: StepStatus, timeout: timedelta) -> Iterator[str]:
    step, limit = f"step {entry.step_number} ({entry.action})", format_duration(timeout)
    if entry.failure_class is FailureClass.TIMEOUT:
        yield f"{step} ran out of time in attempt {entry.attempt}: find out why, or give it more than {limit}"
    elif entry.retries_attempted:
        why = f"; the last failure was {entry.error_message}" if entry.error_message else ""
        yield f"{step} needed {entry.attempt} attempts{why}: find out why the first was not enough"
    # Later attempts leave no start of their own.
    elif entry.status is StepPhase.COMPLETED and entry.end_time is not None and entry.start_time is not None:
        took = entry.end_time - entry.start_time
        if took > timeout * _TIGHT:
            yield f"{step} took {format_duration(_whole(took))} of its {limit}: give it more time"


def _whole(duration: timedelta) -> timedelta:
    return timedelta(seconds=int(duration.total_seconds()))
