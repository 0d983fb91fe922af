"""`wfctl freeze` and `wfctl unfreeze`: the emergency brake of the whole engine."""

from __future__ import annotations

import click

from wfcontroller.cli.output import format_option
from wfcontroller.cli.where import Where, cluster_options, controller_namespace_option


@click.command(epilog="Example: wfctl freeze --reason 'incident 4711: nothing is to be changed'")
@click.option("--reason", required=True, metavar="TEXT", help="Why; every workflow that waits shows it.")
@controller_namespace_option
@format_option("text", "json", "yaml", "name")
@cluster_options
def freeze(reason: str, controller_namespace: str | None, output: str, where: Where) -> None:
    """Let no workflow change anything any more, compensations and dry runs included.

    Attempts that run already end under their own time-outs. The freeze is a
    ConfigMap wf-freeze where the controller runs; deadlines move by the time
    held.
    """
    from wfcontroller.cli.connection import on_cluster
    from wfcontroller.cli.freezing import frozen_by
    from wfcontroller.cli.showing import show_done

    item, did = on_cluster(where, lambda cluster: frozen_by(cluster, controller_namespace, reason))
    show_done(item, did, output)


@click.command(epilog="Example: wfctl unfreeze")
@controller_namespace_option
@cluster_options
def unfreeze(controller_namespace: str | None, where: Where) -> None:
    """End a freeze: workflows go on where they were."""
    from wfcontroller.cli.connection import on_cluster
    from wfcontroller.cli.freezing import thawed

    click.echo(on_cluster(where, lambda cluster: thawed(cluster, controller_namespace)))
