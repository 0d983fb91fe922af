"""What is said of a workflow besides its phase and steps: each once, before what it brings about."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from wfcontroller.cli.notices import notices
from wfcontroller.cli.observers import LineObserver, progress_view
from wfcontroller.cli.outcomes import run_document
from wfcontroller.cli.progress import needs_of, rows
from wfcontroller.cli.verdict import verdict_lines
from wfcore.codec import encode
from wfcore.model.compensations import ScaleToPreviousParams
from wfcore.model.definition import WorkflowDefinition, WorkflowStep
from wfcore.model.enums import (
    Action,
    AdjustmentType,
    ApprovalDecision,
    Outcome,
    Phase,
    RollbackAction,
    SafetyCheckType,
    StepPhase,
)
from wfcore.model.plan import PlanInputs, PlannedCompensation
from wfcore.model.status import (
    AdaptiveAdjustment,
    ApprovalStatus,
    SafetyCheckResult,
    ValidationResults,
    WorkflowExecutionStatus,
    WorkflowResult,
)

from .ended import START, at, entry, shown

ASKED = ApprovalStatus(needed_because="the spec asks for one", requested_at=START, deadline=at(3600))
DECIDED: dict[str, Any] = {**{name: getattr(ASKED, name) for name in ("needed_because", "requested_at", "deadline")},
                           "by": "ann", "at": at(5), "reason": "looks right"}
APPROVED = ApprovalStatus(**DECIDED, decision=ApprovalDecision.APPROVED)
CHECKS = ValidationResults(safety_checks=(
    SafetyCheckResult(type=SafetyCheckType.HEALTH, required=True, passed=True, message="fine"),
    SafetyCheckResult(type=SafetyCheckType.CAPACITY, required=True, passed=False, message="no room"),
    SafetyCheckResult(type=SafetyCheckType.NETWORK, passed=False, unknown=True, message="nobody knows")))
FASTER = AdaptiveAdjustment(timestamp=START, type=AdjustmentType.TIMEOUT, step_number=2,
                            adjustment="timeout of step 2 is 10m", reason="it usually takes 6m")


def said(**status: Any) -> list[str]:
    return list(notices(encode(WorkflowExecutionStatus(**status))))


@pytest.mark.parametrize(("status", "sentences"), [
    ({}, []),
    ({"waiting_for": "shop/other holds deployment/shop/web", "target_wait_deadline": at(60)},
     ["waits: shop/other holds deployment/shop/web; until 2026-01-01T00:01:00Z"]),
    ({"waiting_for": "shop/other holds node/n1"}, ["waits: shop/other holds node/n1"]),
    ({"validation_results": CHECKS}, [
        "safety check capacity failed: no room",
        "safety check network could not be judged: nobody knows (a warning: it is not required)"]),
    ({"approval": ASKED, "plan_digest": "sha256:1"},
     ["waits for an approval of sha256:1: the spec asks for one; until 2026-01-01T01:00:00Z"]),
    ({"approval": ApprovalStatus(**{**DECIDED, "by": "", "reason": ""}, decision=ApprovalDecision.DENIED)},
     ["denied by somebody"]),
    ({"approval": APPROVED}, ["approved by ann: looks right"]),
    ({"approval": ApprovalStatus(needed_because="x", requested_at=START, deadline=at(1), ignored="another digest"),
      "plan_digest": "sha256:1"},
     ["the approval that is there does not count: another digest",
      "waits for an approval of sha256:1: x; until 2026-01-01T00:00:01Z"]),
    ({"frozen_since": START}, ["frozen since 2026-01-01T00:00:00Z"]),
    ({"adaptive_adjustments": (FASTER, AdaptiveAdjustment(timestamp=START, adjustment="3 at a time", reason="slow"))},
     ["adapted: timeout of step 2 is 10m (it usually takes 6m)", "adapted: 3 at a time (slow)"]),
])
def test_a_status_says_what_is_waited_for_found_and_decided(status: dict[str, Any], sentences: list[str]) -> None:
    assert sentences == said(**status)


def test_each_notice_is_one_line_before_the_phase_it_brings_about() -> None:
    told: list[str] = []
    observer = LineObserver(False, told.append)
    for seconds, phase, approval in ((0, Phase.VALIDATING, None), (1, Phase.VALIDATING, ASKED),
                                     (2, Phase.VALIDATING, ASKED), (5, Phase.EXECUTING, APPROVED)):
        observer.changed(shown(entry(1), phase=phase, approval=approval, plan_digest="sha256:1"), at(seconds))

    assert ["+0.0s validating",
            "+1.0s waits for an approval of sha256:1: the spec asks for one; until 2026-01-01T01:00:00Z",
            "+5.0s approved by ann: looks right", "+5.0s executing"] == told


def test_the_live_view_shows_the_latest_notices_below_the_phase() -> None:
    many = tuple(AdaptiveAdjustment(timestamp=START, adjustment=f"change {n}", reason="slow") for n in range(7))
    workflow = shown(entry(1), adaptive_adjustments=many)
    console = Console(file=io.StringIO(), width=100, no_color=True)
    console.print(progress_view(workflow, {}, at(1), START))
    text = console.file.getvalue().splitlines()  # type: ignore[attr-defined]

    assert [f"  adapted: change {n} (slow)" for n in range(2, 7)] == text[1:6]


CARRIED = entry(1, StepPhase.COMPLETED, reason="CarriedOver")


def test_a_step_that_was_carried_over_is_said_to_be() -> None:
    told: list[str] = []
    workflow = shown(CARRIED, entry(2))
    LineObserver(False, told.append).changed(workflow, START)

    assert "+0.0s step 1 scale-1 completed (carried over)" in told
    assert ["carried over", ""] == [row.note for row in rows(workflow, needs_of(workflow), START)]
    assert "carried over: 1 scale-1" in list(verdict_lines(run_document(workflow, {})))


def test_the_document_holds_the_approval_the_checks_the_adaptations_and_what_was_carried_over() -> None:
    result = WorkflowResult(outcome=Outcome.SUCCESS, optimizations=("give step 2 more time",))
    document = run_document(shown(CARRIED, approval=APPROVED, validation_results=CHECKS,
                                  adaptive_adjustments=(FASTER,), workflow_result=result), {})

    assert ("ann", ["health", "capacity", "network"], [2], ["give step 2 more time"], [1]) == (
        document["approval"]["by"], [check["type"] for check in document["safetyChecks"]],
        [one["stepNumber"] for one in document["adaptiveAdjustments"]], document["optimizations"],
        document["carriedOver"])
    assert {"safety check capacity failed: no room", "approved by ann: looks right",
            "adapted: timeout of step 2 is 10m (it usually takes 6m)", "next time: give step 2 more time"} <= set(
        verdict_lines(document))


def test_what_the_failure_says_is_not_said_twice() -> None:
    """A failed check and a denial are why the workflow failed; the other findings are not."""
    denied = ApprovalStatus(**DECIDED, decision=ApprovalDecision.DENIED)
    document = run_document(shown(entry(1), phase=Phase.FAILED, validation_results=CHECKS, approval=denied,
                                  failure_reason="safety_validation_failed",
                                  failure_message="safety checks failed: capacity: no room"), {})

    assert ["why: safety checks failed: capacity: no room (safety_validation_failed)",
            "safety check network could not be judged: nobody knows (a warning: it is not required)"] == list(
        verdict_lines(document))[1:]


def test_a_workflow_without_any_of_it_has_empty_places_and_no_lines() -> None:
    document = run_document(shown(entry(1), approval=ASKED), {})

    assert ([], [], [], []) == tuple(
        document[key] for key in ("safetyChecks", "adaptiveAdjustments", "optimizations", "carriedOver"))
    assert ["fix: executing, no outcome; 0 of 1 steps"] == list(verdict_lines(document))


def test_compensations_of_another_workflow_are_named_and_ordered_as_they_were_planned() -> None:
    undone = [PlannedCompensation(
        step_number=n, name=name, action=Action.SCALE_DEPLOYMENT, rollback_action=RollbackAction.SCALE_TO_PREVIOUS,
        parameters=ScaleToPreviousParams(deployment="web", namespace="default"), timeout=timedelta(minutes=5),
        after=after)
        for n, name, after in ((1, "scale-up", (2,)), (2, "", ()))]
    workflow = shown(entry(1), entry(2), plan_inputs=PlanInputs(compensations=tuple(undone)))
    workflow["spec"] = {"rollbackOf": {"name": "first", "uid": "u"}}

    assert [("undo scale-up", "waits for step 2"), ("undo scale-deployment", "")] == [
        (row.name, row.note) for row in rows(workflow, needs_of(workflow), START)]


def test_a_retry_without_steps_of_its_own_goes_by_those_of_its_source() -> None:
    steps = (WorkflowStep(step_number=1, name="a", action=Action.CHECK_POD_HEALTH, timeout=timedelta(seconds=5)),
             WorkflowStep(step_number=2, name="b", action=Action.CHECK_POD_HEALTH, depends_on=(1,)))
    workflow = shown(entry(1), entry(2),
                     plan_inputs=PlanInputs(definition=WorkflowDefinition(name="first", steps=steps)))
    workflow["spec"] = {"retryOf": {"name": "first", "uid": "u"}}

    assert [("a", ""), ("b", "waits for step 1")] == [
        (row.name, row.note) for row in rows(workflow, needs_of(workflow), START)]


def test_a_retry_is_shown_with_its_needs_once_they_are_known() -> None:
    """At first nobody knows the steps; the view must not keep that."""
    from wfcontroller.cli.observers import LiveObserver

    console = Console(file=io.StringIO(), width=100, no_color=True, force_terminal=False)
    live = LiveObserver(console)
    workflow = shown(entry(1), entry(2))
    with live:
        live.changed({**workflow, "spec": {"retryOf": {"name": "first", "uid": "u"}}, "status": {}}, START)
        live.changed(workflow, START)

    assert "waits for step 1" in console.file.getvalue()  # type: ignore[attr-defined]
