"""What the accounts asked of the API server, by its audit log: all was allowed, and all they may do they did."""

from __future__ import annotations

import json
import ssl
import urllib.request
from contextlib import closing

import pytest
from tests.controlplane.fixtures import PEOPLE
from tests.controlplane.plane import control_plane, free_ports

from wfcontroller.cluster import rights as controller
from wfcontroller.executor import rights as executor
from wfcontroller.rights import Right, rights
from wfcore.crds import others
from wfcore.resources import ALERT_REMEDIATIONS, AUDIT_OUTBOXES, NODES, REPLICA_SETS, WORKFLOW_EXECUTIONS

from . import people
from .client import Client, path_of
from .installation import HOME, installation, until
from .test_ports import ports

pytestmark = pytest.mark.timeout(600)
PLACE, NODE = "rights", "rights-node"
WEB = {"deployment": "web", "container": "main"}
ACCOUNTS = {"wf-controller": controller.CONTROLLER | controller.AT_HOME | controller.OBSERVER | controller.BESIDE
            | controller.BESIDE_AT_HOME,
            "wf-executor": executor.CONTRACT | executor.BESIDE | executor.ACTIONS | executor.AT_HOME}
# What no request of these days shows: who asks for it instead, or which test does.
UNSEEN = {
    # The admission plugin OwnerReferencesPermissionEnforcement, of which the API server keeps no record; it is on here.
    "wf-controller": rights(WORKFLOW_EXECUTIONS, ("update",), "finalizers")
    | rights(ALERT_REMEDIATIONS, ("update",), "finalizers"),
    # Where nothing was captured a compensation finds its template by the revision: tests/executor/test_deployments.py.
    # A node that is not ready yet is waited for: tests/executor/test_health_and_custom.py.
    "wf-executor": rights(REPLICA_SETS, ("list",)) | rights(NODES, ("watch",))}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """On a cluster of its own: what other tests ask for, in namespaces that go, would be in its audit log too."""
    with control_plane(PEOPLE, audit=True) as plane, installation(
            plane, tmp_path_factory.mktemp("service")) as installed:
        plane.add_nodes("node-1", "node-2")
        installed.install()
        yield installed


def step(number, action, member, after=(), /, **parameters):
    needs = {"dependsOn": [*after]} if after else {}
    return {"stepNumber": number, "action": action, "parameters": {member: parameters}, "criticalStep": True, **needs}


def actions():
    """Every action on something that is there, one after the other, and a last one that fails: all is put back."""
    scale = step(1, "scale-deployment", "scaleDeployment", deployment="web", replicas=2)
    image = step(2, "update-image", "updateImage", [1], **WEB, newImage="registry.example/web:2")
    settings = step(3, "update-configmap", "updateConfigMap", [2], name="settings", dataUpdates={"A": "2"})
    secret = step(4, "update-secret", "updateSecret", [3], name="keys", updates=[
        {"key": "a", "secretKeyRef": {"name": "fresh", "key": "a"}}])
    cordon = step(5, "cordon-node", "cordonNode", [4], nodeName=NODE)
    missing = step(6, "scale-deployment", "scaleDeployment", [5], deployment="nowhere", replicas=2)
    undo = ("scale-to-previous", "restore-previous-deployment", "restore-previous-config", "restore-previous-config",
            "uncordon-node")
    for each, how in zip((scale, image, settings, secret, cordon), undo, strict=True):
        each["rollbackSpec"] = {"action": how}
    return [scale, image, settings, secret, cordon, missing]


def pods():
    """Restarts of the pods of each kind of controller, one deletion, a node that is drained, what stands is judged."""
    numbered = enumerate(("web", "ordered", "everywhere"), 1)
    restarts = [step(number, "restart-pod", "restartPod", range(1, number), selector=f"app={app}")
                for number, app in numbered]
    return [*restarts, step(4, "delete-pod", "deletePod", [3], podName="lonely"),
            step(5, "drain-node", "drainNode", [4], nodeName=NODE, ignoreDaemonSets=True),
            step(6, "restart-deployment", "restartDeployment", [5], deployment="web"),
            step(7, "check-pod-health", "checkPodHealth", [6], deployment="web"),
            step(8, "uncordon-node", "uncordonNode", [7], nodeName=NODE)]


