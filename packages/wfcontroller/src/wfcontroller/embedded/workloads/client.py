"""What the controllers read and write with: cached reads, written-through writes, and the clock they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from wfcontroller.api import Api, ApiError, Object
from wfcontroller.embedded.workloads.timings import Timings
from wfcontroller.objects import controller_uid, key_of, metadata, spec, status, uid_of
from wfcontroller.runtime.informer import Informer
from wfcore.resources import (
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    SERVICES,
    STATEFUL_SETS,
    Resource,
)

OWNER, NODE, NAMESPACE = "owner", "node", "namespace"


class Client:
    """One informer per kind the workloads touch, and writes whose answers the informers remember."""

    def __init__(self, api: Api, now: Callable[[], datetime], timings: Timings) -> None:
        self.api, self.now, self.timings = api, now, timings
        self.nodes, self.deployments = Informer(NODES), Informer(DEPLOYMENTS)
        self.daemon_sets, self.stateful_sets = Informer(DAEMON_SETS), Informer(STATEFUL_SETS)
        self.replica_sets = Informer(REPLICA_SETS, {OWNER: controller_uid})
        self.budgets = Informer(POD_DISRUPTION_BUDGETS, {NAMESPACE: _namespace})
        self.services, self.slices = Informer(SERVICES, {NAMESPACE: _namespace}), Informer(ENDPOINT_SLICES)
        self.quotas = Informer(RESOURCE_QUOTAS, {NAMESPACE: _namespace})
        self.pods = Informer(PODS, {OWNER: controller_uid, NODE: _node, NAMESPACE: _namespace})
        self.informers = (
            self.nodes, self.deployments, self.daemon_sets, self.stateful_sets, self.replica_sets, self.budgets,
            self.services, self.slices, self.quotas, self.pods,
        )
        self._by_resource = {informer.resource: informer for informer in self.informers}

    async def create(self, resource: Resource, body: Object) -> None:
        """Create and remember."""
        self._by_resource[resource].remember(await self.api.create(resource, body))

    async def update(self, resource: Resource, body: Object) -> None:
        """Replace metadata and spec, on condition that nobody else wrote since `body` was read, and remember."""
        self._by_resource[resource].remember(await self.api.update(resource, body))

    async def write_status(self, resource: Resource, item: Object, wanted: Mapping[str, Any]) -> None:
        """Write the status if it differs from the one `item` carries, under the same condition."""
        if status(item) != wanted:
            answer = await self.api.update_status(resource, {**item, "status": dict(wanted)})
            self._by_resource[resource].remember(answer)

    async def delete(self, resource: Resource, item: Object, *, grace: int | None = None) -> None:
        """Delete this very object (by uid) and remember that it is going; nothing happens when it is gone."""
        namespace, name = key_of(item)
        try:
            await self.api.delete(resource, namespace, name, uid=uid_of(item), grace_period_seconds=grace)
            # A graceful deletion leaves the object, marked; unseen, the mark would let a controller delete another.
            self._by_resource[resource].remember(await self.api.get(resource, namespace, name))
        except ApiError as error:
            if error.status != 404:
                raise


def _namespace(item: Object) -> str:
    namespace: str = metadata(item).get("namespace") or ""
    return namespace


def _node(item: Object) -> str:
    name: str = spec(item).get("nodeName") or ""
    return name
