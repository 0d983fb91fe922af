"""Rolling back: compensations in reverse dependency order, each once, with retries; failures don't stop the others."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from wfcore.decision import CancelChild, CreateChild, Decision, Progress
from wfcore.ending import failed, recommended_for
from wfcore.execution.attempts import Attempt, AttemptFailed, Running, Succeeded, judge
from wfcore.execution.backoff import retry_delay
from wfcore.execution.children import child_object
from wfcore.execution.ledger import child_reference, clipped
from wfcore.execution.names import child_name
from wfcore.execution.retries import should_retry
from wfcore.model.compensations import RollbackParameters
from wfcore.model.enums import ExecutionKind, RollbackPhase, StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.status import RollbackStatus, StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.planning.idempotence import may_be_repeated
from wfcore.planning.planner import Plan
from wfcore.reasons import Reason
from wfcore.rollback.restoring import captured_by, compensation_of
from wfcore.rollback.start import dirty_objects
from wfcore.snapshot import Snapshot

_OVER = frozenset({RollbackPhase.COMPLETED, RollbackPhase.FAILED})


def advance_rollback(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, now: datetime) -> Decision:
    """One pass over the compensations.  O(steps + dependencies)."""
    progress = Progress()
    ledger = {entry.step_number: entry for entry in status.step_statuses}
    expired = status.phase_deadline is not None and now >= status.phase_deadline
    for number, entry in ledger.items():
        compensation = entry.rollback
        if compensation is None or compensation.status is not RollbackPhase.EXECUTING:
            continue
        if _came_late(snapshot, compensation):
            limit = plan.rendered[number].rollback_spec
            timeout = (limit and limit.timeout) or snapshot.settings.compensation_timeout
            compensation = evolve(compensation, retry_at=None, deadline=now + timeout, error_message="")
        if compensation.retry_at is None:
            ledger[number] = _absorb(snapshot, plan, entry, compensation, progress, expired, now)
    blocked = _blocked(plan, ledger)
    free = plan.max_parallel - sum(map(_is_under_way, ledger.values()))
    for number in plan.order:
        waits = (number in blocked or status.frozen_since is not None
                 or (free <= 0 and not _is_under_way(ledger[number])))
        before = _is_under_way(ledger[number])
        _launch_or_expire(snapshot, plan, ledger, number, progress, waits, expired, now)
        free -= _is_under_way(ledger[number]) - before
    if any(progress.need_live):
        return Decision(status=status, need_live=True)
    entries = tuple(ledger[entry.step_number] for entry in status.step_statuses)
    updated = status if entries == status.step_statuses else evolve(status, step_statuses=entries)
    if all(entry.rollback is None or entry.rollback.status in _OVER for entry in entries):
        return Decision(status=_rolled_back(updated, plan, now), wake_at=now)
    if status.phase_deadline is not None and not expired:
        progress.wakes.append(status.phase_deadline)
    return Decision(status=updated, effects=tuple(progress.effects), wake_at=progress.wake_at())


def _is_under_way(entry: StepStatus) -> bool:
    return entry.rollback is not None and entry.rollback.status is RollbackPhase.EXECUTING


def _came_late(snapshot: Snapshot, compensation: StepRollback) -> bool:
    """As for steps: given up as never created, and there after all."""
    reference = compensation.k8s_execution_ref
    return (compensation.retry_at is not None and reference is not None and not reference.uid
            and reference.name in snapshot.children)


def _blocked(plan: Plan, ledger: dict[int, StepStatus]) -> frozenset[int]:
    """Steps that some (transitive) dependant with an unfinished compensation still stands on."""
    waiting: set[int] = set()
    for number in reversed(plan.order):
        for after in plan.dependants[number]:
            compensation = ledger[after].rollback
            if after in waiting or (compensation is not None and compensation.status not in _OVER):
                waiting.add(number)
                break
    return frozenset(waiting)


def _launch_or_expire(snapshot: Snapshot, plan: Plan, ledger: dict[int, StepStatus], number: int, progress: Progress,
                      blocked: bool, expired: bool, now: datetime) -> None:
    entry = ledger[number]
    compensation = entry.rollback
    if compensation is None or compensation.status in _OVER:
        return
    if compensation.status is RollbackPhase.EXECUTING and compensation.retry_at is None:
        return
    if expired:
        ledger[number] = _ended(entry, compensation, RollbackPhase.FAILED, now,
                                compensation.error_message or "the rollback took too long")
    elif compensation.retry_at is not None and compensation.retry_at > now:
        progress.wakes.append(compensation.retry_at)
    elif not blocked:
        ledger[number] = _launch(snapshot, plan, entry, compensation, progress, now)


def _launch(snapshot: Snapshot, plan: Plan, entry: StepStatus, compensation: StepRollback, progress: Progress,
            now: datetime) -> StepStatus:
    number = compensation.attempt + 1
    progress.need_live.append(not _shows_the_capture(snapshot, entry))
    spec = _rendered(snapshot, plan, entry)
    if spec is None:
        return _ended(entry, compensation, RollbackPhase.FAILED, now,
                      "no previous values were captured and the rollbackSpec has none")
    name = child_name(snapshot.workflow.metadata.name, ExecutionKind.ROLLBACK, entry.step_number, number)
    progress.effects.append(CreateChild(name, child_object(snapshot.workflow.metadata, spec, number, plan.digest)))
    deadline = now + spec.timeout
    progress.wakes.append(deadline)
    return evolve(entry, rollback=evolve(
        compensation, status=RollbackPhase.EXECUTING, attempt=number, start_time=compensation.start_time or now,
        deadline=deadline, retry_at=None, cancelled_at=None,
        k8s_execution_ref=child_reference(snapshot.workflow.metadata.namespace, name)))


def _absorb(snapshot: Snapshot, plan: Plan, entry: StepStatus, compensation: StepRollback, progress: Progress,
            expired: bool, now: datetime) -> StepStatus:
    attempt = _attempt(entry, compensation, plan)
    if expired:
        attempt = evolve(attempt, deadline=min(attempt.deadline, now))
    child = snapshot.children.get(attempt.name)
    verdict = judge(attempt, child, snapshot.foreign.get(attempt.name), live=snapshot.live, now=now,
                    settings=snapshot.settings)
    match verdict:
        case Running():
            return _still_running(snapshot, plan, entry, compensation, attempt, verdict, progress, now)
        case Succeeded():
            return _ended(entry, _seen(compensation, verdict.uid), RollbackPhase.COMPLETED, verdict.end, "")
        case AttemptFailed():
            rendered = _rendered(snapshot, plan, entry)
            idempotent = rendered is not None and may_be_repeated(rendered, snapshot.settings)
            seen = evolve(_seen(compensation, verdict.uid), error_message=clipped(verdict.message))
            if expired or not should_retry(verdict, compensation.attempt, plan.retries[entry.step_number],
                                           idempotent=idempotent):
                return _ended(entry, seen, RollbackPhase.FAILED, verdict.end, seen.error_message)
            delay = retry_delay(snapshot.workflow.metadata.uid, f"rollback-{entry.step_number}", compensation.attempt,
                                snapshot.settings)
            return evolve(entry, rollback=evolve(seen, retry_at=now + delay, deadline=None, cancelled_at=None))
        case _:
            assert_never(verdict)


def _still_running(snapshot: Snapshot, plan: Plan, entry: StepStatus, compensation: StepRollback, attempt: Attempt,
                   verdict: Running, progress: Progress, now: datetime) -> StepStatus:
    progress.wakes.append(verdict.wake_at)
    progress.need_live.append(verdict.need_live)
    child = snapshot.children.get(attempt.name)
    cancelling = verdict.cancel or compensation.cancelled_at is not None
    if child is None and attempt.name not in snapshot.foreign and not cancelling:
        progress.need_live.append(not _shows_the_capture(snapshot, entry))
        spec = _rendered(snapshot, plan, entry)
        if spec is not None:
            body = child_object(snapshot.workflow.metadata, spec, compensation.attempt, plan.digest)
            progress.effects.append(CreateChild(attempt.name, body))
    elif child is not None and cancelling:
        progress.wakes.append(now + snapshot.settings.cancel_grace)
        if not child.metadata.deletion_timestamp:
            progress.effects.append(CancelChild(attempt.name, child.metadata.uid))
    cancelled = compensation.cancelled_at or (now if verdict.cancel else None)
    seen = _seen(compensation, verdict.uid)
    if cancelled is not seen.cancelled_at:
        seen = evolve(seen, cancelled_at=cancelled)
    return entry if seen is entry.rollback else evolve(entry, rollback=seen)


def _attempt(entry: StepStatus, compensation: StepRollback, plan: Plan) -> Attempt:
    reference, start, deadline = compensation.k8s_execution_ref, compensation.start_time, compensation.deadline
    # As for steps: a ledger without all three is not sound.
    assert reference is not None
    assert start is not None
    assert deadline is not None
    return Attempt(name=reference.name, kind=ExecutionKind.ROLLBACK, number=compensation.attempt,
                   action=plan.rendered[entry.step_number].action, digest=plan.digest, start=start, deadline=deadline,
                   cancelled_at=compensation.cancelled_at, uid=reference.uid)


def _seen(compensation: StepRollback, uid: str) -> StepRollback:
    reference = compensation.k8s_execution_ref
    if not uid or reference is None or reference.uid == uid:
        return compensation
    return evolve(compensation, k8s_execution_ref=evolve(reference, uid=uid))


def _rendered(snapshot: Snapshot, plan: Plan, entry: StepStatus) -> KubernetesExecutionSpec | None:
    """The compensation's spec with the values captured by the earliest attempt that may have changed something."""
    return compensation_of(plan.rendered[entry.step_number], _captured(snapshot, entry),
                           snapshot.workflow.metadata.namespace, snapshot.settings)


