"""The EndpointSlice controller: keeps the slice of each Service with a selector true."""

from __future__ import annotations

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.client import NAMESPACE, Client
from wfcontroller.embedded.workloads.endpoints import SERVICE_NAME, endpoint_slice, selects, slice_name
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import Key, is_terminating, key_of, labels_of, metadata, spec
from wfcore.resources import ENDPOINT_SLICES


class EndpointSliceController:
    """One slice a Service; it goes with its Service, by garbage collection."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        client.services.subscribe(lambda service: self.queue.add(key_of(service)))
        client.pods.subscribe(self._pod_changed)
        client.slices.subscribe(self._slice_changed)

    async def sync(self, key: Key) -> float | None:
        """Write the slice that the selected pods give, if it differs from the one that is there."""
        service = self._client.services.get(key)
        if service is None or is_terminating(service) or not spec(service).get("selector"):
            return None
        pods = [pod for pod in self._client.pods.having(NAMESPACE, key[0]) if selects(service, labels_of(pod))]
        wanted = endpoint_slice(service, pods)
        current = self._client.slices.get((key[0], slice_name(service)))
        if current is None:
            await self._client.create(ENDPOINT_SLICES, wanted)
        elif any(current.get(part) != wanted[part] for part in ("endpoints", "ports")):
            await self._client.update(ENDPOINT_SLICES, {**wanted, "metadata": metadata(current)})
        return None

    def _pod_changed(self, pod: Object) -> None:
        for service in self._client.services.having(NAMESPACE, key_of(pod)[0]):
            if selects(service, labels_of(pod)):
                self.queue.add(key_of(service))

    def _slice_changed(self, changed: Object) -> None:
        name = labels_of(changed).get(SERVICE_NAME)
        if name:
            self.queue.add((key_of(changed)[0], name))
