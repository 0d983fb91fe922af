"""Retries: which failures, how many, when; and attempts whose outcome is unknown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wfcore.execution.backoff import retry_delay
from wfcore.settings import CustomAction, Settings

from .stories import Story, broken, done, scale, workflow

SELECTED = {"stepNumber": 1, "action": "restart-pod", "parameters": {"restartPod": {"selector": "app=web"}}}
CUSTOM = {"stepNumber": 1, "action": "custom", "parameters": {"custom": {"actionType": "flush"}}}


def tries(body: dict, failure: str, settings: Settings | None = None) -> int:
    """How many attempts a step gets that always fails like this."""
    story, attempt = Story(body, settings).go(), 1
    while story.status.phase == "executing":
        suffix = "step_1" + (f"_r{attempt - 1}" if attempt > 1 else "")
        story.say(**{suffix: broken(failure)})
        if story.status.phase == "executing":
            story.wake()
            attempt += 1
    assert attempt == story.step(1).attempt == story.step(1).retries_attempted + 1
    return attempt


@pytest.mark.parametrize(("step", "strategy", "attempts"), [
    ({}, {}, 3), ({}, {"maxRetries": 4}, 5), ({"maxRetries": 1}, {"maxRetries": 4}, 2), ({"maxRetries": 3}, {}, 4),
    ({"maxRetries": 0}, {"maxRetries": 4}, 1), ({}, {"maxRetries": 0}, 1), ({"maxRetries": 10}, {}, 11),
])
def test_the_step_decides_on_retries_before_the_strategy_and_that_before_the_default(
        step: dict, strategy: dict, attempts: int) -> None:
    """Absent inherits, 0 means none."""
    assert attempts == tries(workflow(scale(1, **step), strategy=strategy), "rate_limited")


@pytest.mark.parametrize(("failure", "attempts"), [
    ("timeout", 3), ("rate_limited", 3), ("service_unavailable", 3), ("resource_conflict", 3),
    ("permission_denied", 1), ("resource_not_found", 1), ("resource_quota_exceeded", 1), ("validation_error", 1),
    ("verification_failed", 1), ("cancelled", 1), ("unknown_error", 1),
])
def test_only_failures_that_may_pass_are_retried(failure: str, attempts: int) -> None:
    assert attempts == tries(workflow(scale(1)), failure)


DECLARED = Settings(custom_actions=(CustomAction(action_type="flush", idempotent=True),))
UNSAFE = Settings(custom_actions=(CustomAction(action_type="flush"),))


@pytest.mark.parametrize(("step", "settings", "failure", "attempts"), [
    (SELECTED, Settings(), "timeout", 1), (SELECTED, Settings(), "rate_limited", 3),
    (CUSTOM, UNSAFE, "timeout", 1), (CUSTOM, UNSAFE, "service_unavailable", 3), (CUSTOM, DECLARED, "timeout", 3),
    ({**SELECTED, "parameters": {"restartPod": {"podName": "web-0"}}}, Settings(), "timeout", 3),
])
def test_what_must_not_be_done_twice_is_not_retried_after_a_timeout(
        step: dict, settings: Settings, failure: str, attempts: int) -> None:
    assert attempts == tries(workflow(step), failure, settings)


def test_a_retry_is_a_new_child_after_a_pause() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=broken("rate_limited"))
    assert ("executing", ["step-1"]) == (story.step(1).status, story.names())
    assert ("True", "WaitingForRetry") == story.condition("Progressing")

    story.wake()
    assert ["step-1", "step-1-r1"] == story.names()
    assert [1, 2] == [story.child(name)["spec"]["attempt"] for name in story.names()]
    assert "completed" == story.say(step_1_r1=done()).step(1).status


def test_the_pause_is_a_hash_within_a_growing_capped_bound() -> None:
    settings = Settings()
    bounds = [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]
    delays = [retry_delay("uid", "step-1", attempt, settings) for attempt in range(1, 11)]

    assert all(timedelta(0) <= delay <= timedelta(seconds=bound) for delay, bound in zip(delays, bounds, strict=True))
    assert delays == [retry_delay("uid", "step-1", attempt, settings) for attempt in range(1, 11)]
    assert 4 == len({retry_delay(uid, what, 1, settings) for uid in "ab" for what in "12"})


def test_a_late_child_is_cancelled_by_uid_and_unknown_when_nobody_answers() -> None:
    story = Story(workflow(scale(1, maxRetries=0, timeout="1m"))).go()
    story.after(seconds=60)
    assert "deletionTimestamp" in story.child("step-1")["metadata"]
    assert "executing" == story.status.phase

    story.after(seconds=29)
    assert "executing" == story.step(1).status
    story.after(seconds=1)
    assert ("failed", "timeout", "StepTimeout") == (
        story.step(1).status, story.step(1).failure_class, story.step(1).reason)


def test_a_child_that_was_never_created_is_retried_after_its_time() -> None:
    """Nothing can have happened, whatever the action is."""
    story = Story(workflow(SELECTED, name="w"))
    story.fault = lambda request: _unavailable() if type(request).__name__ == "Create" else None
    story.run()
    story.after(minutes=5)

    assert ("timeout", "StepTimeout", "no") == (
        story.step(1).failure_class, story.step(1).reason, story.step(1).mutated)
    assert "w-step-1 could not be created in time" == story.step(1).error_message


def _unavailable():
    from wfcore.program import Failed
    return Failed("unavailable")


def test_the_answer_of_a_cancelled_child_counts_within_the_grace() -> None:
    story = Story(workflow(scale(1, timeout="1m"))).go().after(seconds=60)

    assert "completed" == story.say(step_1=done()).step(1).status


def test_a_cancelled_child_that_says_so_timed_out_and_is_retried() -> None:
    story = Story(workflow(scale(1, timeout="1m"))).go().after(seconds=60)
    story.say(step_1=broken("cancelled"))

    assert ("executing", "timeout") == (story.step(1).status, story.step(1).failure_class)
    assert story.step(1).retry_at is not None


def test_an_unknown_outcome_is_not_retried_when_doing_it_twice_may_do_harm() -> None:
    story = Story(workflow({**SELECTED, "timeout": "1m"})).go().after(seconds=60).after(seconds=30)

    assert ("failed", 1) == (story.step(1).status, story.step(1).attempt)
