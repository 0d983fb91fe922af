"""What cannot be decoded or planned: it fails with every reason, and never raises."""

from __future__ import annotations

import pytest

from wfcore.codec import decode, render_path
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import FINALIZER
from wfcore.program import CommitStatus, Finished, Seen, SetMetadata, Unknown
from wfcore.rawobject import RawObject
from wfcore.reconciler import Reconcile
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.testing.driving import drive, scripted
from wfcore.validation.document import check_document

from .stories import Story, done, scale, workflow

WRONG = workflow({**scale(1, 1), "stepNumber": 1, "timeout": "forever"}, {**scale(2), "action": "launch"},
                 {"stepNumber": "3"})


def edited(story: Story, **status: object) -> Story:
    """Somebody writes into status."""
    body = story.world.get(WORKFLOW_EXECUTIONS, "w")
    story.world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**body, "status": {**body["status"], **status}},
                                        story.now))
    return story


def test_a_malformed_workflow_fails_with_every_problem_of_decoding_and_of_the_graph() -> None:
    story = Story(WRONG).go()
    status = decode(WorkflowExecutionStatus, story.world.get(WORKFLOW_EXECUTIONS, "w")["status"])
    errors = " ".join(status.validation_results.validation_errors)

    assert ("failed", "invalid_spec") == (status.phase, status.failure_reason)
    for place in ("steps[0].timeout", "steps[0].dependsOn[0]", "steps[1].action", "steps[2].stepNumber",
                  "steps[2].action"):
        assert f"$.spec.workflowDefinition.{place}" in errors
    assert [FINALIZER] == story.world.get(WORKFLOW_EXECUTIONS, "w")["metadata"]["finalizers"]
    assert 1 == sum(e.reason == "WorkflowExecutionFailed" for e in story.world.events)
    assert ["failed"] == [record.status for record in story.world.audit.values()]


def test_a_workflow_that_decodes_but_cannot_be_planned_fails_in_planning_with_every_problem() -> None:
    story = Story(workflow(scale(1, 2), scale(2, 1), scale(3, 9), scale(4, targetCluster="far"))).go()
    errors = " ".join(story.status.validation_results.validation_errors)

    assert ("failed", "planning_error") == (story.status.phase, story.status.failure_reason)
    for words in ("cycle: 1 -> 2 -> 1", "there is no step 9", "cluster 'far'"):
        assert words in errors
    assert ("False", "PlanningError") == story.condition("Planned")
    assert "WorkflowValidationFailed" in [e.reason for e in story.world.events]


def test_what_is_only_not_supported_is_said_so() -> None:
    story = Story(workflow(scale(1, targetCluster="far"), scale(2, targetCluster="further"))).go()

    assert ("failed", "not_supported") == (story.status.phase, story.status.failure_reason)
    assert 2 == len(story.status.validation_results.validation_errors)


def test_an_unreadable_status_fails_and_is_replaced() -> None:
    story = edited(Story(workflow(scale(1))).go(), currentStep="two").go()

    assert ("failed", "status_unreadable") == (story.status.phase, story.status.failure_reason)


@pytest.mark.parametrize("status", [
    {"stepStatuses": []},
    {"stepStatuses": [{"stepNumber": 7, "action": "custom"}]},
    {"stepStatuses": [{"stepNumber": 1, "action": "x", "status": "executing"}]},
    {"stepStatuses": [{"stepNumber": 1, "action": "x"}, {"stepNumber": 1, "action": "x"}]},
    {"stepStatuses": [{"stepNumber": 1, "action": "x", "retryAt": "2026-01-02T03:04:05Z"}]},
    {"phase": "rolling_back",
     "stepStatuses": [{"stepNumber": 1, "action": "x", "rollback": {"status": "executing"}}]},
    {"phase": "monitoring", "stepStatuses": []},
    {"phase": "monitoring", "stepStatuses": [{"stepNumber": 7, "action": "custom", "status": "completed"}]},
])
def test_a_ledger_that_does_not_fit_the_plan_fails_and_never_raises(status: dict) -> None:
    story = edited(Story(workflow(scale(1))).go(), **status).go()

    assert ("failed", "status_unreadable") == (story.status.phase, story.status.failure_reason)


