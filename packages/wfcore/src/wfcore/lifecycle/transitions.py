"""The phases a workflow may go through: the one table that says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wfcore.model.enums import Phase
from wfcore.model.status import WorkflowExecutionStatus

TRANSITIONS: Mapping[Phase, frozenset[Phase]] = {
    # An unreadable spec fails before it is planned.
    Phase.NEW: frozenset({Phase.PLANNING, Phase.FAILED}),
    # Plan-only and observe-only runs complete without executing anything.
    Phase.PLANNING: frozenset({Phase.VALIDATING, Phase.COMPLETED, Phase.FAILED}),
    Phase.VALIDATING: frozenset({Phase.EXECUTING, Phase.COMPLETED, Phase.FAILED}),
    Phase.EXECUTING: frozenset({Phase.MONITORING, Phase.ROLLING_BACK, Phase.FAILED}),
    Phase.MONITORING: frozenset({Phase.COMPLETED, Phase.ROLLING_BACK, Phase.FAILED}),
    # A rollback that works still ends in failed: the remediation did not happen.
    # `status.rollback` says whether the cluster is clean.
    Phase.ROLLING_BACK: frozenset({Phase.FAILED}),
    Phase.COMPLETED: frozenset(),
    Phase.FAILED: frozenset(),
}
TERMINAL = frozenset(phase for phase, nexts in TRANSITIONS.items() if not nexts)


def phase_start(status: WorkflowExecutionStatus) -> datetime | None:
    """Since when a workflow is in its phase, as its status says; a terminal one, since its end."""
    return {
        Phase.PLANNING: status.planning_start_time, Phase.VALIDATING: status.validation_start_time,
        Phase.EXECUTING: status.execution_start_time, Phase.MONITORING: status.monitoring_start_time,
        Phase.ROLLING_BACK: status.rollback_start_time, Phase.COMPLETED: status.completion_time,
        Phase.FAILED: status.completion_time,
    }.get(status.phase)


def as_mermaid() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2"]
    for phase, nexts in TRANSITIONS.items():
        start = phase.value or "[*]"
        lines += [f"    {start} --> {after.value}" for after in sorted(nexts)]
    lines += [f"    {phase.value} --> [*]" for phase in TRANSITIONS if phase in TERMINAL]
    return "\n".join(lines) + "\n"
