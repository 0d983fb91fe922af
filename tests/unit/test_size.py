"""S22: no reachable object outgrows what the API server stores, and a server that disagrees is no loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import attrs
import pytest

from wfcore.audit import audit_record
from wfcore.audit_codec import encode_record
from wfcore.codec import decode, encode
from wfcore.codec.size import at_most, json_bytes
from wfcore.decision import CancelChild, CreateChild
from wfcore.lifecycle.fitting import OBJECT_BYTES, STEP_BYTES, fitted, minimal
from wfcore.lifecycle.machine import decide
from wfcore.lifecycle.questions import next_question
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import FailureClass, Mutated, Phase, RollbackPhase, StepPhase
from wfcore.model.execution import KubernetesExecutionStatus
from wfcore.model.results import (
    AffectedResource,
    RestartExecutionResult,
    RollbackInformation,
    StepExecutionResult,
    UpdateExecutionResult,
)
from wfcore.model.status import StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.model.workflow import KubernetesExecution, ObjectMeta, WorkflowExecution
from wfcore.program import CommitStatus, Failed, Finished
from wfcore.rawobject import RawObject
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot
from wfcore.testing.world import START, World

from .stories import Story, broken, done, scale, workflow

NASTY, WIDE = '"\\' * 512, "\U0001F525" * 1024
NAME = "w" * 100
# The longest name of a child; that of its workflow is hardly shorter.
LONGEST = 200
LARGE = Failed("too_large", "request is too large")


def tall(number: int, *needs: int, undo: bool) -> dict[str, Any]:
    """A step whose strings are as long as 500 of them may be."""
    deployment = f"{'d' * (165 if undo else 247)}-{number}"
    step = scale(number, *needs, undo=undo, deployment=deployment, maxRetries=10, timeout="1h")
    return {**step, "name": f"{'n' * (145 if undo else 250)}{number}"}


@cache
def largest(steps: int = 500, undo: bool = True, needs: bool = False, **strategy: Any) -> WorkflowExecution:
    body = workflow(*(tall(n, *((1,) if needs and n > 1 else ()), undo=undo) for n in range(1, steps + 1)),
                    strategy={"maxParallelSteps": 500, "workflowTimeout": "24h", **strategy})
    body["spec"]["workflowDefinition"]["steps"][-1]["criticalStep"] = True
    spec = decode(WorkflowExecutionSpec, body["spec"])
    assert isinstance(spec, WorkflowExecutionSpec)
    return WorkflowExecution(metadata=ObjectMeta(name=NAME, namespace="default", uid="u" * 36), spec=spec)


def bytes_of(workflow_now: WorkflowExecution) -> int:
    return json_bytes({"spec": encode(workflow_now.spec), "status": encode(workflow_now.status)})


RESULT = StepExecutionResult(
    success=True, execution_time=timedelta(seconds=1), warnings=(WIDE,) * 50,
    restart_result=RestartExecutionResult(pods_restarted=500, restarted_pods=(WIDE,) * 500),
    update_result=UpdateExecutionResult(previous_value=WIDE, new_value=WIDE, resource_name=WIDE),
    resources_affected=(AffectedResource(resource_type=WIDE, name=WIDE, namespace=WIDE, change_type=WIDE),) * 500)
FAILURE = KubernetesExecutionStatus(
    phase="failed", failure_class=FailureClass.RATE_LIMITED, error_message=NASTY, execution_result=RESULT,
    rollback_information=RollbackInformation(captured=True, mutated=Mutated.YES))
GIVEN_UP = attrs.evolve(FAILURE, failure_class=FailureClass.PERMISSION_DENIED)
SUCCESS = attrs.evolve(FAILURE, phase="completed", failure_class=None, error_message="")


# Whoever is asked: everything is allowed, in good order and nobody else's.
ASKED = World()


def run(start: WorkflowExecution, outcome: Mapping[str, KubernetesExecutionStatus],
        but: Mapping[str, KubernetesExecutionStatus] | None = None) -> Iterator[WorkflowExecution]:
    """Every status that real decisions lead through, when every child of a kind reports the same at once."""
    named = but or {}
    now: datetime = START
    current, children = start, {}
    for _ in range(200):
        snapshot = Snapshot(workflow=current, settings=Settings(), children=children, live=True, facts={})
        while (question := next_question(snapshot, now)) is not None:
            snapshot = snapshot.told(question, ASKED.answer(question))
        decision = decide(snapshot, now)
        current = attrs.evolve(current, status=decision.status)
        yield current
        if current.status.phase in TERMINAL:
            return
        fresh = {}
        for effect in decision.effects:
            assert not isinstance(effect, CancelChild)
            child = reported(effect, outcome)
            fresh[effect.name] = attrs.evolve(child, status=named.get(effect.name, child.status))
        children = fresh or children
        if not fresh and decision.wake_at != now:
            # Past the pause of every retry, so that all start the next attempt at once; validating has less time.
            validating = current.status.phase is Phase.VALIDATING
            now = decision.wake_at if validating and decision.wake_at else now + Settings().backoff_cap
    raise AssertionError("no end")


def reported(effect: CreateChild, outcome: Mapping[str, KubernetesExecutionStatus]) -> KubernetesExecution:
    child = RawObject(effect.body.value).execution()
    assert isinstance(child, KubernetesExecution)
    meta = attrs.evolve(child.metadata, uid="c" * 36)
    assert json_bytes(effect.body.value) < OBJECT_BYTES
    return attrs.evolve(child, metadata=meta, status=outcome[child.spec.kind.value])


@pytest.mark.parametrize(("forward", "undo"), [(FAILURE, True), (FAILURE, False), (SUCCESS, True)])
def test_the_worst_workflow_stays_below_a_mebibyte_in_every_status(
        forward: KubernetesExecutionStatus, undo: bool) -> None:
    """500 steps with ten retries, every text as long and as costly in JSON as it may be."""
    start, ends = largest(undo=undo), []
    assert 330_000 < json_bytes(encode(start.spec)) <= Settings().max_spec_bytes
    for current in run(start, {"forward": forward, "rollback": FAILURE}):
        assert bytes_of(current) < OBJECT_BYTES - 8 * 1024
        ends.append(current)

    assert {Phase.PLANNING, Phase.VALIDATING, Phase.EXECUTING} <= {c.status.phase for c in ends}
    end = ends[-1]
    assert 500 == len(end.status.step_statuses)
    assert json_bytes(encode_record(audit_record(end, START, "failed"))) < OBJECT_BYTES / 2


@pytest.mark.parametrize("excused", [True, False])
def test_the_worst_dry_run_stays_below_a_mebibyte(excused: bool) -> None:
    """Steps that need another one may fail it: then all of it is kept beside a ledger that still grows."""
    failure = FailureClass.RESOURCE_NOT_FOUND if excused else FailureClass.VALIDATION_ERROR
    start, refusal = largest(dryRunFirst=True, needs=True), attrs.evolve(FAILURE, failure_class=failure)
    # Predicted where the workflow may act: anywhere else a prediction alone fails it.
    near = (attrs.evolve(RESULT.resources_affected[0], namespace=start.metadata.namespace),) * 500
    result = attrs.evolve(RESULT, resources_affected=near)
    outcome = {"dryrun": attrs.evolve(refusal, execution_result=result), "forward": SUCCESS, "rollback": FAILURE}
    tried = attrs.evolve(SUCCESS, execution_result=result)
    statuses = list(run(start, outcome, {f"{NAME}-dryrun-1": tried, f"{NAME}-step-500": GIVEN_UP}))

    assert max(map(bytes_of, statuses)) < OBJECT_BYTES - 8 * 1024
    assert excused is (statuses[-1].status.execution_start_time is not None)


def entry(**changes: Any) -> StepStatus:
    """A ledger entry with everything set that may be set at once."""
    child = {"name": "w" * LONGEST, "namespace": "n" * 63, "uid": "u" * 36,
             "apiVersion": "v" * 60, "kind": "KubernetesExecution"}
    raw = {"stepNumber": 1_000_000, "action": "restore-previous-deployment", "attempt": 11,
           "startTime": "2026-01-02T03:04:05.123456Z", "errorMessage": '"' * 200, "result": {"success": True},
           "failureClass": "resource_quota_exceeded", "reason": "InvalidChildStatus", "retriesAttempted": 10,
           "mutated": "unknown", "timeout": "23h59m59.999999s", "extraRetries": 2, "mutatingAttempt": 11,
           "k8sExecutionRef": child}
    compensation = {"status": "executing", "attempt": 11, "sourceAttempt": 11, "errorMessage": '"' * 200,
                    "startTime": "2026-01-02T03:04:05.123456Z", "deadline": "2026-01-02T03:04:05.123456Z",
                    "cancelledAt": "2026-01-02T03:04:05.123456Z", "k8sExecutionRef": child}
    found = decode(StepStatus, {**raw, "rollback": compensation})
    assert isinstance(found, StepStatus)
    return attrs.evolve(found, **changes)


def instant() -> datetime:
    return START + timedelta(microseconds=1)


@pytest.mark.parametrize("worst", [
    entry(status=StepPhase.FAILED, end_time=instant()),
    entry(status=StepPhase.EXECUTING, rollback=None, deadline=instant(), cancelled_at=instant(), retry_at=instant()),
    entry(status=StepPhase.ROLLED_BACK, end_time=instant(),
          rollback=StepRollback(status=RollbackPhase.FAILED, start_time=instant(), end_time=instant())),
])
def test_a_shortened_entry_is_never_longer_than_planning_reckons(worst: StepStatus) -> None:
    [short] = minimal(WorkflowExecutionStatus(step_statuses=(worst,))).step_statuses

    assert json_bytes(encode(short)) <= STEP_BYTES + LONGEST
    assert (worst.step_number, worst.status, worst.attempt, worst.mutated, worst.mutating_attempt) == (
        short.step_number, short.status, short.attempt, short.mutated, short.mutating_attempt)


def test_what_is_small_is_left_as_it_is_and_what_is_not_gives_up_no_more_than_it_needs() -> None:
    small = next(w for w in run(largest(3), {"forward": SUCCESS}) if w.status.phase is Phase.MONITORING)
    assert NAME in small.status.step_statuses[0].k8s_execution_ref.name
    assert small.status.step_statuses[0].result is not None

    middle = next(w for w in run(largest(250), {"forward": SUCCESS}) if w.status.phase is Phase.MONITORING)
    assert () == middle.status.execution_plan.resources
    assert middle.status.step_statuses[0].result is None
    assert middle.status.step_statuses[0].k8s_execution_ref is not None
    assert middle.status == fitted(Snapshot(workflow=middle, settings=Settings()), middle.status)


def test_what_cannot_fit_is_refused_in_planning_with_the_figures() -> None:
    """A name of 250 characters is part of every child's name."""
    start = largest()
    long = attrs.evolve(start, metadata=attrs.evolve(start.metadata, name="w" * 250))
    end = list(run(long, {}))[-1].status

    assert ("failed", "planning_error") == (end.phase, end.failure_reason)
    assert "the ledger of 500 steps may need" in end.failure_message
    assert "split the workflow into smaller ones" in end.failure_message


