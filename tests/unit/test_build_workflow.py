"""From recommendations about an alert to a workflow that can be created as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore import build_workflow, check_document
from wfcore.building.parameters import KEYS
from wfcore.codec import Malformed, decode_workflow
from wfcore.model.actions import PARAMETERS_OF
from wfcore.model.enums import Action
from wfcore.settings import CustomAction, Settings
from wfcore.testing.strategies import SETTINGS, json_values, recommendations

ALERT = {"apiVersion": "kubernaut.io/v1", "kind": "AlertRemediation",
         "metadata": {"name": "disk-full", "namespace": "default", "uid": "u-1"}, "spec": {"severity": "high"}}
TRUSTING = Settings(trusted_namespaces=None, allow_inline_secrets=True,
                    custom_actions=(CustomAction(action_type="flush-cache"),))


def recommended(identifier: str = "a", action: str = "scale_deployment", **more: Any) -> dict[str, Any]:
    return {"id": identifier, "action": action, "parameters": {"deployment": "web", "replicas": 3}, **more}


def built(*said: Any, settings: Settings = TRUSTING, **options: Any) -> dict[str, Any]:
    document = build_workflow(list(said), ALERT, settings=settings, **options)
    assert not isinstance(document, Malformed), document
    return document


def steps(*said: Any, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = built(*said, **options)["spec"]["workflowDefinition"]["steps"]
    return found


def problems(*said: Any, alert: Any = ALERT, settings: Settings = TRUSTING) -> dict[str, str]:
    found = build_workflow(list(said), alert, settings=settings)
    assert isinstance(found, Malformed)
    return {str(p).partition(": ")[0]: p.reason for p in found.problems}


@given(recommendations())
def test_what_is_built_has_no_problems(said: list[dict[str, Any]]) -> None:
    document = built(*said, settings=SETTINGS)

    assert () == check_document(document, SETTINGS)
    assert len(said) == len(document["spec"]["workflowDefinition"]["steps"])


KEYS_OF_ONE = st.sampled_from(["id", "action", "parameters", "dependsOn", "riskLevel"])
NEARLY = st.lists(st.dictionaries(KEYS_OF_ONE, json_values(leaves=4) | st.just("scale-deployment")))


@given(json_values() | NEARLY, json_values())
def test_nothing_makes_it_raise_and_what_is_built_has_no_problems(said: Any, alert: Any) -> None:
    for meant in (alert, ALERT):
        found = build_workflow(said, meant)

        assert isinstance(found, Malformed) or () == check_document(found, Settings())


def test_the_workflow_belongs_to_its_alert() -> None:
    document = built(recommended())

    assert {"name": "disk-full-workflow", "namespace": "default", "ownerReferences": [{
        "apiVersion": "kubernaut.io/v1", "kind": "AlertRemediation", "name": "disk-full", "uid": "u-1",
        "controller": True, "blockOwnerDeletion": True}]} == document["metadata"]
    assert {"apiVersion": "kubernaut.io/v1", "kind": "AlertRemediation", "namespace": "default", "name": "disk-full",
            "uid": "u-1"} == document["spec"]["alertRemediationRef"]
    decoded = decode_workflow(document)
    assert not isinstance(decoded, Malformed)
    strategy = decoded.spec.execution_strategy
    assert (False, True, "automatic") == (
        strategy.approval_required, strategy.dry_run_first, strategy.rollback_strategy.value)


def test_a_long_name_of_an_alert_is_cut_and_still_unique() -> None:
    names = set()
    for end in "ab":
        alert = {"metadata": {"name": "x" * 250 + end, "namespace": "default", "uid": "u"}}
        document = build_workflow([recommended()], alert)
        assert not isinstance(document, Malformed)
        names.add(document["metadata"]["name"])

    assert 2 == len(names)
    assert all(len(name) <= 253 and name.endswith("-workflow") for name in names)


def test_steps_are_numbered_by_place_and_identifiers_become_numbers() -> None:
    found = steps(recommended("a"), recommended("b", dependsOn=["a"]),
                  recommended("c", dependsOn=["b"], dependencies=["a", "b"]))

    assert [(1, "a", []), (2, "b", [1]), (3, "c", [1, 2])] == [
        (s["stepNumber"], s["name"], s.get("dependsOn", [])) for s in found]


@pytest.mark.parametrize(("risk", "critical", "retries"), [
    ("low", False, 0), ("medium", False, 1), ("high", True, 2), ("critical", True, 3)])
def test_the_risk_says_how_carefully(risk: str, critical: bool, retries: int) -> None:
    step = steps(recommended(riskLevel=risk))[0]

    assert (critical, retries, "5m") == (step["criticalStep"], step["maxRetries"], step["timeout"])


def test_a_drain_gets_more_time() -> None:
    assert "10m" == steps(recommended(action="drain_node", parameters={"node": "n1"}))[0]["timeout"]


WEB = {"deployment": "web", "namespace": "shop"}
NODE = {"uncordonNode": {"nodeName": "n1"}}


@pytest.mark.parametrize(("action", "flat", "wire", "undo"), [
    ("scale_deployment", {**WEB, "replicas": "3"}, {"scaleDeployment": {**WEB, "replicas": 3}},
     {"scaleToPrevious": WEB}),
    ("restart-deployment", {"deployment_name": "web", "namespace": "shop", "grace_period_seconds": "30"},
     {"restartDeployment": {**WEB, "gracePeriod": "30s"}}, {"restorePreviousDeployment": {**WEB, "revision": 0}}),
    ("rollout_restart", WEB, {"restartDeployment": WEB}, {"restorePreviousDeployment": {**WEB, "revision": 0}}),
    ("update_image", {**WEB, "container": "main", "image": "web:2"},
     {"updateImage": {**WEB, "container": "main", "newImage": "web:2"}},
     {"restorePreviousDeployment": {**WEB, "revision": 0}}),
    ("restart_pod", {"pod": "p"}, {"restartPod": {"podName": "p"}}, None),
    ("restart_pod", {"selector": "app=web"}, {"restartPod": {"selector": "app=web"}}, None),
    ("delete_pod", {"pod_name": "p", "gracePeriod": "1m"}, {"deletePod": {"podName": "p", "gracePeriod": "1m"}}, None),
    ("update_configmap", {"configMap": "c", "data": {"k": "v"}},
     {"updateConfigMap": {"name": "c", "dataUpdates": {"k": "v"}}},
     {"restorePreviousConfig": {"name": "c", "type": "ConfigMap"}}),
    ("update_secret", {"secret": "s", "updates": [{"key": "k", "secretKeyRef": {"name": "o", "key": "k"}}]},
     {"updateSecret": {"name": "s", "updates": [{"key": "k", "secretKeyRef": {"name": "o", "key": "k"}}]}},
     {"restorePreviousConfig": {"name": "s", "type": "Secret"}}),
    ("cordon_node", {"node": "n1"}, {"cordonNode": {"nodeName": "n1"}}, NODE),
    ("uncordon_node", {"nodeName": "n1"}, NODE, None),
    ("drain_node", {"node": "n1", "ignoreDaemonSets": "true", "delete_local_data": False},
     {"drainNode": {"nodeName": "n1", "ignoreDaemonSets": True, "deleteLocalData": False}}, NODE),
    ("check_pod_health", {}, None, None), ("check_pod_health", None, None, None),
    ("check_pod_health", {"deployment": "web"}, {"checkPodHealth": {"deployment": "web"}}, None),
    ("custom", {"action_type": "flush-cache", "config": {"a": "b"}},
     {"custom": {"actionType": "flush-cache", "config": {"a": "b"}}}, None),
])
def test_flat_parameters_become_the_actions_own_with_the_natural_compensation(
        action: str, flat: Any, wire: Any, undo: Any) -> None:
    step = steps(recommended(action=action, parameters=flat))[0]

    assert wire == step.get("parameters")
    assert undo == step.get("rollbackSpec", {}).get("parameters")


def test_every_action_has_a_table_and_every_field_of_it_a_key() -> None:
    assert set(Action) == KEYS.keys()
    for action, cls in PARAMETERS_OF.items():
        camel = {name.split("_")[0] + "".join(p.title() for p in name.split("_")[1:]) for name in cls.__annotations__}
        assert camel - {"previouslySchedulable"} <= {key.field for key in KEYS[action].values()} <= camel


def test_everything_that_is_wrong_is_said_at_once_and_where() -> None:
    found = problems(
        5, recommended("a", parameters={"deployment": "web", "replicas": "many", "colour": "red"}),
        recommended("a", action="format-disk", dependsOn=["nobody"], riskLevel="low"),
        recommended("c", riskLevel="extreme", confidence=2, whatever=1), {"action": "scale-deployment"},
        recommended("d", parameters={"node": "n1"}), recommended("e", action="drain-node", parameters={
            "node": "n1", "nodeName": "n1", "gracePeriodSeconds": True}),
        recommended("f", parameters=None), alert={"kind": "Alert", "metadata": {"name": "A", "namespace": "x"}})

    assert {
        "$.alert.kind": "NotSupported", "$.alert.metadata.name": "BadFormat", "$.alert.metadata.uid": "Missing",
        "$.recommendations[0]": "WrongType",
        "$.recommendations[1].parameters.colour": "UnknownField",
        "$.recommendations[1].parameters.replicas": "WrongType",
        "$.recommendations[2].action": "NotSupported", "$.recommendations[2].dependsOn[0]": "UnknownStep",
        "$.recommendations[2].id": "Duplicate",
        "$.recommendations[3].riskLevel": "NotSupported", "$.recommendations[3].confidence": "OutOfRange",
        "$.recommendations[3].whatever": "UnknownField", "$.recommendations[4].id": "Missing",
        "$.recommendations[5].parameters.node": "UnknownField", "$.recommendations[5].parameters.deployment": "Missing",
        "$.recommendations[5].parameters.replicas": "Missing",
        "$.recommendations[6].parameters.nodeName": "Ambiguous",
        "$.recommendations[6].parameters.gracePeriodSeconds": "WrongType",
        "$.recommendations[7].parameters": "WrongType",
    } == found


@pytest.mark.parametrize(("said", "place", "reason"), [
    ([recommended("a", dependsOn=["b"]), recommended("b", dependsOn=["a"])], "$.recommendations[0].dependsOn", "Cycle"),
    ([recommended("a", dependencies=["a"])], "$.recommendations[0].dependsOn[0]", "SelfDependency"),
    ([], "$.recommendations", "TooFew"),
    ([recommended(parameters={"deployment": "web", "replicas": 3, "namespace": "kube-system"})],
     "$.recommendations[0].parameters", "Forbidden"),
    ([recommended(action="custom", parameters={"actionType": "nuke"})],
     "$.recommendations[0].parameters.actionType", "NotSupported"),
    ([recommended(action="restart-pod", parameters={"pod": "p", "selector": "a=b"})],
     "$.recommendations[0].parameters", "Ambiguous"),
    ([recommended(parameters={"deployment_name": "Web", "replicas": 3})],
     "$.recommendations[0].parameters.deployment_name", "BadFormat"),
    ([recommended(parameters={"deployment": "web", "replicas": "9" * 5000})],
     "$.recommendations[0].parameters.replicas", "WrongType"),
])
def test_what_no_workflow_may_do_is_refused_at_the_recommendation(said: Any, place: str, reason: str) -> None:
    assert (place, reason) in problems(*said).items()


def test_what_is_null_is_absent() -> None:
    assert {"scaleDeployment": {"deployment": "web", "replicas": 3}} == steps(recommended(
        parameters={"deployment": "web", "replicas": 3, "namespace": None}))[0]["parameters"]


def test_no_depth_makes_it_raise() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = {"k": deep}

    assert {"$.recommendations[0].parameters.data.k": "WrongType"} == problems(recommended(
        action="update-configmap", parameters={"name": "c", "data": deep}))


def test_no_list_and_no_alert_are_said() -> None:
    found = build_workflow("scale it", None)

    assert isinstance(found, Malformed)
    assert ["alert", "recommendations"] == [p.path[0] for p in found.problems]


def test_what_is_too_large_is_said_of_the_whole() -> None:
    found = problems(recommended(), settings=Settings(max_spec_bytes=10))

    assert {"$.spec": "TooLarge"} == found


def test_secret_values_are_not_in_what_is_said_of_them() -> None:
    inline = {"secret": "s", "data": {"k": "no base64!"}}
    found = build_workflow([recommended(action="update-secret", parameters=inline)], ALERT, settings=TRUSTING)

    assert isinstance(found, Malformed)
    assert "no base64" not in str(found)


def test_what_was_said_is_recorded() -> None:
    document = built(
        recommended("a", riskLevel="high", effectivenessProbability=0.75, confidence=0.9, explanation="too small",
                    historicalSuccessRate=0.5),
        recommended("b", confidence=0.6), recommended("c"), source="history-based")
    said = document["spec"]["workflowDefinition"]["aiRecommendations"]

    assert {"overallConfidence": 0.6, "recommendationSource": "history-based", "similarWorkflowSuccessRate": 0.5,
            "stepOptimizations": [
                {"stepNumber": 1, "recommendation": "too small", "confidence": 0.9, "impactLevel": "high"},
                {"stepNumber": 2, "recommendation": "", "confidence": 0.6, "impactLevel": "medium"}],
            "riskFactors": [{"factor": "step 1 (scale-deployment) is of high risk", "severity": "high",
                             "probability": 0.25}]} == said


def test_the_definition_is_named_after_its_actions_or_as_told() -> None:
    said = (recommended("a"), recommended("b", action="rollout-restart", parameters=WEB), recommended("c"))

    assert "scale-deployment+restart-deployment" == built(*said)["spec"]["workflowDefinition"]["name"]
    assert "heal-web" == built(*said, name="heal-web")["spec"]["workflowDefinition"]["name"]
