"""Resource versions: one order over everything, the precondition of writes, and where the past ends."""

from __future__ import annotations

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import CONFIG_MAPS, LEASES, SECRETS

from .gadgets import GADGETS, events, refusal


def version(made):
    return int(made["metadata"]["resourceVersion"])


def test_versions_grow_over_all_kinds(run, place):
    async def story():
        made = [await place.gadget("a"), await place.make(CONFIG_MAPS, "a"), await place.make(LEASES, "a", spec={}),
                await place.make(SECRETS, "a"), await place.gadget("b")]
        made.append(await place.api.update(CONFIG_MAPS, place.body("a", data={"k": "v"})))
        made.append(await place.api.update_status(GADGETS, {**made[0], "status": {"phase": "on"}}))
        assert sorted({version(each) for each in made}) == [version(each) for each in made]
        page = await place.api.list(SECRETS, place.namespace)
        assert int(page.resource_version) >= version(made[-1])

    run(story())


def test_an_update_that_changes_nothing_is_no_version(run, place):
    async def story():
        made = await place.gadget()
        assert made == await place.api.update(GADGETS, made)
        assert made == await place.api.update_status(GADGETS, made)
        assert made == await place.get(GADGETS, "g")

    run(story())


def test_a_new_object_has_no_version_yet(run, place):
    for request in (place.gadget(metadata={"resourceVersion": "5"}),
                    place.make(CONFIG_MAPS, "c", metadata={"resourceVersion": "5"})):
        error = run(refusal(request))

        assert (500, "resourceVersion should not be set on objects to be created") == (error.status, error.message)


def test_of_two_writers_of_one_version_one_wins_whichever_part_they_write(run, place):
    async def story():
        made = await place.gadget()

        async def outcome(request):
            try:
                await request
            except ApiError as error:
                return error.status
            return 200

        resized = {**made, "spec": {**made["spec"], "size": 5}}
        reported = {**made, "status": {"phase": "on"}}
        first = await outcome(place.api.update(GADGETS, resized))
        assert (200, 409) == (first, await outcome(place.api.update_status(GADGETS, reported)))
        both = await asyncio.gather(
            outcome(place.change(GADGETS, "g", lambda found: found["spec"].update(size=6))),
            outcome(place.change(GADGETS, "g", lambda found: found.update(status={"phase": "off"}), status=True)))
        found = await place.get(GADGETS, "g")
        assert ([200, 200], 6, "off") == (both, found["spec"]["size"], found["status"]["phase"])

    run(story())


def test_no_update_is_lost_among_writers_that_read_again(run, place):
    async def story():
        await place.make(CONFIG_MAPS, "counter", data={"n": "0"})

        async def add():
            def edit(made):
                made["data"]["n"] = str(int(made["data"]["n"]) + 1)
            for _ in range(4):
                await place.change(CONFIG_MAPS, "counter", edit)

        await asyncio.gather(*(add() for _ in range(4)))
        assert "16" == (await place.get(CONFIG_MAPS, "counter"))["data"]["n"]

    run(story())


def test_of_concurrent_creations_of_one_name_one_wins(run, place):
    async def story():
        async def create(size):
            try:
                return (await place.gadget(size=size))["spec"]["size"]
            except ApiError as error:
                return error.reason

        answers = await asyncio.gather(*(create(size) for size in range(1, 6)))
        assert 4 == answers.count("AlreadyExists")
        assert (await place.get(GADGETS, "g"))["spec"]["size"] in answers

    run(story())


@pytest.mark.parametrize("resource", [GADGETS, CONFIG_MAPS])
def test_generated_names_begin_as_asked_and_differ(run, place, resource):
    async def story():
        content = {"spec": {"colour": "red"}} if resource == GADGETS else {}
        body = {"metadata": {"generateName": "run-", "namespace": place.namespace}, **content}
        made = [await place.api.create(resource, body) for _ in range(5)]
        names = {each["metadata"]["name"] for each in made}
        assert (5, {"run-"}, {9}) == (len(names), {name[:4] for name in names}, {len(name) for name in names})
        assert "run-" == made[0]["metadata"]["generateName"]

    run(story())


def test_a_long_prefix_leaves_room_for_what_is_generated(run, place):
    body = {"metadata": {"generateName": "a" * 70, "namespace": place.namespace}, "spec": {"colour": "red"}}
    name = run(place.api.create(GADGETS, body))["metadata"]["name"]

    assert ("a" * 58, 63) == (name[:58], len(name))


def test_a_name_wins_over_a_prefix_and_one_of_them_is_needed(run, place):
    made = run(place.gadget("given", metadata={"generateName": "run-"}))
    error = run(refusal(place.gadget("")))

    assert "given" == made["metadata"]["name"]
    assert ("metadata.name", "Required value: name or generateName is required") == error.causes[0]