def test_a_rendered_plan_that_cannot_be_published_is_refused_and_a_smaller_one_is_not() -> None:
    """A check names every target of its prerequisites, so what is short as a spec may be long when it is rendered."""
    needed = list(range(1, 201))
    checks = [{"stepNumber": n, "action": "check-pod-health", "dependsOn": needed} for n in range(201, 241)]
    body = workflow(*(tall(n, undo=False) for n in range(1, 201)), *checks, strategy={"mode": "Plan"})
    wide = attrs.evolve(largest(), spec=decode(WorkflowExecutionSpec, body["spec"]))
    refused = list(run(wide, {}))[-1].status
    assert ("failed", None) == (refused.phase, refused.workflow)
    assert "the rendered steps take" in refused.failure_message

    published = list(run(largest(200, mode="Plan"), {}))[-1]
    assert 200 == len(published.status.workflow.steps)
    assert bytes_of(published) < OBJECT_BYTES


@pytest.mark.parametrize("value", ["a", "é", "\U0001F525", '"\\', {"ü": [1.5, None, "\x01"]}])
def test_the_quick_bound_is_a_bound(value: Any) -> None:
    assert json_bytes(value) <= at_most(value)


def unless_it_ends(request: object) -> Failed | None:
    """What a server says that finds every status too large but a terminal one."""
    return LARGE if isinstance(request, CommitStatus) and request.status.workflow_result is None else None


