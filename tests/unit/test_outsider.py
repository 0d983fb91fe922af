"""An explanation given outside the controller goes by what can be read there and by what the controller wrote down."""

from __future__ import annotations

import pytest

from wfcore.insight.outsider import surroundings_from
from wfcore.model.status import ApprovalStatus, WorkflowExecutionStatus
from wfcore.program import Surroundings
from wfcore.testing.world import START


@pytest.mark.parametrize(("freeze", "readable", "status", "expected"), [
    (None, True, WorkflowExecutionStatus(frozen_since=START), Surroundings(approvals_guarded=True)),
    ("", True, WorkflowExecutionStatus(), Surroundings(frozen=True, approvals_guarded=True)),
    ("fire", True, WorkflowExecutionStatus(),
     Surroundings(frozen=True, frozen_because="fire", approvals_guarded=True)),
    (None, False, WorkflowExecutionStatus(frozen_since=START), Surroundings(frozen=True, approvals_guarded=True)),
    (None, False, WorkflowExecutionStatus(), Surroundings(approvals_guarded=True)),
])
def test_a_freeze_that_cannot_be_read_is_the_one_in_the_status(
        freeze: str | None, readable: bool, status: WorkflowExecutionStatus, expected: Surroundings) -> None:
    assert expected == surroundings_from(status, freeze, readable=readable)


@pytest.mark.parametrize(("waiting", "guarded"), [("ApprovalPolicyMissing", False), ("AwaitingApproval", True)])
def test_approvals_count_unless_the_controller_has_said_that_none_does(waiting: str, guarded: bool) -> None:
    approval = ApprovalStatus(needed_because="x", requested_at=START, deadline=START, waiting=waiting)
    found = surroundings_from(WorkflowExecutionStatus(approval=approval), None, readable=True)

    assert guarded is found.approvals_guarded
