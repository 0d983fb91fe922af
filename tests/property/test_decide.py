"""`decide` is total and pure: no JSON, no clock and no hash seed changes what it is."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore.codec import Malformed, encode
from wfcore.lifecycle.machine import IllegalTransition, decide
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.actions import ScaleDeploymentParams
from wfcore.model.compensations import ScaleToPreviousParams
from wfcore.model.definition import (
    ExecutionStrategy,
    RollbackSpec,
    SafetyCheck,
    WorkflowDefinition,
    WorkflowExecutionSpec,
    WorkflowStep,
)
from wfcore.model.enums import Action, Phase, RollbackAction, SafetyCheckType, StepPhase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import FINALIZER
from wfcore.program import Inspect, Inspected, Ref, Request, Response
from wfcore.rawobject import RawObject
from wfcore.reconciler import Reconcile
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.simulation import operations as op
from wfcore.snapshot import Snapshot, sort_children
from wfcore.testing.driving import drive
from wfcore.testing.strategies import instances, json_values
from wfcore.testing.walking import Behaviour, Walk
from wfcore.testing.world import World

from .test_codec import _put, places

GOOD = {"phase": "completed", "rollbackInformation": {"mutated": "yes"}}
BAD = {"phase": "failed", "failureClass": "validation_error", "rollbackInformation": {"mutated": "unknown"}}
CHILDREN = ("w-step-1", "w-step-2", "w-step-3")


def _step(number: int, *needs: int, critical: bool = False) -> WorkflowStep:
    back = RollbackSpec(action=RollbackAction.SCALE_TO_PREVIOUS, parameters=ScaleToPreviousParams(deployment="web"))
    return WorkflowStep(step_number=number, name=f"s{number}", action=Action.SCALE_DEPLOYMENT, depends_on=needs,
                        critical_step=critical, rollback_spec=back,
                        parameters=ScaleDeploymentParams(deployment="web", replicas=2))


CHAIN = WorkflowExecutionSpec(workflow_definition=WorkflowDefinition(
    name="chain", steps=(_step(1), _step(2, 1), _step(3, 2, critical=True))))


@cache
def walked() -> Walk:
    """Two steps succeed, the third fails critically, two compensations succeed."""
    good, bad = Behaviour(1, "succeed", GOOD), Behaviour(1, "fail", BAD)
    return Walk(CHAIN, [good, good, bad, good]).to_the_end()


def world_with(status: Any, children: dict[str, Any]) -> World:
    """A world in which somebody wrote this status and these children."""
    world = World()
    stored = world.add(WORKFLOW_EXECUTIONS, {"spec": encode(CHAIN)}, name="w", finalizers=[FINALIZER])
    stored = world.perform(op.UpdateStatus(WORKFLOW_EXECUTIONS, {**stored, "status": status}, world.now))
    owner = {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": "WorkflowExecution", "name": "w",
             "uid": stored["metadata"]["uid"], "controller": True}
    for name, value in children.items():
        world.add(KUBERNETES_EXECUTIONS, {"spec": value}, name=name, ownerReferences=[owner])
        world.report(name, value)
    world.advance(timedelta(minutes=1))
    return world


BASES = st.integers(0, 50).map(lambda i: walked().world.commits[i % len(walked().world.commits)])


@given(BASES, st.dictionaries(st.sampled_from(CHILDREN), json_values(leaves=6), max_size=3), st.integers(0, 3600))
def test_no_child_makes_a_pass_raise_or_succeeds_by_nonsense(
        base: WorkflowExecutionStatus, children: dict[str, Any], later: int) -> None:
    world = world_with(encode(base), children)
    world.advance(timedelta(seconds=later))
    drive(Reconcile(Ref("default", "w"), Settings()), world.answer)

    finished_before = {e.step_number for e in base.step_statuses if e.status is StepPhase.COMPLETED}
    for status in world.commits:
        assert finished_before >= {e.step_number for e in status.step_statuses if e.status is StepPhase.COMPLETED}


@given(BASES, st.data())
def test_no_status_makes_a_pass_raise(base: WorkflowExecutionStatus, data: st.DataObject) -> None:
    raw = encode(base)
    _put(raw, data.draw(places(raw)), data.draw(json_values(leaves=4)))
    world = world_with(raw, {})

    assert drive(Reconcile(Ref("default", "w"), Settings()), world.answer).finished is not None


@given(instances(WorkflowExecutionStatus))
def test_no_status_that_decodes_makes_a_pass_raise(status: WorkflowExecutionStatus) -> None:
    world = world_with(encode(status), {})
    drive(Reconcile(Ref("default", "w"), Settings()), world.answer)

    # What is over stays as it is, but for the audit's own condition.
    if status.phase in TERMINAL:
        assert {status.phase} >= {commit.phase for commit in world.commits}


CHECKED = attrs.evolve(CHAIN, execution_strategy=ExecutionStrategy(safety_checks=tuple(
    SafetyCheck(type=kind, required=True) for kind in SafetyCheckType)))
# Words that the checks look for, so that what is drawn gets past the first look.
WORDS = st.sampled_from((
    "metadata", "spec", "status", "labels", "template", "containers", "resources", "requests", "hard", "used",
    "allocatable", "cpu", "pods", "conditions", "endpoints", "selector", "matchLabels", "matchExpressions", "name"))
FOUND = st.recursive(json_values(leaves=3), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    WORDS, inner, max_size=4), max_leaves=12)


@given(st.lists(FOUND, min_size=1, max_size=3))
def test_no_object_of_the_cluster_makes_a_safety_check_raise(objects: list[Any]) -> None:
    world = World()
    world.add(WORKFLOW_EXECUTIONS, {"spec": encode(CHECKED)}, name="w", finalizers=[FINALIZER])
    raws = tuple(RawObject(value if isinstance(value, dict) else {"spec": value}) for value in objects)

    def answer(request: Request) -> Response:
        if isinstance(request, Inspect):
            return Inspected((raws,) * len(request.targets))
        return world.answer(request)

    drive(Reconcile(Ref("default", "w"), Settings()), answer)
    results = world.commits[-1].validation_results
    assert {kind.value for kind in SafetyCheckType} == {check.type.value for check in results.safety_checks}


@given(json_values())
def test_children_that_are_no_objects_of_ours_are_nobodys(value: Any) -> None:
    raw = RawObject(value if isinstance(value, dict) else {"metadata": value})
    ours, foreign = sort_children(walked().world.workflow("w").metadata, [raw])

    assert {} == ours
    assert isinstance(raw.metadata(), Malformed) or 1 == len(foreign)


def snapshots() -> list[Snapshot]:
    """The snapshot of each instant at which the walk committed something."""
    workflow = walked().world.workflow("w")
    ours, _ = sort_children(workflow.metadata, map(RawObject, walked().world.children().values()))
    return [Snapshot(workflow=attrs.evolve(workflow, status=status), settings=Settings(), children=children, live=True)
            for status in walked().world.commits for children in (ours, dict(reversed(ours.items())), {})]


@pytest.mark.parametrize("hours", [0, -1, -100_000, 1, 100_000])
def test_no_clock_makes_time_go_backwards(hours: int) -> None:
    """A clock that jumps back never re-arms a time-out and never gives a negative duration."""
    for snapshot in snapshots():
        before, now = snapshot.workflow.status, walked().world.now + timedelta(hours=hours)
        after = decide(snapshot, now).status

        assert after.completion_time is None or after.completion_time >= after.planning_start_time
        assert after.execution_metrics is None or after.execution_metrics.total_duration >= timedelta(0)
        for entry in after.step_statuses:
            assert not entry.end_time or entry.start_time is None or entry.end_time >= entry.start_time
        assert before.phase not in TERMINAL or after == before


def test_a_decision_is_the_same_again_and_for_children_in_any_order() -> None:
    for snapshot in snapshots():
        now = walked().world.now
        again = attrs.evolve(snapshot, children=dict(reversed(snapshot.children.items())))

        assert decide(snapshot, now) == decide(snapshot, now) == decide(again, now)


def intended(status: WorkflowExecutionStatus) -> set[str]:
    references = [e.k8s_execution_ref for e in status.step_statuses]
    references += [e.rollback.k8s_execution_ref for e in status.step_statuses if e.rollback]
    return {reference.name for reference in references if reference}


def test_a_decision_on_its_own_result_wants_nothing_new() -> None:
    """In an unchanged world: the children that were intended before, no others."""
    for later in snapshots():
        known = intended(later.workflow.status)
        snapshot = attrs.evolve(later, children={n: c for n, c in later.children.items() if n in known})
        first = decide(snapshot, walked().world.now)
        settled = attrs.evolve(snapshot, workflow=attrs.evolve(snapshot.workflow, status=first.status))
        second = decide(settled, walked().world.now)

        if first.status.phase is snapshot.workflow.status.phase:
            assert first.status == second.status
            assert {e.name for e in second.effects} <= {e.name for e in first.effects}


def test_a_transition_outside_the_table_is_a_defect_and_named() -> None:
    error = IllegalTransition(Phase.COMPLETED, Phase.PLANNING)

    assert ("no transition from 'completed' to 'planning'", Phase.COMPLETED, Phase.PLANNING) == (
        str(error), error.before, error.after)


PROGRAM = """
import hashlib
from wfcore.codec import encode
from wfcore.codec.canonical import canonical
from tests.property.test_decide import walked
commits = walked().world.commits
print(hashlib.sha256(canonical([encode(status) for status in commits])).hexdigest(), len(commits))
"""


def test_every_process_decides_the_same() -> None:
    """Hash seed, time zone and locale decide nothing."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    found = set()
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("7", "America/New_York")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C",
                       "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True,
                              check=False)
        assert not done.returncode, done.stderr
        found.add(done.stdout)

    assert 1 == len(found)
