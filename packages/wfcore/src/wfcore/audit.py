"""The audit record: what is kept for ever about a finished workflow, derived from its status alone.

A record is a pure function of the workflow object, so a controller that crashed
after writing it derives the same one again and the store recognises it by
`workflow_uid`: delivered at least once, recorded exactly once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from uuid import NAMESPACE_URL, uuid5

from attrs import frozen

from wfcore.model.enums import Outcome, Phase, StepPhase
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import WorkflowExecution


@frozen(kw_only=True)
class StepAudit:
    """One step of a finished workflow.  `duration` is None for a step that never started."""

    step_number: int
    action: str
    status: str
    duration: timedelta | None
    retries_attempted: int
    rollback_status: str
    error_message: str


@frozen(kw_only=True)
class AuditRecord:
    """One finished or deleted workflow.

    `status` is its last phase, or `deleted`; `outcome` is empty when it completed
    without executing anything.
    """

    id: str
    workflow_uid: str
    namespace: str
    name: str
    remediation_id: str
    workflow_name: str
    workflow_version: str
    plan_digest: str
    total_steps: int
    steps_completed: int
    steps_failed: int
    total_duration: timedelta
    outcome: str
    effectiveness_score: float
    rollbacks_performed: int
    started_at: datetime | None
    completed_at: datetime
    status: str
    failure_reason: str
    rollback_reason: str
    error_message: str
    steps: tuple[StepAudit, ...]


_REMEMBERED = 1024  # each delivery of a record asks again


@lru_cache(_REMEMBERED)
def audit_id(workflow_uid: str) -> str:
    """The record's key: a UUID that depends on the workflow's uid alone."""
    return str(uuid5(NAMESPACE_URL, f"workflowexecution.kubernaut.io/{workflow_uid}"))


def audit_record(workflow: WorkflowExecution, completed_at: datetime, status: str) -> AuditRecord:
    """Derive the record of a workflow that ended (or was deleted) at `completed_at`.  O(steps)."""
    meta, spec, state = workflow.metadata, workflow.spec, workflow.status
    definition = spec.workflow_definition
    result, metrics = state.workflow_result, state.execution_metrics
    return AuditRecord(
        id=audit_id(meta.uid),
        workflow_uid=meta.uid,
        namespace=meta.namespace,
        name=meta.name,
        remediation_id=_remediation_id(workflow),
        workflow_name=definition.name if definition else meta.name,
        workflow_version=definition.version if definition else "",
        plan_digest=state.plan_digest,
        total_steps=state.total_steps,
        steps_completed=_count(state, StepPhase.COMPLETED, StepPhase.ROLLED_BACK),
        steps_failed=_count(state, StepPhase.FAILED),
        total_duration=metrics.total_duration if metrics else timedelta(0),
        outcome=_outcome(state),
        effectiveness_score=result.effectiveness_score if result else 0.0,
        rollbacks_performed=metrics.rollbacks_performed if metrics else 0,
        started_at=state.planning_start_time,
        completed_at=completed_at,
        status=status,
        failure_reason=state.failure_reason,
        rollback_reason=state.rollback_reason,
        error_message=state.failure_message,
        steps=tuple(_step(entry) for entry in state.step_statuses),
    )


def _outcome(status: WorkflowExecutionStatus) -> str:
    """The verdict; empty for a workflow that completed without executing anything."""
    if status.workflow_result is not None:
        return status.workflow_result.outcome.value
    return "" if status.phase is Phase.COMPLETED else Outcome.FAILED.value


def _remediation_id(workflow: WorkflowExecution) -> str:
    parent = workflow.spec.alert_remediation_ref
    return f"{parent.namespace or workflow.metadata.namespace}/{parent.name}" if parent else ""


def _count(status: WorkflowExecutionStatus, *phases: StepPhase) -> int:
    return sum(1 for entry in status.step_statuses if entry.status in phases)


def _step(entry: StepStatus) -> StepAudit:
    finished = entry.start_time is not None and entry.end_time is not None
    return StepAudit(
        step_number=entry.step_number,
        action=entry.action,
        status=entry.status.value,
        duration=entry.end_time - entry.start_time if finished else None,  # type: ignore[operator]
        retries_attempted=entry.retries_attempted,
        rollback_status=entry.rollback.status.value if entry.rollback else "",
        error_message=entry.error_message,
    )
