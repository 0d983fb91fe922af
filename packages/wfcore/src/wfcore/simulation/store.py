"""The store kernel: `apply(state, operation) -> (state, result)`, with the semantics of a Kubernetes API server.

A refused operation returns the very state it was given.  What a schema says
about a body, and what built-in kinds mean, is for whoever wraps the kernel.
"""

from __future__ import annotations

from typing import assert_never

from wfcore.resources import NAMESPACES, Resource
from wfcore.simulation import selectors
from wfcore.simulation.deletion import delete, settle
from wfcore.simulation.garbage import collect
from wfcore.simulation.metadata import (
    at_creation,
    at_update,
    check_deletable,
    check_preconditions,
    with_status,
)
from wfcore.simulation.objects import StoredObject, fingerprint, path_of
from wfcore.simulation.operations import (
    Collected,
    CollectGarbage,
    Compact,
    Compacted,
    Create,
    Delete,
    Events,
    EventsSince,
    Found,
    Get,
    List,
    Listed,
    Operation,
    Refusal,
    Removed,
    Result,
    Update,
    UpdateStatus,
    invalid,
    not_found,
    qualified,
)
from wfcore.simulation.state import Bucket, State, compact, put

MAX_OBJECT_BYTES = 3 * 512 * 1024  # what etcd takes in one request
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # no vowels: generated names spell nothing


def apply(state: State, operation: Operation) -> tuple[State, Result]:
    """Perform one operation.  Total: every operation gets a result, refusals are `Refused`."""
    try:
        return _perform(state, operation)
    except Refusal as refusal:
        return state, refusal.refused


def _perform(state: State, operation: Operation) -> tuple[State, Result]:
    match operation:
        case Create():
            return _create(state, operation)
        case Get():
            return state, Found(_existing(state, operation.resource, operation.namespace, operation.name))
        case List():
            return state, _list(state, operation)
        case Update() | UpdateStatus():
            return _update(state, operation)
        case Delete():
            return _delete(state, operation)
        case CollectGarbage():
            state, keys = collect(state, operation.at, operation.only)
            return state, Collected(keys)
        case EventsSince():
            return state, _events_since(state, operation)
        case Compact():
            state = compact(state, operation.version)
            return state, Compacted(state.compacted)
        case _:
            assert_never(operation)


def _existing(state: State, resource: Resource, namespace: str, name: str) -> StoredObject:
    stored = state.find(resource, namespace, name)
    if stored is None:
        raise not_found(resource, name)
    return stored


def _create(state: State, create: Create) -> tuple[State, Found]:
    resource, metadata = create.resource, create.body["metadata"]
    namespace = metadata.get("namespace") or ""
    _check_namespace(state, resource, namespace, metadata.get("name") or metadata.get("generateName") or "")
    if metadata.get("resourceVersion"):
        raise Refusal(500, "InternalError", "resourceVersion should not be set on objects to be created")
    state, uid = _next_uid(state)
    name = metadata.get("name") or _generated_name(state, resource, namespace, metadata.get("generateName") or "", uid)
    former = state.find(resource, namespace, name)
    if former is not None:
        going = "object is being deleted: " if former.terminating else ""
        raise Refusal(409, "AlreadyExists", f'{going}{qualified(resource)} "{name}" already exists')
    value = at_creation(resource, create.body, name, uid, create.at)
    state, stored = put(state, resource, value)
    _check_size(stored, None)
    return state, Found(stored)


def _check_namespace(state: State, resource: Resource, namespace: str, name: str) -> None:
    if resource.namespaced != bool(namespace):
        wanted = "must be given for" if resource.namespaced else "must not be given for"
        raise Refusal(400, "BadRequest", f"metadata.namespace {wanted} {qualified(resource)}, found {namespace!r}")
    if not namespace:
        return
    found = state.find(NAMESPACES, "", namespace)
    if found is None:
        raise not_found(NAMESPACES, namespace)
    if found.terminating:
        raise Refusal(
            403, "Forbidden",
            f'{qualified(resource)} "{name}" is forbidden: unable to create new content in namespace {namespace}'
            " because it is being terminated",
            (("metadata.namespace", f"namespace {namespace} is being terminated"),),
        )


