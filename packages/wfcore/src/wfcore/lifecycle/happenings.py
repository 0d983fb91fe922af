"""Which Events a status change is worth: one per change, derived from before and after."""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.lifecycle.validating_conditions import of_approval
from wfcore.model.enums import Phase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.crowding import is_crowded_out
from wfcore.program import Happening
from wfcore.reasons import EventReason


def happenings(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus) -> tuple[Happening, ...]:
    """The Events of one committed status."""
    changed = _of_waiting(before, after) if before.phase is after.phase else tuple(_of_transition(before, after))
    return (*of_approval(before.approval, after), *changed)


def _of_waiting(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus) -> tuple[Happening, ...]:
    if before.waiting_for or not after.waiting_for:
        return ()
    reason = EventReason.PARALLELISM_LIMIT if is_crowded_out(after) else EventReason.TARGET_BUSY
    return (Happening("Normal", reason.value, f"waits: {after.waiting_for}"),)


def _of_transition(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus) -> Iterator[Happening]:
    if before.phase is Phase.NEW:
        yield Happening("Normal", EventReason.CREATED.value, "the workflow was accepted")
    step = f"{before.phase.value or 'new'} -> {after.phase.value}"
    yield Happening("Normal", EventReason.PHASE_TRANSITION.value, step)
    match after.phase:
        case Phase.VALIDATING:
            yield Happening("Normal", EventReason.GENERATED.value, f"planned {after.total_steps} steps")
        case Phase.EXECUTING:
            yield Happening("Normal", EventReason.VALIDATED.value, "every check passed")
        case Phase.COMPLETED:
            outcome = f"outcome {after.workflow_result.outcome.value}" if after.workflow_result else "nothing executed"
            yield Happening("Normal", EventReason.COMPLETED.value, outcome)
        case Phase.FAILED:
            if before.phase in (Phase.PLANNING, Phase.VALIDATING):
                yield Happening("Warning", EventReason.VALIDATION_FAILED.value, after.failure_message)
            yield Happening("Warning", EventReason.FAILED.value, f"{after.failure_reason}: {after.failure_message}")
            if after.rollback is not None and after.rollback.dirty:
                yield Happening("Warning", EventReason.MANUAL_INTERVENTION.value,
                                f"{len(after.rollback.dirty)} objects are still changed; see status.rollback.dirty")
