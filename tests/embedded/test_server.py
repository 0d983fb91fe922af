"""What the embedded server promises beyond the API: virtual time, determinism, a bounded history."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conformance.gadgets import DEFINITION, GADGETS, events, refusal

from wfcontroller.embedded import EmbeddedServer, admitted_store
from wfcore.resources import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    SUBJECT_ACCESS_REVIEWS,
)

from .virtual_time import START, config_map, virtually


def test_timestamps_follow_the_clock_that_was_given():
    async def story(server):
        await asyncio.sleep(90)
        return await server.create(CONFIG_MAPS, config_map("a"))

    assert "2026-01-01T00:01:30Z" == virtually(story)["metadata"]["creationTimestamp"]


def test_a_quiet_watch_sends_a_bookmark_each_minute_and_one_at_its_end():
    async def story(server):
        loop, times = asyncio.get_running_loop(), []
        async for event in server.watch(GADGETS, resource_version="1", timeout_seconds=150):
            times.append((event.type, loop.time(), event.object["metadata"]["resourceVersion"]))
            if len(times) == 1:
                await server.create(CONFIG_MAPS, config_map("a"))
        return server.state.version, times

    version, times = virtually(story)
    kinds, instants, versions = zip(*times, strict=True)
    assert (("BOOKMARK",) * 3, (60, 120, 150)) == (kinds, instants)
    assert str(version) == versions[-1] != versions[0]


def test_a_slow_consumer_gets_every_event_before_the_bookmark_that_is_due():
    async def story(server):
        seen = []
        watch = server.watch(CONFIG_MAPS, resource_version=str(server.state.version), timeout_seconds=10)
        await server.create(CONFIG_MAPS, config_map("a"))
        async for event in watch:
            seen.append((event.type, event.object["metadata"]["resourceVersion"]))
            if len(seen) == 1:
                await asyncio.sleep(20)
                await server.create(CONFIG_MAPS, config_map("b"))
        return seen, str(server.state.version)

    seen, last = virtually(story)
    assert ["ADDED", "ADDED", "BOOKMARK"] == [kind for kind, _ in seen]
    assert last == seen[-1][1]


def test_watchers_are_woken_in_the_order_they_began():
    async def story(server):
        woken = []

        async def watcher(number):
            async for _ in server.watch(CONFIG_MAPS, resource_version=str(server.state.version), timeout_seconds=5):
                woken.append(number)
                return

        tasks = [asyncio.create_task(watcher(n)) for n in range(20)]
        await asyncio.sleep(1)
        await server.create(CONFIG_MAPS, config_map("a"))
        await asyncio.gather(*tasks)
        return woken

    assert list(range(20)) == virtually(story)


def test_garbage_goes_a_moment_later_and_leaves_no_timer_behind():
    async def story(server):
        node = await server.create(NODES, {"metadata": {"name": "n"}})
        reference = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": node["metadata"]["uid"]}
        await server.create(CONFIG_MAPS, {"metadata": {
            "name": "a", "namespace": "default", "ownerReferences": [reference]}})
        await server.delete(NODES, "", "n")
        there = len((await server.list(CONFIG_MAPS)).items)
        await asyncio.sleep(1)
        return there, len((await server.list(CONFIG_MAPS)).items), server._collecting

    assert (1, 0, None) == virtually(story)


def owned_by(kind, owner):
    reference = {"apiVersion": owner["apiVersion"], "kind": kind, "name": owner["metadata"]["name"],
                 "uid": owner["metadata"]["uid"], "blockOwnerDeletion": True}
    return {"metadata": {"name": "child", "namespace": "default", "ownerReferences": [reference]}}


def test_a_foreground_deletion_reaches_dependants_that_are_long_at_rest():
    async def story(server):
        parent = await server.create(CONFIG_MAPS, config_map("parent"))
        await server.create(CONFIG_MAPS, owned_by("ConfigMap", parent))
        await asyncio.sleep(1)
        await server.delete(CONFIG_MAPS, "default", "parent", propagation="Foreground")
        await asyncio.sleep(1)
        return (await server.list(CONFIG_MAPS)).items

    assert () == virtually(story)


def test_owners_of_a_kind_unknown_so_far_are_looked_for_once_it_is_known():
    async def story(_):
        server = EmbeddedServer(lambda: START, seed=1)
        absent = {"apiVersion": "test.kubernaut.io/v1", "metadata": {"name": "absent", "uid": "absent"}}
        await server.create(CONFIG_MAPS, owned_by("Gadget", absent))
        await asyncio.sleep(1)
        before = len((await server.list(CONFIG_MAPS)).items)
        await server.create(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION)
        await asyncio.sleep(1)
        return before, len((await server.list(CONFIG_MAPS)).items)

    assert (1, 0) == virtually(story)


@pytest.fixture
def short_history(monkeypatch):
    monkeypatch.setattr(admitted_store, "HISTORY", 10)


@pytest.mark.usefixtures("short_history")
def test_old_versions_expire():
    async def story(server):
        page = await server.list(CONFIG_MAPS, limit=1)
        for number in range(2):
            await server.create(CONFIG_MAPS, config_map(f"first-{number}"))
        paged = await server.list(CONFIG_MAPS, limit=1)
        for number in range(30):
            await server.create(CONFIG_MAPS, config_map(f"c{number}"))
        return [
            (await refusal(anext(server.watch(CONFIG_MAPS, resource_version=page.resource_version)))).reason,
            (await refusal(server.list(CONFIG_MAPS, limit=1, continue_token=paged.continue_token))).status,
        ]

    assert ["Expired", 410] == virtually(story)


@pytest.mark.usefixtures("short_history")
def test_a_watch_of_a_quiet_kind_never_expires_while_it_keeps_up():
    async def story(server):
        version = (await server.list(GADGETS)).resource_version
        watch = asyncio.create_task(events(server.watch(GADGETS, resource_version=version), 1))
        for number in range(100):
            await server.create(CONFIG_MAPS, config_map(f"c{number}"))
            await asyncio.sleep(0.01)
        await server.create(GADGETS, {"metadata": {"name": "g", "namespace": "default"}, "spec": {"colour": "red"}})
        return await watch

    assert [("ADDED", "g")] == virtually(story)


def timers():
    loop = asyncio.get_running_loop()
    return [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]


def test_a_watch_without_end_and_bookmarks_holds_no_timer():
    async def story(_):
        server = EmbeddedServer(lambda: START, seed=1, bookmark_seconds=math.inf)
        watch = server.watch(CONFIG_MAPS, resource_version="1", timeout_seconds=math.inf)
        task = asyncio.create_task(events(watch, 1))
        for _ in range(5):
            await asyncio.sleep(0)
        held = [timer for timer in timers() if "_complete" in repr(timer)]
        await server.create(CONFIG_MAPS, config_map("a"))
        return held, await task

    assert ([], [("ADDED", "a")]) == virtually(story)


def test_a_cancelled_watch_leaves_nothing_waiting():
    async def story(server):
        task = asyncio.create_task(events(server.watch(CONFIG_MAPS, resource_version="0"), 1))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return [waiting for waiting in server._wakeups._waiting.values() if waiting], timers()

    assert ([], []) == virtually(story)


MAY = {"resourceAttributes": {"verb": "delete", "resource": "nodes"}}


@pytest.mark.parametrize("spec", [{"user": "me", **MAY}, {"groups": ["g"], **MAY},
                                  {"user": "me", "nonResourceAttributes": {"verb": "get", "path": "/metrics"}}])
def test_everybody_may_do_everything_and_to_ask_changes_nothing(run, spec):
    """Whoever runs a server in memory owns it."""
    async def story():
        server = EmbeddedServer(lambda: START)
        before = server.state
        answer = await server.create(SUBJECT_ACCESS_REVIEWS, {"metadata": {}, "spec": spec})
        assert (True, before) == (answer["status"]["allowed"], server.state)

    run(story())


def test_a_budget_whose_status_lags_behind_its_spec_allows_nothing_yet(run):
    """A disruption controller closes that gap at once where there is one."""
    async def story():
        server = EmbeddedServer(lambda: START)
        meta = {"name": "p", "namespace": "default", "labels": {"app": "web"}}
        made = await server.create(PODS, {"metadata": meta, "spec": {
            "nodeName": "n", "containers": [{"name": "main", "image": "nginx:1"}]}})
        await server.update_status(PODS, {**made, "status": {
            "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})
        made = await server.create(POD_DISRUPTION_BUDGETS, {"metadata": {"name": "b", "namespace": "default"}, "spec": {
            "minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}})
        lagging = {"observedGeneration": 0, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1}
        made = await server.update_status(POD_DISRUPTION_BUDGETS, {**made, "status": lagging})
        error = await refusal(server.evict("default", "p"))
        assert (429, 10.0) == (error.status, error.retry_after)
        assert (("", "The disruption budget b is still being processed by the server."),) == error.causes
        spent = {**lagging, "observedGeneration": 1, "disruptionsAllowed": 0}
        await server.update_status(POD_DISRUPTION_BUDGETS, {**made, "status": spent})
        error = await refusal(server.evict("default", "p"))
        assert (("", "The disruption budget b does not allow evicting pods currently"),) == error.causes

    run(story())


def test_a_pod_is_bound_once_by_an_update(run):
    """There is no binding here: whoever plays the scheduler writes the node into the spec."""
    async def story():
        server = EmbeddedServer(lambda: START)
        made = await server.create(PODS, {"metadata": {"name": "p", "namespace": "default"}, "spec": {
            "containers": [{"name": "main", "image": "nginx:1"}]}})
        bound = await server.update(PODS, {**made, "spec": {**made["spec"], "nodeName": "first"}})
        again = server.update(PODS, {**bound, "spec": {**bound["spec"], "nodeName": "second"}})
        assert "spec" == (await refusal(again)).causes[0][0]

    run(story())


@pytest.mark.parametrize("body", [[], None, "text", 5, {"metadata": "text"}, {"metadata": {"name": "n"}, "kind": 5}])
def test_a_body_that_is_no_object_is_a_bad_request(run, body):
    async def story():
        error = await refusal(EmbeddedServer(lambda: START).create(NODES, body))
        assert (400, "BadRequest") == (error.status, error.reason)

    run(story())


def test_servers_without_a_seed_share_no_uids(run):
    async def story():
        made = [await EmbeddedServer(lambda: START).create(NODES, {"metadata": {"name": "n"}}) for _ in range(2)]
        assert made[0]["metadata"]["uid"] != made[1]["metadata"]["uid"]

    run(story())


def test_a_resource_may_be_served_without_definition(run):
    async def story():
        server = EmbeddedServer(lambda: START, schemaless=[GADGETS])
        body = {"metadata": {"name": "g", "namespace": "default"}, "anything": 1}
        assert 1 == (await server.create(GADGETS, body))["anything"]

    run(story())


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from tests.embedded.virtual_time import config_map, virtually
import asyncio
from wfcore.resources import CONFIG_MAPS
async def story(server):
    async def writer(n):
        for i in range(5):
            await server.create(CONFIG_MAPS, config_map(f"w{{n}}-{{i}}", data={{"z": "1", "a": "2"}}))
            await asyncio.sleep(n)
            await server.delete(CONFIG_MAPS, "default", f"w{{n}}-{{i}}", propagation="Foreground")
    await asyncio.gather(*(writer(n) for n in range(4)))
    await asyncio.sleep(5)
    return server.state.digest.hex()
print(virtually(story))
"""


def test_the_same_requests_give_the_same_bytes_for_any_hash_seed():
    script = SCRIPT.format(folder=str(Path(__file__).parents[2]))
    digests = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True,
        ).stdout
        for seed in ("0", "1", "7")
    }

    assert 1 == len(digests)
    assert 33 == len(digests.pop())