def workloads():
    (web,) = people.deployment(PLACE, "web")
    spec = web["spec"]

    def like(kind, name, **more):
        labels = {"app": name}
        template = {**spec["template"], "metadata": {"labels": labels}}
        return {**web, "kind": kind, "metadata": {"name": name, "namespace": PLACE},
                "spec": {"selector": {"matchLabels": labels}, "template": template, **more}}

    def core(kind, name, **content):
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": PLACE}, **content}
    pinned = like("Deployment", "pinned", replicas=1)
    pinned["spec"]["template"]["spec"] = {**pinned["spec"]["template"]["spec"],
                                          "nodeSelector": {"kubernetes.io/hostname": NODE}}
    lonely, values = core("Pod", "lonely", spec=spec["template"]["spec"]), {"A": "1", "a": "1"}
    held = [core("ConfigMap", "settings", data=values), core("Secret", "keys", stringData=values),
            core("Secret", "fresh", stringData={"a": "2"})]
    alert = {**core("AlertRemediation", "alert"), "apiVersion": "kubernaut.io/v1"}
    return [web, like("StatefulSet", "ordered", serviceName="ordered", replicas=1), like("DaemonSet", "everywhere"),
            pinned, lonely, alert, *held]


@pytest.fixture(scope="module")
def lived(service, database):
    """Days of a controller and an executor in short; what the API server wrote down about each of the two."""
    plane = service.plane
    plane.define(*others())
    plane.add_nodes(NODE)
    people.namespace(plane, PLACE, {"wf-requester": ("carol",), "wf-approver": ("bob",)})
    plane.apply(*workloads(), people.bound("wf-remediator", "carol", name="rights-nodes"))
    for name in ("web", "pinned"):
        plane.kubectl("rollout", "status", f"deployment/{name}", "-n", PLACE, "--timeout=60s")
    with closing(Client(plane.kubeconfig_of("carol"))) as carol, closing(Client(plane.kubeconfig_of("bob"))) as bob:
        without_a_database(service, carol)
        service.running(WF_DATABASE_URL=database, WF_OUTBOX_DRAIN_INTERVAL="1s", WF_TARGETS_COOLDOWN="0s")
        the_work(service, carol, bob)
        frozen(service, carol)
        deleted(service, carol)
    scraped(service)
    until(lambda: not plane.kubectl("get", "auditoutboxes", "-n", HOME, "-o", "name").strip(), "the outbox is empty")
    service.stop()
    return recorded(plane.audit_log)


def submitted(client, name, *steps, strategy=None, **spec):
    safe = {"safetyChecks": [{"type": kind, "required": False} for kind in ("rbac", "capacity", "health", "network")],
            "maxRetries": 0, **(strategy or {})}
    people.create(client, people.created_by("carol", people.workflow(
        name, *steps, executionStrategy=safe, **spec), PLACE))


def without_a_database(service, carol):
    """A workflow is deleted while no database answers."""
    (closed,) = free_ports(1)
    service.running(WF_DATABASE_URL=f"postgresql://wf@127.0.0.1:{closed}/wf")
    submitted(carol, "unrecorded", step(1, "check-pod-health", "checkPodHealth", deployment="web"))
    service.ended("unrecorded", PLACE)
    delete(carol, "unrecorded")
    gone(service, carol, "unrecorded")
    service.stop()


def the_work(service, carol, bob):
    """Everything a step can do, its rollback, an approval, a parent, and an end that is soon forgotten."""
    parent = {"kind": "AlertRemediation", "name": "alert", "namespace": PLACE}
    submitted(carol, "puts-back", *actions(), alertRemediationRef=parent)
    undone = service.ended("puts-back", PLACE)
    put_back = [each["stepNumber"] for each in undone["stepStatuses"] if each["status"] == "rolled_back"]
    assert [1, 2, 3, 4, 5] == put_back, json.dumps(undone, indent=1)
    submitted(carol, "pods", *pods(), strategy={"approvalRequired": True, "dryRunFirst": True})
    until(lambda: "AwaitingApproval" in str(service.get("wfe", "pods", PLACE).get("status")), "it waits",
          *service.processes, words=lambda: str(service.get("wfe", "pods", PLACE).get("status"))[-3000:])
    answer = people.decide(bob, "bob", PLACE, "pods")
    assert 200 == answer.status, answer.said
    status = service.ended("pods", PLACE)
    assert "completed" == status["phase"], json.dumps(status["stepStatuses"], indent=1)
    submitted(carol, "forgotten", step(1, "check-pod-health", "checkPodHealth", deployment="web"),
              ttlSecondsAfterFinished=1)
    gone(service, carol, "forgotten")


