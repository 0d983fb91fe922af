"""How all workflows stand: figures over copies, waits apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wfcore.measures.standing import standing, validation_of, waits_because
from wfcore.measures.vocabulary import Measure
from wfcore.model.enums import ApprovalDecision, Phase
from wfcore.model.status import ApprovalStatus, WorkflowExecutionStatus
from wfcore.rawobject import RawObject

from .stories import scale, workflow

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def raw(phase: str, **status: Any) -> RawObject:
    body = workflow(scale(1))
    return RawObject({**body, "metadata": {**body["metadata"], "uid": "u"}, "status": {"phase": phase, **status}})


def figures(workflows: list[RawObject], measure: Measure) -> dict[tuple[str, ...], float]:
    return {each.labels: each.value for each in standing(workflows) if each.measure is measure}


def approval(**more: Any) -> ApprovalStatus:
    return ApprovalStatus(needed_because="x", requested_at=NOW, deadline=NOW, **more)


def test_workflows_that_go_on_are_counted_by_phase_and_those_beyond_validating_execute() -> None:
    found = [raw(""), raw("planning"), raw("executing"), raw("executing"), raw("rolling_back"), raw("failed")]

    assert {("new",): 1, ("planning",): 1, ("validating",): 0, ("executing",): 2, ("monitoring",): 0,
            ("rolling_back",): 1} == figures(found, Measure.ACTIVE)
    assert {(): 3} == figures(found, Measure.EXECUTING)


def test_without_workflows_every_count_is_zero_and_no_phase_has_a_start() -> None:
    assert {0.0} == {each.value for each in standing(())}
    assert {} == figures([], Measure.PHASE_START)


def test_the_oldest_start_of_each_phase_is_told_of_those_that_nothing_keeps_waiting() -> None:
    found = [raw("executing", executionStartTime="2026-01-01T00:05:00Z"),
             raw("executing", executionStartTime="2026-01-01T00:01:00Z"),
             raw("executing", executionStartTime="2026-01-01T00:00:00Z", frozenSince="2026-01-01T00:02:00Z"),
             raw("planning", planningStartTime="2026-01-01T00:00:00Z", waitingFor="default/other"),
             raw("validating"), raw("completed", completionTime="2026-01-01T00:00:00Z")]

    assert {("executing",): (NOW + timedelta(minutes=1)).timestamp()} == figures(found, Measure.PHASE_START)
    assert {("Frozen",): 1, ("Suspended",): 0, ("AwaitingApproval",): 0, ("TargetBusy",): 1,
            ("ParallelismLimit",): 0} == figures(found, Measure.WAITING)


@pytest.mark.parametrize(("status", "reason"), [
    ({"frozen_since": NOW, "suspended_since": NOW}, "Frozen"), ({"suspended_since": NOW}, "Suspended"),
    ({"phase": Phase.VALIDATING, "approval": approval()}, "AwaitingApproval"),
    ({"phase": Phase.VALIDATING, "approval": approval(decision=ApprovalDecision.APPROVED)}, None),
    ({"phase": Phase.VALIDATING, "approval": approval(skipped=True)}, None),
    ({"phase": Phase.EXECUTING, "approval": approval()}, None), ({"phase": Phase.VALIDATING}, None),
    ({"waiting_for": "x", "waiting_reason": "ParallelismLimit"}, "ParallelismLimit"),
    ({"waiting_for": "x", "waiting_reason": "TargetBusy"}, "TargetBusy"), ({}, None),
])
def test_a_wait_has_one_reason_the_strongest(status: dict[str, Any], reason: str | None) -> None:
    assert reason == waits_because(WorkflowExecutionStatus(**status))


@pytest.mark.parametrize(("status", "expected"), [
    ({"phase": Phase.VALIDATING}, "pending"), ({"phase": Phase.FAILED}, "failed"),
    ({"phase": Phase.COMPLETED}, "passed"),
    ({"phase": Phase.FAILED, "execution_start_time": NOW}, "passed"),
    ({"phase": Phase.EXECUTING, "execution_start_time": NOW}, "passed"),
])
def test_validating_has_let_pass_what_executed_or_only_wanted_a_plan(status: dict[str, Any], expected: str) -> None:
    assert expected == validation_of(WorkflowExecutionStatus(**status))


def test_what_cannot_be_decoded_is_left_out() -> None:
    assert {0.0} == {each.value for each in standing([RawObject({"metadata": {"name": 7}})])}
