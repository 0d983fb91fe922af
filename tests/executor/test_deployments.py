"""Deployments are really changed, and their compensations restore the spec exactly."""

from __future__ import annotations

import json

from wfcontroller.executor.deployments import RESTARTED_AT, restart_instant
from wfcore.resources import DEPLOYMENTS, REPLICA_SETS

from .world import START, run

DEPLOYMENT = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {"namespace": "default", "deployment": "web", "replicas": 5}}


def image(reference):
    return {"updateImage": {**DEPLOYMENT, "container": "main", "newImage": reference}}


def test_a_scale_changes_the_deployment_and_reports_what_was_before():
    async def scenario(world):
        await world.deployment(replicas=3)
        status = await world.perform("scale-deployment", SCALE)

        assert "rollback_ready" == status["phase"]
        assert 5 == world.spec()["replicas"] == world.ready()
        assert {"previousReplicas": 3, "newReplicas": 5, "scaledNamespace": "default", "scaledDeployment": "web"} == (
            status["executionResult"]["scaleResult"])
        assert "yes" == status["rollbackInformation"]["mutated"]

    run(scenario)


def test_scale_to_previous_restores_the_spec_exactly():
    async def scenario(world):
        await world.deployment(replicas=3)
        before = world.spec()
        await world.perform("scale-deployment", SCALE)
        status = await world.undo("wf-step-1", "scale-to-previous")

        assert "completed" == status["phase"]
        assert before == world.spec()
        assert 3 == world.ready()

    run(scenario)


def test_a_scale_to_the_present_number_changes_nothing():
    async def scenario(world):
        await world.deployment(replicas=5)
        status = await world.perform("scale-deployment", SCALE)

        assert "rollback_ready" == status["phase"]
        assert "no" == status["rollbackInformation"]["mutated"]
        assert [] == world.tap.mutations

    run(scenario)


def test_a_restart_replaces_every_pod_and_its_compensation_restores_the_template_exactly():
    async def scenario(world):
        await world.deployment()
        before, pods = world.spec(), {pod["metadata"]["uid"] for pod in world.pods()}
        status = await world.perform("restart-deployment", {"restartDeployment": DEPLOYMENT})

        assert "rollback_ready" == status["phase"]
        assert not pods & {pod["metadata"]["uid"] for pod in world.pods()}
        assert RESTARTED_AT in world.spec()["template"]["metadata"]["annotations"]
        assert "completed" == (await world.undo("wf-step-1", "restore-previous-deployment"))["phase"]
        assert json.dumps(before) == json.dumps(world.spec())

    run(scenario)


def test_two_restarts_of_the_same_instant_differ():
    assert restart_instant(START, "a") != restart_instant(START, "b")
    assert restart_instant(START, "a") == restart_instant(START, "a")
    assert restart_instant(START, "a").startswith("2026-01-01T00:00:00.")


def test_an_image_update_rolls_out_and_its_compensation_restores_the_spec_exactly():
    async def scenario(world):
        await world.deployment()
        before = world.spec()
        status = await world.perform("update-image", image("web:2"))

        assert "rollback_ready" == status["phase"]
        assert ("web:1", "web:2") == (
            status["executionResult"]["updateResult"]["previousValue"],
            status["executionResult"]["updateResult"]["newValue"])
        assert {"web:2"} == {pod["spec"]["containers"][0]["image"] for pod in world.pods()}
        await world.undo("wf-step-1", "restore-previous-deployment")
        assert json.dumps(before) == json.dumps(world.spec())
        assert {"web:1"} == {pod["spec"]["containers"][0]["image"] for pod in world.pods()}

    run(scenario)


def test_an_image_that_never_becomes_ready_fails_as_soon_as_the_progress_deadline_is_exceeded():
    async def scenario(world):
        await world.deployment()
        status = await world.perform("update-image", image("web:bad"), timeout="30m")

        assert ("failed", "verification_failed") == (status["phase"], status["failureClass"])
        assert "yes" == status["rollbackInformation"]["mutated"]
        assert world.loop.time() < 120
        # The condition of the failed rollout is still there when the compensation begins; it says nothing about it.
        assert "completed" == (await world.undo("wf-step-1", "restore-previous-deployment"))["phase"]
        assert {"web:1"} == {pod["spec"]["containers"][0]["image"] for pod in world.pods()}

    run(scenario)


def test_a_rollout_slower_than_the_timeout_fails_in_time_and_says_what_is_missing():
    async def scenario(world):
        await world.deployment()
        began = world.loop.time()
        status = await world.perform("update-image", image("web:slow-90s"), timeout="30s")

        assert ("failed", "timeout") == (status["phase"], status["failureClass"])
        assert "updatedReplicas" in status["errorMessage"]
        assert world.loop.time() - began < 30

    run(scenario)


def test_without_a_snapshot_the_template_of_the_revision_before_is_restored():
    async def scenario(world):
        await world.deployment()
        before = world.spec()
        await world.perform("update-image", image("web:2"))
        status = await world.perform(
            "update-image", kind="rollback",
            rollback=("restore-previous-deployment", {"restorePreviousDeployment": {**DEPLOYMENT, "revision": 0}}))

        assert "completed" == status["phase"]
        assert before == world.spec()

    run(scenario)


def test_the_template_is_restored_when_the_controller_has_removed_the_replica_set():
    async def scenario(world):
        await world.deployment()
        await world.edit(DEPLOYMENTS, "web", lambda body: body["spec"].update(revisionHistoryLimit=0))
        before = world.spec()
        await world.perform("update-image", image("web:2"))
        await world.until(lambda: len(world.all(REPLICA_SETS)) == 1)
        await world.undo("wf-step-1", "restore-previous-deployment")

        assert before == world.spec()

    run(scenario)
