"""The machinery below the controllers: quiet when nothing changes, right after faults, the same bytes every time."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wfcontroller.api import ApiError, Page, WatchEvent
from wfcontroller.embedded.workloads import Timings
from wfcontroller.embedded.workloads.client import Client
from wfcontroller.embedded.workloads.controller import MOST_REFUSALS, retry_after
from wfcontroller.embedded.workloads.nodes import ensure_node
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.runtime.informer import Informer
from wfcore.resources import DAEMON_SETS, DEPLOYMENTS, NODES, POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS, STATEFUL_SETS

QUIET = 3000


def test_a_settled_cluster_is_not_written_to_and_only_watches_wake_up(world):
    async def scenario(cluster):
        await cluster.nodes("n1", "n2")
        await cluster.workload()
        await cluster.workload(DAEMON_SETS, "log")
        await cluster.workload(STATEFUL_SETS, "db")
        await cluster.create(
            POD_DISRUPTION_BUDGETS, "web", {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}})
        await cluster.settled()
        await asyncio.sleep(60)
        version, jumps = cluster.server.state.version, cluster.jumps
        await asyncio.sleep(QUIET)

        assert version == cluster.server.state.version
        kinds, per_watch = 7, QUIET / 60 + QUIET / Timings().watch_timeout  # bookmarks and ends
        assert cluster.jumps - jumps <= kinds * per_watch

    world.run(scenario)


@pytest.mark.parametrize("faults", [
    {3: (409, "Conflict", False)}, {3: (500, "InternalError", False)}, {3: (0, "", True)},
    {3: (429, "TooManyRequests", False)},
    {2: (503, "ServiceUnavailable", False), 4: (0, "", False), 6: (0, "", True)},
])
def test_failed_and_lost_writes_delay_a_rollout_but_do_not_spoil_it(world, faults):
    async def scenario(cluster):
        await cluster.workload(replicas=4)
        await cluster.settled(within=300)
        await cluster.image("web:2")
        await cluster.settled(within=600)
        await cluster.until(lambda: len(cluster.all(PODS)) == 4, within=300)

        assert 4 == len(cluster.ready("web:2"))
        assert 2 == len(cluster.all(REPLICA_SETS))

    world.run(scenario, faults=faults)


def test_a_refused_pod_is_not_asked_for_again_until_the_replica_set_changes(world):
    async def scenario(cluster):
        create = cluster.server.create
        asked = []

        async def refusing(resource, body, **kwargs):
            if resource is PODS and world.image_of(body) == "web:1":
                asked.append(body)
                raise ApiError(403, "Forbidden", "no such image here")
            return await create(resource, body, **kwargs)

        cluster.server.create = refusing
        await cluster.workload()
        await asyncio.sleep(60)
        conditions = cluster.status(DEPLOYMENTS, "web")["conditions"]
        assert ["no such image here"] == [each["message"] for each in conditions if each["type"] == "ReplicaFailure"]
        assert len(asked) <= 3
        await cluster.image("web:2")
        await cluster.settled()

    world.run(scenario)


def test_expired_watches_start_over_and_miss_nothing(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        api, expired = cluster.server, []
        watch = api.watch

        def expiring(resource, namespace="", *, resource_version, **options):
            if resource is PODS and len(expired) < 3:
                expired.append(resource_version)
                raise ApiError(410, "Expired", "too old resource version")
            return watch(resource, namespace, resource_version=resource_version, **options)

        await asyncio.sleep(1)
        api.watch = expiring
        await asyncio.sleep(400)  # until every watch has been opened again
        assert 3 == len(expired)
        await cluster.server.delete(PODS, "default", cluster.names(PODS)[0])
        await cluster.until(lambda: len(cluster.ready()) == 3 and len(cluster.all(PODS)) == 3)

    world.run(scenario)


def test_the_same_day_gives_the_same_bytes_under_any_hash_seed():
    script = str(Path(__file__).with_name("world.py"))
    digests = [
        subprocess.run([sys.executable, script], env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
                       capture_output=True, text=True, check=True).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("7", "UTC"))
    ]

    assert 32 == len(digests[0])
    assert [digests[0]] * 3 == digests


@pytest.mark.parametrize(("status", "failures", "delay"), [
    (409, 0, 0.05), (409, 3, 0.4), (404, 1, 0.1), (404, MOST_REFUSALS, None), (409, MOST_REFUSALS, None),
    (422, 0, None), (403, 0, None), (429, 0, 0.05), (0, 0, 0.05), (500, 50, 30.0), (503, 10_000, 30.0),
])
def test_a_failure_is_retried_as_long_as_time_can_cure_it(status, failures, delay):
    assert delay == retry_after(ApiError(status, "", ""), failures, Timings())


def test_a_server_that_asks_to_wait_is_waited_for():
    assert 7.0 == retry_after(ApiError(429, "TooManyRequests", "", retry_after=7.0), 0, Timings())


def test_a_queue_hands_out_each_key_once_in_order_and_one_timer_per_key(world):
    async def scenario(cluster):
        queue, got = WorkQueue(), []
        for key in (("", "b"), ("", "a"), ("", "b")):
            queue.add(key)
        queue.wake(("", "c"), 1.0)
        queue.wake(("", "c"), 5.0)
        queue.wake(("", "d"), 2.0)
        queue.wake(("", "d"), None)
        queue.wake(("", "e"), 9.0)
        while len(got) < 3:
            key = await queue.get()
            got.append((key, cluster.seconds))
        queue.close()

        assert [(("", "b"), 0.0), (("", "a"), 0.0), (("", "c"), 5.0)] == got
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(queue.get(), 60.0)

    world.run(scenario, started=False)


def test_a_timer_always_moves_the_clock(world):
    """2.05 + 2e-16 is 2.05: a remainder that small would ring for ever at one instant."""
    async def scenario(cluster):
        queue = WorkQueue()
        await asyncio.sleep(2.05)
        queue.wake(("", "a"), 2e-16)
        await queue.get()
        assert cluster.seconds > 2.05

    world.run(scenario, started=False)


def test_a_change_that_changes_nothing_else_costs_no_write(world):
    async def scenario(cluster):
        await cluster.workload()
        await cluster.settled()
        await asyncio.sleep(60)
        writes = cluster.api.writes
        await cluster.edit(NODES, "embedded", lambda node: node["metadata"].update(annotations={"rack": "7"}))
        await cluster.edit(DEPLOYMENTS, "web", lambda body: body["metadata"].update(labels={"team": "a"}))
        await asyncio.sleep(60)

        assert writes == cluster.api.writes

    world.run(scenario, faults={-1: (500, "", False)})  # none: it only counts


def test_a_deletion_is_seen_by_its_author_at_once(world):
    """Otherwise a controller that looks again before the event arrives deletes one pod too many."""
    async def scenario(cluster):
        client = Client(cluster.server, cluster.now, Timings())
        containers = {"nodeName": "n1", "containers": [{"name": "main", "image": "web:1"}]}
        await client.create(PODS, {"metadata": {"name": "a", "namespace": "default"}, "spec": containers})
        (pod,) = client.pods.all()
        await client.delete(PODS, pod)
        (going,) = client.pods.all()
        assert "deletionTimestamp" in going["metadata"]

        await client.delete(PODS, pod, grace=0)
        await client.delete(PODS, pod)  # gone already: nothing to do
        await cluster.create(PODS, "a", containers)
        with pytest.raises(ApiError, match="Conflict"):
            await client.delete(PODS, pod)  # another pod of that name is not ours to delete

    world.run(scenario, started=False)


def item(name, version, node="n1"):
    meta = {"name": name, "namespace": "default", "resourceVersion": str(version)}
    return {"metadata": meta, "spec": {"nodeName": node}}


class Scripted:
    """An API whose lists and watches are given: an error is raised, anything else is the answer."""

    def __init__(self, lists, watches):
        self.lists, self.watches, self.seen = list(lists), list(watches), []

    async def list(self, resource, namespace, **kwargs):
        self.seen.append(kwargs.get("continue_token", ""))
        answer = self.lists.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def watch(self, resource, namespace, *, resource_version, name, timeout_seconds):
        self.seen.append(resource_version)
        for event in self.watches.pop(0) if self.watches else [None]:
            if event is None:
                await asyncio.Event().wait()
            if isinstance(event, ApiError):
                raise event
            yield event


async def followed(api, informer, seconds=100.0):
    """Follow the scripted API for so long."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(informer.follow(api, Timings()), seconds)


