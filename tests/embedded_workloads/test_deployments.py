"""Deployments on the embedded cluster: what a user of kubectl would see, second by second."""

from __future__ import annotations

import asyncio

import pytest

from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS, PODS, REPLICA_SETS


def progressing(world):
    return next(each for each in world.status(DEPLOYMENTS, "web")["conditions"] if each["type"] == "Progressing")


def test_a_deployment_becomes_available_when_its_pods_have_started(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()

        assert 2.0 <= cluster.seconds < 3.0
        assert ["embedded"] * 3 == [pod["spec"]["nodeName"] for pod in cluster.pods()]
        assert ["Running"] * 3 == [pod["status"]["phase"] for pod in cluster.pods()]
        (replica_set,) = cluster.all(REPLICA_SETS)
        assert "1" == replica_set["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        assert 3 == replica_set["status"]["availableReplicas"]

    world.run(scenario)


@pytest.mark.parametrize("replicas", [0, 1, 5])
def test_scaling_leaves_that_many_pods(world, replicas):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        await cluster.scale(replicas)
        await cluster.settled()
        await cluster.until(lambda: len(cluster.all(PODS)) == replicas)

        assert 1 == len(cluster.all(REPLICA_SETS))

    world.run(scenario)


def test_a_good_image_replaces_all_pods_within_the_bounds(world):
    async def scenario(cluster):
        await cluster.workload(replicas=8, strategy={"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 1}})
        await cluster.settled()
        before = len(list(cluster.pods_over_time()))
        await cluster.image("web:2")
        await cluster.settled()

        assert 8 == len(cluster.ready("web:2")) == len(cluster.ready())
        for pods in list(cluster.pods_over_time())[before:]:
            assert len([pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]) <= 10
            assert sum(map(world.is_serving, pods)) >= 7

    world.run(scenario)


def test_a_bad_image_never_becomes_available_and_keeps_old_pods_up(world):
    async def scenario(cluster):
        await cluster.workload(replicas=4)
        await cluster.settled()
        before = len(list(cluster.pods_over_time()))
        await cluster.image("web:bad")
        await cluster.until(lambda: progressing(cluster)["reason"] == "ProgressDeadlineExceeded", within=700)

        assert 3 == len(cluster.ready("web:1"))
        assert [] == cluster.ready("web:bad")
        status = cluster.status(DEPLOYMENTS, "web")
        assert (2, 3) == (status["updatedReplicas"], status["availableReplicas"])
        assert all(sum(map(world.is_serving, pods)) >= 3 for pods in list(cluster.pods_over_time())[before:])

    world.run(scenario)


def test_going_back_after_a_bad_image_reuses_the_replica_set_under_a_new_revision(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        await cluster.image("web:bad")
        await asyncio.sleep(30)
        await cluster.image("web:1")
        await cluster.settled()

        assert 2 == len(cluster.all(REPLICA_SETS))
        revision = cluster.one(DEPLOYMENTS, "web")["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        assert "3" == revision
        assert "NewReplicaSetAvailable" == progressing(cluster)["reason"]

    world.run(scenario)


def test_a_slow_image_is_available_after_its_ninety_seconds(world):
    async def scenario(cluster):
        await cluster.workload(image="web:slow-90s", replicas=1)
        await asyncio.sleep(89)
        assert not cluster.rolled_out()
        await asyncio.sleep(2)
        assert cluster.rolled_out()

    world.run(scenario)


def test_pods_count_as_available_after_the_minimum_of_ready_seconds(world):
    async def scenario(cluster):
        await cluster.workload(minReadySeconds=30)
        await asyncio.sleep(31)
        assert 3 == cluster.status(DEPLOYMENTS, "web")["readyReplicas"]
        assert not cluster.rolled_out()
        await asyncio.sleep(2)
        assert cluster.rolled_out()

    world.run(scenario)


def test_recreate_never_runs_two_templates_side_by_side(world):
    async def scenario(cluster):
        await cluster.workload(strategy={"type": "Recreate"})
        await cluster.settled()
        await cluster.image("web:2")
        await cluster.settled()

        assert all(len(set(map(world.image_of, pods))) <= 1 for pods in cluster.pods_over_time())
        assert 3 == len(cluster.ready("web:2"))

    world.run(scenario)


def test_a_paused_deployment_scales_but_keeps_its_template_until_it_is_resumed(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        await cluster.edit(DEPLOYMENTS, "web", lambda body: body["spec"].update(paused=True))
        await cluster.image("web:2")
        await cluster.scale(5)
        await cluster.until(lambda: len(cluster.ready("web:1")) == 5)
        assert 1 == len(cluster.all(REPLICA_SETS))

        await cluster.edit(DEPLOYMENTS, "web", lambda body: body["spec"].update(paused=False))
        await cluster.settled()
        assert 5 == len(cluster.ready("web:2"))

    world.run(scenario)


def test_scaling_an_unfinished_rollout_grows_the_pods_that_work_too(world):
    async def scenario(cluster):
        await cluster.workload(replicas=10)
        await cluster.settled()
        await cluster.image("web:bad")
        await asyncio.sleep(30)
        assert 8 == len(cluster.ready())
        await cluster.scale(20)
        await asyncio.sleep(30)

        assert 15 == len(cluster.ready())
        assert 25 == len(cluster.pods())

    world.run(scenario)


def test_rescaling_without_a_surge_never_asks_for_more_pods_than_wanted(world):
    async def scenario(cluster):
        await cluster.workload(replicas=10, strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 2}})
        await cluster.settled()
        await cluster.image("web:bad")
        await asyncio.sleep(30)
        before = len(list(cluster.pods_over_time()))
        await cluster.scale(15)
        await asyncio.sleep(30)

        assert (12, 15) == (len(cluster.ready()), len(cluster.pods()))
        for pods in list(cluster.pods_over_time())[before:]:
            assert len([pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]) <= 15

    world.run(scenario)


def test_a_new_template_and_a_new_size_at_once_end_with_both(world):
    async def scenario(cluster):
        await cluster.workload(replicas=4)
        await cluster.settled()

        def change(body):
            body["spec"]["replicas"] = 7
            body["spec"]["template"]["spec"]["containers"][0]["image"] = "web:2"

        await cluster.edit(DEPLOYMENTS, "web", change)
        await cluster.settled()
        assert 7 == len(cluster.ready("web:2"))

    world.run(scenario)


def test_old_replica_sets_are_kept_as_far_as_the_history_limit(world):
    async def scenario(cluster):
        await cluster.workload(revisionHistoryLimit=1)
        for number in range(2, 6):
            await cluster.settled()
            await cluster.image(f"web:{number}")
        await cluster.settled()
        await cluster.until(lambda: len(cluster.all(REPLICA_SETS)) == 2)
        assert "web:5" in str(cluster.all(REPLICA_SETS))

    world.run(scenario)


def test_a_restart_annotation_replaces_the_pods(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        before = cluster.names(PODS)
        restarted = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:10Z"}
        await cluster.edit(
            DEPLOYMENTS, "web", lambda body: body["spec"]["template"]["metadata"].update(annotations=restarted))
        await cluster.settled()
        await cluster.until(lambda: len(cluster.all(PODS)) == 3)

        assert not [name for name in cluster.names(PODS) if name in before]
        assert [restarted] * 3 == [pod["metadata"]["annotations"] for pod in cluster.pods()]

    world.run(scenario)


def test_a_deleted_pod_is_replaced_under_another_name(world):
    async def scenario(cluster):
        await cluster.workload(replicas=1)
        await cluster.settled()
        (name,) = cluster.names(PODS)
        await cluster.server.delete(PODS, "default", name)
        await cluster.until(lambda: len(cluster.all(PODS)) == 1 and cluster.names(PODS) != [name])
        await cluster.settled()
        assert 1 == len(cluster.names(PODS))

    world.run(scenario)


def test_deleting_a_deployment_removes_its_replica_sets_and_pods(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        await cluster.server.delete(DEPLOYMENTS, "default", "web")
        await cluster.until(lambda: not cluster.all(REPLICA_SETS) and not cluster.all(PODS), within=5)
        assert cluster.one(DEPLOYMENTS, "web") is None

    world.run(scenario)


def test_a_foreground_deletion_waits_for_the_pods_and_creates_no_new_ones(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        created = len(list(cluster.pods_over_time()))
        await cluster.server.delete(DEPLOYMENTS, "default", "web", propagation="Foreground")
        await cluster.until(lambda: cluster.one(DEPLOYMENTS, "web") is None, within=10)

        assert [] == cluster.all(PODS)
        assert all(len(pods) <= 3 for pods in list(cluster.pods_over_time())[created:])

    world.run(scenario)


def test_a_foreign_replica_set_with_our_name_is_avoided(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        (name,) = cluster.names(REPLICA_SETS)
        await cluster.server.delete(DEPLOYMENTS, "default", "web")
        await cluster.until(lambda: not cluster.all(REPLICA_SETS))
        await cluster.create(CONFIG_MAPS, "unrelated")
        selector = {"matchLabels": {"app": "other"}}
        await cluster.create(REPLICA_SETS, name, {"replicas": 0, "selector": selector, "template": {
            "metadata": {"labels": {"app": "other"}}, "spec": {"containers": [{"name": "main", "image": "other:1"}]}}})
        await cluster.workload()
        await cluster.settled()

        assert 1 == cluster.status(DEPLOYMENTS, "web")["collisionCount"]
        assert 2 == len(cluster.all(REPLICA_SETS))

    world.run(scenario)
