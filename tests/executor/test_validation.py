"""What an execution may ask for, and where: refused before anything is read or changed."""

from __future__ import annotations

import pytest

from wfcore.resources import KUBERNETES_EXECUTIONS

from .world import OWN, run

WEB = {"namespace": "default", "deployment": "web"}
SCALE = {"scaleDeployment": {**WEB, "replicas": 5}}
CORDON = {"cordonNode": {"nodeName": "n1"}}


def elsewhere(namespace):
    return {"scaleDeployment": {"namespace": namespace, "deployment": "web", "replicas": 1}}


@pytest.mark.parametrize(("action", "parameters", "settings", "complaint"), [
    ("scale-deployment", elsewhere("other"), {"trusted_namespaces": frozenset()}, "may not act on namespace 'other'"),
    ("cordon-node", CORDON, {"trusted_namespaces": frozenset({"other"})}, "may not act on nodes"),
    ("scale-deployment", elsewhere("kube-system"), {}, "'kube-system', which is protected"),
    ("scale-deployment", elsewhere(OWN), {}, "which is protected"),
    ("scale-deployment", elsewhere("other"), {"controller_namespace": "other"}, "which is protected"),
])
def test_places_beyond_the_workflows_power_are_denied(action, parameters, settings, complaint):
    async def scenario(world):
        status = await world.perform(action, parameters)

        assert ("failed", "permission_denied") == (status["phase"], status["failureClass"])
        assert complaint in status["errorMessage"]
        assert [] == world.tap.mutations

    run(scenario, **settings)


@pytest.mark.parametrize("rollback", [
    ("scale-to-previous", {"scaleToPrevious": {"namespace": "other", "deployment": "web", "previousReplicas": 1}}),
    ("uncordon-node", {"uncordonNode": {"nodeName": "n1"}}),
])
def test_compensations_have_no_more_power_than_steps(rollback):
    async def scenario(world):
        status = await world.perform("cordon-node", kind="rollback", rollback=rollback)

        assert "permission_denied" == status["failureClass"]

    run(scenario, trusted_namespaces=frozenset())


def test_from_a_trusted_namespace_every_place_that_is_not_protected_may_be_acted_in():
    async def scenario(world):
        await world.deployment(namespace="other", wait=False)
        status = await world.perform("scale-deployment", elsewhere("other"))

        assert "rollback_ready" == status["phase"]

    run(scenario, trusted_namespaces=frozenset({"default"}))


def test_every_problem_of_an_execution_is_told_at_once():
    async def scenario(world):
        status = await world.perform("scale-deployment", elsewhere("kube-system"), targetCluster="far")

        assert "validation_error" == status["failureClass"]
        assert "targetCluster 'far'" in status["errorMessage"]
        assert "protected" in status["errorMessage"]

    run(scenario)


@pytest.mark.parametrize(("change", "complaint"), [
    ({"parameters": CORDON}, "does not take CordonNodeParams"),
    ({"parameters": None}, "action scale-deployment needs parameters"),
    ({"kind": "rollback", "parameters": None}, "needs rollbackAction"),
    ({"kind": "rollback", "rollbackAction": "scale-to-previous",
      "rollbackParameters": {"uncordonNode": {"nodeName": "n1"}}}, "does not take UncordonNodeParams"),
    ({"workflowExecutionRef": {"name": "wf", "namespace": "other"}}, "names namespace 'other'"),
    ({"workflowExecutionRef": {"name": "wf", "namespace": "default"}}, "has no uid"),
    ({"attempt": "one"}, "can't be read"),
])
def test_what_another_api_server_might_let_through_is_refused_here(change, complaint):
    """The schema refuses these; whoever weakened it meets the executor."""
    async def scenario(world):
        name = await world.step("scale-deployment", SCALE)
        tap = world.start()
        original = tap.get

        async def get(resource, namespace, name):
            found = await original(resource, namespace, name)
            if resource == KUBERNETES_EXECUTIONS:
                found["spec"] = {key: value for key, value in {**found["spec"], **change}.items() if value is not None}
            return found

        tap.get = get
        status = await world.ended(name)

        assert ("failed", "validation_error") == (status["phase"], status["failureClass"])
        assert complaint in status["errorMessage"]

    run(scenario, started=False)
