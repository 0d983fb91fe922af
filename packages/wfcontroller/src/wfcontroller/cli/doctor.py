"""`wfctl doctor`: whether everything the engine needs is there and fits, and what to do where it does not."""

from __future__ import annotations

import click

from wfcontroller.cli.output import NOT_SUCCESSFUL, format_option, json_text
from wfcontroller.cli.where import Where, cluster_options, controller_namespace_option


@click.command(epilog="Example: wfctl doctor -n shop")
@controller_namespace_option
@format_option("text", "json")
@cluster_options
def doctor(controller_namespace: str | None, output: str, where: Where) -> None:
    """Examine an installation, and what you may do in a namespace.

    Definitions and the policy wf-guard as shipped, controller and executor
    alive, clocks, a freeze, your rights. Exit status: 0 nothing failed
    (warnings are no failures), 1 something did, 3 the API server does not
    answer.
    """
    from wfcontroller.cli.connection import on_cluster
    from wfcontroller.cli.diagnosing import FAILED, diagnose, diagnosis_document, diagnosis_lines
    from wfcontroller.cli.freezing import controller_namespace as own

    found = on_cluster(where, lambda cluster: diagnose(cluster, own(controller_namespace)))
    if output == "json":
        click.echo(json_text(diagnosis_document(found)), nl=False)
    else:
        for line in diagnosis_lines(found):
            click.echo(line)
    if any(one.state == FAILED for one in found):
        raise click.exceptions.Exit(NOT_SUCCESSFUL)
