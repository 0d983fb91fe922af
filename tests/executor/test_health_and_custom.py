"""check-pod-health judges and changes nothing; custom actions run inside the same attempt as the others."""

from __future__ import annotations

import asyncio

import pytest

from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS, NODES, PODS

from .world import run, trusting

WEB = {"checkPodHealth": {"namespace": "default", "deployment": "web"}}
SELECTED = {"checkPodHealth": {"namespace": "default", "selector": "app=web"}}


@pytest.mark.parametrize("parameters", [WEB, SELECTED])
def test_health_is_awaited_and_nothing_is_changed(parameters):
    async def scenario(world):
        await world.deployment(image="web:slow-90s", wait=False, deadline=600)
        status = await world.perform("check-pod-health", parameters, timeout="5m")

        assert ("completed", "no") == (status["phase"], status["rollbackInformation"]["mutated"])
        assert 3 == world.ready()
        assert [] == world.tap.mutations

    run(scenario)


@pytest.mark.parametrize(("parameters", "complaint"), [
    (WEB, "rolls out"), (SELECTED, "not Ready"),
    ({"checkPodHealth": {"namespace": "default", "selector": "app=nobody"}}, "no pod in default matches app=nobody"),
])
def test_what_is_not_healthy_in_time_fails_and_says_so(parameters, complaint):
    async def scenario(world):
        await world.deployment(image="web:bad", wait=False)
        status = await world.perform("check-pod-health", parameters, timeout="30s")

        assert ("failed", "timeout") == (status["phase"], status["failureClass"])
        assert complaint in status["errorMessage"]

    run(scenario)


def test_a_stuck_rollout_is_unhealthy_at_once():
    async def scenario(world):
        await world.deployment(image="web:bad", wait=False)
        await asyncio.sleep(100)
        status = await world.perform("check-pod-health", WEB, timeout="30m")

        assert "verification_failed" == status["failureClass"]
        assert world.loop.time() < 200

    run(scenario)


def test_a_check_without_parameters_judges_the_targets_of_the_prerequisites():
    async def scenario(world):
        await world.deployment()
        targets = [{"kind": "Deployment", "namespace": "default", "name": "web"}, {"kind": "Node", "name": "n1"}]
        good = await world.perform("check-pod-health", healthTargets=targets)
        absent = await world.perform(
            "check-pod-health", number=2, healthTargets=[{"kind": "Node", "name": "n9"}])
        strange = await world.perform("check-pod-health", number=3, healthTargets=[
            {"kind": "Service", "namespace": "default", "name": "web"}])
        nothing = await world.perform("check-pod-health", number=4)

        assert "completed" == good["phase"]
        assert "Node n9 does not exist" in absent["errorMessage"]
        assert "validation_error" == strange["failureClass"]
        assert ["nothing to judge: no parameters, and no prerequisite has a target"] == (
            nothing["executionResult"]["warnings"])

    run(scenario)


def test_a_node_that_is_not_ready_is_not_healthy():
    async def scenario(world):
        node = await world.server.get(NODES, "", "n1")
        node["status"] = {"conditions": [{"type": "Ready", "status": "False"}]}
        await world.server.update_status(NODES, node)
        status = await world.perform("check-pod-health", timeout="30s", healthTargets=[{"kind": "Node", "name": "n1"}])

        assert "Node n1 is not Ready" in status["errorMessage"]

    run(scenario)


def test_pods_that_have_succeeded_are_healthy_and_those_that_failed_are_not():
    async def scenario(world):
        await world.deployment(replicas=1)
        for name, phase in (("done", "Succeeded"), ("lost", "Failed")):
            await world.create(PODS, name, labels={"app": "web"}, spec={
                "nodeName": "nowhere", "containers": [{"name": "main", "image": "x"}]})
            pod = await world.server.get(PODS, "default", name)
            await world.server.update_status(PODS, {**pod, "status": {"phase": phase}})
        status = await world.perform("check-pod-health", SELECTED, timeout="30s")

        assert "not Ready: default/lost" in status["errorMessage"]

    run(scenario)


