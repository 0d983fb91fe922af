"""What pods say about themselves, and what a wait for them still misses.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wfcontroller.api import Object

MIRROR = "kubernetes.io/config.mirror"


def place_of(pod: Object) -> str:
    """`namespace/name`."""
    return f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"


def owner_of(pod: Object) -> Mapping[str, Any] | None:
    """The reference to the controller of the pod, if it has one."""
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def is_ready(pod: Object) -> bool:
    """Ready, and not on its way out."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
    return ready and not is_going(pod)


def is_going(pod: Object) -> bool:
    """Whether somebody has deleted the pod."""
    return "deletionTimestamp" in pod["metadata"]


def is_finished(pod: Object) -> bool:
    """Whether the pod has run to its end."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_mirror(pod: Object) -> bool:
    """Whether the pod is a kubelet's own; the API server can't remove it."""
    return MIRROR in (pod["metadata"].get("annotations") or {})


def is_daemon(pod: Object) -> bool:
    """Whether a DaemonSet would put the pod back at once."""
    owner = owner_of(pod)
    return owner is not None and owner.get("kind") == "DaemonSet"


def has_local_data(pod: Object) -> bool:
    """Whether the pod uses emptyDir, whose content goes with it."""
    return any("emptyDir" in volume for volume in (pod.get("spec") or {}).get("volumes") or ())


def some(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    listed = sorted(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
