"""Plan-only and observe-only workflows, suspend, resume, stop."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wfcore.model.enums import RollbackPhase
from wfcore.planning.targets import Target
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op

from .stories import Story, broken, done, scale, workflow


def ask(story: Story, **fields: object) -> Story:
    """Change mutable fields of the spec, as a person does."""
    stored = story.world.get(WORKFLOW_EXECUTIONS, story.name)
    story.world.perform(op.Update(WORKFLOW_EXECUTIONS, {**stored, "spec": {**stored["spec"], **fields}},
                                  story.world.now))
    return story.go()


def test_plan_mode_publishes_the_rendered_steps_and_creates_nothing() -> None:
    story = Story(workflow(scale(1), scale(2, 1), strategy={"mode": "Plan"})).go()

    assert ("completed", None, []) == (story.status.phase, story.status.workflow_result, story.names())
    assert [1, 2] == [spec.step_number for spec in story.status.workflow.steps]
    assert {story.status.plan_digest} == {spec.plan_digest for spec in story.status.workflow.steps}
    assert ("True", "PlanOnly") == story.condition("Finished") == story.condition("Complete")
    assert ["", ""] == [record.outcome for record in story.world.audit.values()] * 2


def test_plan_mode_fails_where_planning_fails() -> None:
    story = Story(workflow(scale(1, 2), scale(2, 1), strategy={"mode": "Plan"})).go()

    assert ("failed", "planning_error") == (story.status.phase, story.status.failure_reason)


def test_an_observing_operator_has_everything_validated_and_nothing_executed() -> None:
    story = Story(workflow(scale(1)), Settings(observe_only=True)).go()

    assert ("completed", []) == (story.status.phase, story.names())
    assert ("True", "ObserveOnly") == story.condition("Finished")


def test_a_workflow_created_suspended_waits_before_executing_until_it_is_resumed() -> None:
    story = Story(workflow(scale(1), suspend=True)).go()
    story.after(hours=2)
    assert ("validating", []) == (story.status.phase, story.names())
    assert ("True", "Suspended") == story.condition("Suspended")

    ask(story, suspend=False)

    assert ("executing", ["step-1"]) == (story.status.phase, story.names())
    assert ("False", "Resumed") == story.condition("Suspended")


def test_a_held_workflow_launches_nothing_but_takes_in_outcomes() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go()
    ask(story, suspend=True)
    story.say(step_1=done())
    assert (["completed", "pending"], ["step-1"]) == (story.phases(), story.names())

    ask(story, suspend=False)

    assert ["step-1", "step-2"] == story.names()


def test_a_held_workflow_does_not_retry() -> None:
    story = Story(workflow(scale(1))).go()
    ask(story, suspend=True)
    story.say(step_1=broken("rate_limited")).after(minutes=30)
    assert ["step-1"] == story.names()

    ask(story, suspend=False)

    assert ["step-1", "step-1-r1"] == story.names()


def test_a_hold_gives_its_time_back_to_the_phase_but_not_to_the_workflow() -> None:
    story = Story(workflow(scale(1), strategy={"workflowTimeout": "1h"})).go()
    story.world.facts[Target("Deployment", "default", "web")] = ()  # never healthy
    story.say(step_1=done())
    deadline, whole = story.status.phase_deadline, story.status.workflow_deadline
    ask(story, suspend=True)
    story.after(minutes=30)
    assert "monitoring" == story.status.phase
    ask(story, suspend=False)

    assert deadline + timedelta(minutes=30) == story.status.phase_deadline
    assert whole == story.status.workflow_deadline


@pytest.mark.parametrize("stop", ["Graceful", "Rollback"])
def test_a_stop_before_execution_ends_at_once(stop: str) -> None:
    story = Story(workflow(scale(1), suspend=True)).go()

    ask(story, stop=stop)

    assert ("failed", "stopped", []) == (story.status.phase, story.status.failure_reason, story.names())


def test_a_graceful_stop_lets_running_steps_end_and_compensates_nothing() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go()
    ask(story, stop="Graceful")
    assert "executing" == story.status.phase

    story.say(step_1=done(deployment="web", previousReplicas=1))

    assert ("failed", "stopped") == (story.status.phase, story.status.failure_reason)
    assert (["completed", "skipped"], ["step-1"]) == (story.phases(), story.names())
    assert [1] == [dirty.step_number for dirty in story.status.rollback.dirty]


@pytest.mark.parametrize(("strategy", "compensated"), [("automatic", True), ("manual", True), ("none", False)])
def test_stop_rollback_compensates_unless_the_strategy_is_none(strategy: str, compensated: bool) -> None:
    story = Story(workflow(scale(1), scale(2, 1), strategy={"rollbackStrategy": strategy})).go()
    ask(story, stop="Rollback")
    story.say(step_1=done(deployment="web", previousReplicas=1))

    assert compensated is ("rollback-1" in story.names())
    if compensated:
        story.say(rollback_1=done())
        assert RollbackPhase.COMPLETED is story.step(1).rollback.status
    assert ("failed", "stopped") == (story.status.phase, story.status.failure_reason)


def test_stop_outranks_suspend() -> None:
    story = Story(workflow(scale(1), scale(2))).go()
    ask(story, suspend=True)
    ask(story, stop="Rollback")
    story.say(step_1=done(deployment="web", previousReplicas=1), step_2=done("no")).say(rollback_1=done())

    assert ("failed", "rolled_back") == (story.status.phase, story.phases()[0])


@pytest.mark.parametrize(("stop", "phase"), [("Graceful", "failed"), ("Rollback", "rolling_back")])
def test_a_stop_while_monitoring_ends_the_watch(stop: str, phase: str) -> None:
    story = Story(workflow(scale(1))).go()
    story.say(step_1=done(deployment="web", previousReplicas=1))
    assert "monitoring" == story.status.phase

    assert phase == ask(story, stop=stop).status.phase
