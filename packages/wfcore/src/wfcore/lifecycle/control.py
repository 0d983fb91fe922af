"""Holds: while `spec.suspend` is set or an emergency freeze is on, nothing is launched.

A suspension holds what goes forward, and a stop ends it.  A freeze holds
compensations too, and whatever a stop asks for.  Running children keep their
time-outs and a workflow that is only monitored goes on; but the deadlines of
the phase, of an approval, of a wait for busy targets, of the dry run and of
running compensations move by the time held.  `workflowTimeout` does not.

In status a hold is an instant: `suspendedSince`, `frozenSince`.  The deadlines
there are moved once, when it ends, so that a hold costs two writes however
long it is; meanwhile the phases are shown the deadlines as they stand.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from wfcore.execution.ledger import clipped
from wfcore.lifecycle.transitions import TERMINAL, phase_start
from wfcore.model.enums import Phase, RollbackPhase, Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import ApprovalStatus, StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.snapshot import Snapshot

# How soon a frozen workflow is looked at again although nobody told that the freeze is over.
FREEZE_POLL = timedelta(seconds=30)
_NOT_SUSPENDED = TERMINAL | {Phase.ROLLING_BACK}
_PREPARING = frozenset({Phase.PLANNING, Phase.VALIDATING})


def is_held(status: WorkflowExecutionStatus) -> bool:
    """Whether nothing may be launched: the status of a pass says so, whatever the reason."""
    return status.suspended_since is not None or status.frozen_since is not None


def with_hold(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> WorkflowExecutionStatus:
    """The status with what begins or ends at `now`: of a hold that ends, its time is given back to the deadlines.

    Two holds at once count once: what ends while the other goes on gives back
    only the time that it covered alone.  Time before the phase gives it nothing.
    """
    spec = snapshot.workflow.spec
    wanted = (spec.suspend and spec.stop is Stop.NO and status.phase not in _NOT_SUSPENDED,
              snapshot.surroundings.frozen and status.phase not in TERMINAL)
    before = (status.suspended_since, status.frozen_since)
    after = tuple((since or now) if on else None for since, on in zip(before, wanted, strict=True))
    if after == before:
        return status
    ended = min((b for b, a in zip(before, after, strict=True) if b is not None and a is None), default=None)
    following = min((b for b, a in zip(before, after, strict=True) if b is not None and a is not None), default=now)
    moved = status if ended is None else _moved(snapshot, status, ended, following)
    return evolve(moved, suspended_since=after[0], frozen_since=after[1])


def as_it_stands(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> WorkflowExecutionStatus:
    """The status with its deadlines as if the hold ended now: what the phases judge by."""
    begun = [since for since in (status.suspended_since, status.frozen_since) if since is not None]
    return _moved(snapshot, status, min(begun), now) if begun else status


def as_it_is_stored(decided: WorkflowExecutionStatus, shown: WorkflowExecutionStatus,
                    stored: WorkflowExecutionStatus) -> WorkflowExecutionStatus:
    """A decision's status with each deadline that it left as it was `shown` back to what is `stored`."""
    if shown is stored or decided.phase is not stored.phase:
        return decided
    changes = {name: getattr(stored, name) for name in ("phase_deadline", "target_wait_deadline", "dry_run_start_time")
               if getattr(decided, name) == getattr(shown, name)}
    if decided.approval is not None and shown.approval is not None and stored.approval is not None \
            and decided.approval.deadline == shown.approval.deadline:
        changes["approval"] = evolve(decided.approval, deadline=stored.approval.deadline)
    entries = tuple(_entry_as_stored(*each) for each in zip(
        decided.step_statuses, shown.step_statuses, stored.step_statuses, strict=True))
    return evolve(decided, step_statuses=entries, **changes)


def _entry_as_stored(decided: StepStatus, shown: StepStatus, stored: StepStatus) -> StepStatus:
    ours, theirs, before = decided.rollback, shown.rollback, stored.rollback
    if ours is None or theirs is None or before is None or ours.deadline != theirs.deadline:
        return decided
    return evolve(decided, rollback=evolve(ours, deadline=before.deadline))


def hold_sentence(snapshot: Snapshot, status: WorkflowExecutionStatus) -> str:
    """Why nothing is launched, in the freeze's own words; empty when nothing holds the workflow."""
    if status.frozen_since is not None:
        words = snapshot.surroundings.frozen_because
        too = "; spec.suspend is set too" if status.suspended_since is not None else ""
        return clipped("an emergency freeze is on" + (f": {words}" if words else ""), 1000) + too
    if status.suspended_since is not None:
        return "spec.suspend is set, nothing is launched until it is removed"
    return ""


def _moved(snapshot: Snapshot, status: WorkflowExecutionStatus, since: datetime,
           until: datetime) -> WorkflowExecutionStatus:
    """The status with what a hold from `since` to `until` took given back."""
    in_phase = max(since, phase_start(status) or since)
    status = evolve(status, phase_deadline=_later(status.phase_deadline, in_phase, until))
    if status.phase is Phase.ROLLING_BACK:
        return evolve(status, step_statuses=tuple(
            evolve(e, rollback=_compensation(e.rollback, since, until)) if e.rollback else e
            for e in status.step_statuses))
    if status.phase not in _PREPARING:
        return status
    dry_run, wait = status.dry_run_start_time, status.target_wait_deadline
    waiting_since = (wait or since) - snapshot.settings.target_wait_timeout
    return evolve(
        status, approval=_approval(status.approval, since, until),
        dry_run_start_time=_later(dry_run, max(since, dry_run or since), until),
        target_wait_deadline=_later(wait, max(since, waiting_since), until))


def _later(instant: datetime | None, since: datetime, until: datetime) -> datetime | None:
    return instant if instant is None else instant + _length(since, until)


def _length(since: datetime, until: datetime) -> timedelta:
    return max(until - since, timedelta(0))


def _approval(approval: ApprovalStatus | None, since: datetime, until: datetime) -> ApprovalStatus | None:
    if approval is None or approval.decision is not None or approval.skipped:
        return approval
    held = _length(max(since, approval.requested_at), until)
    return evolve(approval, deadline=approval.deadline + held)


def _compensation(compensation: StepRollback, since: datetime, until: datetime) -> StepRollback:
    if compensation.status is not RollbackPhase.EXECUTING:
        return compensation
    return evolve(compensation, deadline=_later(compensation.deadline, since, until))
