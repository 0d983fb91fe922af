"""What the store can be asked, and what it answers: two closed unions of frozen values.

`at` is the instant of the request (aware, UTC); the store has no clock.
`namespace` is `""` for cluster-scoped kinds, and for "all of them" in `List`
and `EventsSince`.  Interpreters end in `assert_never`.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from wfcore.resources import Resource
from wfcore.simulation.objects import Json, ObjectKey, StoredObject
from wfcore.simulation.watchlog import Change


class Propagation(enum.Enum):
    """What happens to an object's dependants when it is deleted."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


@frozen
class Create:
    resource: Resource
    body: Json
    at: datetime


@frozen
class Get:
    resource: Resource
    namespace: str
    name: str


@frozen
class List:
    """One page in `namespace/name` order.  `limit` 0: everything.

    `version` reads the past (a cache that lags); a token carries the version of its first page.
    """

    resource: Resource
    namespace: str = ""
    selector: str = ""
    limit: int = 0
    token: str = ""
    version: int | None = None


@frozen
class Update:
    resource: Resource
    body: Json
    at: datetime


@frozen
class UpdateStatus:
    resource: Resource
    body: Json
    at: datetime


@frozen
class Delete:
    resource: Resource
    namespace: str
    name: str
    at: datetime
    uid: str = ""
    resource_version: str = ""
    propagation: Propagation = Propagation.BACKGROUND
    grace_period_seconds: int | None = None


@frozen
class CollectGarbage:
    """One pass of the garbage collector and of the namespace lifecycle, over everything or over one object."""

    at: datetime
    only: ObjectKey | None = None


@frozen
class EventsSince:
    """Changes after `version`, in order: what a watch would deliver by now."""

    resource: Resource
    version: int
    namespace: str = ""


@frozen
class Compact:
    """Forget changes up to and including `version`; older watches and continue tokens then expire."""

    version: int


Operation: TypeAlias = (
    Create | Get | List | Update | UpdateStatus | Delete | CollectGarbage | EventsSince | Compact
)


@frozen
class Found:
    """The object as it is, or as it is after the write."""

    object: StoredObject


@frozen
class Removed:
    """The object is gone; `object` is its last state, with the resourceVersion of its removal.

    After an update that let go of it `object` is what the update made of it, with the version it was read at.
    """

    object: StoredObject


@frozen
class Listed:
    items: tuple[StoredObject, ...]
    version: int
    token: str = ""


@frozen
class Events:
    """`version` is where to go on from, even when nothing matched."""

    changes: tuple[Change, ...]
    version: int


@frozen
class Collected:
    """The objects the pass changed or removed; empty at the fixpoint."""

    keys: tuple[ObjectKey, ...]


@frozen
class Compacted:
    version: int


@frozen
class Refused:
    """Why the store did nothing: HTTP status, `metav1.StatusReason`, sentence, `(field, message)` causes."""

    status: int
    reason: str
    message: str
    causes: tuple[tuple[str, str], ...] = ()


Result: TypeAlias = Found | Removed | Listed | Events | Collected | Compacted | Refused


class Refusal(Exception):
    """Carries a `Refused` out of a rule to `apply`, which returns it."""

    def __init__(self, status: int, reason: str, message: str, causes: tuple[tuple[str, str], ...] = ()) -> None:
        self.refused = Refused(status, reason, message, causes)
        super().__init__(message)


def qualified(resource: Resource) -> str:
    """`deployments.apps`, `pods`: how messages of the API server name a resource type."""
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural


def qualified_kind(resource: Resource) -> str:
    """`Deployment.apps`, `Pod`: how other messages name it."""
    return f"{resource.kind}.{resource.group}" if resource.group else resource.kind


def not_found(resource: Resource, name: str) -> Refusal:
    return Refusal(404, "NotFound", f'{qualified(resource)} "{name}" not found')


def conflict(resource: Resource, name: str, why: str) -> Refusal:
    return Refusal(409, "Conflict", f'Operation cannot be fulfilled on {qualified(resource)} "{name}": {why}')


def invalid(resource: Resource, name: str, causes: tuple[tuple[str, str], ...]) -> Refusal:
    """422 with every problem: one cause per field, all of them in the message."""
    problems = [f"{path}: {message}" for path, message in causes]
    listed = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
    return Refusal(422, "Invalid", f'{qualified_kind(resource)} "{name}" is invalid: {listed}', causes)
