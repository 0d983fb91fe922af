"""Children: whose they are, what they may say, and what happens when they vanish."""

from __future__ import annotations

import pytest

from wfcore.execution.names import child_name
from wfcore.model.enums import ExecutionKind
from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.program import Create, Freshness, Observe
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.testing.world import World

from .stories import Story, broken, done, scale, workflow

LONG = "w" * 190 + ".-x"
ANOTHER = {"kind": "WorkflowExecution", "apiVersion": WORKFLOW_EXECUTIONS.api_version, "controller": True}


@pytest.mark.parametrize(("kind", "attempt", "name"), [
    (ExecutionKind.FORWARD, 1, "w-step-7"), (ExecutionKind.FORWARD, 2, "w-step-7-r1"),
    (ExecutionKind.DRYRUN, 1, "w-dryrun-7"), (ExecutionKind.ROLLBACK, 1, "w-rollback-7"),
    (ExecutionKind.ROLLBACK, 3, "w-rollback-7-r2"),
])
def test_the_name_says_workflow_kind_step_and_attempt(kind: ExecutionKind, attempt: int, name: str) -> None:
    assert name == child_name("w", kind, 7, attempt)


def test_names_of_long_workflows_are_cut_and_stay_different() -> None:
    names = {child_name(LONG + tail, ExecutionKind.FORWARD, 999_999, 11) for tail in ("a", "b", "c" * 50)}

    assert 3 == len(names)
    assert all(len(name) <= 200 and name.endswith("-step-999999-r10") for name in names)


def test_a_child_is_complete_in_itself() -> None:
    story = Story(workflow(scale(1, timeout="90s"))).go()
    child, status = story.child("step-1"), story.status
    owner = story.world.get(WORKFLOW_EXECUTIONS, "w")["metadata"]

    assert [TRACKING_FINALIZER] == child["metadata"]["finalizers"]
    assert owner["uid"] == child["metadata"]["labels"]["workflowexecution.kubernaut.io/workflow-uid"]
    assert {"scaleDeployment": {"namespace": "default", "deployment": "web", "replicas": 3}} == \
        child["spec"]["parameters"]
    assert ("forward", 1, 1, "1m30s", status.plan_digest) == tuple(
        child["spec"][key] for key in ("kind", "stepNumber", "attempt", "timeout", "planDigest"))
    assert (owner["uid"], "w") == tuple(child["spec"]["workflowExecutionRef"][key] for key in ("uid", "name"))


@pytest.mark.parametrize("phase", ["completed", "rollback_ready"])
def test_two_phases_are_success(phase: str) -> None:
    story = Story(workflow(scale(1))).go().say(step_1={**done(), "phase": phase})

    assert "completed" == story.step(1).status


@pytest.mark.parametrize("phase", ["", "pending", "validating", "validated", "waiting_approval", "executing"])
def test_known_phases_are_in_progress_until_the_deadline_and_its_grace(phase: str) -> None:
    story = Story(workflow(scale(1, maxRetries=0))).go().say(step_1={"phase": phase})
    assert "executing" == story.step(1).status

    story.after(minutes=5).after(seconds=30)
    assert ("failed", "StepTimeout") == (story.step(1).status, story.step(1).reason)


@pytest.mark.parametrize("status", [
    {"phase": "dancing"}, {"phase": 7}, {"phase": "completed", "executionResult": {"success": False}},
    {"phase": "completed", "executionResult": "yes"}, {"phase": "completed", "rollbackInformation": {"mutated": "?"}},
    ["completed"], "completed",
])
def test_what_makes_no_sense_is_in_progress_until_the_deadline_and_then_invalid(status: object) -> None:
    story = Story(workflow(scale(1, maxRetries=0))).go().say(step_1=status)
    assert "executing" == story.step(1).status

    story.after(minutes=5).after(seconds=30)
    assert ("failed", "InvalidChildStatus") == (story.step(1).status, story.step(1).reason)


def test_a_removed_child_is_never_made_again() -> None:
    story = Story(workflow(scale(1), scale(2))).go()
    story.world.delete(KUBERNETES_EXECUTIONS, "w-step-1", force=True)
    last = story.run()
    story.after(seconds=1)

    assert Observe(story.ref, Freshness.LIVE) in last.requests
    assert ("failed", "ChildDeleted", "unknown", 1) == (
        story.step(1).status, story.step(1).reason, story.step(1).mutated, story.step(1).attempt)
    assert ["step-2"] == story.names()


def test_a_deleted_child_gets_the_grace_to_say_how_it_ended() -> None:
    story = Story(workflow(scale(1), scale(2), scale(3))).go()
    for name in ("w-step-1", "w-step-2", "w-step-3"):
        story.world.delete(KUBERNETES_EXECUTIONS, name)
    story.say(step_1=done(), step_2=broken("cancelled"))
    assert "completed" == story.step(1).status
    assert ("ChildDeleted", "cancelled") == (story.step(2).reason, story.step(2).failure_class)

    story.after(seconds=30)
    assert ("failed", "ChildDeleted", 1) == (story.step(3).status, story.step(3).reason, story.step(3).attempt)


