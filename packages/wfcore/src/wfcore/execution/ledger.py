"""One ledger entry through its attempts: launch, absorb the verdict, retry, fail."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from wfcore.execution.attempts import Attempt, AttemptFailed, Running, Succeeded, Verdict
from wfcore.execution.names import child_name
from wfcore.model.definition import ObjectReference
from wfcore.model.enums import FailureClass, Mutated, StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.results import StepExecutionResult
from wfcore.model.status import MESSAGE_BYTES, StepStatus
from wfcore.model.workflow import ObjectMeta
from wfcore.reasons import Reason
from wfcore.resources import KUBERNETES_EXECUTIONS

_KEPT_RESOURCES = 5
_UNFINISHED = frozenset({StepPhase.PENDING, StepPhase.EXECUTING})


def clipped(message: str, limit: int = MESSAGE_BYTES) -> str:
    """At most `limit` bytes of UTF-8, cut between characters; control characters become spaces."""
    clean = "".join(c if c.isprintable() else " " for c in message)
    data = clean.encode("utf-8", "replace")
    return clean if len(data) <= limit else data[:limit - 3].decode("utf-8", "ignore") + "..."


def is_finished(entry: StepStatus) -> bool:
    """Whether nothing will happen to the step any more, its compensation apart."""
    return entry.status not in _UNFINISHED


def is_running(entry: StepStatus) -> bool:
    """Whether an attempt is intended or under way (and not waiting for a retry)."""
    return entry.status is StepPhase.EXECUTING and entry.retry_at is None


def launched(entry: StepStatus, rendered: KubernetesExecutionSpec, workflow: ObjectMeta, now: datetime) -> StepStatus:
    """The entry with its next attempt intended."""
    number = entry.attempt + 1
    name = child_name(workflow.name, rendered.kind, entry.step_number, number)
    return evolve(
        entry, status=StepPhase.EXECUTING, attempt=number, start_time=entry.start_time or now,
        deadline=now + rendered.timeout, retry_at=None, cancelled_at=None, retries_attempted=number - 1,
        k8s_execution_ref=child_reference(workflow.namespace, name))


def child_reference(namespace: str, name: str, uid: str = "") -> ObjectReference:
    """A reference to a KubernetesExecution."""
    return ObjectReference(api_version=KUBERNETES_EXECUTIONS.api_version, kind=KUBERNETES_EXECUTIONS.kind,
                           namespace=namespace, name=name, uid=uid)


def current_attempt(entry: StepStatus, rendered: KubernetesExecutionSpec, digest: str) -> Attempt:
    """The attempt an executing entry is at."""
    reference, start, deadline = entry.k8s_execution_ref, entry.start_time, entry.deadline
    # A ledger in which an executing step has not all three is not sound, and nothing is done by it.
    assert reference is not None
    assert start is not None
    assert deadline is not None
    return Attempt(name=reference.name, kind=rendered.kind, number=entry.attempt, action=rendered.action,
                   digest=digest, start=start, deadline=deadline, cancelled_at=entry.cancelled_at, uid=reference.uid)


def absorbed(entry: StepStatus, verdict: Verdict, now: datetime, retry_at: datetime | None) -> StepStatus:
    """The entry after a verdict; `retry_at` is set when a failure is to be retried."""
    match verdict:
        case Running():
            cancelled = now if verdict.cancel and entry.cancelled_at is None else entry.cancelled_at
            seen = _with_uid(entry, verdict.uid)
            return seen if cancelled is seen.cancelled_at else evolve(seen, cancelled_at=cancelled)
        case Succeeded():
            return evolve(
                _with_mutation(_with_uid(entry, verdict.uid), verdict.mutated), status=StepPhase.COMPLETED,
                end_time=verdict.end, deadline=None, cancelled_at=None, result=summary(verdict.result),
                error_message="", failure_class=None, reason="")
        case AttemptFailed():
            failed = evolve(
                _with_mutation(_with_uid(entry, verdict.uid), verdict.mutated), deadline=None, cancelled_at=None,
                error_message=clipped(verdict.message), failure_class=verdict.failure_class,
                reason=verdict.reason.value)
            if retry_at is not None:
                return evolve(failed, retry_at=retry_at)
            return evolve(failed, status=StepPhase.FAILED, end_time=verdict.end)
        case _:
            assert_never(verdict)


def _with_uid(entry: StepStatus, uid: str) -> StepStatus:
    reference = entry.k8s_execution_ref
    if not uid or reference is None or reference.uid == uid:
        return entry
    return evolve(entry, k8s_execution_ref=evolve(reference, uid=uid))


def _with_mutation(entry: StepStatus, mutated: Mutated) -> StepStatus:
    if mutated is Mutated.NO:
        return entry
    surest = Mutated.YES if Mutated.YES in (mutated, entry.mutated) else Mutated.UNKNOWN
    return evolve(entry, mutated=surest, mutating_attempt=entry.mutating_attempt or entry.attempt)


def resumed(entry: StepStatus, rendered: KubernetesExecutionSpec, now: datetime) -> StepStatus:
    """The entry of an attempt that was given up as never created, and whose child is there after all: it goes on."""
    return evolve(entry, retry_at=None, deadline=now + rendered.timeout, failure_class=None, reason="",
                        error_message="")


def carried_over(number: int, action: str) -> StepStatus:
    """The entry of a step that another workflow has achieved: it counts as done, and nothing was attempted here."""
    return StepStatus(step_number=number, action=action, status=StepPhase.COMPLETED, reason=Reason.CARRIED_OVER.value)


def skipped(entry: StepStatus, prerequisite: int, now: datetime) -> StepStatus:
    """The entry of a step that will never run because a prerequisite did not succeed."""
    return evolve(entry, status=StepPhase.SKIPPED, end_time=now, reason=Reason.PREREQUISITE_FAILED.value,
                        error_message=f"step {prerequisite}, which this step needs, did not succeed")


def halted(entry: StepStatus, now: datetime) -> StepStatus:
    """The entry of an unfinished step without a running attempt, in a workflow that launches nothing more."""
    if entry.status is StepPhase.PENDING:
        return evolve(entry, status=StepPhase.SKIPPED, end_time=now, reason=Reason.HALTED.value,
                            error_message="the workflow launches nothing more")
    return evolve(entry, status=StepPhase.FAILED, end_time=now, retry_at=None,
                        failure_class=entry.failure_class or FailureClass.CANCELLED)


def summary(result: StepExecutionResult | None) -> StepExecutionResult | None:
    """What the ledger keeps of a result: figures, and a few names."""
    if result is None:
        return None
    restart, update = result.restart_result, result.update_result
    return evolve(
        result, custom_result=None, resources_affected=result.resources_affected[:_KEPT_RESOURCES],
        warnings=tuple(clipped(text) for text in result.warnings[:_KEPT_RESOURCES]),
        restart_result=restart and evolve(restart, restarted_pods=restart.restarted_pods[:_KEPT_RESOURCES]),
        update_result=update and evolve(update, previous_value=clipped(update.previous_value),
                                              new_value=clipped(update.new_value)))
