"""An explanation says why each step is where it is, and what `decide` does next."""

from __future__ import annotations

import attrs

from wfcore.insight.explain import Explanation, explain
from wfcore.lifecycle.phase_validating import validating_question
from wfcore.planning.targets import Target
from wfcore.program import Review, Reviewed
from wfcore.rawobject import RawObject
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.simulation import operations as op
from wfcore.snapshot import Snapshot, sort_children

from .stories import Story, broken, done, scale, workflow


def explained(story: Story) -> Explanation:
    current = story.world.workflow(story.name)
    ours, foreign = sort_children(current.metadata, (RawObject(c) for c in story.world.children().values()))
    return explain(Snapshot(workflow=current, settings=story.settings, children=ours, foreign=foreign, live=True),
                   story.now)


def why(story: Story) -> list[str]:
    return [step.why for step in explained(story).steps]


def test_a_new_workflow_is_about_to_be_planned() -> None:
    said = explained(Story(workflow(scale(1))))

    assert ("new", (), "enter planning") == (said.headline, said.steps, said.next)


def test_a_running_and_a_waiting_step_say_what_they_run_as_and_wait_for() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go()
    said = explained(story)

    assert "executing: 0 of 2 steps finished" == said.headline
    assert ["attempt 1 runs as w-step-1, 5m left", "needs step 1 first"] == why(story)
    assert (1,) == said.steps[1].waits_for
    assert said.next.startswith("look again at 2026-")


def test_what_comes_next_is_what_decide_does() -> None:
    story = Story(workflow(scale(1), scale(2, 1))).go()
    story.world.report("w-step-1", done())

    assert "create w-step-2" == explained(story).next
    story.go()
    assert ["step-1", "step-2"] == story.names()


def test_a_retry_names_its_instant_and_the_last_failure() -> None:
    story = Story(workflow(scale(1))).go().say(step_1=broken("rate_limited"))

    assert why(story)[0].startswith("attempt 1 failed (it is rate_limited); the next starts at 2026-")


def test_a_step_beyond_the_parallel_limit_says_so() -> None:
    story = Story(workflow(scale(1), scale(2), strategy={"maxParallelSteps": 1})).go()

    assert "ready, but 1 steps run already, the most allowed" == why(story)[1]


def test_a_suspended_workflow_says_that_it_is_held() -> None:
    story = Story(workflow(scale(1), suspend=True)).go()

    assert explained(story).headline.startswith("held: spec.suspend is set")
    assert ["ready, but spec.suspend is set, nothing is launched until it is removed"] == why(story)


def test_a_step_out_of_time_is_cancelled_and_says_so() -> None:
    story = Story(workflow(scale(1))).go()
    story.world.advance(story.settings.step_timeout)
    assert "cancel w-step-1" == explained(story).next
    story.go()

    assert ["attempt 1 took too long and was cancelled; waiting for w-step-1 to say how it ended"] == why(story)


def test_a_rollback_is_explained_step_by_step_and_an_incomplete_one_gives_the_commands() -> None:
    values = {"deployment": "web", "previousReplicas": 1}
    story = Story(workflow(scale(1), scale(2, 1, undo=False), scale(3, 2, criticalStep=True))).go()
    story.say(step_1=done(**values)).say(step_2=done(**values)).say(step_3=broken("validation_error", "yes", **values))
    assert "is being compensated, attempt 1" == why(story)[2]
    assert "will be compensated once the steps that stand on it are" == why(story)[0]
    story.say(rollback_3=done()).say(rollback_1=broken("validation_error"))

    said = explained(story)
    assert said.headline.startswith("failed: critical step 3 failed")
    assert ["could not be compensated: it is validation_error", "attempt 1 succeeded",
            "was compensated: the values from before are back"] == why(story)
    assert ("wfctl rollback w -n default", *("kubectl get deployment -n default web -o yaml",) * 2) == said.commands
    assert ("nothing: the workflow has ended", None) == (said.next, said.wake_at)


def test_a_skipped_step_says_which_prerequisite_failed() -> None:
    story = Story(workflow(scale(1), scale(2, 1), scale(3))).go()
    story.say(step_1=broken(), step_3=done())

    assert "step 1, which this step needs, did not succeed" == why(story)[1]


def test_a_workflow_whose_children_may_be_stale_asks_again() -> None:
    story = Story(workflow(scale(1))).go()
    story.world.advance(story.settings.step_timeout)
    current = story.world.workflow(story.name)

    assert "asked again" in explain(Snapshot(workflow=current, settings=story.settings), story.now).next


def test_a_selector_becomes_a_listing() -> None:
    restart = {"stepNumber": 1, "action": "restart-pod", "criticalStep": True,
               "parameters": {"restartPod": {"selector": "app=web"}}}
    story = Story(workflow(restart)).go().say(step_1=broken(mutated="yes"))

    assert ("kubectl get pod -n default -l 'app=web' -o yaml",) == explained(story).commands


def test_explaining_changes_nothing() -> None:
    story = Story(workflow(scale(1))).go()
    stored = story.world.get(WORKFLOW_EXECUTIONS, "w")

    assert explained(story) == explained(story)
    assert stored == story.world.perform(op.Get(WORKFLOW_EXECUTIONS, "default", "w"))


def test_a_workflow_in_validating_says_what_it_has_to_ask_first() -> None:
    story = Story(workflow(scale(1)))
    current = story.go().world.workflow("w")
    assert current.status.phase == "executing"
    validating = next(status for status in story.world.commits if status.phase == "validating")
    snapshot = Snapshot(workflow=attrs.evolve(current, status=validating), settings=story.settings)

    assert "the API server is asked who may do what" == explain(snapshot, story.now).next
    review = validating_question(snapshot, story.now)
    assert isinstance(review, Review)
    answered = snapshot.told(review, Reviewed((True,) * len(review.questions)))
    assert "the targets are looked at" == explain(answered, story.now).next


def test_a_failed_safety_check_is_named_in_the_headline() -> None:
    story = Story(workflow(scale(1), strategy={"safetyChecks": [{"type": "health", "required": True}]}))
    story.world.facts[Target("Deployment", "default", "web")] = ()

    assert "failed: safety checks failed: health: deployment/default/web does not exist" == explained(
        story.go()).headline


def test_a_plan_that_its_spec_no_longer_makes_fails_next() -> None:
    story = Story(workflow(scale(1))).go()
    current = story.world.workflow(story.name)
    other = attrs.evolve(current, status=attrs.evolve(current.status, plan_digest="sha256:0"))

    assert "it fails: its plan can no longer be computed" == explain(
        Snapshot(workflow=other, settings=story.settings), story.now).next
