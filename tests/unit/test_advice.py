"""What people are told at the end: criteria met or not, where to look, which command applies, what to change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfcore.planning.targets import Target
from wfcore.resources import WORKFLOW_EXECUTIONS

from .stories import Story, broken, done, scale, workflow
from .test_control import ask


def actions(story: Story) -> tuple[str, ...]:
    return story.status.workflow_result.recommended_actions


def complete(story: Story) -> list[str]:
    return {c.type: c.message for c in story.status.conditions}["Complete"].split("; ")


def test_a_success_needs_no_advice_and_says_that_every_criterion_was_met() -> None:
    story = Story(workflow(scale(1, criticalStep=True))).go().say(step_1=done()).stable()

    assert ((), ()) == (actions(story), story.status.workflow_result.optimizations)
    assert [
        "met: every step completes and its outcome is verified", "met: a failure of step 1 fails the workflow",
        "met: the targets stay healthy for 1m, within 10m after the last step",
        "met: no new alert names a target meanwhile"] == complete(story)


def test_a_partial_success_names_the_step_and_both_commands() -> None:
    story = Story(workflow(scale(1), scale(2), scale(3, 2))).go()
    story.say(step_1=done(), step_2=broken()).stable()

    assert (
        ("look at step 2 (scale-deployment): failed, it is verification_failed: "
         "kubectl get kubernetesexecution w-step-2 -n default -o yaml"),
        "wfctl rollback w -n default: restores what step 1 changed",
        "wfctl retry w -n default: runs again what was not achieved, once the cause is gone") == actions(story)
    assert "not met: every step completes and its outcome is verified" == complete(story)[0]


def test_an_unknown_outcome_says_what_to_check_and_how_to_undo() -> None:
    story = Story(workflow(scale(1)))
    story.world.facts[Target("Deployment", "default", "web")] = ()
    story.go().say(step_1=done()).stable()

    assert ("check the targets of the workflow by hand",
            "wfctl rollback w -n default: restores what step 1 changed") == actions(story)
    assert "the targets were not stable within 10m after the last step" == complete(story)[0]


def test_a_failure_that_was_rolled_back_can_be_retried_and_not_rolled_back_again() -> None:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True))).go()
    story.say(step_1=done()).say(step_2=broken()).say(rollback_1=done())

    assert ["look at step 2", "wfctl retry w"] == [" ".join(a.split(" ")[:4 if a.startswith("look") else 3])
                                                   for a in actions(story)]


def test_an_incomplete_rollback_names_the_objects_and_the_explanation_instead_of_a_retry() -> None:
    story = Story(workflow(scale(1, undo=False), scale(2, 1, criticalStep=True))).go()
    story.say(step_1=done()).say(step_2=broken())

    assert actions(story)[0].startswith("check deployment default/web: expected its state before the workflow")
    assert "wfctl explain w -n default: shows a command for each object that is still changed" == actions(story)[-1]


@pytest.mark.parametrize(("strategy", "offered"), [("manual", True), ("none", False)])
def test_a_manual_strategy_says_which_command_rolls_back_and_none_never_does(strategy: str, offered: bool) -> None:
    story = Story(workflow(scale(1, criticalStep=True), strategy={"rollbackStrategy": strategy})).go()
    story.say(step_1=broken(mutated="yes"))

    assert offered is ("wfctl rollback w -n default: restores what step 1 changed" in actions(story))


@pytest.mark.parametrize("steps", [[scale(1, 1)], [{"stepNumber": "1"}]])
def test_a_document_that_is_wrong_is_to_be_corrected_not_retried(steps: list[dict[str, Any]]) -> None:
    story = Story(workflow(*steps)).go()
    result = story.world.get(WORKFLOW_EXECUTIONS, "w")["status"]["workflowResult"]

    assert ["correct what validationResults.validationErrors lists, and create the workflow again",
            ] == result["recommendedActions"]


def test_a_stopped_workflow_can_be_retried() -> None:
    story = ask(Story(workflow(scale(1), scale(2, 1))).go(), stop="Graceful")

    assert ("wfctl retry w -n default: runs again what was not achieved, once the cause is gone",
            ) == actions(story.say(step_1=done("no")))


def test_the_next_run_is_told_of_retries_of_time_outs_and_of_steps_that_were_nearly_too_slow() -> None:
    story = Story(workflow(scale(1, timeout="12s"), scale(2), scale(3, timeout="1m", maxRetries=0), scale(4))).go()
    story.say(step_2=broken("rate_limited"), step_4=done()).after(seconds=6)
    story.say(step_1=done(), step_2_r1=done()).after(seconds=90).after(seconds=31).stable()

    assert (
        "step 3 (scale-deployment) did not end within 1m, tried once: give it 2m",
        "step 1 (scale-deployment) took 10s of its 12s: give it more time",
        "step 2 (scale-deployment) needed 2 attempts: find out why the first was not enough",
    ) == story.status.workflow_result.optimizations


def test_a_failed_retry_is_told_with_its_last_failure() -> None:
    story = Story(workflow(scale(1))).go()
    story.say(step_1=broken("rate_limited"))
    story.world.advance(timedelta(seconds=10))
    story.go().say(step_1_r1=broken())

    assert (("step 1 (scale-deployment) needed 2 attempts; the last failure was it is verification_failed: "
             "find out why the first was not enough"),) == story.status.workflow_result.optimizations
