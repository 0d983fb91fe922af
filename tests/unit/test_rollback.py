"""Rolling back: what, in which order, with which values, and what is left."""

from __future__ import annotations

import pytest

from wfcore.program import Create, DeleteChild, Failed, Request, Response, Unknown
from wfcore.resources import KUBERNETES_EXECUTIONS
from wfcore.settings import CustomAction, Settings

from .stories import SCALE_BACK, Story, broken, done, scale, workflow

CHAIN = (scale(1), scale(2, 1), scale(3, 2, criticalStep=True))


def dirty(story: Story) -> list[int]:
    return [entry.step_number for entry in story.status.rollback.dirty]


def test_compensations_run_in_reverse_order_each_after_the_one_before() -> None:
    story = Story(workflow(*CHAIN)).go().say(step_1=done()).say(step_2=done()).say(step_3=broken())
    assert ["step-1", "step-2", "step-3", "rollback-2"] == story.names()
    assert (2, 1) == story.status.rollback.steps

    story.say(rollback_2=done())
    assert "rollback-1" == story.names()[-1]
    story.say(rollback_1=done())
    assert ("failed", ["rolled_back", "rolled_back", "failed"]) == (story.status.phase, story.phases())
    assert () == story.status.rollback.dirty
    assert ("True", "RolledBack") == story.condition("RolledBack")
    assert story.condition("ManualInterventionRequired") is None
    assert "critical step 3 failed: it is verification_failed" == story.status.rollback_reason


def test_a_compensation_carries_what_it_restores_and_nothing_of_what_its_step_did() -> None:
    """What a step did may be the value of a Secret; found by law S23 of the simulator (seed 5013)."""
    secret = {"stepNumber": 1, "action": "update-secret", "rollbackSpec": {"action": "restore-previous-config"},
              "parameters": {"updateSecret": {"name": "s", "dataUpdates": {"k": "aHVudGVyMg=="}}}}
    settings = Settings(allow_inline_secrets=True)
    story = Story(workflow(secret, scale(2, 1, criticalStep=True)), settings).go()
    captured = {"restorePreviousConfig": {"name": "s", "type": "Secret", "snapshot": "s-1"}}
    story.say(step_1={**done(), "rollbackInformation": {"captured": True, "mutated": "yes", "parameters": captured}})
    story.say(step_2=broken())
    spec = story.world.children()["w-rollback-1"]["spec"]

    assert "restore-previous-config" == spec["rollbackAction"]
    assert "s-1" == spec["rollbackParameters"]["restorePreviousConfig"]["snapshot"]
    assert "parameters" not in spec
    assert "aHVudGVyMg" not in str(spec)


def test_a_compensation_also_waits_for_those_that_depend_on_it_through_an_uncompensated_step() -> None:
    story = Story(workflow(scale(1), scale(2, 1, undo=False), scale(3, 2), scale(4, 3, criticalStep=True))).go()
    story.say(step_1=done()).say(step_2=done("no")).say(step_3=done()).say(step_4=broken())
    assert "rollback-3" == story.names()[-1]

    assert "rollback-1" == story.say(rollback_3=done()).names()[-1]


def test_an_intended_compensation_that_was_not_created_is_created_later() -> None:
    story = Story(workflow(*CHAIN[:1], scale(2, 1, criticalStep=True))).go().say(step_1=done())
    story.fault = lambda request: Failed("unavailable") if isinstance(request, Create) else None
    story.say(step_2=broken())
    assert ("executing", ["step-1", "step-2"]) == (story.step(1).rollback.status, story.names())

    story.fault = lambda request: None
    assert "rolled_back" == story.go().say(rollback_1=done()).step(1).status


def test_independent_compensations_run_together() -> None:
    story = Story(workflow(scale(1), scale(2), scale(3, 1, 2, criticalStep=True))).go()
    story.say(step_1=done(), step_2=done()).say(step_3=broken())

    assert ["rollback-1", "rollback-2"] == story.names()[-2:]


