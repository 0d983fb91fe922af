"""`wfctl crds`: the CustomResourceDefinitions, for `kubectl apply -f -`."""

from __future__ import annotations

import click

from wfcontroller.cli.output import format_option, json_text


@click.command(epilog="Example: wfctl crds | kubectl apply --server-side -f -")
@format_option("yaml", "json")
def crds(output: str) -> None:
    """Print the CustomResourceDefinitions."""
    if output == "yaml":
        from wfcontroller.manifests import crd_documents

        click.echo(crd_documents(), nl=False)
        return
    from wfcore.crds import crds as definitions

    click.echo(json_text({"apiVersion": "v1", "kind": "List", "items": list(definitions())}), nl=False)
