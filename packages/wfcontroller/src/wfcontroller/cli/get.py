"""`wfctl get`: lists workflows, as `kubectl get wfe` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wfcontroller.cli.output import format_option
from wfcontroller.cli.where import Where, cluster_options, names_argument

if TYPE_CHECKING:
    from wfcontroller.api import Object
    from wfcontroller.cli.connection import Cluster


@click.command(epilog="Example: wfctl get -A -o wide")
@names_argument
@click.option("-A", "--all-namespaces", is_flag=True, help="List every namespace.")
@click.option("-l", "--selector", default="", metavar="LABELS", help="Only workflows with these labels.")
@click.option("-w", "--watch", "watches", is_flag=True, help="Go on with a line for each change, until interrupted.")
@format_option("table", "wide", "json", "yaml", "name")
@cluster_options
def get(names: tuple[str, ...], all_namespaces: bool, selector: str, watches: bool, output: str, where: Where) -> None:
    """List workflows: phase, finished steps, outcome, age.

    Without NAME all of the namespace. -o wide adds strategy, duration, plan
    digest and the reason of a failure. Exit status: 0, 2 if a NAME does not
    exist.
    """
    from wfcontroller.cli.connection import on_cluster

    _refuse_contradictions(names, all_namespaces, selector, watches, output)
    if watches:
        on_cluster(where, lambda cluster: _watch(cluster, names, all_namespaces, output))
    elif names:
        found, missing = on_cluster(where, lambda cluster: _named(cluster, names))
        _show(found, output, all_namespaces=False, as_list=len(names) > 1)
        for failure in missing:
            click.echo(f"Error: {failure.format_message()}", err=True)
        if missing:
            raise click.exceptions.Exit(missing[0].exit_code)
    else:
        found = on_cluster(where, lambda cluster: _listed(cluster, "" if all_namespaces else cluster.namespace,
                                                          selector))
        _show(found, output, all_namespaces=all_namespaces, as_list=True)


def _refuse_contradictions(names: tuple[str, ...], all_namespaces: bool, selector: str, watches: bool,
                           output: str) -> None:
    if names and all_namespaces:
        raise click.UsageError("a workflow is named in one namespace: give -n instead of -A")
    if selector and (names or watches):
        raise click.UsageError("-l selects from a list: leave out the names and -w")
    if watches and (len(names) > 1 or output not in ("table", "wide", "name")):
        raise click.UsageError("-w shows lines, of one workflow or of all: give at most one NAME, and -o table, wide "
                               "or name")


def _show(items: list[Object], output: str, *, all_namespaces: bool, as_list: bool) -> None:
    from wfcontroller.cli.connection import now
    from wfcontroller.cli.get_table import lines
    from wfcontroller.cli.showing import show_objects

    if output not in ("table", "wide"):
        show_objects(items, output, as_list=as_list)
    elif items:
        for line in lines(items, now(), wide=output == "wide", with_namespace=all_namespaces):
            click.echo(line)
    elif as_list:
        click.echo("No workflows found.", err=True)


async def _listed(cluster: Cluster, namespace: str, selector: str) -> list[Object]:
    from wfcontroller.cli.finding import named_kind
    from wfcontroller.listing import everything
    from wfcore.resources import WORKFLOW_EXECUTIONS

    items, _ = await everything(cluster.api, WORKFLOW_EXECUTIONS, namespace, selector)
    return [named_kind(item) for item in items]


async def _named(cluster: Cluster, names: tuple[str, ...]) -> tuple[list[Object], list[click.ClickException]]:
    from wfcontroller.cli.finding import the_workflow
    from wfcontroller.cli.output import BadInput

    found: list[Object] = []
    missing: list[click.ClickException] = []
    for name in names:
        try:
            found.append(await the_workflow(cluster, name))
        except BadInput as absent:
            missing.append(absent)
    return found, missing


async def _watch(cluster: Cluster, names: tuple[str, ...], all_namespaces: bool, output: str) -> None:
    """A line for each workflow, then one for each change."""
    from contextlib import aclosing

    from wfcontroller.cli.finding import named_kind, the_workflow
    from wfcontroller.cli.following import changes
    from wfcontroller.cli.get_table import Rows
    from wfcontroller.cli.showing import full_name

    for name in names:
        await the_workflow(cluster, name)
    namespace = "" if all_namespaces else cluster.namespace
    rows = Rows(wide=output == "wide", with_namespace=all_namespaces)
    if output != "name":
        click.echo(rows.head())
    async with aclosing(changes(cluster, namespace, "".join(names))) as events:
        async for event in events:
            item = named_kind(event.object)
            click.echo(full_name(item) if output == "name" else rows.line(item, cluster.now()))
