"""The store's state: one bucket of objects and changes per resource type, one global version.

A write copies one bucket's dictionary and shares the rest.  A bucket's digest
is kept with it, so the digest of a state costs one hash per changed bucket.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import evolve, frozen

from wfcore.resources import ALL, Resource
from wfcore.simulation.objects import Json, ObjectKey, Place, StoredObject, fingerprint, path_of
from wfcore.simulation.watchlog import Change, ChangeType, WatchLog


@frozen(eq=False)
class Bucket:
    """The objects of one resource type and the log of what happened to them."""

    objects: Mapping[Place, StoredObject] = {}
    log: WatchLog = WatchLog()

    @cached_property
    def ordered(self) -> tuple[StoredObject, ...]:
        """Objects in list order."""
        return tuple(self.objects[place] for place in sorted(self.objects, key=path_of))

    @cached_property
    def entangled(self) -> tuple[StoredObject, ...]:
        """The objects that other objects' fates may matter to: those with owners, those being deleted."""
        return tuple(stored for stored in self.ordered if stored.terminating or stored.owner_references)

    @cached_property
    def digest(self) -> bytes:
        """Stands for the objects alone, whatever happened before."""
        return fingerprint(b"".join(o.digest for o in self.ordered))

    def at(self, version: int) -> Bucket:
        """The bucket as it was at `version`, rebuilt from the log; the caller knows the log reaches back so far."""
        newer = self.log.since(version)
        if not newer:
            return self
        objects = dict(self.objects)
        for change in reversed(newer):
            if change.before is None:
                del objects[change.place]
            else:
                objects[change.place] = change.before
        return Bucket(objects)


@frozen(eq=False)
class State:
    """Everything the store knows.

    Attributes:
        uid_seed: What uids and generated names are derived from, with `serial`.
        version: The last resourceVersion given out, over all kinds.
        serial: How many uids were given out.
        compacted: Changes up to this version are forgotten.
        kinds: The resource types served, by `(apiVersion, kind)`; owner references are resolved through it.
        buckets: Objects per resource type; a type without objects may be absent.
    """

    uid_seed: str
    version: int
    serial: int
    compacted: int
    kinds: Mapping[tuple[str, str], Resource]
    buckets: Mapping[Resource, Bucket]

    def bucket(self, resource: Resource) -> Bucket:
        return self.buckets.get(resource, _EMPTY)

    def find(self, resource: Resource, namespace: str, name: str) -> StoredObject | None:
        return self.bucket(resource).objects.get((namespace, name))

    def object_keys(self) -> Iterator[ObjectKey]:
        """Every object's key, by group, plural, namespace and name."""
        for resource in self.ordered_resources():
            for stored in self.buckets[resource].ordered:
                yield ObjectKey(resource, *stored.place)

    def ordered_resources(self) -> tuple[Resource, ...]:
        """The types that have or had objects, by group, plural and version."""
        return tuple(sorted(self.buckets, key=lambda r: (r.group, r.plural, r.version)))

    def serving(self, resources: Iterable[Resource]) -> State:
        """The same state, serving these resource types too."""
        return evolve(self, kinds={**self.kinds, **{(r.api_version, r.kind): r for r in resources}})

    @cached_property
    def contents_digest(self) -> bytes:
        """Stands for the objects of all kinds, resourceVersions included."""
        parts = sorted(
            f"{r.api_version}/{r.plural}=".encode() + b.digest for r, b in self.buckets.items() if b.objects
        )
        return fingerprint(b"\n".join(parts))

    @cached_property
    def digest(self) -> bytes:
        """Stands for everything a client could ever observe: objects, changes still held, counters."""
        counters = f"{self.uid_seed} {self.version} {self.serial} {self.compacted}".encode()
        logs = sorted(
            f"{r.api_version}/{r.plural}=".encode() + b.log.digest for r, b in self.buckets.items() if b.log.chunks
        )
        return fingerprint(b"\n".join((counters, self.contents_digest, *logs)))


_EMPTY = Bucket()


def empty(uid_seed: str = "", resources: Iterable[Resource] = ALL) -> State:
    """A store without objects, at version 0."""
    return State(uid_seed, 0, 0, 0, {(r.api_version, r.kind): r for r in resources}, {})


def stamped(value: Json, version: int) -> StoredObject:
    return StoredObject({**value, "metadata": {**value["metadata"], "resourceVersion": str(version)}})


def put(state: State, resource: Resource, value: Json) -> tuple[State, StoredObject]:
    """Commit one object under the next version."""
    stored, former = stamped(value, state.version + 1), state.bucket(resource).objects
    before = former.get(stored.place)
    kind = ChangeType.ADDED if before is None else ChangeType.MODIFIED
    objects = {**former, stored.place: stored}
    return _commit(state, resource, objects, Change(state.version + 1, kind, stored, before)), stored


def remove(state: State, resource: Resource, value: Json, before: StoredObject) -> tuple[State, StoredObject]:
    """Commit the end of one object; `value` is its last state."""
    stored = stamped(value, state.version + 1)
    objects = dict(state.bucket(resource).objects)
    del objects[stored.place]
    return _commit(state, resource, objects, Change(state.version + 1, ChangeType.DELETED, stored, before)), stored


def _commit(state: State, resource: Resource, objects: Mapping[Place, StoredObject], change: Change) -> State:
    bucket = Bucket(objects, state.bucket(resource).log.append(change))
    return State(state.uid_seed, change.version, state.serial, state.compacted, state.kinds,
                 {**state.buckets, resource: bucket})


def compact(state: State, version: int) -> State:
    """Forget the changes up to `version`."""
    if version <= state.compacted:
        return state
    buckets: dict[Resource, Any] = {r: Bucket(b.objects, b.log.after(version)) for r, b in state.buckets.items()}
    return evolve(state, compacted=min(version, state.version), buckets=buckets)
