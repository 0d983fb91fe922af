"""What a client sees of single objects: reads, writes, conflicts, status, deletion, garbage."""

from __future__ import annotations

import pytest
from attrs import evolve

from wfcore.resources import CONFIG_MAPS, NAMESPACES, NODES

from .gadgets import GADGETS, refusal, until


def test_an_object_reads_back_as_the_answer_to_its_creation(run, place):
    async def story():
        made = await place.gadget(size=4)
        assert made == await place.get(GADGETS, "g")
        given = {"uid", "resourceVersion", "creationTimestamp", "name", "namespace", "generation"}
        assert given <= made["metadata"].keys()

    run(story())


def test_no_answer_and_no_body_is_shared_with_the_server(run, place):
    async def story():
        body = place.body("g", spec={"colour": "red", "tags": {"a": "b"}})
        made = await place.api.create(GADGETS, body)
        body["spec"]["tags"]["a"] = "x"
        made["spec"]["tags"]["a"] = "y"
        (await place.get(GADGETS, "g"))["spec"]["tags"]["a"] = "z"
        assert {"a": "b"} == (await place.get(GADGETS, "g"))["spec"]["tags"]

    run(story())


def test_absent_objects_kinds_and_namespaces_are_not_found(run, place):
    async def story():
        elsewhere = {"metadata": {"name": "g", "namespace": "absent"}, "spec": {"colour": "red"}}
        for request in (
            place.get(GADGETS, "absent"), place.api.create(GADGETS, elsewhere),
            place.api.list(evolve(GADGETS, plural="gizmos")),
            place.api.update(CONFIG_MAPS, place.body("absent")),
            place.api.delete(GADGETS, place.namespace, "absent"),
        ):
            error = await refusal(request)
            assert (404, "NotFound") == (error.status, error.reason)

    run(story())


def test_creating_twice_is_refused(run, place):
    async def story():
        await place.gadget()
        error = await refusal(place.gadget())
        assert (409, "AlreadyExists") == (error.status, error.reason)
        assert 'gadgets.test.kubernaut.io "g" already exists' == error.message

    run(story())


def test_an_invalid_object_is_invalid_even_if_its_name_is_taken(run, place):
    async def story():
        await place.gadget()
        assert 422 == (await refusal(place.gadget(colour="blue"))).status

    run(story())


def test_the_version_is_a_precondition_of_writes(run, place):
    async def story():
        old = await place.gadget()
        new = await place.api.update(GADGETS, {**old, "spec": {"colour": "red", "size": 5}})
        assert int(new["metadata"]["resourceVersion"]) > int(old["metadata"]["resourceVersion"])
        for write in (place.api.update, place.api.update_status):
            error = await refusal(write(GADGETS, {**old, "status": {"phase": "on"}}))
            assert (409, "Conflict") == (error.status, error.reason)
        version = new["metadata"].pop("resourceVersion")
        assert "metadata.resourceVersion" == (await refusal(place.api.update(GADGETS, new))).causes[0][0]
        new["metadata"]["resourceVersion"] = version
        assert new == await place.api.update(GADGETS, new)

    run(story())


def test_a_conflict_is_found_before_an_invalid_body(run, place):
    async def story():
        old = await place.gadget()
        await place.api.update(GADGETS, {**old, "spec": {"colour": "red", "size": 5}})
        assert 409 == (await refusal(place.api.update(GADGETS, {**old, "spec": {"colour": "blue"}}))).status

    run(story())


def test_spec_and_status_are_written_apart(run, place):
    async def story():
        made = await place.gadget()
        reported = await place.api.update_status(GADGETS, {**made, "spec": {}, "status": {"phase": "on", "no": 1}})
        changed = await place.api.update(GADGETS, {**reported, "spec": {"colour": "red", "size": 9}, "status": {}})
        assert (made["spec"], {"phase": "on"}) == (reported["spec"], reported["status"])
        assert (9, {"phase": "on"}) == (changed["spec"]["size"], changed["status"])
        assert [1, 1, 2] == [o["metadata"]["generation"] for o in (made, reported, changed)]

    run(story())


