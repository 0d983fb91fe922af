"""The garbage collector and the namespace lifecycle, as moves of the world.

Each move looks at one object and does what the controllers of a real cluster
would do to it next.  A pass makes one move per object; repeated passes reach a
fixpoint, because every move removes an object, a finalizer or a reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcore.resources import NAMESPACES
from wfcore.simulation.deletion import FOREGROUND, ORPHAN, delete, settle
from wfcore.simulation.metadata import compacted
from wfcore.simulation.objects import Json, ObjectKey, StoredObject
from wfcore.simulation.operations import Propagation
from wfcore.simulation.state import State


def collect(state: State, at: datetime, only: ObjectKey | None = None) -> tuple[State, tuple[ObjectKey, ...]]:
    """One pass; returns the keys of the objects that changed.

    O(objects that are terminating or have owners), more where owners are being deleted.
    """
    moved = []
    for key in tuple(_candidates(state)) if only is None else (only,):
        after = _move(state, key, at)
        if after is not state:
            moved.append(key)
            state = after
    return state, tuple(moved)


def _candidates(state: State) -> Iterator[ObjectKey]:
    for resource in state.ordered_resources():
        for stored in state.buckets[resource].entangled:
            namespace, name = stored.place
            if stored.terminating or any(_fate(state, namespace, r) != "solid" for r in stored.owner_references):
                yield ObjectKey(resource, namespace, name)


def _move(state: State, key: ObjectKey, at: datetime) -> State:
    stored = state.find(key.resource, key.namespace, key.name)
    if stored is None:
        return state
    if stored.terminating:
        if ORPHAN in stored.finalizers:
            return _release_dependants(state, key, stored)
        if FOREGROUND in stored.finalizers and not _blocking(state, stored):
            return _without_finalizer(state, key, stored, FOREGROUND)
        if key.resource == NAMESPACES:
            return _empty_namespace(state, key, stored, at)
    elif stored.owner_references:
        return _judge_owners(state, key, stored, at)
    return state


@frozen
class _Owners:
    """An object's owner references by what became of the owners."""

    solid: tuple[Json, ...]
    dangling: tuple[Json, ...]
    waiting: tuple[Json, ...]  # being deleted in the foreground


def _owners(state: State, key: ObjectKey, stored: StoredObject) -> _Owners:
    found: dict[str, list[Json]] = {"solid": [], "dangling": [], "waiting": []}
    for reference in stored.owner_references:
        found[_fate(state, key.namespace, reference)].append(reference)
    return _Owners(tuple(found["solid"]), tuple(found["dangling"]), tuple(found["waiting"]))


def _fate(state: State, namespace: str, reference: Json) -> str:
    resource = state.kinds.get((reference["apiVersion"], reference["kind"]))
    if resource is None or (resource.namespaced and not namespace):
        return "solid"  # it cannot be looked up, so nothing is known against it
    owner = state.find(resource, namespace if resource.namespaced else "", reference["name"])
    if owner is None or owner.uid != reference["uid"]:
        return "dangling"
    return "waiting" if owner.terminating and FOREGROUND in owner.finalizers else "solid"


def _judge_owners(state: State, key: ObjectKey, stored: StoredObject, at: datetime) -> State:
    owners = _owners(state, key, stored)
    if not owners.dangling and not owners.waiting:
        return state
    if owners.solid:
        kept = [r for r in stored.owner_references if r in owners.solid]
        return _with_metadata(state, key, stored, {**stored.metadata, "ownerReferences": kept})
    propagation = Propagation.BACKGROUND
    if ORPHAN in stored.finalizers:
        propagation = Propagation.ORPHAN
    elif FOREGROUND in stored.finalizers or (owners.waiting and any(_dependants(state, stored))):
        propagation = Propagation.FOREGROUND
    return delete(state, key.resource, stored, at, propagation)[0]


def _dependants(state: State, owner: StoredObject) -> Iterator[tuple[ObjectKey, StoredObject, Json]]:
    for resource, bucket in state.buckets.items():
        for stored in bucket.ordered:
            for reference in stored.owner_references:
                if reference["uid"] == owner.uid:
                    yield ObjectKey(resource, *stored.place), stored, reference


def _blocking(state: State, owner: StoredObject) -> bool:
    return any(reference.get("blockOwnerDeletion") for _, _, reference in _dependants(state, owner))


def _release_dependants(state: State, key: ObjectKey, owner: StoredObject) -> State:
    for dependant, stored, _ in tuple(_dependants(state, owner)):
        kept = [r for r in stored.owner_references if r["uid"] != owner.uid]
        state = _with_metadata(state, dependant, stored, {**stored.metadata, "ownerReferences": kept})
    return _without_finalizer(state, key, owner, ORPHAN)


def _empty_namespace(state: State, key: ObjectKey, namespace: StoredObject, at: datetime) -> State:
    held = [k for k in state.object_keys() if k.namespace == key.name]
    for content in held:
        stored = state.find(content.resource, content.namespace, content.name)
        if stored is not None and not stored.terminating:
            state = delete(state, content.resource, stored, at, Propagation.BACKGROUND)[0]
    if held:
        return state
    spec = {k: v for k, v in namespace.value.get("spec", {}).items() if k != "finalizers"}
    return settle(state, NAMESPACES, {**namespace.value, "spec": spec}, namespace)[0]


def _without_finalizer(state: State, key: ObjectKey, stored: StoredObject, finalizer: str) -> State:
    finalizers = [f for f in stored.finalizers if f != finalizer]
    return _with_metadata(state, key, stored, {**stored.metadata, "finalizers": finalizers})


def _with_metadata(state: State, key: ObjectKey, stored: StoredObject, metadata: dict[str, Any]) -> State:
    return settle(state, key.resource, {**stored.value, "metadata": compacted(metadata)}, stored)[0]
