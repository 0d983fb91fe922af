"""`wfctl plan`: what a workflow would do, in which order; changes nothing."""

from __future__ import annotations

import click

from wfcontroller.cli.output import checked_or_refused, files_argument, format_option, json_text, one_or_list


@click.command(epilog="Example: wfctl plan docs/examples/diamond.yaml -o svg > plan.svg")
@files_argument
@format_option("table", "json", "yaml", "mermaid", "svg")
def plan(files: tuple[str, ...], output: str) -> None:
    """Show the plan of each workflow in the files.

    Waves, critical path, estimated duration, rollback order, touched objects,
    warnings and the digest that an approval would be bound to. FILE is YAML or
    JSON; - is standard input. Exit status: 0, or 2 for bad input.
    """
    from wfcontroller.cli.plans import plan_document

    plans = [plan_document(document) for document in checked_or_refused(files).workflows]
    if output == "json":
        click.echo(json_text(one_or_list(plans)), nl=False)
    elif output == "yaml":
        from wfcontroller.cli.yamltext import yaml_text

        click.echo(yaml_text(one_or_list(plans)), nl=False)
    elif output == "mermaid":
        from wfcontroller.cli.plan_mermaid import flowchart

        click.echo(flowchart(plans), nl=False)
    elif output == "svg":
        from wfcontroller.cli.plan_svg import drawing

        click.echo(drawing(plans), nl=False)
    else:
        from wfcontroller.cli.output import console
        from wfcontroller.cli.plan_table import show

        show(plans, console())
