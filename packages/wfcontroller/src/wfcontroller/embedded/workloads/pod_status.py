"""What a pod's status says so many seconds after its containers were started, as its image tags decide.

Tag `bad` can never be pulled; `slow-<n>s` (`slow-90s`) becomes ready after n
seconds; every other image is ready as soon as it runs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.conditions import find, is_true, merged, timestamp
from wfcontroller.objects import is_terminating, spec, status, uid_of

_SLOW = re.compile(r"slow-(\d{1,9})s")


@frozen
class Verdict:
    """A status, and in how many seconds it changes by itself (None: never)."""

    status: dict[str, Any]
    changes_in: float | None


def tag_of(image: str) -> str:
    """The tag of an image reference; `latest` when it has none."""
    name, at, _ = image.partition("@")
    if at:
        return ""
    _, colon, tag = name.rpartition(":")
    return tag if colon and "/" not in tag else "latest"


def ready_after(image: str, pod_start: float) -> float | None:
    """Seconds from the start of a container until it is ready; None when it never is."""
    tag = tag_of(image)
    slow = _SLOW.fullmatch(tag)
    if slow:
        return max(pod_start, float(slow[1]))
    return None if tag == "bad" else pod_start


def is_ready(pod: Object) -> bool:
    """Whether the pod serves: condition Ready is True."""
    return is_true(status(pod).get("conditions"), "Ready")


def is_finished(pod: Object) -> bool:
    """Whether the pod has ended for good and counts for nobody."""
    return status(pod).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Object) -> bool:
    """Whether the pod counts as a replica of its owner."""
    return not is_finished(pod) and not is_terminating(pod)


def available_in(pod: Object, min_ready_seconds: int, now: datetime) -> float | None:
    """Seconds until a pod is available, 0 when it is, None when it isn't even ready."""
    if not is_ready(pod):
        return None
    since = (find(status(pod).get("conditions"), "Ready") or {}).get("lastTransitionTime")
    if not min_ready_seconds or not since:
        return 0.0
    return max(0.0, min_ready_seconds - (now - datetime.fromisoformat(since)).total_seconds())


def address_of(pod: Object) -> str:
    """The pod's address in 10.0.0.0/8, from its uid alone; two pods of one are as likely as for random ones."""
    first, second, third = hashlib.sha256(uid_of(pod).encode()).digest()[:3]
    return f"10.{first}.{second}.{third}"


def images_of(pod: Object) -> tuple[str, ...]:
    """The images of the containers, in their order."""
    return tuple(container.get("image") or "" for container in spec(pod).get("containers") or ())


def unschedulable(pod: Object, nodes: int, now: datetime) -> dict[str, Any]:
    """The status of a pod for which none of so many nodes is fit."""
    reason = {
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": f"0/{nodes} nodes are available.",
    }
    conditions = merged(status(pod).get("conditions"), [reason], now)
    return {**status(pod), "phase": "Pending", "conditions": conditions}


def running_for(pod: Object, elapsed: float, pod_start: float, now: datetime) -> Verdict:
    """The status of a bound pod whose containers were started `elapsed` seconds ago."""
    containers = [_container(pod, entry, elapsed, pod_start, now) for entry in spec(pod).get("containers") or ()]
    waiting = any("waiting" in container["state"] for container in containers)
    ready = all(container["ready"] for container in containers)
    unready = {} if ready else {"reason": "ContainersNotReady"}
    conditions = [
        {"type": "PodScheduled", "status": "True"}, {"type": "Initialized", "status": "True"},
        {"type": "ContainersReady", "status": str(ready), **unready},
        {"type": "Ready", "status": str(ready), **unready},
    ]
    changes = [pod_start, *(after for image in images_of(pod) if (after := ready_after(image, pod_start)) is not None)]
    ahead = [instant - elapsed for instant in changes if instant > elapsed]
    return Verdict(
        {
            **status(pod), "phase": "Pending" if waiting else "Running",
            "podIP": address_of(pod), "podIPs": [{"ip": address_of(pod)}],
            "startTime": status(pod).get("startTime") or timestamp(now),
            "conditions": merged(status(pod).get("conditions"), conditions, now), "containerStatuses": containers,
        },
        min(ahead) if ahead else None,
    )


def _container(
    pod: Object, container: Mapping[str, Any], elapsed: float, pod_start: float, now: datetime
) -> dict[str, Any]:
    name, image = container["name"], container.get("image") or ""
    after = ready_after(image, pod_start)
    entry = {"name": name, "image": image, "imageID": "", "restartCount": 0}
    if elapsed < pod_start:
        return {**entry, "ready": False, "started": False, "state": {"waiting": {"reason": "ContainerCreating"}}}
    if after is None:
        waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'}
        return {**entry, "ready": False, "started": False, "state": {"waiting": waiting}}
    return {
        **entry, "ready": elapsed >= after, "started": True,
        "state": {"running": {"startedAt": _started_at(pod, name, image) or timestamp(now)}},
    }


def _started_at(pod: Object, name: str, image: str) -> str | None:
    for known in status(pod).get("containerStatuses") or ():
        if known.get("name") == name and known.get("image") == image:
            started: str | None = ((known.get("state") or {}).get("running") or {}).get("startedAt")
            return started
    return None
