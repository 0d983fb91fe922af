"""What a committed status is worth counting: derived from before and after, as its Events are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from wfcore.lifecycle.conditions import reason_of
from wfcore.lifecycle.transitions import TERMINAL, phase_start
from wfcore.measures.vocabulary import (
    OTHER,
    OUTCOMES,
    CheckResult,
    Ending,
    Measure,
    Observation,
    RollbackCause,
    StepEnding,
    phase_label,
)
from wfcore.model.enums import Action, Phase, StepPhase
from wfcore.model.status import SafetyCheckResult, StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import WorkflowExecution
from wfcore.planning.targets import definition_of
from wfcore.reasons import Reason

_ACTIONS = frozenset(action.value for action in Action)
_ENDED = {StepPhase.COMPLETED: StepEnding.SUCCESS, StepPhase.FAILED: StepEnding.FAILED}
_UNEXECUTED = frozenset({Phase.NEW, Phase.PLANNING, Phase.VALIDATING})


def name_of(workflow: WorkflowExecution) -> str:
    """The definition that a workflow executes, or undoes; `other` while nobody knows."""
    definition, inputs = definition_of(workflow), workflow.status.plan_inputs
    if definition is not None:
        return definition.name
    return (inputs.workflow_name if inputs else "") or OTHER


def observations(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus, name: str,
                 created_at: datetime | None) -> tuple[Observation, ...]:
    """What one committed status is worth; `name` is that of the definition.  O(steps).

    Each commit is counted by whoever made it, so over all controllers each
    transition is counted once, or not at all when its answer was lost.
    """
    changed = before.phase is not after.phase
    return (*(_of_transition(before, after, name, created_at) if changed else ()), *_of_steps(before, after, name),
            *_of_checks(before, after), *_of_adjustments(before, after))


def _of_transition(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus, name: str,
                   created_at: datetime | None) -> Iterator[Observation]:
    if before.phase is Phase.NEW:
        yield Observation(Measure.CREATED)
    begun, ended = phase_start(before), phase_start(after)
    if begun is not None and ended is not None:
        yield Observation(Measure.PHASE_DURATION, (phase_label(before.phase),), _seconds(begun, ended))
    if after.total_steps and not before.total_steps:
        yield Observation(Measure.WORKFLOW_STEPS, (), float(after.total_steps))
    if (cause := _rollback_cause(before, after)) is not None:
        yield Observation(Measure.ROLLBACKS, (name, cause.value))
    if after.phase in TERMINAL:
        yield from _of_the_end(before, after, name, created_at)


def _of_the_end(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus, name: str,
                created_at: datetime | None) -> Iterator[Observation]:
    result = after.workflow_result
    ending = OUTCOMES[result.outcome] if result is not None else Ending.NONE
    yield Observation(Measure.EXECUTIONS, (name, ending.value))
    begun, ended = created_at or after.planning_start_time, after.completion_time
    if begun is not None and ended is not None:
        yield Observation(Measure.LIFECYCLE, (), _seconds(begun, ended))
    if result is not None and after.execution_start_time is not None:
        yield Observation(Measure.EFFECTIVENESS, (), result.effectiveness_score)
    if after.phase is Phase.FAILED and before.phase in _UNEXECUTED:
        yield Observation(Measure.VALIDATION_FAILURES, (reason_of(after).value,))


def _rollback_cause(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus) -> RollbackCause | None:
    """Why a rollback begins now, or None; a workflow that undoes another one does so when it executes."""
    match after.phase:
        case Phase.EXECUTING if after.plan_inputs is not None and after.plan_inputs.compensations:
            return RollbackCause.MANUAL
        case Phase.ROLLING_BACK if after.failure_reason == Reason.STOPPED.snake:
            return RollbackCause.MANUAL
        case Phase.ROLLING_BACK:
            return RollbackCause.VALIDATION_FAILURE if before.phase is Phase.MONITORING else RollbackCause.STEP_FAILURE
        case _:
            return None


def _of_steps(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus, name: str) -> Iterator[Observation]:
    if before.step_statuses is after.step_statuses:
        return
    former = {entry.step_number: entry for entry in before.step_statuses}
    for entry in after.step_statuses:
        # What somebody else wrote into the ledger has no series.
        if entry is not (earlier := former.get(entry.step_number)) and entry.action in _ACTIONS:
            yield from _of_step(earlier, entry, name)


def _of_step(earlier: StepStatus | None, entry: StepStatus, name: str) -> Iterator[Observation]:
    attempts = entry.attempt - (earlier.attempt if earlier else 0)
    if attempts > 0:
        yield Observation(Measure.STEPS_CREATED, (name, entry.action), float(attempts))
    changed = earlier is None or earlier.status is not entry.status
    # One that was carried over was attempted elsewhere.
    if changed and entry.attempt and (ending := _ENDED.get(entry.status)):
        yield Observation(Measure.STEPS_COMPLETED, (name, entry.action, ending.value))


def _of_checks(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus) -> Iterator[Observation]:
    former, results = before.validation_results, after.validation_results
    if results is None or results.checked_at == (former.checked_at if former else None):
        return
    for check in results.safety_checks:
        yield Observation(Measure.SAFETY, (check.type.value, _found(check).value))


def _found(check: SafetyCheckResult) -> CheckResult:
    if check.unknown:
        return CheckResult.UNKNOWN
    return CheckResult.PASS if check.passed else CheckResult.FAIL


def _of_adjustments(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus) -> Iterator[Observation]:
    for adjustment in after.adaptive_adjustments[len(before.adaptive_adjustments):]:
        if adjustment.type is not None:
            yield Observation(Measure.ADJUSTMENTS, (adjustment.type.value,))


def _seconds(begun: datetime, ended: datetime) -> float:
    """Clocks of several machines are compared; nothing takes less than no time."""
    return max((ended - begun).total_seconds(), 0.0)
