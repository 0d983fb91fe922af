"""What the reference executor may do is exactly what it does, whatever its steps ask of it."""

from __future__ import annotations

import asyncio
import base64

from wfcontroller.api import ApiError
from wfcontroller.executor.rights import ACTIONS, AT_HOME, BESIDE, CONTRACT
from wfcontroller.rights import Right, rights
from wfcore.execution.names import child_name
from wfcore.model.enums import ExecutionKind
from wfcore.resources import (
    ALL,
    CONFIG_MAPS,
    DAEMON_SETS,
    KUBERNETES_EXECUTIONS,
    LEASES,
    NODES,
    SECRETS,
    STATEFUL_SETS,
)

from .tap import OWN
from .world import run

RESOURCES = {resource.kind: resource for resource in ALL}
WEB = {"namespace": "default", "deployment": "web"}
SETTINGS = {"updateConfigMap": {"namespace": "default", "name": "settings", "dataUpdates": {"a": "2"}}}
TOKEN = {"updateSecret": {"namespace": "default", "name": "token", "updates": [
    {"key": "a", "secretKeyRef": {"name": "source", "key": "k"}}]}}


def right(entry) -> Right:
    """The right that one request made use of; at home ConfigMaps and Leases are limited to names."""
    verb, kind, namespace, name, _dry = entry
    resource = RESOURCES[kind]
    subresource = {"update_status": "status", "evict": "eviction"}.get(verb, "")
    verb = {"update_status": "update", "evict": "create"}.get(verb, verb)
    limited = namespace == OWN and resource in (CONFIG_MAPS, LEASES) and verb != "create"
    (found,) = rights(resource, (verb,), subresource, name if limited else "")
    return found


async def controlled(world, resource, name):
    """Two pods of a controller."""
    more = {"replicas": 2, "serviceName": name} if resource == STATEFUL_SETS else {}
    await world.create(resource, name, spec={**more, "selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": "x"}]}}})
    await world.until(lambda: len(world.pods(name)) == 2)


async def on_deployments(world):
    await world.deployment()
    await world.perform("scale-deployment", {"scaleDeployment": {**WEB, "replicas": 2}}, number=1)
    await world.perform("restart-deployment", {"restartDeployment": WEB}, number=2)
    await world.perform("update-image", {"updateImage": {**WEB, "container": "main", "newImage": "web:2"}}, number=3)
    await world.perform("update-image", number=3, kind="rollback", rollback=(
        "restore-previous-deployment", {"restorePreviousDeployment": {**WEB, "revision": 0}}))


async def on_pods(world):
    await controlled(world, STATEFUL_SETS, "db")
    await controlled(world, DAEMON_SETS, "log")
    for number, app in enumerate(("web", "db", "log"), 4):
        await world.perform("restart-pod", {"restartPod": {"namespace": "default", "selector": f"app={app}"}},
                            number=number)
    await world.perform("delete-pod", {"deletePod": {"namespace": "default", "podName": "nobody"}}, number=7)


async def on_data(world):
    await world.create(CONFIG_MAPS, "settings", data={"a": "1"})
    for name in ("token", "source"):
        await world.create(SECRETS, name, data={"k": base64.b64encode(b"v").decode()})
    await world.perform("update-configmap", SETTINGS, number=8)
    await world.undo(child_name("wf", ExecutionKind.FORWARD, 8, 1), "restore-previous-config", number=8)
    await world.perform("update-secret", TOKEN, number=9)


async def on_nodes(world):
    node = await world.server.get(NODES, "", "n1")
    await world.server.update_status(NODES, {**node, "status": {"conditions": [{"type": "Ready", "status": "False"}]}})
    await world.perform("check-pod-health", timeout="30s", healthTargets=[{"kind": "Node", "name": "n1"}], number=10)
    await world.perform("drain-node", {"drainNode": {"nodeName": "n2", "ignoreDaemonSets": True}}, number=11)
    await world.perform("uncordon-node", {"uncordonNode": {"nodeName": "n2"}}, number=12)


async def with_snapshots(world):
    """One is replaced, because the answer to its creation was lost; it is swept once its execution is gone."""
    world.tap.fault(lambda entry: entry[:2] == ("create", "Secret"), ApiError(503, "ServiceUnavailable", "x"),
                    performed=True)
    name = await world.step("update-configmap", SETTINGS, number=13)
    await world.ended(name)
    await world.edit(KUBERNETES_EXECUTIONS, name, lambda body: body["metadata"].update(finalizers=[]))
    await world.server.delete(KUBERNETES_EXECUTIONS, "default", name)
    await asyncio.sleep(1300)


def test_every_request_is_allowed_and_every_right_is_used():
    at_home, elsewhere = set(), set()

    async def scenario(world):
        for part in (on_deployments, on_pods, on_data, on_nodes, with_snapshots):
            await part(world)
        for entry in world.tap.log:
            (at_home if entry[2] == OWN else elsewhere).add(right(entry))

    run(scenario, heartbeat=True)

    assert AT_HOME == at_home
    assert CONTRACT | ACTIONS == elsewhere


def test_what_it_asks_beside_acting_is_no_power():
    asked = {"tokenreviews", "subjectaccessreviews", "validatingadmissionpolicies", "validatingadmissionpolicybindings"}

    assert asked == {each.resource for each in BESIDE}
    assert {"create", "get"} == {each.verb for each in BESIDE}
