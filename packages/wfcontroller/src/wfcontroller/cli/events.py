"""`wfctl events`: what was told about a workflow, in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wfcontroller.cli.output import format_option
from wfcontroller.cli.where import Where, cluster_options, name_argument

if TYPE_CHECKING:
    from wfcontroller.api import Object
    from wfcontroller.cli.connection import Cluster


@click.command(epilog="Example: wfctl events patch-ledger -n payments")
@name_argument
@format_option("table", "json", "yaml", "name")
@cluster_options
def events(name: str, output: str, where: Where) -> None:
    """List the Events about a workflow, the oldest first.

    Events are kept for an hour or so and may be lost; the status is the truth.
    Those of a workflow that was deleted are shown as long as they are there.
    """
    from wfcontroller.cli.connection import now, on_cluster
    from wfcontroller.cli.events_about import events_about, lines
    from wfcontroller.cli.showing import show_objects

    async def work(cluster: Cluster) -> list[Object]:
        return await events_about(cluster, name)

    found = on_cluster(where, work)
    if output != "table":
        show_objects(found, output, as_list=True)
    elif found:
        for line in lines(found, now()):
            click.echo(line)
    else:
        click.echo(f"No events about workflow {name}.", err=True)
