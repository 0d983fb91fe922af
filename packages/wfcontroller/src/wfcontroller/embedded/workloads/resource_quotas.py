"""The ResourceQuota controller: keeps each quota's status true."""

from __future__ import annotations

from wfcontroller.api import Object
from wfcontroller.embedded.workloads.client import NAMESPACE, Client
from wfcontroller.embedded.workloads.quotas import quota_status
from wfcontroller.embedded.workloads.workqueue import WorkQueue
from wfcontroller.objects import Key, key_of
from wfcore.resources import RESOURCE_QUOTAS


class ResourceQuotaController:
    """Counts what is in the namespace of each quota whenever something there comes, goes or changes."""

    def __init__(self, client: Client) -> None:
        self.queue = WorkQueue()
        self._client = client
        self._counted = {
            "services": client.services, "count/services": client.services,
            "count/deployments.apps": client.deployments, "count/replicasets.apps": client.replica_sets,
            "count/statefulsets.apps": client.stateful_sets,
        }
        client.quotas.subscribe(lambda quota: self.queue.add(key_of(quota)))
        for informer in (client.pods, *dict.fromkeys(self._counted.values())):
            informer.subscribe(self._changed)

    async def sync(self, key: Key) -> float | None:
        """Write the status that the namespace gives."""
        quota = self._client.quotas.get(key)
        if quota is not None:
            counts = {word: sum(key_of(item)[0] == key[0] for item in informer.all())
                      for word, informer in self._counted.items()}
            pods = self._client.pods.having(NAMESPACE, key[0])
            await self._client.write_status(RESOURCE_QUOTAS, quota, quota_status(quota, pods, counts))
        return None

    def _changed(self, item: Object) -> None:
        for quota in self._client.quotas.having(NAMESPACE, key_of(item)[0]):
            self.queue.add(key_of(quota))
