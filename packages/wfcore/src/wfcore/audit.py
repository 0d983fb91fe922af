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

from wfcore.model.definition import MAX_STEPS
from wfcore.model.enums import Outcome, Phase, StepPhase
from wfcore.model.fields import prop
from wfcore.model.status import AdaptiveAdjustment, StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import WorkflowExecution


def _text(doc: str, max_length: int = 63) -> str:
    """A text that is always there; 63 characters hold a word."""
    value: str = prop(doc, max_length=max_length)
    return value


@frozen(kw_only=True)
class StepAudit:
    """One step of a finished workflow."""

    step_number: int = prop("The step.", minimum=1)
    action: str = _text("Its action.")
    status: str = _text("How it ended.")
    duration: timedelta | None = prop("From its first attempt to its end; absent when it never started.", default=None,
                                      minimum=0)
    retries_attempted: int = prop("Attempts after the first.", minimum=0)
    rollback_status: str = _text("How its compensation ended; empty without one.")
    error_message: str = _text("Why it failed.", 1024)


@frozen(kw_only=True)
class AuditRecord:
    """What is kept of one finished or deleted workflow."""

    id: str = _text("UUID derived from the workflow's uid.")
    workflow_uid: str = _text("The workflow's uid.", 253)
    namespace: str = _text("Its namespace.")
    name: str = _text("Its name.", 253)
    remediation_id: str = _text("The AlertRemediation it belongs to, as namespace/name.", 1024)
    workflow_name: str = _text("Name of the definition.", 253)
    workflow_version: str = _text("Version of the definition.")
    plan_digest: str = _text("Digest of the plan.", 71)
    total_steps: int = prop("Steps of the workflow.", minimum=0)
    steps_completed: int = prop("Steps that completed, rolled back or not.", minimum=0)
    steps_failed: int = prop("Steps that failed.", minimum=0)
    total_duration: timedelta = prop("From planning to the end.", minimum=0)
    outcome: str = _text("The verdict; empty when it completed without executing anything.")
    effectiveness_score: float = prop("0 to 1.", minimum=0, maximum=1)
    rollbacks_performed: int = prop("0 or 1.", minimum=0)
    started_at: datetime | None = prop("When planning started; absent when it never did.", default=None)
    completed_at: datetime = prop("When it ended or its deletion was asked for.")
    status: str = _text("Its last phase, or deleted.")
    failure_reason: str = _text("Why it failed, in one word.")
    rollback_reason: str = _text("Why it was rolled back.", 1024)
    error_message: str = _text("Why it failed.", 1024)
    steps: tuple[StepAudit, ...] = prop("Its steps.", max_items=MAX_STEPS)
    adaptive_adjustments: tuple[AdaptiveAdjustment, ...] = prop("What was adapted.", default=(), max_items=100)


_REMEMBERED = 1024  # each delivery of a record asks again


@lru_cache(_REMEMBERED)
def audit_id(workflow_uid: str) -> str:
    """The record's key: a UUID that depends on the workflow's uid alone."""
    return str(uuid5(NAMESPACE_URL, f"workflowexecution.kubernaut.io/{workflow_uid}"))


def audit_record(workflow: WorkflowExecution, completed_at: datetime, status: str) -> AuditRecord:
    """Derive the record of a workflow that ended (or was deleted) at `completed_at`.  O(steps)."""
    meta, spec, state = workflow.metadata, workflow.spec, workflow.status
    inputs = state.plan_inputs
    definition = spec.workflow_definition or (inputs.definition if inputs else None)
    undone = f"rollback of {inputs.workflow_name}"[:253] if inputs and inputs.workflow_name else ""
    result, metrics = state.workflow_result, state.execution_metrics
    return AuditRecord(
        id=audit_id(meta.uid),
        workflow_uid=meta.uid,
        namespace=meta.namespace,
        name=meta.name,
        remediation_id=_remediation_id(workflow),
        workflow_name=undone or (definition.name if definition else meta.name),
        workflow_version=definition.version if definition else "",
        plan_digest=state.plan_digest,
        total_steps=state.total_steps,
        steps_completed=_count(state, StepPhase.COMPLETED, StepPhase.ROLLED_BACK),
        steps_failed=_count(state, StepPhase.FAILED),
        total_duration=max(metrics.total_duration, timedelta(0)) if metrics else timedelta(0),
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
        adaptive_adjustments=state.adaptive_adjustments,
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
    start, end = entry.start_time, entry.end_time
    return StepAudit(
        step_number=entry.step_number,
        action=entry.action,
        status=entry.status.value,
        # Whoever writes into status may write anything; nothing takes less than no time.
        duration=max(end - start, timedelta(0)) if start is not None and end is not None else None,
        retries_attempted=entry.retries_attempted,
        rollback_status=entry.rollback.status.value if entry.rollback else "",
        error_message=entry.error_message,
    )
