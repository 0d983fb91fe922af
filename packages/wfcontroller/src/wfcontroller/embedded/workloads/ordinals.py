"""What a StatefulSet does next: pods `<name>-0` to `<name>-<n-1>`, one at a time and in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.pod_status import available_in, is_active, is_finished, is_ready
from wfcontroller.embedded.workloads.replicas import min_ready_seconds
from wfcontroller.embedded.workloads.revisions import REVISION_LABEL, is_current, revision_hash
from wfcontroller.objects import is_terminating, metadata, nonzero, replicas_of, spec, status


@frozen
class OrdinalMoves:
    """Ordinals to create and pods to delete."""

    create: tuple[int, ...] = ()
    delete: tuple[Object, ...] = ()


def ordinal_of(stateful_set: Object, pod: Object) -> int | None:
    """The pod's place in the set; None when its name isn't one the set gives."""
    prefix, _, digits = metadata(pod)["name"].rpartition("-")
    return int(digits) if prefix == metadata(stateful_set)["name"] and digits.isdecimal() else None


def ordinal_moves(stateful_set: Object, pods: Sequence[Object], now: datetime) -> OrdinalMoves:
    """The next creations and deletions; under `OrderedReady` never more than one, and none while a pod isn't settled.

    Scaling up goes from 0, scaling down and updating from the highest ordinal; a
    pod of an old revision at or above the partition is replaced unless the
    strategy is `OnDelete`.
    """
    placed = {ordinal: pod for pod in pods if (ordinal := ordinal_of(stateful_set, pod)) is not None}
    first = int((spec(stateful_set).get("ordinals") or {}).get("start") or 0)
    wanted = range(first, first + replicas_of(stateful_set))
    ended = tuple(pod for ordinal, pod in sorted(placed.items()) if is_finished(pod) and not is_terminating(pod))
    if ended:
        return OrdinalMoves(delete=ended)
    condemned = [pod for ordinal, pod in sorted(placed.items(), reverse=True) if ordinal not in wanted]
    if spec(stateful_set).get("podManagementPolicy") == "Parallel":
        create = tuple(ordinal for ordinal in wanted if ordinal not in placed)
        delete = tuple(pod for pod in condemned if not is_terminating(pod))
        if create or delete:
            return OrdinalMoves(create, delete)
        return _update(stateful_set, placed, wanted)
    for ordinal in wanted:
        if ordinal not in placed:
            return OrdinalMoves(create=(ordinal,))
        if not _is_settled(stateful_set, placed[ordinal], now):
            return _unblock(stateful_set, ordinal, placed[ordinal])
    if condemned:
        return OrdinalMoves(delete=() if any(map(is_terminating, condemned)) else (condemned[0],))
    return _update(stateful_set, placed, wanted)


def _is_settled(stateful_set: Object, pod: Object, now: datetime) -> bool:
    return is_active(pod) and available_in(pod, min_ready_seconds(stateful_set), now) == 0


def _unblock(stateful_set: Object, ordinal: int, pod: Object) -> OrdinalMoves:
    """Replace an unready pod of an old revision: waiting for it could take for ever.

    Kubernetes leaves it to the user (its "forced rollback"); here a corrected
    template heals the set, as every remediation expects.
    """
    outdated = ordinal >= _partition(stateful_set) and not is_current(pod, revision_hash(stateful_set))
    replace = outdated and not is_ready(pod) and not is_terminating(pod) and not _on_delete(stateful_set)
    return OrdinalMoves(delete=(pod,) if replace else ())


def _update(stateful_set: Object, placed: Mapping[int, Object], wanted: range) -> OrdinalMoves:
    if _on_delete(stateful_set):
        return OrdinalMoves()
    for ordinal in reversed(wanted):
        if ordinal < _partition(stateful_set):
            break
        pod = placed[ordinal]
        if is_terminating(pod):
            break
        if not is_current(pod, revision_hash(stateful_set)):
            return OrdinalMoves(delete=(pod,))
        if not is_ready(pod):
            break
    return OrdinalMoves()


def _partition(stateful_set: Object) -> int:
    strategy = spec(stateful_set).get("updateStrategy") or {}
    return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)


def _on_delete(stateful_set: Object) -> bool:
    return (spec(stateful_set).get("updateStrategy") or {}).get("type") == "OnDelete"


def stateful_set_status(stateful_set: Object, pods: Sequence[Object], now: datetime) -> dict[str, Any]:
    """The status of a StatefulSet with these pods; `currentRevision` follows once every pod is updated."""
    name, update = metadata(stateful_set)["name"], revision_hash(stateful_set)
    current = (status(stateful_set).get("currentRevision") or f"{name}-{update}").removeprefix(f"{name}-")
    active = [pod for pod in pods if is_active(pod)]
    ready = [pod for pod in active if is_ready(pod)]
    updated = sum(is_current(pod, update) for pod in active)
    if updated == len(ready) == replicas_of(stateful_set) == len(active):
        current = update
    seconds = min_ready_seconds(stateful_set)
    kept = {key: value for key, value in status(stateful_set).items() if key in ("conditions", "collisionCount")}
    return {
        **kept, "observedGeneration": metadata(stateful_set).get("generation", 0), "replicas": len(active),
        "availableReplicas": sum(available_in(pod, seconds, now) == 0 for pod in ready),
        "currentRevision": f"{name}-{current}", "updateRevision": f"{name}-{update}",
        **nonzero(
            readyReplicas=len(ready), updatedReplicas=updated,
            currentReplicas=sum(is_current(pod, current) for pod in active),
        ),
    }


def pod_labels(stateful_set: Object, name: str, ordinal: int) -> dict[str, str]:
    """The labels that every pod of the set carries on top of its template's."""
    return {
        REVISION_LABEL: revision_hash(stateful_set), "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(ordinal),
    }
