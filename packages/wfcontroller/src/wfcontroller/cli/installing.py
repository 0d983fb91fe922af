"""Applies an installation object by object, waiting for the definitions before what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from wfcontroller.api import ApiError, Object
from wfcontroller.cli.applying import apply, until_established
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.output import BadInput
from wfcontroller.cli.refusals import explained
from wfcontroller.cli.shipping import default_parts, is_definition, is_namespace, parts
from wfcontroller.cli.showing import full_name
from wfcontroller.configuration.controller import ControllerConfig
from wfcontroller.configuration.executor import ExecutorConfig
from wfcontroller.configuration.flaws import ConfigurationError
from wfcontroller.configuration.loading import read
from wfcontroller.objects import metadata


def chosen(asked: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    """The parts asked for, else the default ones; `help` lists them and ends the command."""
    if "help" in asked:
        for part in parts():
            click.echo(part + (" (by default)" if part in default_parts() else ""))
        raise click.exceptions.Exit(0)
    return tuple(asked) or tuple(default)


def checked_configs(controller: str | None, executor: str | None) -> dict[str, str]:
    """Texts of config files by the ConfigMap they belong in; raises BadInput with all that is wrong with them."""
    texts, problems = {}, []
    kinds: tuple[tuple[str, str | None, Any], ...] = (
        ("wf-controller", controller, ControllerConfig), ("wf-executor", executor, ExecutorConfig))
    for name, file, kind in kinds:
        if file is None:
            continue
        try:
            # Without this process's environment: it is not the one that will be configured.
            read(kind, file, {})
            texts[name] = Path(file).read_text(encoding="utf-8-sig")
        except ConfigurationError as error:
            problems.append(str(error))
    if problems:
        raise BadInput("\n".join(problems))
    return texts


async def install_all(cluster: Cluster, wanted: Sequence[Object], dry_run: bool) -> None:
    """Apply everything in order, a line each; the first refusal ends it, and the command can be repeated."""
    to_come = {metadata(one)["name"] for one in wanted if is_namespace(one)}
    fresh: list[Object] = []
    for one in wanted:
        if fresh and not is_definition(one):
            await until_established(cluster, fresh)
            fresh = []
        did = await _applied(cluster, one, dry_run, to_come)
        if is_definition(one) and not dry_run:
            fresh.append(one)
        click.echo(f"{full_name(one)} {did}" + (" (server dry run)" if dry_run else ""))
    await until_established(cluster, fresh)


async def _applied(cluster: Cluster, one: Object, dry_run: bool, to_come: set[str]) -> str:
    try:
        return await apply(cluster, one, dry_run=dry_run)
    except ApiError as error:
        # A dry run has not made the namespace that everything after it is in.
        if dry_run and error.status == 404 and metadata(one).get("namespace") in to_come:
            return "created"
        raise explained(error, f"{full_name(one)} could not be applied", if_unknown="install what defines it first, or "
                        "leave out its part; `wfctl install --part help` lists them") from error
