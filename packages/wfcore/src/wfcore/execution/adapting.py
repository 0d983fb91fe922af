"""Adaptation at run time, within the envelope that the plan digest states: more time, more retries, fewer at once.

What is adapted stands in the ledger; what was recorded about it follows from
the difference between two ledgers.  Without `dynamicStepAdjustment` nothing
here does anything, whatever a status says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from math import ceil

from wfcore.codec.durations import format_duration
from wfcore.execution.attempts import AttemptFailed
from wfcore.execution.ledger import is_running
from wfcore.execution.retries import should_retry
from wfcore.model.enums import AdjustmentType, FailureClass, StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.status import AdaptiveAdjustment, StepStatus, WorkflowExecutionStatus
from wfcore.planning.planner import Plan
from wfcore.planning.tuning import (
    EXTRA_RETRIES,
    LONGEST_TIMEOUT,
    MOST_RETRIES,
    RETRIES_HELP,
    TIMEOUT_FACTOR,
    Adjustment,
    listed,
)
from wfcore.reasons import Reason

MOST_RECORDED = 100
_GROWTH = 1.5
_CONGESTED = frozenset({FailureClass.RATE_LIMITED, FailureClass.RESOURCE_CONFLICT})
_ENOUGH = 2


def spec_now(plan: Plan, entry: StepStatus) -> KubernetesExecutionSpec:
    """The rendered step with the time that its next attempt gets."""
    rendered = plan.rendered[entry.step_number]
    timeout = timeout_now(plan, entry)
    return rendered if timeout == rendered.timeout else evolve(rendered, timeout=timeout)


def timeout_now(plan: Plan, entry: StepStatus) -> timedelta:
    """The time one attempt gets: the planned one, or the adapted one within twice of it."""
    planned = plan.rendered[entry.step_number].timeout
    if not plan.dynamic or entry.timeout is None:
        return planned
    return max(planned, min(entry.timeout, TIMEOUT_FACTOR * planned, LONGEST_TIMEOUT))


def retries_now(plan: Plan, entry: StepStatus) -> int:
    """The retries of a step: the planned ones and those that adaptation added."""
    planned = plan.retries[entry.step_number]
    return min(planned + entry.extra_retries, MOST_RETRIES) if plan.dynamic and planned else planned


def parallel_now(plan: Plan, status: WorkflowExecutionStatus) -> int:
    """How many steps may run at the same time: never more than planned."""
    return min(plan.max_parallel, status.max_parallel_steps or plan.max_parallel) if plan.dynamic else plan.max_parallel


def stretched(plan: Plan, entry: StepStatus, failure: AttemptFailed, *, idempotent: bool) -> StepStatus:
    """The entry with what the envelope grants after this failure: a retry where they help, time where it was short."""
    if not plan.dynamic:
        return entry
    spent = not should_retry(failure, entry.attempt, retries_now(plan, entry), idempotent=idempotent)
    if spent and _deserves_another(plan, entry, failure, idempotent=idempotent):
        entry, spent = evolve(entry, extra_retries=entry.extra_retries + 1), False
    if spent or failure.failure_class is not FailureClass.TIMEOUT:
        return entry
    had = timeout_now(plan, entry)
    longer = timedelta(seconds=ceil((_GROWTH * had).total_seconds()))
    grown = timeout_now(plan, evolve(entry, timeout=longer))
    return evolve(entry, timeout=grown) if grown > had else entry


def _deserves_another(plan: Plan, entry: StepStatus, failure: AttemptFailed, *, idempotent: bool) -> bool:
    known = plan.experience.get(plan.rendered[entry.step_number].action)
    if known is None or known.retry_success_rate < RETRIES_HELP or not idempotent:
        return False
    more = evolve(entry, extra_retries=min(entry.extra_retries + 1, EXTRA_RETRIES))
    return should_retry(failure, entry.attempt, retries_now(plan, more), idempotent=idempotent)


def throttled(plan: Plan, status: WorkflowExecutionStatus,
              ledger: Mapping[int, StepStatus]) -> WorkflowExecutionStatus:
    """The status with half as many steps at once when the API pushes back on two or more of them.

    `ledger` is what this pass made of that of `status`.  Only an attempt that
    began after the last reduction is evidence for another one.
    """
    limit = parallel_now(plan, status)
    if not plan.dynamic or limit == 1:
        return status
    since = max((a.timestamp for a in status.adaptive_adjustments if a.type is AdjustmentType.PARALLELISM),
                default=None)
    fresh = any(_is_congested(ledger[e.step_number]) and _began_after(plan, e, since)
                for e in status.step_statuses if is_running(e) and not is_running(ledger[e.step_number]))
    if not fresh or sum(map(_is_congested, ledger.values())) < _ENOUGH:
        return status
    return evolve(status, max_parallel_steps=limit // 2)


def _is_congested(entry: StepStatus) -> bool:
    open_ = entry.status in (StepPhase.EXECUTING, StepPhase.FAILED)
    return open_ and entry.failure_class in _CONGESTED and entry.reason != Reason.NAME_CONFLICT.value


def _began_after(plan: Plan, entry: StepStatus, since: datetime | None) -> bool:
    return since is None or entry.deadline is None or entry.deadline - timeout_now(plan, entry) >= since


def with_adjustments(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus, plan: Plan,
                     now: datetime) -> WorkflowExecutionStatus:
    """The later status with a record of each adaptation that it has and the earlier one has not."""
    return recorded(after, _differences(before, after, plan), now) if plan.dynamic else after


def recorded(status: WorkflowExecutionStatus, made: Iterable[Adjustment],
             now: datetime) -> WorkflowExecutionStatus:
    """The status with these adjustments listed; a list that is full says so, the ledger still has them all."""
    new = tuple(AdaptiveAdjustment(
        timestamp=now, type=a.type, step_number=a.steps[0] if len(a.steps) == 1 else 0, adjustment=a.what,
        reason=a.why) for a in made)
    known = (*status.adaptive_adjustments, *new)
    if len(known) > MOST_RECORDED:
        rest = AdaptiveAdjustment(timestamp=now, adjustment="further adjustments are not listed",
                                  reason="the list is full; see timeout and extraRetries in stepStatuses")
        known = (*known[:MOST_RECORDED - 1], rest)
    return evolve(status, adaptive_adjustments=known) if new else status


def _differences(before: WorkflowExecutionStatus, after: WorkflowExecutionStatus, plan: Plan) -> Iterator[Adjustment]:
    for old, new in zip(before.step_statuses, after.step_statuses, strict=True):
        number, action = new.step_number, new.action
        if new.timeout != old.timeout and new.timeout is not None:
            yield Adjustment(
                AdjustmentType.TIMEOUT, (number,), f"timeout of step {number} ({action}) raised from "
                f"{format_duration(timeout_now(plan, old))} to {format_duration(new.timeout)}",
                f"attempt {new.attempt} did not end in time")
        if new.extra_retries > old.extra_retries:
            yield Adjustment(
                AdjustmentType.RETRY, (number,), f"retries of step {number} ({action}) raised from "
                f"{retries_now(plan, old)} to {retries_now(plan, new)}",
                f"attempt {new.attempt} ended with {new.failure_class}, and retries mostly help")
    if after.max_parallel_steps != before.max_parallel_steps:
        pushed = [e.step_number for e in after.step_statuses if _is_congested(e)]
        yield Adjustment(
            AdjustmentType.PARALLELISM, (), f"steps at the same time lowered from {parallel_now(plan, before)} to "
            f"{parallel_now(plan, after)}", f"the API pushed back on {listed(pushed)}")
