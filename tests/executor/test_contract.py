"""The contract with the controller: order of writes, dry runs, injected faults, one change per execution."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcontroller.executor import ExecutorSettings
from wfcontroller.executor.attempt import Attempt
from wfcore.resources import DEPLOYMENTS, KUBERNETES_EXECUTIONS

from .world import START, run, trusting

WEB = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {**WEB, "replicas": 5}}
CORDON = {"cordonNode": {"nodeName": "n1"}}


def test_the_rollback_information_is_persisted_before_anything_changes():
    async def scenario(world):
        await world.deployment()
        await world.perform("scale-deployment", SCALE)
        versions = [int(item["metadata"]["resourceVersion"]) for _, item in world.history(DEPLOYMENTS)
                    if item["spec"]["replicas"] == 5]
        told = [item for _, item in world.history(KUBERNETES_EXECUTIONS)]
        captured = next(item for item in told if item.get("status", {}).get("rollbackInformation"))

        assert int(captured["metadata"]["resourceVersion"]) < min(versions)
        assert "executing" == captured["status"]["phase"]
        assert ("unknown", 3) == (
            captured["status"]["rollbackInformation"]["mutated"],
            captured["status"]["rollbackInformation"]["parameters"]["scaleToPrevious"]["previousReplicas"])
        assert ["", "validating", "executing", "rollback_ready"] == [
            item.get("status", {}).get("phase", "") for item in told]

    run(scenario)


def test_every_change_is_rehearsed_and_the_workflow_is_read_live_right_before_it():
    async def scenario(world):
        await world.deployment()
        await world.perform("scale-deployment", SCALE)
        log = world.tap.log
        change = ("update", "Deployment", "default", "web", False)

        assert ("update", "Deployment", "default", "web", True) in log[:log.index(change)]
        assert ("get", "WorkflowExecution", "default", "wf", False) == log[log.index(change) - 1]

    run(scenario)


def test_each_eviction_reads_the_workflow_of_its_own():
    async def scenario(world):
        await world.deployment(replicas=6)
        await world.perform("drain-node", {"drainNode": {"nodeName": "n1"}})
        reads = [each for each in world.tap.log if each[:2] == ("get", "WorkflowExecution")]

        assert 3 < len(world.tap.mutations) == len(reads)

    run(scenario)


def test_a_dry_run_changes_nothing_and_tells_what_the_server_says():
    async def scenario(world):
        await world.deployment()
        good = await world.perform("scale-deployment", SCALE, kind="dryrun", number=1)
        bad = await world.perform("scale-deployment", {"scaleDeployment": {**WEB, "deployment": "gone", "replicas": 1}},
                                  kind="dryrun", number=2)

        assert ("completed", True) == (good["phase"], good["dryRunResult"]["wouldSucceed"])
        assert ("failed", False, "resource_not_found") == (
            bad["phase"], bad["dryRunResult"]["wouldSucceed"], bad["failureClass"])
        assert ["Deployment default/gone does not exist"] == bad["dryRunResult"]["validationErrors"]
        assert [] == world.tap.mutations

    run(scenario)


@pytest.mark.parametrize(("attempts", "attempt", "expected"), [
    (1, 1, ("failed", "service_unavailable", "no", 3)), (1, 2, ("rollback_ready", None, "yes", 5)),
    (None, 1, ("failed", "verification_failed", "yes", 5)), (None, 3, ("failed", "verification_failed", "yes", 5)),
])
def test_injected_faults_fail_before_acting_or_after_it(attempts, attempt, expected):
    async def scenario(world):
        await world.deployment()
        status = await world.perform("scale-deployment", SCALE, attempt=attempt)

        assert expected == (status["phase"], status.get("failureClass"), status["rollbackInformation"]["mutated"],
                            world.spec()["replicas"])
        if expected[2] == "yes":
            assert "completed" == (await world.undo("wf-step-1" + (f"-r{attempt - 1}" if attempt > 1 else ""),
                                                    "scale-to-previous"))["phase"]

    run(scenario, fail={1: attempts})


def test_attempts_beyond_the_parallelism_wait_their_turn():
    async def scenario(world):
        await world.deployment()
        await world.deployment("api")
        slow = await world.step("update-image", {"updateImage": {
            **WEB, "container": "main", "newImage": "web:slow-30s"}}, timeout="10m")
        next_one = await world.step("scale-deployment", {"scaleDeployment": {
            "namespace": "default", "deployment": "api", "replicas": 1}}, number=2, timeout="10m")
        await world.until(lambda: world.status(slow).get("phase") == "executing")
        await asyncio.sleep(20)

        assert {} == world.status(next_one)
        assert ["rollback_ready"] * 2 == [(await world.ended(each))["phase"] for each in (slow, next_one)]

    run(scenario, parallelism=1)


def test_two_executors_at_once_change_the_object_once():
    async def scenario(world):
        await world.deployment()
        first = world.start()
        other = world.executing
        second = world.start()
        status = await world.perform("scale-deployment", SCALE)
        other.cancel()

        changed = [item["metadata"]["generation"] for _, item in world.history(DEPLOYMENTS)
                   if item["spec"]["replicas"] == 5]

        assert "rollback_ready" == status["phase"]
        assert 1 == len(set(changed))
        reports = [each for tap in (first, second) for each in tap.log if each[0] == "update_status"]
        assert 4 == len(reports)

    run(scenario, started=False)


def test_an_ended_execution_is_never_touched_again():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        world.start()
        before = await world.ended(name)
        await world.kill()
        await world.edit(DEPLOYMENTS, "web", lambda body: body["spec"].update(replicas=1))
        world.start(trusting())
        await asyncio.sleep(60)

        assert before == world.status(name)
        assert 1 == world.spec()["replicas"]
        assert [] == world.tap.mutations

    run(scenario, started=False)


def test_an_api_error_of_no_known_status_is_an_unknown_error():
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[1] == "Deployment", ApiError(418, "Teapot", "short and stout"))
        status = await world.perform("scale-deployment", SCALE)

        assert ("failed", "unknown_error") == (status["phase"], status["failureClass"])
        assert "short and stout" in status["errorMessage"]

    run(scenario)


def test_a_cancellation_that_comes_with_the_deadline_is_harmless():
    async def scenario():
        raw = {"metadata": {"name": "late", "namespace": "default"}}
        attempt = Attempt(None, ExecutorSettings(), lambda: START, {}, raw)  # type: ignore[arg-type]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0) as scope:
                await asyncio.sleep(1)
        attempt._scope = scope
        attempt.cancel()

        assert attempt._cancelled

    asyncio.run(scenario())
