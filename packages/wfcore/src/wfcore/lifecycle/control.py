"""What the two mutable fields of a spec ask of a running workflow: hold (`suspend`) and end (`stop`).

Stop outranks suspend.  While a workflow is held it launches nothing forward;
running children keep their time-outs, the deadline of the phase moves by the
time held, and `workflowTimeout` does not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import WorkflowExecutionStatus


def is_held(spec: WorkflowExecutionSpec) -> bool:
    """Whether nothing may be launched at the moment."""
    return spec.suspend and spec.stop is Stop.NO


def with_hold(status: WorkflowExecutionStatus, spec: WorkflowExecutionSpec, now: datetime) -> WorkflowExecutionStatus:
    """The status with the beginning of a hold recorded, or its time given back to the deadline of the phase."""
    since = status.suspended_since
    if is_held(spec):
        return status if since is not None else evolve(status, suspended_since=now)
    if since is None:
        return status
    return evolve(status, suspended_since=None, phase_deadline=current_deadline(status, now))


def current_deadline(status: WorkflowExecutionStatus, now: datetime) -> datetime | None:
    """When the phase times out as things stand: a hold pushes it ahead."""
    deadline, since = status.phase_deadline, status.suspended_since
    return deadline if deadline is None or since is None else deadline + max(now - since, timedelta(0))
