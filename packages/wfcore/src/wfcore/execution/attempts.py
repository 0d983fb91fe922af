"""Judges one attempt from its child: running, succeeded or failed.

Only a child of ours - controller uid, name, attempt and digest agree - can
succeed; anything malformed or contradictory is in progress until the deadline.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from wfcore.model.enums import Action, ExecutionKind, ExecutionPhase, FailureClass, Mutated
from wfcore.model.execution import KubernetesExecutionStatus
from wfcore.model.results import StepExecutionResult
from wfcore.model.workflow import KubernetesExecution
from wfcore.reasons import Reason
from wfcore.settings import Settings
from wfcore.snapshot import Foreign, Unreadable

_SUCCESS = frozenset({ExecutionPhase.COMPLETED.value, ExecutionPhase.ROLLBACK_READY.value})
_IN_PROGRESS = frozenset(phase.value for phase in ExecutionPhase) - _SUCCESS - {ExecutionPhase.FAILED.value}


@frozen(kw_only=True)
class Attempt:
    """An intended attempt, as the ledger has it.  `uid` is the child's when it was seen before."""

    name: str
    kind: ExecutionKind
    number: int
    action: Action
    digest: str
    start: datetime
    deadline: datetime
    cancelled_at: datetime | None
    uid: str


@frozen
class Running:
    """Not over.  `cancel`: the deadline has passed and the child has to be told."""

    wake_at: datetime
    uid: str = ""
    cancel: bool = False
    need_live: bool = False


@frozen(kw_only=True)
class Succeeded:
    """The child reported a well-formed success."""

    uid: str
    end: datetime
    mutated: Mutated
    result: StepExecutionResult | None


@frozen(kw_only=True)
class AttemptFailed:
    """The attempt is over without success.  `certain` is False when what happened is unknown."""

    uid: str
    end: datetime
    mutated: Mutated
    failure_class: FailureClass
    reason: Reason
    message: str
    certain: bool = True


Verdict: TypeAlias = Running | Succeeded | AttemptFailed


def judge(attempt: Attempt, child: KubernetesExecution | Unreadable | None, foreign: Foreign | None, *, live: bool,
          now: datetime, settings: Settings) -> Verdict:
    """What became of an attempt."""
    if child is None:
        return _absent(attempt, foreign, live, now, settings)
    uid, deleted = child.metadata.uid, child.metadata.deletion_timestamp
    mismatch = _mismatch(attempt, child) if isinstance(child, KubernetesExecution) else ""
    if mismatch:
        return _mismatched(attempt, child, mismatch, now, settings)
    if isinstance(child, KubernetesExecution):
        over = _terminal(attempt, child, now)
        if over is not None:
            return over
    if attempt.cancelled_at is not None:
        return _grace(attempt, child, now, settings)
    if deleted is not None:
        return _grace(attempt, child, now, settings, externally=True)
    return Running(attempt.deadline, uid, cancel=now >= attempt.deadline)


def _mismatched(attempt: Attempt, child: KubernetesExecution | Unreadable, mismatch: str, now: datetime,
                settings: Settings) -> Verdict:
    """A child that is not the one that was intended is cancelled: what it does, it may do until it says it is over."""
    ended = isinstance(child, KubernetesExecution) and _terminal(attempt, child, now) is not None
    waiting = None if ended else _waiting(attempt, child, now, settings)
    if waiting is not None:
        return waiting
    return AttemptFailed(uid=child.metadata.uid, end=now, mutated=Mutated.UNKNOWN,
                         failure_class=FailureClass.VALIDATION_ERROR, reason=Reason.CHILD_SPEC_MISMATCH,
                         message=mismatch, certain=False)


def _waiting(attempt: Attempt, child: KubernetesExecution | Unreadable, now: datetime,
             settings: Settings) -> Running | None:
    """Still running while a cancelled child has not been told, or has its grace; then None.

    The grace begins with the deletion: a cancel that was intended may have failed.
    """
    deleted, uid = child.metadata.deletion_timestamp, attempt.uid or child.metadata.uid
    if deleted is None:
        return Running(now + settings.cancel_grace, uid, cancel=True)
    over = max(deleted, attempt.cancelled_at or deleted) + settings.cancel_grace
    return Running(over, uid) if now < over else None


