"""The dry run of every step: before execution, judged together, nothing changed by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfcore.program import Create, Unknown
from wfcore.resources import KUBERNETES_EXECUTIONS

from .stories import Story, broken, done, scale, workflow
from .test_control import ask

FIRST = {"dryRunFirst": True}


def rehearsed(**more: Any) -> dict[str, Any]:
    return {"phase": "completed", "dryRunResult": {"stepNumber": 1, "action": "scale-deployment", "wouldSucceed": True,
                                                   **more}}


def test_every_step_is_rehearsed_before_the_first_is_executed() -> None:
    story = Story(workflow(scale(1), scale(2, 1), strategy=FIRST)).go()
    assert ("validating", ["dryrun-1", "dryrun-2"]) == (story.status.phase, story.names())
    story.say(dryrun_1=rehearsed())
    assert "validating" == story.status.phase

    story.say(dryrun_2=rehearsed())

    assert ("executing", ["dryrun-1", "dryrun-2", "step-1"]) == (story.status.phase, story.names())
    results = story.status.validation_results
    assert (True, True, 2) == (results.dry_run_performed, results.dry_run_results.overall_success,
                               results.dry_run_results.steps_simulated)


def test_a_rehearsal_has_kind_dryrun_and_ends_within_its_own_time() -> None:
    spec = Story(workflow(scale(1), strategy=FIRST)).go().child("dryrun-1")["spec"]

    assert ("dryrun", 1, "30s") == (spec["kind"], spec["attempt"], spec["timeout"])


@pytest.mark.parametrize("failure", ["validation_error", "permission_denied", "resource_not_found"])
def test_a_step_that_would_fail_fails_the_workflow_before_anything_is_changed(failure: str) -> None:
    story = Story(workflow(scale(1), scale(2), strategy=FIRST)).go()
    story.say(dryrun_1=broken(failure), dryrun_2=rehearsed())

    assert ("failed", "dry_run_failed") == (story.status.phase, story.status.failure_reason)
    assert ["dryrun-1", "dryrun-2"] == story.names()
    assert (f"step 1: it is {failure}",) == story.status.validation_results.validation_errors


@pytest.mark.parametrize("failure", ["resource_not_found", "resource_conflict"])
def test_what_a_prerequisite_may_still_make_possible_is_a_warning(failure: str) -> None:
    story = Story(workflow(scale(1), scale(2, 1), strategy=FIRST)).go()
    story.say(dryrun_1=rehearsed(), dryrun_2=broken(failure))

    assert "executing" == story.status.phase
    assert [2] == [issue.step_number for issue in story.status.validation_results.dry_run_results.potential_issues]


def test_a_contradictory_rehearsal_is_a_failure() -> None:
    story = Story(workflow(scale(1), strategy=FIRST)).go()
    story.say(dryrun_1=rehearsed(wouldSucceed=False, validationErrors=["quota"]))

    assert ("dry_run_failed", ("step 1: quota",)) == (
        story.status.failure_reason, story.status.validation_results.validation_errors)


def test_a_rehearsal_without_an_answer_fails_the_workflow_in_time() -> None:
    story = Story(workflow(scale(1), strategy=FIRST)).go().after(seconds=30)

    assert "dry_run_failed" == story.status.failure_reason
    assert "did not end in time" in story.status.failure_message


def test_rehearsals_are_created_again_when_the_first_delivery_was_lost() -> None:
    story = Story(workflow(scale(1), strategy=FIRST))
    story.fault = lambda request: Unknown() if isinstance(request, Create) else None
    story.go()
    assert [] == story.names()
    story.fault = lambda request: None

    assert ["dryrun-1"] == story.go().names()


@pytest.mark.parametrize(("steps", "taken"), [((scale(1),), 1), ((scale(1), scale(2, 1)), 2)])
def test_a_foreign_object_in_the_place_of_a_rehearsal_fails_the_workflow(steps: tuple[Any, ...], taken: int) -> None:
    """Also that of a step whose prerequisites might excuse much: it was never rehearsed."""
    story = Story(workflow(*steps, strategy=FIRST))
    story.world.add(KUBERNETES_EXECUTIONS, {}, name=f"w-dryrun-{taken}")
    story.go()
    if len(steps) > 1:
        story.say(dryrun_1=rehearsed())

    assert "dry_run_failed" == story.status.failure_reason
    assert not any(name.startswith("w-step") for name in story.world.children())


def test_the_execution_that_follows_ends_as_without_a_rehearsal() -> None:
    story = Story(workflow(scale(1), strategy=FIRST)).go()
    story.say(dryrun_1=rehearsed()).say(step_1=done()).stable()

    assert ("completed", "success") == (story.status.phase, story.status.workflow_result.outcome)


def test_a_rehearsal_that_was_never_created_fails_the_workflow_in_time() -> None:
    story = Story(workflow(scale(1), strategy=FIRST))
    story.fault = lambda request: Unknown() if isinstance(request, Create) else None
    story.go().after(seconds=29)
    assert "validating" == story.status.phase

    story.after(seconds=1)
    assert ("dry_run_failed", "step 1: the dry run did not end in time") == (
        story.status.failure_reason, story.status.failure_message)


def test_a_dry_run_that_a_hold_moved_to_later_ends_after_it_began_whatever_the_next_clock_says() -> None:
    story = Story(workflow(scale(1), strategy=FIRST)).go()
    ask(story, suspend=True)
    story.after(minutes=6)
    ask(story, suspend=False)
    begun = story.status.dry_run_start_time
    story.world.now -= timedelta(minutes=5)
    story.say(dryrun_1=broken("validation_error"))

    results = story.status.validation_results.dry_run_results
    assert ("failed", timedelta(0), begun) == (
        story.status.phase, results.execution_time, story.status.completion_time)
