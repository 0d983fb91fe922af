"""Pods and nodes on the embedded cluster: binding, starting, cordons, evictions, deletion."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcontroller.embedded.workloads import Timings
from wfcore.resources import DEPLOYMENTS, NODES, POD_DISRUPTION_BUDGETS, PODS

CONTAINER = {"containers": [{"name": "main", "image": "tool:1"}]}


def on(cluster, node):
    return [pod["metadata"]["name"] for pod in cluster.pods() if pod["spec"].get("nodeName") == node]


def test_pods_spread_over_the_nodes_that_take_them(world):
    async def scenario(cluster):
        await cluster.nodes("n1", "n2", "n3")
        await cluster.cordon("n2")
        await cluster.workload(replicas=5)
        await cluster.settled()

        assert (3, 0, 2) == tuple(len(on(cluster, name)) for name in ("n1", "n2", "n3"))

    world.run(scenario)


def test_a_cluster_with_nodes_gets_no_implicit_one(world):
    async def scenario(cluster):
        await cluster.nodes("n1")
        cluster.start()
        await cluster.until(lambda: cluster.status(NODES, "n1"))

        assert ["n1"] == cluster.names(NODES)
        assert {"Ready": "True"} == {
            each["type"]: each["status"] for each in cluster.status(NODES, "n1")["conditions"]}
        assert "110" == cluster.status(NODES, "n1")["allocatable"]["pods"]

    world.run(scenario, started=False)


def test_a_node_that_says_it_is_not_ready_is_believed(world):
    async def scenario(cluster):
        await cluster.nodes("n1")
        await cluster.until(lambda: cluster.status(NODES, "n1"))
        await cluster.node_ready("n1", False)
        await cluster.create(PODS, "tool", CONTAINER)
        await asyncio.sleep(30)
        assert "nodeName" not in cluster.one(PODS, "tool")["spec"]
        assert "Unschedulable" == cluster.status(PODS, "tool")["conditions"][0]["reason"]

        await cluster.node_ready("n1", True)
        await cluster.until(lambda: on(cluster, "n1") == ["tool"] and cluster.ready())

    world.run(scenario)


def test_a_pod_without_an_owner_starts_and_stays_deleted(world):
    async def scenario(cluster):
        await cluster.create(PODS, "tool", CONTAINER)
        await cluster.until(cluster.ready)
        await cluster.server.delete(PODS, "default", "tool")
        assert "deletionTimestamp" in cluster.one(PODS, "tool")["metadata"]
        await asyncio.sleep(1.1)
        assert cluster.one(PODS, "tool") is None

    world.run(scenario)


def test_a_short_grace_period_wins_over_the_time_a_container_takes_to_stop(world):
    async def scenario(cluster):
        cluster.start(Timings(pod_start=1.0, pod_stop=20.0))
        await cluster.create(PODS, "tool", CONTAINER)
        await cluster.until(cluster.ready)
        assert cluster.seconds < 2.0
        await cluster.server.delete(PODS, "default", "tool", grace_period_seconds=5)
        await asyncio.sleep(4.9)
        assert cluster.one(PODS, "tool") is not None
        await asyncio.sleep(0.2)
        assert cluster.one(PODS, "tool") is None

    world.run(scenario, started=False)


def test_a_finalizer_keeps_a_stopped_pod(world):
    async def scenario(cluster):
        await cluster.create(PODS, "tool", CONTAINER, finalizers=["example.com/held"])
        await cluster.until(cluster.ready)
        await cluster.server.delete(PODS, "default", "tool")
        await asyncio.sleep(30)
        version = cluster.server.state.version
        await asyncio.sleep(30)

        assert 0 == cluster.one(PODS, "tool")["metadata"]["deletionGracePeriodSeconds"]
        assert version == cluster.server.state.version

    world.run(scenario)


@pytest.mark.parametrize("gone", [False, True])
def test_pods_of_a_node_that_does_not_answer_stay_as_they_are(world, gone):
    async def scenario(cluster):
        await cluster.nodes("n1")
        await cluster.create(PODS, "tool", CONTAINER)
        await cluster.until(cluster.ready)
        await (cluster.server.delete(NODES, "", "n1") if gone else cluster.node_ready("n1", False))
        before = cluster.one(PODS, "tool")
        await asyncio.sleep(60)
        assert before == cluster.one(PODS, "tool")

        await cluster.server.delete(PODS, "default", "tool")
        await asyncio.sleep(60)
        assert "deletionTimestamp" in cluster.one(PODS, "tool")["metadata"]
        await (cluster.nodes("n1") if gone else cluster.node_ready("n1", True))
        await cluster.until(lambda: cluster.one(PODS, "tool") is None)

    world.run(scenario)


def test_a_pod_bound_to_a_node_that_never_answered_does_not_start(world):
    async def scenario(cluster):
        await cluster.create(PODS, "tool", {**CONTAINER, "nodeName": "nowhere"})
        await asyncio.sleep(60)
        assert "conditions" not in cluster.status(PODS, "tool")
        await cluster.nodes("nowhere")
        await cluster.until(cluster.ready)

    world.run(scenario)


def test_a_full_node_takes_the_next_pod_when_one_leaves(world):
    async def scenario(cluster):
        node = {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"pods": "1"}}
        await cluster.server.create(NODES, {"metadata": {"name": "n1"}, "spec": {}, "status": node})
        cluster.start()
        await cluster.create(PODS, "first", CONTAINER)
        await cluster.until(cluster.ready)
        await cluster.create(PODS, "second", CONTAINER)
        await asyncio.sleep(30)
        assert "nodeName" not in cluster.one(PODS, "second")["spec"]
        await cluster.server.delete(PODS, "default", "first")
        await cluster.until(lambda: on(cluster, "n1") == ["second"])

    world.run(scenario, started=False)


def test_a_pod_that_is_ready_already_is_not_started_again(world):
    async def scenario(cluster):
        await cluster.nodes("n1")
        await cluster.create(PODS, "tool", {**CONTAINER, "nodeName": "n1"})
        tool = cluster.one(PODS, "tool")
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2025-01-01T00:00:00Z"}
        tool["status"] = {"phase": "Running", "conditions": [ready]}
        await cluster.server.update_status(PODS, tool)
        cluster.start()
        await asyncio.sleep(10)

        conditions = {each["type"]: each for each in cluster.status(PODS, "tool")["conditions"]}
        assert ready["lastTransitionTime"] == conditions["Ready"]["lastTransitionTime"]
        assert all(len(list(filter(world.is_serving, pods))) for pods in list(cluster.pods_over_time())[1:])

    world.run(scenario, started=False)


def test_another_image_restarts_a_pod(world):
    async def scenario(cluster):
        await cluster.create(PODS, "tool", CONTAINER)
        await cluster.until(cluster.ready)
        await cluster.edit(PODS, "tool", lambda pod: pod["spec"]["containers"][0].update(image="tool:bad"))
        await cluster.until(lambda: not cluster.ready())
        await cluster.edit(PODS, "tool", lambda pod: pod["spec"]["containers"][0].update(image="tool:2"))
        await cluster.until(lambda: cluster.ready("tool:2"))
        assert cluster.ready("tool:2")

    world.run(scenario)


def test_a_pod_that_has_ended_stays_as_it_is(world):
    async def scenario(cluster):
        await cluster.create(PODS, "tool", CONTAINER)
        await cluster.until(cluster.ready)
        ended = {**cluster.one(PODS, "tool"), "status": {"phase": "Succeeded"}}
        await cluster.server.update_status(PODS, ended)
        await asyncio.sleep(30)
        assert {"phase": "Succeeded"} == cluster.status(PODS, "tool")

    world.run(scenario)


def test_cordon_and_eviction_move_the_pods(world):
    async def scenario(cluster):
        await cluster.nodes("n1", "n2")
        await cluster.workload(replicas=4)
        await cluster.settled()
        await cluster.cordon("n1")
        for name in on(cluster, "n1"):
            await cluster.server.evict("default", name)
        await cluster.until(lambda: len(on(cluster, "n2")) == 4 and len(cluster.all(PODS)) == 4)
        await cluster.settled()
        assert [] == list(on(cluster, "n1"))

    world.run(scenario)


async def budgeted(cluster, replicas, **budget):
    await cluster.workload(replicas=replicas)
    await cluster.create(POD_DISRUPTION_BUDGETS, "web", {"selector": {"matchLabels": {"app": "web"}}, **budget})
    await cluster.settled()
    await cluster.until(lambda: cluster.status(POD_DISRUPTION_BUDGETS, "web").get("currentHealthy") == replicas)


def test_a_budget_follows_its_pods_and_its_owners(world):
    async def scenario(cluster):
        await budgeted(cluster, 4, maxUnavailable="25%")
        status = cluster.status(POD_DISRUPTION_BUDGETS, "web")
        assert (4, 3, 4, 1) == tuple(
            status[name] for name in ("currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed"))

        await cluster.server.delete(PODS, "default", cluster.names(PODS)[0])
        await cluster.until(lambda: cluster.status(POD_DISRUPTION_BUDGETS, "web")["disruptionsAllowed"] == 0)
        await cluster.until(lambda: cluster.status(POD_DISRUPTION_BUDGETS, "web")["disruptionsAllowed"] == 1)
        await cluster.scale(8)
        await cluster.until(lambda: cluster.status(POD_DISRUPTION_BUDGETS, "web")["disruptionsAllowed"] == 2)
        await cluster.create(PODS, "alone", CONTAINER, labels={"app": "web"})
        await cluster.until(lambda: cluster.status(POD_DISRUPTION_BUDGETS, "web")["expectedPods"] == 9)

        await cluster.edit(PODS, "alone", lambda pod: pod["metadata"].update(labels={}))
        await cluster.until(lambda: cluster.status(POD_DISRUPTION_BUDGETS, "web")["expectedPods"] == 8)
        await cluster.server.delete(POD_DISRUPTION_BUDGETS, "default", "web")
        await cluster.server.delete(PODS, "default", "alone")
        await cluster.until(lambda: cluster.one(PODS, "alone") is None)
        assert [] == cluster.all(POD_DISRUPTION_BUDGETS)

    world.run(scenario)


def test_an_eviction_is_refused_while_the_budget_forbids_it(world):
    async def scenario(cluster):
        await budgeted(cluster, 2, minAvailable=1)
        first, second = cluster.names(PODS)
        await cluster.server.evict("default", first)
        with pytest.raises(ApiError) as refused:
            await cluster.server.evict("default", second)
        assert (429, "TooManyRequests") == (refused.value.status, refused.value.reason)

        await cluster.settled()
        await cluster.until(lambda: cluster.status(POD_DISRUPTION_BUDGETS, "web")["disruptionsAllowed"] == 1)
        await cluster.server.evict("default", second)
        await cluster.until(lambda: not {first, second} & set(cluster.names(PODS)) and cluster.rolled_out(DEPLOYMENTS))

    world.run(scenario)
