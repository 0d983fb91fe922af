"""How a workflow ends: terminal status, verdict, score, figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from wfcore.execution.ledger import clipped
from wfcore.model.enums import Mutated, Outcome, Phase, ResourceHealth, StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.status import (
    DirtyObject,
    ExecutionMetrics,
    StepStatus,
    WorkflowExecutionStatus,
    WorkflowResult,
)
from wfcore.reasons import Reason

_DONE = frozenset({StepPhase.COMPLETED, StepPhase.ROLLED_BACK})
_RETRY_COST, _ROLLBACK_COST = 0.05, 0.10


def effectiveness(entries: Iterable[StepStatus], *, rolled_back: bool) -> float:
    """Completed over total, less 0.05 a retry and 0.10 for a rollback, within 0..1; rolled-back steps count as done."""
    ledger = tuple(entries)
    if not ledger:
        return 0.0
    done = sum(1 for entry in ledger if entry.status in _DONE)
    retries = sum(entry.retries_attempted for entry in ledger)
    score = done / len(ledger) - _RETRY_COST * retries - (_ROLLBACK_COST if rolled_back else 0.0)
    return round(min(1.0, max(0.0, score)), 6)


def failed(status: WorkflowExecutionStatus, reason: Reason, message: str, now: datetime, *,
           health: ResourceHealth = ResourceHealth.UNKNOWN,
           actions: tuple[str, ...] = ()) -> WorkflowExecutionStatus:
    """The terminal status of a failed workflow."""
    named = evolve(status, phase=Phase.FAILED, failure_reason=status.failure_reason or reason.snake,
                         failure_message=status.failure_message or clipped(message, 1000))
    return _ended(named, Outcome.FAILED, health, now, actions)


def completed(status: WorkflowExecutionStatus, outcome: Outcome, health: ResourceHealth, now: datetime, *,
              reason: Reason | None = None, message: str = "",
              actions: tuple[str, ...] = ()) -> WorkflowExecutionStatus:
    """The terminal status of a completed workflow; `reason` says why the outcome isn't known."""
    named = evolve(status, phase=Phase.COMPLETED, failure_reason=reason.snake if reason else "",
                         failure_message=clipped(message, 1000))
    return _ended(named, outcome, health, now, actions)


def not_executed(status: WorkflowExecutionStatus, now: datetime) -> WorkflowExecutionStatus:
    """The terminal status of a workflow that was only planned or observed: completed, without an outcome."""
    return evolve(status, phase=Phase.COMPLETED, completion_time=now, phase_deadline=None,
                        execution_metrics=_metrics(status, now, rolled_back=False))


def _ended(status: WorkflowExecutionStatus, outcome: Outcome, health: ResourceHealth, now: datetime,
           actions: tuple[str, ...]) -> WorkflowExecutionStatus:
    rolled_back = status.rollback is not None and status.rollback.performed
    result = WorkflowResult(
        outcome=outcome, effectiveness_score=effectiveness(status.step_statuses, rolled_back=rolled_back),
        resource_health=health, recommended_actions=actions)
    return evolve(
        status, completion_time=now, phase_deadline=None, workflow_result=result, waiting_for="",
        waiting_reason="", target_wait_deadline=None,
        execution_metrics=_metrics(status, now, rolled_back=rolled_back))


def _metrics(status: WorkflowExecutionStatus, now: datetime, *, rolled_back: bool) -> ExecutionMetrics:
    ledger = status.step_statuses
    done = sum(1 for entry in ledger if entry.status in _DONE)
    start = status.planning_start_time or now
    return ExecutionMetrics(
        total_duration=max(now - start, timedelta(0)),
        step_success_rate=round(done / len(ledger), 6) if ledger else 0.0,
        rollbacks_performed=1 if rolled_back else 0,
        resources_affected=sum(1 for entry in ledger if entry.mutated is not Mutated.NO))


def recommended_for(dirty: tuple[DirtyObject, ...]) -> tuple[str, ...]:
    """What a person should look at after an incomplete rollback."""
    return tuple(clipped(f"check {d.kind.lower()} {d.namespace + '/' if d.namespace else ''}{d.name}: "
                         f"expected {d.expected}, {d.actual}", 1000) for d in dirty[:50])
