"""The ReplicaSets of a Deployment: which is current, which revision it has, what a new one looks like."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.hashing import content_hash
from wfcontroller.embedded.workloads.pod_template import template_of
from wfcontroller.embedded.workloads.rollout import Replicas, bounds_of
from wfcontroller.objects import (
    annotations_of,
    controlled_by,
    counted,
    metadata,
    replicas_of,
    spec,
    status,
)
from wfcore.resources import DEPLOYMENTS, REPLICA_SETS

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HISTORY_LIMIT = 10


def template_hash(deployment: Object) -> str:
    """What names the ReplicaSet of the present template; `status.collisionCount` salts it."""
    collisions = counted(deployment, "collisionCount")
    return content_hash([template_of(deployment), collisions] if collisions else template_of(deployment))


def current_name(deployment: Object) -> str:
    """The name of the ReplicaSet that runs the present template."""
    return f"{metadata(deployment)['name']}-{template_hash(deployment)}"


def revision_of(item: Object) -> int:
    """The revision annotation, 0 when absent."""
    return int(annotations_of(item).get(REVISION) or 0)


def by_age(replica_sets: Sequence[Object]) -> list[Object]:
    """Oldest revision first."""
    return sorted(replica_sets, key=lambda each: (revision_of(each), metadata(each)["name"]))


def as_replicas(replica_set: Object) -> Replicas:
    """The ReplicaSet as the arithmetic sees it."""
    available = counted(replica_set, "availableReplicas")
    return Replicas(metadata(replica_set)["name"], replicas_of(replica_set), available)


def new_replica_set(deployment: Object, replicas: int, revision: int) -> Object:
    """The ReplicaSet for the present template."""
    hashed = template_hash(deployment)
    template: dict[str, Any] = copy.deepcopy(dict(template_of(deployment)))
    template_meta = template.setdefault("metadata", {})
    template_meta["labels"] = {**(template_meta.get("labels") or {}), HASH_LABEL: hashed}
    selector = copy.deepcopy(dict(spec(deployment).get("selector") or {}))
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: hashed}
    wanted: dict[str, Any] = {"replicas": replicas, "selector": selector, "template": template}
    if spec(deployment).get("minReadySeconds"):
        wanted["minReadySeconds"] = spec(deployment)["minReadySeconds"]
    own = annotations_of(deployment)
    inherited = {name: own[name] for name in own if name not in (REVISION, LAST_APPLIED)}
    return {
        "apiVersion": REPLICA_SETS.api_version, "kind": REPLICA_SETS.kind,
        "metadata": {
            "name": current_name(deployment), "namespace": metadata(deployment).get("namespace", ""),
            "labels": dict(template_meta["labels"]),
            "annotations": {**inherited, REVISION: str(revision), **sizing(deployment)},
            "ownerReferences": [controlled_by(deployment, DEPLOYMENTS)],
        },
        "spec": wanted,
    }


def sizing(deployment: Object) -> dict[str, str]:
    """The annotations by which a later change of the Deployment's size is noticed."""
    return {DESIRED: str(replicas_of(deployment)), MOST: str(bounds_of(deployment).most)}


def resized(replica_set: Object, deployment: Object, replicas: int) -> Object:
    """The ReplicaSet asked for `replicas`, and marked as sized for the Deployment's present size."""
    annotations = {**annotations_of(replica_set), **sizing(deployment)}
    return {
        **replica_set, "metadata": {**metadata(replica_set), "annotations": annotations},
        "spec": {**spec(replica_set), "replicas": replicas},
    }


def with_revision(item: Object, revision: int) -> Object:
    """The object with this revision annotation."""
    annotations = {**annotations_of(item), REVISION: str(revision)}
    return {**item, "metadata": {**metadata(item), "annotations": annotations}}


def beyond_history(deployment: Object, old: Sequence[Object]) -> list[Object]:
    """Empty old ReplicaSets (oldest first in `old`) beyond `revisionHistoryLimit`."""
    given = spec(deployment).get("revisionHistoryLimit")
    limit = HISTORY_LIMIT if given is None else int(given)
    empty = [
        each for each in old
        if not replicas_of(each) and not counted(each, "replicas") and not metadata(each).get("deletionTimestamp")
        and status(each).get("observedGeneration", 0) >= metadata(each).get("generation", 0)
    ]
    return empty[: max(0, len(old) - limit)]