def test_only_what_may_have_changed_something_is_compensated() -> None:
    steps = (scale(1), scale(2), scale(3), scale(4, 1, 2, 3, criticalStep=True))
    story = Story(workflow(*steps)).go()
    story.say(step_1=done("no"), step_2=done("unknown"), step_3=done()).say(step_4=broken(mutated="unknown"))

    assert [4] == [n for n in story.status.rollback.steps if n == 4]
    assert {2, 3, 4} == set(story.status.rollback.steps)
    assert "rollback-4" == story.names()[-1]


def test_captured_values_win_over_those_of_the_spec() -> None:
    story = Story(workflow(*CHAIN[:2], scale(3, 2, criticalStep=True))).go()
    story.say(step_1=done(deployment="web", previousReplicas=7)).say(step_2=done()).say(step_3=broken())
    story.say(rollback_2=done())

    assert {"scaleToPrevious": {"namespace": "default", "deployment": "web", "previousReplicas": 7}} == \
        story.child("rollback-1")["spec"]["rollbackParameters"]
    assert {"scaleToPrevious": {"namespace": "default", "deployment": "web"}} == \
        story.child("rollback-2")["spec"]["rollbackParameters"]


def test_the_values_are_those_of_the_earliest_attempt_that_may_have_changed_something() -> None:
    story = Story(workflow(scale(1, maxRetries=3), scale(2, 1, criticalStep=True))).go()
    story.say(step_1=broken("rate_limited", "no", deployment="web", previousReplicas=1)).wake()
    story.say(step_1_r1=broken("rate_limited", "unknown", deployment="web", previousReplicas=2)).wake()
    story.say(step_1_r2=done(deployment="web", previousReplicas=3)).say(step_2=broken())

    assert 2 == story.child("rollback-1")["spec"]["rollbackParameters"]["scaleToPrevious"]["previousReplicas"]
    assert (2, "yes") == (story.step(1).mutating_attempt, story.step(1).mutated)


def test_a_failed_compensation_is_recorded_and_the_others_continue() -> None:
    story = Story(workflow(*CHAIN)).go().say(step_1=done()).say(step_2=done()).say(step_3=broken())
    story.say(rollback_2=broken("permission_denied"))
    assert "rollback-1" == story.names()[-1]
    story.say(rollback_1=done())

    assert ("failed", [2]) == (story.status.phase, dirty(story))
    assert ("failed", "it is permission_denied") == (
        story.step(2).rollback.status, story.step(2).rollback.error_message)
    assert ["rolled_back", "completed", "failed"] == story.phases()
    assert ("True", "RollbackIncomplete") == story.condition("ManualInterventionRequired")
    assert ("False", "RollbackIncomplete") == story.condition("RolledBack")
    assert 1 == sum(e.reason == "ManualInterventionRequired" for e in story.world.events)
    assert "deployment default/web" in story.status.workflow_result.recommended_actions[0]


def test_a_failed_step_that_was_compensated_stays_failed() -> None:
    story = Story(workflow(scale(1, criticalStep=True))).go().say(step_1=broken(mutated="yes"))
    story.say(rollback_1=done())

    assert ("failed", "completed") == (story.step(1).status, story.step(1).rollback.status)
    assert 0.0 == story.status.workflow_result.effectiveness_score


def test_compensations_are_retried_and_a_retry_is_a_new_child() -> None:
    story = Story(workflow(*CHAIN[:1], scale(2, 1, criticalStep=True))).go().say(step_1=done()).say(step_2=broken())
    story.say(rollback_1=broken("service_unavailable")).wake()
    assert "rollback-1-r1" == story.names()[-1]
    story.say(rollback_1_r1=done())

    assert ("rolled_back", 2) == (story.step(1).status, story.step(1).rollback.attempt)


def test_a_compensation_that_does_not_end_is_cancelled_and_counted_as_failed() -> None:
    story = Story(workflow(scale(1, maxRetries=0), scale(2, 1, criticalStep=True))).go()
    story.say(step_1=done()).say(step_2=broken()).after(minutes=5)
    assert "deletionTimestamp" in story.child("rollback-1")["metadata"]
    story.after(seconds=30)

    assert ("failed", [1]) == (story.status.phase, dirty(story))


