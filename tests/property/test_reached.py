"""Plans, statuses and worlds that come about: what holds of all of them."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings

from wfcore.codec import decode, encode
from wfcore.insight.explain import explain
from wfcore.lifecycle.conditions import with_conditions
from wfcore.lifecycle.soundness import is_sound
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.enums import StepPhase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning import dag
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.program import Ref
from wfcore.rawobject import RawObject
from wfcore.reconciler import Reconcile
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.snapshot import Snapshot, sort_children
from wfcore.testing.driving import drive
from wfcore.testing.strategies import SETTINGS, plans
from wfcore.testing.walking import Walk, statuses, walks, worlds
from wfcore.testing.world import World

slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
                max_examples=settings().max_examples // 2)


@given(plans())
def test_a_plan_orders_each_step_after_its_prerequisites_and_within_its_waves(plan: Plan) -> None:
    place = {step: i for i, step in enumerate(plan.order)}

    assert list(plan.order) == [step for wave in plan.published.waves for step in wave.steps]
    assert all(place[before] < place[step] for step, needs in plan.needs.items() for before in needs)
    assert plan.dependants == dag.dependants(plan.needs)
    assert plan.critical <= plan.steps.keys() == plan.retries.keys() == plan.rendered.keys()


@slow
@given(statuses())
def test_a_reached_status_is_written_and_read_back_the_same(status: WorkflowExecutionStatus) -> None:
    assert status == decode(WorkflowExecutionStatus, json.loads(json.dumps(encode(status))))


@slow
@given(statuses())
def test_the_conditions_of_a_reached_status_follow_from_it(status: WorkflowExecutionStatus) -> None:
    generation, later = status.observed_generation, status.conditions[0].last_transition_time

    assert status == with_conditions(status, generation, later)


@slow
@given(walks())
def test_the_ledger_of_a_reached_status_is_one_of_its_plan(walk: Walk) -> None:
    for status in walk.world.commits:
        if status.step_statuses:
            plan = plan_workflow(walk.spec, "default", SETTINGS, status.plan_inputs)
            assert plan.digest == status.plan_digest
            assert is_sound(status, plan)
            assert status.current_step == sum(
                e.status not in (StepPhase.PENDING, StepPhase.EXECUTING) for e in status.step_statuses) or (
                status.phase in TERMINAL)


@slow
@given(worlds())
def test_a_reached_world_comes_to_rest_and_is_explained(world: World) -> None:
    """S20: once a pass changes nothing, the next one doesn't either."""
    for _ in range(8):
        drive(Reconcile(Ref("default", "w"), SETTINGS), world.answer)
    version = world.state.version
    again = drive(Reconcile(Ref("default", "w"), SETTINGS), world.answer)

    assert version == world.state.version
    assert "CommitStatus" not in again.words
    if world.get(WORKFLOW_EXECUTIONS, "w") is None:  # ended, and its time to live is over
        return
    current = world.workflow("w")
    ours, foreign = sort_children(current.metadata, map(RawObject, world.children().values()))
    said = explain(Snapshot(workflow=current, settings=SETTINGS, children=ours, foreign=foreign, live=True), world.now)
    assert [e.step_number for e in current.status.step_statuses] == [s.step_number for s in said.steps]
    assert all(step.why for step in said.steps)
    assert said.headline
    assert said.next


@slow
@given(worlds())
def test_a_reached_world_has_recorded_what_has_ended_and_nothing_else(world: World) -> None:
    assert (world.commits[-1].phase in TERMINAL) == (len(world.audit) == 1)
