"""Workflow objects as a run leaves them, made from the model so that they stay what the controller writes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from wfcore.codec import encode
from wfcore.model.enums import Outcome, Phase, RollbackPhase, StepPhase
from wfcore.model.status import (
    DirtyObject,
    RollbackStatus,
    StepRollback,
    StepStatus,
    WorkflowExecutionStatus,
    WorkflowResult,
)

from .cli_world import scale, workflow

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """An instant of the run."""
    return START + timedelta(seconds=seconds)


def entry(number: int, status: StepPhase = StepPhase.PENDING, **fields: Any) -> StepStatus:
    """One entry of the ledger."""
    return StepStatus(step_number=number, action="scale-deployment", status=status, **fields)


def undone(start: float | None, end: float | None = None, status: RollbackPhase = RollbackPhase.COMPLETED,
           **fields: Any) -> StepRollback:
    """A compensation from `start` to `end` seconds."""
    return StepRollback(status=status, attempt=0 if start is None else 1,
                        start_time=None if start is None else at(start), end_time=None if end is None else at(end),
                        **fields)


def shown(*entries: StepStatus, phase: Phase = Phase.EXECUTING, name: str = "fix", **status: Any) -> dict[str, Any]:
    """A raw workflow: step n needs step n - 1, and each has its entry."""
    numbers = [one.step_number for one in entries]
    steps = [scale(n, *([n - 1] if n - 1 in numbers else [])) for n in numbers]
    raw = workflow(*steps, name=name)
    made = WorkflowExecutionStatus(phase=phase, step_statuses=entries, planning_start_time=START, **status)
    return {**raw, "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}"},
            "status": json.loads(json.dumps(encode(made)))}


def rolled_back() -> dict[str, Any]:
    """Step 3 failed; 3 and 2 were undone at one instant, 1 could not be."""
    return shown(
        entry(1, StepPhase.COMPLETED, attempt=1, start_time=at(0), end_time=at(1),
              rollback=undone(12, 13, RollbackPhase.FAILED, error_message="no such thing")),
        entry(2, StepPhase.ROLLED_BACK, attempt=1, start_time=at(1), end_time=at(2), rollback=undone(10, 11)),
        entry(3, StepPhase.ROLLED_BACK, attempt=2, start_time=at(2), end_time=at(9), error_message="too slow",
              rollback=undone(10, 12)),
        entry(4, StepPhase.SKIPPED, end_time=at(9), error_message="step 3 did not succeed"),
        phase=Phase.FAILED, completion_time=at(13.5), failure_reason="step_execution_failed",
        failure_message="critical step 3 failed: too slow", rollback_reason="critical step 3 failed",
        plan_digest="sha256:1", workflow_result=WorkflowResult(outcome=Outcome.FAILED),
        rollback=RollbackStatus(performed=True, steps=(3, 2, 1), dirty=(
            DirtyObject(step_number=1, kind="Deployment", namespace="default", name="web-1", expected="replicas 1",
                        actual="replicas 2"),)))


def succeeded(name: str = "fix") -> dict[str, Any]:
    """Two steps that worked."""
    return shown(entry(1, StepPhase.COMPLETED, attempt=1, start_time=at(0), end_time=at(2)),
                 entry(2, StepPhase.COMPLETED, attempt=2, start_time=at(2), end_time=at(9), retries_attempted=1),
                 phase=Phase.COMPLETED, name=name, completion_time=at(69),
                 workflow_result=WorkflowResult(outcome=Outcome.SUCCESS, effectiveness_score=0.9))
