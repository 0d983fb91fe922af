"""The transition journal: every phase a workflow went through, derived from its status alone.

One row a persisted transition, numbered from 1 without gaps.  The journal of a
status is a prefix of that of each later one, so a store that keeps rows by
(uid, seq) may be told again and again, late or by several controllers, and
keeps each exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen

from wfcore.lifecycle.conditions import reason_of
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import Phase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import WorkflowExecution
from wfcore.reasons import Reason


@frozen(kw_only=True)
class JournalRow:
    """One transition; `seq` counts those of a workflow from 1, `at` is the instant that status states."""

    workflow_uid: str
    seq: int
    at: datetime
    from_phase: Phase
    to_phase: Phase
    reason: Reason


def journal(workflow: WorkflowExecution) -> tuple[JournalRow, ...]:
    """The transitions of a workflow, first to last.  O(1): there are at most six."""
    rows: list[JournalRow] = []
    before = Phase.NEW
    for phase, at, reason in _entered(workflow.status):
        rows.append(JournalRow(workflow_uid=workflow.metadata.uid, seq=len(rows) + 1, at=at, from_phase=before,
                               to_phase=phase, reason=reason))
        before = phase
    return tuple(rows)


def _entered(status: WorkflowExecutionStatus) -> Iterator[tuple[Phase, datetime, Reason]]:
    """The phases that have a start, in the only order they can follow each other."""
    starts = (
        (Phase.PLANNING, status.planning_start_time, Reason.ACCEPTED),
        (Phase.VALIDATING, status.validation_start_time, Reason.PLANNED),
        (Phase.EXECUTING, status.execution_start_time, Reason.VALIDATED),
        (Phase.MONITORING, status.monitoring_start_time, Reason.STABILISING),
        (Phase.ROLLING_BACK, status.rollback_start_time, Reason.ROLLING_BACK),
    )
    yield from ((phase, at, reason) for phase, at, reason in starts if at is not None)
    if status.phase in TERMINAL and status.completion_time is not None:
        yield status.phase, status.completion_time, reason_of(status)
