"""One trial of a forecast: what its executor captures and reports, and the world around its workflow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from wfcore.insight.acting import captured
from wfcore.insight.trial import Conditions, Trial, begin
from wfcore.model.definition import ObjectReference
from wfcore.model.enums import Action, ApprovalDecision, ExecutionKind, Phase
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.status import ApprovalStatus
from wfcore.model.workflow import (
    ANNOTATION_APPROVAL_BY,
    ANNOTATION_APPROVAL_DIGEST,
    ANNOTATION_CREATED_BY,
    ObjectMeta,
    WorkflowExecution,
)
from wfcore.program import (
    Consult,
    Consulted,
    Did,
    DropOutbox,
    FindParent,
    FindSource,
    Finished,
    Found,
    ListOutbox,
    Ref,
    Review,
    Reviewed,
    SourceFound,
    Survey,
    Surveyed,
    Waiting,
)
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import CustomAction, Settings
from wfcore.simulation.chance import Chance

from .stories import scale
from .test_forecast import SURE, forced, foretold, known, spec


def _config(action: str, member: str, kind: str) -> dict[str, Any]:
    back = {"action": "restore-previous-config", "parameters": {"restorePreviousConfig": {"name": "c", "type": kind}}}
    values = {"dataUpdates": {"k": "v"}} if kind == "ConfigMap" else {
        "updates": [{"key": "k", "secretKeyRef": {"name": "s", "key": "k"}}]}
    return {"action": action, "parameters": {member: {"name": "c", **values}}, "rollbackSpec": back}


NODE = {"cordonNode": {"nodeName": "n"}}
CUSTOM = {"custom": {"actionType": "flush"}}


@pytest.mark.parametrize("step", [
    {"action": "scale-deployment", "parameters": {"scaleDeployment": {"deployment": "d", "replicas": 1}},
     "rollbackSpec": {"action": "scale-to-previous"}},
    {"action": "update-image", "parameters": {"updateImage": {"deployment": "d", "container": "c", "newImage": "i"}},
     "rollbackSpec": {"action": "restore-previous-deployment"}},
    _config("update-configmap", "updateConfigMap", "ConfigMap"), _config("update-secret", "updateSecret", "Secret"),
    {"action": "cordon-node", "parameters": NODE,
     "rollbackSpec": {"action": "uncordon-node", "parameters": {"uncordonNode": {"nodeName": "n"}}}},
    {"action": "custom", "parameters": CUSTOM, "rollbackSpec": {"action": "custom", "parameters": CUSTOM}},
])
def test_executors_capture_what_each_compensation_needs(step: dict[str, Any]) -> None:
    settings = Settings(trusted_namespaces=None, custom_actions=(CustomAction(action_type="flush"),))
    said = foretold({"stepNumber": 1, "criticalStep": True, **step}, settings=settings,
                    assume=forced({1: None}))

    assert (1.0, 0.0) == (said.rollback_risk, said.manual_intervention)


def test_nothing_is_captured_without_a_compensation() -> None:
    child = KubernetesExecutionSpec(
        workflow_execution_ref=ObjectReference(name="w"), step_number=1, attempt=1, kind=ExecutionKind.FORWARD,
        action=Action.DRAIN_NODE, timeout=timedelta(minutes=1))

    assert captured(child) is None


def test_a_check_changes_nothing_and_needs_no_compensation() -> None:
    check = {"stepNumber": 1, "action": "check-pod-health", "criticalStep": True,
             "parameters": {"checkPodHealth": {"deployment": "web"}}}
    said = foretold(check, assume=forced({1: None}))

    assert ({"failed": 1.0}, 0.0, 0.0) == (said.outcomes, said.rollback_risk, said.manual_intervention)


CONDITIONS = Conditions(settings=Settings(), history=(known(),), assumptions=SURE)


def trial(**assumptions: Any) -> Trial:
    conditions = attrs.evolve(CONDITIONS, assumptions=attrs.evolve(SURE, **assumptions))
    own = WorkflowExecution(metadata=ObjectMeta(name="w"), spec=spec(scale(1)))
    return Trial(begin(own, 0, conditions), conditions, Chance("t"))


def waiting(found: Trial, at: datetime, decision: ApprovalDecision | None = None) -> Trial:
    """The trial of a workflow that waits for an approval since some instant."""
    asked = ApprovalStatus(needed_because="asked for", requested_at=at, deadline=at + timedelta(hours=1),
                           decision=decision)
    found.status = attrs.evolve(found.status, phase=Phase.VALIDATING, approval=asked)
    return found


def approval_of(found: Trial) -> Any:
    annotations = found.state.find(WORKFLOW_EXECUTIONS, "default", "w").metadata["annotations"]
    return annotations.get(ANNOTATION_APPROVAL_BY), annotations.get(ANNOTATION_APPROVAL_DIGEST)


def test_an_approval_is_given_once_for_the_plan_after_as_long_as_assumed() -> None:
    found = waiting(trial(approval_after=timedelta(minutes=3)), trial().now)
    found._sleep(Finished())

    assert trial().now + timedelta(minutes=3) == found.now
    assert ("forecast:approver", found.status.plan_digest) == approval_of(found)
    assert found.status.plan_digest
    assert found._approval_at() is None


@pytest.mark.parametrize(("decision", "after"), [(ApprovalDecision.APPROVED, timedelta(0)), (None, None)])
def test_no_approval_is_given_that_is_decided_or_that_nobody_gives(decision: Any, after: Any) -> None:
    found = waiting(trial(approval_after=after), trial().now, decision)

    assert found._approval_at() is None
    assert (None, None) == approval_of(found)


def test_the_world_of_a_trial_is_empty_but_for_its_workflow() -> None:
    answers = {
        Consult("heal", (Action.RESTART_DEPLOYMENT, Action.CUSTOM)): Consulted((known(),)),
        Review(()): Reviewed(()), Survey(Ref("default", "w"), ()): Surveyed(()),
        FindParent(Ref("default", "ar")): Found(None), FindSource(Ref("default", "old")): SourceFound(None),
        ListOutbox(): Waiting(()),
    }

    assert list(answers.values()) == [trial()._answer(request) for request in answers]
    assert Did() == trial()._answer(DropOutbox("a", "b"))


def test_a_workflow_that_nothing_will_wake_is_an_error_that_names_its_phase() -> None:
    found = trial()

    with pytest.raises(RuntimeError, match="nothing will ever wake a workflow that is executing"):
        found._sleep(Finished())


def test_what_is_gone_or_has_reported_is_not_reported_on_again() -> None:
    found = trial()
    state = found.state
    found._report("nobody", None)
    found._cancel("nobody")
    found._take_up("nobody")
    found.ref = Ref("default", "nobody")
    found._approve()

    assert state is found.state


def test_a_new_workflow_has_a_creator_and_lives_differ_by_their_uids() -> None:
    own = WorkflowExecution(metadata=ObjectMeta(name="heal", namespace="payments"), spec=spec(scale(1)))
    found = [begin(own, life, CONDITIONS).state.find(WORKFLOW_EXECUTIONS, "payments", "heal") for life in (0, 1, 0)]

    assert found[0].metadata["annotations"][ANNOTATION_CREATED_BY]
    assert found[0].uid == found[2].uid != found[1].uid
