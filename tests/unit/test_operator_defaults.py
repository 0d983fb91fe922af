"""What the operator decided when a workflow was planned stays decided for it."""

from __future__ import annotations

from datetime import timedelta

from wfcore.settings import Settings

from .stories import Story, broken, done, scale, workflow


def test_a_controller_restarted_with_other_defaults_keeps_the_plan_and_its_digest() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go()
    digest, timeout = story.status.plan_digest, story.child("step-1")["spec"]["timeout"]
    story.settings = Settings(step_timeout=timedelta(minutes=1), default_max_retries=0, max_parallel_steps=1)
    story.say(step_1=done())

    assert ("executing", digest) == (story.status.phase, story.status.plan_digest)
    assert timeout == story.child("step-2")["spec"]["timeout"]
    assert "step-2-r1" in story.say(step_2=broken("rate_limited")).after(minutes=1).names()


def test_a_workflow_planned_later_gets_the_new_defaults() -> None:
    settings = Settings(step_timeout=timedelta(minutes=1), default_max_retries=0)
    story = Story(workflow(scale(1)), settings).go()

    assert "1m" == story.child("step-1")["spec"]["timeout"]
    assert "failed" == story.say(step_1=broken("rate_limited")).step(1).status


def test_a_workflow_out_of_time_while_monitoring_is_rolled_back() -> None:
    """workflowTimeout bounds the whole workflow; exceeding it is a critical failure."""
    story = Story(workflow(scale(1), strategy={"workflowTimeout": "30s"})).go()
    story.say(step_1=done(deployment="web", previousReplicas=1))
    assert "monitoring" == story.status.phase
    while story.status.phase == "monitoring":
        story.wake()

    assert ("rolling_back", "workflow_timeout") == (story.status.phase, story.status.failure_reason)
    assert story.status.workflow_deadline == story.now
