"""One pass over the compensations: what it has to see live, what it creates and what it cancels, by name and uid."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from wfcore.decision import CancelChild, CreateChild, Decision
from wfcore.lifecycle.machine import decide
from wfcore.program import Create, Failed
from wfcore.settings import Settings

from .stories import Story, broken, done, failed_chain, rollback_of, scale, workflow
from .test_holds import snapshot

SECOND = timedelta(seconds=1)
CAPTURED = done(deployment="web", previousReplicas=7)


def undoing(*, created: bool = True) -> Story:
    """Step 1 is being undone; without `created` its compensation was intended, and nobody has created it."""
    story = Story(workflow(scale(1, maxRetries=0), scale(2, 1, criticalStep=True))).go().say(step_1=CAPTURED)
    if not created:
        story.fault = lambda request: Failed("unavailable") if isinstance(request, Create) else None
    return story.say(step_2=broken())


def a_pass(story: Story, *unseen: str, live: bool = True, later: timedelta = 0 * SECOND) -> Decision:
    """What one pass decides that does not see some children."""
    seen = snapshot(story)
    children = {name: child for name, child in seen.children.items() if name.removeprefix("w-") not in unseen}
    return decide(attrs.evolve(seen, children=children, live=live), story.now + later)


def test_a_compensation_that_was_not_created_is_created_under_its_own_name_with_what_was_captured() -> None:
    [effect] = a_pass(undoing(created=False)).effects

    assert isinstance(effect, CreateChild)
    assert ("w-rollback-1", "w-rollback-1") == (effect.name, effect.body.value["metadata"]["name"])
    assert 7 == effect.body.value["spec"]["rollbackParameters"]["scaleToPrevious"]["previousReplicas"]


@pytest.mark.parametrize(("live", "unseen", "need_live"), [
    (True, ["step-1"], False), (False, [], False), (False, ["step-1"], True)])
def test_values_that_a_stale_read_may_hide_are_looked_for_live_before_a_compensation_is_created_again(
        live: bool, unseen: list[str], need_live: bool) -> None:
    decision = a_pass(undoing(created=False), *unseen, live=live)

    assert (need_live, 0 if need_live else 1) == (decision.need_live, len(decision.effects))


@pytest.mark.parametrize("live", [True, False])
def test_only_a_live_read_tells_that_a_compensation_is_gone(live: bool) -> None:
    """It was seen, so somebody has removed it; or the cache has not got it yet."""
    story = undoing()
    story.say(rollback_1={"phase": "executing"})
    assert story.step(1).rollback.k8s_execution_ref.uid
    decision = a_pass(story, "rollback-1", live=live)

    assert (not live, live) == (decision.need_live, decision.status.step_statuses[0].rollback.status == "failed")


def test_a_compensation_whose_time_is_over_is_cancelled_in_that_pass_by_its_uid_and_only_once() -> None:
    story = undoing()
    limit = Settings().compensation_timeout
    assert () == a_pass(story, later=limit - 2 * SECOND - story.settings.outcome_hold).effects
    decision = a_pass(story, later=limit)

    uid = story.child("rollback-1")["metadata"]["uid"]
    assert (CancelChild("w-rollback-1", uid),) == decision.effects
    undone = decision.status.step_statuses[0].rollback
    assert story.now + limit == undone.cancelled_at
    assert () == a_pass(story.after(seconds=limit.seconds)).effects


def test_what_could_not_be_restored_is_recommended_to_people_object_by_object() -> None:
    story = rollback_of(failed_chain()).go().ask(stop="Graceful").go().say(rollback_2=broken("permission_denied"))
    actions = story.status.workflow_result.recommended_actions

    assert [1, 2] == sorted(d.step_number for d in story.status.rollback.dirty)
    assert {"a", "b"} == {name for name in "abc" for action in actions if f"deployment default/{name}" in action}