def _absent(attempt: Attempt, foreign: Foreign | None, live: bool, now: datetime, settings: Settings) -> Verdict:
    if attempt.uid:
        return AttemptFailed(uid=attempt.uid, end=now, mutated=_unseen(attempt),
                             failure_class=FailureClass.UNKNOWN_ERROR, reason=Reason.CHILD_DELETED, certain=False,
                             message=f"{attempt.name} was removed by somebody else; what it did is unknown"
                             ) if live else Running(now, attempt.uid, need_live=True)
    if foreign is not None and not foreign.leaving:
        return AttemptFailed(uid="", end=now, mutated=Mutated.NO, failure_class=FailureClass.RESOURCE_CONFLICT,
                             reason=Reason.NAME_CONFLICT,
                             message=f"a KubernetesExecution named {attempt.name} belongs to somebody else; "
                                     "delete it or rename the workflow")
    if now < attempt.deadline and attempt.cancelled_at is None:
        # Nobody tells us when a foreign object has gone, so the name is tried again.
        again = now + settings.backoff_base if foreign is not None else attempt.deadline
        return Running(min(again, attempt.deadline))
    if attempt.cancelled_at is None:
        # Another controller may be about to create it.  Once the cancellation is committed no executor begins any
        # more, so a child that is absent after that has done nothing, and will do nothing.
        return Running(now, cancel=True)
    if not live:
        return Running(now, need_live=True)
    return AttemptFailed(uid="", end=now, mutated=Mutated.NO, failure_class=FailureClass.TIMEOUT,
                         reason=Reason.STEP_TIMEOUT, message=f"{attempt.name} could not be created in time")


def _mismatch(attempt: Attempt, child: KubernetesExecution) -> str:
    spec = child.spec
    if attempt.uid and attempt.uid != child.metadata.uid:
        return f"{attempt.name} was replaced by another object"
    if (spec.kind, spec.attempt, spec.plan_digest) != (attempt.kind, attempt.number, attempt.digest):
        return f"the spec of {attempt.name} is not the one that was intended"
    return ""


def _terminal(attempt: Attempt, child: KubernetesExecution, now: datetime) -> Succeeded | AttemptFailed | None:
    status, uid = child.status, child.metadata.uid
    end = min(max(status.completion_time or now, attempt.start), now)
    if status.phase in _SUCCESS:
        if status.execution_result is not None and not status.execution_result.success:
            return None  # contradicts itself: in progress until the deadline
        return Succeeded(uid=uid, end=end, mutated=_mutated(attempt, status), result=status.execution_result)
    if status.phase != ExecutionPhase.FAILED.value:
        return None
    failure, reason = status.failure_class or FailureClass.UNKNOWN_ERROR, Reason.ATTEMPT_FAILED
    if failure is FailureClass.CANCELLED:
        timed_out = attempt.cancelled_at is not None
        failure = FailureClass.TIMEOUT if timed_out else FailureClass.CANCELLED
        reason = Reason.STEP_TIMEOUT if timed_out else Reason.CHILD_DELETED
    return AttemptFailed(uid=uid, end=end, mutated=_reported(status), failure_class=failure, reason=reason,
                         message=status.error_message or f"the executor reported {failure.value}")


def _grace(attempt: Attempt, child: KubernetesExecution | Unreadable, now: datetime, settings: Settings, *,
           externally: bool = False) -> Verdict:
    waiting = _waiting(attempt, child, now, settings)
    if waiting is not None:
        return waiting
    sensible = isinstance(child, KubernetesExecution) and child.status.phase in _IN_PROGRESS
    reason = (Reason.CHILD_DELETED if externally else Reason.STEP_TIMEOUT if sensible else Reason.INVALID_CHILD_STATUS)
    message = {
        Reason.CHILD_DELETED: f"{attempt.name} was deleted by somebody else and the executor did not answer",
        Reason.INVALID_CHILD_STATUS: f"the status of {attempt.name} makes no sense and its time is over",
        Reason.STEP_TIMEOUT: f"{attempt.name} did not end in time and the executor did not answer",
    }[reason]
    mutated = _reported(child.status) if isinstance(child, KubernetesExecution) else _unseen(attempt)
    # Who deletes a child wants it to end, not to be made again.
    failure = FailureClass.UNKNOWN_ERROR if externally else FailureClass.TIMEOUT
    return AttemptFailed(uid=child.metadata.uid, end=now, mutated=mutated, failure_class=failure, reason=reason,
                         message=message, certain=False)


def _unseen(attempt: Attempt) -> Mutated:
    """What has to be assumed of an attempt that cannot be asked: a check only reads."""
    return Mutated.NO if attempt.action is Action.CHECK_POD_HEALTH else Mutated.UNKNOWN


def _reported(status: KubernetesExecutionStatus) -> Mutated:
    # Rollback information is persisted before acting, so without any nothing was changed.
    return status.rollback_information.mutated if status.rollback_information else Mutated.NO


def _mutated(attempt: Attempt, status: KubernetesExecutionStatus) -> Mutated:
    if status.rollback_information is not None:
        return status.rollback_information.mutated
    # A success without any information: another executor, which may capture nothing.
    return Mutated.NO if attempt.action is Action.CHECK_POD_HEALTH else Mutated.YES
