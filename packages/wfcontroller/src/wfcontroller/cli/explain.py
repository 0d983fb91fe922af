"""`wfctl explain`: why each step of a workflow runs, waits or failed, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wfcontroller.cli.output import format_option, json_text
from wfcontroller.cli.where import Where, cluster_options, controller_namespace_option, name_argument

if TYPE_CHECKING:
    from wfcontroller.cli.connection import Cluster
    from wfcontroller.cli.explaining import Explained


@click.command(epilog="Example: wfctl explain patch-ledger -n payments")
@name_argument
@controller_namespace_option
@format_option("text", "json")
@cluster_options
def explain(name: str, controller_namespace: str | None, output: str, where: Where) -> None:
    """Say why each step of a workflow runs, waits or failed, and what happens next.

    The engine itself is asked, about the workflow as it is now. After an
    incomplete rollback a command is shown for each object that is still
    changed.
    """
    from wfcontroller.cli.connection import on_cluster
    from wfcontroller.cli.explaining import explained, explanation_document, explanation_lines

    async def work(cluster: Cluster) -> Explained:
        return await explained(cluster, name, controller_namespace)

    found = on_cluster(where, work)
    if output == "json":
        click.echo(json_text(explanation_document(found)), nl=False)
    else:
        for line in explanation_lines(found):
            click.echo(line)
