"""Laws of garbage collection: what an owner's end means for its dependants."""

from __future__ import annotations

from wfcore.resources import CONFIG_MAPS, NAMESPACES, NODES, PODS
from wfcore.simulation.objects import ObjectKey
from wfcore.simulation.operations import CollectGarbage

from .kernel_world import FOREGROUND, NOW, ORPHAN, WFE, owner, refused

NOW_GONE = (404, "NotFound")


def test_a_live_owner_keeps_its_dependants(world):
    parent = world.create(WFE, "parent")
    world.create(CONFIG_MAPS, "child", metadata=owner(parent))

    assert 0 == world.collect()


def test_dependants_of_an_absent_owner_go_transitively(world):
    parent = world.create(WFE, "parent")
    child = world.create(CONFIG_MAPS, "child", metadata=owner(parent))
    world.create(PODS, "grandchild", spec={}, metadata=owner(child))
    world.delete(WFE, "parent")
    world.collect()

    assert [] == [*world.names(CONFIG_MAPS), *world.names(PODS)]


def test_an_owner_is_absent_by_uid_even_if_its_name_came_back(world):
    parent = world.create(WFE, "parent")
    world.create(CONFIG_MAPS, "child", metadata=owner(parent))
    world.delete(WFE, "parent")
    world.create(WFE, "parent")
    world.collect()

    assert [] == world.names(CONFIG_MAPS)


def test_an_owner_in_another_namespace_counts_as_absent(world):
    world.create(NAMESPACES, "team", namespace="")
    parent = world.create(WFE, "parent", namespace="team")
    world.create(CONFIG_MAPS, "child", metadata=owner(parent))
    world.collect()

    assert [] == world.names(CONFIG_MAPS)


def test_a_cluster_scoped_owner_owns_in_every_namespace(world):
    node = world.create(NODES, "n", namespace="")
    world.create(CONFIG_MAPS, "child", metadata=owner(node))

    assert 0 == world.collect()


def test_nothing_is_known_against_owners_that_cannot_be_looked_up(world):
    parent = world.create(WFE, "parent")
    strange = {**parent, "kind": "Strange"}
    world.create(CONFIG_MAPS, "child", metadata=owner(strange))
    world.create(NODES, "n", namespace="", metadata=owner(parent))

    assert 0 == world.collect()


def test_of_several_owners_only_the_absent_ones_are_struck_out(world):
    gone, stays = world.create(WFE, "gone"), world.create(WFE, "stays")
    references = [*owner(gone)["ownerReferences"], *owner(stays)["ownerReferences"]]
    world.create(CONFIG_MAPS, "child", metadata={"ownerReferences": references})
    world.delete(WFE, "gone")
    world.collect()

    assert owner(stays)["ownerReferences"] == world.get(CONFIG_MAPS, "child")["metadata"]["ownerReferences"]


def test_foreground_deletion_waits_for_blocking_dependants(world):
    parent = world.create(WFE, "parent")
    held = {"finalizers": ["example.com/held"]}
    world.create(CONFIG_MAPS, "blocks", metadata={**owner(parent, blockOwnerDeletion=True), **held})
    world.create(CONFIG_MAPS, "free", metadata=owner(parent))
    world.delete(WFE, "parent", propagation=FOREGROUND)
    world.collect()

    blocks = world.get(CONFIG_MAPS, "blocks")
    assert (["parent"], ["blocks"]) == (world.names(WFE), world.names(CONFIG_MAPS))
    assert "deletionTimestamp" in blocks["metadata"]
    world.update(CONFIG_MAPS, {**blocks, "metadata": {**blocks["metadata"], "finalizers": []}})
    world.collect()
    assert [] == world.names(WFE)


