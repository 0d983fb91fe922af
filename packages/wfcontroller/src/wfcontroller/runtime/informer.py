"""A local copy of all objects of one kind, kept by list and watch, and never older than this process's own writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeAlias

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.listing import everything
from wfcontroller.objects import Key, key_of, labels_of, metadata
from wfcontroller.runtime.pacing import Pacing
from wfcore.resources import Resource

# How long a kind that nobody has defined is left alone: whoever installs is waiting.
_ABSENT_LONGEST = 5.0
# Under which value an object is found, or, as a frozen set, under which several.
Indexer: TypeAlias = Callable[[Object], Hashable]
Handler: TypeAlias = Callable[[Object], None]


def version_of(item: Object) -> int:
    """The resourceVersion as the number that servers count with, the embedded one and those on etcd."""
    return int(metadata(item)["resourceVersion"])


class Informer:
    """The objects of one kind, by key and by named indexes; handlers hear every change, including deletions.

    With `only` it is the one object of that namespace and name, or without a name all of the namespace.  Objects are
    shared: whoever reads one must not change it.

    Attributes:
        absent: Whether the server had no such kind when it was last asked.
        lists: How often the kind was listed: once, and again after each break.
        heard_at: When the server last said anything about the kind, by the loop's clock; None before that.
    """

    def __init__(self, resource: Resource, indexers: Mapping[str, Indexer] | None = None, *,
                 only: Key = ("", "")) -> None:
        self.resource, self.synced, self.absent = resource, asyncio.Event(), False
        self._namespace, self._name = only
        self._objects: dict[Key, Object] = {}
        self._indexers = dict(indexers or {})
        self._index: dict[tuple[str, Hashable], dict[Key, Object]] = {}
        # As computed when the object was stored, so that removing it costs nothing and finds the same places.
        self._entries: dict[Key, tuple[tuple[str, Hashable], ...]] = {}
        self._handlers: list[Handler] = []
        self._arrivals: list[Callable[[], None]] = []
        self._version, self.lists = 0, 0
        self.heard_at: float | None = None

    def __len__(self) -> int:
        return len(self._objects)

    def subscribe(self, handler: Handler) -> None:
        """Call `handler` with the object, as it is now or last was, whenever it changes.

        When labels or owners change it hears the former object too: whoever selected or owned it is concerned.
        """
        self._handlers.append(handler)

    def on_arrival(self, hear: Callable[[], None]) -> None:
        """Call `hear` once the kind can be listed after it was absent, when its objects are here."""
        self._arrivals.append(hear)

    def get(self, key: Key) -> Object | None:
        """The object, if it exists."""
        return self._objects.get(key)

    def all(self) -> list[Object]:
        """Every object, by namespace and name."""
        return [item for _, item in sorted(self._objects.items(), key=lambda entry: entry[0])]

    def having(self, index: str, value: Hashable) -> list[Object]:
        """The objects for which the named indexer gives `value`, by namespace and name."""
        return [item for _, item in sorted(self._index.get((index, value), {}).items(), key=lambda entry: entry[0])]

    def count(self, index: str, value: Hashable) -> int:
        """How many objects `having` would give; O(1)."""
        return len(self._index.get((index, value), ()))

    def remember(self, item: Object) -> None:
        """Take over the answer to a write, unless the watch is already past it (then it may be gone again)."""
        if version_of(item) > self._version:
            self._store(item)

    async def follow(self, api: Api, pacing: Pacing) -> None:
        """Keep the copy until cancelled; after an expired version or a failed request it waits and lists again."""
        failures = 0
        while True:
            try:
                await self._list(api)
                failures = 0
                while True:
                    await self._watch(api, pacing.watch_timeout)
            except ApiError as error:
                self.absent = error.status == 404
                if self.absent:
                    # Nobody has defined the kind, or no longer: what was seen stays, and nothing else is held up.
                    self.synced.set()
                longest = min(pacing.retry_longest, _ABSENT_LONGEST) if self.absent else pacing.retry_longest
                pause = min(pacing.retry_first * 2 ** min(failures, 30), longest)
                await asyncio.sleep(max(pause, error.retry_after or 0.0))
                failures += 1

    async def _list(self, api: Api) -> None:
        items, version = await everything(api, self.resource, self._namespace, name=self._name)
        self.lists, self.heard_at = self.lists + 1, asyncio.get_running_loop().time()
        came = self.absent
        self._replace(items, int(version))
        if came:
            for hear in self._arrivals:
                hear()

    def _replace(self, items: list[Object], version: int) -> None:
        self._version, self.absent = version, False
        listed = dict.fromkeys(map(key_of, items))
        gone = [item for item in self.all() if key_of(item) not in listed and version_of(item) <= self._version]
        for item in gone:
            self._remove(key_of(item))
        former = [self._objects.get(key_of(item)) for item in items]
        for item in items:
            self._store(item)
        for item in gone:
            self._tell(item, None)
        for item, before in zip(items, former, strict=True):
            self._tell(item, before)
        self.synced.set()

    async def _watch(self, api: Api, seconds: float) -> None:
        events = api.watch(self.resource, self._namespace, resource_version=str(self._version), name=self._name,
                           timeout_seconds=seconds)
        async for event in events:
            self._version, self.heard_at = version_of(event.object), asyncio.get_running_loop().time()
            if event.type == "BOOKMARK":
                continue
            before = self._objects.get(key_of(event.object))
            if event.type == "DELETED":
                self._forget(event.object)
            else:
                self._store(event.object)
            self._tell(event.object, before)

    def _forget(self, item: Object) -> None:
        held = self._objects.get(key_of(item))
        if held is not None and version_of(held) <= version_of(item):  # otherwise it has been created again since
            self._remove(key_of(item))

    def _store(self, item: Object) -> None:
        key = key_of(item)
        held = self._objects.get(key)
        if held is not None and version_of(held) > version_of(item):
            return  # this process has written, and remembered, a newer one
        self._remove(key)
        self._objects[key] = item
        self._entries[key] = tuple(self._entries_of(item))
        for entry in self._entries[key]:
            self._index.setdefault(entry, {})[key] = item

    def _entries_of(self, item: Object) -> Iterator[tuple[str, Hashable]]:
        for name, indexer in self._indexers.items():
            found = indexer(item)
            yield from ((name, value) for value in (found if isinstance(found, frozenset) else (found,)))

    def _remove(self, key: Key) -> None:
        self._objects.pop(key, None)
        for entry in self._entries.pop(key, ()):
            del self._index[entry][key]
            if not self._index[entry]:
                del self._index[entry]

    def _tell(self, item: Object, before: Object | None) -> None:
        moved = before is not None and _belongings(before) != _belongings(item)
        for told in (item, before) if before is not None and moved else (item,):
            for handler in self._handlers:
                handler(told)


def _belongings(item: Object) -> tuple[object, object]:
    return labels_of(item), metadata(item).get("ownerReferences")
