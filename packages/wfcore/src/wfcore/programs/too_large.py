"""The last resort for a status that the API server finds too large: the workflow ends with the least it can say.

The engine keeps statuses far below the limit, so only a server with another
one, or metadata of others, leads here.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from wfcore.ending import failed
from wfcore.execution.ledger import halted, is_finished, is_running
from wfcore.lifecycle.conditions import with_conditions
from wfcore.lifecycle.fitting import minimal
from wfcore.model.enums import Mutated, RollbackPhase
from wfcore.model.evolving import evolve
from wfcore.model.status import StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta
from wfcore.program import CommitStatus, Did, Emit, Finished, Happening, Ref, Steps
from wfcore.reasons import EventReason, Reason

_MESSAGE = ("the API server does not store a status of this size; what was running is not awaited: "
            "look at the steps without a certain outcome")


@frozen
class EndTooLarge:
    """Commit the terminal status `status_too_large` with the minimal ledger: keys and outcomes, no texts."""

    ref: Ref
    meta: ObjectMeta
    status: WorkflowExecutionStatus
    at: datetime

    def run(self) -> Steps:
        """One write; refused as well, it is tried again after growing delays, never in a loop."""
        status = with_conditions(ended_too_large(self.status, self.at), self.meta.generation, self.at)
        answer = yield CommitStatus(self.ref, self.meta.uid, self.meta.resource_version, status)
        if not isinstance(answer, Did):
            return Finished(backoff=True)
        yield Emit(self.ref, self.meta.uid, self.at, (
            Happening("Warning", EventReason.FAILED.value, f"{status.failure_reason}: {status.failure_message}"),))
        return Finished(wake_at=self.at)


def ended_too_large(status: WorkflowExecutionStatus, now: datetime) -> WorkflowExecutionStatus:
    """The terminal status: whatever had an outcome keeps it, whatever had none says so."""
    ledger = tuple(_given_up(entry, now) for entry in status.step_statuses)
    unnamed = evolve(status, step_statuses=ledger, failure_reason="", failure_message="", suspended_since=None,
                           frozen_since=None, execution_plan=None, workflow=None)
    ended = failed(minimal(unnamed), Reason.STATUS_TOO_LARGE, _MESSAGE, now)
    return evolve(ended, validation_results=None)


def _given_up(entry: StepStatus, now: datetime) -> StepStatus:
    rollback = entry.rollback and _compensation_given_up(entry.rollback, now)
    if is_finished(entry):
        return evolve(entry, rollback=rollback)
    unsure = is_running(entry) and entry.mutated is Mutated.NO
    given_up = evolve(halted(entry, now), deadline=None, cancelled_at=None, rollback=rollback)
    return given_up if not unsure else evolve(
        given_up, mutated=Mutated.UNKNOWN, mutating_attempt=entry.mutating_attempt or entry.attempt)


def _compensation_given_up(rollback: StepRollback, now: datetime) -> StepRollback:
    if rollback.status in (RollbackPhase.COMPLETED, RollbackPhase.FAILED):
        return rollback
    return evolve(rollback, status=RollbackPhase.FAILED, end_time=now, deadline=None, retry_at=None,
                        cancelled_at=None)
