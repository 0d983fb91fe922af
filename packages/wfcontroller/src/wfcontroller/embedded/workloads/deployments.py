"""The Deployment controller: one ReplicaSet per template, moved from the old to the new one within the bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wfcontroller.api import ApiError, Object
from wfcontroller.embedded.workloads.client import OWNER, Client
from wfcontroller.embedded.workloads.deployment_status import deployment_status, is_paused, progress_checked_in
from wfcontroller.embedded.workloads.pod_status import is_finished
from wfcontroller.embedded.workloads.replica_set_of import (
    DESIRED,
    MOST,
    as_replicas,
    beyond_history,
    by_age,
    current_name,
    new_replica_set,
    resized,
    revision_of,
    sizing,
    with_revision,
)
from wfcontroller.embedded.workloads.rollout import bounds_of, next_replicas, rescaled
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import (
    Key,
    annotations_of,
    controller_uid,
    counted,
    is_terminating,
    key_of,
    metadata,
    replicas_of,
    spec,
    status,
    uid_of,
)
from wfcore.resources import DEPLOYMENTS, REPLICA_SETS


class DeploymentController:
    """Creates, sizes and prunes ReplicaSets, and reports the rollout."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        client.deployments.subscribe(lambda deployment: self.queue.add(key_of(deployment)))
        client.replica_sets.subscribe(self._replica_set_changed)
        client.pods.subscribe(self._pod_changed)

    async def sync(self, key: Key) -> float | None:
        """Make one move of the rollout, then write the status that is true now."""
        deployment = self._client.deployments.get(key)
        if deployment is None:
            return None
        if not is_terminating(deployment):
            await self._move(deployment)
        deployment = self._client.deployments.get(key) or deployment
        new, old = self._split(deployment)
        now = self._client.now()
        wanted = deployment_status(deployment, new, old, now)
        await self._client.write_status(DEPLOYMENTS, deployment, wanted)
        return progress_checked_in(deployment, wanted, now)

    async def _move(self, deployment: Object) -> None:
        new, old = self._split(deployment)
        if is_paused(deployment) or self._was_rescaled(deployment, new, old):
            await self._rescale(deployment, new, old)
        elif (spec(deployment).get("strategy") or {}).get("type") == "Recreate":
            await self._recreate(deployment, new, old)
        else:
            await self._roll(deployment, new, old)

    async def _roll(self, deployment: Object, new: Object | None, old: Sequence[Object]) -> None:
        bounds = bounds_of(deployment)
        if new is None:
            room = bounds.most - sum(replicas_of(each) for each in old)
            await self._create(deployment, max(0, min(room, bounds.wanted)), old)
            return
        await self._mark_revision(deployment, new, old)
        moves = next_replicas(bounds, as_replicas(new), [as_replicas(each) for each in old])
        await self._resize(deployment, moves, [*old, new])
        if not moves and counted(new, "availableReplicas") >= bounds.wanted:
            await self._prune(deployment, old)

    async def _recreate(self, deployment: Object, new: Object | None, old: Sequence[Object]) -> None:
        await self._resize(deployment, {metadata(each)["name"]: 0 for each in old if replicas_of(each)}, old)
        pods = [pod for each in old for pod in self._client.pods.having(OWNER, uid_of(each))]
        if any(not is_finished(pod) for pod in pods):
            return  # pods of two templates never run side by side
        if new is None:
            await self._create(deployment, replicas_of(deployment), old)
            return
        await self._mark_revision(deployment, new, old)
        await self._resize(deployment, {metadata(new)["name"]: replicas_of(deployment)}, [new])
        if counted(new, "availableReplicas") >= replicas_of(deployment):
            await self._prune(deployment, old)

    async def _rescale(self, deployment: Object, new: Object | None, old: Sequence[Object]) -> None:
        everything = [*old, new] if new is not None else list(old)
        active = [each for each in everything if replicas_of(each)]
        if len(active) > 1:
            most_before = max(int(annotations_of(each).get(MOST) or 0) for each in active)
            moves = rescaled(bounds_of(deployment), [as_replicas(each) for each in active], most_before)
            moves = {**{metadata(each)["name"]: replicas_of(each) for each in active}, **moves}
        else:
            only = active[-1] if active else (everything[-1] if everything else None)
            moves = {metadata(only)["name"]: replicas_of(deployment)} if only is not None else {}
        await self._resize(deployment, moves, everything)

    def _was_rescaled(self, deployment: Object, new: Object | None, old: Sequence[Object]) -> bool:
        everything = [*old, new] if new is not None else list(old)
        desired = str(replicas_of(deployment))
        return any(replicas_of(each) and annotations_of(each).get(DESIRED, desired) != desired for each in everything)

    async def _create(self, deployment: Object, replicas: int, old: Sequence[Object]) -> None:
        revision = max((revision_of(each) for each in old), default=0) + 1
        try:
            await self._client.create(REPLICA_SETS, new_replica_set(deployment, replicas, revision))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            await self._avoid_collision(deployment)
        else:
            await self._annotate(deployment, revision)

    async def _avoid_collision(self, deployment: Object) -> None:
        """If a foreign ReplicaSet has our name, count the collision, so that the next hash differs.

        One of our own is only not seen yet; its event asks again.
        """
        namespace, _ = key_of(deployment)
        holder = await self._client.api.get(REPLICA_SETS, namespace, current_name(deployment))
        if controller_uid(holder) != uid_of(deployment):
            collided = {**status(deployment), "collisionCount": counted(deployment, "collisionCount") + 1}
            await self._client.write_status(DEPLOYMENTS, deployment, collided)

    async def _mark_revision(self, deployment: Object, new: Object, old: Sequence[Object]) -> None:
        revision = max((revision_of(each) for each in old), default=0) + 1
        if revision_of(new) < revision:  # the template went back to an earlier one
            await self._client.update(REPLICA_SETS, with_revision(new, revision))
        await self._annotate(deployment, max(revision, revision_of(new)))

    async def _annotate(self, deployment: Object, revision: int) -> None:
        if revision_of(deployment) != revision:
            await self._client.update(DEPLOYMENTS, with_revision(deployment, revision))

    async def _resize(self, deployment: Object, moves: Mapping[str, int], replica_sets: Sequence[Object]) -> None:
        for replica_set in replica_sets:
            namespace, name = key_of(replica_set)
            replicas = moves.get(name)
            fresh = self._client.replica_sets.get((namespace, name)) or replica_set
            sized = sizing(deployment).items() <= annotations_of(fresh).items()
            if replicas is not None and (replicas != replicas_of(fresh) or not sized):
                await self._client.update(REPLICA_SETS, resized(fresh, deployment, replicas))

    async def _prune(self, deployment: Object, old: Sequence[Object]) -> None:
        for replica_set in beyond_history(deployment, old):
            await self._client.delete(REPLICA_SETS, replica_set)

    def _split(self, deployment: Object) -> tuple[Object | None, list[Object]]:
        owned = by_age(self._client.replica_sets.having(OWNER, uid_of(deployment)))
        name = current_name(deployment)
        new = next((each for each in owned if metadata(each)["name"] == name), None)
        return new, [each for each in owned if each is not new]

    def _replica_set_changed(self, replica_set: Object) -> None:
        namespace, _ = key_of(replica_set)
        for owner in metadata(replica_set).get("ownerReferences") or ():
            if owner.get("controller") and owner.get("kind") == DEPLOYMENTS.kind:
                self.queue.add((namespace, owner["name"]))

    def _pod_changed(self, pod: Object) -> None:
        if self._client.pods.get(key_of(pod)) is not None:
            return  # only a pod's end matters here, and only to Recreate; the rest arrives by ReplicaSet status
        namespace, _ = key_of(pod)
        for owner in metadata(pod).get("ownerReferences") or ():
            replica_set = self._client.replica_sets.get((namespace, owner["name"]))
            if replica_set is not None:
                self._replica_set_changed(replica_set)
