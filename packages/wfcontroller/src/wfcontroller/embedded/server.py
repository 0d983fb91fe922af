"""The embedded API server: the admitted store with a loop around it.

It decides nothing about objects: the kernel does, and `admission` says what a
body must look like.  It knows the running loop's clock and the `clock` it was
given for timestamps, holds no thread and iterates over no set, so on a
virtual-time loop the same requests give the same bytes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime

from wfcontroller.api import ApiError, Object, Page, WatchEvent
from wfcontroller.embedded.admission.paths import unsupported
from wfcontroller.embedded.admitted_store import AdmittedStore
from wfcontroller.embedded.decoding import decoded
from wfcontroller.embedded.disruptions import after_eviction, check_eviction
from wfcontroller.embedded.reviews import reviewed
from wfcontroller.embedded.watching import Wakeups, bookmark, parsed_version
from wfcontroller.embedded.wire import answered, listed
from wfcore.resources import (
    CUSTOM_RESOURCE_DEFINITIONS,
    NAMESPACES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    SUBJECT_ACCESS_REVIEWS,
    Resource,
)
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.operations import (
    Create,
    Delete,
    Events,
    EventsSince,
    Found,
    Get,
    List,
    Listed,
    Propagation,
    Update,
    UpdateStatus,
)
from wfcore.simulation.state import State

COLLECT_AFTER_SECONDS = 0.1  # how far garbage collection lags behind
FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


class EmbeddedServer:
    """Implements `wfcontroller.api.Api` in memory.

    Args:
        clock: The instant for timestamps, aware; on a virtual-time loop derived from the loop's clock.
        seed: What uids and generated names derive from; None draws one, so that no two servers share uids.
        crds: CustomResourceDefinition objects to create at the beginning.
        schemaless: Further resource types, served without a definition.
        bookmark_seconds: How often a watch says how far it has come.  With infinity here and as a watch's timeout,
            waiting watches hold no timer, and a virtual-time loop can tell that nothing will ever happen.
    """

    def __init__(
        self, clock: Callable[[], datetime], seed: int | None = None, crds: Iterable[Object] = (),
        schemaless: Iterable[Resource] = (), bookmark_seconds: float = 60.0,
    ) -> None:
        self._clock, self._bookmark_seconds = clock, bookmark_seconds
        self._wakeups = Wakeups()
        self._collecting: asyncio.TimerHandle | None = None
        uid_seed = secrets.token_hex(16) if seed is None else str(seed)
        self._store = AdmittedStore(uid_seed, clock, schemaless, self._committed)
        for name in FIRST_NAMESPACES:
            self._create(NAMESPACES, {"metadata": {"name": name}}, dry_run=False)
        for definition in crds:
            self._create(CUSTOM_RESOURCE_DEFINITIONS, definition, dry_run=False)

    @property
    def state(self) -> State:
        """The kernel's state: immutable, so a snapshot of everything."""
        return self._store.state

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        await asyncio.sleep(0)
        found = self._store.read(Get(self._known(resource), namespace, name))
        assert isinstance(found, Found)
        return answered(found.object)

    async def list(
        self, resource: Resource, namespace: str = "", *, label_selector: str = "", name: str = "", limit: int = 0,
        continue_token: str = "",
    ) -> Page:
        await asyncio.sleep(0)
        known = self._known(resource)
        page = self._listed(List(known, namespace, label_selector, limit, continue_token))
        items = tuple(listed(known, stored) for stored in page.items if _is_named(stored, name))
        return Page(items, str(page.version), page.token)

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        await asyncio.sleep(0)
        if resource == SUBJECT_ACCESS_REVIEWS:
            return reviewed(body)
        return answered(self._create(resource, body, dry_run=dry_run))

    async def update(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        await asyncio.sleep(0)
        known = self._known(resource)
        operation = Update(known, decoded(known, body), self._clock())
        return answered(self._store.write(operation, dry_run=dry_run).object)

    async def update_status(self, resource: Resource, body: Object) -> Object:
        await asyncio.sleep(0)
        known = self._known(resource)
        return answered(self._store.write(UpdateStatus(known, decoded(known, body), self._clock())).object)

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", resource_version: str = "",
        propagation: str = "Background", grace_period_seconds: int | None = None, dry_run: bool = False,
    ) -> None:
        await asyncio.sleep(0)
        operation = Delete(
            self._known(resource), namespace, name, self._clock(), uid, resource_version, _propagation(propagation),
            grace_period_seconds,
        )
        self._store.write(operation, dry_run=dry_run)

    async def evict(
        self, namespace: str, pod: str, *, grace_period_seconds: int | None = None, dry_run: bool = False
    ) -> None:
        await asyncio.sleep(0)
        found = self._store.read(Get(PODS, namespace, pod))
        assert isinstance(found, Found)
        budgets = self._listed(List(POD_DISRUPTION_BUDGETS, namespace)).items
        spent = check_eviction(found.object.value, (budget.value for budget in budgets))
        if spent is not None:
            update = UpdateStatus(POD_DISRUPTION_BUDGETS, after_eviction(spent), self._clock())
            self._store.write(update, dry_run=dry_run)
        deletion = Delete(PODS, namespace, pod, self._clock(), grace_period_seconds=grace_period_seconds)
        self._store.write(deletion, dry_run=dry_run)

    async def watch(
        self, resource: Resource, namespace: str = "", *, resource_version: str, name: str = "",
        timeout_seconds: float = 300.0,
    ) -> AsyncIterator[WatchEvent]:
        loop = asyncio.get_running_loop()
        end, next_bookmark = loop.time() + timeout_seconds, loop.time() + self._bookmark_seconds
        known, version = self._known(resource), parsed_version(resource_version)
        if version == 0:  # "any version": what is there now, then what happens to it
            page = self._listed(List(known, namespace))
            version = page.version
            for stored in page.items:
                if _is_named(stored, name):
                    yield WatchEvent("ADDED", answered(stored))
        while True:
            events = self._store.read(EventsSince(known, version, namespace))
            assert isinstance(events, Events)
            version = max(version, events.version)
            for change in events.changes:
                if _is_named(change.object, name):
                    yield WatchEvent(change.type.value, answered(change.object))
            # A consumer may have taken its time over the events; what came meanwhile goes before any bookmark.
            if self.state.version > version:
                continue
            now = loop.time()
            if now >= min(end, next_bookmark):
                yield bookmark(known, version)
                next_bookmark = now + self._bookmark_seconds
            if now >= end:
                return
            if self.state.version == version:
                await self._wakeups.wait(known, min(end, next_bookmark))

    def _known(self, resource: Resource) -> Resource:
        return self._store.kinds.find(resource).resource

    def _create(self, resource: Resource, body: Object, *, dry_run: bool) -> StoredObject:
        known = self._known(resource)
        return self._store.write(Create(known, decoded(known, body), self._clock()), dry_run=dry_run).object

    def _listed(self, operation: List) -> Listed:
        page = self._store.read(operation)
        assert isinstance(page, Listed)
        return page

    def _committed(self, changed: Sequence[Resource]) -> None:
        self._wakeups.wake(changed)
        if self._collecting is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # the objects a server begins with, before any loop runs
            self._collecting = loop.call_later(COLLECT_AFTER_SECONDS, self._collect)

    def _collect(self) -> None:
        self._collecting = None
        self._store.collect()  # a commit inside schedules the next pass, until nothing is left to do


def _is_named(stored: StoredObject, name: str) -> bool:
    return not name or stored.place[1] == name


def _propagation(name: str) -> Propagation:
    try:
        return Propagation(name)
    except ValueError as error:
        cause = unsupported(("propagationPolicy",), name, ("Foreground", "Background", "Orphan", "nil"))
        message = f'DeleteOptions.meta.k8s.io "" is invalid: {cause[0]}: {cause[1]}'
        raise ApiError(422, "Invalid", message, causes=(cause,)) from error
