"""Writes and removes the ConfigMap that freezes the engine."""

from __future__ import annotations

from wfcontroller.api import ApiError, Object
from wfcontroller.cli.connection import Cluster, caller
from wfcontroller.cli.finding import found
from wfcontroller.cli.output import BadInput, EnvironmentFailed
from wfcontroller.freeze import FREEZE, freeze_reason
from wfcontroller.objects import metadata, uid_of
from wfcore.resources import CONFIG_MAPS
from wfcore.settings import Settings


def controller_namespace(given: str | None) -> str:
    """Where the controller runs, unless somebody says otherwise."""
    return given or Settings().controller_namespace


async def frozen_by(cluster: Cluster, given: str | None, reason: str) -> tuple[Object, str]:
    """The freeze as it stands afterwards, and what was done; the reason of one that is on is replaced."""
    namespace = controller_namespace(given)
    current = await found(cluster, CONFIG_MAPS, namespace, FREEZE)
    if current is not None and freeze_reason(current) is None:
        raise EnvironmentFailed(f"ConfigMap {namespace}/{FREEZE} is being deleted; repeat the command once it is gone")
    wanted = {"reason": reason, "by": await caller(cluster)}
    if current is not None:
        if (current.get("data") or {}).get("reason") == reason:
            return _kinded(current), "stands already"
        return _kinded(await cluster.api.update(CONFIG_MAPS, {**current, "data": wanted})), "configured"
    body = {"apiVersion": CONFIG_MAPS.api_version, "kind": CONFIG_MAPS.kind,
            "metadata": {"name": FREEZE, "namespace": namespace}, "data": wanted}
    try:
        return _kinded(await cluster.api.create(CONFIG_MAPS, body)), "created: every workflow is frozen"
    except ApiError as error:
        if error.status == 404:
            raise BadInput(f"namespace {namespace!r} does not exist; say where the controller runs with "
                           "--controller-namespace") from error
        raise


async def thawed(cluster: Cluster, given: str | None) -> str:
    """End the freeze, and say so; the one that was seen, not one that begins meanwhile."""
    namespace = controller_namespace(given)
    current = await found(cluster, CONFIG_MAPS, namespace, FREEZE)
    if current is None:
        return f"nothing is frozen: there is no ConfigMap {namespace}/{FREEZE}"
    await cluster.api.delete(CONFIG_MAPS, metadata(current)["namespace"], FREEZE, uid=uid_of(current))
    return f"configmap/{FREEZE} deleted: workflows go on"


def _kinded(item: Object) -> Object:
    return {"apiVersion": CONFIG_MAPS.api_version, "kind": CONFIG_MAPS.kind, **item}
