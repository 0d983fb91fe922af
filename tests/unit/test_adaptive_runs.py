"""Adaptation at run time: within the envelope, and each step out of the plan on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfcore.execution.adapting import MOST_RECORDED, recorded
from wfcore.model.enums import AdjustmentType
from wfcore.model.plan import ActionHistory
from wfcore.model.status import AdaptiveAdjustment, WorkflowExecutionStatus
from wfcore.planning.tuning import Adjustment
from wfcore.program import Consult, Create, Unknown
from wfcore.resources import KUBERNETES_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.world import START, World

from .stories import Story, broken, done, scale, workflow
from .test_adaptive import ALL, RETRIED, SLOW, adjusted, known, learning, restart_pods, timeout

DYNAMIC = {"optimizationEnabled": True, "dynamicStepAdjustment": True}


def test_after_an_attempt_that_timed_out_the_next_ones_get_more_time_up_to_twice() -> None:
    story = learning(switches=DYNAMIC, steps=(scale(1, timeout="4m", maxRetries=4),))
    seen = []
    for attempt in range(5):
        suffix = f"step-1-r{attempt}" if attempt else "step-1"
        seen.append(timeout(story, suffix))
        story.say(**{suffix.replace("-", "_"): broken("timeout")})
        if attempt < 4:
            story.wake()

    assert ["4m", "6m", "8m", "8m", "8m"] == seen
    assert [("timeout", 1, "timeout of step 1 (scale-deployment) raised from 4m to 6m",
             "attempt 1 did not end in time"),
            ("timeout", 1, "timeout of step 1 (scale-deployment) raised from 6m to 8m",
             "attempt 2 did not end in time")] == adjusted(story)


def test_a_step_that_is_not_tried_again_gets_no_more_time() -> None:
    story = learning(switches=DYNAMIC, steps=(scale(1, maxRetries=0),)).say(step_1=broken("timeout"))

    assert ("failed", None, []) == (story.status.phase, story.step(1).timeout, adjusted(story))


def test_the_deadline_follows_the_adapted_timeout() -> None:
    story = learning(switches=DYNAMIC, steps=(scale(1, timeout="1s"),)).say(step_1=broken("timeout")).wake()

    assert ("2s", timedelta(seconds=2)) == (timeout(story, "step-1-r1"), story.step(1).deadline - story.now)


def test_a_child_that_has_to_be_created_again_gets_the_same_time() -> None:
    story = learning(switches=DYNAMIC).say(step_1=broken("timeout"))
    story.fault = lambda request: Unknown() if isinstance(request, Create) else None
    story.wake()
    story.fault = lambda request: None
    story.go()

    assert "7m30s" == timeout(story, "step-1-r1")


def test_an_attempt_that_comes_late_goes_on_with_the_adapted_time() -> None:
    """Given up as never created, and delivered after all by a process that stood still."""
    story = Story(workflow(scale(1), adaptiveOrchestration=DYNAMIC), Settings(backoff_base=timedelta(hours=1)))
    story.fault = lambda request: Unknown() if isinstance(request, Create) else None
    story.go()
    late = next(r for p in story.passes for r in p.asked(Create))
    story.after(minutes=5)
    assert story.step(1).retry_at is not None

    story.fault = lambda request: None
    story.world.answer(late)
    story.go()
    assert (1, timedelta(minutes=7, seconds=30)) == (story.step(1).attempt, story.step(1).deadline - story.now)


@pytest.mark.parametrize(("history", "attempts"), [(RETRIED, 5), (known(), 3)], ids=["retries help", "they do not"])
def test_a_step_whose_retries_are_spent_gets_two_more_where_history_says_that_they_help(
        history: ActionHistory, attempts: int) -> None:
    story = learning(history, switches=ALL, steps=(scale(1, maxRetries=2 - (history is RETRIED)),))
    while story.status.phase == "executing":
        number = story.step(1).attempt
        story.say(**{f"step_1_r{number - 1}" if number > 1 else "step_1": broken("service_unavailable")})
        if story.status.phase == "executing":
            story.wake()

    assert (attempts, {5: 2, 3: 0}[attempts]) == (story.step(1).attempt, story.step(1).extra_retries)
    if history is RETRIED:
        assert [("retry", "retries of step 1 (scale-deployment) raised from 2 to 3"),
                ("retry", "retries of step 1 (scale-deployment) raised from 3 to 4")] == [
            a[::2] for a in adjusted(story)][1:]


@pytest.mark.parametrize(("failure", "retries"), [("permission_denied", 2), ("rate_limited", 0), ("rate_limited", 10)])
def test_no_retry_is_added_for_what_is_final_where_none_are_wanted_or_where_no_more_fit(
        failure: str, retries: int) -> None:
    story = learning(RETRIED, switches=ALL, steps=(scale(1, maxRetries=retries),))
    while story.status.phase == "executing":
        number = story.step(1).attempt
        story.say(**{f"step_1_r{number - 1}" if number > 1 else "step_1": broken(failure)})
        if story.status.phase == "executing":
            story.wake()

    assert 0 == story.step(1).extra_retries
    assert story.step(1).attempt == (retries + 1 if failure == "rate_limited" else 1)


def test_what_must_not_be_repeated_gets_no_extra_retry() -> None:
    history = known("restart-pod", succeeded=48, retried=10, retried_succeeded=10)
    step = restart_pods(selector="app=web") | {"maxRetries": 1}
    story = learning(history, switches=ALL, steps=(step,))
    story.say(step_1=broken("rate_limited")).wake().say(step_1_r1=broken("rate_limited"))

    assert ("failed", 2, 0) == (story.status.phase, story.step(1).attempt, story.step(1).extra_retries)


def wide(limit: int = 5, **switches: Any) -> Story:
    steps = tuple(scale(n, deployment=f"d{n}") for n in range(1, 8))
    world = World()
    return Story(workflow(*steps, adaptiveOrchestration=switches or DYNAMIC, strategy={"maxParallelSteps": limit}),
                 world=world).go()


def test_pushback_on_two_steps_halves_how_many_run_at_once() -> None:
    story = wide().say(step_1=broken("rate_limited"))
    assert story.status.max_parallel_steps is None

    story.say(step_2=broken("resource_conflict"))
    assert 2 == story.status.max_parallel_steps
    assert [("parallelism", 0, "steps at the same time lowered from 5 to 2",
             "the API pushed back on steps 1, 2")] == adjusted(story)

    story.say(step_3=done(), step_4=done(), step_5=done()).wake().after(minutes=1)
    running = [n for n in range(1, 8) if story.step(n).status == "executing" and story.step(n).retry_at is None]
    assert 2 == len(running)


def test_after_a_reduction_steps_that_wait_to_be_retried_come_in_turn() -> None:
    story = wide().say(**{f"step_{n}": broken("rate_limited") for n in range(1, 6)})
    assert 2 == story.status.max_parallel_steps

    story.after(minutes=1)
    assert ["step-1-r1", "step-2-r1"] == [name for name in story.names() if name.endswith("-r1")]
    story.say(step_1_r1=done())
    assert ["step-1-r1", "step-2-r1", "step-3-r1"] == sorted(n for n in story.names() if n.endswith("-r1"))


def test_pushback_on_attempts_from_before_a_reduction_is_no_reason_for_another() -> None:
    story = wide().say(step_1=broken("rate_limited"), step_2=broken("rate_limited"))
    story.say(step_3=broken("rate_limited"), step_4=broken("rate_limited"), step_5=broken("rate_limited"))
    assert 2 == story.status.max_parallel_steps

    story.wake()
    again = next(n for n in story.names() if n.endswith("-r1"))
    story.say(**{again.replace("-", "_"): broken("rate_limited")})
    assert 1 == story.status.max_parallel_steps
    for _ in range(3):
        story.after(minutes=1)
        late = [n for n in story.names() if n.endswith(("-r1", "-r2"))]
        story.say(**{late[-1].replace("-", "_"): broken("rate_limited")})
    assert 1 == story.status.max_parallel_steps


def test_one_step_at_a_time_is_not_lowered_any_more() -> None:
    story = wide(1).say(step_1=broken("rate_limited"))

    assert (None, []) == (story.status.max_parallel_steps, adjusted(story))


def test_a_name_that_is_taken_is_no_pushback() -> None:
    world = World()
    for number in (1, 2):
        world.add(KUBERNETES_EXECUTIONS, {"spec": {}}, name=f"w-step-{number}")
    steps = (scale(n, deployment=f"d{n}") for n in (1, 2, 3))
    story = Story(workflow(*steps, adaptiveOrchestration=DYNAMIC), world=world).go()

    assert ["NameConflict"] * 2 == [story.step(n).reason for n in (1, 2)]
    assert ["resource_conflict"] * 2 == [story.step(n).failure_class for n in (1, 2)]
    assert story.status.max_parallel_steps is None


@pytest.mark.parametrize("switches", [
    {}, {"learningFromHistory": True, "dynamicStepAdjustment": True}, {"optimizationEnabled": True},
])
def test_without_the_switches_nothing_is_adapted_whatever_happens(switches: dict[str, bool]) -> None:
    def story(switches: dict[str, bool]) -> Story:
        told = learning(SLOW, switches=switches, steps=(scale(1, timeout="1m"), scale(2, deployment="api")))
        told.say(step_1=broken("timeout"), step_2=broken("rate_limited")).wake().after(minutes=1)
        return told

    assert story({}).world.commits == story(switches).world.commits
    assert () == sum((p.asked(Consult) for p in story(switches).passes), ())


def test_the_adjustments_of_a_run_are_audited() -> None:
    story = learning(SLOW, switches=ALL).say(step_1=broken("timeout")).wake().say(step_1_r1=done()).stable()

    (record,) = story.world.audit.values()
    assert ["timeout", "timeout"] == [a.type for a in record.adaptive_adjustments]
    assert story.status.adaptive_adjustments == record.adaptive_adjustments


def test_a_full_record_says_so_and_stays_full() -> None:
    one = Adjustment(AdjustmentType.TIMEOUT, (1,), "more", "slow")
    status = WorkflowExecutionStatus(adaptive_adjustments=(
        AdaptiveAdjustment(timestamp=START, adjustment="a", reason="b"),) * (MOST_RECORDED - 1))
    full = recorded(status, [one], START).adaptive_adjustments
    over = recorded(recorded(status, [one], START), [one, one], START).adaptive_adjustments

    assert (MOST_RECORDED, "more") == (len(full), full[-1].adjustment)
    assert (MOST_RECORDED, "further adjustments are not listed") == (len(over), over[-1].adjustment)
    assert status == recorded(status, [], START)
