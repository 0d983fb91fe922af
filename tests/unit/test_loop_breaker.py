"""The loop breaker: what failed on a target again and again needs a person's approval."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfcore.program import Ref
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.testing.world import World

from .stories import Story, broken, scale, workflow


def after_failures(count: int, *, every: timedelta = timedelta(hours=1), deployment: str = "web") -> World:
    """A world in which workflows failed on one target, one after the other."""
    world = World()
    for number in range(count):
        story = Story(workflow(scale(1, deployment=deployment), name=f"failed-{number}"),
                      Settings(loop_breaker_runs=0), world).go()
        assert "failed" == story.say(step_1=broken()).status.phase
        world.advance(every)
    return world


def because(world: World, *steps: dict[str, Any], **settings: Any) -> str:
    story = Story(workflow(*(steps or (scale(1),)), name="next"), Settings(**settings), world).go()
    return story.status.plan_inputs.approval_needed_because


def test_three_failed_runs_on_a_target_within_a_day_need_an_approval_and_are_named() -> None:
    assert "" == because(after_failures(2))
    assert ("3 runs on deployment/default/web failed or did not help within 24h: "
            "default/failed-0, default/failed-1, default/failed-2") == because(after_failures(3))


def test_at_most_five_are_named() -> None:
    assert because(after_failures(7)).endswith("default/failed-4 and 2 more")


@pytest.mark.parametrize(("world", "settings"), [
    (after_failures(3, every=timedelta(hours=13)), {}),
    (after_failures(3, deployment="api"), {}),
    (after_failures(3), {"loop_breaker_runs": 0}),
    (after_failures(3), {"loop_breaker_runs": 4}),
    (after_failures(3), {"loop_breaker_window": timedelta(hours=2)}),
], ids=["too long ago", "another target", "switched off", "more allowed", "shorter window"])
def test_no_approval_is_needed_when_they_do_not_count(world: World, settings: dict[str, Any]) -> None:
    assert "" == because(world, **settings)


def after_ends(**status: Any) -> World:
    """A world with three workflows that ended like this."""
    world = World()
    for number in range(3):
        stored = world.add(WORKFLOW_EXECUTIONS, workflow(scale(1), name=f"w-{number}"))
        world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": {
            "phase": "failed", "completionTime": "2026-01-02T03:00:00Z", **status}}, world.now))
    return world


def test_runs_that_triggered_new_alerts_count_like_failed_ones() -> None:
    world = after_ends(executionStartTime="2026-01-02T02:00:00Z", failureReason="workflow_triggered_new_alerts")

    assert because(world).startswith("3 runs on deployment/default/web")


def test_runs_that_never_executed_anything_do_not_count() -> None:
    """Stopped, rejected or refused before anything was executed: nothing was tried on the target."""
    assert "" == because(after_ends(workflowResult={"outcome": "failed"}))


def test_the_sentence_is_part_of_what_is_approved() -> None:
    digests = {Story(workflow(scale(1), name="next"), world=after_failures(n)).go().status.plan_digest
               for n in (0, 3)}

    assert 2 == len(digests)


def test_a_planning_that_never_began_counts_nothing() -> None:
    """Only this engine writes status, but nothing keeps others from trying."""
    world = after_failures(3)
    stored = world.add(WORKFLOW_EXECUTIONS, workflow(scale(1), name="odd"))
    world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": {"phase": "planning"}}, world.now))
    odd = Story(workflow(scale(1, deployment="api"), name="other"), world=world)
    odd.name, odd.ref = "odd", Ref("default", "odd")

    assert "" == odd.go().status.plan_inputs.approval_needed_because
