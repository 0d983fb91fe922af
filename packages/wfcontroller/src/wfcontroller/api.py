"""The Kubernetes requests that the runtime and the executor make, as one protocol.

Two things implement it: the embedded API server and the transport to a real
cluster.  Objects are plain JSON (`dict`), as the API server sends them; a
caller never changes one it was given and an implementation never keeps one it
was handed without copying.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from wfcore.resources import Resource

Object: TypeAlias = dict[str, Any]


class ApiError(Exception):
    """A request the API server refused or could not answer.

    Attributes:
        status: HTTP status; 0 when no answer arrived (outcome unknown).
        reason: `metav1.StatusReason`, e.g. `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Expired`,
            `Forbidden`, `TooManyRequests`, `BadRequest`, `RequestEntityTooLarge`.
        message: The server's sentence.
        retry_after: Seconds the server asks to wait, if it does.
        causes: `(field, message)` pairs of an `Invalid` answer, in the order of the fields.
    """

    def __init__(
        self, status: int, reason: str, message: str, *, retry_after: float | None = None,
        causes: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.status, self.reason, self.message = status, reason, message
        self.retry_after, self.causes = retry_after, causes
        super().__init__(f"{status} {reason}: {message}")


@frozen
class Page:
    """One page of a list: items in name order, the resourceVersion to watch from, and where to go on."""

    items: tuple[Object, ...]
    resource_version: str
    continue_token: str = ""


@frozen
class WatchEvent:
    """`type` is ADDED, MODIFIED, DELETED or BOOKMARK; a BOOKMARK's object holds only its resourceVersion."""

    type: str
    object: Object


class Api(Protocol):
    """Kubernetes API semantics; every method raises `ApiError`."""

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """Read one object with a quorum (linearizable) read.  `namespace` is `""` for cluster-scoped kinds."""
        ...

    async def list(
        self, resource: Resource, namespace: str = "", *, label_selector: str = "", name: str = "", limit: int = 0,
        continue_token: str = "",
    ) -> Page:
        """List a namespace, or all of them when `namespace` is `""`.  Raises 410 `Expired` for an old token.

        `name` asks for the one object of that name, by field selector: a right to this object alone is enough.
        """
        ...

    async def create(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        """POST.  `metadata.namespace` and `metadata.name` (or `generateName`) come from the body."""
        ...

    async def update(self, resource: Resource, body: Object, *, dry_run: bool = False) -> Object:
        """PUT.  A `metadata.resourceVersion` is a precondition (409 `Conflict`); custom resources need one."""
        ...

    async def update_status(self, resource: Resource, body: Object) -> Object:
        """PUT to `/status`, with the same preconditions as `update`."""
        ...

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", resource_version: str = "",
        propagation: str = "Background", grace_period_seconds: int | None = None, dry_run: bool = False,
    ) -> None:
        """DELETE with optional preconditions (409 `Conflict` when they don't hold)."""
        ...

    async def evict(
        self, namespace: str, pod: str, *, grace_period_seconds: int | None = None, dry_run: bool = False
    ) -> None:
        """POST to the pod's `/eviction`.  429 `TooManyRequests` while a disruption budget forbids it."""
        ...

    def watch(
        self, resource: Resource, namespace: str = "", *, resource_version: str, name: str = "",
        timeout_seconds: float = 300.0,
    ) -> AsyncIterator[WatchEvent]:
        """Events after `resource_version`, in order, with bookmarks; ends after `timeout_seconds`.

        `name` as for `list`.  Raises `ApiError` 410 `Expired` when the version is no longer held.
        """
        ...
