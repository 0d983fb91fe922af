"""How many workflows may be under way over the whole cluster: the others wait for their turn, the oldest goes next."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfcore.insight.explain import explain
from wfcore.model.enums import ApprovalPolicy
from wfcore.program import Survey, Unknown
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.snapshot import Snapshot
from wfcore.testing.world import World

from .stories import Story, broken, done, scale, workflow
from .test_control import ask

ONE = Settings(max_active_workflows=1)


def at(world: World, name: str, rules: Settings = ONE, **body: Any) -> Story:
    """A workflow on a target of its own, created a second later than the one before."""
    world.advance(timedelta(seconds=1))
    return Story(workflow(scale(1, deployment=name, **body.pop("step", {})), name=name, **body), rules, world)


def both(rules: Settings = ONE, **second: Any) -> tuple[Story, Story]:
    """An older workflow that is under way, and a younger one beside it."""
    world = World()
    return at(world, "older", rules).go(), at(world, "younger", rules, **second).go()


def test_one_too_many_waits_for_its_turn_and_says_who_goes_first() -> None:
    _, younger = both()
    sentence = "1 at a time may be under way, and 1 go first: default/older"

    assert ("planning", sentence, "ParallelismLimit") == (
        younger.status.phase, younger.status.waiting_for, younger.status.waiting_reason)
    assert ("True", "ParallelismLimit") == younger.condition("Progressing")
    assert [f"waits: {sentence}"] == [e.message for e in younger.world.events if e.reason == "ParallelismLimit"]
    assert {"older-step-1"} == younger.world.children().keys()


def test_its_turn_comes_when_one_has_ended() -> None:
    older, younger = both()
    older.say(step_1=broken())
    younger.wake()

    assert ("executing", "", "", None) == (
        younger.status.phase, younger.status.waiting_for, younger.status.waiting_reason,
        younger.status.target_wait_deadline)


def test_without_a_limit_any_number_is_under_way_and_only_the_targets_are_asked_about() -> None:
    older, younger = both(Settings())

    assert ("executing", "executing") == (older.status.phase, younger.status.phase)
    assert [False] == [question.unfinished for p in younger.passes for question in p.asked(Survey)][:1]


def test_what_changes_nothing_waits_for_its_turn_too() -> None:
    look = {"stepNumber": 1, "action": "check-pod-health", "parameters": {"checkPodHealth": {"deployment": "web"}}}
    world = World()
    at(world, "older").go()
    story = Story(workflow(look), ONE, world).go()

    assert "ParallelismLimit" == story.status.waiting_reason


@pytest.mark.parametrize("rules", [ONE, Settings(max_active_workflows=1, observe_only=True)])
def test_what_executes_nothing_waits_for_nobody(rules: Settings) -> None:
    world = World()
    at(world, "older").go()
    mode = {} if rules.observe_only else {"strategy": {"mode": "Plan"}}

    assert "completed" == at(world, "only", rules, **mode).go().status.phase


def test_at_its_cap_the_wait_fails_the_workflow() -> None:
    world = World()
    at(world, "older", step={"timeout": "2h"}).go()
    story = at(world, "younger").go().after(minutes=31)

    assert ("failed", "parallelism_limit", "", "") == (
        story.status.phase, story.status.failure_reason, story.status.waiting_for, story.status.waiting_reason)
    assert "its turn did not come within 30m: 1 at a time may be under way, and 1 go first: default/older" == (
        story.status.failure_message)


def test_what_waits_for_an_approval_keeps_nobody_waiting_until_it_is_approved() -> None:
    careful = Settings(max_active_workflows=1, approval_policy=ApprovalPolicy.ALWAYS)
    world = World()
    older = at(world, "older", careful).go()
    younger = at(world, "younger", Settings(max_active_workflows=1)).go()

    assert ("validating", "executing") == (older.status.phase, younger.status.phase)


def test_an_older_one_that_nobody_has_looked_at_yet_goes_first() -> None:
    world = World()
    world.add(WORKFLOW_EXECUTIONS, workflow(scale(1), name="older"))
    story = at(world, "younger").go()

    assert "ParallelismLimit" == story.status.waiting_reason


def test_a_busy_target_is_named_before_the_limit() -> None:
    world = World()
    at(world, "web").go()
    story = Story(workflow(scale(1, deployment="web"), name="younger"), ONE, world).go()

    assert ("default/web holds deployment/default/web", "TargetBusy") == (
        story.status.waiting_for, story.status.waiting_reason)


def test_who_ends_is_written_nowhere_by_those_that_still_wait() -> None:
    world, rules = World(), Settings(max_active_workflows=2)
    first, *_, last = [at(world, name, rules).go() for name in "abcde"]
    assert "2 at a time may be under way, and 4 go first: default/a, default/b, default/c, default/d" == (
        last.status.waiting_for)
    first.say(step_1=broken())
    written = len(world.commits)
    last.wake()

    assert written == len(world.commits)


def test_without_an_answer_a_wait_goes_on_and_never_fails_for_want_of_one() -> None:
    _, younger = both()
    younger.fault = lambda request: Unknown() if isinstance(request, Survey) else None
    younger.wake()
    assert ("planning", "ParallelismLimit") == (younger.status.phase, younger.status.waiting_reason)

    younger.after(minutes=31)
    assert "executing" == younger.status.phase


def test_a_stopped_one_leaves_the_queue() -> None:
    _, younger = both()
    ask(younger, stop="Graceful")

    assert ("failed", "stopped", "") == (
        younger.status.phase, younger.status.failure_reason, younger.status.waiting_reason)


def test_an_explanation_says_that_it_waits_for_its_turn() -> None:
    _, younger = both()
    explained = explain(Snapshot(workflow=younger.world.workflow("younger"), settings=ONE), younger.now)

    assert explained.headline == (
        "waiting for its turn: 1 at a time may be under way, and 1 go first: default/older")


def test_a_workflow_that_cannot_be_planned_does_not_wait_to_hear_so() -> None:
    world = World()
    at(world, "older").go()
    story = Story(workflow({**scale(1), "dependsOn": [99]}), ONE, world).go()

    assert "failed" == story.status.phase
    assert () == sum((p.asked(Survey) for p in story.passes), ())


def test_where_a_newer_version_says_why_it_waits_its_targets_are_named() -> None:
    _, younger = both(Settings())
    stored = younger.world.get(WORKFLOW_EXECUTIONS, "younger")
    waiting = {"phase": "planning", "waitingFor": "something", "waitingReason": "Unheard"}
    younger.world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": waiting}, younger.now))
    explained = explain(Snapshot(workflow=younger.world.workflow("younger"), settings=ONE), younger.now)

    assert "waiting for its targets: something" == explained.headline


@settings(max_examples=settings().max_examples // 4)
@given(st.integers(2, 6), st.integers(1, 3), st.integers(0, 9999))
def test_never_more_than_may_be_and_all_end_the_oldest_first(count: int, limit: int, seed: int) -> None:
    """Whoever is passed first: one pass at a time sees what is true, so the limit holds exactly."""
    world, random, begun = World(), Random(seed), list[str]()
    rules = Settings(max_active_workflows=limit)
    stories = {name: at(world, name, rules) for name in "abcdef"[:count]}
    for _ in range(40):
        for name in random.sample(sorted(stories), count):
            stories[name].run()
        active = [n for n, s in stories.items() if s.status.phase in ("validating", "executing", "monitoring")]
        begun += [n for n in active if n not in begun]
        assert len(active) <= limit
        for child in sorted(world.children()):
            if random.random() < 0.5:
                world.report(child, random.choice((done(), broken())))
        world.advance(timedelta(seconds=61))

    assert {"completed", "failed"} >= {story.status.phase for story in stories.values()}
    rounds = [begun.index(name) // limit for name in stories]
    assert sorted(begun) == sorted(stories)
    assert rounds == sorted(rounds)
