"""How far a Deployment's rollout is.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wfcontroller.api import Object
from wfcontroller.executor.contract import Broken, Done, Pending, Verdict


def judge_rollout(before: Object, found: Object, done: Done) -> Verdict:
    """Whether every wanted pod runs the present template and is available, and no other pod is left.

    `before` is the Deployment before the change: a deadline that was exceeded then says nothing about now.
    """
    stuck = _stuck(before, found)
    if stuck is not None:
        return stuck
    counted, wanted = _counted(found), wanted_replicas(found)
    names = ("updatedReplicas", "replicas", "availableReplicas")
    if not _observed(found) or any(counted[name] != wanted for name in names):
        shown = ", ".join(f"{name} {counted[name]}" for name in names)
        return Pending(f"{_name(found)} rolls out: {shown} of {wanted}")
    return done


def judge_scale(before: Object, found: Object, done: Done) -> Verdict:
    """Whether there are as many pods as wanted, all of them ready."""
    stuck = _stuck(before, found)
    if stuck is not None:
        return stuck
    counted, wanted = _counted(found), wanted_replicas(found)
    if not _observed(found) or counted["replicas"] != wanted or counted["readyReplicas"] != wanted:
        return Pending(f"{_name(found)} has {counted['readyReplicas']} ready of {counted['replicas']} replicas,"
                       f" wanted {wanted}")
    return done


def wanted_replicas(deployment: Object) -> int:
    """`spec.replicas`, which means 1 when absent."""
    given = (deployment.get("spec") or {}).get("replicas")
    return 1 if given is None else int(given)


def _stuck(before: Object, found: Object) -> Broken | None:
    condition = _progressing(found)
    if condition.get("status") != "False" or condition.get("reason") != "ProgressDeadlineExceeded":
        return None
    if not _observed(found) or condition == _progressing(before):
        return None
    return Broken(f"{_name(found)} exceeded its progress deadline: {condition.get('message') or 'no message'}")


def _progressing(deployment: Object) -> Mapping[str, Any]:
    conditions = (deployment.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each.get("type") == "Progressing"), {})


def _observed(deployment: Object) -> bool:
    seen: int = (deployment.get("status") or {}).get("observedGeneration") or 0
    return seen >= int(deployment["metadata"].get("generation") or 0)


def _counted(deployment: Object) -> dict[str, int]:
    status = deployment.get("status") or {}
    return {name: int(status.get(name) or 0)
            for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")}


def _name(deployment: Object) -> str:
    metadata = deployment["metadata"]
    return f"Deployment {metadata.get('namespace')}/{metadata['name']}"