def test_an_informer_lists_in_pages_and_survives_errors_and_expiry(world):
    api = Scripted(
        [ApiError(500, "", ""), Page((item("a", 1),), "4", "more"), Page((item("b", 2),), "4"),
         Page((item("c", 9),), "9")],
        [[WatchEvent("BOOKMARK", item("", 6))], [ApiError(410, "Expired", "")]],
    )
    informer, told = Informer(PODS, {"node": lambda each: each["spec"]["nodeName"]}), []
    informer.subscribe(lambda each: told.append(each["metadata"]["name"]))

    async def scenario(_):
        await followed(api, informer)

    world.run(scenario, started=False)
    assert ["", "", "more", "4", "6", "", "9"] == api.seen
    assert ["a", "b", "a", "b", "c"] == told
    assert ["c"] == [each["metadata"]["name"] for each in informer.having("node", "n1")]
    assert informer.all() == informer.having("node", "n1")


def test_an_informer_never_goes_back_behind_what_this_process_wrote(world):
    informer = Informer(PODS, {"node": lambda each: each["spec"]["nodeName"]})
    api = Scripted([Page((item("a", 1),), "1")], [[WatchEvent("MODIFIED", item("a", 3, "n2")), None]])

    async def scenario(_):
        informer.remember(item("a", 5, "n5"))
        await followed(api, informer)
        assert 1 == informer.count("node", "n5")
        informer.remember(item("gone", 2))  # the watch is past it: it was deleted in between
        assert informer.get(("default", "gone")) is None

    world.run(scenario, started=False)
    assert 0 == informer.count("node", "n2")


def test_a_deletion_is_forgotten_unless_the_object_was_created_again(world):
    informer = Informer(PODS)
    deleted = [WatchEvent("DELETED", item(name, 4)) for name in ("a", "b", "never")]
    api = Scripted([Page((item("a", 1), item("b", 1)), "1")], [[*deleted, None]])

    async def scenario(_):
        informer.remember(item("b", 7))
        await followed(api, informer)

    world.run(scenario, started=False)
    assert [item("b", 7)] == informer.all()


@pytest.mark.parametrize(("reason", "raised"), [("AlreadyExists", False), ("Forbidden", True)])
def test_a_node_that_appears_meanwhile_is_good_enough(world, reason, raised):
    async def scenario(cluster):
        async def refusing(resource, body):
            raise ApiError(409 if reason == "AlreadyExists" else 403, reason, "")

        cluster.server.create = refusing
        if raised:
            with pytest.raises(ApiError):
                await ensure_node(cluster.server)
        else:
            await ensure_node(cluster.server)
        assert [] == cluster.names(NODES)

    world.run(scenario, started=False)