def test_a_status_is_validated_and_compared_with_the_old_one(run, place):
    async def story():
        made = await place.gadget()
        error = await refusal(place.api.update_status(GADGETS, {**made, "status": {"phase": "broken"}}))
        assert ("status.phase", 'Unsupported value: "broken": supported values: "on", "off"') == error.causes[0]
        reported = await place.api.update_status(GADGETS, {**made, "status": {"count": 2}})
        error = await refusal(place.api.update_status(GADGETS, {**reported, "status": {"count": 1}}))
        assert (("status.count", "Invalid value: 1: count never falls"),) == error.causes

    run(story())


def test_a_dry_run_checks_everything_and_keeps_nothing(run, place):
    async def story():
        dry = await place.api.create(GADGETS, place.body("g", spec={"colour": "red"}), dry_run=True)
        assert 3 == dry["spec"]["size"]
        assert 404 == (await refusal(place.get(GADGETS, "g"))).status
        bad = place.body("g", spec={"colour": "blue"})
        assert 422 == (await refusal(place.api.create(GADGETS, bad, dry_run=True))).status
        made = await place.gadget()
        await place.api.update(GADGETS, {**made, "spec": {"colour": "red", "size": 9}}, dry_run=True)
        await place.api.delete(GADGETS, place.namespace, "g", dry_run=True)
        assert made == await place.get(GADGETS, "g")

    run(story())


def test_deletion_takes_preconditions_and_waits_for_finalizers(run, place):
    async def story():
        made = await place.gadget(metadata={"finalizers": ["test.kubernaut.io/held"]})
        error = await refusal(place.api.delete(GADGETS, place.namespace, "g", uid="another"))
        assert (409, "Conflict") == (error.status, error.reason)
        await place.api.delete(GADGETS, place.namespace, "g", uid=made["metadata"]["uid"])
        marked = await place.get(GADGETS, "g")
        assert "deletionTimestamp" in marked["metadata"]
        marked["metadata"]["finalizers"] = []
        await place.api.update(GADGETS, marked)
        assert 404 == (await refusal(place.get(GADGETS, "g"))).status

    run(story())


@pytest.mark.parametrize("propagation", ["Background", "Foreground", "Orphan"])
def test_dependants_follow_the_propagation(run, place, propagation):
    async def story():
        parent = await place.gadget("parent")
        reference = {"apiVersion": "test.kubernaut.io/v1", "kind": "Gadget", "name": "parent",
                     "uid": parent["metadata"]["uid"], "blockOwnerDeletion": True}
        await place.make(CONFIG_MAPS, "child", metadata={"ownerReferences": [reference]})
        await place.api.delete(GADGETS, place.namespace, "parent", propagation=propagation)
        await place.gone(GADGETS, "parent")
        if propagation == "Orphan":
            assert "ownerReferences" not in (await place.get(CONFIG_MAPS, "child"))["metadata"]
        else:
            await place.gone(CONFIG_MAPS, "child")

    run(story())


def test_an_unknown_propagation_is_invalid(run, place):
    async def story():
        await place.gadget()
        error = await refusal(place.api.delete(GADGETS, place.namespace, "g", propagation="Sideways"))
        assert (422, "propagationPolicy") == (error.status, error.causes[0][0])
        assert "deletionTimestamp" not in (await place.get(GADGETS, "g"))["metadata"]

    run(story())


def test_a_namespace_takes_its_contents_along(run, place):
    async def story():
        await place.gadget()
        await place.api.delete(NAMESPACES, "", place.namespace)
        error = await refusal(place.gadget("late"))
        assert (403, "Forbidden") == (error.status, error.reason)
        await place.gone(GADGETS, "g")

        async def absent():
            return place.namespace not in [
                n["metadata"]["name"] for n in (await place.api.list(NAMESPACES)).items]

        await until(absent)

    run(story())


def test_the_namespaces_every_cluster_needs_stay(run, place):
    error = run(refusal(place.api.delete(NAMESPACES, "", "default")))

    assert (403, "Forbidden") == (error.status, error.reason)


def test_lists_select_page_and_carry_the_version_to_watch_from(run, place):
    async def story():
        for name in "abc":
            await place.gadget(name, metadata={"labels": {"half": "first" if name < "c" else "second"}})
        first = await place.api.list(GADGETS, place.namespace, limit=2)
        await place.gadget("d")
        rest = await place.api.list(GADGETS, place.namespace, limit=2, continue_token=first.continue_token)
        chosen = await place.api.list(GADGETS, place.namespace, label_selector="half=first")
        assert [["a", "b"], ["c"], ["a", "b"]] == [
            [o["metadata"]["name"] for o in page.items] for page in (first, rest, chosen)]
        assert "" == rest.continue_token

    run(story())


