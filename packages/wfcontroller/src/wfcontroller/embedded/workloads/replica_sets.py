"""The ReplicaSet controller: as many active pods as the spec asks for."""

from __future__ import annotations

from wfcontroller.api import ApiError, Object
from wfcontroller.embedded.workloads.client import OWNER, Client
from wfcontroller.embedded.workloads.hashing import generated_name
from wfcontroller.embedded.workloads.pod_status import is_active
from wfcontroller.embedded.workloads.pod_template import pod_from
from wfcontroller.embedded.workloads.replicas import (
    min_ready_seconds,
    next_availability,
    replica_set_status,
    surplus_pods,
)
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import (
    Key,
    controller_uid,
    is_terminating,
    key_of,
    metadata,
    replicas_of,
    uid_of,
)
from wfcore.resources import PODS, REPLICA_SETS


class ReplicaSetController:
    """Creates missing pods, deletes surplus ones, reports the rest."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        self._serials: dict[str, int] = {}  # a pod's name is never used twice by one ReplicaSet
        client.replica_sets.subscribe(self._changed)
        client.pods.subscribe(self._pod_changed)

    async def sync(self, key: Key) -> float | None:
        """Create or delete pods, then write the status that results."""
        replica_set = self._client.replica_sets.get(key)
        if replica_set is None:
            return None
        failure: ApiError | None = None
        if not is_terminating(replica_set):
            failure = await self._scale(replica_set)
        pods = self._active_pods(replica_set)
        now = self._client.now()
        await self._client.write_status(
            REPLICA_SETS, replica_set, replica_set_status(replica_set, pods, failure, now)
        )
        if failure is not None:
            raise failure
        return next_availability(pods, min_ready_seconds(replica_set), now)

    async def _scale(self, replica_set: Object) -> ApiError | None:
        pods, wanted = self._active_pods(replica_set), replicas_of(replica_set)
        for pod in surplus_pods(pods, wanted):
            await self._client.delete(PODS, pod)
        try:
            for _ in range(wanted - len(pods)):
                await self._client.create(PODS, pod_from(replica_set, REPLICA_SETS, self._next_name(replica_set)))
        except ApiError as error:
            return error
        return None

    def _next_name(self, replica_set: Object) -> str:
        serial = self._serials.get(uid_of(replica_set), 0)
        self._serials[uid_of(replica_set)] = serial + 1
        return generated_name(metadata(replica_set)["name"], uid_of(replica_set), serial)

    def _active_pods(self, replica_set: Object) -> list[Object]:
        return [pod for pod in self._client.pods.having(OWNER, uid_of(replica_set)) if is_active(pod)]

    def _changed(self, replica_set: Object) -> None:
        if self._client.replica_sets.get(key_of(replica_set)) is None:
            self._serials.pop(uid_of(replica_set), None)
        self.queue.add(key_of(replica_set))

    def _pod_changed(self, pod: Object) -> None:
        uid, (namespace, _) = controller_uid(pod), key_of(pod)
        for owner in metadata(pod).get("ownerReferences") or ():
            if owner.get("uid") == uid and owner.get("kind") == "ReplicaSet":
                self.queue.add((namespace, owner["name"]))
