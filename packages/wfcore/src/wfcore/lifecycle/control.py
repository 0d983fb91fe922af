"""What the two mutable fields of a spec ask of a running workflow: hold (`suspend`) and end (`stop`).

Stop outranks suspend.  While a workflow is held it launches nothing forward;
running children keep their time-outs, the deadline of the phase moves by the
time held, and `workflowTimeout` does not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Stop
from wfcore.model.status import ApprovalStatus, WorkflowExecutionStatus
from wfcore.snapshot import Snapshot


def is_held(spec: WorkflowExecutionSpec) -> bool:
    """Whether nothing may be launched at the moment."""
    return spec.suspend and spec.stop is Stop.NO


def held(snapshot: Snapshot) -> bool:
    """Whether nothing may be launched for this workflow at the moment."""
    return is_held(snapshot.workflow.spec)


def with_hold(status: WorkflowExecutionStatus, spec: WorkflowExecutionSpec, now: datetime) -> WorkflowExecutionStatus:
    """The status with the beginning of a hold recorded, or its time given back to the deadlines of the phase."""
    since = status.suspended_since
    if is_held(spec):
        return status if since is not None else attrs.evolve(status, suspended_since=now)
    if since is None:
        return status
    held, wait = max(now - since, timedelta(0)), status.target_wait_deadline
    return attrs.evolve(status, suspended_since=None, phase_deadline=current_deadline(status, now),
                        target_wait_deadline=wait and wait + held, approval=_given_back(status.approval, held))


def _given_back(approval: ApprovalStatus | None, time: timedelta) -> ApprovalStatus | None:
    if approval is None or approval.decision is not None or approval.skipped:
        return approval
    return attrs.evolve(approval, deadline=approval.deadline + time)


def current_deadline(status: WorkflowExecutionStatus, now: datetime) -> datetime | None:
    """When the phase times out as things stand: a hold pushes it ahead."""
    deadline, since = status.phase_deadline, status.suspended_since
    return deadline if deadline is None or since is None else deadline + max(now - since, timedelta(0))
