"""Holds: what a suspension and an emergency freeze keep from happening, and the time they give back."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from wfcore.decision import CreateChild
from wfcore.insight.explain import explain
from wfcore.lifecycle.control import FREEZE_POLL, as_it_is_stored, as_it_stands
from wfcore.lifecycle.machine import decide
from wfcore.model.enums import ApprovalDecision, Phase
from wfcore.model.status import ApprovalStatus
from wfcore.planning.targets import Target
from wfcore.program import CALM, Create, Surroundings, Unknown
from wfcore.rawobject import RawObject
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot, sort_children

from .stories import Story, broken, done, scale, workflow
from .test_control import ask

FREEZE = Surroundings(frozen=True, frozen_because="the network is down, says Kim")
MINUTE = timedelta(minutes=1)


def freeze(story: Story) -> Story:
    story.world.surroundings = FREEZE
    return story.go()


def thaw(story: Story) -> Story:
    story.world.surroundings = CALM
    return story.go()


def snapshot(story: Story) -> Snapshot:
    found = story.world.workflow("w")
    ours, foreign = sort_children(found.metadata, map(RawObject, story.world.children().values()))
    return Snapshot(workflow=found, settings=story.settings, children=ours, foreign=foreign, live=True,
                    surroundings=story.world.surroundings)


def stands(story: Story) -> datetime | None:
    """The deadline of the phase as it stands now."""
    return as_it_stands(snapshot(story), story.status, story.now).phase_deadline


def failing(**strategy: object) -> Story:
    """Step 1 changed something, and step 2, critical, is about to report."""
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True), strategy=strategy or None)).go()
    return story.say(step_1=done(deployment="web", previousReplicas=1))


def watched() -> Story:
    """Monitoring, with a target that is never healthy."""
    story = Story(workflow(scale(1), strategy={"workflowTimeout": "5h"})).go()
    story.world.facts[Target("Deployment", "default", "web")] = ()
    return story.say(step_1=done())


def test_under_a_freeze_nothing_is_launched_until_it_ends() -> None:
    story = freeze(Story(workflow(scale(1), scale(2))))
    story.after(hours=2)
    assert ("validating", []) == (story.status.phase, story.names())

    assert ("executing", ["step-1", "step-2"]) == (thaw(story).status.phase, story.names())


def test_under_a_freeze_no_dry_run_is_made() -> None:
    story = freeze(Story(workflow(scale(1), strategy={"dryRunFirst": True})))
    story.after(hours=1)
    assert [] == story.names()

    assert ["dryrun-1"] == thaw(story).names()


def test_a_dry_run_that_a_freeze_interrupted_has_its_time_afterwards() -> None:
    story = Story(workflow(scale(1), strategy={"dryRunFirst": True})).go()
    freeze(story).after(hours=1)
    thaw(story).after(seconds=20)
    assert "validating" == story.status.phase

    assert "executing" == story.say(dryrun_1={"phase": "completed"}).status.phase


def test_under_a_freeze_outcomes_are_taken_in_and_what_they_unlock_waits() -> None:
    story = freeze(Story(workflow(scale(1), scale(2, 1))).go())
    story.say(step_1=done())
    assert (["completed", "pending"], ["step-1"]) == (story.phases(), story.names())

    assert ["step-1", "step-2"] == thaw(story).names()


def test_under_a_freeze_running_steps_keep_their_time_outs_and_retries_wait() -> None:
    story = freeze(Story(workflow(scale(1, timeout="1m"))).go())
    story.after(seconds=61).after(seconds=31).after(minutes=30)
    assert ("executing", "StepTimeout", ["step-1"]) == (story.status.phase, story.step(1).reason, story.names())

    assert ["step-1", "step-1-r1"] == thaw(story).names()


def test_under_a_freeze_compensations_wait_and_lose_no_time() -> None:
    story = freeze(failing())
    story.say(step_2=broken(mutated="yes"))
    deadline = story.status.phase_deadline
    assert ("rolling_back", ["step-1", "step-2"]) == (story.status.phase, story.names())
    story.after(hours=3)
    assert "rolling_back" == story.status.phase
    assert {("pending", 0)} == {(e.rollback.status, e.rollback.attempt) for e in story.status.step_statuses}

    thaw(story)
    assert deadline + timedelta(hours=3) == story.status.phase_deadline
    story.say(rollback_2=done()).say(rollback_1=done())
    assert ("failed", ["rolled_back", "failed"]) == (story.status.phase, story.phases())
    assert ("True", "RolledBack") == story.condition("RolledBack")


def test_a_running_compensation_gets_the_time_of_a_freeze_back() -> None:
    story = failing().say(step_2=broken(mutated="yes"))
    deadline = story.step(2).rollback.deadline
    freeze(story).after(minutes=30)
    assert deadline == story.step(2).rollback.deadline
    assert "executing" == story.step(2).rollback.status

    thaw(story)
    assert deadline + 30 * MINUTE == story.step(2).rollback.deadline


def test_a_stop_under_a_freeze_ends_the_workflow_but_its_compensations_wait() -> None:
    story = freeze(failing())
    ask(story, suspend=True)
    ask(story, stop="Rollback")
    story.say(step_2=done("no")).after(minutes=10)
    assert ("rolling_back", ["step-1", "step-2"]) == (story.status.phase, story.names())
    assert story.status.suspended_since is None

    assert "rollback-1" in thaw(story).names()


def test_a_suspension_does_not_hold_a_rollback_and_gives_it_no_time() -> None:
    story = ask(failing(), suspend=True)
    story.after(minutes=4).say(step_2=broken(mutated="yes"))

    assert ("rolling_back", None) == (story.status.phase, story.status.suspended_since)
    assert "rollback-2" in story.names()
    assert story.settings.rolling_back_timeout == story.status.phase_deadline - story.status.rollback_start_time
    assert story.settings.rolling_back_timeout == (
        ask(story.after(minutes=1), suspend=False).status.phase_deadline - story.status.rollback_start_time)


def test_time_held_before_a_phase_is_not_given_to_it() -> None:
    story = Story(workflow(scale(1))).go()
    ask(story, suspend=True)
    story.world.facts[Target("Deployment", "default", "web")] = ()
    story.after(minutes=4).say(step_1=done())
    assert "monitoring" == story.status.phase
    entered = story.status.monitoring_start_time
    story.after(minutes=2)
    held = story.now - entered

    assert entered + story.settings.monitoring_timeout + held == ask(story, suspend=False).status.phase_deadline


@pytest.mark.parametrize("hold", [freeze, lambda story: ask(story, suspend=True)])
def test_a_workflow_that_is_only_monitored_goes_on(hold: object) -> None:
    story = hold(Story(workflow(scale(1))).go().say(step_1=done()))

    assert ("completed", "success") == (story.stable().status.phase, story.status.workflow_result.outcome)
    assert (None, None) == (story.status.suspended_since, story.status.frozen_since)
    assert ("False", "Resumed") == story.condition("Suspended")


def test_a_hold_does_not_move_the_workflows_own_time_out() -> None:
    story = watched()
    whole = story.status.workflow_deadline
    freeze(story).after(hours=4)
    assert "monitoring" == story.status.phase
    story.after(hours=1, minutes=1)

    assert ("workflow_timeout", whole) == (story.status.failure_reason, story.status.workflow_deadline)


@pytest.mark.parametrize(("first", "second"), [
    (lambda s: ask(s, suspend=False), thaw), (thaw, lambda s: ask(s, suspend=False)),
])
def test_two_holds_at_once_count_once_whichever_ends_first(first: object, second: object) -> None:
    story = watched()
    deadline = story.status.phase_deadline
    ask(story, suspend=True)
    freeze(story.after(minutes=3))
    first(story.after(minutes=4))
    assert deadline + 7 * MINUTE == stands(story)
    second(story.after(minutes=5))

    assert deadline + 12 * MINUTE == story.status.phase_deadline == stands(story)


def test_what_ends_within_a_longer_hold_gives_nothing_back_yet() -> None:
    story = watched()
    deadline = story.status.phase_deadline
    ask(story, suspend=True)
    freeze(story.after(minutes=3))
    thaw(story.after(minutes=4))

    assert (deadline, deadline + 7 * MINUTE) == (story.status.phase_deadline, stands(story))


def test_a_hold_costs_one_write_when_it_begins_and_one_when_it_ends() -> None:
    story = watched()
    story.wake()
    before = len(story.world.commits)
    freeze(story)
    for _ in range(20):
        story.wake()
    assert before + 1 == len(story.world.commits)

    thaw(story)
    assert before + 2 == len(story.world.commits)


def test_a_frozen_workflow_finds_out_by_itself_that_the_freeze_is_over() -> None:
    story = freeze(Story(workflow(scale(1))))

    assert story.now + FREEZE_POLL == story.passes[-1].finished.wake_at


def test_an_intent_that_was_not_delivered_before_a_freeze_is_not_delivered_during_it() -> None:
    """Committed, and then the controller died: a freeze launches nothing, not even that."""
    story = Story(workflow(scale(1)))
    story.fault = lambda request: Unknown() if isinstance(request, Create) else None
    story.run()
    story.fault = lambda request: None
    assert ("executing", []) == (story.status.phase, story.names())
    freeze(story)
    assert [] == story.names()

    assert ["step-1"] == thaw(story).names()


def test_an_intent_that_was_not_delivered_before_a_suspension_is_delivered_all_the_same() -> None:
    """The launch was decided before; only its delivery was late."""
    story = Story(workflow(scale(1)))
    story.fault = lambda request: Unknown() if isinstance(request, Create) else None
    story.run()
    story.fault = lambda request: None

    assert ["step-1"] == ask(story, suspend=True).names()


def test_the_condition_says_what_holds_in_the_freezes_own_words() -> None:
    story = ask(Story(workflow(scale(1))).go(), suspend=True)
    message = {c.type: c.message for c in story.status.conditions}["Suspended"]
    assert ("True", "Suspended") == story.condition("Suspended")
    assert "spec.suspend is set, nothing is launched until it is removed" == message

    freeze(story)
    message = {c.type: c.message for c in story.status.conditions}["Suspended"]
    assert ("True", "Frozen") == story.condition("Suspended")
    assert "an emergency freeze is on: the network is down, says Kim; spec.suspend is set too" == message

    thaw(story)
    assert ("True", "Suspended") == story.condition("Suspended")
    assert ("False", "Resumed") == ask(story, suspend=False).condition("Suspended")


def test_a_freeze_without_words_is_said_without_any() -> None:
    story = Story(workflow(scale(1))).go()
    story.world.surroundings = Surroundings(frozen=True)
    story.go()

    assert "an emergency freeze is on" in [c.message for c in story.status.conditions]


def test_an_explanation_says_what_holds() -> None:
    story = freeze(Story(workflow(scale(1))))
    explained = explain(snapshot(story), story.now)

    assert "held: an emergency freeze is on: the network is down, says Kim" == explained.headline
    assert "ready, but an emergency freeze is on: the network is down, says Kim" == explained.steps[0].why


def test_an_approval_and_a_wait_for_targets_get_their_time_back_while_they_are_open() -> None:
    story = ask(Story(workflow(scale(1), suspend=True)), suspend=True)
    asked, settings = story.now, Settings()
    approval = ApprovalStatus(needed_because="asked for", requested_at=asked, deadline=asked + timedelta(hours=1))
    waiting = asked + settings.target_wait_timeout
    status = attrs.evolve(story.status, phase=Phase.VALIDATING, approval=approval, target_wait_deadline=waiting)
    later = as_it_stands(snapshot(story), status, asked + 10 * MINUTE)
    assert approval.deadline + 10 * MINUTE == later.approval.deadline
    assert waiting + 10 * MINUTE == later.target_wait_deadline
    assert status == as_it_is_stored(later, later, status)

    decided = attrs.evolve(status, approval=attrs.evolve(approval, decision=ApprovalDecision.APPROVED))
    assert approval == attrs.evolve(
        as_it_stands(snapshot(story), decided, asked + 10 * MINUTE).approval, decision=None)
    noted = attrs.evolve(later, approval=attrs.evolve(later.approval, ignored="by its creator"))
    assert attrs.evolve(approval, ignored="by its creator") == as_it_is_stored(noted, later, status).approval


def test_a_hold_under_an_observing_operator_delays_and_nothing_else() -> None:
    story = freeze(Story(workflow(scale(1), strategy={"dryRunFirst": True}), Settings(observe_only=True)))
    assert ("validating", []) == (story.status.phase, story.names())

    assert ("completed", []) == (thaw(story).status.phase, story.names())
    assert ("True", "ObserveOnly") == story.condition("Finished")


def test_no_decision_under_a_freeze_creates_anything_whatever_the_phase() -> None:
    story = failing().say(step_2=broken(mutated="yes"))
    frozen = attrs.evolve(snapshot(story), surroundings=FREEZE, children={})
    for status in story.world.commits:
        decision = decide(attrs.evolve(frozen, workflow=attrs.evolve(frozen.workflow, status=status)), story.now)

        assert () == tuple(e for e in decision.effects if isinstance(e, CreateChild))


def test_a_deletion_is_not_held() -> None:
    story = freeze(Story(workflow(scale(1))).go())
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.go().after(seconds=31)

    assert story.world.get(WORKFLOW_EXECUTIONS, "w") is None
    assert {} == story.world.children()


def test_a_hold_moves_the_beginning_of_a_dry_run_by_the_time_it_took_and_forgets_nothing() -> None:
    story = Story(workflow(scale(1), strategy={"dryRunFirst": True})).go()
    begun = story.status.dry_run_start_time
    freeze(story.after(seconds=10)).after(minutes=30)
    assert (begun, begun + 30 * MINUTE) == (
        story.status.dry_run_start_time, as_it_stands(snapshot(story), story.status, story.now).dry_run_start_time)

    assert begun + 30 * MINUTE == thaw(story).status.dry_run_start_time
    assert "validating" == story.after(seconds=19).status.phase
    assert ("failed", "dry_run_failed") == (story.after(seconds=1).status.phase, story.status.failure_reason)


@pytest.mark.parametrize(("outcome", "state"), [
    (done(), ("completed", None, False)), (broken("service_unavailable"), ("executing", None, True))])
def test_a_compensation_that_ends_during_a_freeze_has_no_deadline_any_more(outcome: dict, state: tuple) -> None:
    story = freeze(failing().say(step_2=broken(mutated="yes"))).after(minutes=1).say(rollback_2=outcome)
    assert story.status.frozen_since is not None
    undoing = story.step(2).rollback

    assert state == (undoing.status, undoing.deadline, undoing.retry_at is not None)
