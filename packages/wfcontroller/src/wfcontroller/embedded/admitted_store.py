"""The store kernel behind admission: what is refused never reaches a state, what is committed tells the server.

Requests are atomic and synchronous here; waiting is the server's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from attrs import evolve

from wfcontroller.api import ApiError
from wfcontroller.embedded.definitions import CLEANUP, custom_kinds, established, with_cleanup, without_cleanup
from wfcontroller.embedded.kinds import Kinds
from wfcontroller.embedded.wire import copied, error_of
from wfcore.resources import CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, Resource
from wfcore.simulation.metadata import timestamp
from wfcore.simulation.objects import ObjectKey, StoredObject
from wfcore.simulation.operations import (
    CollectGarbage,
    Compact,
    Create,
    Delete,
    Found,
    List,
    Listed,
    Operation,
    Refused,
    Removed,
    Result,
    Update,
    UpdateStatus,
)
from wfcore.simulation.state import State, empty
from wfcore.simulation.store import apply
from wfcore.simulation.watchlog import ChangeType

HISTORY = 2_000  # changes that a watch or a continue token may lie behind, at least
_IMMORTAL = ("default", "kube-public", "kube-system")


class AdmittedStore:
    """One kernel state and the kinds served.

    `on_commit` hears the resource types that changed, after every commit.
    """

    def __init__(
        self, uid_seed: str, clock: Callable[[], datetime], schemaless: Iterable[Resource],
        on_commit: Callable[[Sequence[Resource]], None],
    ) -> None:
        self.kinds = Kinds(schemaless)
        self.state = empty(uid_seed, self.kinds)
        self._clock, self._on_commit = clock, on_commit
        self._mark = self._collected = 0

    def read(self, operation: Operation) -> Result:
        """Perform an operation that changes nothing.  Raises `ApiError`."""
        result = apply(self.state, operation)[1]
        if isinstance(result, Refused):
            raise error_of(result)
        return result

    def write(self, operation: Create | Update | UpdateStatus | Delete, *, dry_run: bool = False) -> Found | Removed:
        """Admit and perform; a dry run does all of it but the commit.  Raises `ApiError`.

        A body is prepared in place.
        """
        if isinstance(operation, Delete):
            _check_deletable(operation)
        else:
            operation = self._prepared(operation)
        state, result = apply(self.state, operation)
        self._check(operation, result)
        if isinstance(result, Refused):
            raise error_of(result)
        assert isinstance(result, Found | Removed)
        if not dry_run:
            self._commit(state)
            self._follow_definition(operation, result)
        return result

    def collect(self) -> bool:
        """One pass of the background controllers of the server; False at their fixpoint."""
        version = self.state.version
        for operation in self._collections():
            state, _ = apply(self.state, operation)
            if state is not self.state:
                self._commit(state)
        self._clean_definitions()
        return self.state.version != version

    def _collections(self) -> list[CollectGarbage]:
        """What to look at since the last pass.

        Only an object that goes concerns others, so only then everything is looked at.
        """
        since, self._collected = self._collected, self.state.version
        changes = [(r, change) for r, bucket in self.state.buckets.items() for change in bucket.log.since(since)]
        going = any(change.type is ChangeType.DELETED or change.object.terminating for _, change in changes)
        if going or since < self.state.compacted:
            return [CollectGarbage(self._clock())]
        owned = [ObjectKey(r, *change.place) for r, change in changes if change.object.owner_references]
        return [CollectGarbage(self._clock(), key) for key in owned]

    def _prepared(self, operation: Create | Update | UpdateStatus) -> Create | Update | UpdateStatus:
        body = dict(operation.body)
        if isinstance(operation, UpdateStatus):
            body = {name: body[name] for name in ("apiVersion", "kind", "metadata", "status") if name in body}
        self.kinds.find(operation.resource).admission.prepare(body)
        if isinstance(operation, Create) and operation.resource == CUSTOM_RESOURCE_DEFINITIONS:
            body = with_cleanup(body)
        return evolve(operation, body=body)

    def _check(self, operation: Operation, result: Result) -> None:
        """Validate what would be stored, in the order of the API server.

        There a new object is validated before its name is found taken, an update after its preconditions.
        """
        if isinstance(operation, Create):
            if isinstance(result, Refused) and result.reason == "AlreadyExists":
                self.kinds.find(operation.resource).check(operation.body, None)
            elif isinstance(result, Found):
                self.kinds.find(operation.resource).check(result.object.value, None)
        elif isinstance(operation, Update | UpdateStatus) and isinstance(result, Found | Removed):
            old = self.state.find(operation.resource, *result.object.place)
            if old is not None and old is not result.object:
                self.kinds.find(operation.resource).check(result.object.value, old.value)

    def _commit(self, state: State) -> None:
        before = self.state
        changed = [r for r, bucket in state.buckets.items() if before.bucket(r) is not bucket]
        if state.version - self._mark > HISTORY:
            # Every watcher was woken at the last mark, so none that keeps up is cut off, however quiet its kind.
            state = apply(state, Compact(self._mark))[0]
            self._mark = state.version
            changed = list(self.kinds)
        self.state = state
        if changed:
            self._on_commit(changed)

    def _follow_definition(self, operation: Operation, result: Found | Removed) -> None:
        """Serve what a new or changed definition defines, and say so in its status."""
        if isinstance(operation, Create | Update) and operation.resource == CUSTOM_RESOURCE_DEFINITIONS:
            definition = result.object.value
            customs = tuple(custom_kinds(definition))
            self.kinds.serve(customs)
            self.state = self.state.serving(custom.resource for custom in customs)
            for custom in customs:
                self._read_anew(custom.resource)
            self._collected = -1  # owners of a kind that was unknown may be absent
            if isinstance(operation, Create):
                at = self._clock()
                body = established(definition, timestamp(at))
                self._commit(apply(self.state, UpdateStatus(CUSTOM_RESOURCE_DEFINITIONS, body, at))[0])

    def _read_anew(self, resource: Resource) -> None:
        """What is stored reads as its new definition has it: pruned and defaulted, and no event tells of it."""
        bucket, kind = self.state.bucket(resource), self.kinds.find(resource)
        if not bucket.objects:
            return
        objects = {}
        for place, stored in bucket.objects.items():
            value = copied(stored.value)
            kind.admission.prepare(value)
            objects[place] = StoredObject(value)
        self.state = evolve(self.state, buckets={**self.state.buckets, resource: evolve(bucket, objects=objects)})

    def _clean_definitions(self) -> None:
        """Delete the objects of definitions that are being deleted, then let go of the definitions."""
        for stored in self.state.bucket(CUSTOM_RESOURCE_DEFINITIONS).ordered:
            if stored.terminating and CLEANUP in stored.finalizers:
                customs = tuple(custom_kinds(stored.value))
                left = [self._delete_all(custom.resource) for custom in customs]
                if not any(left):
                    self.write(Update(CUSTOM_RESOURCE_DEFINITIONS, without_cleanup(stored.value), self._clock()))
                    self.kinds.withdraw(customs)

    def _delete_all(self, resource: Resource) -> bool:
        """Delete every object of a kind; True while some are left."""
        listed = self.read(List(resource))
        assert isinstance(listed, Listed)
        for stored in listed.items:
            if not stored.terminating:
                self.write(Delete(resource, *stored.place, self._clock()))
        return bool(self.state.bucket(resource).objects)


def _check_deletable(operation: Delete) -> None:
    if operation.resource == NAMESPACES and operation.name in _IMMORTAL:
        message = f'namespaces "{operation.name}" is forbidden: this namespace may not be deleted'
        raise ApiError(403, "Forbidden", message)
