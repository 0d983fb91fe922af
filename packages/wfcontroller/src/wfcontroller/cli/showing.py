"""Objects of a cluster on standard output, in kubectl's formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from wfcontroller.api import Object
from wfcontroller.cli.output import json_text


def full_name(item: Object) -> str:
    """`deployment.apps/web`, `configmap/settings`."""
    group = item["apiVersion"].rpartition("/")[0]
    return f"{item['kind'].lower()}{'.' if group else ''}{group}/{item['metadata']['name']}"


def show_done(item: Object, did: str, output: str) -> None:
    """What was done to an object: a line as kubectl writes it, its name, or the object as it is now."""
    if output == "text":
        click.echo(f"{full_name(item)} {did}")
    else:
        show_objects([item], output)


def show_objects(items: Sequence[Object], output: str, *, as_list: bool = False) -> None:
    """Objects as `json`, `yaml` or `name`: one by itself, several or none, or `as_list`, as one List."""
    if output == "name":
        for item in items:
            click.echo(full_name(item))
        return
    cleaned = [_without_managed_fields(item) for item in items]
    document: Any = cleaned[0] if len(cleaned) == 1 and not as_list else {
        "apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": cleaned}
    if output == "json":
        click.echo(json_text(document), nl=False)
    else:
        from wfcontroller.cli.yamltext import yaml_text

        click.echo(yaml_text(document), nl=False)


def _without_managed_fields(item: Object) -> Object:
    meta = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return {**item, "metadata": meta}
