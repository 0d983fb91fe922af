"""StatefulSets and DaemonSets on the embedded cluster."""

from __future__ import annotations

import asyncio

from wfcore.resources import DAEMON_SETS, NODES, POD_DISRUPTION_BUDGETS, PODS, STATEFUL_SETS


def test_a_stateful_set_starts_its_pods_one_after_the_other(world):
    async def scenario(cluster):
        await cluster.workload(STATEFUL_SETS, "db")
        await cluster.settled(STATEFUL_SETS, "db")

        assert ["db-0", "db-1", "db-2"] == cluster.names(PODS)
        assert 6.0 <= cluster.seconds < 7.0
        for pods in cluster.pods_over_time():
            assert len([pod for pod in pods if not world.is_serving(pod)]) <= 1

    world.run(scenario)


def test_a_stateful_set_is_updated_from_its_last_pod_and_scaled_down_from_there(world):
    async def scenario(cluster):
        await cluster.workload(STATEFUL_SETS, "db")
        await cluster.settled(STATEFUL_SETS, "db")
        before = len(list(cluster.pods_over_time()))
        await cluster.image("db:2", STATEFUL_SETS, "db")
        await cluster.settled(STATEFUL_SETS, "db")
        updated = [sorted(pod["metadata"]["name"] for pod in pods if world.image_of(pod) == "db:2")
                   for pods in list(cluster.pods_over_time())[before:]]
        assert [["db-2"], ["db-1", "db-2"], ["db-0", "db-1", "db-2"]] == [
            names for i, names in enumerate(updated) if names and names not in updated[:i]]

        await cluster.scale(1, STATEFUL_SETS, "db")
        await cluster.until(lambda: cluster.names(PODS) == ["db-0"])
        await cluster.settled(STATEFUL_SETS, "db")
        status = cluster.status(STATEFUL_SETS, "db")
        assert status["currentRevision"] == status["updateRevision"]

    world.run(scenario)


def test_a_stateful_set_with_a_bad_image_loses_one_pod_and_heals_when_it_is_corrected(world):
    async def scenario(cluster):
        await cluster.workload(STATEFUL_SETS, "db")
        await cluster.settled(STATEFUL_SETS, "db")
        await cluster.image("db:bad", STATEFUL_SETS, "db")
        await asyncio.sleep(120)
        assert 2 == len(cluster.ready())
        await cluster.image("db:3", STATEFUL_SETS, "db")
        await cluster.settled(STATEFUL_SETS, "db")

    world.run(scenario)


def test_a_budget_counts_the_pods_that_a_stateful_set_wants(world):
    async def scenario(cluster):
        await cluster.workload(STATEFUL_SETS, "db")
        await cluster.create(
            POD_DISRUPTION_BUDGETS, "db", {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "db"}}})
        await cluster.until(lambda: cluster.status(POD_DISRUPTION_BUDGETS, "db").get("disruptionsAllowed") == 1)
        assert 3 == cluster.status(POD_DISRUPTION_BUDGETS, "db")["expectedPods"]

    world.run(scenario)


def test_deleting_a_stateful_set_removes_its_pods(world):
    async def scenario(cluster):
        await cluster.workload(STATEFUL_SETS, "db")
        await cluster.settled(STATEFUL_SETS, "db")
        await cluster.server.delete(STATEFUL_SETS, "default", "db", propagation="Foreground")
        await cluster.until(lambda: not cluster.all(PODS) and not cluster.all(STATEFUL_SETS))
        assert [] == cluster.names(PODS)

    world.run(scenario)


def daemons(cluster):
    return [pod["spec"]["nodeName"] for pod in cluster.ready()]


def test_a_daemon_runs_on_each_node_even_a_cordoned_and_a_late_one(world):
    async def scenario(cluster):
        await cluster.nodes("n1")
        await cluster.cordon("n1")
        await cluster.workload(DAEMON_SETS, "log")
        await cluster.until(lambda: daemons(cluster) == ["n1"])
        await cluster.nodes("n2")
        await cluster.until(lambda: sorted(daemons(cluster)) == ["n1", "n2"])
        await cluster.until(lambda: cluster.status(DAEMON_SETS, "log")["numberAvailable"] == 2)

        await cluster.server.delete(NODES, "", "n2")
        await cluster.until(lambda: cluster.status(DAEMON_SETS, "log")["desiredNumberScheduled"] == 1)
        assert 2 == len(cluster.pods())

    world.run(scenario)


def test_daemons_are_replaced_one_node_at_a_time(world):
    async def scenario(cluster):
        await cluster.nodes("n1", "n2", "n3")
        await cluster.workload(DAEMON_SETS, "log")
        await cluster.until(lambda: len(cluster.ready()) == 3)
        before = len(list(cluster.pods_over_time()))
        await cluster.image("log:2", DAEMON_SETS, "log")
        await cluster.until(lambda: len(cluster.ready("log:2")) == 3)

        assert all(sum(map(world.is_serving, pods)) >= 2 for pods in list(cluster.pods_over_time())[before:])
        await cluster.server.delete(DAEMON_SETS, "default", "log")
        await cluster.until(lambda: not cluster.all(PODS))

    world.run(scenario)