def test_the_whole_rollback_ends_at_its_cap() -> None:
    story = Story(workflow(*CHAIN)).go().say(step_1=done()).say(step_2=done()).say(step_3=broken())
    story.after(minutes=4)
    start = story.status.rollback_start_time
    story.world.now = start + story.settings.rolling_back_timeout
    story.go()
    assert "rolling_back" == story.status.phase
    story.after(seconds=31)

    assert ("failed", [1, 2]) == (story.status.phase, sorted(dirty(story)))
    assert "the rollback took too long" == story.step(1).rollback.error_message


@pytest.mark.parametrize("strategy", ["manual", "none"])
def test_without_automatic_rollback_nothing_is_compensated_and_everything_changed_is_listed(strategy: str) -> None:
    story = Story(workflow(*CHAIN, strategy={"rollbackStrategy": strategy})).go()
    story.say(step_1=done()).say(step_2=done()).say(step_3=broken())

    assert ("failed", [1, 2]) == (story.status.phase, dirty(story))
    assert not story.status.rollback.performed
    assert ["step-1", "step-2", "step-3"] == story.names()
    assert ("True", "RollbackIncomplete") == story.condition("ManualInterventionRequired")


def test_what_changed_without_a_rollback_spec_is_dirty_and_the_rest_is_compensated() -> None:
    story = Story(workflow(scale(1), scale(2, 1, undo=False), scale(3, 2, criticalStep=True))).go()
    story.say(step_1=done()).say(step_2=done()).say(step_3=broken()).say(rollback_1=done())

    assert ("failed", [2]) == (story.status.phase, dirty(story))
    assert ["rolled_back", "completed", "failed"] == story.phases()


def test_a_custom_action_without_a_target_is_dirty_by_its_name() -> None:
    step = {"stepNumber": 1, "action": "custom", "criticalStep": True, "parameters": {"custom": {"actionType": "x"}}}
    story = Story(workflow(step), Settings(custom_actions=(CustomAction(action_type="x"),))).go()
    story.say(step_1=broken(mutated="unknown"))

    [left] = story.status.rollback.dirty
    assert ("Custom", "custom", "step 1 (custom) may have been applied") == (left.kind, left.name, left.actual)


def test_a_rollback_spec_without_values_needs_captured_ones() -> None:
    blind = {"action": "scale-to-previous"}
    story = Story(workflow({**scale(1), "rollbackSpec": blind}, scale(2, 1, criticalStep=True))).go()
    story.say(step_1=done()).say(step_2=broken()).go()

    assert ("failed", [1]) == (story.status.phase, dirty(story))
    assert "no previous values were captured and the rollbackSpec has none" == story.step(1).rollback.error_message


def test_captured_values_of_another_compensation_are_not_used() -> None:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True))).go()
    odd = {**done(), "rollbackInformation": {"mutated": "yes", "parameters": {"uncordonNode": {"nodeName": "n"}}}}
    story.say(step_1=odd).say(step_2=broken())

    assert "scaleToPrevious" in story.child("rollback-1")["spec"]["rollbackParameters"]


@pytest.mark.parametrize(("idempotent", "attempts"), [(True, 3), (False, 1)])
def test_a_custom_compensation_of_unknown_outcome_is_retried_only_if_it_is_idempotent(
        idempotent: bool, attempts: int) -> None:
    custom = Settings(custom_actions=(CustomAction(action_type="warm", idempotent=idempotent),))
    back = {"action": "custom", "parameters": {"custom": {"actionType": "warm"}}}
    story = Story(workflow({**scale(1), "rollbackSpec": back}, scale(2, 1, criticalStep=True)), custom).go()
    story.say(step_1=done()).say(step_2=broken())
    while story.status.phase == "rolling_back":
        story.wake()

    assert attempts == story.step(1).rollback.attempt