def frozen(service, carol):
    """Nothing is done while the freeze is on."""
    freeze = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "wf-freeze", "namespace": HOME}}
    service.plane.apply(freeze)
    submitted(carol, "held", step(1, "restart-deployment", "restartDeployment", deployment="web"))
    until(lambda: "Frozen" in str(service.get("wfe", "held", PLACE).get("status")), "it is held", *service.processes)
    service.plane.kubectl("delete", "configmap", "wf-freeze", "-n", HOME)
    assert "completed" == service.ended("held", PLACE)["phase"]


def deleted(service, carol):
    """A workflow is deleted while its step is under way, and with it what the step kept."""
    slow = step(1, "update-image", "updateImage", **WEB, newImage="registry.example/web:bad")
    submitted(carol, "stopped", slow)
    until(lambda: "executing" == service.get("wfe", "stopped", PLACE).get("status", {}).get("phase"), "it executes",
          *service.processes)
    for name in ("stopped", "puts-back"):
        delete(carol, name)
        gone(service, carol, name)


def delete(client, name):
    answer = client.ask("DELETE", path_of("workflowexecutions", PLACE, name))
    assert 200 == answer.status, answer.said


def gone(service, client, name):
    until(lambda: client.ask("GET", path_of("workflowexecutions", PLACE, name)).status == 404, f"{name} is gone",
          *service.processes, words=lambda: str(client.get("workflowexecutions", PLACE, name))[-3000:])


def scraped(service):
    """Somebody asks both for their metrics, and a second executor sweeps what the first has kept."""
    service.start("wfexecutor", WF_SNAPSHOTS_SWEEP_INTERVAL="1s")
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    reader = people.bound("wf-metrics-reader", name="rights-scraping")
    reader["subjects"] = [{"kind": "ServiceAccount", "name": "default", "namespace": PLACE}]
    service.plane.apply(reader)
    token = service.plane.kubectl("create", "token", "default", "-n", PLACE).strip()
    for process in service.processes:
        until(lambda process=process: "metrics" in ports(process), "its ports are open", process)
        asked = urllib.request.Request(f"https://127.0.0.1:{ports(process)['metrics']}/metrics",
                                       headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=30, context=anybody) as answer:
            assert 200 == answer.status


def recorded(log):
    """The requests of each account that were answered."""
    found = {name: [] for name in ACCOUNTS}
    for line in log.read_text("utf-8").splitlines():
        event = json.loads(line)
        name = event["user"]["username"].removeprefix(f"system:serviceaccount:{HOME}:")
        if name in found and "impersonatedUser" not in event:
            found[name].append(event)
    return found


def used(event, held):
    """The right among those held that a request makes use of."""
    at = event.get("objectRef", {})
    resource = "/".join(filter(None, (at.get("resource", ""), at.get("subresource", ""))))
    exact = Right(at.get("apiGroup", ""), resource, event["verb"], at.get("name", ""))
    return exact if exact in held else Right(exact.group, resource, exact.verb)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_nothing_that_an_account_asked_for_was_forbidden_to_it(lived, account):
    events = lived[account]

    assert [] == [(event["verb"], event["requestURI"]) for event in events
                  if event["responseStatus"]["code"] in (401, 403)]
    assert len(events) > 100


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_right_of_an_account_was_used(lived, account):
    held = ACCOUNTS[account]
    unused = held - {used(event, held) for event in lived[account]} - UNSEEN[account]

    assert "" == ", ".join(f"{each.verb} {each.resource}" for each in sorted(unused))


def test_the_outbox_was_filled_and_emptied(lived):
    verbs = {event["verb"] for event in lived["wf-controller"]
             if event.get("objectRef", {}).get("resource") == AUDIT_OUTBOXES.plural}

    assert {"create", "list", "delete"} <= verbs
