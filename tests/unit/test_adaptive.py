"""Adaptation in planning: what history changes in a plan, and that it says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfcore.model.enums import Action
from wfcore.model.plan import ActionHistory
from wfcore.planning.experience import confidence, experience
from wfcore.planning.tuning import listed
from wfcore.program import Consult, Consulted, Survey, Unknown
from wfcore.settings import Settings
from wfcore.testing.world import World

from .stories import Story, broken, done, scale, workflow

ALL = {"optimizationEnabled": True, "learningFromHistory": True, "dynamicStepAdjustment": True}
LEARN = {"optimizationEnabled": True, "learningFromHistory": True}
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


@pytest.mark.parametrize("history", [
    (known(succeeded=0),), (known(typical=MINUTE), known("check-pod-health"))],
    ids=["of the one nothing is known", "of the one no duration is known"])
def test_what_less_is_known_about_starts_later(history: tuple[ActionHistory, ...]) -> None:
    assert ("order", 0, "ready steps start in the order steps 2, 1", "more reliable and longer actions come first",
            ) == adjusted(learning(*history, steps=(check(1), scale(2))))[-1]


@pytest.mark.parametrize(("succeeded", "kinds"), [(4, ["skip"]), (5, [])])
def test_a_step_that_helps_in_a_tenth_of_the_runs_is_worth_its_time(succeeded: int, kinds: list[str]) -> None:
    assert kinds == [kind for kind, *_ in adjusted(learning(known(succeeded=succeeded)))]


def test_a_step_that_never_helped_is_recommended_to_be_left_out_and_runs_all_the_same() -> None:
    story = learning(known(succeeded=1))

    assert [("skip", 1, "step 1 (scale-deployment) could be left out; nothing was",
             "it succeeded in 2% of 50 runs")] == adjusted(story)
    assert ["step-1"] == story.names()


def test_adjustments_of_one_action_are_one_record() -> None:
    steps = (*(scale(n, deployment=f"d{n}") for n in range(1, 31)), scale(31, deployment="x", timeout="1m"))

    first = ", ".join(map(str, range(1, 21)))
    assert [("timeout", 0, f"timeout of steps {first}, ... (30 in all) (scale-deployment) raised from 5m to 7m30s"),
            ("timeout", 31, "timeout of step 31 (scale-deployment) raised from 1m to 2m")] == [
        a[:3] for a in adjusted(learning(SLOW, steps=steps))]


@pytest.mark.parametrize(("count", "words"), [
    (1, "step 1"), (20, f"steps {', '.join(map(str, range(1, 21)))}"),
    (21, f"steps {', '.join(map(str, range(1, 21)))}, ... (21 in all)")])
def test_up_to_twenty_steps_are_listed(count: int, words: str) -> None:
    assert words == listed(range(1, count + 1))


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
    """More may be answered; it is not taken."""
    story = Story(workflow(scale(2), scale(1), adaptiveOrchestration=LEARN))
    story.fault = lambda request: Consulted((SLOW, known("drain-node"))) if isinstance(request, Consult) else None
    story.go()

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