def test_foreground_deletion_does_not_wait_for_others(world):
    parent = world.create(WFE, "parent")
    world.create(CONFIG_MAPS, "held", metadata={**owner(parent), "finalizers": ["example.com/held"]})
    world.delete(WFE, "parent", propagation=FOREGROUND)
    world.collect()

    assert [] == world.names(WFE)
    assert "deletionTimestamp" in world.get(CONFIG_MAPS, "held")["metadata"]


def test_foreground_deletion_goes_down_the_levels_in_order(world):
    parent = world.create(WFE, "parent")
    child = world.create(CONFIG_MAPS, "child", metadata=owner(parent, blockOwnerDeletion=True))
    world.create(PODS, "leaf", spec={}, metadata=owner(child, blockOwnerDeletion=True))
    world.delete(WFE, "parent", propagation=FOREGROUND)
    world.collect()

    removed = [c for r in (PODS, CONFIG_MAPS, WFE) for c in world.changes(r) if c[0] == "DELETED"]
    versions = [
        change.version for r in (PODS, CONFIG_MAPS, WFE) for change in world.state.bucket(r).log
        if change.type.value == "DELETED"
    ]
    assert [("DELETED", "leaf"), ("DELETED", "child"), ("DELETED", "parent")] == removed
    assert sorted(versions) == versions


def test_a_dependant_already_going_is_left_alone(world):
    parent = world.create(WFE, "parent")
    world.create(CONFIG_MAPS, "child", metadata={**owner(parent), "finalizers": ["example.com/held"]})
    world.delete(CONFIG_MAPS, "child")
    world.delete(WFE, "parent")

    assert 0 == world.collect()


def test_a_going_foreground_dependant_of_an_absent_owner_is_not_deleted_twice(world):
    parent = world.create(WFE, "parent")
    child = world.create(CONFIG_MAPS, "child", metadata=owner(parent))
    held = {"finalizers": ["example.com/held"]}
    world.create(PODS, "leaf", spec={}, metadata={**owner(child, blockOwnerDeletion=True), **held})
    world.delete(CONFIG_MAPS, "child", propagation=FOREGROUND)
    world.delete(WFE, "parent")
    world.collect()

    assert (["child"], ["leaf"]) == (world.names(CONFIG_MAPS), world.names(PODS))
    assert 0 == world.collect()


def test_orphans_lose_the_reference_and_live(world):
    parent = world.create(WFE, "parent")
    world.create(CONFIG_MAPS, "child", metadata=owner(parent))
    world.delete(WFE, "parent", propagation=ORPHAN)
    world.collect()

    assert [] == world.names(WFE)
    assert "ownerReferences" not in world.get(CONFIG_MAPS, "child")["metadata"]


def test_a_collected_object_keeps_the_choice_its_finalizers_make_for_its_own_dependants(world):
    parent = world.create(WFE, "parent")
    chosen = {"finalizers": ["orphan"]}
    child = world.create(CONFIG_MAPS, "child", metadata={**owner(parent), **chosen})
    world.create(PODS, "leaf", spec={}, metadata=owner(child))
    world.delete(WFE, "parent")
    world.collect()

    assert ([], ["leaf"]) == (world.names(CONFIG_MAPS), world.names(PODS))


def test_one_object_can_be_collected_alone(world):
    """The checker takes the collector's moves one by one."""
    parent = world.create(WFE, "parent")
    for name in "ab":
        world.create(CONFIG_MAPS, name, metadata=owner(parent))
    kept = [ObjectKey(CONFIG_MAPS, "default", "b"), ObjectKey(WFE, "default", "parent")]
    assert [(), ()] == [world.do(CollectGarbage(NOW, key)).keys for key in kept]
    world.delete(WFE, "parent")
    key = kept[0]

    assert (key,) == world.do(CollectGarbage(NOW, key)).keys
    assert ["a"] == world.names(CONFIG_MAPS)
    assert () == world.do(CollectGarbage(NOW, key)).keys
    assert NOW_GONE == refused(world.get(CONFIG_MAPS, "b"))
