"""`wfctl watch`: the progress of workflows on a cluster, until they have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wfcontroller.cli.output import format_option
from wfcontroller.cli.where import Where, cluster_options, some_names_argument

if TYPE_CHECKING:
    from wfcontroller.api import Object
    from wfcontroller.cli.connection import Cluster


@click.command(epilog="Example: wfctl watch patch-ledger -n payments")
@some_names_argument
@format_option("text", "json")
@cluster_options
def watch(names: tuple[str, ...], output: str, where: Where) -> None:
    """Follow workflows to their end.

    On a terminal a table that is redrawn, elsewhere a line for each change,
    with -o json nothing but how they ended. Exit status: 0 every outcome is
    success, 1 one is anything else, 2 no such workflow, 3 the environment
    failed, which a workflow that is deleted meanwhile is too.
    """
    from wfcontroller.cli.connection import on_cluster
    from wfcontroller.cli.ending import end_of_watching

    async def work(cluster: Cluster) -> list[Object]:
        from wfcontroller.cli.ending import wait_for_the_end
        from wfcontroller.cli.finding import the_workflow

        return await wait_for_the_end(cluster, [await the_workflow(cluster, name) for name in names], output)

    end_of_watching(on_cluster(where, work), output)
