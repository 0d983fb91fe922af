"""Killed after any of its requests and restarted, the executor finishes or reports, and never acts twice."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, SECRETS, STATEFUL_SETS

from .world import run

WEB = {"namespace": "default", "deployment": "web"}
IMAGE = {"updateImage": {**WEB, "container": "main", "newImage": "web:2"}}
VALUE = base64.b64encode(b"x").decode()


async def deployment(world):
    await world.deployment()


async def config(world):
    await world.create(CONFIG_MAPS, "settings", data={"level": "info"})


async def secret(world):
    await world.create(SECRETS, "source", data={"new": VALUE})
    await world.create(SECRETS, "token", data={"user": VALUE})


async def pod(world):
    await world.create(PODS, "bare", labels={"app": "web"}, spec={"containers": [{"name": "main", "image": "x"}]})
    await world.until(lambda: world.one(PODS, "bare")["spec"].get("nodeName"))


async def stateful_set(world):
    await world.create(STATEFUL_SETS, "web", spec={
        "replicas": 1, "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "main", "image": "x"}]}}})
    await world.until(lambda: world.one(STATEFUL_SETS, "web").get("status", {}).get("readyReplicas") == 1)


async def updated(world):
    """A Deployment whose image a forward attempt has changed."""
    await world.deployment()
    world.start()
    await world.perform("update-image", IMAGE)
    await world.kill()


def restored(world):
    return ("restore-previous-deployment", world.status("wf-step-1")["rollbackInformation"]["parameters"])


CASES = {
    "scale": (deployment, "scale-deployment", {"scaleDeployment": {**WEB, "replicas": 5}}),
    "restart": (deployment, "restart-deployment", {"restartDeployment": WEB}),
    "image": (deployment, "update-image", IMAGE),
    "config": (config, "update-configmap", {"updateConfigMap": {
        "namespace": "default", "name": "settings", "dataUpdates": {"level": "debug"}}}),
    "secret": (secret, "update-secret", {"updateSecret": {"namespace": "default", "name": "token", "updates": [
        {"key": "password", "secretKeyRef": {"name": "source", "key": "new"}}]}}),
    "cordon": (deployment, "cordon-node", {"cordonNode": {"nodeName": "n1"}}),
    "drain": (deployment, "drain-node", {"drainNode": {"nodeName": "n1"}}),
    "restart-pods": (deployment, "restart-pod", {"restartPod": {"namespace": "default", "selector": "app=web"}}),
    "restart-stateful": (stateful_set, "restart-pod", {"restartPod": {"namespace": "default", "podName": "web-0"}}),
    "delete": (pod, "delete-pod", {"deletePod": {"namespace": "default", "podName": "bare"}}),
    "restore": (updated, "update-image", None),
}


def outcome(world, name):
    """What must be the same however often the executor was killed."""
    deployments = [item["spec"] for item in world.all(DEPLOYMENTS)]
    for spec in deployments:  # the instant of a restart is that of the life which persisted it
        (spec["template"]["metadata"].get("annotations") or {}).clear()
    data = [item.get("data") for resource in (CONFIG_MAPS, SECRETS) for item in world.all(resource)
            if item["metadata"]["namespace"] == "default"]
    nodes = [item["spec"] for item in world.all(NODES)]
    status = world.status(name)
    reported = [status.get("phase"), status.get("rollbackInformation", {}).get("mutated")]
    return json.dumps([deployments, data, nodes, reported, len(world.pods())], sort_keys=True)


def lives(case, crash_after):
    """Run a case, killed after so many requests (None: never); answers requests, mutations and the outcome."""
    prepare, action, parameters = CASES[case]
    found = []

    async def scenario(world):
        await prepare(world)
        options = {} if parameters else {"kind": "rollback", "rollback": restored(world)}
        first = world.start(crash_after=crash_after)
        name = await world.step(action, parameters, **options)
        ended = lambda: world.status(name).get("phase") in ("completed", "rollback_ready", "failed")  # noqa: E731
        await world.until(lambda: first.crashed.is_set() or ended())
        await asyncio.sleep(0)
        await world.kill()
        mutations = [*first.mutations]
        if crash_after is not None:
            second = world.start()
            await world.ended(name)
            mutations += second.mutations
        found.extend([len(first.log), sorted(mutations), outcome(world, name)])

    run(scenario, started=False)
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.timeout(300)
def test_killed_after_any_request_it_finishes_and_never_acts_twice(case):
    requests, mutations, end = lives(case, None)

    assert mutations
    assert '"yes"' in end
    for crash_after in range(1, requests):
        _, again, after = lives(case, crash_after)
        assert len(mutations) == len(again), f"killed after request {crash_after}"
        assert end == after, f"killed after request {crash_after}"
