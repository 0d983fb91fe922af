"""The DaemonSet controller: one pod on each eligible node, bound by the controller itself."""

from __future__ import annotations

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.client import OWNER, Client
from wfcontroller.embedded.workloads.daemons import daemon_moves, daemon_set_status, eligible_nodes
from wfcontroller.embedded.workloads.hashing import generated_name
from wfcontroller.embedded.workloads.pod_template import pod_from
from wfcontroller.embedded.workloads.replicas import min_ready_seconds, next_availability
from wfcontroller.embedded.workloads.revisions import REVISION_LABEL, revision_hash
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import Key, is_terminating, key_of, metadata, spec, uid_of
from wfcore.resources import DAEMON_SETS, PODS


class DaemonSetController:
    """Creates, replaces and removes daemon pods."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        self._serials: dict[str, int] = {}
        client.daemon_sets.subscribe(self._changed)
        client.pods.subscribe(self._pod_changed)
        client.nodes.subscribe(self._node_changed)

    async def sync(self, key: Key) -> float | None:
        """Move towards one pod per eligible node, then write the status."""
        daemon_set = self._client.daemon_sets.get(key)
        if daemon_set is None:
            return None
        eligible = eligible_nodes(daemon_set, self._client.nodes.all())
        if not is_terminating(daemon_set):
            moves = daemon_moves(daemon_set, eligible, self._pods(daemon_set), self._client.now())
            for pod in moves.delete:
                await self._client.delete(PODS, pod)
            for node in moves.create_on:
                await self._client.create(PODS, self._daemon(daemon_set, node))
        pods, now = self._pods(daemon_set), self._client.now()
        await self._client.write_status(DAEMON_SETS, daemon_set, daemon_set_status(daemon_set, eligible, pods, now))
        return next_availability(pods, min_ready_seconds(daemon_set), now)

    def _daemon(self, daemon_set: Object, node: str) -> Object:
        serial = self._serials.get(uid_of(daemon_set), 0)
        self._serials[uid_of(daemon_set)] = serial + 1
        name = generated_name(metadata(daemon_set)["name"], uid_of(daemon_set), serial)
        labels = {REVISION_LABEL: revision_hash(daemon_set)}
        return pod_from(daemon_set, DAEMON_SETS, name, labels=labels, node=node)

    def _pods(self, daemon_set: Object) -> list[Object]:
        # What is on a node that is gone stays as it is and counts for nothing.
        owned = self._client.pods.having(OWNER, uid_of(daemon_set))
        return [pod for pod in owned if self._client.nodes.get(("", spec(pod).get("nodeName") or ""))]

    def _changed(self, daemon_set: Object) -> None:
        if self._client.daemon_sets.get(key_of(daemon_set)) is None:
            self._serials.pop(uid_of(daemon_set), None)
        self.queue.add(key_of(daemon_set))

    def _pod_changed(self, pod: Object) -> None:
        for owner in metadata(pod).get("ownerReferences") or ():
            if owner.get("controller") and owner.get("kind") == DAEMON_SETS.kind:
                self.queue.add((key_of(pod)[0], owner["name"]))

    def _node_changed(self, _: Object) -> None:
        for daemon_set in self._client.daemon_sets.all():
            self.queue.add(key_of(daemon_set))