def test_a_removed_check_changed_nothing() -> None:
    check = {"stepNumber": 2, "action": "check-pod-health", "dependsOn": [1], "criticalStep": True}
    story = Story(workflow(scale(1), check)).go().say(step_1=done())
    story.world.delete(KUBERNETES_EXECUTIONS, "w-step-2", force=True)
    story.go().say(rollback_1=done())

    assert ("failed", (), "no") == (story.status.phase, story.status.rollback.dirty, story.step(2).mutated)


def occupied(**metadata: object) -> tuple[Story, World]:
    """A story in whose first child's place somebody else's object is."""
    world = World()
    world.add(KUBERNETES_EXECUTIONS, {"spec": {"mine": True}}, name="w-step-1", **metadata)
    return Story(workflow(scale(1), scale(2)), world=world), world


def test_a_live_foreign_object_fails_the_step_and_is_left_alone() -> None:
    story, world = occupied()
    story.go()

    assert ("failed", "NameConflict", "resource_conflict", "no") == (
        story.step(1).status, story.step(1).reason, story.step(1).failure_class, story.step(1).mutated)
    assert {"mine": True} == world.children()["w-step-1"]["spec"]
    assert "executing" == story.step(2).status


@pytest.mark.parametrize("metadata", [
    {"ownerReferences": [{**ANOTHER, "name": "w", "uid": "an-earlier-w"}]},
    {"finalizers": ["somebody/else"]},
])
def test_a_leaving_foreign_object_is_waited_for(metadata: dict) -> None:
    """It is being deleted, or belongs to an earlier workflow of the same name."""
    story, world = occupied(**metadata)
    if "finalizers" in metadata:
        world.delete(KUBERNETES_EXECUTIONS, "w-step-1")
    finished = story.run().finished
    assert finished.wake_at <= story.now + story.settings.backoff_base
    assert "executing" == story.step(1).status

    world.delete(KUBERNETES_EXECUTIONS, "w-step-1", force=True)
    story.go()
    assert ("executing", "w-step-1") == (story.step(1).status, story.child("step-1")["metadata"]["name"])
    assert "completed" == story.say(step_1=done()).step(1).status


def test_a_leaving_foreign_object_is_waited_for_no_longer_than_the_step_may_take() -> None:
    story, _ = occupied(ownerReferences=[{**ANOTHER, "name": "w", "uid": "an-earlier-w"}])
    story.run()
    story.world.now = story.step(1).deadline
    story.go()

    assert ("StepTimeout", "no") == (story.step(1).reason, story.step(1).mutated)


def test_an_earlier_delivery_of_our_own_child_is_adopted() -> None:
    """The answer to the first delivery was lost."""
    from wfcore.program import Unknown
    story = Story(workflow(scale(1)))

    def lose(request):
        if isinstance(request, Create):
            story.world.answer(request)
            story.fault = lambda request: None
            return Unknown()
        return None

    story.fault = lose
    assert story.run().finished.backoff
    assert "executing" == story.go().step(1).status
    assert "completed" == story.say(step_1=done()).step(1).status


@pytest.mark.parametrize(("spec", "why"), [
    ({"attempt": 2}, "is not the one that was intended"), ({"planDigest": "sha256:0"}, "is not the one"),
    ({"kind": "dryrun"}, "is not the one"),
])
def test_a_child_that_is_not_the_intended_one_never_succeeds(spec: dict, why: str) -> None:
    story = Story(workflow(scale(1), scale(2)))
    story.run()
    real = story.child("step-1")
    story.world.delete(KUBERNETES_EXECUTIONS, "w-step-1", force=True)
    meta = {k: v for k, v in real["metadata"].items() if k in ("name", "ownerReferences", "labels", "finalizers")}
    story.world.add(KUBERNETES_EXECUTIONS, {"spec": {**real["spec"], **spec}}, **meta)
    story.world.report("w-step-1", done())
    story.go()

    assert ("failed", "ChildSpecMismatch", "unknown") == (
        story.step(1).status, story.step(1).reason, story.step(1).mutated)
    assert why in story.step(1).error_message


def test_a_replaced_child_never_succeeds() -> None:
    story = Story(workflow(scale(1), scale(2))).go()
    story.say(step_1={"phase": "executing"})
    real = story.child("step-1")
    story.world.delete(KUBERNETES_EXECUTIONS, "w-step-1", force=True)
    meta = {k: v for k, v in real["metadata"].items() if k in ("name", "ownerReferences", "labels", "finalizers")}
    story.world.add(KUBERNETES_EXECUTIONS, {"spec": real["spec"]}, **meta)
    story.world.report("w-step-1", done())
    story.go()

    assert "w-step-1 was replaced by another object" == story.step(1).error_message


def test_a_child_that_is_not_the_intended_one_is_cancelled_and_has_its_grace_to_say_that_it_is_over() -> None:
    story = Story(workflow(scale(1), scale(2))).go()
    story.say(step_1={"phase": "executing"})
    stored = story.child("step-1")
    story.world.perform(op.Update(KUBERNETES_EXECUTIONS, {**stored, "spec": {**stored["spec"], "attempt": 2}},
                                  story.world.now))
    story.go()
    assert ("executing", True) == (story.step(1).status, "deletionTimestamp" in story.child("step-1")["metadata"])

    story.after(seconds=story.settings.cancel_grace.total_seconds())
    assert ("failed", "ChildSpecMismatch") == (story.step(1).status, story.step(1).reason)
