"""Laws of deletion: finalizers, grace, preconditions, namespaces."""

from __future__ import annotations

from wfcore.resources import NAMESPACES, PODS
from wfcore.simulation.operations import EventsSince, Found, Removed

from .kernel_world import FOREGROUND, ORPHAN, WFE, refused

HELD = {"finalizers": ["example.com/held"]}


def with_finalizers(value, finalizers):
    return {**value, "metadata": {**value["metadata"], "finalizers": finalizers}}


def test_nothing_holds_an_object_without_finalizers(world):
    created = world.create(WFE, "a")
    answer = world.delete(WFE, "a")

    assert isinstance(answer, Removed)
    assert (404, "NotFound") == refused(world.get(WFE, "a"))
    # Its last state was never terminating; only the version is that of the removal.
    assert {**created["metadata"], "resourceVersion": "3"} == dict(answer.object.metadata)


def test_a_finalizer_holds_an_object_until_it_is_removed(world):
    world.create(WFE, "a", metadata=HELD)
    world.delete(WFE, "a")
    marked = world.get(WFE, "a")

    assert ("2026-01-02T03:04:05Z", 2) == (marked["metadata"]["deletionTimestamp"], marked["metadata"]["generation"])
    world.update(WFE, with_finalizers(marked, []))
    assert (404, "NotFound") == refused(world.get(WFE, "a"))
    assert [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")] == world.changes(WFE)


def test_what_is_seen_to_go_is_what_was_stored_not_the_update_that_let_go(world):
    world.create(WFE, "a", metadata=HELD, spec={"x": 1})
    world.delete(WFE, "a")
    marked = world.get(WFE, "a")
    answer = world.update(WFE, {**with_finalizers(marked, []), "spec": {"x": 2}})

    last = world.do(EventsSince(WFE, int(marked["metadata"]["resourceVersion"]))).changes[-1]
    assert ({"x": 2}, marked["metadata"]["resourceVersion"]) == (answer["spec"], answer["metadata"]["resourceVersion"])
    assert "finalizers" not in answer["metadata"]
    assert {**marked, "metadata": {**marked["metadata"], "resourceVersion": str(last.version)}} == last.object.value


def test_a_name_is_taken_until_its_object_is_gone(world):
    world.create(WFE, "a", metadata=HELD)
    taken = world.create(WFE, "a")
    world.delete(WFE, "a")
    going = world.create(WFE, "a")

    name = 'workflowexecutions.workflowexecution.kubernaut.io "a" already exists'
    assert [name, f"object is being deleted: {name}"] == [taken.message, going.message]


def test_deleting_again_changes_nothing(world):
    world.create(WFE, "a", metadata=HELD)
    world.delete(WFE, "a")
    before = world.state

    assert isinstance(world.delete(WFE, "a"), Found)
    assert world.state is before


def test_no_finalizer_is_added_to_what_is_being_deleted(world):
    world.create(WFE, "a", metadata=HELD)
    world.delete(WFE, "a")
    answer = world.update(WFE, with_finalizers(world.get(WFE, "a"), ["example.com/held", "example.com/more"]))

    assert (422, "Invalid") == refused(answer)
    assert "metadata.finalizers" == answer.causes[0][0]


def test_a_deletion_cannot_be_taken_back(world):
    world.create(WFE, "a", metadata=HELD)
    world.delete(WFE, "a")
    marked = world.get(WFE, "a")
    metadata = {k: v for k, v in marked["metadata"].items() if k != "deletionTimestamp"}

    assert marked == world.update(WFE, {**marked, "metadata": metadata})


def test_preconditions_guard_a_deletion(world):
    uid = world.create(WFE, "a")["metadata"]["uid"]

    assert (409, "Conflict") == refused(world.delete(WFE, "a", uid="another"))
    assert (409, "Conflict") == refused(world.delete(WFE, "a", resource_version="1"))
    assert isinstance(world.delete(WFE, "a", uid=uid, resource_version="2"), Removed)


def test_deleting_nothing_is_not_found(world):
    assert (404, "NotFound") == refused(world.delete(WFE, "a"))


def test_a_bound_pod_goes_gracefully_and_only_sooner(world):
    world.create(PODS, "p", spec={"nodeName": "n", "terminationGracePeriodSeconds": 20})

    def delete(grace):
        world.delete(PODS, "p", grace_period_seconds=grace)
        metadata = world.get(PODS, "p")["metadata"]
        return metadata["deletionGracePeriodSeconds"], metadata["deletionTimestamp"][-9:]

    assert [(20, "03:04:25Z"), (20, "03:04:25Z"), (5, "03:04:10Z")] == [delete(None), delete(60), delete(5)]
    assert isinstance(world.delete(PODS, "p", grace_period_seconds=0), Removed)


def test_a_negative_grace_period_is_one_second(world):
    world.create(PODS, "p", spec={"nodeName": "n"})
    world.delete(PODS, "p", grace_period_seconds=-1)

    assert 1 == world.get(PODS, "p")["metadata"]["deletionGracePeriodSeconds"]


def test_a_pod_that_no_kubelet_runs_goes_at_once(world):
    world.create(PODS, "unbound", spec={})
    ended = world.create(PODS, "ended", spec={"nodeName": "n"})
    world.update_status(PODS, {**ended, "status": {"phase": "Failed"}})

    assert all(isinstance(world.delete(PODS, name), Removed) for name in ("unbound", "ended"))


def test_propagation_is_remembered_as_a_finalizer(world):
    for name, propagation in (("f", FOREGROUND), ("o", ORPHAN)):
        world.create(WFE, name)
        world.delete(WFE, name, propagation=propagation)

    assert ["foregroundDeletion"] == world.get(WFE, "f")["metadata"]["finalizers"]
    assert ["orphan"] == world.get(WFE, "o")["metadata"]["finalizers"]
    assert isinstance(world.delete(WFE, "f"), Removed)  # a later Background takes the choice back


def test_a_namespace_goes_after_its_contents(world):
    world.create(NAMESPACES, "team", namespace="")
    world.create(WFE, "a", namespace="team", metadata=HELD)
    world.create(WFE, "b", namespace="team")
    world.delete(NAMESPACES, "team", namespace="")
    world.collect()

    assert "Terminating" == world.get(NAMESPACES, "team", namespace="")["status"]["phase"]
    assert ["a"] == world.names(WFE, namespace="team")
    assert (403, "Forbidden") == refused(world.create(WFE, "c", namespace="team"))
    world.update(WFE, with_finalizers(world.get(WFE, "a", namespace="team"), []))
    world.collect()
    assert (404, "NotFound") == refused(world.get(NAMESPACES, "team", namespace=""))
    assert ["default"] == world.names(NAMESPACES)
