"""Nodes are cordoned and drained within the disruption budgets, and given back as they were."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import DAEMON_SETS, DEPLOYMENTS, NODES, POD_DISRUPTION_BUDGETS, PODS

from .world import run

NODE = {"nodeName": "n1"}
DRAIN = {"drainNode": NODE}


def on(world, node):
    return [pod for pod in world.all(PODS) if pod["spec"].get("nodeName") == node]


def test_a_cordon_marks_the_node_and_its_compensation_restores_the_spec_exactly():
    async def scenario(world):
        before = world.one(NODES, "n1")["spec"]
        status = await world.perform("cordon-node", {"cordonNode": NODE})

        assert "rollback_ready" == status["phase"]
        assert world.one(NODES, "n1")["spec"]["unschedulable"]
        assert "cordoned" == status["executionResult"]["resourcesAffected"][0]["changeType"]
        assert "completed" == (await world.undo("wf-step-1", "uncordon-node"))["phase"]
        assert before == world.one(NODES, "n1")["spec"]

    run(scenario)


def test_a_node_that_was_unschedulable_before_the_drain_stays_so_after_the_compensation():
    async def scenario(world):
        await world.deployment()
        await world.edit(NODES, "n1", lambda node: node["spec"].update(unschedulable=True))
        status = await world.perform("drain-node", DRAIN)

        assert ("rollback_ready", "yes") == (status["phase"], status["rollbackInformation"]["mutated"])
        assert "completed" == (await world.undo("wf-step-1", "uncordon-node"))["phase"]
        assert world.one(NODES, "n1")["spec"]["unschedulable"]

    run(scenario)


def test_an_uncordon_makes_the_node_schedulable_and_says_when_it_already_was():
    async def scenario(world):
        await world.edit(NODES, "n1", lambda node: node["spec"].update(unschedulable=True))
        first = await world.perform("uncordon-node", {"uncordonNode": NODE})
        second = await world.perform("uncordon-node", {"uncordonNode": NODE}, number=2)

        assert "unschedulable" not in world.one(NODES, "n1")["spec"]
        assert ["yes", "no"] == [each["rollbackInformation"]["mutated"] for each in (first, second)]

    run(scenario)


def test_a_drain_empties_the_node_and_leaves_it_cordoned():
    async def scenario(world):
        await world.deployment(replicas=4)
        leaving = {pod["metadata"]["name"] for pod in on(world, "n1")}
        status = await world.perform("drain-node", DRAIN)

        assert "rollback_ready" == status["phase"]
        assert leaving
        assert [] == on(world, "n1")
        assert {f"default/{name}" for name in leaving} == set(
            status["executionResult"]["restartResult"]["restartedPods"])
        assert world.one(NODES, "n1")["spec"]["unschedulable"]

    run(scenario)


def budget(least):
    return {"minAvailable": least, "selector": {"matchLabels": {"app": "web"}}}


async def guarded(world, least, replicas=4):
    await world.deployment(replicas=replicas)
    await world.create(POD_DISRUPTION_BUDGETS, "budget", spec=budget(least))
    await world.until(lambda: "currentHealthy" in world.one(POD_DISRUPTION_BUDGETS, "budget").get("status", {}))


def test_a_drain_never_takes_more_pods_than_the_disruption_budget_allows():
    async def scenario(world):
        await guarded(world, 3)
        name = await world.step("drain-node", DRAIN, timeout="10m")
        status = await world.ended(name)
        seen = [item["status"].get("readyReplicas", 0) for _, item in world.history(DEPLOYMENTS) if "status" in item]

        assert "rollback_ready" == status["phase"]
        assert 3 <= min(seen[seen.index(4):])
        assert [] == on(world, "n1")

    run(scenario)


def test_a_drain_that_the_budget_forbids_ends_at_its_deadline_and_names_the_budget():
    async def scenario(world):
        await guarded(world, 4)
        status = await world.perform("drain-node", DRAIN, timeout="1m")

        assert ("failed", "timeout") == (status["phase"], status["failureClass"])
        assert "disruption budget" in status["errorMessage"]
        assert "yes" == status["rollbackInformation"]["mutated"]
        assert 4 == world.ready()

    run(scenario)


async def daemon(world):
    await world.create(DAEMON_SETS, "daemon", spec={"selector": {"matchLabels": {"app": "daemon"}}, "template": {
        "metadata": {"labels": {"app": "daemon"}}, "spec": {"containers": [{"name": "main", "image": "x"}]}}})
    await world.until(lambda: len(world.pods("daemon")) == 2)


async def with_data(world):
    await world.create(PODS, "scratch", labels={"app": "scratch"}, spec={
        "nodeName": "n1", "containers": [{"name": "main", "image": "x"}], "volumes": [{"name": "v", "emptyDir": {}}]})


async def mirror(world):
    await world.create(PODS, "static", annotations={"kubernetes.io/config.mirror": "x"}, labels={"app": "static"},
                       spec={"nodeName": "n1", "containers": [{"name": "main", "image": "x"}]})


def test_a_drain_says_every_obstacle_at_once_and_changes_nothing():
    async def scenario(world):
        await daemon(world)
        await with_data(world)
        status = await world.perform("drain-node", DRAIN)

        assert ("failed", "validation_error") == (status["phase"], status["failureClass"])
        assert "ignoreDaemonSets" in status["errorMessage"]
        assert "default/scratch" in status["errorMessage"]
        assert [] == world.tap.mutations

    run(scenario)


def test_a_drain_with_both_switches_leaves_daemon_and_mirror_pods_and_warns_of_lost_ones():
    async def scenario(world):
        await daemon(world)
        await with_data(world)
        await mirror(world)
        status = await world.perform(
            "drain-node", {"drainNode": {**NODE, "ignoreDaemonSets": True, "deleteLocalData": True}})

        assert "rollback_ready" == status["phase"]
        assert {"daemon", "static"} == {pod["metadata"]["labels"]["app"] for pod in on(world, "n1")}
        assert "no controller will replace default/scratch" in status["executionResult"]["warnings"]

    run(scenario)


@pytest.mark.parametrize(("error", "phase", "mutated"), [
    (ApiError(404, "NotFound", "gone"), "rollback_ready", "yes"), (ApiError(403, "Forbidden", "no"), "failed", "yes")])
def test_an_eviction_may_find_the_pod_gone_but_not_be_forbidden(error, phase, mutated):
    async def scenario(world):
        await world.deployment()
        world.tap.fault(lambda entry: entry[0] == "evict", error, performed=error.status == 404)
        status = await world.perform("drain-node", DRAIN)

        assert (phase, mutated) == (status["phase"], status["rollbackInformation"]["mutated"])

    run(scenario)
