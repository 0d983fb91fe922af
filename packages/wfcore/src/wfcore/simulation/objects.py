"""Stored objects: JSON values that nothing changes after they are stored.

The store shares them freely between states, snapshots and watch events, so a
value handed to the kernel belongs to it from then on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeAlias

from attrs import field, frozen

from wfcore.rawobject import RawObject
from wfcore.resources import Resource
from wfcore.simulation.decoded import InParts
from wfcore.simulation.weight import DEPTH, SMALL, WORST, Weighed, weigh

Json: TypeAlias = Mapping[str, Any]
Place: TypeAlias = tuple[str, str]  # namespace ("" for cluster-scoped kinds), name


def canonical(value: object) -> bytes:
    """One spelling per JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fingerprint(data: bytes) -> bytes:
    """16 bytes that stand for `data`."""
    return hashlib.blake2b(data, digest_size=16).digest()


@frozen(eq=False)
class StoredObject:
    """One object as stored.  `text` and `digest` are computed once, on demand."""

    value: Json

    _weighed: list[Weighed] = field(factory=list, init=False, repr=False)

    def may_exceed(self, size: int, before: StoredObject | None) -> bool:
        """Whether `text` may be longer than `size` bytes; `before` is a state of the object that shares parts."""
        known = before._weighed[0] if before is not None and before._weighed else None
        try:
            # A small one is weighed as a whole sooner than its parts are told apart.
            small = known is None or known.weight < SMALL
            weighed = weigh(dict(self.value), None if small else known, 0 if small else DEPTH)
        except ValueError:
            return True
        self._weighed[:] = [weighed]
        return WORST * weighed.weight > size

    @cached_property
    def text(self) -> bytes:
        return canonical(self.value)

    @cached_property
    def digest(self) -> bytes:
        return fingerprint(self.text)

    @cached_property
    def raw(self) -> RawObject:
        """The object as programs see it; what they decode of it they decode once."""
        return InParts(self.value)

    @property
    def metadata(self) -> Json:
        metadata: Json = self.value["metadata"]
        return metadata

    @cached_property
    def place(self) -> Place:
        return self.metadata.get("namespace", ""), self.metadata["name"]

    @cached_property
    def uid(self) -> str:
        return str(self.metadata["uid"])

    @cached_property
    def resource_version(self) -> int:
        return int(self.metadata["resourceVersion"])

    @cached_property
    def finalizers(self) -> tuple[str, ...]:
        return tuple(self.metadata.get("finalizers", ()))

    @property
    def terminating(self) -> bool:
        return "deletionTimestamp" in self.metadata

    @cached_property
    def owner_references(self) -> tuple[Json, ...]:
        return tuple(self.metadata.get("ownerReferences", ()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredObject) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.digest)


@frozen
class ObjectKey:
    """Where one object lives, across kinds."""

    resource: Resource
    namespace: str
    name: str


def path_of(place: Place) -> str:
    """The order of a list: by `namespace/name` as bytes of a path, as etcd orders its keys."""
    return f"{place[0]}/{place[1]}"
