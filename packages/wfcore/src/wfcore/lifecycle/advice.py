"""What a person should do about a workflow that has ended: which step to look at, which command applies."""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.execution.ledger import clipped
from wfcore.lifecycle.lessons import lessons
from wfcore.model.enums import Mutated, Outcome, RollbackStrategy, StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta
from wfcore.planning.planner import Plan
from wfcore.reasons import Reason

_KEPT = 50
# The document itself has to change: running it again would end the same way.
_OF_THE_DOCUMENT = frozenset({Reason.PLANNING_ERROR.snake, Reason.INVALID_SPEC.snake, Reason.NOT_SUPPORTED.snake})
# Somebody decided against it, what was achieved is not known, or what was done did harm.
_NOT_TO_BE_RETRIED = frozenset({
    Reason.APPROVAL_REJECTED.snake, Reason.UNAUTHORIZED.snake, Reason.STATUS_UNREADABLE.snake, Reason.NEW_ALERTS.snake})


def with_advice(meta: ObjectMeta, status: WorkflowExecutionStatus, plan: Plan | None) -> WorkflowExecutionStatus:
    """The terminal status with recommended actions and lessons; without a verdict there is nothing to advise."""
    result = status.workflow_result
    if result is None:
        return status
    actions = (*result.recommended_actions, *_advice(meta, status, plan))
    return evolve(status, workflow_result=evolve(
        result, recommended_actions=tuple(clipped(text, 1000) for text in actions[:_KEPT]),
        optimizations=lessons(status, plan) if plan is not None else ()))


def _advice(meta: ObjectMeta, status: WorkflowExecutionStatus, plan: Plan | None) -> Iterator[str]:
    outcome = status.workflow_result.outcome if status.workflow_result else None
    if status.unwatched_namespaces:
        places = ", ".join(status.unwatched_namespaces[:5])
        yield f"new alerts were not watched: AlertRemediations of {places} could not be read; look at them yourself"
    if outcome is Outcome.SUCCESS:
        return
    for entry in status.step_statuses:
        if entry.status is StepPhase.FAILED:
            yield _look_at(meta, entry)
    if status.failure_reason in _OF_THE_DOCUMENT:
        yield "correct what validationResults.validationErrors lists, and create the workflow again"
    command = f"{meta.name} -n {meta.namespace}"
    undoable = _undoable(status, plan)
    if undoable:
        yield f"wfctl rollback {command}: restores what step {', '.join(map(str, undoable[:10]))} changed"
    if status.rollback is not None and status.rollback.dirty:
        yield f"wfctl explain {command}: shows a command for each object that is still changed"
    elif _is_retryable(status):
        yield f"wfctl retry {command}: runs again what was not achieved, once the cause is gone"


def _look_at(meta: ObjectMeta, entry: StepStatus) -> str:
    child = entry.k8s_execution_ref
    command = f": kubectl get kubernetesexecution {child.name} -n {meta.namespace} -o yaml" if child else ""
    return f"look at step {entry.step_number} ({entry.action}): failed, {entry.error_message}{command}"


def _undoable(status: WorkflowExecutionStatus, plan: Plan | None) -> list[int]:
    """The steps whose changes are still there and have a compensation, where a rollback was not ruled out."""
    rolled_back = status.rollback is not None and status.rollback.performed
    if plan is None or rolled_back or plan.rollback_strategy is RollbackStrategy.NONE:
        return []
    return [e.step_number for e in status.step_statuses
            if e.mutated is not Mutated.NO and plan.steps[e.step_number].rollback_spec is not None]


def _is_retryable(status: WorkflowExecutionStatus) -> bool:
    missed = any(entry.status is not StepPhase.COMPLETED for entry in status.step_statuses)
    return missed and status.failure_reason not in _NOT_TO_BE_RETRIED
