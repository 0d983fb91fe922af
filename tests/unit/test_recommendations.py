"""What a finished run recommends to whoever writes the next one."""

from __future__ import annotations

from typing import Any

import attrs

from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Action, FailureClass, StepPhase
from wfcore.model.plan import PlanInputs
from wfcore.planning.adaptation import MOST, recommendations
from wfcore.planning.experience import experience
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.settings import Settings

from .stories import Story, broken, done, scale, workflow
from .test_adaptive import RETRIED, learning
from .test_adaptive_runs import DYNAMIC, wide


def plan_of(story: Story) -> Plan:
    spec: WorkflowExecutionSpec = story.world.workflow("w").spec
    plan = plan_workflow(spec, "default", Settings(), story.status.plan_inputs or PlanInputs())
    assert isinstance(plan, Plan)
    return plan


def advice(story: Story, *history: Any) -> tuple[str, ...]:
    return recommendations(story.status, plan_of(story), history)


def test_a_step_that_never_ended_in_time_should_get_twice_the_time_it_had_last() -> None:
    story = Story(workflow(scale(1, maxRetries=1))).go()
    story.say(step_1=broken("timeout")).wake().say(step_1_r1=broken("timeout"))

    assert ("step 1 (scale-deployment) did not end within 5m, tried twice: give it 10m",) == advice(story)


def test_a_step_that_needed_the_adapted_time_should_get_it() -> None:
    story = learning(switches=DYNAMIC).say(step_1=broken("timeout")).wake().say(step_1_r1=done())

    assert ("step 1 (scale-deployment) timed out after 5m and ended within 7m30s: give it that",) == advice(story)


def test_a_step_that_needed_the_extra_retries_should_get_them() -> None:
    story = learning(RETRIED, switches={**DYNAMIC, "learningFromHistory": True}, steps=(scale(1, maxRetries=1),))
    for attempt in range(3):
        story.say(**{f"step_1_r{attempt}" if attempt else "step_1": broken("rate_limited")}).wake()
    story.say(step_1_r3=done())

    assert ("step 1 (scale-deployment) succeeded after 3 retries: set its maxRetries from 2 to 3",) == advice(story)


def test_pushback_of_the_api_recommends_fewer_steps_at_once() -> None:
    story = wide().say(step_1=broken("rate_limited"), step_2=broken("rate_limited"))

    assert ("the API pushed back on steps that ran together: set maxParallelSteps to 2",) == advice(story)


def test_steps_in_a_row_on_different_deployments_could_run_in_parallel() -> None:
    check = {"stepNumber": 4, "action": "check-pod-health", "dependsOn": [2],
             "parameters": {"checkPodHealth": {"deployment": "db"}}}
    story = Story(workflow(scale(1), scale(2, 1, deployment="api"), scale(3, 2, deployment="api"), check)).go()
    story.say(step_1=done()).say(step_2=done()).say(step_3=done(), step_4=done())

    assert ("steps 1 and 2 change different Deployments: if 2 does not need what 1 did, they could run in parallel",
            ) == advice(story)


def test_an_action_that_mostly_fails_is_named_if_it_is_used() -> None:
    story = Story(workflow(scale(1))).go()
    history = [experience(a, samples=25, succeeded=10) for a in (Action.SCALE_DEPLOYMENT, Action.DRAIN_NODE)]

    assert ("scale-deployment succeeds in 40% of 25 runs: find out why it fails",) == advice(story, *history)
    assert () == advice(story, experience(Action.SCALE_DEPLOYMENT, samples=25, succeeded=20))


def test_there_are_five_of_a_kind_and_not_too_many_in_all() -> None:
    story = Story(workflow(*(scale(n, deployment=f"d{n}") for n in range(1, 10)))).go()
    entries = tuple(attrs.evolve(e, status=StepPhase.FAILED, failure_class=FailureClass.TIMEOUT, attempt=3)
                    for e in story.status.step_statuses)
    told = recommendations(attrs.evolve(story.status, step_statuses=entries), plan_of(story), ())

    assert 5 == len(told) <= MOST
    assert all("tried 3 times" in sentence for sentence in told)
