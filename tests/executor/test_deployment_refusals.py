"""What cannot be done to a Deployment is said with what there is; what others may undo is warned of."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS

from .world import run

DEPLOYMENT = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {"namespace": "default", "deployment": "web", "replicas": 5}}


def image(reference):
    return {"updateImage": {**DEPLOYMENT, "container": "main", "newImage": reference}}


def test_a_revision_that_is_gone_is_named_with_those_that_are_left():
    async def scenario(world):
        await world.deployment()
        status = await world.perform(
            "update-image", kind="rollback",
            rollback=("restore-previous-deployment", {"restorePreviousDeployment": {**DEPLOYMENT, "revision": 7}}))

        assert ("failed", "resource_not_found") == (status["phase"], status["failureClass"])
        assert "no revision 7" in status["errorMessage"]
        assert "hold: 1" in status["errorMessage"]

    run(scenario)


@pytest.mark.parametrize(("name", "action", "parameters"), [
    ("scale", "scale-deployment", SCALE),
    ("restart", "restart-deployment", {"restartDeployment": {"namespace": "default", "deployment": "web"}}),
    ("restore", "update-image", None),
])
def test_a_missing_deployment_is_said_to_be_missing_and_nothing_is_changed(name, action, parameters):
    async def scenario(world):
        options = {} if parameters else {"kind": "rollback", "rollback": (
            "restore-previous-deployment", {"restorePreviousDeployment": {**DEPLOYMENT, "revision": 0}})}
        status = await world.perform(action, parameters, **options)

        assert ("failed", "resource_not_found") == (status["phase"], status["failureClass"])
        assert "Deployment default/web does not exist" in status["errorMessage"]
        assert [] == world.tap.mutations

    run(scenario)


def test_an_unknown_container_is_refused_with_those_there_are():
    async def scenario(world):
        await world.deployment()
        parameters = image("web:2")
        parameters["updateImage"]["container"] = "sidecar"
        status = await world.perform("update-image", parameters)

        assert ("failed", "validation_error") == (status["phase"], status["failureClass"])
        assert "it has: main" in status["errorMessage"]

    run(scenario)


def test_more_replicas_than_can_be_restored_are_not_changed():
    async def scenario(world):
        await world.deployment(replicas=1001, wait=False)
        status = await world.perform("scale-deployment", SCALE)

        assert "validation_error" == status["failureClass"]
        assert 1001 == world.spec()["replicas"]

    run(scenario, workloads=False)


def test_owners_that_may_revert_the_change_are_warned_of():
    async def scenario(world):
        await world.deployment(labels={"argocd.argoproj.io/instance": "shop"})
        await world.create(HORIZONTAL_POD_AUTOSCALERS, "scaler", spec={
            "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 9})
        status = await world.perform("scale-deployment", SCALE)

        warnings = "\n".join(status["executionResult"]["warnings"])
        assert "HorizontalPodAutoscaler default/scaler" in warnings
        assert "Argo CD" in warnings

    run(scenario)


def test_autoscalers_that_cannot_be_read_are_a_warning():
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[1] == "HorizontalPodAutoscaler", ApiError(403, "Forbidden", "no"))
        status = await world.perform("scale-deployment", SCALE)

        assert "rollback_ready" == status["phase"]
        assert "unknown" in status["executionResult"]["warnings"][0]

    run(scenario)


def test_a_scale_that_somebody_reverts_is_not_a_success():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        await world.until(lambda: world.spec()["replicas"] == 5)
        await world.edit(DEPLOYMENTS, "web", lambda body: body["spec"].update(replicas=2))
        status = await world.ended(name)

        assert ("failed", "verification_failed") == (status["phase"], status["failureClass"])
        assert "changed back" in status["errorMessage"]

    run(scenario)


def test_a_deployment_deleted_while_it_is_watched_is_not_a_success():
    async def scenario(world):
        await world.deployment()
        name = await world.step("scale-deployment", SCALE)
        await world.until(lambda: world.spec()["replicas"] == 5)
        await world.server.delete(DEPLOYMENTS, "default", "web")

        assert "was deleted meanwhile" in (await world.ended(name))["errorMessage"]

    run(scenario)


def test_a_compensation_without_values_is_refused():
    async def scenario(world):
        await world.deployment()
        status = await world.perform("scale-deployment", SCALE, kind="rollback", rollback=(
            "scale-to-previous", {"scaleToPrevious": {"namespace": "default", "deployment": "web"}}))

        assert "validation_error" == status["failureClass"]
        assert "previousReplicas" in status["errorMessage"]

    run(scenario)


def test_a_grace_period_on_a_rolling_restart_is_said_to_have_no_effect():
    async def scenario(world):
        await world.deployment()
        status = await world.perform("restart-deployment", {"restartDeployment": {**DEPLOYMENT, "gracePeriod": "5s"}})

        assert "gracePeriod has no effect" in status["executionResult"]["warnings"][0]

    run(scenario)
