"""Facts about targets, as the observer role may read them: what is absent is a fact, what may not be read is not."""

from __future__ import annotations

from collections.abc import Mapping

from wfcontroller.api import Api, ApiError
from wfcontroller.listing import everything
from wfcore.planning.targets import Target
from wfcore.program import Inspect, Inspected
from wfcore.rawobject import RawObject
from wfcore.resources import (
    ALERT_REMEDIATIONS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    LEASES,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    RESOURCE_QUOTAS,
    SERVICES,
    Resource,
)

# Never ConfigMaps or Secrets: their content is nobody's business here.
INSPECTED: Mapping[str, Resource] = {resource.kind: resource for resource in (
    ALERT_REMEDIATIONS, DEPLOYMENTS, ENDPOINT_SLICES, LEASES, NODES, POD_DISRUPTION_BUDGETS, PODS, RESOURCE_QUOTAS,
    SERVICES,
)}


class Inspector:
    """Reads targets live, one after the other."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def inspect(self, request: Inspect) -> Inspected:
        """What is at each target, in order; one that cannot be read costs the others nothing."""
        return Inspected(tuple([await self._at(target) for target in request.targets]))

    async def _at(self, target: Target) -> tuple[RawObject, ...] | None:
        """A name means one object; a selector, or neither, the objects of the namespace or of the whole cluster."""
        resource = INSPECTED.get(target.kind)
        if resource is None:
            return None
        try:
            if target.name:
                return (RawObject(await self._api.get(resource, target.namespace, target.name)),)
            items, _ = await everything(self._api, resource, target.namespace, target.selector)
            return tuple(map(RawObject, items))
        except ApiError as error:
            # 404 of a list: the kind itself does not exist here.
            return () if error.status == 404 else None
