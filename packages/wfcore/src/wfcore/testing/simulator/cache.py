"""What one controller sees without asking: a copy of one kind, kept by list and watch as the runtime keeps it.

The watch may lag, fall silent, repeat itself and lose events; a list may be of
the past or empty.  Never is a copy of an object replaced by an older one, and
never is it older than what this controller wrote.
"""

from __future__ import annotations

from collections.abc import Sequence

from wfcore.resources import WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation.objects import Place, StoredObject
from wfcore.simulation.watchlog import Change, ChangeType
from wfcore.testing.simulator.cluster import Cluster


class Cache:
    """The objects of one kind, by place.  `version` is how far the watch has come."""

    def __init__(self, cluster: Cluster, resource: Resource) -> None:
        self.resource, self.version = resource, 0
        self.silent = False  # the watch is open and says nothing
        self.pending = False  # a delivery is under way
        self._cluster = cluster
        self._objects: dict[Place, StoredObject] = {}
        self._owned: dict[str, list[StoredObject]] = {}  # answers, until something changes

    def get(self, place: Place) -> StoredObject | None:
        """One object, as last seen."""
        return self._objects.get(place)

    def owned_by(self, name: str) -> Sequence[StoredObject]:
        """The objects that a workflow of this name controls, by name."""
        found = self._owned.get(name)
        if found is None:
            objects = (self._objects[place] for place in sorted(self._objects))
            found = self._owned[name] = [stored for stored in objects if owner_name(stored) == name]
        return found

    def news(self) -> tuple[Change, ...]:
        """What the watch has not delivered yet."""
        return self._cluster.state.bucket(self.resource).log.since(self.version)

    def deliver(self, change: Change) -> None:
        """One event."""
        if change.type is ChangeType.DELETED:
            held = self._objects.get(change.place)
            if held is not None and held.resource_version <= change.version:
                self._forget(change.place)
        else:
            self._store(change.object)

    def remember(self, stored: StoredObject) -> None:
        """Take over the answer to a write of this controller, unless the watch is past it."""
        if stored.resource_version > self.version:
            self._store(stored)

    def relist(self, version: int, *, empty: bool = False) -> list[StoredObject]:
        """Replace the copy by the list at `version`; returns all objects that are or were there."""
        listed = () if empty else self._cluster.state.bucket(self.resource).at(version).ordered
        self.version, self.silent = version, False
        places = {stored.place for stored in listed}
        gone = [o for p, o in sorted(self._objects.items()) if p not in places and o.resource_version <= version]
        for stored in gone:
            self._forget(stored.place)
        for stored in listed:
            self._store(stored)
        return [*gone, *listed]

    def _store(self, stored: StoredObject) -> None:
        held = self._objects.get(stored.place)
        if held is None or held.resource_version <= stored.resource_version:
            self._objects[stored.place] = stored
            self._owned.clear()

    def _forget(self, place: Place) -> None:
        del self._objects[place]
        self._owned.clear()


def owner_name(stored: StoredObject) -> str:
    """The name of the workflow that controls an execution, or an empty string."""
    for owner in stored.owner_references:
        if owner.get("controller") and owner.get("kind") == WORKFLOW_EXECUTIONS.kind:
            return str(owner["name"])
    return ""
