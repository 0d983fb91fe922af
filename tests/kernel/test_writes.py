"""Laws of single writes: names, versions, preconditions, generation, status, immutable metadata, size."""

from __future__ import annotations

import pytest
from attrs import evolve

from wfcore.resources import CONFIG_MAPS, DEPLOYMENTS, LEASES, NAMESPACES, NODES, PODS
from wfcore.simulation.store import MAX_OBJECT_BYTES

from .kernel_world import WFE, World, refused


def test_create_gives_what_the_server_owns(world):
    created = world.create(WFE, "a", spec={"x": 1}, status={"lies": 1}, metadata={
        "uid": "mine", "creationTimestamp": "1999-01-01T00:00:00Z", "generation": 7, "labels": {}, "managedFields": [1],
    })

    metadata = created["metadata"]
    assert ("workflowexecution.kubernaut.io/v1", "WorkflowExecution") == (created["apiVersion"], created["kind"])
    assert {"name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion"} == metadata.keys()
    assert ("2026-01-02T03:04:05Z", 1, "2") == (
        metadata["creationTimestamp"], metadata["generation"], metadata["resourceVersion"])
    assert 36 == len(metadata["uid"])
    assert "status" not in created


def test_a_node_is_created_with_its_status(world):
    assert {"ok": 1} == world.create(NODES, "n", namespace="", status={"ok": 1})["status"]


def test_uids_are_a_function_of_seed_and_order():
    def uids(seed):
        world = World(seed)
        return [world.create(CONFIG_MAPS, name)["metadata"]["uid"] for name in "ab"]

    assert uids("1") == uids("1")
    assert 4 == len({*uids("1"), *uids("2")})


def test_an_existing_name_is_refused(world):
    world.create(WFE, "a")
    before = world.state

    assert (409, "AlreadyExists") == refused(world.create(WFE, "a"))
    assert world.state is before


def test_generated_names_start_with_the_prefix_and_differ(world):
    names = {world.create(WFE, "", metadata={"generateName": "run-"})["metadata"]["name"] for _ in range(20)}

    assert 20 == len(names)
    assert all(name.startswith("run-") and 9 == len(name) for name in names)


def test_a_taken_generated_name_is_passed_over(world):
    serial = world.state.serial
    names = set()
    for _ in range(3):
        # The same serial gives the same uid, and so the same first choice.
        world.state = evolve(world.state, serial=serial)
        names.add(world.create(WFE, "", metadata={"generateName": "run-"})["metadata"]["name"])

    assert 3 == len(names)


@pytest.mark.parametrize(("content", "expected"), [
    ({"metadata": {"resourceVersion": "5"}}, (500, "InternalError")),
    ({"namespace": ""}, (400, "BadRequest")),
    ({"namespace": "absent"}, (404, "NotFound")),
])
def test_create_refuses_what_has_no_place(world, content, expected):
    assert expected == refused(world.create(WFE, "a", **content))


def test_a_cluster_scoped_object_has_no_namespace(world):
    assert (400, "BadRequest") == refused(world.create(NODES, "n", namespace="default"))


def test_a_name_is_required(world):
    assert (422, "Invalid") == refused(world.create(WFE, ""))


def test_a_stale_version_conflicts(world):
    old = world.create(WFE, "a", spec={"x": 1})
    world.update(WFE, {**old, "spec": {"x": 2}})

    assert (409, "Conflict") == refused(world.update(WFE, {**old, "spec": {"x": 3}}))
    assert (409, "Conflict") == refused(world.update_status(WFE, {**old, "status": {"x": 3}}))


def test_another_uid_conflicts(world):
    old = world.create(CONFIG_MAPS, "a")
    other = {**old, "metadata": {**old["metadata"], "uid": "00000000-0000-4000-a000-000000000000"}}

    assert (409, "Conflict") == refused(world.update(CONFIG_MAPS, other))


@pytest.mark.parametrize(("resource", "needed"), [(WFE, True), (LEASES, True), (CONFIG_MAPS, False)])
def test_only_some_kinds_take_a_put_without_version(world, resource, needed):
    world.create(resource, "a")
    answer = world.update(resource, {"metadata": {"name": "a", "namespace": "default"}, "data": {"k": "v"}})

    if needed:
        assert (422, "Invalid") == refused(answer)
        assert "metadata.resourceVersion" == answer.causes[0][0]
    else:
        assert {"k": "v"} == answer["data"]


def test_update_of_nothing_is_not_found(world):
    assert (404, "NotFound") == refused(world.update(WFE, {"metadata": {"name": "a", "namespace": "default"}}))


