"""Executing: order, parallelism, failures of steps, the end of the ledger."""

from __future__ import annotations

import pytest

from .stories import Story, broken, done, scale, workflow

DIAMOND = (scale(1), scale(2, 1), scale(3, 1), scale(4, 2, 3))


def test_a_step_starts_when_all_its_prerequisites_succeeded() -> None:
    story = Story(workflow(*DIAMOND)).go()
    assert ["step-1"] == story.names()

    story.say(step_1=done())
    assert ["step-1", "step-2", "step-3"] == story.names()

    story.say(step_2=done())
    assert 3 == len(story.names())

    assert "step-4" == story.say(step_3=done()).names()[-1]


def test_a_diamond_ends_in_success() -> None:
    story = Story(workflow(*DIAMOND)).go()
    story.say(step_1=done()).say(step_2=done(), step_3=done()).say(step_4=done()).stable()

    assert ("completed", "success", 1.0) == (
        story.status.phase, story.status.workflow_result.outcome, story.status.workflow_result.effectiveness_score)
    assert 4 == story.status.current_step == story.status.total_steps


@pytest.mark.parametrize(("strategy", "most"), [({}, 5), ({"maxParallelSteps": 2}, 2), ({"maxParallelSteps": 500}, 7)])
def test_no_more_steps_run_at_once_than_allowed(strategy: dict, most: int) -> None:
    story = Story(workflow(*(scale(n) for n in range(1, 8)), strategy=strategy)).go()

    assert most == len(story.names())


def test_a_step_that_waits_for_its_retry_keeps_its_place() -> None:
    story = Story(workflow(scale(1), scale(2), strategy={"maxParallelSteps": 1})).go()
    story.say(step_1=broken("rate_limited"))

    assert story.step(1).retry_at is not None
    assert ["step-1"] == story.names()


def test_dependants_of_a_failed_non_critical_step_are_skipped_and_the_rest_runs() -> None:
    story = Story(workflow(scale(1), scale(2, 1), scale(3, 2), scale(4))).go()
    story.say(step_1=broken(), step_4=done()).stable()

    assert ["failed", "skipped", "skipped", "completed"] == story.phases()
    assert ("completed", "partial_success") == (story.status.phase, story.status.workflow_result.outcome)
    assert "PrerequisiteFailed" == story.step(3).reason
    assert "step 2, which this step needs, did not succeed" == story.step(3).error_message
    assert ["step-1", "step-4"] == story.names()


def test_a_workflow_in_which_nothing_succeeded_has_failed() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go().say(step_1=broken())

    assert ("failed", "step_execution_failed") == (story.status.phase, story.status.failure_reason)
    assert "no step succeeded" == story.status.failure_message


def test_after_a_critical_failure_nothing_is_launched_and_running_siblings_end_before_the_rollback() -> None:
    story = Story(workflow(scale(1, criticalStep=True), scale(2), scale(3, 2), scale(4, 1))).go()
    story.say(step_1=broken())
    assert "executing" == story.status.phase
    assert ["failed", "executing", "skipped", "skipped"] == story.phases()
    assert "Halted" == story.step(3).reason

    story.say(step_2=done())
    assert "rolling_back" == story.status.phase
    assert ["step-1", "step-2", "rollback-2"] == story.names()


def test_a_retry_that_waits_is_given_up_when_the_workflow_halts() -> None:
    story = Story(workflow(scale(1, criticalStep=True), scale(2))).go()
    story.say(step_2=broken("rate_limited"))
    story.say(step_1=broken())

    assert ("failed", "failed") == tuple(story.phases())
    assert (None, "rate_limited") == (story.step(2).retry_at, story.step(2).failure_class)


def test_the_workflow_timeout_is_a_critical_failure() -> None:
    story = Story(workflow(scale(1), scale(2, 1), strategy={"workflowTimeout": "1m"})).go()
    story.after(seconds=61)
    assert ["executing", "skipped"] == story.phases()

    story.say(step_1=done())
    assert ("rolling_back", "workflow_timeout") == (story.status.phase, story.status.failure_reason)
    assert "failed" == story.say(rollback_1=done()).status.phase


def test_outcomes_that_unlock_nothing_wait_a_moment_for_company() -> None:
    """One write for both: the tracking finalizers keep the outcomes safe meanwhile."""
    story = Story(workflow(scale(1), scale(2), scale(3))).go()
    written = len(story.world.commits)
    story.world.report("w-step-1", {**done(), "completionTime": "2026-01-02T03:04:05Z"})
    assert story.run().finished.wake_at == story.now + story.settings.outcome_hold
    assert written == len(story.world.commits)

    story.say(step_2=done())
    assert written + 1 == len(story.world.commits)
    assert ["completed", "completed", "executing"] == story.phases()


@pytest.mark.parametrize("end", [{}, {"completionTime": "2099-01-01T00:00:00Z"}])
def test_an_outcome_without_a_credible_end_is_not_held(end: dict) -> None:
    """The moment would begin anew in every pass."""
    story = Story(workflow(scale(1), scale(2))).go()
    story.world.report("w-step-1", {**done(), **end})
    story.run()

    assert ["completed", "executing"] == story.phases()


def test_finished_steps_are_counted_and_the_count_never_goes_down() -> None:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True))).go()
    story.say(step_1=done()).say(step_2=broken()).say(rollback_1=done())
    counts = [status.current_step for status in story.world.commits]

    assert sorted(counts) == counts
    assert 2 == counts[-1]
