"""Adaptation stays within its envelope, whatever history says and whatever a run brings; switched off it is nothing."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfcore.codec.durations import parse_duration
from wfcore.model.definition import AdaptiveOrchestrationConfig, WorkflowExecutionSpec
from wfcore.model.enums import Action, AdjustmentType, ExecutionKind
from wfcore.model.plan import ActionHistory, PlanInputs
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.adaptation import MOST, recommendations
from wfcore.planning.experience import confidence, experience
from wfcore.planning.idempotence import is_idempotent
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.testing.strategies import SETTINGS, workflow_specs
from wfcore.testing.walking import BEHAVIOURS, Behaviour, Walk

from .test_planning import edges

ON = AdaptiveOrchestrationConfig(optimization_enabled=True, learning_from_history=True, dynamic_step_adjustment=True)
OFF = [AdaptiveOrchestrationConfig(), attrs.evolve(ON, optimization_enabled=False),
       AdaptiveOrchestrationConfig(optimization_enabled=True)]
walks = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
                 max_examples=settings().max_examples // 2)


@st.composite
def histories(draw: st.DrawFn) -> tuple[ActionHistory, ...]:
    """What a store may have recorded, sure or not, of any actions, each once."""
    found = []
    for action in draw(st.lists(st.sampled_from(Action), unique=True)):
        samples = draw(st.integers(0, 200))
        retried = draw(st.integers(0, samples))
        retried_succeeded = draw(st.integers(0, retried))
        succeeded = draw(st.integers(retried_succeeded, samples))
        typical, slow = (draw(st.none() | st.integers(0, 10**6).map(lambda s: timedelta(seconds=s))) for _ in "ab")
        found.append(experience(action, samples=samples, succeeded=succeeded, retried=retried,
                                retried_succeeded=retried_succeeded, typical=typical, slow=slow))
    return tuple(found)


def switched(spec: WorkflowExecutionSpec, switches: AdaptiveOrchestrationConfig) -> WorkflowExecutionSpec:
    return attrs.evolve(spec, adaptive_orchestration=switches)


def planned(spec: WorkflowExecutionSpec, history: tuple[ActionHistory, ...] = ()) -> Plan:
    plan = plan_workflow(spec, "default", SETTINGS, PlanInputs(history=history))
    assert isinstance(plan, Plan)
    return plan


def essence(plan: Plan) -> tuple:
    return (plan.order, plan.rendered, plan.retries, plan.max_parallel, plan.published, plan.adjustments, plan.dynamic,
            plan.experience)


@given(workflow_specs(), histories())
def test_a_fitted_plan_is_the_plan_within_the_envelope(
        spec: WorkflowExecutionSpec, history: tuple[ActionHistory, ...]) -> None:
    plain, fitted = planned(switched(spec, OFF[0])), planned(switched(spec, ON), history)

    for number, step in plain.steps.items():
        before, after = plain.rendered[number], fitted.rendered[number]
        assert before.timeout <= after.timeout <= 2 * before.timeout
        assert before == attrs.evolve(after, timeout=before.timeout)
        extra = fitted.retries[number] - plain.retries[number]
        assert 0 <= extra <= 2
        assert fitted.retries[number] <= 10
        assert not extra or (plain.retries[number] and is_idempotent(step.parameters, SETTINGS))
        assert step.action in {h.action for h in history} or (after, extra) == (before, 0)
    assert (plain.needs, plain.critical, plain.max_parallel, plain.published.waves) == (
        fitted.needs, fitted.critical, fitted.max_parallel, fitted.published.waves)
    place = {number: i for i, number in enumerate(fitted.order)}
    assert place.keys() == plain.steps.keys()
    assert all(place[b] < place[n] for n, needs in edges(spec).items() for b in needs)


@given(workflow_specs(), histories())
def test_what_was_fitted_is_recorded_and_nothing_else(
        spec: WorkflowExecutionSpec, history: tuple[ActionHistory, ...]) -> None:
    plain, fitted = planned(switched(spec, OFF[0])), planned(switched(spec, ON), history)
    recorded = {(a.type, n) for a in fitted.adjustments for n in a.steps}
    kinds = {a.type for a in fitted.adjustments}

    assert {n for n in plain.steps if plain.rendered[n] != fitted.rendered[n]} == {
        n for kind, n in recorded if kind is AdjustmentType.TIMEOUT}
    assert {n for n in plain.steps if plain.retries[n] != fitted.retries[n]} == {
        n for kind, n in recorded if kind is AdjustmentType.RETRY}
    assert (plain.order != fitted.order) == (AdjustmentType.ORDER in kinds)
    assert AdjustmentType.PARALLELISM not in kinds


@pytest.mark.parametrize("switches", OFF)
@given(workflow_specs(), histories())
def test_without_the_switches_history_changes_nothing(
        switches: AdaptiveOrchestrationConfig, spec: WorkflowExecutionSpec, history: tuple[ActionHistory, ...]) -> None:
    assert essence(planned(switched(spec, OFF[0]))) == essence(planned(switched(spec, switches), history))
    assert planned(switched(spec, OFF[0])).digest == planned(switched(spec, switches)).digest


@given(workflow_specs(), histories())
def test_the_digest_says_what_may_be_adapted(
        spec: WorkflowExecutionSpec, history: tuple[ActionHistory, ...]) -> None:
    plain, dynamic = (planned(switched(spec, s)).digest for s in (OFF[0], ON))

    assert plain != dynamic
    assert (dynamic == planned(switched(spec, ON), history).digest) == (not history)


def limits(walk: Walk, status: WorkflowExecutionStatus) -> Plan:
    plan = plan_workflow(walk.spec, "default", SETTINGS, status.plan_inputs or PlanInputs())
    assert isinstance(plan, Plan)
    return plan


def walked(spec: WorkflowExecutionSpec, behaviours: list[Behaviour], history: tuple[ActionHistory, ...]) -> Walk:
    walk = Walk(spec, behaviours)
    walk.world.history = history
    return walk.to_the_end()


@walks
@given(workflow_specs(max_size=5), BEHAVIOURS, histories())
def test_a_run_stays_within_the_envelope_and_records_each_step_out_of_the_plan(
        spec: WorkflowExecutionSpec, behaviours: list[Behaviour], history: tuple[ActionHistory, ...]) -> None:
    walk = walked(switched(spec, ON), behaviours, history)
    plan = limits(walk, walk.world.commits[-1])

    for child in walk.world.children().values():
        if child["spec"]["kind"] == ExecutionKind.FORWARD.value:
            number = child["spec"]["stepNumber"]
            most = plan.rendered[number].timeout
            assert most <= parse_duration(child["spec"]["timeout"]) <= 2 * most
            assert child["spec"]["attempt"] <= 1 + min(10, plan.retries[number] + 2)
    for old, new in pairwise((WorkflowExecutionStatus(), *walk.world.commits)):
        assert new.adaptive_adjustments[:len(old.adaptive_adjustments)] == old.adaptive_adjustments
        assert (new.max_parallel_steps or plan.max_parallel) <= (old.max_parallel_steps or plan.max_parallel)
        fresh = {(a.type, a.step_number) for a in new.adaptive_adjustments[len(old.adaptive_adjustments):]}
        was = {e.step_number: e for e in old.step_statuses}
        for entry in new.step_statuses if old.step_statuses else ():
            before = was[entry.step_number]
            assert (entry.timeout != before.timeout) == ((AdjustmentType.TIMEOUT, entry.step_number) in fresh)
            assert (entry.extra_retries != before.extra_retries) == (
                (AdjustmentType.RETRY, entry.step_number) in fresh)
        lowered = new.max_parallel_steps != old.max_parallel_steps
        assert lowered == ((AdjustmentType.PARALLELISM, 0) in fresh)
    assert MOST >= len(recommendations(walk.world.commits[-1], plan, history))


@settings(walks, max_examples=walks.max_examples // 2)
@given(workflow_specs(max_size=4), BEHAVIOURS, histories(), st.sampled_from(OFF[1:]))
def test_switched_off_a_run_is_the_same_in_every_status(
        spec: WorkflowExecutionSpec, behaviours: list[Behaviour], history: tuple[ActionHistory, ...],
        switches: AdaptiveOrchestrationConfig) -> None:
    one = walked(switched(spec, OFF[0]), behaviours, ())
    other = walked(switched(spec, switches), behaviours, history)

    assert one.world.commits == other.world.commits


@settings(walks, max_examples=walks.max_examples // 2)
@given(workflow_specs(max_size=3), histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_history_is_told_decides_nothing(
        spec: WorkflowExecutionSpec, history: tuple[ActionHistory, ...], random: object) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    one, other = (walked(switched(spec, ON), [Behaviour(0, "nothing")], h) for h in (history, tuple(shuffled)))

    assert one.world.commits == other.world.commits


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_confidence_is_one_less_half_the_wilson_interval(counts: tuple[int, int]) -> None:
    """The oracle: the interval's ends are the rates p at which the observed one is z standard errors away."""
    samples, succeeded = counts
    z, seen = 1.959964, succeeded / samples
    a, b, c = samples + z * z, -(2 * samples * seen + z * z), samples * seen * seen
    width = (b * b - 4 * a * c) ** 0.5 / a

    assert pytest.approx(1 - width / 2, abs=1e-5) == confidence(samples, succeeded)
