"""What a watch delivers: everything once, in order, from where it is told to begin."""

from __future__ import annotations

import asyncio

import pytest

from wfcore.resources import CONFIG_MAPS

from .gadgets import GADGETS, Place, events, refusal


def test_a_watch_goes_on_where_a_list_ended(run, place):
    async def story():
        await place.gadget("before")
        page = await place.api.list(GADGETS, place.namespace)
        made = await place.gadget("after")
        await place.api.update(GADGETS, {**made, "spec": {"colour": "red", "size": 9}})
        await place.api.delete(GADGETS, place.namespace, "before")
        watch = place.api.watch(GADGETS, place.namespace, resource_version=page.resource_version)
        assert [("ADDED", "after"), ("MODIFIED", "after"), ("DELETED", "before")] == await events(watch, 3)

    run(story())


def test_a_waiting_watch_is_woken(run, place):
    async def story():
        page = await place.api.list(GADGETS, place.namespace)
        watch = place.api.watch(GADGETS, place.namespace, resource_version=page.resource_version)
        waiting = asyncio.create_task(events(watch, 2))
        await asyncio.sleep(0)
        await place.gadget("a")
        await place.make(CONFIG_MAPS, "other")
        await place.gadget("b")
        assert [("ADDED", "a"), ("ADDED", "b")] == await waiting

    run(story())


def test_a_watch_of_a_namespace_sees_no_other(run, api):
    async def story():
        here, there = await Place.fresh(api), await Place.fresh(api)
        page = await api.list(GADGETS)
        await there.gadget("theirs")
        await here.gadget("ours")
        watch = api.watch(GADGETS, here.namespace, resource_version=page.resource_version)
        assert [("ADDED", "ours")] == await events(watch, 1)

    run(story())


def test_a_deleted_event_carries_the_last_state_and_a_new_version(run, place):
    async def story():
        made = await place.gadget(size=7)
        await place.api.delete(GADGETS, place.namespace, "g")
        watch = place.api.watch(GADGETS, place.namespace, resource_version=made["metadata"]["resourceVersion"])
        event = await anext(watch)
        await watch.aclose()
        assert ("DELETED", 7) == (event.type, event.object["spec"]["size"])
        assert int(event.object["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])

    run(story())


def test_from_version_zero_a_watch_begins_with_what_is_there(run, place):
    async def story():
        for name in "ba":
            await place.gadget(name)
        await place.api.delete(GADGETS, place.namespace, "b")
        watch = place.api.watch(GADGETS, place.namespace, resource_version="0")
        assert [("ADDED", "a")] == await events(watch, 1)

    run(story())


def test_a_watch_ends_after_its_timeout(run, place):
    """Perhaps with bookmarks, which only say how far it came, and nothing else."""
    async def story():
        page = await place.api.list(GADGETS, place.namespace)
        await place.make(CONFIG_MAPS, "other")
        seen = [e async for e in place.api.watch(
            GADGETS, place.namespace, resource_version=page.resource_version, timeout_seconds=1)]
        assert {"BOOKMARK"} >= {e.type for e in seen}
        assert [] == [e for e in seen
                      if int(e.object["metadata"]["resourceVersion"]) < int(page.resource_version)]

    run(story())


@pytest.mark.parametrize("version", ["x", "-1", "1.5"])
def test_a_version_that_is_no_number_is_refused(run, place, version):
    """With which status differs by the server's version: the request is at fault, and never repeated as it is."""
    async def story():
        watch = place.api.watch(GADGETS, place.namespace, resource_version=version)
        error = await refusal(anext(watch))
        assert error.status in (400, 500)
        assert version in error.message

    run(story())


def test_one_object_can_be_listed_and_watched_by_name(run, place):
    """As with the field selector `metadata.name`, which a right to this one object allows."""
    async def story():
        for name in ("a", "b"):
            await place.gadget(name)
        page = await place.api.list(GADGETS, place.namespace, name="b")
        assert ["b"] == [item["metadata"]["name"] for item in page.items]
        assert () == (await place.api.list(GADGETS, place.namespace, name="c")).items
        for name in ("c", "d"):
            await place.gadget(name)
        await place.api.delete(GADGETS, place.namespace, "d")
        watch = place.api.watch(GADGETS, place.namespace, resource_version=page.resource_version, name="d")
        assert [("ADDED", "d"), ("DELETED", "d")] == await events(watch, 2)
        watch = place.api.watch(GADGETS, place.namespace, resource_version="0", name="b")
        assert [("ADDED", "b")] == await events(watch, 1)

    run(story())