def test_a_ledger_that_is_not_ours_is_not_to_be_retried() -> None:
    entry = {"stepNumber": 1, "action": "x", "status": "executing"}
    story = edited(Story(workflow(scale(1))).go(), stepStatuses=[entry])

    assert () == story.go().status.workflow_result.recommended_actions


def test_a_malformed_workflow_that_is_over_is_audited_and_then_left_alone() -> None:
    story = Story(WRONG).go()
    version = story.world.state.version
    story.go()

    assert version == story.world.state.version


def test_a_malformed_workflow_that_is_deleted_goes() -> None:
    story = Story(WRONG)
    story.run()
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.go()

    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None
    assert ["deleted"] == [record.status for record in story.world.audit.values()]


@pytest.mark.parametrize("kind", [SetMetadata, CommitStatus])
def test_a_refusal_that_cannot_be_written_is_tried_again(kind: type) -> None:
    story = Story(WRONG)
    story.fault = lambda request: Unknown() if isinstance(request, kind) else None
    story.run()

    assert Finished(backoff=True) == story.run().finished


@pytest.mark.parametrize("metadata", [None, 7, {}, {"name": 5}, {"name": "w", "labels": {"a": 1}}])
def test_without_readable_metadata_nothing_can_be_done(metadata: object) -> None:
    raw = RawObject({"metadata": metadata, "spec": {}})
    story = Story(workflow(scale(1)))

    assert Finished() == drive(Reconcile(story.ref, Settings()), scripted([Seen(raw, (), story.now)])).finished


def test_children_without_readable_metadata_are_nobodys() -> None:
    story = Story(workflow(scale(1))).go()
    workflow_now, child = story.world.get(WORKFLOW_EXECUTIONS, "w"), story.child("step-1")
    seen = Seen(RawObject(workflow_now), (RawObject({"metadata": 5}), RawObject(child)), story.now)

    assert Finished(story.step(1).deadline) == drive(Reconcile(story.ref, Settings()), scripted([seen])).finished


def test_a_plan_that_no_longer_holds_is_not_followed() -> None:
    """The spec is immutable for everybody who goes through the schema; the core trusts nobody."""
    story = Story(workflow(scale(1))).go()
    body = story.world.get(WORKFLOW_EXECUTIONS, "w")
    spec = workflow(scale(1, 2), scale(2, 1))["spec"]
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**body, "spec": spec}, story.now))

    assert ("failed", "planning_error") == (story.go().status.phase, story.status.failure_reason)


def test_validating_that_takes_too_long_fails() -> None:
    story = Story(workflow(scale(1))).go()
    edited(story, phase="validating", phaseDeadline="2026-01-02T03:00:00Z").go()

    assert ("failed", "validating_timeout") == (story.status.phase, story.status.failure_reason)


def test_a_plan_that_no_longer_holds_is_not_validated() -> None:
    story = edited(Story(workflow(scale(1))).go(), phase="validating")
    body = story.world.get(WORKFLOW_EXECUTIONS, "w")
    spec = workflow(scale(1, 1))["spec"]
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**body, "spec": spec}, story.now))

    assert ("failed", "planning_error") == (story.go().status.phase, story.status.failure_reason)


def test_a_good_workflow_beside_it_is_not_disturbed() -> None:
    story = Story(WRONG)
    other = Story(workflow(scale(1), name="good"), world=story.world)
    story.go()

    assert "completed" == other.go().say(step_1=done()).stable().status.phase


@pytest.mark.parametrize(("dependencies", "problem"), [
    ({"scale-1": ["scale-1"]}, ["SelfDependency $.spec.workflowDefinition.dependencies.scale-1[0]"]),
    ({"scale-1": ["nobody"], "no": []}, ["UnknownStep $.spec.workflowDefinition.dependencies.no",
                                         "UnknownStep $.spec.workflowDefinition.dependencies.scale-1[0]"]),
])
def test_a_dependency_by_name_on_itself_or_on_nobody_is_said_where_it_is(dependencies: dict, problem: list) -> None:
    told = check_document(workflow(scale(1), scale(2), dependencies=dependencies), Settings())

    assert problem == sorted(f"{one.reason} {render_path(one.path)}" for one in told)