class Label:
    """Writes a key into a ConfigMap; its compensation removes it."""

    def __init__(self, idempotent=True, undoable=True):
        self.idempotent, self.undoable, self.calls = idempotent, undoable, 0

    def problems(self, config):
        return () if "key" in config else ("config.key is missing",)

    async def capture(self, api, namespace, config):
        return {"key": config["key"]} if self.undoable else None

    async def act(self, api, namespace, config):
        self.calls += 1
        if config["key"] == "explode":
            raise KeyError("a fault of the action")
        found = await api.get(CONFIG_MAPS, namespace, "settings")
        await api.update(CONFIG_MAPS, {**found, "data": {**found.get("data", {}), config["key"]: "x"}})
        await asyncio.sleep(10)
        return {"wrote": config["key"]}

    async def compensate(self, api, namespace, config):
        found = await api.get(CONFIG_MAPS, namespace, "settings")
        await api.update(CONFIG_MAPS, {**found, "data": {
            key: value for key, value in found["data"].items() if key != config["key"]}})
        return {}


def custom(**config):
    return {"custom": {"actionType": "label", "config": config}}


def with_label(scenario, label):
    async def started(world):
        world.start(trusting(), actions={"label": label})
        await world.create(CONFIG_MAPS, "settings", data={"old": "1"})
        await scenario(world)

    return run(started, started=False)


def test_a_custom_action_acts_reports_and_is_compensated():
    async def scenario(world):
        status = await world.perform("custom", custom(key="k"))

        assert ("rollback_ready", "yes") == (status["phase"], status["rollbackInformation"]["mutated"])
        assert {"actionType": "label", "output": {"wrote": "k"}} == status["executionResult"]["customResult"]
        assert {"old": "1", "k": "x"} == world.one(CONFIG_MAPS, "settings")["data"]
        assert "completed" == (await world.undo("wf-step-1", "custom"))["phase"]
        assert {"old": "1"} == world.one(CONFIG_MAPS, "settings")["data"]

    with_label(scenario, Label())


def test_a_custom_action_that_cannot_be_undone_is_only_completed():
    async def scenario(world):
        assert "completed" == (await world.perform("custom", custom(key="k")))["phase"]

    with_label(scenario, Label(undoable=False))


@pytest.mark.parametrize(("parameters", "complaint"), [
    (custom(), "config.key is missing"),
    ({"custom": {"actionType": "other"}}, "actionType 'other' is not registered with this executor; registered: label"),
])
def test_a_custom_action_is_validated_before_it_runs(parameters, complaint):
    async def scenario(world):
        status = await world.perform("custom", parameters)

        assert "validation_error" == status["failureClass"]
        assert complaint in status["errorMessage"]

    with_label(scenario, Label())


def test_a_fault_of_a_custom_action_is_reported_and_does_not_end_the_executor():
    async def scenario(world):
        status = await world.perform("custom", custom(key="explode"))

        assert ("failed", "unknown_error") == (status["phase"], status["failureClass"])
        assert "unexpected KeyError" in status["errorMessage"]
        assert "rollback_ready" == (await world.perform("custom", custom(key="k"), number=2))["phase"]

    with_label(scenario, Label())


@pytest.mark.parametrize(("idempotent", "phase", "calls"), [(True, "rollback_ready", 2), (False, "failed", 1)])
def test_after_a_crash_only_an_idempotent_custom_action_is_called_again(idempotent, phase, calls):
    label = Label(idempotent)

    async def scenario(world):
        name = await world.step("custom", custom(key="k"))
        await world.until(lambda: "k" in world.one(CONFIG_MAPS, "settings")["data"])
        await world.kill()
        world.start(trusting(), actions={"label": label})
        status = await world.ended(name)

        assert phase == status["phase"]
        assert calls == label.calls
        assert status["rollbackInformation"]["mutated"] == ("yes" if idempotent else "unknown")

    with_label(scenario, label)


def test_a_check_is_taken_up_after_a_crash_and_has_changed_nothing():
    async def scenario(world):
        await world.deployment(image="web:slow-30s", wait=False)
        name = await world.step("check-pod-health", WEB)
        await asyncio.sleep(10)
        await world.kill()
        world.start()
        status = await world.ended(name)

        assert ("completed", "no") == (status["phase"], status["rollbackInformation"]["mutated"])

    run(scenario)


def test_a_deployment_that_goes_while_it_is_checked_is_not_healthy():
    async def scenario(world):
        await world.deployment(image="web:bad", wait=False)
        name = await world.step("check-pod-health", WEB)
        await world.until(lambda: world.status(name).get("phase") == "executing")
        await asyncio.sleep(1)
        await world.server.delete(DEPLOYMENTS, "default", "web")

        assert "verification_failed" == (await world.ended(name))["failureClass"]

    run(scenario)
