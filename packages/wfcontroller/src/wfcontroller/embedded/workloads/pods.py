"""The scheduler and every node's kubelet: binds pods, starts and stops their containers."""

from __future__ import annotations

import asyncio

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.client import NODE, Client
from wfcontroller.embedded.workloads.pod_status import (
    images_of,
    is_finished,
    is_ready,
    running_for,
    unschedulable,
)
from wfcontroller.embedded.workloads.scheduling import choose_node, is_ready_node
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import Key, is_terminating, key_of, metadata, spec, uid_of
from wfcore.resources import PODS

LONG_AGO = float("-inf")
DEFAULT_GRACE = 30


class PodController:
    """Drives each pod from Pending to Running to gone; pods of a node that doesn't answer stay as they are."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        # What a kubelet knows and the API server doesn't: when it started these images, when it began to stop the pod.
        self._started: dict[str, tuple[tuple[str, ...], float]] = {}
        self._stopping: dict[str, float] = {}
        client.pods.subscribe(self._pod_changed)
        client.nodes.subscribe(self._node_changed)

    async def sync(self, key: Key) -> float | None:
        """Advance one pod as far as the present instant allows."""
        pod = self._client.pods.get(key)
        if pod is None:
            return None
        if is_terminating(pod):
            return await self._stop(pod)
        if is_finished(pod):
            return None
        if not spec(pod).get("nodeName"):
            return await self._bind(pod)
        return await self._run(pod) if self._node_answers(pod) else None

    async def _bind(self, pod: Object) -> float | None:
        nodes = [(node, self._client.pods.count(NODE, metadata(node)["name"])) for node in self._client.nodes.all()]
        chosen = choose_node(pod, nodes)
        if chosen is None:
            await self._client.write_status(PODS, pod, unschedulable(pod, len(nodes), self._client.now()))
        else:
            await self._client.update(PODS, {**pod, "spec": {**spec(pod), "nodeName": chosen}})
        return None

    async def _run(self, pod: Object) -> float | None:
        verdict = running_for(pod, _elapsed(self._started_at(pod)), self._client.timings.pod_start, self._client.now())
        await self._client.write_status(PODS, pod, verdict.status)
        return verdict.changes_in

    async def _stop(self, pod: Object) -> float | None:
        if not self._node_answers(pod):
            return None
        since = self._stopping.setdefault(uid_of(pod), asyncio.get_running_loop().time())
        grace: int = metadata(pod).get("deletionGracePeriodSeconds", DEFAULT_GRACE)
        left: float = min(grace, self._client.timings.pod_stop) - _elapsed(since)
        if left > 0:
            return left
        # Repeating this changes nothing: whoever holds a finalizer decides the rest.
        await self._client.delete(PODS, pod, grace=0)
        return None

    def _started_at(self, pod: Object) -> float:
        known = self._started.get(uid_of(pod))
        images = images_of(pod)
        if known is None or known[0] != images:
            # A pod that was ready before this kubelet saw it has been running all along.
            since = LONG_AGO if known is None and is_ready(pod) else asyncio.get_running_loop().time()
            known = self._started[uid_of(pod)] = (images, since)
        return known[1]

    def _node_answers(self, pod: Object) -> bool:
        return is_ready_node(self._client.nodes.get(("", spec(pod).get("nodeName") or "")))

    def _pod_changed(self, pod: Object) -> None:
        held = self._client.pods.get(key_of(pod))
        if held is None or uid_of(held) != uid_of(pod):
            self._started.pop(uid_of(pod), None)
            self._stopping.pop(uid_of(pod), None)
            self._enqueue_unbound()  # a node may have room again
        self.queue.add(key_of(pod))

    def _node_changed(self, node: Object) -> None:
        for pod in self._client.pods.having(NODE, metadata(node)["name"]):
            self.queue.add(key_of(pod))
        self._enqueue_unbound()

    def _enqueue_unbound(self) -> None:
        for pod in self._client.pods.having(NODE, ""):
            self.queue.add(key_of(pod))


def _elapsed(since: float) -> float:
    """Seconds since then, to the microsecond: 2.05 - 0.05 is less than 2.0, though a timer of 2.0 has rung."""
    return round(asyncio.get_running_loop().time() - since, 6)
