"""The success criteria that a plan publishes, each with whether it was met."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wfcore.model.enums import Outcome, Phase, StepPhase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning import review

_Judge = Callable[[WorkflowExecutionStatus], bool]


def _every_step(status: WorkflowExecutionStatus) -> bool:
    return all(entry.status is StepPhase.COMPLETED for entry in status.step_statuses)


def _no_critical_failure(status: WorkflowExecutionStatus) -> bool:
    return status.phase is Phase.COMPLETED


def _stayed_healthy(status: WorkflowExecutionStatus) -> bool:
    return status.workflow_result is not None and status.workflow_result.outcome in (
        Outcome.SUCCESS, Outcome.PARTIAL_SUCCESS)


def _no_new_alerts(status: WorkflowExecutionStatus) -> bool:
    # One that named a target would have failed the workflow.
    return not status.unwatched_namespaces


_JUDGES: Mapping[str, _Judge] = {
    review.EVERY_STEP: _every_step, review.CRITICAL: _no_critical_failure, review.HEALTHY: _stayed_healthy,
    review.NO_NEW_ALERTS: _no_new_alerts,
}


def judged_criteria(status: WorkflowExecutionStatus) -> tuple[str, ...]:
    """Each published criterion of a completed workflow, led by `met` or `not met`; others than ours are left out."""
    published = status.execution_plan.success_criteria if status.execution_plan else ()
    return tuple(f"{'met' if judge(status) else 'not met'}: {text}"
                 for text in published for start, judge in _JUDGES.items() if text.startswith(start))
