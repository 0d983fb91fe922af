"""Nodes as their kubelets register them: ready, with room, unless the object already says something else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.embedded.workloads.client import Client
from wfcontroller.embedded.workloads.conditions import merged
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import Key, key_of, status
from wfcore.resources import NODES

IMPLICIT_NODE = "embedded"
ALLOCATABLE = {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "100Gi"}


class NodeController:
    """Gives a node without conditions the status of a healthy one; a node with conditions is left alone."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        client.nodes.subscribe(lambda node: self.queue.add(key_of(node)))

    async def sync(self, key: Key) -> float | None:
        """Complete the node's status."""
        node = self._client.nodes.get(key)
        if node is not None:
            await self._client.write_status(NODES, node, registered(node, self._client.now()))
        return None


def registered(node: Object, now: datetime) -> dict[str, Any]:
    """The node's status with what its kubelet would have added."""
    was = dict(status(node))
    was.setdefault("capacity", dict(ALLOCATABLE))
    was.setdefault("allocatable", dict(was["capacity"]))
    if not was.get("conditions"):
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is ready"}
        was["conditions"] = merged((), [ready], now)
    return was


async def ensure_node(api: Api) -> None:
    """Create the node `embedded` in a cluster that has none, so that its pods have somewhere to run."""
    if (await api.list(NODES, limit=1)).items:
        return
    labels = {"kubernetes.io/hostname": IMPLICIT_NODE, "kubernetes.io/os": "linux"}
    node = {
        "apiVersion": NODES.api_version, "kind": NODES.kind, "metadata": {"name": IMPLICIT_NODE, "labels": labels},
        "spec": {},
    }
    try:
        await api.create(NODES, node)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
