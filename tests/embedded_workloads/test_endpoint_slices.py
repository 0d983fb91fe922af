"""Services say where they send: a slice with the addresses of the pods they select, true at every moment."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.embedded.workloads.endpoints import endpoint_slice, selects
from wfcontroller.embedded.workloads.pod_status import address_of
from wfcore.resources import ENDPOINT_SLICES, PODS, SERVICES


async def served(world, **spec):
    await world.workload()
    await world.create(SERVICES, "web", {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec})
    await world.settled()
    await asyncio.sleep(1)


def ready_names(world):
    return [each["targetRef"]["name"] for item in world.all(ENDPOINT_SLICES) for each in item["endpoints"]
            if each["conditions"]["ready"]]


def test_a_service_gets_a_slice_with_its_ready_pods(world):
    async def scenario(cluster):
        await served(cluster)
        await cluster.workload(name="other")
        await cluster.settled(name="other")
        (item,) = cluster.all(ENDPOINT_SLICES)

        assert [n for n in cluster.names(PODS) if n.startswith("web")] == ready_names(cluster)
        assert [[cluster.one(PODS, name)["status"]["podIP"]] for name in ready_names(cluster)] == [
            endpoint["addresses"] for endpoint in item["endpoints"]]
        assert ("web", [{"name": "", "protocol": "TCP", "port": 80}]) == (
            item["metadata"]["labels"]["kubernetes.io/service-name"], item["ports"])

    world.run(scenario)


def test_pods_that_never_become_ready_are_no_ready_endpoints_unless_the_service_wants_them(world):
    async def scenario(cluster):
        await cluster.workload(image="web:bad")
        for name, wanted in (("strict", False), ("lax", True)):
            await cluster.create(SERVICES, name, {
                "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080, "name": "http"}],
                "publishNotReadyAddresses": wanted})
        await asyncio.sleep(60)
        found = {i["metadata"]["labels"]["kubernetes.io/service-name"]: i for i in cluster.all(ENDPOINT_SLICES)}

        assert [[False] * 3, [True] * 3] == [
            [e["conditions"]["ready"] for e in found[name]["endpoints"]] for name in ("strict", "lax")]
        assert [{"name": "http", "protocol": "TCP", "port": 8080}] == found["lax"]["ports"]

    world.run(scenario)


def test_a_slice_follows_its_pods_and_its_service(world):
    async def scenario(cluster):
        await served(cluster)
        await cluster.scale(1)
        await cluster.settled()
        await cluster.until(lambda: len(ready_names(cluster)) == 1)
        await cluster.edit(SERVICES, "web", lambda body: body["spec"].update(selector={"app": "nothing"}))
        await cluster.until(lambda: ready_names(cluster) == [])
        await cluster.server.delete(SERVICES, "default", "web")
        await cluster.until(lambda: cluster.all(ENDPOINT_SLICES) == [])
        assert [] == cluster.all(ENDPOINT_SLICES)

    world.run(scenario)


def test_a_slice_that_somebody_deletes_or_changes_is_put_right(world):
    async def scenario(cluster):
        await served(cluster)
        (name,) = cluster.names(ENDPOINT_SLICES)
        await cluster.server.delete(ENDPOINT_SLICES, "default", name)
        await cluster.until(lambda: len(ready_names(cluster)) == 3)
        await cluster.edit(ENDPOINT_SLICES, name, lambda body: body.update(endpoints=[]))
        await cluster.until(lambda: len(ready_names(cluster)) == 3)
        assert 3 == len(ready_names(cluster))

    world.run(scenario)


def test_a_service_without_a_selector_and_a_slice_of_nobody_are_left_alone(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.create(SERVICES, "elsewhere", {"ports": [{"port": 80}]})
        await cluster.server.create(ENDPOINT_SLICES, {
            "metadata": {"name": "mine", "namespace": "default"}, "addressType": "IPv4",
            "endpoints": [{"addresses": ["192.0.2.1"]}]})
        await cluster.settled()
        await asyncio.sleep(1)

        assert ["mine"] == cluster.names(ENDPOINT_SLICES)

    world.run(scenario)


def test_an_idle_cluster_with_services_is_not_written_to(world):
    async def scenario(cluster):
        await served(cluster)
        version = cluster.server.state.version
        await asyncio.sleep(3600)

        assert version == cluster.server.state.version

    world.run(scenario)


@pytest.mark.parametrize(("selector", "labels", "selected"), [
    ({"app": "web"}, {"app": "web", "tier": "front"}, True), ({"app": "web"}, {"app": "api"}, False),
    ({"app": "web", "tier": "front"}, {"app": "web"}, False), ({}, {"app": "web"}, False), (None, {}, False),
])
def test_a_service_selects_by_equality_of_every_label_it_names(selector, labels, selected):
    assert selected is selects({"spec": {"selector": selector}}, labels)


def test_finished_pods_and_pods_without_an_address_serve_nobody(make):
    placed = {"status": {"podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]}}
    pods = [{**make.pod("a"), **placed}, make.pod("b"),
            {**make.pod("c"), "status": {**placed["status"], "phase": "Succeeded"}},
            {**make.pod("d", terminating=True), **placed}]
    service = {"metadata": {"name": "web", "namespace": "default", "uid": "u"}, "spec": {"selector": {"app": "web"}}}

    assert [("a", True, False), ("d", False, True)] == [
        (e["targetRef"]["name"], e["conditions"]["ready"], e["conditions"]["terminating"])
        for e in endpoint_slice(service, pods)["endpoints"]]


def test_an_address_depends_on_the_uid_alone():
    first, again, other = (address_of({"metadata": {"name": name, "uid": uid}})
                           for name, uid in (("a", "1"), ("b", "1"), ("a", "2")))

    assert first == again != other
    assert first.startswith("10.")
