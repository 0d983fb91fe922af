"""What a run teaches for the next one: what its plan and the history recommend, and what only its ledger shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, islice

from wfcore.codec.durations import format_duration
from wfcore.execution.ledger import clipped
from wfcore.model.enums import StepPhase
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.planning.adaptation import recommendations
from wfcore.planning.planner import Plan

_KEPT = 50
# An attempt that took more than this share of its time-out may not make it the next time.
_TIGHT = 0.8


def lessons(status: WorkflowExecutionStatus, plan: Plan) -> tuple[str, ...]:
    """One sentence for each thing worth changing before this workflow runs again.  O(steps + edges)."""
    history = status.plan_inputs.history if status.plan_inputs else ()
    shown = (lesson for entry in status.step_statuses if entry.attempt
             for lesson in _of(entry, entry.timeout or plan.rendered[entry.step_number].timeout))
    found = chain(recommendations(status, plan, history), shown)
    return tuple(clipped(lesson, 1000) for lesson in islice(found, _KEPT))


def _of(entry: StepStatus, timeout: timedelta) -> Iterator[str]:
    step, limit = f"step {entry.step_number} ({entry.action})", format_duration(timeout)
    if entry.retries_attempted:
        why = f"; the last failure was {entry.error_message}" if entry.error_message else ""
        yield f"{step} needed {entry.attempt} attempts{why}: find out why the first was not enough"
    # Later attempts leave no start of their own.
    elif entry.status is StepPhase.COMPLETED and entry.end_time is not None and entry.start_time is not None:
        took = entry.end_time - entry.start_time
        if took > timeout * _TIGHT:
            yield f"{step} took {format_duration(_whole(took))} of its {limit}: give it more time"


def _whole(duration: timedelta) -> timedelta:
    return timedelta(seconds=int(duration.total_seconds()))