def test_the_idempotence_of_a_captured_custom_compensation_is_that_of_its_own_action() -> None:
    """The spec may leave the parameters to the executor; then what was captured names the action."""
    story = Story(workflow({**scale(1), "rollbackSpec": {"action": "custom"}}, scale(2, 1, criticalStep=True)),
                  Settings(custom_actions=(CustomAction(action_type="warm", idempotent=True),))).go()
    captured = {"mutated": "yes", "captured": True, "parameters": {"custom": {"actionType": "odd"}}}
    story.say(step_1={**done(), "rollbackInformation": captured}).say(step_2=broken())
    while story.status.phase == "rolling_back":
        story.wake()

    assert 1 == story.step(1).rollback.attempt


def test_the_compensation_has_the_timeout_of_its_own_spec() -> None:
    story = Story(workflow({**scale(1), "rollbackSpec": {**SCALE_BACK, "timeout": "7s"}},
                           scale(2, 1, criticalStep=True))).go()
    story.say(step_1=done()).say(step_2=broken())

    assert ("7s", "rollback") == tuple(story.child("rollback-1")["spec"][key] for key in ("timeout", "kind"))


def test_no_more_compensations_run_at_once_than_steps_may() -> None:
    steps = [scale(n) for n in range(1, 5)]
    story = Story(workflow(*steps, scale(5, 1, 2, 3, 4, criticalStep=True), strategy={"maxParallelSteps": 2})).go()
    values = {"deployment": "web", "previousReplicas": 1}
    story.say(step_1=done(**values), step_2=done(**values)).say(step_3=done(**values), step_4=done(**values))
    story.say(step_5=broken("validation_error"))

    running = [name for name in story.names() if name.startswith("rollback")]
    assert ["rollback-1", "rollback-2"] == running
    story.say(rollback_1=done())
    assert "rollback-3" in story.names()
    assert "rollback-4" not in story.names()


def test_a_cancelled_compensation_that_is_not_there_is_neither_created_nor_cancelled_again() -> None:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True, maxRetries=0),
                           strategy={"maxRetries": 0})).go().say(step_1=done(deployment="web", previousReplicas=1))
    story.fault = lambda request: Unknown() if isinstance(request, Create) else None
    story.say(step_2=broken("validation_error"))
    story.world.advance(story.settings.compensation_timeout)
    asked = [story.run() for _ in range(3)]

    assert () == tuple(r for one in asked for r in (*one.asked(Create), *one.asked(DeleteChild)))
    assert ("failed", "w-rollback-1 could not be created in time") == (
        story.step(1).rollback.status, story.step(1).rollback.error_message)


def test_a_compensation_given_up_as_never_created_goes_on_when_its_child_is_there_after_all() -> None:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True))).go()
    story.say(step_1=done(deployment="web", previousReplicas=1))
    posted: list[Create] = []

    def lose(request: Request) -> Response | None:
        if isinstance(request, Create):
            posted.append(request)
            return Unknown()
        return None
    story.fault = lose
    story.say(step_2=broken("validation_error")).after(seconds=story.settings.compensation_timeout.total_seconds())
    given_up = story.step(1).rollback
    story.fault = lambda request: None
    story.world.answer(posted[0])
    story.go()

    assert given_up.retry_at is not None
    assert (1, None, "executing", "") == (
        story.step(1).rollback.attempt, story.step(1).rollback.retry_at, story.step(1).rollback.status,
        story.step(1).rollback.error_message)
    assert story.now + story.settings.compensation_timeout == story.step(1).rollback.deadline
    assert "rolled_back" == story.say(rollback_1=done()).step(1).status


def test_a_compensation_whose_captured_values_are_gone_before_it_was_created_is_not_made_up() -> None:
    story = Story(workflow({**scale(1), "rollbackSpec": {"action": "scale-to-previous"}},
                           scale(2, 1, criticalStep=True))).go()
    story.say(step_1=done(deployment="web", previousReplicas=1))
    story.fault = lambda request: Unknown() if isinstance(request, Create) else None
    story.say(step_2=broken("validation_error"))
    assert "executing" == story.step(1).rollback.status

    story.fault = lambda request: None
    story.world.delete(KUBERNETES_EXECUTIONS, "w-step-1", force=True)
    story.go()
    assert ["w-step-2"] == list(story.world.children())

    story.after(minutes=30)
    assert ("failed", [1]) == (story.step(1).rollback.status, dirty(story))
