"""Reading what every Kubernetes object carries: its key, labels, owner and place in its life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from wfcontroller.api import Object
from wfcore.resources import Resource

Key: TypeAlias = tuple[str, str]
"""`(namespace, name)`; the namespace is empty for cluster-scoped kinds."""


def metadata(item: Object) -> Mapping[str, Any]:
    """`metadata`, empty when absent."""
    found: Mapping[str, Any] = item.get("metadata") or {}
    return found


def spec(item: Object) -> Mapping[str, Any]:
    """`spec`, empty when absent."""
    found: Mapping[str, Any] = item.get("spec") or {}
    return found


def status(item: Object) -> Mapping[str, Any]:
    """`status`, empty when absent."""
    found: Mapping[str, Any] = item.get("status") or {}
    return found


def key_of(item: Object) -> Key:
    """The object's `(namespace, name)`."""
    meta = metadata(item)
    return meta.get("namespace") or "", meta["name"]


def uid_of(item: Object) -> str:
    """The object's uid; empty before the server assigned one."""
    uid: str = metadata(item).get("uid") or ""
    return uid


def labels_of(item: Object) -> Mapping[str, str]:
    """The object's labels, empty when absent."""
    found: Mapping[str, str] = metadata(item).get("labels") or {}
    return found


def annotations_of(item: Object) -> Mapping[str, str]:
    """The object's annotations, empty when absent."""
    found: Mapping[str, str] = metadata(item).get("annotations") or {}
    return found


def is_terminating(item: Object) -> bool:
    """Whether a deletion was asked for and the object still exists."""
    return bool(metadata(item).get("deletionTimestamp"))


def controller_uid(item: Object) -> str:
    """The uid of the one owner that manages the object; empty for an orphan."""
    for owner in metadata(item).get("ownerReferences") or ():
        if owner.get("controller"):
            uid: str = owner["uid"]
            return uid
    return ""


def controlled_by(owner: Object, resource: Resource) -> dict[str, Any]:
    """The owner reference by which `owner`, of kind `resource`, manages an object."""
    return {
        "apiVersion": resource.api_version, "kind": resource.kind, "name": metadata(owner)["name"],
        "uid": uid_of(owner), "controller": True, "blockOwnerDeletion": True,
    }


def replicas_of(item: Object) -> int:
    """`spec.replicas`, which is 1 when absent."""
    wanted = spec(item).get("replicas")
    return 1 if wanted is None else int(wanted)


def counted(item: Object, name: str) -> int:
    """A counter of the status; absent means 0, as Kubernetes omits zeros."""
    return int(status(item).get(name) or 0)


def nonzero(**counters: int) -> dict[str, int]:
    """Counters as Kubernetes writes its optional ones: zeros are left out."""
    return {name: value for name, value in counters.items() if value}
