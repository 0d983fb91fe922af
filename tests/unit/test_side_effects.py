"""What dry runs predict besides the plan: objects that are no targets, and steps that collide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from wfcore.model.actions import ScaleDeploymentParams, UncordonNodeParams
from wfcore.model.compensations import (
    CustomRollbackParams,
    RestorePreviousConfigParams,
    RestorePreviousDeploymentParams,
    ScaleToPreviousParams,
)
from wfcore.model.definition import ObjectReference
from wfcore.model.enums import Action, ConfigKind, ExecutionKind, RollbackAction
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.planning.targets import Target, impact_of, rendered_targets, restored_targets
from wfcore.settings import CustomAction, Settings
from wfcore.validation.safety_rbac import executor_questions

from .clusters import drain
from .stories import Story, broken, scale, workflow

FIRST = {"dryRunFirst": True}
RESTART = {"stepNumber": 1, "action": "restart-pod", "parameters": {"restartPod": {"selector": "app=web"}}}
WARM = {"stepNumber": 1, "action": "custom", "parameters": {"custom": {"actionType": "warm"}}}
SETTINGS = Settings(trusted_namespaces=None, custom_actions=(CustomAction(action_type="warm"),))


def change(kind: str, name: str, namespace: str = "default", **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "resourceName": name, "namespace": namespace, "changeType": "update", **more}


def predicting(*changes: dict[str, Any], affected: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"phase": "completed", "executionResult": {"success": True, "resourcesAffected": list(affected)},
            "dryRunResult": {"stepNumber": 1, "wouldSucceed": True, "resourceChanges": list(changes)}}


def rehearsed(step: dict[str, Any], *changes: dict[str, Any], **more: Any) -> Story:
    return Story(workflow(step, strategy=FIRST), SETTINGS).go().say(dryrun_1=predicting(*changes, **more))


def issues(story: Story) -> list[tuple[str, int]]:
    return [(issue.severity.value, issue.step_number)
            for issue in story.status.validation_results.dry_run_results.potential_issues]


@pytest.mark.parametrize(("step", "expected"), [
    (scale(1), change("Deployment", "web")), (scale(1), change("ReplicaSet", "web-5d9f")),
    (scale(1), change("Pod", "web-5d9f-abcde")), (RESTART, change("Pod", "any")),
    (drain(1, "n"), change("Node", "n", "")), (drain(1, "n"), change("Pod", "dns", "kube-system")),
    (WARM, change("ConfigMap", "cache"))])
def test_a_change_of_a_target_or_of_what_its_controller_makes_is_expected(step: dict, expected: dict) -> None:
    story = rehearsed(step, expected)

    assert ("executing", []) == (story.status.phase, issues(story))
    assert [expected["resourceName"]] == [
        c.resource_name for c in story.status.validation_results.dry_run_results.resource_changes]


@pytest.mark.parametrize(("step", "change_"), [
    (scale(1), change("Deployment", "webshop")), (scale(1), change("Pod", "database-0")),
    (scale(1), change("Pod", "webshop-0")),
    (scale(1), change("Service", "web")), (RESTART, change("ConfigMap", "any"))])
def test_a_change_of_another_object_is_a_serious_issue(step: dict, change_: dict) -> None:
    story = rehearsed(step, change_)

    assert ("executing", [("high", 1)]) == (story.status.phase, issues(story))


@pytest.mark.parametrize(("step", "change_"), [
    (scale(1), change("Deployment", "web", "shop")), (scale(1), change("ConfigMap", "c", "kube-system")),
    (scale(1), change("Secret", "s", "kubernaut-system")), (scale(1), change("Node", "n", "")),
    (WARM, change("ConfigMap", "cache", "shop"))])
def test_a_change_where_the_workflow_has_no_business_fails_it(step: dict, change_: dict) -> None:
    story = rehearsed(step, change_)

    assert ("failed", "dry_run_failed", ["dryrun-1"]) == (
        story.status.phase, story.status.failure_reason, story.names())
    assert [("high", 1)] == issues(story)
    assert "may not act" in story.status.failure_message


def test_a_protected_namespace_stays_forbidden_for_a_workflow_that_lives_in_it() -> None:
    settings = attrs.evolve(SETTINGS, protected_namespaces=frozenset({"default"}))
    story = Story(workflow(drain(1, "n"), strategy=FIRST), settings).go()

    assert "dry_run_failed" == story.say(dryrun_1=predicting(change("ConfigMap", "c"))).status.failure_reason


def test_what_an_execution_result_names_counts_too() -> None:
    affected = ({"resourceType": "ConfigMap", "name": "c", "namespace": "default", "changeType": "modified"},)

    assert [("high", 1)] == issues(rehearsed(scale(1), affected=affected))


def test_a_place_that_another_step_may_act_in_is_suspicious_but_not_forbidden() -> None:
    parameters = {"scaleDeployment": {"namespace": "shop", "deployment": "a", "replicas": 1}}
    there = scale(2, undo=False, parameters=parameters)
    story = Story(workflow(scale(1), there, strategy=FIRST), SETTINGS).go()
    story.say(dryrun_1=predicting(change("ConfigMap", "c", "shop")), dryrun_2=predicting())

    assert ("executing", [("high", 1)]) == (story.status.phase, issues(story))


def test_values_of_predicted_changes_are_not_copied() -> None:
    """They may be secret."""
    story = rehearsed(scale(1), change("Secret", "s", afterState={"token": "hunter2"}))

    assert "hunter2" not in str(story.status)
    assert [("high", 1)] == issues(story)


def test_steps_that_change_the_same_object_at_the_same_time_are_an_issue() -> None:
    story = Story(workflow(scale(1), scale(2), scale(3, 2), strategy=FIRST), SETTINGS).go()
    story.say(dryrun_1=predicting(), dryrun_2=predicting(), dryrun_3=predicting())

    assert [("medium", 2)] == issues(story)


def test_steps_whose_predictions_collide_are_an_issue() -> None:
    custom = [{**WARM, "stepNumber": n} for n in (1, 2)]
    story = Story(workflow(*custom, strategy=FIRST), SETTINGS).go()
    story.say(**{f"dryrun_{n}": predicting(change("ConfigMap", "cache")) for n in (1, 2)})

    assert [("medium", 2)] == issues(story)


@pytest.mark.parametrize(("kind", "targets"), [
    (None, (Target("Deployment", "default", "web"),)),
    (RollbackAction.RESTORE_PREVIOUS_CONFIG, (Target("ConfigMap", "shop", "c"),))])
def test_an_execution_touches_what_it_changes_or_restores(kind: RollbackAction | None,
                                                          targets: tuple[Target, ...]) -> None:
    spec = KubernetesExecutionSpec(
        workflow_execution_ref=ObjectReference(name="w"), step_number=1, attempt=1, kind=ExecutionKind.FORWARD,
        action=Action.SCALE_DEPLOYMENT, timeout=timedelta(minutes=1),
        parameters=ScaleDeploymentParams(namespace="default", deployment="web", replicas=1),
        rollback_action=kind, rollback_parameters=RestorePreviousConfigParams(
            namespace="shop", name="c", type=ConfigKind.CONFIG_MAP))

    assert targets == rendered_targets(spec)
    assert ("capacity" if kind is None else "config") == impact_of(spec)
    assert {"get", "update"} <= {question.verb for question in executor_questions(spec, "robot")}
    assert (kind is None) is ("watch" in {question.verb for question in executor_questions(spec, "robot")})


@pytest.mark.parametrize(("parameters", "targets"), [
    (RestorePreviousDeploymentParams(namespace="a", deployment="d"), (Target("Deployment", "a", "d"),)),
    (ScaleToPreviousParams(namespace="a", deployment="d"), (Target("Deployment", "a", "d"),)),
    (RestorePreviousConfigParams(namespace="a", name="s", type=ConfigKind.SECRET), (Target("Secret", "a", "s"),)),
    (UncordonNodeParams(node_name="n"), (Target("Node", "", "n"),)),
    (CustomRollbackParams(action_type="undo"), ()), (None, ())])
def test_a_compensation_touches_what_it_restores(parameters: Any, targets: tuple[Target, ...]) -> None:
    assert targets == restored_targets(parameters)


def test_the_worst_issues_come_first_and_lists_are_bounded() -> None:
    names = [change("ConfigMap", f"c{i}") for i in range(120)]
    story = Story(workflow(scale(1), scale(2, 1), strategy=FIRST), SETTINGS).go()
    story.say(dryrun_1=predicting(*names), dryrun_2=broken("resource_not_found"))
    results = story.status.validation_results.dry_run_results

    assert [("high", 1)] * 100 == issues(story)
    assert 100 == len(results.resource_changes)
