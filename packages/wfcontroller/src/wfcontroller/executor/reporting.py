"""The statuses an attempt reports, as values.  Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import attrs

from wfcontroller.executor.contract import ActionResult, Captured, Done
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.record import clipped
from wfcore.codec.canonical import canonical
from wfcore.model.enums import ExecutionKind, Mutated
from wfcore.model.execution import KubernetesExecutionSpec, KubernetesExecutionStatus
from wfcore.model.results import (
    CustomExecutionResult,
    DryRunStepResult,
    RestartExecutionResult,
    RollbackInformation,
    ScaleExecutionResult,
    StepExecutionResult,
    UpdateExecutionResult,
)

MOST_AFFECTED = 500


def captured_information(captured: Captured) -> RollbackInformation:
    """What is persisted before the attempt acts: from then on the cautious answer is `unknown`."""
    digest = "" if captured.digested is None else hashlib.sha256(canonical(captured.digested)).hexdigest()
    return RollbackInformation(
        captured=True, mutated=Mutated.UNKNOWN, parameters=captured.parameters, digest=digest)


def succeeded(
    status: KubernetesExecutionStatus, spec: KubernetesExecutionSpec, done: Done, mutated: Mutated,
    warnings: tuple[str, ...], now: datetime,
) -> KubernetesExecutionStatus:
    """The verified outcome; `rollback_ready` says that the captured values could undo it."""
    information = _settled(status, mutated)
    undoable = spec.kind is ExecutionKind.FORWARD and information is not None and information.parameters is not None
    result = StepExecutionResult(
        success=True, execution_time=_taken(status, now), resources_affected=done.affected[:MOST_AFFECTED],
        warnings=warnings, **_member(done.result))
    return attrs.evolve(
        status, phase="rollback_ready" if undoable else "completed", completion_time=now, execution_result=result,
        rollback_information=information)


def failed(
    status: KubernetesExecutionStatus, error: ExecutionFailed, mutated: Mutated, warnings: tuple[str, ...],
    now: datetime,
) -> KubernetesExecutionStatus:
    """The failure, and whether the cluster was changed all the same."""
    result = StepExecutionResult(success=False, execution_time=_taken(status, now), warnings=warnings)
    return attrs.evolve(
        status, phase="failed", completion_time=now, execution_result=result, error_message=clipped(error.message),
        failure_class=error.failure_class, rollback_information=_settled(status, mutated))


def rehearsed(
    status: KubernetesExecutionStatus, spec: KubernetesExecutionSpec, error: ExecutionFailed | None, now: datetime
) -> KubernetesExecutionStatus:
    """The dry run of a step; one that would not succeed is a failed execution with the reason."""
    result = DryRunStepResult(
        step_number=spec.step_number, action=spec.action, would_succeed=error is None,
        simulated_duration=_taken(status, now), validation_errors=() if error is None else (clipped(error.message),))
    ended = attrs.evolve(status, phase="completed", completion_time=now, dry_run_result=result)
    if error is None:
        return ended
    return attrs.evolve(
        ended, phase="failed", error_message=clipped(error.message), failure_class=error.failure_class)


def _settled(status: KubernetesExecutionStatus, mutated: Mutated) -> RollbackInformation | None:
    if status.rollback_information is None:
        return None if mutated is Mutated.NO else RollbackInformation(mutated=mutated)
    return attrs.evolve(status.rollback_information, mutated=mutated)


def _taken(status: KubernetesExecutionStatus, now: datetime) -> timedelta | None:
    return None if status.start_time is None else max(now - status.start_time, timedelta(0))


def _member(result: ActionResult | None) -> dict[str, Any]:
    match result:
        case ScaleExecutionResult():
            return {"scale_result": result}
        case RestartExecutionResult():
            return {"restart_result": result}
        case UpdateExecutionResult():
            return {"update_result": attrs.evolve(
                result, previous_value=clipped(result.previous_value), new_value=clipped(result.new_value))}
        case CustomExecutionResult():
            return {"custom_result": result}
        case None:
            return {}