def test_a_status_that_the_server_finds_too_large_ends_the_workflow_with_what_is_certain() -> None:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True), scale(3), scale(4, 3))).go().say(step_1=done())
    story.fault = unless_it_ends
    story.say(step_3=broken())

    assert ("failed", "status_too_large") == (story.status.phase, story.status.failure_reason)
    assert [("completed", "yes"), ("failed", "unknown"), ("failed", "no"), ("skipped", "no")] == [
        (e.status.value, e.mutated.value) for e in story.status.step_statuses]
    assert [1, 2, 0] == [e.mutating_attempt + e.step_number - 1 for e in story.status.step_statuses[:2]] + [
        story.step(3).mutating_attempt]
    assert {""} == {e.error_message for e in story.status.step_statuses}
    assert ("True", "StatusTooLarge") == story.condition("Failed")
    assert 1 == len(story.world.audit)


def test_a_rollback_that_the_server_finds_too_large_is_given_up_as_failed() -> None:
    story = Story(workflow(scale(1), scale(2, 1, criticalStep=True))).go().say(step_1=done())
    story.say(step_2=broken(mutated="yes"))
    story.fault = unless_it_ends
    story.say(rollback_2=done())

    assert ("failed", "status_too_large") == (story.status.phase, story.status.failure_reason)
    assert ["failed", "completed"] == [e.rollback.status for e in story.status.step_statuses]
    assert ["completed", "failed"] == [e.status for e in story.status.step_statuses]


def test_a_server_that_refuses_even_the_least_is_asked_again_after_a_pause_never_in_a_loop() -> None:
    story = Story(workflow(scale(1)))
    story.fault = lambda request: LARGE if isinstance(request, CommitStatus) else None
    story.run()
    last = story.run()

    assert (2, Finished(backoff=True)) == (len(last.asked(CommitStatus)), last.finished)
    assert "workflow" not in story.world.get(WORKFLOW_EXECUTIONS, "w").get("status", {})
