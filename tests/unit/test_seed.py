"""The tests of the first specification, restated against the real programs.

What differs was decided since: `workflowDefinition` is the API (recommendations
are built into one by the parent), parameters are typed unions, the finalizer
has its own name, a database that is away delays a deletion but never blocks it,
and one reconcile advances until it has to wait.
"""

from __future__ import annotations

from datetime import timedelta

from wfcore.model.workflow import FINALIZER, LEGACY_FINALIZER
from wfcore.program import Failed, Finished, Record
from wfcore.resources import WORKFLOW_EXECUTIONS

from .stories import Story, done, scale, workflow

CHECK = {"stepNumber": 2, "name": "verify-health", "action": "check-pod-health", "dependsOn": [1]}


def two_steps() -> dict:
    return workflow(
        {**scale(1, name="scale-deployment", criticalStep=True)}, CHECK, name="test-workflow",
        dependencies={"verify-health": ["scale-deployment"]},
        strategy={"approvalRequired": False, "dryRunFirst": False, "rollbackStrategy": "automatic"})


def finalizers(story: Story) -> list[str]:
    return story.world.get(WORKFLOW_EXECUTIONS, story.name)["metadata"].get("finalizers", [])


def test_the_first_reconcile_adds_the_finalizer_before_anything_else() -> None:
    story = Story(two_steps())
    first = story.run()

    assert "SetMetadata" == first.words[1]
    assert [FINALIZER] == finalizers(story)


def test_an_older_finalizer_is_replaced() -> None:
    body = two_steps()
    body["metadata"]["finalizers"] = [LEGACY_FINALIZER, "somebody.else/hold"]
    story = Story(body)
    story.run()

    assert ["somebody.else/hold", FINALIZER] == finalizers(story)


def test_deletion_cleans_up_and_removes_the_finalizer() -> None:
    story = Story(two_steps()).go().say(step_1=done()).say(step_2=done("no")).stable()
    assert "completed" == story.status.phase

    story.world.delete(WORKFLOW_EXECUTIONS, story.name)
    story.run()

    assert story.world.get(WORKFLOW_EXECUTIONS, story.name) is None


def test_deletion_is_not_blocked_by_a_failing_audit() -> None:
    story = Story(two_steps())
    story.world.audit_available = False
    story.run()
    story.world.delete(WORKFLOW_EXECUTIONS, story.name)
    story.go()
    assert story.world.get(WORKFLOW_EXECUTIONS, story.name) is not None

    last = story.after(seconds=31).passes[-2]

    assert story.world.get(WORKFLOW_EXECUTIONS, story.name) is None
    assert any(isinstance(e.request, Record) and isinstance(e.response, Failed) for e in last.exchanges)
    assert "the audit record waits in the outbox: the database is away" in [e.message for e in story.world.events]


def test_planning_resolves_dependencies_and_publishes_the_plan() -> None:
    story = Story(two_steps())
    story.run()
    committed = next(status for status in story.world.commits if status.phase == "validating")

    assert 2 == committed.total_steps
    assert "sequential" == committed.execution_plan.strategy
    assert [(1,), (2,)] == [wave.steps for wave in committed.execution_plan.waves]


def test_executing_creates_an_owned_child_for_the_first_step_and_waits_for_it() -> None:
    story = Story(two_steps())
    last = story.run()
    [child] = story.world.children().values()
    owner = child["metadata"]["ownerReferences"][0]

    assert "test-workflow-step-1" == child["metadata"]["name"]
    assert ("WorkflowExecution", "test-workflow", True) == (owner["kind"], owner["name"], owner["controller"])
    assert Finished(wake_at=story.now + timedelta(minutes=5)) == last.finished
