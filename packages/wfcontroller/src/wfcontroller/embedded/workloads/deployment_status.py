"""What a Deployment reports: counters, and the conditions Available, Progressing and ReplicaFailure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.conditions import Condition, find, merged, seconds_since, timestamp
from wfcontroller.embedded.workloads.rollout import bounds_of
from wfcontroller.objects import counted, metadata, nonzero, replicas_of, spec, status

PROGRESS_DEADLINE = 600
_COUNTERS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def deployment_status(deployment: Object, new: Object | None, old: Sequence[Object], now: datetime) -> dict[str, Any]:
    """The status of a Deployment with this current ReplicaSet (None: not created yet) and these older ones."""
    everything = [*old, new] if new is not None else list(old)
    available = sum(counted(each, "availableReplicas") for each in everything)
    counters = {
        "replicas": sum(counted(each, "replicas") for each in everything),
        "updatedReplicas": counted(new, "replicas") if new is not None else 0,
        "readyReplicas": sum(counted(each, "readyReplicas") for each in everything),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(replicas_of(each) for each in everything) - available),
    }
    kept = {name: value for name, value in status(deployment).items() if name not in (*_COUNTERS, "conditions")}
    conditions = [
        _available(deployment, available), *_progressing(deployment, new, counters, now), *_failure(everything),
    ]
    current = [each["type"] for each in conditions]
    # A failure that is over disappears; every other condition is stated every time.
    before = [each for each in status(deployment).get("conditions") or () if each["type"] in current]
    return {
        **kept, "observedGeneration": metadata(deployment).get("generation", 0), **nonzero(**counters),
        "conditions": _kept_update_times(before, conditions, now),
    }


def progress_checked_in(deployment: Object, wanted: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds until the progress deadline of a Deployment with this status; None when none is running."""
    progressing = find(wanted.get("conditions"), "Progressing")
    if progressing is None or progressing["status"] != "True" or progressing["reason"] == "NewReplicaSetAvailable":
        return None
    return max(0.0, progress_deadline(deployment) - seconds_since(progressing["lastUpdateTime"], now))


def progress_deadline(deployment: Object) -> int:
    """Seconds without progress after which a rollout counts as stuck."""
    given = spec(deployment).get("progressDeadlineSeconds")
    return PROGRESS_DEADLINE if given is None else int(given)


def is_paused(deployment: Object) -> bool:
    """Whether template changes wait for the Deployment to be resumed."""
    return bool(spec(deployment).get("paused"))


def _available(deployment: Object, available: int) -> Condition:
    if available >= bounds_of(deployment).least_available:
        return _condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    return _condition(
        "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
    )


def _progressing(
    deployment: Object, new: Object | None, counters: Mapping[str, int], now: datetime
) -> tuple[Condition, ...]:
    current = find(status(deployment).get("conditions"), "Progressing")
    if is_paused(deployment):
        return (_condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused"),)
    name = metadata(new)["name"] if new is not None else metadata(deployment)["name"]
    if _is_complete(deployment, counters):
        message = f'ReplicaSet "{name}" has successfully progressed.'
        return (_condition("Progressing", "True", "NewReplicaSetAvailable", message),)
    if current is not None and _was_complete(current, counters, name):
        return (dict(current),)  # pods of a finished rollout come and go; that is not a rollout
    if current is None or _has_progressed(deployment, counters) or _concerns_another(current, new, name):
        message = f'ReplicaSet "{name}" is progressing.'
        return ({**_condition("Progressing", "True", "ReplicaSetUpdated", message), "lastUpdateTime": timestamp(now)},)
    if current["status"] == "Unknown":
        message = "Deployment is resumed"
        return ({**_condition("Progressing", "True", "DeploymentResumed", message), "lastUpdateTime": timestamp(now)},)
    if current["status"] == "True" and (
        seconds_since(current["lastUpdateTime"], now) >= progress_deadline(deployment)
    ):
        message = f'ReplicaSet "{name}" has timed out progressing.'
        return (_condition("Progressing", "False", "ProgressDeadlineExceeded", message),)
    return (dict(current),)


def _failure(replica_sets: Sequence[Object]) -> tuple[Condition, ...]:
    failures = (find(status(each).get("conditions"), "ReplicaFailure") for each in reversed(replica_sets))
    refused = next((failure for failure in failures if failure is not None), None)
    return (_condition("ReplicaFailure", "True", refused["reason"], refused["message"]),) if refused else ()


def _is_complete(deployment: Object, counters: Mapping[str, int]) -> bool:
    wanted = replicas_of(deployment)
    return counters["updatedReplicas"] == counters["replicas"] == counters["availableReplicas"] == wanted


def _was_complete(current: Mapping[str, Any], counters: Mapping[str, int], name: str) -> bool:
    same = f'"{name}"' in (current.get("message") or "")
    done = counters["updatedReplicas"] == counters["replicas"]
    return current.get("reason") == "NewReplicaSetAvailable" and same and done


def _concerns_another(current: Mapping[str, Any], new: Object | None, name: str) -> bool:
    # Kubernetes writes NewReplicaSetCreated or FoundNewReplicaSet first; the deadline starts just the same.
    return new is not None and current["status"] != "Unknown" and f'"{name}"' not in (current.get("message") or "")


def _has_progressed(deployment: Object, counters: Mapping[str, int]) -> bool:
    was = {name: counted(deployment, name) for name in _COUNTERS}
    older, older_before = (each["replicas"] - each["updatedReplicas"] for each in (counters, was))
    more = (counters[name] > was[name] for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return older < older_before or any(more)


def _condition(kind: str, state: str, reason: str, message: str) -> Condition:
    return {"type": kind, "status": state, "reason": reason, "message": message}


def _kept_update_times(
    existing: Sequence[Condition] | None, updates: Sequence[Condition], now: datetime
) -> list[Condition]:
    """`merged`, plus `lastUpdateTime`: kept while status and reason stay, unless an update brings its own."""
    dated = []
    for update in updates:
        old = find(existing, update["type"])
        same = old is not None and (old["status"], old["reason"]) == (update["status"], update["reason"])
        since = old.get("lastUpdateTime") if old is not None and same else None
        dated.append({"lastUpdateTime": since or timestamp(now), **update})
    return merged(existing, dated, now)
