"""Executing: absorb outcomes, retry, skip, launch; and what follows when the ledger is finished."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from wfcore.decision import CancelChild, CreateChild, Decision, Progress
from wfcore.execution.adapting import parallel_now, retries_now, spec_now, stretched, throttled, with_adjustments
from wfcore.execution.attempts import AttemptFailed, Running, judge
from wfcore.execution.backoff import retry_delay
from wfcore.execution.children import child_object
from wfcore.execution.ledger import (
    absorbed,
    clipped,
    current_attempt,
    halted,
    is_finished,
    is_running,
    launched,
    resumed,
    skipped,
)
from wfcore.execution.retries import should_retry
from wfcore.lifecycle.control import is_held
from wfcore.model.enums import Phase, StepPhase, Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import KubernetesExecution
from wfcore.planning.idempotence import may_be_repeated
from wfcore.planning.planner import Plan
from wfcore.reasons import Reason
from wfcore.rollback.start import begin_rollback
from wfcore.snapshot import Snapshot, Unreadable

_LOST = frozenset({StepPhase.FAILED, StepPhase.SKIPPED})


@frozen
class Halt:
    """Why nothing more is launched."""

    reason: Reason
    message: str


def advance_execution(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, now: datetime) -> Decision:
    """One pass over the ledger.  O(steps + dependencies)."""
    progress = Progress()
    ledger = {entry.step_number: entry for entry in status.step_statuses}
    for number, entry in ledger.items():
        if _came_late(snapshot, entry):
            entry = resumed(entry, spec_now(plan, entry), now)
        if is_running(entry):
            ledger[number] = _absorb(snapshot, plan, entry, progress, now)
    fitted = throttled(plan, status, ledger)
    halt = _halt(status, plan, ledger, snapshot.workflow.spec.stop, now)
    if halt is None:
        if not plan.reverses:
            _skip_dependants(plan, ledger, now)
        if not is_held(status):
            _launch(snapshot, plan, ledger, progress, parallel_now(plan, fitted), now)
        if status.workflow_deadline is not None:
            progress.wakes.append(status.workflow_deadline)
    else:
        ledger = {n: e if is_finished(e) or is_running(e) else halted(e, now) for n, e in ledger.items()}
    entries = tuple(ledger[entry.step_number] for entry in status.step_statuses)
    done = sum(map(is_finished, entries))
    same = entries == status.step_statuses and done == status.current_step
    stepped = fitted if same else evolve(fitted, step_statuses=entries, current_step=done)
    updated = with_adjustments(status, stepped, plan, now)
    if any(progress.need_live):
        return Decision(status=status, need_live=True)
    if all(map(is_finished, entries)):
        return _ledger_finished(snapshot, updated, plan, halt, now)
    return Decision(status=updated, effects=tuple(progress.effects), wake_at=progress.wake_at(),
                    hold_until=_hold_until(status, updated, progress, snapshot))


def _came_late(snapshot: Snapshot, entry: StepStatus) -> bool:
    """Whether an attempt waits to be repeated although a process that stood still has delivered it since."""
    reference = entry.k8s_execution_ref
    return (entry.retry_at is not None and reference is not None and not reference.uid
            and reference.name in snapshot.children)


def _absorb(snapshot: Snapshot, plan: Plan, entry: StepStatus, progress: Progress, now: datetime) -> StepStatus:
    rendered = spec_now(plan, entry)
    attempt = current_attempt(entry, rendered, plan.digest)
    child = snapshot.children.get(attempt.name)
    verdict = judge(attempt, child, snapshot.foreign.get(attempt.name), live=snapshot.live, now=now,
                    settings=snapshot.settings)
    if isinstance(verdict, Running):
        progress.wakes.append(verdict.wake_at)
        progress.need_live.append(verdict.need_live)
        cancelled = verdict.cancel or entry.cancelled_at is not None
        if child is None and attempt.name not in snapshot.foreign and not cancelled:
            # The tracking finalizer keeps children until the workflow goes: absent means never created.
            body = child_object(snapshot.workflow.metadata, rendered, entry.attempt, plan.digest)
            progress.effects.append(CreateChild(attempt.name, body))
        elif child is not None and cancelled and not child.metadata.deletion_timestamp:
            progress.effects.append(CancelChild(attempt.name, child.metadata.uid))
            progress.wakes.append(now + snapshot.settings.cancel_grace)
        return absorbed(entry, verdict, now, None)
    retry_at = None
    if isinstance(verdict, AttemptFailed):
        idempotent = may_be_repeated(rendered, snapshot.settings)
        entry = stretched(plan, entry, verdict, idempotent=idempotent)
        if should_retry(verdict, entry.attempt, retries_now(plan, entry), idempotent=idempotent):
            uid, what = snapshot.workflow.metadata.uid, "rollback" if plan.reverses else "step"
            retry_at = now + retry_delay(uid, f"{what}-{entry.step_number}", entry.attempt, snapshot.settings)
    # Without a credible end of its own an outcome would be held anew in every pass.
    hold = snapshot.settings.outcome_hold
    progress.ends.append(verdict.end if _says_when(child, now) else verdict.end - hold)
    return absorbed(entry, verdict, now, retry_at)


def _says_when(child: KubernetesExecution | Unreadable | None, now: datetime) -> bool:
    ended = child.status.completion_time if isinstance(child, KubernetesExecution) else None
    return ended is not None and ended <= now


def _halt(status: WorkflowExecutionStatus, plan: Plan, ledger: dict[int, StepStatus], stop: Stop,
          now: datetime) -> Halt | None:
    for number, entry in ledger.items():
        if entry.status is StepPhase.FAILED and number in plan.critical:
            return Halt(Reason.STEP_EXECUTION_FAILED, f"critical step {number} failed: {entry.error_message}")
    if stop is not Stop.NO:
        return Halt(Reason.STOPPED, f"stopped ({stop.value}) while executing")
    if status.workflow_deadline is not None and now >= status.workflow_deadline:
        return Halt(Reason.WORKFLOW_TIMEOUT, "the workflow did not end within its workflowTimeout")
    return None


def _skip_dependants(plan: Plan, ledger: dict[int, StepStatus], now: datetime) -> None:
    if _LOST.isdisjoint([entry.status for entry in ledger.values()]):
        return
    for number in plan.order:
        if ledger[number].status is StepPhase.PENDING:
            for needed in sorted(plan.needs[number]):
                if ledger[needed].status in _LOST:
                    ledger[number] = skipped(ledger[number], needed, now)
                    break


def _launch(snapshot: Snapshot, plan: Plan, ledger: dict[int, StepStatus], progress: Progress, limit: int,
            now: datetime) -> None:
    occupied = sum(1 for entry in ledger.values() if entry.status is StepPhase.EXECUTING)
    running = sum(map(is_running, ledger.values()))
    for number in plan.order:
        entry = ledger[number]
        if entry.retry_at is not None and entry.retry_at > now:
            progress.wakes.append(entry.retry_at)
            continue
        if entry.retry_at is None:
            if entry.status is not StepPhase.PENDING or occupied >= limit:
                continue
            if not all(_allows(plan, ledger[needed]) for needed in plan.needs[number]):
                continue
            occupied += 1
        elif running >= limit:
            continue  # Its place was taken away while it waited; the end of another gives it one.
        running += 1
        rendered = spec_now(plan, entry)
        ledger[number] = intended = launched(entry, rendered, snapshot.workflow.metadata, now)
        body = child_object(snapshot.workflow.metadata, rendered, intended.attempt, plan.digest)
        progress.effects.append(CreateChild(body.value["metadata"]["name"], body))
        progress.wakes.append(now + rendered.timeout)


def _allows(plan: Plan, prerequisite: StepStatus) -> bool:
    """A compensation only waits for its turn: one that failed does not keep the others from being tried."""
    return is_finished(prerequisite) if plan.reverses else prerequisite.status is StepPhase.COMPLETED


def _ledger_finished(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, halt: Halt | None,
                     now: datetime) -> Decision:
    succeeded = {entry.step_number for entry in status.step_statuses if entry.status is StepPhase.COMPLETED}
    if halt is None and plan.reverses and len(succeeded) < len(status.step_statuses):
        missed = [n for n in plan.order if n not in succeeded]
        halt = Halt(Reason.ROLLBACK_INCOMPLETE, f"not undone: step {', '.join(map(str, missed))}")
    if halt is None and not succeeded:
        halt = Halt(Reason.STEP_EXECUTION_FAILED, "no step succeeded")
    if halt is not None:
        return begin_rollback(snapshot, status, plan, halt.reason, clipped(halt.message, 1000), now)
    settings = snapshot.settings
    return Decision(status=evolve(status, phase=Phase.MONITORING, monitoring_start_time=now,
                                        phase_deadline=now + settings.monitoring_timeout), wake_at=now)


def _hold_until(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus, progress: Progress,
                snapshot: Snapshot) -> datetime | None:
    """Outcomes that unlock nothing may wait a moment for company; an intent or a failure may not."""
    if progress.effects or not progress.ends or before.step_statuses == after.step_statuses:
        return None
    if any(e.status is StepPhase.FAILED or e.retry_at is not None for e in after.step_statuses):
        return None
    return min(progress.ends) + snapshot.settings.outcome_hold
