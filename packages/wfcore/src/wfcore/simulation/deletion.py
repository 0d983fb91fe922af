"""What a DELETE does: mark, wait for finalizers and grace, remove.

Only pods are deleted gracefully; whoever plays the kubelet then deletes them
again with a grace period of 0.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from wfcore.resources import NAMESPACES, PODS, Resource
from wfcore.simulation.metadata import compacted, timestamp
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.operations import Found, Propagation, Removed
from wfcore.simulation.state import State, put, remove

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
DEFAULT_GRACE_SECONDS = 30
_FINALIZERS = {Propagation.BACKGROUND: (), Propagation.FOREGROUND: (FOREGROUND,), Propagation.ORPHAN: (ORPHAN,)}


def delete(
    state: State, resource: Resource, old: StoredObject, at: datetime, propagation: Propagation,
    grace_period_seconds: int | None = None,
) -> tuple[State, Found | Removed]:
    """Delete one object, now or as soon as its finalizers and its grace period allow; repeating it is harmless."""
    grace = _grace(resource, old, grace_period_seconds)
    others = [f for f in old.finalizers if f not in (FOREGROUND, ORPHAN)]
    metadata = compacted({**old.metadata, "finalizers": [*others, *_FINALIZERS[propagation]]})
    held = metadata.get("finalizers") or (resource == NAMESPACES and old.value.get("spec", {}).get("finalizers"))
    if not held and grace == 0:
        # Nothing has to happen first, so nobody sees a deletionTimestamp: the last state is the one stored.
        state, stored = remove(state, resource, old.value, old)
        return state, Removed(stored)
    _mark(metadata, resource, old, at, grace)
    value: dict[str, Any] = {**old.value, "metadata": metadata}
    if resource == NAMESPACES:
        value["status"] = {**value.get("status", {}), "phase": "Terminating"}
    return settle(state, resource, value, old)


def settle(state: State, resource: Resource, value: dict[str, Any], old: StoredObject) -> tuple[State, Found | Removed]:
    """Store what became of an object: unchanged, changed, or removed because nothing holds it any longer.

    What is removed, and watchers see go, is what was stored before; only whoever let go of it hears the new value.
    """
    if _released(resource, value):
        state, _ = remove(state, resource, old.value, old)
        return state, Removed(StoredObject(value))
    if value == old.value:
        return state, Found(old)
    state, stored = put(state, resource, value)
    return state, Found(stored)


def _released(resource: Resource, value: dict[str, Any]) -> bool:
    metadata = value["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    if resource == NAMESPACES and value.get("spec", {}).get("finalizers"):
        return False
    return not metadata.get("deletionGracePeriodSeconds")


def _grace(resource: Resource, old: StoredObject, asked: int | None) -> int:
    if resource != PODS:
        return 0
    spec = old.value.get("spec", {})
    finished = old.value.get("status", {}).get("phase") in ("Succeeded", "Failed")
    if not spec.get("nodeName") or finished:
        return 0  # no kubelet would ever confirm the end
    grace = spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE_SECONDS) if asked is None else asked
    return int(grace) if grace >= 0 else 1


def _mark(metadata: dict[str, Any], resource: Resource, old: StoredObject, at: datetime, grace: int) -> None:
    if not old.terminating:
        metadata["deletionTimestamp"] = timestamp(at + timedelta(seconds=grace))
        metadata["deletionGracePeriodSeconds"] = grace
        if "generation" in metadata:
            metadata["generation"] += 1
        return
    pending = metadata.get("deletionGracePeriodSeconds", 0)
    if resource == PODS and grace < pending:
        end = datetime.fromisoformat(metadata["deletionTimestamp"]) - timedelta(seconds=pending - grace)
        metadata["deletionTimestamp"] = timestamp(end)
        metadata["deletionGracePeriodSeconds"] = grace
