"""What a finished run teaches about its workflow: recommendations for whoever writes the next one.

Nothing here is applied; what may be applied is fitted by `wfcore.planning.tuning`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from wfcore.codec.durations import format_duration
from wfcore.model.enums import FailureClass, StepPhase
from wfcore.model.plan import ActionHistory
from wfcore.model.status import StepStatus, WorkflowExecutionStatus
from wfcore.planning.planner import Plan
from wfcore.planning.targets import IMPACT_OF, Target, targets_of
from wfcore.planning.tuning import LONGEST_TIMEOUT, TIMEOUT_FACTOR

MOST = 20
_MOST_OF_A_KIND = 5
# Below this success rate an action is called unreliable.
_UNRELIABLE = 0.5


def recommendations(status: WorkflowExecutionStatus, plan: Plan,
                    history: Iterable[ActionHistory]) -> tuple[str, ...]:
    """Sentences about time-outs, retries, parallelism and unreliable actions; at most `MOST`.  O(steps + edges).

    `status` is the workflow's at its end, `history` what was recorded about its
    actions before.
    """
    kinds = (_time(status, plan), _retries(status, plan), _at_once(status), _waits(status, plan),
             _actions(plan, history))
    return tuple(islice(chain.from_iterable(islice(kind, _MOST_OF_A_KIND) for kind in kinds), MOST))


def _time(status: WorkflowExecutionStatus, plan: Plan) -> Iterator[str]:
    for entry in status.step_statuses:
        planned = plan.rendered[entry.step_number].timeout
        last = entry.timeout or planned
        if entry.status is StepPhase.FAILED and entry.failure_class is FailureClass.TIMEOUT:
            more = format_duration(min(TIMEOUT_FACTOR * last, LONGEST_TIMEOUT))
            yield (f"{_step(entry)} did not end within {format_duration(last)}, tried {_times(entry.attempt)}: "
                   f"give it {more}")
        elif entry.status is StepPhase.COMPLETED and last > planned:
            yield (f"{_step(entry)} timed out after {format_duration(planned)} and ended within "
                   f"{format_duration(last)}: give it that")


def _retries(status: WorkflowExecutionStatus, plan: Plan) -> Iterator[str]:
    for entry in status.step_statuses:
        planned = plan.retries[entry.step_number]
        if entry.status is StepPhase.COMPLETED and entry.retries_attempted > planned:
            yield (f"{_step(entry)} succeeded after {entry.retries_attempted} retries: "
                   f"set its maxRetries from {planned} to {entry.retries_attempted}")


def _at_once(status: WorkflowExecutionStatus) -> Iterator[str]:
    if status.max_parallel_steps is not None:
        yield f"the API pushed back on steps that ran together: set maxParallelSteps to {status.max_parallel_steps}"


def _waits(status: WorkflowExecutionStatus, plan: Plan) -> Iterator[str]:
    """Steps in a row that change different Deployments: for other kinds a wait mostly has its reason."""
    done = {entry.step_number for entry in status.step_statuses if entry.status is StepPhase.COMPLETED}
    for number in sorted(done):
        for before in sorted(plan.needs[number] & done):
            one, other = _deployments(plan, before), _deployments(plan, number)
            if one and other and not one & other:
                yield (f"steps {before} and {number} change different Deployments: if {number} does not need what "
                       f"{before} did, they could run in parallel")


def _deployments(plan: Plan, number: int) -> frozenset[Target]:
    rendered = plan.rendered[number]
    changes = IMPACT_OF[rendered.action] != "none"
    return frozenset(t for t in targets_of(rendered.parameters) if changes and t.kind == "Deployment")


def _actions(plan: Plan, history: Iterable[ActionHistory]) -> Iterator[str]:
    used = {rendered.action for rendered in plan.rendered.values()}
    for known in sorted(history, key=lambda h: h.action):
        if known.action in used and known.success_rate < _UNRELIABLE:
            yield (f"{known.action.value} succeeds in {known.success_rate:.0%} of {known.samples} runs: "
                   "find out why it fails")


def _step(entry: StepStatus) -> str:
    return f"step {entry.step_number} ({entry.action})"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
