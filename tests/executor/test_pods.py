"""Pods are their uids: the named ones go, their replacements are awaited, nobody else is touched."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import DEPLOYMENTS, PODS, STATEFUL_SETS

from .world import run


def one(name, **more):
    return {"restartPod": {"namespace": "default", "podName": name, **more}}


SELECTED = {"restartPod": {"namespace": "default", "selector": "app=web"}}


def uids(world, app="web"):
    return {pod["metadata"]["uid"] for pod in world.pods(app)}


def is_ready(pod):
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", ()))


async def stateful_set(world):
    await world.create(STATEFUL_SETS, "db", spec={
        "replicas": 2, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
        "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "main", "image": "db"}]}}})
    await world.until(lambda: len(world.pods("db")) == 2 and all(map(is_ready, world.pods("db"))))


async def bare(world, name="bare"):
    await world.create(PODS, name, labels={"app": name}, spec={"containers": [{"name": "main", "image": "x"}]})
    await world.until(lambda: is_ready(world.one(PODS, name)))


def test_a_restarted_pod_is_replaced_by_a_ready_one_and_the_others_stay():
    async def scenario(world):
        await world.deployment()
        before, victim = uids(world), world.pods()[0]["metadata"]
        status = await world.perform("restart-pod", one(victim["name"]))

        assert "completed" == status["phase"]
        assert 1 == status["executionResult"]["restartResult"]["podsRestarted"]
        assert before - {victim["uid"]} < uids(world)
        assert 3 == len(world.pods())
        assert all(map(is_ready, world.pods()))

    run(scenario)


def test_a_restart_by_selector_replaces_all_that_match_once():
    async def scenario(world):
        await world.deployment()
        await world.deployment("api")
        before, others = uids(world), uids(world, "api")
        status = await world.perform("restart-pod", SELECTED)

        assert "completed" == status["phase"]
        assert "yes" == status["rollbackInformation"]["mutated"]
        assert not before & uids(world)
        assert others == uids(world, "api")
        assert 3 == len(world.tap.mutations)

    run(scenario)


def test_a_pod_that_comes_back_under_its_name_is_deleted_once():
    async def scenario(world):
        await stateful_set(world)
        before = world.one(PODS, "db-0")["metadata"]["uid"]
        status = await world.perform("restart-pod", one("db-0"))

        assert "completed" == status["phase"]
        assert before != world.one(PODS, "db-0")["metadata"]["uid"]
        assert 1 == len(world.tap.mutations)

    run(scenario)


def test_a_restart_does_not_wait_for_pods_that_were_ill_before():
    """The replacement is ready; that another pod of the same controller never is, is another matter."""
    async def scenario(world):
        await world.deployment(replicas=2)
        well, ill = [pod["metadata"]["name"] for pod in world.pods()]
        await world.edit(PODS, ill, lambda body: body["spec"]["containers"][0].update(image="web:bad"))
        await world.until(lambda: not is_ready(world.one(PODS, ill)))

        assert "completed" == (await world.perform("restart-pod", one(well)))["phase"]
        assert not is_ready(world.one(PODS, ill))

    run(scenario)


def test_a_pod_replaced_between_the_look_and_the_deletion_is_not_deleted_again():
    async def scenario(world):
        await stateful_set(world)
        tap = world.tap
        original = tap.delete

        async def delete(resource, namespace, name, *, dry_run=False, **options):
            if not dry_run and not tap.mutations:
                old = world.one(PODS, name)["metadata"]["uid"]
                await world.server.delete(PODS, namespace, name)
                await world.until(lambda: world.one(PODS, name) and world.one(PODS, name)["metadata"]["uid"] != old)
            await original(resource, namespace, name, dry_run=dry_run, **options)

        tap.delete = delete
        status = await world.perform("restart-pod", one("db-0"))
        gone = [item for kind, item in world.history(PODS) if kind == "DELETED" and item["metadata"]["name"] == "db-0"]

        assert "completed" == status["phase"]
        assert 1 == len(gone)

    run(scenario)


def test_a_restart_by_name_of_a_pod_without_controller_is_refused():
    async def scenario(world):
        await bare(world)
        status = await world.perform("restart-pod", one("bare"))

        assert ("failed", "validation_error") == (status["phase"], status["failureClass"])
        assert "default/bare" in status["errorMessage"]
        assert world.one(PODS, "bare") is not None

    run(scenario)


@pytest.mark.parametrize(("parameters", "complaint"), [
    (one("nobody"), "Pod default/nobody does not exist"), (SELECTED, "no pod in default matches 'app=web'")])
def test_a_restart_of_nothing_is_no_success(parameters, complaint):
    async def scenario(world):
        status = await world.perform("restart-pod", parameters)

        assert ("failed", "resource_not_found") == (status["phase"], status["failureClass"])
        assert complaint in status["errorMessage"]

    run(scenario)


def test_a_restart_whose_controller_is_gone_awaits_no_replacement():
    async def scenario(world):
        await world.deployment(replicas=1)
        name = await world.step("restart-pod", SELECTED)
        await world.until(lambda: world.tap.mutations)
        await world.server.delete(DEPLOYMENTS, "default", "web")

        assert "completed" == (await world.ended(name))["phase"]

    run(scenario)


def test_a_deleted_pod_is_gone_and_the_grace_period_is_its_own():
    async def scenario(world):
        await bare(world)
        status = await world.perform("delete-pod", {"deletePod": {
            "namespace": "default", "podName": "bare", "gracePeriod": "7s"}})

        assert "completed" == status["phase"]
        assert world.one(PODS, "bare") is None
        marked = [item["metadata"] for _, item in world.history(PODS) if "deletionTimestamp" in item["metadata"]]
        assert 7 == marked[0]["deletionGracePeriodSeconds"]

    run(scenario)


def test_deleting_a_pod_that_is_not_there_succeeds_and_changes_nothing():
    async def scenario(world):
        status = await world.perform("delete-pod", {"deletePod": {"namespace": "default", "podName": "nobody"}})

        assert ("completed", "no") == (status["phase"], status["rollbackInformation"]["mutated"])
        assert "does not exist" in status["executionResult"]["warnings"][0]

    run(scenario)


def test_a_pod_that_somebody_else_deletes_first_is_no_failure():
    async def scenario(world):
        await bare(world)
        deletes = lambda entry: entry[0] == "delete" and not entry[4]  # noqa: E731
        world.tap.fault(deletes, ApiError(404, "NotFound", "gone"), performed=True)
        status = await world.perform("delete-pod", {"deletePod": {"namespace": "default", "podName": "bare"}})

        assert "completed" == status["phase"]

    run(scenario)


def test_a_pod_that_cannot_be_deleted_is_a_failure():
    async def scenario(world):
        await bare(world)
        world.tap.fault(lambda entry: entry[0] == "delete", ApiError(403, "Forbidden", "not yours"), times=9)
        status = await world.perform("delete-pod", {"deletePod": {"namespace": "default", "podName": "bare"}})

        assert ("failed", "permission_denied") == (status["phase"], status["failureClass"])
        assert "no" == status["rollbackInformation"]["mutated"]

    run(scenario)


def test_a_restart_awaits_no_more_pods_than_the_controller_wants_by_now():
    async def scenario(world):
        await world.deployment()
        name = await world.step("restart-pod", SELECTED)
        await world.until(lambda: len(world.tap.mutations) == 3)
        await world.edit(DEPLOYMENTS, "web", lambda body: body["spec"].update(replicas=1))

        assert "completed" == (await world.ended(name))["phase"]

    run(scenario)
