"""Planning as a phase: when it looks again, what it publishes, what it says is wrong, when its time is over."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from wfcore.codec import Problem, encode
from wfcore.codec.size import json_bytes
from wfcore.lifecycle.fitting import OBJECT_BYTES, REST_BYTES, published_too_large
from wfcore.lifecycle.phase_planning import problem_text, refused
from wfcore.lifecycle.sameness import first_difference
from wfcore.model.enums import Phase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.program import CommitStatus, Consult, Failed, FindSource, Survey, Unknown
from wfcore.reasons import Reason
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot
from wfcore.testing.world import World

from .stories import Story, done, failed_chain, rollback_of, scale, workflow
from .test_control import ask

SECOND = timedelta(seconds=1)
LEARNING = {"optimizationEnabled": True, "learningFromHistory": True}


def unanswered(**settings: object) -> Story:
    """A workflow whose source nobody can read."""
    story = rollback_of(failed_chain(settings=Settings(**settings)))
    story.fault = lambda request: Unknown() if isinstance(request, FindSource) else None
    return story.go()


def pause(story: Story) -> float:
    """How long the last pass wants to sleep, in seconds."""
    assert story.passes[-1].finished.wake_at is not None
    return (story.passes[-1].finished.wake_at - story.now).total_seconds()


def test_a_source_that_nobody_can_read_is_asked_for_again_but_never_past_the_deadline() -> None:
    story = unanswered(planning_timeout=12 * SECOND)

    assert [5, 5, 2] == [pause(story), pause(story.wake()), pause(story.wake())]
    assert "planning_timeout" == story.wake().status.failure_reason


def test_a_hold_shortly_before_the_deadline_makes_nobody_ask_more_often() -> None:
    story = ask(unanswered(planning_timeout=12 * SECOND).after(seconds=10), suspend=True)

    assert [5, 5, 5, 5] == [pause(story), *(pause(story.wake()) for _ in range(3))]


def only_planning(story: Story) -> Story:
    """Planning has begun, and its result could not be written."""
    story.fault = lambda request: Failed("unavailable") if isinstance(
        request, CommitStatus) and request.status.phase is not Phase.PLANNING else None
    story.run()
    story.fault = lambda request: None
    assert "planning" == story.status.phase
    return story


def test_planning_that_nobody_got_to_in_time_is_done_late_but_fails_nothing() -> None:
    story = only_planning(Story(workflow(scale(1))))
    story.world.advance(story.settings.planning_timeout * 100)

    assert "executing" == story.go().status.phase


def test_what_could_not_be_asked_is_noted_one_after_the_other() -> None:
    story = Story(workflow(scale(1), adaptiveOrchestration=LEARNING))
    story.fault = lambda request: Unknown() if isinstance(request, Survey | Consult) else None
    notes = story.go().status.plan_inputs.note.split("; ")

    assert 2 == len(notes)
    assert {"other workflows could not be surveyed: whether the targets are busy is unknown",
            "the recorded history was not available: nothing was learned from it"} == set(notes)


def test_a_plan_alone_keeps_what_it_was_made_from_and_how_many_steps_it_has() -> None:
    steps = (scale(1), scale(2, 1))
    only, whole = Story(workflow(*steps, strategy={"mode": "Plan"})).go().status, Story(workflow(*steps)).go().status

    assert (2, whole.plan_inputs.step_timeout) == (only.total_steps, only.plan_inputs.step_timeout)
    assert whole.plan_inputs.max_parallel_steps == only.plan_inputs.max_parallel_steps


def problems(number: int, length: int = 1) -> tuple[Problem, ...]:
    return tuple(Problem(("a", i), "Odd", "x" * length) for i in range(number))


@pytest.mark.parametrize(("number", "shown"), [(1, 1), (2, 2), (5, 5), (6, 5), (7, 5)])
def test_the_first_five_problems_are_said_and_the_others_counted(number: int, shown: int) -> None:
    more = [f"and {number - shown} more"] if number > shown else []

    assert [*(f"$.a[{i}]: x" for i in range(shown)), *more] == problem_text(problems(number)).split("; ")


@pytest.mark.parametrize("length", [1000, 1001])
def test_a_hundred_problems_are_kept_each_up_to_a_thousand_bytes(length: int) -> None:
    snapshot = Snapshot(workflow=Story(workflow(scale(1))).world.workflow("w"), settings=Settings())
    found = problems(101, length - len("$.a[0]: "))
    errors = refused(snapshot, Reason.PLANNING_ERROR, found, World().now).validation_results.validation_errors

    assert (100, 1000) == (len(errors), len(errors[0].encode()))
    assert (length > 1000) is errors[0].endswith("...")


def room(snapshot: Snapshot) -> int:
    """What a published plan may take beside its spec, in bytes."""
    return OBJECT_BYTES - 16 * 1024 - json_bytes(encode(snapshot.workflow.spec)) - REST_BYTES


def taking(size: int) -> WorkflowExecutionStatus:
    """A status of so many bytes."""
    empty = WorkflowExecutionStatus(failure_message="x")
    return attrs.evolve(empty, failure_message="x" * (size - json_bytes(encode(empty)) + 1))


def test_a_rendered_plan_is_published_up_to_the_last_byte_of_its_room_and_refused_beyond() -> None:
    snapshot = Snapshot(workflow=Story(workflow(scale(1))).world.workflow("w"), settings=Settings())
    there = room(snapshot)

    assert published_too_large(snapshot, taking(there)) is None
    assert Problem(
        ("spec", "executionStrategy", "mode"), "TooLarge",
        f"the rendered steps take {there + 1} bytes, and beside this spec there is room for {there}; "
        "split the workflow, or see its plan with `wfctl plan`") == published_too_large(snapshot, taking(there + 1))


def test_beside_a_spec_that_takes_everything_there_is_no_room_at_all() -> None:
    found = Story(workflow(scale(1))).world.workflow("w")
    definition = found.spec.workflow_definition
    assert definition is not None
    wide = attrs.evolve(definition, steps=definition.steps * 10_000)
    spec = attrs.evolve(found.spec, workflow_definition=wide)
    problem = published_too_large(
        Snapshot(workflow=attrs.evolve(found, spec=spec), settings=Settings()), WorkflowExecutionStatus())

    assert problem is not None
    assert "there is room for 0; " in problem.message


@pytest.mark.parametrize(("ours", "theirs", "path"), [
    ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}, None), ({"a": 1}, {"a": 2}, ("a",)),
    ({"a": 1}, {}, ("a",)), ({}, {"a": 1}, ("a",)), ({"b": 1, "a": 1}, {"b": 2, "a": 2}, ("a",)),
    ({"a": {"b": 1}}, {"a": 1}, ("a",)), ({"a": 1}, {"a": {"b": 1}}, ("a",)), ({"a": [1]}, {"a": {}}, ("a",)),
    ([1, 2], [1, 3], (1,)), ([1, 2], [1, 2, 3], ()), ([1, {"a": 2}], [1, {"a": 3}], (1, "a")), ([], {}, ()),
    (None, False, ()), ("1", 1, ()),
])
def test_two_values_differ_at_the_first_place_where_they_are_not_the_same(
        ours: object, theirs: object, path: tuple[str | int, ...] | None) -> None:
    assert path == first_difference(ours, theirs, ())


def test_a_clock_that_goes_backwards_leaves_no_question_unasked() -> None:
    """The rest of a target is over when planning begins: a pass that believes it is not would plan without history."""
    world = World()
    Story(workflow(scale(1), name="older"), world=world).go().say(step_1=done()).stable()
    world.advance(Settings().target_cooldown + SECOND)
    story = only_planning(Story(workflow(scale(1), adaptiveOrchestration=LEARNING), world=world))
    world.now -= 10 * SECOND

    assert story.go().status.plan_inputs.history_available
