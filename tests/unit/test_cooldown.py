"""Cooldown: an object rests after a success, from the same action by another workflow."""

from __future__ import annotations

from datetime import timedelta

from wfcore.program import Survey, Surveyed
from wfcore.rawobject import RawObject
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.world import World

from .stories import Story, broken, done, scale, workflow


def succeeded(*steps: dict, minutes_ago: float = 0) -> World:
    """A world in which a workflow succeeded some time ago."""
    story = Story(workflow(*(steps or (scale(1),)), name="first")).go()
    children = {f"step_{n}": done() for n in range(1, 1 + len(steps or (1,)))}
    story.say(**children).stable()
    assert "completed" == story.status.phase
    story.world.advance(timedelta(minutes=minutes_ago))
    return story.world


def test_after_a_success_the_target_rests_and_the_wait_says_until_when() -> None:
    world = succeeded(minutes_ago=2.05)  # so that no poll hits the end by chance
    over = world.workflow("first").status.completion_time + timedelta(minutes=5)
    story = Story(workflow(scale(1), name="second"), world=world).go()

    assert (f"deployment/default/web rests until {over:%Y-%m-%dT%H:%M:%S}Z: default/first succeeded with "
            "scale-deployment") == story.status.waiting_for
    assert ("True", "TargetBusy") == story.condition("Progressing")
    while story.status.waiting_for:
        story.wake()
    assert (over, "executing") == (story.now, story.status.phase)


def test_it_costs_one_write() -> None:
    story = Story(workflow(scale(1), name="second"), world=succeeded(minutes_ago=2)).go()
    written = len(story.world.commits)
    for _ in range(10):
        story.wake()

    assert written == len(story.world.commits)


def restart(number: int = 1) -> dict:
    return {"stepNumber": number, "action": "restart-deployment",
            "parameters": {"restartDeployment": {"deployment": "web"}}}


def test_another_action_another_target_or_a_later_time_need_not_wait() -> None:
    for step, ago in ((restart(), 0), (scale(1, deployment="api"), 0), (scale(1), 5)):
        story = Story(workflow(step, name="second"), world=succeeded(minutes_ago=ago)).go()

        assert "executing" == story.status.phase


def test_after_a_failure_nothing_rests() -> None:
    first = Story(workflow(scale(1), name="first")).go().say(step_1=broken())
    assert "failed" == first.status.phase

    assert "executing" == Story(workflow(scale(1), name="second"), world=first.world).go().status.phase


def test_the_latest_success_decides() -> None:
    world = succeeded(restart(1), scale(2, deployment="api"), minutes_ago=1)
    other = Story(workflow(scale(1), name="other"), world=world).go().say(step_1=done()).stable()
    story = Story(workflow(scale(1), restart(2), scale(3, deployment="api"), name="last"), world=world).go()

    assert story.status.waiting_for.startswith("deployment/default/web rests until ")
    assert story.status.waiting_for.endswith("default/other succeeded with scale-deployment")
    assert "completed" == other.status.phase


def test_an_end_that_no_clock_can_have_shown_is_nonsense_and_not_waited_for() -> None:
    world = succeeded()
    stored = world.get(WORKFLOW_EXECUTIONS, "first")
    for instant in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        odd = RawObject({**stored, "status": {**stored["status"], "completionTime": instant}})
        story = Story(workflow(scale(1), name="second"), world=succeeded())
        story.fault = lambda request, odd=odd: Surveyed((odd,)) if isinstance(request, Survey) else None

        assert "executing" == story.go().status.phase


def test_a_cooldown_longer_than_the_cap_fails_like_any_wait() -> None:
    story = Story(workflow(scale(1), name="second"), Settings(target_cooldown=timedelta(hours=1)), succeeded()).go()
    while story.status.waiting_for:
        story.wake()

    assert "target_busy" == story.status.failure_reason
    assert "the targets were not free within 30m: deployment/default/web rests until" in story.status.failure_message