def _captured(snapshot: Snapshot, entry: StepStatus) -> RollbackParameters | None:
    return captured_by(snapshot.workflow.metadata.name, entry, snapshot.children)


def _shows_the_capture(snapshot: Snapshot, entry: StepStatus) -> bool:
    """Whether the values to restore are known: a stale child, or none, may hide what was captured."""
    return snapshot.live or _captured(snapshot, entry) is not None


def _ended(entry: StepStatus, compensation: StepRollback, phase: RollbackPhase, end: datetime,
           message: str) -> StepStatus:
    over = evolve(compensation, status=phase, end_time=end, deadline=None, retry_at=None, cancelled_at=None,
                        error_message=clipped(message))
    undone = phase is RollbackPhase.COMPLETED and entry.status is StepPhase.COMPLETED
    return evolve(entry, rollback=over, status=StepPhase.ROLLED_BACK if undone else entry.status)


def _rolled_back(status: WorkflowExecutionStatus, plan: Plan, now: datetime) -> WorkflowExecutionStatus:
    before = status.rollback or RollbackStatus(performed=True)
    lost = tuple(d for e in status.step_statuses if e.rollback and e.rollback.status is RollbackPhase.FAILED
                 for d in dirty_objects(e, plan))
    dirty = (*before.dirty, *lost)
    left = evolve(status, rollback=evolve(before, dirty=dirty))
    return failed(left, Reason.STEP_EXECUTION_FAILED, status.failure_message, now, actions=recommended_for(dirty))
