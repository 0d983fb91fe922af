"""The StatefulSet controller: pods with ordinals, made and replaced in order."""

from __future__ import annotations

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.client import OWNER, Client
from wfcontroller.embedded.workloads.ordinals import ordinal_moves, pod_labels, stateful_set_status
from wfcontroller.embedded.workloads.pod_template import pod_from
from wfcontroller.embedded.workloads.replicas import min_ready_seconds, next_availability
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import Key, is_terminating, key_of, metadata, uid_of
from wfcore.resources import PODS, STATEFUL_SETS


class StatefulSetController:
    """Creates, replaces and removes the pods of StatefulSets."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        client.stateful_sets.subscribe(lambda stateful_set: self.queue.add(key_of(stateful_set)))
        client.pods.subscribe(self._pod_changed)

    async def sync(self, key: Key) -> float | None:
        """Make the next moves, then write the status."""
        stateful_set = self._client.stateful_sets.get(key)
        if stateful_set is None:
            return None
        if not is_terminating(stateful_set):
            moves = ordinal_moves(stateful_set, self._pods(stateful_set), self._client.now())
            for pod in moves.delete:
                await self._client.delete(PODS, pod)
            for ordinal in moves.create:
                name = f"{metadata(stateful_set)['name']}-{ordinal}"
                labels = pod_labels(stateful_set, name, ordinal)
                await self._client.create(PODS, pod_from(stateful_set, STATEFUL_SETS, name, labels=labels))
        pods, now = self._pods(stateful_set), self._client.now()
        await self._client.write_status(STATEFUL_SETS, stateful_set, stateful_set_status(stateful_set, pods, now))
        return next_availability(pods, min_ready_seconds(stateful_set), now)

    def _pods(self, stateful_set: Object) -> list[Object]:
        return self._client.pods.having(OWNER, uid_of(stateful_set))

    def _pod_changed(self, pod: Object) -> None:
        for owner in metadata(pod).get("ownerReferences") or ():
            if owner.get("controller") and owner.get("kind") == STATEFUL_SETS.kind:
                self.queue.add((key_of(pod)[0], owner["name"]))
