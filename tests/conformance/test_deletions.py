"""What goes when, and what holds it: finalizers, owners, preconditions, namespaces."""

from __future__ import annotations

import pytest

from wfcontroller.api import ApiError
from wfcore.resources import CONFIG_MAPS, NAMESPACES

from .gadgets import GADGETS, refusal, until

HOLD = "test.kubernaut.io/hold"


def owner(of, **more):
    return {"apiVersion": of["apiVersion"], "kind": of["kind"], "name": of["metadata"]["name"],
            "uid": of["metadata"]["uid"], **more}


async def held(place, name, **metadata):
    """A gadget with a finalizer."""
    return await place.gadget(name, metadata={"finalizers": [HOLD], **metadata})


async def release(place, name):
    await place.change(GADGETS, name, lambda made: made["metadata"].pop("finalizers"))


async def terminating(place, name):
    return "deletionTimestamp" in (await place.get(GADGETS, name))["metadata"]


def test_the_last_finalizer_completes_a_deletion(run, place):
    async def story():
        made = await place.gadget("g", metadata={"finalizers": [HOLD, "test.kubernaut.io/other"]})
        await place.api.delete(GADGETS, place.namespace, "g")
        await place.change(GADGETS, "g", lambda made: made["metadata"].update(finalizers=[HOLD]))
        assert await terminating(place, "g")
        watch = place.api.watch(GADGETS, place.namespace, resource_version=made["metadata"]["resourceVersion"])
        await release(place, "g")
        seen = []
        async for event in watch:
            if event.type != "BOOKMARK":
                seen.append((event.type, event.object["metadata"].get("finalizers")))
            if event.type == "DELETED":
                break
        await watch.aclose()
        # What is deleted is the last state that was stored, not the update that let go of it.
        assert [("MODIFIED", [HOLD, "test.kubernaut.io/other"]), ("MODIFIED", [HOLD]), ("DELETED", [HOLD])] == seen
        assert 404 == (await refusal(place.get(GADGETS, "g"))).status

    run(story())


def test_deletion_is_marked_once_and_counts_a_generation(run, place):
    async def story():
        await held(place, "g")
        await place.api.delete(GADGETS, place.namespace, "g")
        first = await place.get(GADGETS, "g")
        assert (2, 0) == (first["metadata"]["generation"], first["metadata"]["deletionGracePeriodSeconds"])
        await place.api.delete(GADGETS, place.namespace, "g")
        assert first == await place.get(GADGETS, "g")
        await release(place, "g")

    run(story())


def test_what_is_going_may_still_change_but_for_new_finalizers(run, place):
    async def story():
        await held(place, "g")
        await place.api.delete(GADGETS, place.namespace, "g")
        made = await place.change(GADGETS, "g", lambda made: made["spec"].update(size=5))
        made = await place.api.update_status(GADGETS, {**made, "status": {"phase": "on"}})
        assert (5, "on") == (made["spec"]["size"], made["status"]["phase"])
        more = {**made["metadata"], "finalizers": [HOLD, "test.kubernaut.io/more"]}
        error = await refusal(place.api.update(GADGETS, {**made, "metadata": more}))
        why = ("Forbidden: no new finalizers can be added if the object is being deleted,"
               ' found new finalizers []string{"test.kubernaut.io/more"}')
        assert {("metadata.finalizers", why)} == set(error.causes)  # a real server says it twice
        await release(place, "g")

    run(story())


