"""Why each step runs, waits or failed, and what happens next.

The reasons come from the ledger and the plan, and "next" from asking `decide`
itself: an explanation can't say anything the engine would not do.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from attrs import frozen

from wfcore.codec import Malformed
from wfcore.codec.durations import format_duration
from wfcore.codec.times import format_time
from wfcore.decision import CancelChild, CreateChild, Decision
from wfcore.execution.adapting import parallel_now
from wfcore.execution.ledger import is_finished
from wfcore.lifecycle.approval import is_awaited, sentence
from wfcore.lifecycle.control import hold_sentence
from wfcore.lifecycle.machine import decide
from wfcore.lifecycle.planned import plan_of
from wfcore.lifecycle.questions import next_question
from wfcore.lifecycle.sources import source_question
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import Phase, RollbackPhase, RollbackStrategy, StepPhase
from wfcore.model.status import DirtyObject, StepStatus, WorkflowExecutionStatus
from wfcore.planning.crowding import is_crowded_out
from wfcore.planning.planner import Plan
from wfcore.program import Inspect, Request, Review
from wfcore.rollback.start import rollback_command, undoable
from wfcore.snapshot import Snapshot


@frozen
class StepExplanation:
    """One step: its state, why, and which steps it waits for."""

    step_number: int
    status: str
    why: str
    waits_for: tuple[int, ...] = ()


@frozen
class Explanation:
    """A workflow at one instant.

    `next` says what the next pass does, `wake_at` when it is due without any
    event; `commands` are what a person can type: to decide on the plan that waits
    for it, to look at objects left changed.
    """

    phase: str
    headline: str
    steps: tuple[StepExplanation, ...]
    next: str
    wake_at: datetime | None
    commands: tuple[str, ...]


def explain(snapshot: Snapshot, now: datetime) -> Explanation:
    """Explain a workflow as it stands at `now`.  Costs one decision."""
    status = snapshot.workflow.status
    plan = plan_of(snapshot) if status.plan_digest else None
    known = plan if isinstance(plan, Plan) else None
    decision = decide(snapshot, now)
    held = hold_sentence(snapshot, decision.status)
    dirty = status.rollback.dirty if status.rollback else ()
    return Explanation(
        phase=status.phase.value, headline=_headline(status, held),
        steps=tuple(_step(entry, status, known, snapshot, held, now) for entry in status.step_statuses),
        next=_next(snapshot, decision, plan, next_question(snapshot, now)),
        wake_at=None if status.phase in TERMINAL else decision.wake_at,
        commands=(*_approving(snapshot), *_by_hand(snapshot, known), *map(_command, dirty)))


def _headline(status: WorkflowExecutionStatus, held: str) -> str:
    if status.phase in TERMINAL:
        outcome = status.workflow_result.outcome.value if status.workflow_result else "nothing executed"
        return f"{status.phase.value}: {status.failure_message or outcome}"
    if held:
        return f"held: {held}"
    if status.waiting_for:
        what = "its turn" if is_crowded_out(status) else "its targets"
        return f"waiting for {what}: {status.waiting_for}"
    if status.approval is not None and is_awaited(status):
        return f"{status.phase.value}: {sentence(status.approval)}"
    done = f"{status.current_step} of {status.total_steps} steps finished"
    return f"{status.phase.value or 'new'}: {done}" if status.total_steps else status.phase.value or "new"


def _step(entry: StepStatus, status: WorkflowExecutionStatus, plan: Plan | None, snapshot: Snapshot, held: str,
          now: datetime) -> StepExplanation:
    number = entry.step_number
    if plan is not None and plan.reverses:
        return _of_reversal(entry, plan, snapshot, now)
    if entry.rollback is not None:
        return StepExplanation(number, entry.status.value, _compensation(entry))
    match entry.status:
        case StepPhase.PENDING:
            return _pending(entry, status, plan, held)
        case StepPhase.EXECUTING if entry.retry_at is not None:
            return StepExplanation(number, "waiting", f"attempt {entry.attempt} failed ({entry.error_message}); "
                                   f"the next starts at {format_time(entry.retry_at)}")
        case StepPhase.EXECUTING:
            return StepExplanation(number, "running", _running(entry, now))
        case StepPhase.COMPLETED if not entry.attempt:
            return StepExplanation(number, "completed", "carried over: the workflow that is retried has achieved it")
        case StepPhase.COMPLETED:
            return StepExplanation(number, "completed", f"attempt {entry.attempt} succeeded")
        case _:
            tries = f" after {entry.attempt} attempts" if entry.attempt > 1 else ""
            return StepExplanation(number, entry.status.value, f"{entry.error_message}{tries}")


def _of_reversal(entry: StepStatus, plan: Plan, snapshot: Snapshot, now: datetime) -> StepExplanation:
    """A step of a workflow that undoes another: it only waits for its turn."""
    number = entry.step_number
    match entry.status:
        case StepPhase.PENDING:
            over = {e.step_number for e in snapshot.workflow.status.step_statuses if is_finished(e)}
            missing = tuple(sorted(plan.needs[number] - over))
            why = (f"waits until step {', '.join(map(str, missing))} is undone or given up" if missing
                   else "is undone next, as soon as nothing holds it")
            return StepExplanation(number, "waiting", why, missing)
        case StepPhase.EXECUTING if entry.retry_at is not None:
            return StepExplanation(number, "waiting", f"attempt {entry.attempt} to undo it failed "
                                   f"({entry.error_message}); the next starts at {format_time(entry.retry_at)}")
        case StepPhase.EXECUTING:
            return StepExplanation(number, "running", f"is being undone: {_running(entry, now)}")
        case StepPhase.COMPLETED:
            return StepExplanation(number, "completed", f"was undone: attempt {entry.attempt} succeeded")
        case _:
            return StepExplanation(number, entry.status.value, f"is not undone: {entry.error_message}")


def _by_hand(snapshot: Snapshot, plan: Plan | None) -> tuple[str, ...]:
    """The command that undoes a failed workflow, if there is something that it could undo."""
    status = snapshot.workflow.status
    if status.phase is not Phase.FAILED or plan is None or plan.rollback_strategy is RollbackStrategy.NONE:
        return ()
    return (rollback_command(snapshot),) if undoable(status, plan) else ()


def _pending(entry: StepStatus, status: WorkflowExecutionStatus, plan: Plan | None,
             held: str) -> StepExplanation:
    finished = {e.step_number for e in status.step_statuses if e.status is StepPhase.COMPLETED}
    needs = plan.needs.get(entry.step_number, frozenset()) if plan else frozenset()
    missing = tuple(sorted(needs - finished))
    if missing:
        why = f"needs step {', '.join(map(str, missing))} first"
        return StepExplanation(entry.step_number, "waiting", why, missing)
    if held:
        return StepExplanation(entry.step_number, "waiting", f"ready, but {held}")
    if is_awaited(status):
        return StepExplanation(entry.step_number, "waiting", "the plan has not been approved")
    if status.execution_start_time is None:
        return StepExplanation(entry.step_number, "waiting", "execution has not begun")
    most = parallel_now(plan, status) if plan else 0
    return StepExplanation(entry.step_number, "waiting", f"ready, but {most} steps run already, the most allowed")


def _running(entry: StepStatus, now: datetime) -> str:
    left = format_duration(entry.deadline - now) if entry.deadline and entry.deadline > now else "0s"
    child = entry.k8s_execution_ref.name if entry.k8s_execution_ref else ""
    if entry.cancelled_at is not None:
        return f"attempt {entry.attempt} took too long and was cancelled; waiting for {child} to say how it ended"
    return f"attempt {entry.attempt} runs as {child}, {left} left"


def _compensation(entry: StepStatus) -> str:
    rollback = entry.rollback
    assert rollback is not None
    match rollback.status:
        case RollbackPhase.PENDING:
            return "will be compensated once the steps that stand on it are"
        case RollbackPhase.EXECUTING:
            return f"is being compensated, attempt {rollback.attempt}"
        case RollbackPhase.COMPLETED:
            return "was compensated: the values from before are back"
        case RollbackPhase.FAILED:
            return f"could not be compensated: {rollback.error_message}"
        case _:
            assert_never(rollback.status)


def _next(snapshot: Snapshot, decision: Decision, plan: Plan | Malformed | None, question: Request | None) -> str:
    status, source = snapshot.workflow.status, source_question(snapshot)
    if status.phase in TERMINAL:
        return "nothing: the workflow has ended"
    if status.phase is Phase.PLANNING and decision.status.phase is Phase.PLANNING and source is not None:
        return f"read workflow {source.ref} and plan from it"
    if isinstance(plan, Malformed):
        return "it fails: its plan can no longer be computed"
    if isinstance(question, Review):
        return "the API server is asked who may do what"
    if isinstance(question, Inspect):
        return "the targets are looked at"
    if decision.need_live:
        return "the API server is asked again, because what is known may be stale"
    starts = [effect.name for effect in decision.effects if isinstance(effect, CreateChild)]
    stops = [effect.name for effect in decision.effects if isinstance(effect, CancelChild)]
    parts = [f"create {', '.join(starts)}"] if starts else []
    parts += [f"cancel {', '.join(stops)}"] if stops else []
    if decision.status.phase is not status.phase:
        parts.insert(0, f"enter {decision.status.phase.value}")
    if parts:
        return "; ".join(parts)
    due = f"at {format_time(decision.wake_at)}, or sooner " if decision.wake_at else ""
    return f"look again {due}when something changes"


def _approving(snapshot: Snapshot) -> tuple[str, ...]:
    """How to approve the plan, and only this plan, when that is what the workflow waits for."""
    meta, status = snapshot.workflow.metadata, snapshot.workflow.status
    if status.phase in TERMINAL or not is_awaited(status):
        return ()
    place = f" -n {meta.namespace}" if meta.namespace else ""
    return (f"wfctl approve{place} {meta.name} --digest {status.plan_digest}",)


def _command(dirty: DirtyObject) -> str:
    place = f" -n {dirty.namespace}" if dirty.namespace else ""
    if dirty.name.startswith("("):
        return f"kubectl get {dirty.kind.lower()}{place} -l '{dirty.name[1:-1]}' -o yaml"
    return f"kubectl get {dirty.kind.lower()}{place} {dirty.name} -o yaml"
