"""Removes an installation: what is under way or would be lost is said first; data goes only when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import click

from wfcontroller.api import ApiError, Object
from wfcontroller.cli.applying import is_gone_within, remove
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.output import BadInput, EnvironmentFailed
from wfcontroller.cli.refusals import explained
from wfcontroller.cli.shipping import is_definition, is_namespace
from wfcontroller.cli.showing import full_name
from wfcontroller.listing import everything
from wfcontroller.objects import metadata, status
from wfcore.lifecycle.transitions import TERMINAL
from wfcore.resources import AUDIT_OUTBOXES, WORKFLOW_EXECUTIONS, Resource

_GONE_WITHIN_SECONDS = 120.0
_NAMED = 5


async def uninstall_all(cluster: Cluster, documents: Sequence[Object], namespace: str, *, with_data: bool, force: bool,
                        dry_run: bool) -> None:
    """Remove the objects, the last first, a line each.

    Raises BadInput, without `force`, when workflows are under way or records would be lost.
    """
    if not force:
        await _refuse_while_under_way(cluster)
        if with_data:
            await _refuse_while_records_wait(cluster, namespace)
    definitions = [one for one in documents if is_definition(one)]
    holding = [one for one in documents if is_namespace(one)]
    rest = [one for one in documents if one not in definitions and one not in holding]
    if with_data:
        for one in definitions:
            await _remove_definition(cluster, one, namespace, force, dry_run)
    await _remove_each(cluster, rest, dry_run)
    if with_data:
        await _remove_each(cluster, holding, dry_run)


async def _remove_each(cluster: Cluster, documents: Sequence[Object], dry_run: bool) -> None:
    for one in reversed(documents):
        try:
            was_there = await remove(cluster, one, dry_run=dry_run)
        except ApiError as error:
            raise explained(error, f"{full_name(one)} could not be removed") from error
        if was_there:
            click.echo(f"{full_name(one)} deleted" + (" (server dry run)" if dry_run else ""))


async def _remove_definition(cluster: Cluster, one: Object, namespace: str, force: bool, dry_run: bool) -> None:
    """Remove a definition with its objects, and wait: workflows need the others to go, and records come of them."""
    if not force and not dry_run:
        await _refuse_while_records_wait(cluster, namespace)
    await _remove_each(cluster, [one], dry_run)
    if not dry_run:
        await _wait(cluster, one, force)


async def _refuse_while_under_way(cluster: Cluster) -> None:
    running = [item for item in await _listed(cluster, WORKFLOW_EXECUTIONS, "")
               if status(item).get("phase", "") not in TERMINAL]
    if running:
        raise BadInput(f"{len(running)} workflow{'s are' if len(running) > 1 else ' is'} under way: {_some(running)}; "
                       "wait for their end or stop them, or give --force")


async def _refuse_while_records_wait(cluster: Cluster, namespace: str) -> None:
    waiting = await _listed(cluster, AUDIT_OUTBOXES, namespace)
    if waiting:
        raise BadInput(f"{len(waiting)} audit record{'s wait' if len(waiting) > 1 else ' waits'} for the database: "
                       f"{_some(waiting)}; wait until it is back, or lose them with --force")


async def _listed(cluster: Cluster, resource: Resource, namespace: str) -> list[Object]:
    try:
        return (await everything(cluster.api, resource, namespace))[0]
    except ApiError as error:
        if error.status == 404:
            return []  # without the definition there is none
        raise


def _some(items: Sequence[Object]) -> str:
    named = [f"{metadata(item)['namespace']}/{metadata(item)['name']}" for item in items[:_NAMED]]
    return ", ".join(named) + (", ..." if len(items) > _NAMED else "")


async def _wait(cluster: Cluster, definition: Object, force: bool) -> None:
    """Workflows have to go while the controller still runs: their finalizers are its own."""
    if not await is_gone_within(cluster, definition, _GONE_WITHIN_SECONDS) and not force:
        raise EnvironmentFailed(
            f"{full_name(definition)} is still there after {_GONE_WITHIN_SECONDS:.0f} s: does the controller run? Only "
            "it lets go of workflows; nothing after it was removed, so repeat the command, or go on with --force")
