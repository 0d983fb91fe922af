"""Applies and removes shipped objects by get, create, update and delete: what PATCH would do, without its right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from wfcontroller.api import ApiError, Object
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.finding import found
from wfcontroller.cli.likeness import merged, stands_as
from wfcontroller.cli.output import EnvironmentFailed
from wfcontroller.cli.shipping import resource_of
from wfcontroller.cli.showing import full_name
from wfcontroller.objects import metadata, status, uid_of

_ATTEMPTS = 5
_EVERY_SECONDS = 0.5
ESTABLISHED_WITHIN_SECONDS = 60.0


async def apply(cluster: Cluster, wanted: Object, *, dry_run: bool = False) -> str:
    """Make it stand as wanted; `created`, `configured` or `unchanged`.  Somebody who was faster is merged with."""
    resource, meta = resource_of(wanted), metadata(wanted)
    attempts_left = _ATTEMPTS
    while True:
        attempts_left -= 1
        current = await found(cluster, resource, meta.get("namespace", ""), meta["name"])
        if current is not None and stands_as(current, wanted):
            return "unchanged"
        try:
            if current is None:
                await cluster.api.create(resource, wanted, dry_run=dry_run)
                return "created"
            await cluster.api.update(resource, merged(current, wanted), dry_run=dry_run)
            return "configured"
        except ApiError as error:
            if error.status != 409 or not attempts_left:
                raise


async def remove(cluster: Cluster, document: Object, *, dry_run: bool = False) -> bool:
    """Ask for the deletion of what stands under its name; whether there was anything."""
    resource, meta = resource_of(document), metadata(document)
    namespace = meta.get("namespace", "")
    current = await found(cluster, resource, namespace, meta["name"])
    if current is None:
        return False
    try:
        await cluster.api.delete(resource, namespace, meta["name"], uid=uid_of(current), dry_run=dry_run)
    except ApiError as error:
        if error.status == 404:
            return False
        raise
    return True


async def until_established(cluster: Cluster, definitions: Sequence[Object]) -> None:
    """Wait until the server serves what they define; raises EnvironmentFailed after a minute."""
    async def is_waiting(one: Object) -> bool:
        current = await found(cluster, resource_of(one), "", metadata(one)["name"])
        conditions = (status(current).get("conditions") or ()) if current is not None else ()
        return not any(c["type"] == "Established" and c["status"] == "True" for c in conditions)

    waited = 0.0
    while waiting := [one for one in definitions if await is_waiting(one)]:
        if waited >= ESTABLISHED_WITHIN_SECONDS:
            names = ", ".join(map(full_name, waiting))
            raise EnvironmentFailed(f"{names} not established after {ESTABLISHED_WITHIN_SECONDS:.0f} s; "
                                    "`kubectl describe crd` says why, then repeat the command")
        await asyncio.sleep(_EVERY_SECONDS)
        waited += _EVERY_SECONDS


async def is_gone_within(cluster: Cluster, document: Object, seconds: float) -> bool:
    """Wait until nothing stands under its name any more, for so long."""
    resource, meta = resource_of(document), metadata(document)
    waited = 0.0
    while await found(cluster, resource, meta.get("namespace", ""), meta["name"]) is not None:
        if waited >= seconds:
            return False
        await asyncio.sleep(_EVERY_SECONDS)
        waited += _EVERY_SECONDS
    return True