@pytest.mark.parametrize("selector", ["=x", "a in (b", "a==b,,c", "a b"])
def test_a_selector_that_means_nothing_is_a_bad_request(run, place, selector):
    assert 400 == run(refusal(place.api.list(GADGETS, place.namespace, label_selector=selector))).status


@pytest.mark.parametrize(("selector", "chosen"), [
    ("a=1", "x"), ("a==1", "x"), ("a!=1", "yz"), ("a", "xy"), ("!a", "z"), ("a in (1,2)", "xy"), ("a notin (1)", "yz"),
    ("a,b=3", "y"), ("a=", ""), ("", "xyz"),
])
def test_selectors_choose(run, place, selector, chosen):
    async def story():
        for name, labels in (("x", {"a": "1"}), ("y", {"a": "2", "b": "3"}), ("z", {})):
            await place.gadget(name, metadata={"labels": labels})
        page = await place.api.list(GADGETS, place.namespace, label_selector=selector)
        assert list(chosen) == [item["metadata"]["name"] for item in page.items]

    run(story())


@pytest.mark.parametrize(("metadata", "field"), [
    ({"name": "Upper"}, "metadata.name"), ({"name": "a" * 254}, "metadata.name"), ({"name": "-a"}, "metadata.name"),
    ({"labels": {"a b": "c"}}, "metadata.labels"), ({"labels": {"a": "c d"}}, "metadata.labels"),
    ({"labels": {"a": "c" * 64}}, "metadata.labels"), ({"labels": {"A/b": "c"}}, "metadata.labels"),
    ({"annotations": {"a b": "c"}}, "metadata.annotations"),
    ({"annotations": {"a": "c" * 300_000}}, "metadata.annotations"),
    ({"finalizers": ["a b"]}, "metadata.finalizers"),
    ({"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p"}]}, "metadata.ownerReferences.uid"),
    ({"ownerReferences": [{"apiVersion": "", "kind": "Pod", "name": "p", "uid": "u"}]},
     "metadata.ownerReferences.apiVersion"),
    ({"ownerReferences": [{"apiVersion": "v1", "kind": "Event", "name": "p", "uid": "u"}]}, "metadata.ownerReferences"),
    ({"finalizers": ["orphan", "foregroundDeletion"]}, "metadata.finalizers"),
    ({"name": "", "generateName": "Upper-"}, "metadata.generateName"),
    ({"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": n, "uid": n, "controller": True}
                          for n in "ab"]}, "metadata.ownerReferences"),
])
def test_metadata_has_a_syntax(run, place, metadata, field):
    error = run(refusal(place.gadget(metadata=metadata)))

    assert (422, "Invalid", field) == (error.status, error.reason, error.causes[0][0])


def test_a_null_label_is_an_empty_one_and_an_owner_counts_once(run, place):
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}
    metadata = {"labels": {"a": None}, "annotations": {"b": None}, "ownerReferences": [owner, owner]}
    made = run(place.api.create(GADGETS, place.body("g", metadata, spec={"colour": "red"}), dry_run=True))["metadata"]

    assert ({"a": ""}, {"b": ""}, [owner]) == (made["labels"], made["annotations"], made["ownerReferences"])


def test_a_namespace_is_a_label(run, api):
    error = run(refusal(api.create(NAMESPACES, {"metadata": {"name": "a.b"}})))

    assert "metadata.name" == error.causes[0][0]


@pytest.mark.parametrize("body", [
    {"metadata": {"name": 5}}, {"metadata": {"name": "n", "labels": {"a": 1}}}, {"metadata": []},
    {"metadata": {"name": "n"}, "kind": "Pod"}, {"metadata": {"name": "n"}, "apiVersion": "v2"},
    {"metadata": {"name": "n"}, "spec": []}, {"metadata": {"name": "n", "ownerReferences": ["x"]}},
    {"metadata": {"name": "n"}, "spec": {1, 2}}, {"metadata": {"name": "n"}, "spec": 2**70},
    {"metadata": {"name": "n", "creationTimestamp": "noon"}}, {"metadata": {"name": "n", "finalizers": "x"}},
])
def test_what_cannot_be_decoded_is_a_bad_request(run, api, body):
    error = run(refusal(api.create(NODES, body)))

    assert (400, "BadRequest") == (error.status, error.reason)
