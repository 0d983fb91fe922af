"""The order in validating, and that live state is looked at when it matters: first, and again when it is old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from wfcore.model.enums import ApprovalPolicy
from wfcore.planning.targets import Target
from wfcore.program import Finished, Inspect, Observe, Request, Response, Review, Surroundings, Unknown
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.world import World

from .stories import Story, broken, scale, workflow
from .test_control import ask
from .test_dry_run import rehearsed

WEB = Target("Deployment", "default", "web")
HEALTH = {"safetyChecks": [{"type": "health", "required": True}]}


def story_of(*steps: dict[str, Any], settings: Settings | None = None, **strategy: Any) -> Story:
    world = World()
    world.surroundings = Surroundings(approvals_guarded=True)
    return Story(workflow(*(steps or (scale(1),)), creator="alice", strategy=strategy), settings, world)


def looks(story: Story) -> int:
    """How often live state was looked at."""
    return sum(len(p.asked(Inspect)) for p in story.passes)


def test_safety_checks_come_before_the_dry_run() -> None:
    story = story_of(dryRunFirst=True, **HEALTH)
    story.world.facts[WEB] = ()
    story.go()

    assert ("safety_validation_failed", []) == (story.status.failure_reason, story.names())


def test_the_dry_run_comes_before_the_approval_and_the_approval_before_execution() -> None:
    story = story_of(dryRunFirst=True, approvalRequired=True).go()
    assert (["dryrun-1"], None) == (story.names(), story.status.approval)
    story.say(dryrun_1=rehearsed())
    assert (["dryrun-1"], None) == (story.names(), story.status.approval.decision)
    story.world.decide("w", "bob")

    assert ["dryrun-1", "step-1"] == story.go().names()


def test_a_failed_dry_run_asks_nobody_for_an_approval() -> None:
    story = story_of(dryRunFirst=True, approvalRequired=True).go().say(dryrun_1=broken("validation_error"))

    assert ("dry_run_failed", None) == (story.status.failure_reason, story.status.approval)


def test_live_state_is_checked_once_when_everything_is_quick() -> None:
    story = story_of(dryRunFirst=True).go().say(dryrun_1=rehearsed())

    assert ("executing", 1) == (story.status.phase, looks(story))


def test_live_state_that_has_become_old_is_checked_again_before_execution() -> None:
    story = story_of(approvalRequired=True, **HEALTH).go()
    story.world.facts[WEB] = ()
    story.after(minutes=5)
    story.world.decide("w", "bob")
    story.go()

    assert ("failed", "safety_validation_failed", [], 2) == (
        story.status.phase, story.status.failure_reason, story.names(), looks(story))
    assert ("approved", "bob") == (story.status.approval.decision, story.status.approval.by)


def test_live_state_that_is_still_fresh_is_not_checked_again() -> None:
    story = story_of(approvalRequired=True, **HEALTH).go()
    story.world.facts[WEB] = ()
    story.after(minutes=4)
    story.world.decide("w", "bob")

    assert ("executing", 1) == (story.go().status.phase, looks(story))


def test_what_was_checked_again_is_what_is_recorded() -> None:
    story = story_of(approvalRequired=True).go().after(minutes=6)
    story.world.decide("w", "bob")

    assert story.now == story.go().status.validation_results.checked_at


def test_the_clock_of_the_phase_stands_still_for_the_approval_and_starts_again_after_it() -> None:
    story = story_of(approvalRequired=True, settings=Settings(recheck_after=timedelta(0))).go()
    story.after(minutes=50)
    assert ("validating", None) == (story.status.phase, story.status.phase_deadline)
    story.world.decide("w", "bob")
    story.world.surroundings = Surroundings(approvals_guarded=True)
    story.world.allowed_by_default = None

    assert "executing" == story.go().status.phase


def test_a_check_that_has_to_wait_after_the_approval_is_bounded_by_the_phase_again() -> None:
    there = scale(1, undo=False, parameters={
        "scaleDeployment": {"namespace": "shop", "deployment": "web", "replicas": 2}})
    story = story_of(there, approvalRequired=True).go().after(minutes=30)
    story.world.allowed_by_default = None
    story.world.decide("w", "bob")
    story.go()
    assert ("validating", "approved", story.now + timedelta(minutes=5)) == (
        story.status.phase, story.status.approval.decision, story.status.phase_deadline)
    while story.status.phase == "validating":
        story.wake()

    assert ("validating_timeout", []) == (story.status.failure_reason, story.names())


def slowly(story: Story, then: Callable[[], object] = lambda: None) -> Callable[[Request], Response | None]:
    """Reviews that take twenty seconds; `then` happens meanwhile, once."""
    left = [then]

    def answer(request: Request) -> Response | None:
        if isinstance(request, Review):
            story.world.advance(timedelta(seconds=20))
            left.pop()() if left else None
        return None
    return answer


def test_answers_take_time_and_what_is_launched_after_them_has_its_time_from_then_on() -> None:
    story = story_of()
    begin = story.now
    story.fault = slowly(story)
    story.run()

    assert begin + timedelta(seconds=20) == story.now == story.step(1).start_time
    assert story.now + story.settings.step_timeout == story.step(1).deadline


def test_a_dry_run_has_its_time_from_its_launch_too() -> None:
    story = story_of(dryRunFirst=True)
    story.fault = slowly(story)
    story.run()

    assert (story.now, ["dryrun-1"]) == (story.status.dry_run_start_time, story.names())


def test_what_changed_while_questions_were_asked_is_looked_at_first() -> None:
    story = story_of()
    story.fault = slowly(story, lambda: story.world.annotate("w", colour="red"))

    story.run()
    assert ("executing", 2) == (story.status.phase, len(story.passes[0].asked(Review)))


def test_a_clock_that_cannot_be_read_again_ends_the_pass() -> None:
    story = story_of()
    unanswered: list[Response] = []

    def away(request: Request) -> Response | None:
        if isinstance(request, Inspect):
            unanswered.append(Unknown())
        return unanswered.pop() if isinstance(request, Observe) and unanswered else None
    story.fault = away

    assert Finished(backoff=True) == story.run().finished
    assert ("validating", []) == (story.status.phase, story.names())
    story.fault = lambda request: None
    assert "executing" == story.go().status.phase


def test_a_workflow_that_vanished_while_questions_were_asked_has_nothing_launched() -> None:
    story = story_of()
    story.fault = slowly(story, lambda: story.world.delete(WORKFLOW_EXECUTIONS, "w", force=True))
    story.go()

    assert [] == story.names()


def test_everything_created_before_validating_ends_is_a_dry_run() -> None:
    """S14."""
    story = story_of(scale(1), scale(2, 1), dryRunFirst=True, approvalRequired=True, **HEALTH).go()
    story.say(dryrun_1=rehearsed(), dryrun_2=rehearsed())
    story.after(minutes=20)

    assert "validating" == story.status.phase
    assert {"dryrun"} == {child["spec"]["kind"] for child in story.world.children().values()}


@pytest.mark.parametrize("policy", ApprovalPolicy)
def test_an_observing_operator_has_the_live_checks_made_and_nothing_else(policy: ApprovalPolicy) -> None:
    settings = Settings(observe_only=True, approval_policy=policy)
    story = story_of(settings=settings, dryRunFirst=True, approvalRequired=True, **HEALTH).go()

    assert ("completed", [], None) == (story.status.phase, story.names(), story.status.approval)
    assert [("health", True), ("rbac", True)] == [
        (check.type.value, check.passed) for check in story.status.validation_results.safety_checks]


def test_an_observing_operator_learns_which_check_fails() -> None:
    story = story_of(settings=Settings(observe_only=True), **HEALTH)
    story.world.facts[WEB] = ()

    assert "safety_validation_failed" == story.go().status.failure_reason


def test_validating_that_takes_too_long_fails_and_says_so() -> None:
    story = story_of(dryRunFirst=True, settings=Settings(dry_run_timeout=timedelta(minutes=10))).go()
    story.after(minutes=5)

    assert ("failed", "validating_timeout", "validating took too long") == (
        story.status.phase, story.status.failure_reason, story.status.failure_message)


def test_a_workflow_that_is_resumed_after_its_deadline_goes_on_with_the_time_it_had() -> None:
    story = Story(workflow(scale(1), suspend=True)).go().after(hours=2)

    assert "executing" == ask(story, suspend=False).status.phase


def test_a_stopped_workflow_asks_nothing() -> None:
    story = Story(workflow(scale(1), suspend=True)).go()
    before = looks(story)
    ask(story, stop="Graceful")

    assert (before, []) == (looks(story), [r for p in story.passes for r in p.asked(Review)])


def test_progress_says_what_validating_does() -> None:
    story = story_of(dryRunFirst=True, approvalRequired=True).go()

    def progress() -> str:
        return next(c.message for c in story.status.conditions if c.type == "Progressing")

    assert "dry run of 1 steps" == progress()
    story.say(dryrun_1=rehearsed())
    assert progress().startswith("waits for an approval until")
