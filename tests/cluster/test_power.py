"""Whose power: elsewhere and on nodes it takes the creator's, and in protected namespaces nobody has any."""

from __future__ import annotations

import pytest

from wfcore.model.workflow import TRACKING_FINALIZER

from . import guard, people
from .client import Client, path_of
from .installation import until

pytestmark = pytest.mark.timeout(300)
HOME, ELSEWHERE = "power", "power-elsewhere"
ACTS = {
    "scale": {"stepNumber": 1, "action": "scale-deployment", "parameters": {
        "scaleDeployment": {"namespace": ELSEWHERE, "deployment": "web", "replicas": 2}}},
    "cordon": {"stepNumber": 1, "action": "cordon-node", "parameters": {"cordonNode": {"nodeName": "node-2"}}},
}
PROTECTED = ("kube-system", "kube-public", "kube-node-lease", "kubernaut-system")


@pytest.fixture(scope="module")
def trustless(service, database):
    """Controller and executor trust no namespace; alice holds powers, bob none, mallory all but the creation."""
    people.namespace(service.plane, HOME, {"wf-requester": ("alice", "bob")})
    people.namespace(service.plane, ELSEWHERE, {"wf-remediator": ("alice",)})
    service.plane.apply(people.bound("wf-remediator", "carol", name="nodes-test"), *people.deployment(ELSEWHERE, "web"),
                        people.bound("wf-requester", "carol", namespace=HOME, name="carol-test"))
    service.plane.kubectl("rollout", "status", "deployment/web", "-n", ELSEWHERE, "--timeout=60s")
    yield service.running(WF_DATABASE_URL=database)
    service.stop()


@pytest.fixture(scope="module")
def person(service):
    found = {name: Client(service.plane.kubeconfig_of(name)) for name in ("admin", "alice", "bob", "carol")}
    yield found
    for each in found.values():
        each.close()


def ended(service, client, who, name, step, signed=True):
    """The status of a workflow with one step, created by somebody, once it has ended."""
    made = people.created_by(who, people.workflow(name, step), HOME)
    if not signed:
        del made["metadata"]["annotations"]
    people.create(client, made)
    return service.ended(name, HOME)


def children(service, name):
    return [each for each in service.plane.kubectl("get", "ke", "-n", HOME, "-o", "name").split()
            if f"/{name}-" in each]


@pytest.mark.parametrize(("act", "where"), [("scale", ELSEWHERE), ("cordon", "nodes")])
def test_without_the_power_nothing_is_done_elsewhere(trustless, person, act, where):
    status = ended(trustless, person["bob"], "bob", f"denied-{act}", ACTS[act])

    assert ("failed", "unauthorized") == (status["phase"], status["failureReason"])
    assert "bob may not have workflows" in told(status)
    assert where in told(status)
    assert [] == children(trustless, f"denied-{act}")


@pytest.mark.parametrize("act", ACTS)
def test_where_nobody_vouches_for_the_creator_nothing_is_done_elsewhere(trustless, person, act):
    status = ended(trustless, person["alice"], "alice", f"unsigned-{act}", ACTS[act], signed=False)

    assert ("failed", True) == (status["phase"], "nobody vouches for it" in told(status))
    assert [] == children(trustless, f"unsigned-{act}")


def test_power_in_one_namespace_is_none_on_nodes(trustless, person):
    status = ended(trustless, person["alice"], "alice", "alice-cordons", ACTS["cordon"])

    assert ("failed", "unauthorized") == (status["phase"], status["failureReason"])
    assert [] == children(trustless, "alice-cordons")


def test_a_creator_with_the_power_acts_elsewhere(trustless, person):
    status = ended(trustless, person["alice"], "alice", "alice-scales", ACTS["scale"])

    assert ("completed", "success") == (status["phase"], status["workflowResult"]["outcome"]), status
    assert 2 == trustless.get("deployment", "web", ELSEWHERE)["spec"]["replicas"]


def test_a_creator_with_the_power_on_nodes_acts_there(trustless, person):
    status = ended(trustless, person["carol"], "carol", "carol-cordons", ACTS["cordon"])
    unschedulable = trustless.plane.kubectl("get", "node", "node-2", "-o", "jsonpath={.spec.unschedulable}")
    trustless.plane.kubectl("uncordon", "node-2")

    assert ("completed", "true") == (status["phase"], unschedulable), status


@pytest.mark.parametrize("namespace", PROTECTED)
def test_in_a_protected_namespace_nobody_acts(trustless, person, namespace):
    step = {"stepNumber": 1, "action": "restart-deployment", "parameters": {
        "restartDeployment": {"namespace": namespace, "deployment": "web"}}}
    status = ended(trustless, person["carol"], "carol", f"in-{namespace}", step)

    assert ("failed", True) == (status["phase"], "protected" in told(status))
    assert [] == children(trustless, f"in-{namespace}")


@pytest.mark.parametrize(("case", "step", "complaint"), [
    ("protected", {"action": "restart-deployment", "parameters": {
        "restartDeployment": {"namespace": "kube-system", "deployment": "web"}}}, "protected"),
    ("elsewhere", {key: ACTS["scale"][key] for key in ("action", "parameters")}, "nobody vouches for it"),
    ("foreign", {"action": "restart-deployment", "parameters": {"restartDeployment": {"deployment": "web"}}},
     "workflow power/nobody"),
])
def test_the_executor_refuses_what_no_controller_asked_for(trustless, person, case, step, complaint):
    """An administrator takes the policy away, creates the execution, and puts the policy back."""
    trustless.plane.apply(*people.deployment(HOME, "web"))
    name = f"by-hand-{case}"
    body = {"apiVersion": "kubernetesexecution.kubernaut.io/v1", "kind": "KubernetesExecution",
            "metadata": {"name": name, "namespace": HOME, "finalizers": [TRACKING_FINALIZER]},
            "spec": {"workflowExecutionRef": {"name": "nobody", "namespace": HOME, "uid": "u"}, "stepNumber": 1,
                     "attempt": 1, "kind": "forward", "timeout": "1m", **step}}
    guard.is_away(trustless.plane, person["admin"])
    try:
        answer = person["admin"].ask("POST", path_of("kubernetesexecutions", HOME), body)
    finally:
        guard.stands(trustless.plane, person["admin"])
    assert 201 == answer.status, answer.said
    until(lambda: trustless.get("ke", name, HOME).get("status", {}).get("phase") == "failed", f"{name} is refused",
          *trustless.processes, words=lambda: str(trustless.get("ke", name, HOME).get("status")))
    status = trustless.get("ke", name, HOME)["status"]

    assert complaint in status["errorMessage"]
    assert "no" == status.get("rollbackInformation", {"mutated": "no"})["mutated"]
    assert 1 == trustless.get("deployment", "web", HOME)["metadata"]["generation"]


def told(status):
    """What the conditions say about the failure."""
    return " ".join(each["message"] for each in status["conditions"] if each["type"] == "Failed")
