"""Workflows that start from another, over any walk of it; the oracles share no code with what they judge."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from wfcore.codec import encode
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import Mutated, Phase, RollbackPhase, StepPhase
from wfcore.model.plan import PlanInputs
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning import dag
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.planning.reversal import nearest
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.testing.strategies import SETTINGS, graphs, instances, json_values, retry_specs, reversal_specs
from wfcore.testing.walking import BEHAVIOURS, Behaviour, Walk
from wfcore.validation.document import check_document

from .test_planning import before, edges
from .test_walk import SPECS, ledger, steps_of, walks

FINISHED = {StepPhase.COMPLETED, StepPhase.FAILED, StepPhase.SKIPPED, StepPhase.ROLLED_BACK}
UNCHANGED = {"nothing_to_roll_back", "not_compensable"}


def start_from(source: Walk, word: str, spec: WorkflowExecutionSpec, behaviours: list[Behaviour]) -> Walk:
    """A second walk in the world of the first, from its uid."""
    meta = source.world.get(WORKFLOW_EXECUTIONS, "w")["metadata"]
    reference = attrs.evolve(getattr(spec, word), name="w", uid=meta["uid"])
    following = attrs.evolve(spec, **{word: reference})
    return Walk(following, behaviours, world=source.world, name="second").to_the_end()


def last(walk: Walk) -> WorkflowExecutionStatus:
    return walk.commits[-1]


def numbers(spec: WorkflowExecutionSpec) -> list[int]:
    return sorted(steps_of(spec))


def undoable(spec: WorkflowExecutionSpec, end: WorkflowExecutionStatus) -> set[int]:
    """The oracle: changed, with a rollbackSpec that names values, not undone by the workflow itself."""
    return {
        e.step_number for e in end.step_statuses
        if e.mutated is not Mutated.NO and _names_values(steps_of(spec)[e.step_number].rollback_spec)
        and not (e.rollback is not None and e.rollback.status is RollbackPhase.COMPLETED)}


def _names_values(spec: Any) -> bool:
    values = spec.parameters if spec is not None else None
    return (values is not None and not hasattr(values, "node_name")  # nodes are not this namespace's
            and getattr(values, "previous_replicas", 1) is not None and (
                getattr(values, "snapshot", "x") != "" or hasattr(values, "revision")))


# A source that is deleted at its end is no source.
LASTING = SPECS.map(lambda spec: attrs.evolve(spec, ttl_seconds_after_finished=None))
CASES = LASTING.flatmap(lambda spec: st.tuples(st.just(spec), reversal_specs(numbers(spec))))


@settings(walks, max_examples=walks.max_examples // 3)
@given(CASES, BEHAVIOURS, BEHAVIOURS)
def test_exactly_what_can_be_undone_is_undone_in_reverse_order_and_what_is_left_is_dirty(
        case: Any, first: list[Behaviour], second: list[Behaviour]) -> None:
    spec, undoing = case
    source = Walk(spec, first).to_the_end()
    end, able = last(source), undoable(spec, last(source))
    walk = start_from(source, "rollback_of", undoing, second)
    chosen, needs = set(undoing.rollback_of.steps), edges(spec)
    if last(walk).failure_reason in UNCHANGED:
        assert chosen - able if chosen else not able
        assert () == last(walk).step_statuses
        return

    wanted = chosen or able
    assert wanted == ledger(last(walk)).keys() <= able
    for status in walk.commits:
        assert status.phase is not Phase.ROLLING_BACK
        now = ledger(status)
        for number, entry in now.items():
            over = all(now[n].status in FINISHED for n in wanted if number in before(needs, n))
            assert not entry.attempt or over
        assert sum(e.status is StepPhase.EXECUTING for e in now.values()) <= (
            undoing.execution_strategy.max_parallel_steps or 5)
    missed = {e.step_number for e in last(walk).step_statuses if e.status is not StepPhase.COMPLETED}
    begun = last(walk).execution_start_time is not None  # it may have waited for an approval in vain
    assert (Phase.FAILED if missed else Phase.COMPLETED) is last(walk).phase or (
        "workflow_timeout" == last(walk).failure_reason)
    assert (missed if begun else set()) == {
        d.step_number for d in (last(walk).rollback.dirty if last(walk).rollback else ())}
    assert end == source.world.workflow("w").status


# Nothing is changed, so nothing is left dirty: most of these can be retried.
HARMLESS = st.lists(st.sampled_from([
    Behaviour(1, "succeed", {"phase": "completed", "rollbackInformation": {"mutated": "no"}}),
    Behaviour(1, "succeed", {"phase": "completed", "rollbackInformation": {"mutated": "no"}}),
    Behaviour(1, "fail", {"phase": "failed", "failureClass": "validation_error"})]), min_size=1, max_size=8)
RETRIES = LASTING.flatmap(lambda spec: st.tuples(st.just(spec), retry_specs(numbers(spec), spec.workflow_definition)))


@settings(walks, max_examples=walks.max_examples // 3)
@given(RETRIES, HARMLESS | BEHAVIOURS, BEHAVIOURS)
def test_exactly_what_was_achieved_is_carried_over_and_the_rest_runs_in_its_order(
        case: Any, first: list[Behaviour], second: list[Behaviour]) -> None:
    spec, retrying = case
    source = Walk(spec, first).to_the_end()
    end, needs = last(source), edges(spec)
    walk = start_from(source, "retry_of", retrying, second)
    done = {e.step_number for e in end.step_statuses if e.status is StepPhase.COMPLETED and e.rollback is None}
    kept = {n for n in done - set(retrying.retry_of.steps)
            if before(needs, n) <= done - set(retrying.retry_of.steps)}
    if end.rollback is not None and end.rollback.dirty:
        assert "source_dirty" == last(walk).failure_reason
    elif kept == set(needs):
        assert "nothing_to_retry" == last(walk).failure_reason
    else:
        for status in walk.commits:
            now = ledger(status)
            assert not status.step_statuses or kept == {n for n, e in now.items() if e.reason == "CarriedOver"}
            assert len(kept) <= status.current_step or not status.step_statuses
            for number, entry in now.items():
                assert (number not in kept) or (entry.status, entry.attempt) == (StepPhase.COMPLETED, 0)
                assert not entry.attempt or all(
                    now[n].status in (StepPhase.COMPLETED, StepPhase.ROLLED_BACK) for n in needs[number])
        assert not {f"second-step-{n}" for n in kept} & walk.world.children().keys()


@given(graphs(max_size=8), st.data())
def test_waiting_for_the_nearest_is_waiting_for_all_that_stand_on_a_step(needs: dict, data: st.DataObject) -> None:
    chosen = frozenset(data.draw(st.sets(st.sampled_from(sorted(needs)))))
    order = tuple(s for wave in dag.waves(needs) for s in wave)
    found = nearest(order, dag.dependants(needs), chosen)

    assert chosen == found.keys()
    for number in chosen:
        assert {n for n in chosen if number in before(needs, n)} == before(found, number)


def test_a_graph_too_tangled_for_a_status_is_put_in_one_row() -> None:
    """Half of the steps need all of the other half, through one that is not undone."""
    needs = {1000: frozenset(range(200)), **{n: frozenset() for n in range(200)},
             **{n: frozenset({1000}) for n in range(200, 400)}}
    order = tuple(s for wave in dag.waves(needs) for s in wave)
    found = nearest(order, dag.dependants(needs), frozenset(range(400)))

    assert 399 == sum(map(len, found.values()))
    for number in (0, 199, 250):
        assert {n for n in range(400) if number in before(needs, n)} <= before(found, number)


SOURCED = reversal_specs((1, 2)) | retry_specs((1, 2))


@given(SOURCED)
def test_what_the_strategies_draw_has_no_problems(spec: WorkflowExecutionSpec) -> None:


    assert () == check_document({
        "apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
        "metadata": {"name": "w", "namespace": "default"}, "spec": encode(spec)}, SETTINGS)


@given(SOURCED, instances(PlanInputs))
def test_no_inputs_that_somebody_may_have_written_make_planning_raise(
        spec: WorkflowExecutionSpec, inputs: PlanInputs) -> None:
    plan = plan_workflow(spec, "default", SETTINGS, inputs)

    if isinstance(plan, Plan):
        assert plan.steps.keys() == plan.rendered.keys() == plan.needs.keys() == set(plan.order)
        assert plan.carried <= plan.steps.keys()


@given(json_values(), st.sampled_from(["rollbackOf", "retryOf"]), json_values())
def test_no_json_as_a_source_makes_the_check_raise(value: Any, word: str, strategy: Any) -> None:
    spec = {word: value, "executionStrategy": strategy}

    assert isinstance(check_document({"metadata": {"name": "w"}, "spec": spec}, SETTINGS), tuple)
