"""Busy targets: one active workflow per target; the others wait visibly, in turn and not for ever."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfcore.insight.explain import explain
from wfcore.planning.targets import Target, named_targets
from wfcore.program import Emit, Failed, Ref, Survey, Surveyed, Unknown
from wfcore.rawobject import RawObject
from wfcore.resources import NAMESPACES, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.snapshot import Snapshot
from wfcore.testing.strategies import SETTINGS, documents, json_values
from wfcore.testing.world import World

from .stories import Story, broken, done, scale, workflow
from .test_control import ask

WEB = Target("Deployment", "default", "web")


def pair(*steps: dict[str, Any], first: dict[str, Any] | None = None, **settings: Any) -> tuple[Story, Story]:
    """An older workflow that executes, and a younger one with these steps in the same world."""
    world, rules = World(), Settings(**settings)
    older = Story(first or workflow(scale(1), name="older"), rules, world).go()
    world.advance(timedelta(seconds=5))
    return older, Story(workflow(*(steps or (scale(1),)), name="younger"), rules, world).go()


def waits(story: Story) -> bool:
    return "planning" == story.status.phase and bool(story.status.waiting_for)


def test_a_workflow_waits_for_another_that_changes_the_same_object_and_says_for_whom() -> None:
    _, younger = pair()

    assert ("planning", "default/older holds deployment/default/web") == (
        younger.status.phase, younger.status.waiting_for)
    assert ("True", "TargetBusy") == younger.condition("Progressing")
    assert ["waits: default/older holds deployment/default/web"] == [
        e.message for e in younger.world.events if e.reason == "TargetBusy"]
    assert {"older-step-1"} == younger.world.children().keys()
    assert [(1,)] == [wave.steps for wave in younger.status.execution_plan.waves]


def test_it_goes_on_as_soon_as_a_poll_finds_the_target_free() -> None:
    older, younger = pair()
    older.say(step_1=broken())
    younger.wake()

    assert ("executing", "", None) == (
        younger.status.phase, younger.status.waiting_for, younger.status.target_wait_deadline)


def test_it_looks_every_ten_seconds_and_writes_only_when_the_wait_begins() -> None:
    _, younger = pair()
    written, instants = len(younger.world.commits), []
    for _ in range(3):
        instants.append(younger.passes[-1].finished.wake_at - younger.now)
        younger.wake()

    assert [timedelta(seconds=10)] * 3 == instants
    assert written == len(younger.world.commits)
    assert 1 == len([e for e in younger.world.events if e.reason == "TargetBusy"])


def test_another_holder_is_written_but_is_no_event_and_starts_no_other_wait() -> None:
    older, younger = pair()
    third = Story(workflow(scale(1), name="third"), world=younger.world).go()
    deadline = third.status.target_wait_deadline
    assert "default/older holds deployment/default/web" == third.status.waiting_for

    older.say(step_1=broken())
    younger.wake()
    third.wake()

    assert ("default/younger holds deployment/default/web", deadline) == (
        third.status.waiting_for, third.status.target_wait_deadline)
    assert 2 == len([e for e in younger.world.events if e.reason == "TargetBusy"])


def test_at_its_cap_the_wait_fails_the_workflow() -> None:
    older, younger = pair(first=workflow(scale(1, timeout="2h"), name="older"))
    begun = younger.now
    while waits(younger):
        younger.wake()

    assert ("failed", "target_busy", timedelta(minutes=30)) == (
        younger.status.phase, younger.status.failure_reason, younger.now - begun)
    assert "the targets were not free within 30m: default/older holds deployment/default/web" == (
        younger.status.failure_message)
    assert ("", None) == (younger.status.waiting_for, younger.status.target_wait_deadline)
    assert "executing" == older.status.phase


def test_a_wait_longer_than_planning_may_take_is_no_planning_timeout() -> None:
    _, younger = pair(planning_timeout=timedelta(seconds=30))
    younger.after(minutes=20)

    assert waits(younger)
    assert younger.status.phase_deadline is None


def test_time_suspended_does_not_count_against_the_cap() -> None:
    _, younger = pair(first=workflow(scale(1, timeout="5h"), name="older"))
    ask(younger, suspend=True)
    assert waits(younger.after(hours=2))

    ask(younger, suspend=False)
    assert waits(younger.after(minutes=29))
    assert "target_busy" == younger.after(minutes=2).status.failure_reason


def test_a_suspended_workflow_holds_its_targets() -> None:
    _, younger = pair(first=workflow(scale(1), name="older", suspend=True))

    assert "default/older holds deployment/default/web" == younger.status.waiting_for


def test_a_workflow_that_is_stopped_while_it_waits_ends_at_once() -> None:
    _, younger = pair()
    ask(younger, stop="Graceful")

    assert ("failed", "stopped", "") == (
        younger.status.phase, younger.status.failure_reason, younger.status.waiting_for)


@pytest.mark.parametrize("other", [
    workflow(scale(1, deployment="api"), name="older"),
    workflow(scale(1), name="older", strategy={"mode": "Plan"}),
    workflow({"stepNumber": 1, "action": "check-pod-health", "parameters": {"checkPodHealth": {"deployment": "web"}}},
             name="older"),
], ids=["other target", "only planned", "only looks"])
def test_a_workflow_that_does_not_change_the_object_is_not_waited_for(other: dict[str, Any]) -> None:
    _, younger = pair(first=other)

    assert "executing" == younger.status.phase


@pytest.mark.parametrize(("mode", "phase"), [("Execute", "planning"), ("Plan", "executing")])
def test_an_older_workflow_that_nobody_has_looked_at_yet_goes_first_if_it_will_execute(mode: str, phase: str) -> None:
    world = World()
    world.add(WORKFLOW_EXECUTIONS, workflow(scale(1), name="older", strategy={"mode": mode}))
    world.advance(timedelta(seconds=5))

    assert phase == Story(workflow(scale(1), name="younger"), world=world).go().status.phase


def restart(selector: str) -> dict[str, Any]:
    return {"stepNumber": 1, "action": "restart-pod", "parameters": {"restartPod": {"selector": selector}}}


def test_a_selector_is_the_same_target_only_as_the_same_selector() -> None:
    _, same = pair(restart("app=web"), first=workflow(restart("app=web"), name="older"))
    _, other = pair(restart("app=api"), first=workflow(restart("app=web"), name="older"))

    assert "default/older holds pod/default/(app=web)" == same.status.waiting_for
    assert "executing" == other.status.phase


def test_workflows_that_only_plan_or_observe_ask_nobody() -> None:
    _, planned = pair(scale(1), first=workflow(scale(1), name="older"))
    only = Story(workflow(scale(1), name="only", strategy={"mode": "Plan"}), world=planned.world).go()
    seen = Story(workflow(scale(1), name="seen"), Settings(observe_only=True), planned.world).go()

    assert ["completed", "completed"] == [only.status.phase, seen.status.phase]
    assert () == sum((p.asked(Survey) for p in (*only.passes, *seen.passes)), ())


def test_a_workflow_of_another_namespace_counts_when_it_names_the_same_object() -> None:
    world = World()
    world.perform(op.Create(NAMESPACES, {"metadata": {"name": "ops"}}, world.now))
    step = scale(1, undo=False)
    step["parameters"]["scaleDeployment"]["namespace"] = "default"
    stored = world.add(WORKFLOW_EXECUTIONS, workflow(step, name="far"), namespace="ops")
    world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": {"phase": "executing"}}, world.now))
    near = Story(workflow(scale(1)), world=world).go()

    assert "ops/far holds deployment/default/web" == near.status.waiting_for


def test_a_workflow_that_is_being_deleted_is_not_waited_for() -> None:
    older, younger = pair()
    older.world.delete(WORKFLOW_EXECUTIONS, "older")

    assert "executing" == younger.wake().status.phase


@pytest.mark.parametrize("answer", [Failed("unavailable"), Unknown()])
def test_without_an_answer_it_is_planned_and_says_so(answer: object) -> None:
    older, _ = pair()
    story = Story(workflow(scale(1), name="blind"), world=older.world)
    story.fault = lambda request: answer if isinstance(request, Survey) else None
    story.go()

    assert "executing" == story.status.phase
    assert story.status.plan_inputs.note.startswith("other workflows could not be surveyed")
    planned = next(c for c in story.status.conditions if c.type == "Planned")
    assert planned.message.endswith(story.status.plan_inputs.note)


def test_that_nobody_answered_is_no_part_of_the_plan_that_is_approved() -> None:
    blind, told = Story(workflow(scale(1))), Story(workflow(scale(1))).go()
    blind.fault = lambda request: Unknown() if isinstance(request, Survey) else None
    blind.go()

    assert blind.status.plan_inputs != told.status.plan_inputs
    assert blind.status.plan_digest == told.status.plan_digest


def test_a_wait_that_has_begun_outlasts_an_answer_that_fails_but_never_fails_for_want_of_one() -> None:
    _, younger = pair()
    younger.fault = lambda request: Unknown() if isinstance(request, Survey) else None
    assert waits(younger.wake())

    younger.after(minutes=31)
    assert "executing" == younger.status.phase


def test_an_explanation_says_what_it_waits_for_and_does_not_ask_again() -> None:
    _, younger = pair()
    snapshot = Snapshot(workflow=younger.world.workflow("younger"), settings=Settings())

    explained = explain(snapshot, younger.now)
    assert "waiting for its targets: default/older holds deployment/default/web" == explained.headline
    assert explained.next.startswith("look again at ")


@given(st.lists(json_values(leaves=8), max_size=4))
def test_a_poisonous_neighbour_never_matters(values: list[Any]) -> None:
    poison = tuple(RawObject(v if isinstance(v, dict) else {"metadata": {"name": "x", "namespace": "default"},
                                                            "spec": v, "status": v}) for v in values)
    story = Story(workflow(scale(1)))
    story.fault = lambda request: Surveyed(poison) if isinstance(request, Survey) else None

    assert "executing" == story.go().status.phase
    assert all(isinstance(named_targets(raw), frozenset) for raw in poison)


@given(documents())
def test_a_workflow_is_found_under_every_target_that_it_asks_about(body: dict[str, Any]) -> None:
    """Whoever conflicts is answered: the index holds a superset of what a workflow changes, planned or not."""
    story = Story(body, SETTINGS)
    asked = story.run().asked(Survey)
    planned = {**story.world.get(WORKFLOW_EXECUTIONS, "w"), "spec": {"retryOf": {"name": "v", "uid": "u"}}}

    assert {Ref("default", "w")} >= {question.ref for question in asked}
    targets = frozenset(target for question in asked for target in question.targets)
    assert targets <= named_targets(RawObject(body))
    assert targets <= named_targets(RawObject(planned))


NAMES = ("a", "b", "c", "d")
PLANS = st.lists(st.lists(st.sampled_from(("web", "api", "db")), min_size=1, max_size=3, unique=True),
                 min_size=2, max_size=4)


@settings(max_examples=settings().max_examples // 4)
@given(PLANS, st.lists(st.integers(0, 2), min_size=4, max_size=4), st.integers(0, 9999))
def test_of_workflows_that_conflict_the_oldest_goes_first_and_never_two_at_once(
        plans: list[list[str]], pauses: list[int], seed: int) -> None:
    """Whoever is passed first: no two wait for each other, so all end, in the order of their age where they meet."""
    world, stories, random = World(), {}, Random(seed)
    for name, plan, pause in zip(NAMES, plans, pauses, strict=False):
        world.advance(timedelta(seconds=pause))
        steps = [scale(n, undo=False, deployment=d) for n, d in enumerate(plan, 1)]
        # Each of them fails, which is nobody's business here.
        stories[name] = Story(workflow(*steps, name=name),
                              Settings(target_cooldown=timedelta(0), loop_breaker_runs=0), world)
    age = {n: (w.metadata.creation_timestamp, w.metadata.uid) for n in stories for w in [world.workflow(n)]}
    begun: list[str] = []
    rounds: list[list[str]] = []
    while any(story.status.phase not in ("completed", "failed") for story in stories.values()):
        for name in random.sample(sorted(stories), len(stories)):
            stories[name].run()
        active = [n for n, s in stories.items() if s.status.phase in ("validating", "executing")]
        begun += [n for n in active if n not in begun]
        busy = [deployment for n in active for deployment in plans[NAMES.index(n)]]
        assert len(busy) == len(set(busy))
        assert len(rounds := [*rounds, active]) < 60, "somebody waits for ever"
        for child in random.sample(sorted(world.children()), (1 + len(world.children())) // 2):
            world.report(child, broken())
        world.advance(timedelta(seconds=11))

    assert sorted(stories) == sorted(begun)
    for earlier, later in combinations(begun, 2):
        shared = set(plans[NAMES.index(earlier)]) & set(plans[NAMES.index(later)])
        assert not shared or age[earlier] < age[later]


def test_the_event_comes_after_the_write() -> None:
    _, younger = pair()
    words = [w for p in younger.passes for w in p.words]

    assert ["Survey", "CommitStatus", "Emit"] == words[words.index("Survey"):][:3]
    emitted = [e for p in younger.passes for e in p.asked(Emit)]
    assert ["TargetBusy"] == [h.reason for e in emitted for h in e.events if h.reason == "TargetBusy"]


def test_a_finished_workflow_holds_nothing() -> None:
    older, younger = pair(target_cooldown=timedelta(0))
    older.say(step_1=done()).stable()

    assert "completed" == older.status.phase
    assert "executing" == younger.wake().status.phase
