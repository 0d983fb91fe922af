"""Adaptation: what history changes in a plan, what a run changes within the envelope, and that each is on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfcore.execution.adapting import MOST_RECORDED, recorded
from wfcore.model.enums import Action, AdjustmentType
from wfcore.model.plan import ActionHistory
from wfcore.model.status import AdaptiveAdjustment, WorkflowExecutionStatus
from wfcore.planning.experience import confidence, experience, what_counts
from wfcore.planning.tuning import Adjustment
from wfcore.program import Consult, Survey, Unknown
from wfcore.resources import KUBERNETES_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.world import START, World

from .stories import Story, broken, done, scale, workflow

ALL = {"optimizationEnabled": True, "learningFromHistory": True, "dynamicStepAdjustment": True}
LEARN = {"optimizationEnabled": True, "learningFromHistory": True}
DYNAMIC = {"optimizationEnabled": True, "dynamicStepAdjustment": True}
MINUTE = timedelta(minutes=1)


def known(action: str = "scale-deployment", samples: int = 50, succeeded: int = 50, **more: Any) -> ActionHistory:
    return experience(Action(action), samples=samples, succeeded=succeeded, **more)


SLOW = known(typical=2 * MINUTE, slow=6 * MINUTE)
RETRIED = known(succeeded=48, retried=10, retried_succeeded=6)


def learning(*history: ActionHistory, steps: tuple[dict[str, Any], ...] = (), switches: Any = None,
             **settings: Any) -> Story:
    """A story in a world with this history, up to its first attempts."""
    world = World()
    world.history = history
    body = workflow(*(steps or (scale(1),)), adaptiveOrchestration=LEARN if switches is None else switches)
    return Story(body, Settings(**settings), world).go()


def adjusted(story: Story) -> list[tuple[str, int, str, str]]:
    return [(a.type.value, a.step_number, a.adjustment, a.reason) for a in story.status.adaptive_adjustments]


def timeout(story: Story, suffix: str = "step-1") -> str:
    return story.child(suffix)["spec"]["timeout"]


# --- in planning ------------------------------------------------------------------------------------------


def test_a_slow_past_raises_the_timeout_with_a_margin_and_says_why() -> None:
    story = learning(SLOW)

    assert "7m30s" == timeout(story)
    assert [("timeout", 1, "timeout of step 1 (scale-deployment) raised from 5m to 7m30s",
             "95 % of the successes took up to 6m, of 50 runs")] == adjusted(story)


@pytest.mark.parametrize(("own", "slow", "planned"), [
    ("1m", 6 * MINUTE, "2m"), ("10m", 6 * MINUTE, "10m"), ("13h", timedelta(days=300), "24h"),
    ("3s", timedelta(seconds=4.1), "6s"), ("4s", timedelta(seconds=4.1), "6s"),
], ids=["at most twice", "never lowered", "never more than a day", "twice", "whole seconds"])
def test_a_timeout_is_raised_within_bounds_and_never_lowered(own: str, slow: timedelta, planned: str) -> None:
    assert planned == timeout(learning(known(slow=slow), steps=(scale(1, timeout=own),)))


@pytest.mark.parametrize(("own", "succeeded", "planned"), [
    (2, 4, 2), (2, 5, 3), (2, 7, 3), (2, 8, 4), (0, 10, 0), (9, 10, 10), (10, 10, 10),
])
def test_retries_are_added_where_they_help_and_none_stays_none(own: int, succeeded: int, planned: int) -> None:
    story = learning(known(succeeded=48, retried=10, retried_succeeded=succeeded), steps=(scale(1, maxRetries=own),))
    for attempt in range(planned + 1):
        story.say(**{f"step_1_r{attempt}" if attempt else "step_1": broken("rate_limited")})
        if story.status.phase == "executing":
            story.wake()

    assert ("failed", planned + 1) == (story.status.phase, story.step(1).attempt)
    expected = f"retries of step 1 (scale-deployment) raised from {own} to {planned}"
    assert ([expected] if planned > own else []) == [a for _, _, a, _ in adjusted(story)]


def restart_pods(**parameters: str) -> dict[str, Any]:
    return {"stepNumber": 1, "action": "restart-pod", "parameters": {"restartPod": parameters}}


@pytest.mark.parametrize(("parameters", "adjustments"), [({"selector": "app=web"}, 0), ({"podName": "web-0"}, 1)])
def test_only_what_can_be_repeated_without_harm_gets_retries(parameters: dict[str, str], adjustments: int) -> None:
    history = known("restart-pod", succeeded=48, retried=10, retried_succeeded=10)

    assert adjustments == len(adjusted(learning(history, steps=(restart_pods(**parameters),))))


def check(number: int, *needs: int) -> dict[str, Any]:
    return {"stepNumber": number, "action": "check-pod-health", "dependsOn": list(needs),
            "parameters": {"checkPodHealth": {"deployment": "web"}}}


def cordon(number: int) -> dict[str, Any]:
    return {"stepNumber": number, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": f"node-{number}"}}}


def test_of_steps_that_are_ready_together_the_more_reliable_and_the_longer_start_first() -> None:
    history = (known(succeeded=40, typical=MINUTE), known("check-pod-health", typical=MINUTE),
               known("cordon-node", typical=2 * MINUTE))
    steps = (scale(1), check(2), cordon(3), restart_pods(podName="a") | {"stepNumber": 4}, scale(5), check(6, 1))
    world = World()
    world.history = history
    body = workflow(*steps, adaptiveOrchestration=LEARN, strategy={"maxParallelSteps": 1})
    story = Story(body, Settings(trusted_namespaces=None), world).go()
    order = []
    while story.status.phase == "executing":
        order += [n for n in story.names() if n not in order]
        story.say(**{order[-1].replace("-", "_"): done()})

    assert ["step-3", "step-2", "step-1", "step-5", "step-4", "step-6"] == order
    assert [("order", 0, "ready steps start in the order steps 3, 2, 1, 5, 4, 6",
             "more reliable and longer actions come first")] == adjusted(story)


def test_a_step_that_never_helped_is_recommended_to_be_left_out_and_runs_all_the_same() -> None:
    story = learning(known(succeeded=1))

    assert [("skip", 1, "step 1 (scale-deployment) could be left out; nothing was",
             "it succeeded in 2% of 50 runs")] == adjusted(story)
    assert ["step-1"] == story.names()


def test_adjustments_of_one_action_are_one_record() -> None:
    steps = (*(scale(n, deployment=f"d{n}") for n in range(1, 31)), scale(31, deployment="x", timeout="1m"))

    listed = ", ".join(map(str, range(1, 21)))
    assert [("timeout", 0, f"timeout of steps {listed}, ... (30 in all) (scale-deployment) raised from 5m to 7m30s"),
            ("timeout", 31, "timeout of step 31 (scale-deployment) raised from 1m to 2m")] == [
        a[:3] for a in adjusted(learning(SLOW, steps=steps))]


def test_the_estimate_follows_the_record() -> None:
    assert (20, 120) == tuple(learning(*h).status.execution_plan.estimated_duration.total_seconds()
                              for h in ((), (SLOW,)))


def test_what_is_learned_is_committed_and_part_of_the_digest() -> None:
    story, plain = learning(SLOW), learning()

    assert (True, (SLOW,)) == (story.status.plan_inputs.history_available, story.status.plan_inputs.history)
    assert (True, ()) == (plain.status.plan_inputs.history_available, plain.status.plan_inputs.history)
    assert story.status.plan_digest != plain.status.plan_digest


def test_a_plan_that_is_learned_stays_the_same_when_history_goes_on() -> None:
    story = learning(SLOW, steps=(scale(1), scale(2, 1)))
    story.world.history = (known(slow=9 * MINUTE),)
    story.settings = Settings(history_min_samples=1000)
    story.say(step_1=done())

    assert "7m30s" == timeout(story, "step-2")


def test_history_that_does_not_count_is_not_taken() -> None:
    doubtful = known(samples=20, succeeded=10, slow=6 * MINUTE)
    few = known(samples=9, succeeded=9, slow=6 * MINUTE)

    assert confidence(20, 10) < 0.8 < confidence(9, 9)
    assert [(), ()] == [learning(h).status.plan_inputs.history for h in (doubtful, few)]
    assert 1 == len(learning(few, history_min_samples=9).status.plan_inputs.history)


def test_only_the_actions_of_the_workflow_are_asked_about_once() -> None:
    story = learning(SLOW, known("drain-node"), steps=(scale(2), scale(1)))
    story.fault = lambda request: None

    assert (Consult("heal", (Action.SCALE_DEPLOYMENT,)),) == sum((p.asked(Consult) for p in story.passes), ())
    assert [Action.SCALE_DEPLOYMENT] == [h.action for h in story.status.plan_inputs.history]


def test_a_history_that_does_not_answer_is_planned_without_and_said() -> None:
    world = World()
    world.history = None
    story = Story(workflow(scale(1), adaptiveOrchestration=ALL), world=world).go()
    planned = next(c.message for c in story.status.conditions if c.type == "Planned")

    assert ("executing", False, []) == (
        story.status.phase, story.status.plan_inputs.history_available, adjusted(story))
    assert planned.endswith("; the recorded history was not available: nothing was learned from it")


def test_two_sources_that_do_not_answer_are_both_named() -> None:
    story = Story(workflow(scale(1), adaptiveOrchestration=ALL))
    story.fault = lambda request: Unknown() if isinstance(request, Consult | Survey) else None
    story.go()

    assert 2 == len(story.status.plan_inputs.note.split("; "))


def test_while_it_waits_for_a_target_history_is_not_asked() -> None:
    first = Story(workflow(scale(1), name="first")).go()
    story = Story(workflow(scale(1), adaptiveOrchestration=ALL), world=first.world).go()
    story.wake().wake()
    assert [()] * len(story.passes) == [p.asked(Consult) for p in story.passes]

    first.say(step_1=broken())
    story.wake()
    assert 1 == sum(len(p.asked(Consult)) for p in story.passes)


@pytest.mark.parametrize("extra", [{"stop": "Graceful"}], ids=str)
def test_a_stopped_workflow_asks_nobody(extra: dict[str, Any]) -> None:
    story = Story(workflow(scale(1), adaptiveOrchestration=ALL, **extra)).go()

    assert ((), ()) == (sum((p.asked(Consult) for p in story.passes), ()),
                        sum((p.asked(Survey) for p in story.passes), ()))


def test_a_plan_that_is_only_published_is_fitted_too() -> None:
    world = World()
    world.history = (SLOW,)
    story = Story(workflow(scale(1), strategy={"mode": "Plan"}, adaptiveOrchestration=LEARN), world=world).go()

    assert timedelta(minutes=7, seconds=30) == story.status.workflow.steps[0].timeout
    assert ["timeout"] == [a[0] for a in adjusted(story)]


# --- at run time ------------------------------------------------------------------------------------------


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


def test_the_deadline_follows_the_adapted_timeout() -> None:
    story = learning(switches=DYNAMIC, steps=(scale(1, timeout="1s"),)).say(step_1=broken("timeout")).wake()

    assert ("2s", timedelta(seconds=2)) == (timeout(story, "step-1-r1"), story.step(1).deadline - story.now)


def test_a_child_that_has_to_be_created_again_gets_the_same_time() -> None:
    story = learning(switches=DYNAMIC).say(step_1=broken("timeout"))
    story.fault = lambda request: Unknown() if type(request).__name__ == "Create" else None
    story.wake()
    story.fault = lambda request: None
    story.go()

    assert "7m30s" == timeout(story, "step-1-r1")


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


# --- the record -------------------------------------------------------------------------------------------


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


def test_confidence_grows_with_samples_and_agreement() -> None:
    assert [0.0, 0.861, 0.807, 0.737, 0.804] == [
        round(confidence(*counts), 3) for counts in ((0, 0), (10, 10), (10, 9), (10, 5), (21, 10))]


def test_a_rate_of_retries_needs_five_of_them() -> None:
    assert (0.0, 1.0) == tuple(known(retried=n, retried_succeeded=n).retry_success_rate for n in (4, 5))
    assert 0.0 == known(samples=0, succeeded=0).success_rate


def test_what_counts_is_one_entry_an_action_in_order() -> None:
    entries = [known("scale-deployment"), known("cordon-node"), known("cordon-node")]

    assert [Action.CORDON_NODE, Action.SCALE_DEPLOYMENT] == [h.action for h in what_counts(entries, Settings())]