def test_nobody_takes_a_deletion_back_or_begins_one_by_an_update(run, place):
    async def story():
        made = await place.gadget("other")
        marked = {**made["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
        error = await refusal(place.api.update(GADGETS, {**made, "metadata": marked}))
        assert "metadata.deletionTimestamp" == error.causes[0][0]
        await held(place, "g")
        await place.api.delete(GADGETS, place.namespace, "g")
        await place.change(GADGETS, "g", lambda made: made["metadata"].pop("deletionTimestamp"))
        assert await terminating(place, "g")
        await release(place, "g")

    run(story())


def test_a_name_is_free_again_only_when_its_object_is_gone(run, place):
    async def story():
        old = await held(place, "g")
        await place.api.delete(GADGETS, place.namespace, "g")
        error = await refusal(place.gadget("g"))
        assert (409, "AlreadyExists") == (error.status, error.reason)
        assert 'object is being deleted: gadgets.test.kubernaut.io "g" already exists' == error.message
        await release(place, "g")
        new = await place.gadget("g")
        assert old["metadata"]["uid"] != new["metadata"]["uid"]

    run(story())


def test_an_update_of_one_object_never_reaches_its_successor(run, place):
    async def story():
        old = await place.gadget("g")
        await place.api.delete(GADGETS, place.namespace, "g")
        new = await place.gadget("g")
        version = new["metadata"]["resourceVersion"]
        for write in (place.api.update, place.api.update_status):
            error = await refusal(write(GADGETS, {**old, "metadata": {**old["metadata"], "resourceVersion": version}}))
            assert (409, "Conflict") == (error.status, error.reason)
        assert new == await place.get(GADGETS, "g")

    run(story())


@pytest.mark.parametrize(("precondition", "said"), [
    ({"uid": "another"}, "the UID in the precondition (another) does not match the UID in record ("),
    ({"resource_version": "1"}, "the ResourceVersion in the precondition (1) does not match the ResourceVersion in"),
])
def test_a_deletion_with_a_precondition_hits_only_what_was_meant(run, place, precondition, said):
    async def story():
        made = await place.gadget("g")
        error = await refusal(place.api.delete(GADGETS, place.namespace, "g", **precondition))
        assert (409, "Conflict") == (error.status, error.reason)
        assert error.message.startswith(f'Operation cannot be fulfilled on Gadget.test.kubernaut.io "g": {said}')
        assert made == await place.get(GADGETS, "g")
        meta = made["metadata"]
        await place.api.delete(GADGETS, place.namespace, "g", uid=meta["uid"], resource_version=meta["resourceVersion"])
        assert 404 == (await refusal(place.get(GADGETS, "g"))).status

    run(story())


@pytest.mark.parametrize("blocks", [True, False])
def test_in_the_foreground_an_owner_waits_for_the_dependants_that_block(run, place, blocks):
    async def story():
        parent = await place.gadget("parent")
        await held(place, "child", ownerReferences=[owner(parent, blockOwnerDeletion=blocks)])
        await place.api.delete(GADGETS, place.namespace, "parent", propagation="Foreground")
        if blocks:
            await until(lambda: terminating(place, "child"))
            waiting = (await place.get(GADGETS, "parent"))["metadata"]
            assert ["foregroundDeletion"] == waiting["finalizers"]
            await release(place, "child")
            await place.gone(GADGETS, "parent")
        else:
            await place.gone(GADGETS, "parent")
            await release(place, "child")
        await place.gone(GADGETS, "child")

    run(story())


def test_in_the_background_an_owner_goes_at_once_and_its_dependants_follow(run, place):
    async def story():
        parent = await place.gadget("parent")
        await held(place, "child", ownerReferences=[owner(parent, blockOwnerDeletion=True)])
        await place.api.delete(GADGETS, place.namespace, "parent", propagation="Background")
        assert 404 == (await refusal(place.get(GADGETS, "parent"))).status
        await until(lambda: terminating(place, "child"))
        await release(place, "child")
        await place.gone(GADGETS, "child")

    run(story())


def test_garbage_goes_only_with_its_last_owner(run, place):
    async def story():
        owners = [await place.gadget(name) for name in "ab"]
        await place.make(CONFIG_MAPS, "child", metadata={"ownerReferences": [owner(each) for each in owners]})
        await place.api.delete(GADGETS, place.namespace, "a")

        async def released():
            left = (await place.get(CONFIG_MAPS, "child"))["metadata"]["ownerReferences"]
            return ["b"] == [reference["name"] for reference in left]

        await until(released)
        assert "deletionTimestamp" not in (await place.get(CONFIG_MAPS, "child"))["metadata"]
        await place.api.delete(GADGETS, place.namespace, "b")
        await place.gone(CONFIG_MAPS, "child")

    run(story())


def test_an_owner_that_never_was_is_no_owner(run, place):
    """Its name alone does not count: the uid does."""
    async def story():
        parent = await place.gadget("parent")
        false = {**owner(parent), "uid": "00000000-0000-4000-8000-000000000000"}
        await place.make(CONFIG_MAPS, "orphan", metadata={"ownerReferences": [false]})
        await place.make(CONFIG_MAPS, "child", metadata={"ownerReferences": [owner(parent)]})
        await place.gone(CONFIG_MAPS, "orphan")
        assert "ownerReferences" in (await place.get(CONFIG_MAPS, "child"))["metadata"]

    run(story())


def test_grandchildren_go_too(run, place):
    async def story():
        above = None
        for name in "abc":
            metadata = {} if above is None else {"ownerReferences": [owner(above, blockOwnerDeletion=True)]}
            above = await place.gadget(name, metadata=metadata)
        await place.api.delete(GADGETS, place.namespace, "a", propagation="Foreground")
        for name in "cba":
            await place.gone(GADGETS, name)
        assert () == (await place.api.list(GADGETS, place.namespace)).items

    run(story())


def test_into_a_namespace_that_goes_nothing_new_comes(run, place):
    """What is there may still be changed: whoever holds it has to be able to let go."""
    async def story():
        await held(place, "g")
        await place.api.delete(NAMESPACES, "", place.namespace)
        for request in (place.gadget("late"), place.make(CONFIG_MAPS, "late"), place.gadget("late", colour="blue"),
                        place.api.create(GADGETS, place.body("late", spec={"colour": "red"}), dry_run=True)):
            error = await refusal(request)
            assert (403, "Forbidden") == (error.status, error.reason)
            assert error.message.endswith(
                f"unable to create new content in namespace {place.namespace} because it is being terminated")
            assert (("metadata.namespace", f"namespace {place.namespace} is being terminated"),) == error.causes
        await until(lambda: terminating(place, "g"))
        namespace = await place.api.get(NAMESPACES, "", place.namespace)
        assert "Terminating" == namespace["status"]["phase"]
        changed = await place.change(GADGETS, "g", lambda made: made["spec"].update(size=7))
        assert 7 == changed["spec"]["size"]
        await release(place, "g")

        async def gone():
            try:
                await place.api.get(NAMESPACES, "", place.namespace)
            except ApiError as error:
                return error.status == 404
            return False

        await until(gone)
        assert 404 == (await refusal(place.gadget("later"))).status

    run(story())