def _next_uid(state: State) -> tuple[State, str]:
    digest = fingerprint(f"{state.uid_seed}/{state.serial}".encode()).hex()
    uid = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
    return State(state.uid_seed, state.version, state.serial + 1, state.compacted, state.kinds, state.buckets), uid


def _generated_name(state: State, resource: Resource, namespace: str, prefix: str, uid: str) -> str:
    if not prefix:
        raise invalid(resource, "", (("metadata.name", "Required value: name or generateName is required"),))
    while True:
        digest = fingerprint(uid.encode())
        name = prefix[:58] + "".join(_SUFFIX_ALPHABET[b % len(_SUFFIX_ALPHABET)] for b in digest[:5])
        if state.find(resource, namespace, name) is None:
            return name
        uid = digest.hex()


def _update(state: State, update: Update | UpdateStatus) -> tuple[State, Found | Removed]:
    resource, metadata = update.resource, update.body["metadata"]
    if isinstance(update, UpdateStatus) and not resource.has_status:
        raise Refusal(404, "NotFound", f"the server could not find the requested resource: {resource.plural}/status")
    old = _existing(state, resource, metadata.get("namespace") or "", metadata.get("name") or "")
    check_preconditions(resource, update.body, old)
    value = with_status(old.value, update.body) if isinstance(update, UpdateStatus) else (
        at_update(resource, update.body, old)
    )
    state, result = settle(state, resource, value, old)
    if result.object is not old:
        _check_size(result.object, old)
    return state, result


def _check_size(stored: StoredObject, before: StoredObject | None) -> None:
    if not stored.may_exceed(MAX_OBJECT_BYTES, before):
        return
    if len(stored.text) > MAX_OBJECT_BYTES:
        # The API server only passes on what etcd said.
        raise Refusal(
            500, "InternalError",
            f"etcdserver: request is too large: {stored.value['kind']} {stored.place[1]!r} has"
            f" {len(stored.text)} bytes, the limit is {MAX_OBJECT_BYTES}",
        )


def _delete(state: State, operation: Delete) -> tuple[State, Found | Removed]:
    old = _existing(state, operation.resource, operation.namespace, operation.name)
    check_deletable(operation.resource, operation.uid, operation.resource_version, old)
    return delete(
        state, operation.resource, old, operation.at, operation.propagation, operation.grace_period_seconds
    )


def _list(state: State, operation: List) -> Listed:
    requirements = selectors.parse(operation.selector)
    version, start = _position(state, operation)
    items: list[StoredObject] = []
    for stored in _at(state, operation.resource, version).ordered:
        path = path_of(stored.place)
        labels = stored.metadata.get("labels", {})
        if operation.namespace not in ("", stored.place[0]) or path <= start:
            continue
        if not all(r.holds(labels) for r in requirements):
            continue
        if operation.limit and len(items) == operation.limit:
            return Listed(tuple(items), version, f"{version}:{path_of(items[-1].place)}")
        items.append(stored)
    return Listed(tuple(items), version)


def _position(state: State, operation: List) -> tuple[int, str]:
    if not operation.token:
        return state.version if operation.version is None else operation.version, ""
    version, separator, start = operation.token.partition(":")
    if not separator or not version.isascii() or not version.isdigit():
        raise Refusal(400, "BadRequest", f"continue key is not valid: {operation.token!r}; start the list again")
    return int(version), start


def _at(state: State, resource: Resource, version: int) -> Bucket:
    _check_held(state, version)
    return state.bucket(resource).at(version)


def _check_held(state: State, version: int) -> None:
    if version < state.compacted:
        raise Refusal(410, "Expired", f"too old resource version: {version} ({state.compacted})")


def _events_since(state: State, operation: EventsSince) -> Events:
    _check_held(state, operation.version)
    changes = state.bucket(operation.resource).log.since(operation.version)
    if operation.namespace:
        changes = tuple(c for c in changes if c.place[0] == operation.namespace)
    return Events(changes, state.version)
