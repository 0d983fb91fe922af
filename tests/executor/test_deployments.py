"""Deployments are really changed, and their compensations restore the spec exactly."""

from __future__ import annotations

from .world import run

SCALE = {"scaleDeployment": {"namespace": "default", "deployment": "web", "replicas": 5}}


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
