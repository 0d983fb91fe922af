"""Laws that hold whatever clients do: a machine does anything, and the invariants look after every step."""

from __future__ import annotations

import pickle
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from wfcore.resources import CONFIG_MAPS, NAMESPACES, PODS
from wfcore.simulation.operations import Compact, Create, EventsSince, List, Propagation, Refused
from wfcore.simulation.store import apply

from .kernel_world import NOW, WFE, World, owner

KINDS = st.sampled_from((WFE, CONFIG_MAPS, PODS))
NAMES = st.sampled_from(("a", "b", "c"))
PLACES = st.sampled_from(("default", "team"))
FINALIZERS = st.lists(st.sampled_from(("x.io/f", "x.io/g")), unique=True)


class Clients(RuleBasedStateMachine):
    """Everything a client can ask, in any order."""

    @initialize()
    def start(self) -> None:
        self.world = World("laws")
        self.world.create(NAMESPACES, "team", namespace="")
        self.replayed: dict[Any, dict[Any, Any]] = {}
        self.seen = dict.fromkeys((WFE, CONFIG_MAPS, PODS), 0)
        self.operations: list[Any] = []
        self.versions: list[int] = []
        self.uids: set[str] = set()

    @rule(resource=KINDS, name=NAMES, place=PLACES, finalizers=FINALIZERS, owned_by=NAMES, blocks=st.booleans())
    def create(self, resource, name, place, finalizers, owned_by, blocks):
        parent = self.world.get(WFE, owned_by, namespace=place)
        metadata = {} if isinstance(parent, Refused) else owner(parent, blockOwnerDeletion=blocks)
        before = self.world.state
        made = self.world.create(resource, name, namespace=place, spec={}, metadata={
            **metadata, "finalizers": finalizers})
        if isinstance(made, Refused):
            assert self.world.state is before
        else:
            assert made["metadata"]["uid"] not in self.uids
            self.uids.add(made["metadata"]["uid"])

    @rule(resource=KINDS, name=NAMES, place=PLACES, value=st.integers(0, 2), status=st.booleans())
    def write(self, resource, name, place, value, status):
        old = self.world.get(resource, name, namespace=place)
        if isinstance(old, Refused) or (status and not resource.has_status):
            return
        write = self.world.update_status if status else self.world.update
        after = write(resource, {**old, "spec": {"x": value}, "status": {"y": value}})
        untouched = "spec" if status else "status"
        if resource.has_status:
            assert old.get(untouched) == after.get(untouched)
            assert after["metadata"]["generation"] - old["metadata"]["generation"] == (
                not status and old["spec"] != {"x": value})

    @rule(resource=KINDS, name=NAMES, place=PLACES, finalizers=FINALIZERS)
    def set_finalizers(self, resource, name, place, finalizers):
        old = self.world.get(resource, name, namespace=place)
        if isinstance(old, Refused):
            return
        answer = self.world.update(resource, {**old, "metadata": {**old["metadata"], "finalizers": finalizers}})
        added = set(finalizers) - set(old["metadata"].get("finalizers", ()))
        assert isinstance(answer, Refused) == ("deletionTimestamp" in old["metadata"] and bool(added))

    @rule(resource=KINDS, name=NAMES, place=PLACES, propagation=st.sampled_from(Propagation))
    def delete(self, resource, name, place, propagation):
        self.world.delete(resource, name, namespace=place, propagation=propagation)

    @rule()
    def delete_namespace(self):
        self.world.delete(NAMESPACES, "team", namespace="")

    @rule()
    def collect(self):
        self.world.collect()
        for resource in (WFE, CONFIG_MAPS, PODS):
            for stored in self.world.do(List(resource)).items:
                owners = [self.world.get(WFE, r["name"], namespace=stored.place[0]) for r in stored.owner_references]
                live = [o for o in owners if not isinstance(o, Refused)]
                assert not stored.owner_references or live or stored.terminating

    @rule(back=st.integers(0, 5))
    def compact(self, back):
        self.catch_up()
        self.world.do(Compact(self.world.state.version - back))

    @rule()
    def catch_up(self):
        """A watch that comes back now and then misses nothing."""
        for resource, version in self.seen.items():
            events = self.world.do(EventsSince(resource, version))
            mirror = self.replayed.setdefault(resource, {})
            for change in events.changes:
                assert (change.place in mirror) == (change.type.value != "ADDED")
                if change.type.value == "DELETED":
                    del mirror[change.place]
                else:
                    mirror[change.place] = change.object
            self.seen[resource] = events.version
            assert mirror == dict(self.world.state.bucket(resource).objects)

    @invariant()
    def versions_only_rise(self):
        if not hasattr(self, "world"):
            return
        self.versions.append(self.world.state.version)
        assert self.versions == sorted(self.versions)
        held = [c.version for b in self.world.state.buckets.values() for c in b.log]
        assert len(held) == len(set(held))

    @invariant()
    def every_object_is_held_by_something_if_it_is_terminating(self):
        if not hasattr(self, "world"):
            return
        for key in self.world.state.object_keys():
            stored = self.world.state.find(key.resource, key.namespace, key.name)
            held = stored.finalizers or stored.value.get("spec", {}).get("finalizers")
            assert not stored.terminating or held


TestClients = Clients.TestCase


def test_the_same_operations_give_the_same_digest_and_leave_the_old_state_alone():
    def run() -> list[bytes]:
        world, digests = World("pure"), []
        old = world.state
        before = pickle.dumps(old.digest)
        parent = world.create(WFE, "a", spec={"x": 1})
        world.create(CONFIG_MAPS, "c", metadata=owner(parent))
        digests.append(world.state.digest)
        world.delete(WFE, "a")
        world.collect()
        digests.append(world.state.digest)
        assert before == pickle.dumps(old.digest)
        assert [] == [*old.bucket(WFE).ordered, *old.bucket(CONFIG_MAPS).ordered]
        return digests

    assert run() == run()
    assert 2 == len(set(run()))


def test_contents_are_told_apart_from_history():
    first, second = World("x"), World("x")
    second.create(WFE, "a")
    second.delete(WFE, "a")

    assert first.state.contents_digest == second.state.contents_digest
    assert first.state.digest != second.state.digest


def test_a_state_survives_pickling():
    world = World()
    for number in range(200):
        world.create(WFE, f"w{number}")
    copy = pickle.loads(pickle.dumps(world.state))

    assert copy.digest == world.state.digest
    assert copy.bucket(WFE).ordered == world.state.bucket(WFE).ordered
    assert len(set(copy.bucket(WFE).ordered) | set(world.state.bucket(WFE).ordered)) == 200


def test_applying_does_not_change_what_it_was_given():
    world = World()
    body = {"metadata": {"name": "a", "namespace": "default", "labels": {}}, "spec": {"x": [1]}, "status": {}}
    given = pickle.dumps(body)
    apply(world.state, Create(WFE, body, NOW))

    assert given == pickle.dumps(body)