def test_a_put_that_changes_nothing_keeps_the_version(world):
    created = world.create(WFE, "a", spec={"x": 1}, metadata={"labels": {"a": "b"}})
    before = world.state

    assert created == world.update(WFE, {**created, "status": {"ignored": 1}})
    assert created == world.update_status(WFE, {**created, "spec": {"ignored": 1}})
    assert world.state is before


def test_update_keeps_status_and_update_status_keeps_the_rest(world):
    created = world.create(WFE, "a", spec={"x": 1})
    written = world.update_status(WFE, {**created, "spec": {"x": 9}, "status": {"phase": "p"}, "metadata": {
        **created["metadata"], "labels": {"sneaked": "in"}}})
    updated = world.update(WFE, {**written, "spec": {"x": 2}, "status": {"phase": "q"}})

    assert ({"x": 1}, {"phase": "p"}) == (written["spec"], written["status"])
    assert "labels" not in written["metadata"]
    assert ({"x": 2}, {"phase": "p"}) == (updated["spec"], updated["status"])


def test_there_is_no_status_to_write_without_a_status_subresource(world):
    created = world.create(CONFIG_MAPS, "a")

    assert (404, "NotFound") == refused(world.update_status(CONFIG_MAPS, created))


def test_a_status_can_be_taken_away(world):
    created = world.create(WFE, "a")
    written = world.update_status(WFE, {**created, "status": {"phase": "p"}})

    assert "status" not in world.update_status(WFE, {k: v for k, v in written.items() if k != "status"})


def test_generation_counts_changes_outside_metadata_and_status(world):
    created = world.create(DEPLOYMENTS, "a", spec={"replicas": 1})
    labelled = world.update(DEPLOYMENTS, {**created, "metadata": {**created["metadata"], "labels": {"a": "b"}}})
    observed = world.update_status(DEPLOYMENTS, {**labelled, "status": {"replicas": 1}})
    scaled = world.update(DEPLOYMENTS, {**observed, "spec": {"replicas": 2}})

    assert [1, 1, 1, 2] == [o["metadata"]["generation"] for o in (created, labelled, observed, scaled)]
    assert "generation" not in world.create(CONFIG_MAPS, "a")["metadata"]


def test_immutable_metadata_is_refused_with_its_field(world):
    created = world.create(WFE, "a")
    changed = {**created, "metadata": {**created["metadata"], "deletionTimestamp": "1999-01-01T00:00:00Z"}}
    answer = world.update(WFE, changed)

    assert (422, "Invalid") == refused(answer)
    assert (("metadata.deletionTimestamp", 'Invalid value: "1999-01-01T00:00:00Z": field is immutable'),) == (
        answer.causes)


def test_the_instant_of_creation_stays_whatever_an_update_says(world):
    created = world.create(WFE, "a")
    changed = {**created, "metadata": {**created["metadata"], "creationTimestamp": "1999-01-01T00:00:00Z"}}

    assert created == world.update(WFE, changed)


def test_left_out_metadata_of_the_server_is_kept(world):
    created = world.create(CONFIG_MAPS, "a")
    updated = world.update(CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "default"}, "data": {"a": "b"}})

    same = ("uid", "creationTimestamp", "name", "namespace")
    assert {k: created["metadata"][k] for k in same} == {k: updated["metadata"][k] for k in same}


def test_an_object_too_large_for_etcd_is_refused(world):
    before = world.state
    answer = world.create(CONFIG_MAPS, "a", data={"k": "x" * MAX_OBJECT_BYTES})

    assert (500, "InternalError") == refused(answer)
    assert world.state is before
    small = world.create(CONFIG_MAPS, "a")
    large = {**small, "data": {"k": "x" * MAX_OBJECT_BYTES}}
    assert (500, "InternalError") == refused(world.update(CONFIG_MAPS, large))


def test_new_namespaces_are_active_and_new_pods_pending(world):
    assert {"phase": "Active"} == world.create(NAMESPACES, "n", namespace="")["status"]
    assert {"phase": "Pending"} == world.create(PODS, "p", spec={}, status={"phase": "Running"})["status"]


def test_a_state_that_serves_another_kind_too_keeps_its_objects(world):
    gadgets = evolve(CONFIG_MAPS, group="example.com", plural="gadgets", kind="Gadget")
    world.create(CONFIG_MAPS, "a")
    before = world.state
    after = before.serving([gadgets])

    assert gadgets is after.kinds[gadgets.api_version, "Gadget"]
    assert (gadgets.api_version, "Gadget") not in before.kinds
    assert "a" == after.find(CONFIG_MAPS, "default", "a").metadata["name"]
    assert CONFIG_MAPS is after.kinds[CONFIG_MAPS.api_version, CONFIG_MAPS.kind]
