"""What the server writes into metadata, and what it lets a client write there.

Empty labels, finalizers and so on are the same as absent ones, as in the
typed `ObjectMeta` of the API server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from wfcore.resources import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    EVENTS,
    HORIZONTAL_POD_AUTOSCALERS,
    LEASES,
    NAMESPACES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    SECRETS,
    SERVICES,
    Resource,
)
from wfcore.simulation.objects import Json, StoredObject
from wfcore.simulation.operations import Refusal, conflict, invalid, qualified_kind

# The kinds whose objects carry no generation in a real cluster.
_WITHOUT_GENERATION = frozenset(
    {NAMESPACES, NODES, SERVICES, HORIZONTAL_POD_AUTOSCALERS, CONFIG_MAPS, SECRETS, LEASES, EVENTS}
)
# Built-in kinds that refuse a PUT without resourceVersion; all custom ones do.
_CONDITIONAL = frozenset({LEASES, POD_DISRUPTION_BUDGETS, CUSTOM_RESOURCE_DEFINITIONS})
_SERVER_OWNED = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
_NEVER_STORED = ("managedFields", "selfLink")

# What the server itself writes into new objects.  The namespace lifecycle takes
# the finalizer in the spec away when the namespace is empty.
_FIRST: Mapping[Resource, Json] = {
    NAMESPACES: {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}},
    PODS: {"status": {"phase": "Pending"}},
}


def timestamp(at: datetime) -> str:
    """`metav1.Time`: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_custom(resource: Resource) -> bool:
    """Whether a CustomResourceDefinition serves the kind: built-in groups have no dot or end in `.k8s.io`."""
    return "." in resource.group and not resource.group.endswith(".k8s.io")


def compacted(metadata: Json) -> dict[str, Any]:
    """Without empty values and what is never stored."""
    return {k: v for k, v in metadata.items() if k not in _NEVER_STORED and v not in (None, "", [], {})}


def at_creation(resource: Resource, body: Json, name: str, uid: str, at: datetime) -> dict[str, Any]:
    """The object to store for a new `body`: server's metadata added, `status` dropped."""
    given = {k: v for k, v in compacted(body["metadata"]).items() if k not in (*_SERVER_OWNED, "resourceVersion")}
    own = {"name": name, "uid": uid, "creationTimestamp": timestamp(at)}
    if resource not in _WITHOUT_GENERATION:
        own["generation"] = 1  # type: ignore[assignment]
    # A kubelet registers its node together with its status; every other kind starts without one.
    dropped = {"status"} if resource.has_status and resource != NODES else set()
    created = {k: v for k, v in body.items() if k not in dropped}
    kind = {"apiVersion": resource.api_version, "kind": resource.kind}
    return {**created, **_FIRST.get(resource, {}), **kind, "metadata": {**given, **own}}


def check_deletable(resource: Resource, uid: str, version: str, old: StoredObject) -> None:
    """409 unless the uid and resourceVersion that a deletion names, if any, are the stored ones."""
    for what, asked, found, may in (
        ("UID", uid, old.uid, "deleted and then recreated"),
        ("ResourceVersion", version, str(old.resource_version), "modified"),
    ):
        if asked and asked != found:
            raise Refusal(409, "Conflict", (
                f'Operation cannot be fulfilled on {qualified_kind(resource)} "{old.place[1]}": the {what} in the'
                f" precondition ({asked}) does not match the {what} in record ({found})."
                f" The object might have been {may}"))


def check_preconditions(resource: Resource, body: Json, old: StoredObject) -> None:
    """409 unless the uid and resourceVersion that an update names, if any, are the stored ones; 422 if one lacks."""
    given = body["metadata"]
    name = old.place[1]
    if given.get("uid") and given["uid"] != old.uid:
        raise conflict(
            resource, name,
            f"Precondition failed: UID in precondition: {given['uid']}, UID in object meta: {old.uid}",
        )
    version = given.get("resourceVersion") or ""
    if not version:
        if is_custom(resource) or resource in _CONDITIONAL:
            cause = ("metadata.resourceVersion", "Invalid value: 0: must be specified for an update")
            raise invalid(resource, name, (cause,))
        return
    if version != str(old.resource_version):
        raise conflict(
            resource, name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )


def at_update(resource: Resource, body: Json, old: StoredObject) -> dict[str, Any]:
    """The object to store for a PUT: the server's metadata kept, status kept, generation counted.

    Its resourceVersion is the old one, so it equals the old object when nothing changes.
    """
    given = compacted(body["metadata"])
    _check_immutable(resource, given, old)
    kept = {k: old.metadata[k] for k in (*_SERVER_OWNED, "name", "namespace", "resourceVersion") if k in old.metadata}
    metadata = {k: v for k, v in given.items() if k not in _SERVER_OWNED} | kept
    # Equal parts are shared with the old object: less memory, and whoever compares them sees it at once.
    shared = {k: old.value[k] if old.value.get(k) == v else v for k, v in body.items()}
    new = {**shared, "apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}
    if resource.has_status:
        new = with_status(new, old.value)
    if "generation" in metadata and desired(new) != desired(old.value):
        metadata["generation"] += 1
    return new


def with_status(value: Json, source: Json) -> dict[str, Any]:
    """`value` with the status of `source`."""
    without = {k: v for k, v in value.items() if k != "status"}
    return {**without, "status": source["status"]} if "status" in source else without


def desired(value: Json) -> dict[str, Any]:
    """What a generation counts changes of."""
    return {k: v for k, v in value.items() if k not in ("metadata", "status")}


def _go(texts: Sequence[str]) -> str:
    """A list as the API server prints it."""
    return f"[]string{{{', '.join(map(json.dumps, texts))}}}"


def _check_immutable(resource: Resource, given: Json, old: StoredObject) -> None:
    causes = [
        (f"metadata.{name}", f"Invalid value: {json.dumps(given[name])}: field is immutable")
        for name in ("deletionTimestamp", "deletionGracePeriodSeconds")
        if name in given and given[name] != old.metadata.get(name)
    ]
    added = [f for f in given.get("finalizers", ()) if f not in old.finalizers]
    if old.terminating and added:
        why = "no new finalizers can be added if the object is being deleted"
        causes.append(("metadata.finalizers", f"Forbidden: {why}, found new finalizers {_go(added)}"))
    if causes:
        raise invalid(resource, old.place[1], tuple(causes))
