"""The plan of an undoing: from what its source gave, in the order it gave, and from nothing else."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from wfcore.codec import Malformed, decode
from wfcore.model.compensations import ScaleToPreviousParams
from wfcore.model.definition import ObjectReference, WorkflowExecutionSpec, WorkflowStep
from wfcore.model.enums import Action, ExecutionKind, RollbackAction
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.plan import PlanInputs, PlannedCompensation
from wfcore.planning import dag
from wfcore.planning.draft import Draft
from wfcore.planning.reversal import draft_reversal, nearest

from .stories import MANUAL, Story, broken, captured, rollback_of, scale, workflow

MINUTE = timedelta(minutes=1)


def back(number: int, *after: int, **more: Any) -> PlannedCompensation:
    given = {"name": f"s{number}", "timeout": MINUTE, "max_retries": 2, **more}
    return PlannedCompensation(
        step_number=number, action=Action.SCALE_DEPLOYMENT, rollback_action=RollbackAction.SCALE_TO_PREVIOUS,
        parameters=ScaleToPreviousParams(deployment=f"d{number}", previous_replicas=number), after=after, **given)


def drafted(*compensations: PlannedCompensation, **strategy: Any) -> Draft | Malformed:
    spec = decode(WorkflowExecutionSpec, {"rollbackOf": {"name": "w", "uid": "1"}, "executionStrategy": strategy})
    assert isinstance(spec, WorkflowExecutionSpec), spec
    return draft_reversal(spec, "shop", PlanInputs(compensations=compensations))


@pytest.mark.parametrize("compensations", [
    (), (back(1), back(1)), (back(1, 2),), (back(1, 2), back(2, 1)), (back(1), back(2, 3))],
    ids=["none", "two of one step", "after nothing", "in a cycle", "after one that is missing"])
def test_from_what_nobody_gathered_nothing_is_planned(compensations: tuple[PlannedCompensation, ...]) -> None:
    refused = drafted(*compensations)

    assert isinstance(refused, Malformed)
    assert [(("spec", "rollbackOf"), "SourceNeeded",
             "what is to be undone is read from the source in planning, on a cluster")] == [
        (p.path, p.reason, p.message) for p in refused.problems]


def test_a_compensation_is_planned_as_its_source_gave_it_within_the_namespace_of_who_undoes() -> None:
    checks = [{"type": "health", "required": True}]
    draft = drafted(back(2), back(1, 2, timeout=timedelta(seconds=9)), safetyChecks=checks)

    assert isinstance(draft, Draft)
    assert {1: WorkflowStep(step_number=1, name="s1", action=Action.SCALE_DEPLOYMENT, depends_on=(2,)),
            2: WorkflowStep(step_number=2, name="s2", action=Action.SCALE_DEPLOYMENT)} == draft.steps
    assert ({1: frozenset({2}), 2: frozenset()}, ExecutionKind.ROLLBACK) == (draft.needs, draft.kind)
    assert {1: timedelta(seconds=9), 2: timedelta(seconds=20)} == draft.typical
    (check,) = draft.rendered[1].safety_checks
    assert ("health", True) == (check.type, check.required)
    assert KubernetesExecutionSpec(
        workflow_execution_ref=ObjectReference(namespace="shop", name="workflow"), step_number=1, attempt=1,
        kind=ExecutionKind.ROLLBACK, action=Action.SCALE_DEPLOYMENT, rollback_action=RollbackAction.SCALE_TO_PREVIOUS,
        rollback_parameters=ScaleToPreviousParams(namespace="shop", deployment="d1", previous_replicas=1),
        safety_checks=(check,), timeout=timedelta(seconds=9)) == draft.rendered[1]


@pytest.mark.parametrize(("strategy", "retries"), [({}, 2), ({"maxRetries": 0}, 0), ({"maxRetries": 5}, 5)])
def test_who_undoes_says_how_often_to_retry_and_else_the_step_did(strategy: Any, retries: int) -> None:
    draft = drafted(back(1), **strategy)

    assert isinstance(draft, Draft)
    assert {1: retries} == draft.retries


@pytest.mark.parametrize(("needs", "both"), [((), True), ((1,), False)])
def test_compensations_of_one_object_that_do_not_wait_for_each_other_are_warned_of(needs: tuple[int, ...],
                                                                                    both: bool) -> None:
    source = Story(workflow(scale(1), scale(2, *needs), scale(3, 1, 2, criticalStep=True), strategy=MANUAL)).go()
    source.say(step_1=captured("web", 7)).say(step_2=captured("web", 8)).say(step_3=broken())
    warnings = rollback_of(source).go().status.execution_plan.warnings

    assert both is any(w.startswith("steps 1 and 2 both change deployment/default/web") for w in warnings)


def tangled(above: int) -> tuple[tuple[int, ...], dict[int, tuple[int, ...]]]:
    """Each of so many steps needs all of 100 others, through one that is not undone; the nearest of those that are."""
    others, hub = range(100), 100
    needs = {**{n: frozenset[int]() for n in others}, hub: frozenset(others),
             **{n: frozenset({hub}) for n in range(hub + 1, hub + 1 + above)}}
    order = tuple(number for wave in dag.waves(needs) for number in wave)
    return order, nearest(order, dag.dependants(needs), needs.keys() - {hub})


def test_what_a_status_can_hold_keeps_every_edge() -> None:
    _, found = tangled(200)

    assert 20_000 == sum(map(len, found.values()))
    assert tuple(range(101, 301)) == found[0]


def test_what_it_cannot_hold_is_one_row_backwards() -> None:
    order, found = tangled(201)
    row = [number for number in reversed(order) if number != 100]

    assert {row[0]: (), **{later: (first,) for first, later in pairwise(row)}} == found
