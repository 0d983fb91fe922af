"""S25: the roles grant what the code says it does, and nothing else."""

from __future__ import annotations

import pytest

from wfcontroller.cluster import rights as controller
from wfcontroller.executor import rights as executor
from wfcontroller.rights import Right
from wfcore.codec import decode_execution
from wfcore.model.enums import Action
from wfcore.resources import CONFIG_MAPS, EVENTS, EXECUTION_GROUP, PODS, SECRETS, WORKFLOW_GROUP
from wfcore.validation.safety_rbac import executor_questions

from .shipped import NAMESPACE, of, one
from .spoofs import execution

WEB, NODE = {"namespace": "default", "deployment": "web"}, {"nodeName": "n1"}
POD, CONFIG = {"namespace": "default", "podName": "p"}, {"namespace": "default", "name": "c"}
PARAMETERS = {
    "scale-deployment": {"scaleDeployment": {**WEB, "replicas": 2}}, "restart-deployment": {"restartDeployment": WEB},
    "update-image": {"updateImage": {**WEB, "container": "main", "newImage": "x"}}, "restart-pod": {"restartPod": POD},
    "delete-pod": {"deletePod": POD}, "update-configmap": {"updateConfigMap": {**CONFIG, "dataUpdates": {"a": "b"}}},
    "update-secret": {"updateSecret": {**CONFIG, "updates": [{"key": "a", "secretKeyRef": {"name": "s", "key": "k"}}]}},
    "cordon-node": {"cordonNode": NODE}, "uncordon-node": {"uncordonNode": NODE}, "drain-node": {"drainNode": NODE},
    "check-pod-health": {"checkPodHealth": WEB}}
ROLES = [*of("ClusterRole"), *of("Role")]


def granted(kind: str, name: str) -> set[Right]:
    """The rights of a role; each rule once for each combination of what it lists."""
    return {Right(group, resource, verb, named)
            for rule in one(kind, name)["rules"] for group in rule["apiGroups"] for resource in rule["resources"]
            for verb in rule["verbs"] for named in rule.get("resourceNames", [""])}


@pytest.mark.parametrize(("kind", "name", "used"), [
    ("ClusterRole", "wf-controller", controller.CONTROLLER | controller.BESIDE),
    ("Role", "wf-controller", controller.AT_HOME | controller.BESIDE_AT_HOME),
    ("ClusterRole", "wf-observer", controller.OBSERVER),
    ("ClusterRole", "wf-executor", executor.CONTRACT | executor.BESIDE),
    ("ClusterRole", "wf-executor-actions", executor.ACTIONS),
    ("Role", "wf-executor", executor.AT_HOME),
])
def test_a_role_grants_exactly_what_the_code_uses(kind, name, used):
    assert used == granted(kind, name)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: f"{role['kind']} {role['metadata']['name']}")
def test_no_role_has_a_wildcard_or_hands_rights_on(role):
    words = {word for rule in role["rules"] for key in rule for word in rule[key]}

    assert not [word for word in words if "*" in word]
    assert not words & {"impersonate", "escalate", "bind", "patch", "deletecollection", "nodes/proxy", "pods/exec"}
    assert not {"clusterroles", "roles", "clusterrolebindings", "rolebindings"} & words


@pytest.mark.parametrize("name", ["wf-controller", "wf-observer"])
def test_the_controller_reads_no_content_and_touches_no_pod(name):
    held = granted("ClusterRole", name)
    content = {each for each in held if each.resource in (SECRETS.plural, CONFIG_MAPS.plural)}
    writes = {each for each in held if each.resource == PODS.plural and each.verb not in ("get", "list")}

    assert set() == content | writes


def test_what_the_safety_check_asks_of_the_executor_is_granted_to_it():
    """Otherwise every workflow would fail a check that its executor would have passed."""
    specs = [decode_execution(execution("e", action=action, parameters=parameters)).spec
             for action, parameters in PARAMETERS.items()]
    asked = {Right(question.group, question.resource, question.verb)
             for spec in specs for question in executor_questions(spec, "executor")}

    assert {action.value for action in Action} == {*PARAMETERS, "custom"}
    assert set() == asked - granted("ClusterRole", "wf-executor-actions")
    assert len(asked) > 10


def test_a_requester_reaches_workflows_and_nothing_else():
    assert {Right(WORKFLOW_GROUP, "workflowexecutions", verb)
            for verb in ("create", "delete", "get", "list", "watch")} == granted("ClusterRole", "wf-requester")


def test_a_viewer_reads_workflows_their_attempts_and_events_and_changes_nothing():
    """What `wfctl explain` and `wfctl events` go by."""
    seen = ((WORKFLOW_GROUP, "workflowexecutions"), (EXECUTION_GROUP, "kubernetesexecutions"),
            (EVENTS.group, EVENTS.plural))

    assert {Right(group, resource, verb) for group, resource in seen for verb in ("get", "list", "watch")} == (
        granted("ClusterRole", "wf-viewer"))


def test_an_approver_may_update_and_holds_the_verb():
    assert {
        *(Right(WORKFLOW_GROUP, "workflowexecutions", verb) for verb in ("get", "list", "update", "watch")),
        Right(WORKFLOW_GROUP, "workflowapprovals", "approve")} == granted("ClusterRole", "wf-approver")


def test_a_remediator_holds_every_action_as_a_verb():
    assert {Right(WORKFLOW_GROUP, "remediations", action.value) for action in Action} == granted(
        "ClusterRole", "wf-remediator")


def test_a_scraper_reads_the_metrics_and_nothing_else():
    assert [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}] == one("ClusterRole", "wf-metrics-reader")["rules"]


def test_only_the_two_accounts_are_bound_and_no_role_of_people():
    bound = {(each["kind"], each["roleRef"]["kind"], each["roleRef"]["name"], subject["name"])
             for each in (*of("ClusterRoleBinding"), *of("RoleBinding")) for subject in each["subjects"]
             if (subject["kind"], subject["namespace"]) == ("ServiceAccount", NAMESPACE)}

    assert bound == {
        ("ClusterRoleBinding", "ClusterRole", "wf-controller", "wf-controller"),
        ("ClusterRoleBinding", "ClusterRole", "wf-observer", "wf-controller"),
        ("RoleBinding", "Role", "wf-controller", "wf-controller"),
        ("ClusterRoleBinding", "ClusterRole", "wf-executor", "wf-executor"),
        ("ClusterRoleBinding", "ClusterRole", "wf-executor-actions", "wf-executor"),
        ("RoleBinding", "Role", "wf-executor", "wf-executor")}
    assert len(bound) == sum(len(each["subjects"]) for each in (*of("ClusterRoleBinding"), *of("RoleBinding")))


def test_no_role_is_aggregated_into_those_of_everybody():
    assert [] == [role["metadata"]["name"] for role in ROLES if any(
        "aggregate" in label for label in role["metadata"].get("labels", {}))]
