"""Conditions derived from status: one function of the status, so they never contradict it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from wfcore.lifecycle.criteria import judged_criteria
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.lifecycle.validating_conditions import approved_condition, validating_progress
from wfcore.model.conditions import Condition
from wfcore.model.enums import ConditionStatus, Outcome, Phase, StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.crowding import is_crowded_out
from wfcore.reasons import Reason

AUDIT_RECORDED = "AuditRecorded"
_BY_SNAKE = {reason.snake: reason for reason in Reason}
_BY_OUTCOME = {Outcome.SUCCESS: Reason.SUCCEEDED, Outcome.PARTIAL_SUCCESS: Reason.PARTIALLY_SUCCEEDED,
               Outcome.UNKNOWN: Reason.UNVERIFIED}


def with_conditions(status: WorkflowExecutionStatus, generation: int, now: datetime, *,
                    held: str = "") -> WorkflowExecutionStatus:
    """The status with its conditions brought up to date; what has not changed keeps its transition time.

    `held` says why nothing is launched, of which the status itself only knows since when.
    """
    found = {condition.type: condition for condition in status.conditions}
    for type_, state, reason, message in (*_derive(status), *_holds(status, held)):
        found[type_] = _condition(found.get(type_), type_, state, reason, message, generation, now)
    conditions = tuple([found[type_] for type_ in sorted(found)])
    return status if conditions == status.conditions else evolve(status, conditions=conditions)


def with_audit_condition(status: WorkflowExecutionStatus, recorded: bool, reason: Reason, message: str,
                         now: datetime) -> WorkflowExecutionStatus:
    """The status with `AuditRecorded` set: the only thing that may change after the end."""
    before = {condition.type: condition for condition in status.conditions}
    state = ConditionStatus.TRUE if recorded else ConditionStatus.FALSE
    fresh = _condition(before.get(AUDIT_RECORDED), AUDIT_RECORDED, state, reason, message,
                       status.observed_generation, now)
    others = [c for c in status.conditions if c.type != AUDIT_RECORDED]
    return evolve(status, conditions=tuple(sorted((*others, fresh), key=lambda c: c.type)))


def is_true(status: WorkflowExecutionStatus, type_: str) -> bool:
    """Whether a condition is True."""
    return any(c.type == type_ and c.status is ConditionStatus.TRUE for c in status.conditions)


def _condition(before: Condition | None, type_: str, state: ConditionStatus, reason: Reason, message: str,
               generation: int, now: datetime) -> Condition:
    changed = before is None or before.status is not state
    if before is not None and not changed and before.reason == reason and before.message == message:
        return before
    return Condition(type=type_, status=state, observed_generation=generation, reason=reason.value, message=message,
                     last_transition_time=now if changed or before is None else before.last_transition_time)


def _derive(status: WorkflowExecutionStatus) -> Iterator[tuple[str, ConditionStatus, Reason, str]]:
    over = status.phase in TERMINAL
    reason = reason_of(status)
    if status.plan_digest:
        yield "Planned", ConditionStatus.TRUE, Reason.PLANNED, _planned(status)
    elif over:
        yield "Planned", ConditionStatus.FALSE, reason, status.failure_message
    if status.execution_start_time is not None:
        yield "Validated", ConditionStatus.TRUE, Reason.VALIDATED, "every check passed"
    elif over and status.phase is Phase.COMPLETED:
        yield "Validated", ConditionStatus.TRUE, reason, "every static check passed; nothing was executed"
    elif over:
        yield "Validated", ConditionStatus.FALSE, reason, status.failure_message
    yield from approved_condition(status, over)
    yield from _progressing(status, over, reason)
    yield from _rollback(status, over)
    if over:
        ended = status.phase is Phase.COMPLETED
        yield "Finished", ConditionStatus.TRUE, reason, status.failure_message or "the workflow has ended"
        yield ("Complete", ConditionStatus.TRUE if ended else ConditionStatus.FALSE, reason,
               status.failure_message or "; ".join(judged_criteria(status)) or "the workflow ran to its end")
        yield ("Failed", ConditionStatus.FALSE if ended else ConditionStatus.TRUE, reason,
               status.failure_message or "the workflow ran to its end")


def _planned(status: WorkflowExecutionStatus) -> str:
    note = status.plan_inputs.note if status.plan_inputs else ""
    return f"{_size(status)}, {status.plan_digest}" + (f"; {note}" if note else "")


def _size(status: WorkflowExecutionStatus) -> str:
    inputs = status.plan_inputs
    if _undoes_another(status):
        return f"{status.total_steps} compensations"
    carried = f" ({len(inputs.carried_over)} of them carried over)" if inputs and inputs.carried_over else ""
    return f"{status.total_steps} steps{carried}"


def _undoes_another(status: WorkflowExecutionStatus) -> bool:
    return status.plan_inputs is not None and bool(status.plan_inputs.compensations)


def _holds(status: WorkflowExecutionStatus, held: str) -> Iterator[tuple[str, ConditionStatus, Reason, str]]:
    if held:
        reason = Reason.SUSPENDED if status.frozen_since is None else Reason.FROZEN
        yield "Suspended", ConditionStatus.TRUE, reason, held
    elif any(condition.type == "Suspended" for condition in status.conditions):
        yield "Suspended", ConditionStatus.FALSE, Reason.RESUMED, "the workflow is not held"


def _progressing(status: WorkflowExecutionStatus, over: bool,
                 reason: Reason) -> Iterator[tuple[str, ConditionStatus, Reason, str]]:
    if over:
        yield "Progressing", ConditionStatus.FALSE, reason, "the workflow has ended"
        return
    match status.phase:
        case Phase.PLANNING if status.waiting_for:
            why = Reason.PARALLELISM_LIMIT if is_crowded_out(status) else Reason.TARGET_BUSY
            yield "Progressing", ConditionStatus.TRUE, why, f"waits: {status.waiting_for}"
        case Phase.EXECUTING:
            waiting = [e.step_number for e in status.step_statuses if e.retry_at is not None]
            running = [e.step_number for e in status.step_statuses
                       if e.status is StepPhase.EXECUTING and e.retry_at is None]
            if _undoes_another(status) and (running or not waiting):
                yield "Progressing", ConditionStatus.TRUE, Reason.ROLLING_BACK, _steps("undoing", running)
            elif running or not waiting:
                yield "Progressing", ConditionStatus.TRUE, Reason.STEPS_RUNNING, _steps("running", running)
            else:
                yield "Progressing", ConditionStatus.TRUE, Reason.WAITING_FOR_RETRY, _steps("waiting to retry", waiting)
        case Phase.MONITORING:
            yield "Progressing", ConditionStatus.TRUE, Reason.STABILISING, _watching(status)
        case Phase.ROLLING_BACK:
            yield "Progressing", ConditionStatus.TRUE, Reason.ROLLING_BACK, status.rollback_reason
        case Phase.VALIDATING:
            yield "Progressing", ConditionStatus.TRUE, *validating_progress(status)
        case _:
            yield "Progressing", ConditionStatus.TRUE, Reason.VALIDATING, "planning and validating"


def _watching(status: WorkflowExecutionStatus) -> str:
    places = ", ".join(status.unwatched_namespaces[:5])
    blind = f"; new alerts are not watched, the AlertRemediations of {places} cannot be read" if places else ""
    return f"watching whether the targets stay healthy{blind}"


def _steps(what: str, numbers: list[int]) -> str:
    return f"{what}: step {', '.join(map(str, numbers[:10]))}" + (" ..." if len(numbers) > 10 else "")


def _rollback(status: WorkflowExecutionStatus, over: bool) -> Iterator[tuple[str, ConditionStatus, Reason, str]]:
    rollback = status.rollback
    if rollback is None:
        return
    if rollback.performed:
        if not over:
            yield "RolledBack", ConditionStatus.FALSE, Reason.ROLLING_BACK, "compensations are running"
        elif rollback.dirty:
            yield "RolledBack", ConditionStatus.FALSE, Reason.ROLLBACK_INCOMPLETE, _dirty(status)
        else:
            yield "RolledBack", ConditionStatus.TRUE, Reason.ROLLED_BACK, "every changed object was restored"
    if over and rollback.dirty:
        yield "ManualInterventionRequired", ConditionStatus.TRUE, Reason.ROLLBACK_INCOMPLETE, _dirty(status)


def _dirty(status: WorkflowExecutionStatus) -> str:
    objects = status.rollback.dirty if status.rollback else ()
    named = ", ".join(f"{d.kind.lower()} {d.namespace + '/' if d.namespace else ''}{d.name}" for d in objects[:5])
    return f"still changed: {named}" + (f" and {len(objects) - 5} more" if len(objects) > 5 else "")


def reason_of(status: WorkflowExecutionStatus) -> Reason:
    """Why a workflow ended as it did, in one word."""
    named = _BY_SNAKE.get(status.failure_reason)
    if named is not None:
        return named
    if status.phase is Phase.COMPLETED and status.workflow_result is None:
        return Reason.PLAN_ONLY if status.workflow is not None else Reason.OBSERVE_ONLY
    outcome = status.workflow_result.outcome if status.workflow_result else None
    return _BY_OUTCOME.get(outcome or Outcome.FAILED, Reason.FINISHED)