def test_a_watch_from_what_is_forgotten_has_expired(run, place, forgotten):
    watch = place.api.watch(GADGETS, place.namespace, resource_version=forgotten.version)
    error = run(refusal(anext(watch)))

    assert (410, "Expired") == (error.status, error.reason)
    assert error.message.startswith(f"too old resource version: {forgotten.version} (")


def test_a_list_that_goes_on_from_what_is_forgotten_has_expired(run, place, forgotten):
    error = run(refusal(place.api.list(GADGETS, place.namespace, limit=1, continue_token=forgotten.token)))

    assert (410, "Expired") == (error.status, error.reason)


def test_a_list_begun_again_goes_on_with_a_watch_where_it_ended(run, place, forgotten):
    """What a cache does after 410: nothing is missed, nothing comes twice."""
    async def story():
        await refusal(anext(place.api.watch(GADGETS, place.namespace, resource_version=forgotten.version)))
        await place.gadget("x")
        page = await place.api.list(GADGETS, place.namespace)
        assert "x" in [item["metadata"]["name"] for item in page.items]
        await place.gadget("y")
        await place.api.delete(GADGETS, place.namespace, "x")
        watch = place.api.watch(GADGETS, place.namespace, resource_version=page.resource_version)
        assert [("ADDED", "y"), ("DELETED", "x")] == await events(watch, 2)

    run(story())


def test_a_token_that_is_none_is_a_bad_request(run, place):
    assert 400 == run(refusal(place.api.list(GADGETS, place.namespace, limit=1, continue_token="%"))).status


def test_a_list_in_pages_shows_one_moment(run, place):
    """What comes, goes or changes meanwhile is not in it; the watch from its version tells of that."""
    async def story():
        for name in "abcde":
            await place.gadget(name, size=1)
        pages = [await place.api.list(GADGETS, place.namespace, limit=2)]
        await place.gadget("aa")
        await place.api.delete(GADGETS, place.namespace, "d")
        await place.change(GADGETS, "e", lambda made: made["spec"].update(size=9))
        while pages[-1].continue_token:
            pages.append(await place.api.list(
                GADGETS, place.namespace, limit=2, continue_token=pages[-1].continue_token))
        seen = [(item["metadata"]["name"], item["spec"]["size"]) for page in pages for item in page.items]
        assert [(name, 1) for name in "abcde"] == seen
        assert 1 == len({page.resource_version for page in pages})
        watch = place.api.watch(GADGETS, place.namespace, resource_version=pages[0].resource_version)
        assert [("ADDED", "aa"), ("DELETED", "d"), ("MODIFIED", "e")] == await events(watch, 3)

    run(story())


def test_what_is_too_large_for_the_store_is_an_internal_error(run, place):
    """The server only passes on what etcd says, and so must whoever wants to tell it from a passing one."""
    error = run(refusal(place.gadget(free={"text": "x" * 1_600_000})))

    assert (500, "InternalError") == (error.status, error.reason)
    assert error.message.startswith("etcdserver: request is too large")


def test_what_is_too_large_for_a_request_is_refused_unread(run, place):
    error = run(refusal(place.gadget(free={"text": "x" * 3_200_000})))

    assert (413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728") == (
        error.status, error.reason, error.message)


def test_events_of_one_object_come_in_the_order_of_its_versions(run, place):
    async def story():
        page = await place.api.list(GADGETS, place.namespace)
        made = await place.gadget(size=1)
        for size in range(2, 10):
            made = await place.api.update(GADGETS, {**made, "spec": {**made["spec"], "size": size}})
        await place.api.delete(GADGETS, place.namespace, "g")
        watch, seen = place.api.watch(GADGETS, place.namespace, resource_version=page.resource_version), []
        async for event in watch:
            if event.type != "BOOKMARK":
                seen.append((event.type, event.object["spec"]["size"], version(event.object)))
            if event.type == "DELETED":
                break
        await watch.aclose()
        kinds, sizes, versions = zip(*seen, strict=True)
        assert (("ADDED", *["MODIFIED"] * 8, "DELETED"), (*range(1, 10), 9)) == (kinds, sizes)
        assert sorted(set(versions)) == list(versions)

    run(story())


def test_watches_of_two_kinds_share_one_order(run, place):
    async def story():
        start = (await place.api.list(CONFIG_MAPS, place.namespace)).resource_version
        for index in range(3):
            await place.gadget(f"g{index}")
            await place.make(CONFIG_MAPS, f"c{index}")
        found = []
        for resource, prefix in ((GADGETS, "g"), (CONFIG_MAPS, "c")):
            watch = place.api.watch(resource, place.namespace, resource_version=start)
            async for event in watch:
                if event.type == "ADDED" and event.object["metadata"]["name"][:1] == prefix:
                    found.append((version(event.object), event.object["metadata"]["name"]))
                if found and found[-1][1] == f"{prefix}2":
                    break
            await watch.aclose()
        assert ["g0", "c0", "g1", "c1", "g2", "c2"] == [name for _, name in sorted(found)]

    run(story())
