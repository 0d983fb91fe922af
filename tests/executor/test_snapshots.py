"""Snapshots live as long as their executions; the heartbeat says that the executor lives."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import KUBERNETES_EXECUTIONS, LEASES, SECRETS

from .world import OWN, START, run

WEB = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {**WEB, "replicas": 5}}
IMAGE = {"updateImage": {**WEB, "container": "main", "newImage": "web:2"}}
CONFLICT = ApiError(409, "Conflict", "the object has been modified")


def snapshots(world):
    return [item["metadata"]["name"] for item in world.all(SECRETS)
            if "kubernetesexecution.kubernaut.io/snapshot" in item["metadata"].get("labels", {})]


def test_snapshots_live_as_long_as_their_executions():
    async def scenario(world):
        await world.deployment()
        await world.perform("update-image", IMAGE)
        await world.perform("restart-deployment", {"restartDeployment": WEB}, number=2)
        await asyncio.sleep(700)

        assert 2 == len(snapshots(world))
        await world.edit(KUBERNETES_EXECUTIONS, "wf-step-1", lambda body: body["metadata"].update(finalizers=[]))
        await world.server.delete(KUBERNETES_EXECUTIONS, "default", "wf-step-1")
        await asyncio.sleep(700)
        uid = world.one(KUBERNETES_EXECUTIONS, "wf-step-2")["metadata"]["uid"]
        assert [f"wf-snapshot-{uid}"] == snapshots(world)

    run(scenario)


@pytest.mark.parametrize("verb", ["list", "get", "delete"])
def test_a_sweep_that_fails_is_repeated_at_the_next(verb):
    async def scenario(world):
        await world.create(SECRETS, "left", OWN, labels={"kubernetesexecution.kubernaut.io/snapshot": "true"},
                           annotations={"kubernetesexecution.kubernaut.io/execution-name": "nobody",
                                        "kubernetesexecution.kubernaut.io/execution-namespace": "default"})
        kind = "KubernetesExecution" if verb == "get" else "Secret"
        tap = world.start()
        tap.fault(lambda entry: entry[:2] == (verb, kind), ApiError(403, "Forbidden", "no"))
        await asyncio.sleep(60)

        assert ["left"] == snapshots(world)
        await asyncio.sleep(700)
        assert [] == snapshots(world)

    run(scenario, started=False)


def test_an_execution_of_the_same_name_does_not_keep_the_snapshot_of_another():
    async def scenario(world):
        await world.deployment()
        await world.perform("update-image", IMAGE)
        await world.create(SECRETS, "left", OWN, labels={
            "kubernetesexecution.kubernaut.io/snapshot": "true",
            "kubernetesexecution.kubernaut.io/execution-uid": "old"},
            annotations={"kubernetesexecution.kubernaut.io/execution-name": "wf-step-1",
                         "kubernetesexecution.kubernaut.io/execution-namespace": "default"})
        await asyncio.sleep(700)

        assert "left" not in snapshots(world)
        assert 1 == len(snapshots(world))

    run(scenario)


def test_a_snapshot_that_somebody_else_removes_is_no_fault_of_the_sweep():
    async def scenario(world):
        await world.create(SECRETS, "left", OWN, labels={"kubernetesexecution.kubernaut.io/snapshot": "true"},
                           annotations={"kubernetesexecution.kubernaut.io/execution-name": "nobody",
                                        "kubernetesexecution.kubernaut.io/execution-namespace": "default"})
        tap = world.start()
        tap.fault(lambda entry: entry[0] == "delete", ApiError(404, "NotFound", "gone"), performed=True)
        await asyncio.sleep(60)

        assert [] == snapshots(world)

    run(scenario, started=False)


def test_without_its_snapshot_an_attempt_does_not_begin():
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[:2] == ("create", "Secret"), ApiError(413, "RequestEntityTooLarge", "big"))
        status = await world.perform("update-image", IMAGE)

        assert ("failed", "validation_error") == (status["phase"], status["failureClass"])
        assert [] == world.tap.mutations

    run(scenario)


@pytest.mark.parametrize("status", [403, 500])
def test_a_snapshot_that_cannot_be_read_restores_nothing(status):
    async def scenario(world):
        await world.deployment()
        await world.perform("update-image", IMAGE)
        world.tap.fault(lambda entry: entry[:2] == ("get", "Secret"), ApiError(status, "x", "y"), times=9)
        undone = await world.undo("wf-step-1", "restore-previous-deployment")

        assert "failed" == undone["phase"]
        assert "web:2" == world.spec()["template"]["spec"]["containers"][0]["image"]

    run(scenario)


def test_the_heartbeat_is_renewed_through_refusals_and_only_if_asked_for():
    async def scenario(world):
        world.tap.fault(lambda entry: entry[1] == "Lease", ApiError(503, "ServiceUnavailable", "busy"), times=2)
        await asyncio.sleep(95)
        lease = world.one(LEASES, "wf-executor", OWN)["spec"]

        assert "2026-01-01T00:01:30.000000Z" == lease["renewTime"]
        assert 40 == lease["leaseDurationSeconds"]

    async def silent(world):
        await asyncio.sleep(95)
        assert world.one(LEASES, "wf-executor", OWN) is None
        assert START == world.loop.start

    run(scenario, heartbeat=True)
    run(silent)


def test_a_missing_namespace_for_snapshots_is_named():
    async def scenario(world):
        await world.deployment()
        status = await world.perform("update-image", IMAGE)

        assert "the executor's namespace 'nowhere' does not exist" in status["errorMessage"]
        assert "web:1" == world.spec()["template"]["spec"]["containers"][0]["image"]

    run(scenario, namespace="nowhere")
