"""An attempt may act only while the workflow's ledger says that it is under way."""

from __future__ import annotations

import pytest

from wfcontroller.executor.intent import refusal
from wfcore.codec import decode_execution
from wfcore.model.workflow import KubernetesExecution

SINCE = "2026-01-01T00:00:00Z"


def execution(kind: str, name: str) -> KubernetesExecution:
    found = decode_execution({
        "metadata": {"name": name, "namespace": "default", "uid": "k"},
        "spec": {"workflowExecutionRef": {"name": "w", "namespace": "default", "uid": "u"}, "stepNumber": 1,
                 "attempt": 1, "kind": kind, "action": "cordon-node", "timeout": "5m",
                 "parameters": {"cordonNode": {"nodeName": "n"}}}})
    assert isinstance(found, KubernetesExecution)
    return found


def workflow(**entry: object) -> dict:
    step = {"stepNumber": 1, "action": "cordon-node", "status": "executing", "attempt": 1,
            "k8sExecutionRef": {"name": "w-step-1"}, **entry}
    return {"metadata": {"uid": "u"}, "status": {"phase": "executing", "stepStatuses": [step]}}


def undoing(**rollback: object) -> dict:
    found = workflow(status="completed", rollback={
        "status": "executing", "attempt": 1, "k8sExecutionRef": {"name": "w-rollback-1"}, **rollback})
    found["status"]["phase"] = "rolling_back"
    return found


def test_an_attempt_under_way_may_act() -> None:
    assert "" == refusal(execution("forward", "w-step-1"), workflow())
    assert "" == refusal(execution("rollback", "w-rollback-1"), undoing())


@pytest.mark.parametrize("entry", [
    {"cancelledAt": SINCE}, {"retryAt": SINCE}, {"status": "failed"}, {"status": "completed"}, {"attempt": 2},
    {"k8sExecutionRef": {"name": "w-step-1-r1"}},
])
def test_an_attempt_that_is_cancelled_or_over_may_not(entry: dict) -> None:
    """It may still exist: the ledger is committed before the execution is deleted."""
    assert "not attempt 1 as w-step-1" in refusal(execution("forward", "w-step-1"), workflow(**entry))


@pytest.mark.parametrize("rollback", [
    {"cancelledAt": SINCE}, {"retryAt": SINCE}, {"status": "failed"}, {"status": "completed"}, {"attempt": 2},
])
def test_a_compensation_that_is_cancelled_or_over_may_not(rollback: dict) -> None:
    assert "not attempt 1" in refusal(execution("rollback", "w-rollback-1"), undoing(**rollback))


def test_an_attempt_of_another_or_an_ended_workflow_may_not() -> None:
    other, ended = workflow(), workflow()
    other["metadata"]["uid"] = "another"
    ended["status"]["phase"] = "failed"

    assert "has uid another" in refusal(execution("forward", "w-step-1"), other)
    assert "has ended" in refusal(execution("forward", "w-step-1"), ended)


def test_nothing_may_act_for_a_workflow_that_is_being_deleted() -> None:
    """A delivery that comes late could otherwise make a released execution anew and act a second time."""
    leaving = workflow()
    leaving["metadata"]["deletionTimestamp"] = SINCE

    assert "is being deleted" in refusal(execution("forward", "w-step-1"), leaving)


@pytest.mark.parametrize(("kind", "phase"), [
    ("forward", "rolling_back"), ("forward", "monitoring"), ("forward", "validating"), ("rollback", "monitoring"),
])
def test_each_kind_has_its_phase(kind: str, phase: str) -> None:
    found = workflow()
    found["status"]["phase"] = phase

    assert f"no time for an execution of kind {kind}" in refusal(execution(kind, "w-step-1"), found)
