"""How all workflows stand at one moment: figures over those that an adapter has copies of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from wfcore.codec import Malformed
from wfcore.lifecycle.transitions import TERMINAL, phase_start
from wfcore.measures.vocabulary import (
    ACTIVE_PHASES,
    WAITING_REASONS,
    Measure,
    Observation,
    Validation,
    phase_label,
)
from wfcore.model.enums import Phase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.crowding import is_crowded_out
from wfcore.rawobject import RawObject
from wfcore.reasons import Reason

_EXECUTING = frozenset({Phase.EXECUTING, Phase.MONITORING, Phase.ROLLING_BACK})


def standing(workflows: Iterable[RawObject]) -> tuple[Observation, ...]:
    """The figures of `Measure` that stand among all workflows; those that cannot be decoded are left out.

    `phase_start_timestamp` is that of the workflow that is longest in its phase,
    of those that nothing keeps waiting: it is left out for phases without any.
    O(workflows), each decoded once.
    """
    phases: Counter[Phase] = Counter()
    waiting: Counter[Reason] = Counter()
    found: Counter[Validation] = Counter()
    oldest: dict[Phase, datetime] = {}
    for raw in workflows:
        workflow = raw.workflow()
        if isinstance(workflow, Malformed):
            continue
        status = workflow.status
        phases[status.phase] += 1
        found[validation_of(status)] += 1
        if status.phase in TERMINAL:
            continue
        start = phase_start(status)
        if (reason := waits_because(status)) is not None:
            waiting[reason] += 1
        elif start is not None:
            oldest[status.phase] = min(start, oldest.get(status.phase, start))
    return tuple(_figures(phases, waiting, found, oldest))


def _figures(phases: Counter[Phase], waiting: Counter[Reason], found: Counter[Validation],
             oldest: dict[Phase, datetime]) -> Iterator[Observation]:
    for phase in ACTIVE_PHASES:
        yield Observation(Measure.ACTIVE, (phase_label(phase),), phases[phase])
    yield Observation(Measure.EXECUTING, (), sum(phases[phase] for phase in _EXECUTING))
    for phase, start in oldest.items():
        yield Observation(Measure.PHASE_START, (phase_label(phase),), start.timestamp())
    for reason in WAITING_REASONS:
        yield Observation(Measure.WAITING, (reason.value,), waiting[reason])
    for state in Validation:
        yield Observation(Measure.VALIDATION_STATUS, (state.value,), found[state])


def waits_because(status: WorkflowExecutionStatus) -> Reason | None:
    """Why a workflow that goes on does not get on, when a person or another workflow keeps it waiting."""
    if status.frozen_since is not None:
        return Reason.FROZEN
    if status.suspended_since is not None:
        return Reason.SUSPENDED
    approval = status.approval
    if status.phase is Phase.VALIDATING and approval and approval.decision is None and not approval.skipped:
        return Reason.AWAITING_APPROVAL
    if status.waiting_for:
        return Reason.PARALLELISM_LIMIT if is_crowded_out(status) else Reason.TARGET_BUSY
    return None


def validation_of(status: WorkflowExecutionStatus) -> Validation:
    """Whether validating has let a workflow pass: also one that only wanted to be planned or observed."""
    if status.execution_start_time is not None or status.phase is Phase.COMPLETED:
        return Validation.PASSED
    return Validation.FAILED if status.phase is Phase.FAILED else Validation.PENDING
