"""`wfctl rollback` and `wfctl retry`: a new workflow that starts from one that has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from wfcontroller.cli.output import format_option
from wfcontroller.cli.where import F, Where, cluster_options, name_argument

if TYPE_CHECKING:
    from wfcontroller.cli.creating import Sequel


def _sequel_options(command: F) -> F:
    for option in (
        click.option("--wait", is_flag=True, help="Follow the new workflow to its end."),
        click.option("--name", "new_name", metavar="NAME", help="Name of the new workflow; default: derived."),
    ):
        command = option(command)
    return command


def _steps_option(help_text: str) -> Callable[[F], F]:
    return click.option("--step", "steps", type=click.IntRange(1), multiple=True, metavar="N", help=help_text)


@click.command(epilog="Example: wfctl rollback scale-web -n shop --step 2 --wait")
@name_argument
@_steps_option("Undo only this step; repeatable.")
@_sequel_options
@format_option("text", "json", "yaml", "name")
@cluster_options
def rollback(name: str, steps: tuple[int, ...], new_name: str | None, wait: bool, output: str, where: Where) -> None:
    """Undo what a workflow that has ended has changed.

    Creates a workflow with rollbackOf, named NAME-rollback unless --name says
    otherwise, and prints its name. It restores the values that were captured,
    in reverse order, and needs an approval if NAME did. Exit status: 0, with
    --wait only if its outcome is success, else 1; 2 refused; 3 the environment
    failed.
    """
    _create(where, name, "rollback", steps, new_name, wait, output)


@click.command(epilog="Example: wfctl retry scale-web -n shop --step 1")
@name_argument
@_steps_option("Run this step again even if it has succeeded; repeatable.")
@_sequel_options
@format_option("text", "json", "yaml", "name")
@cluster_options
def retry(name: str, steps: tuple[int, ...], new_name: str | None, wait: bool, output: str, where: Where) -> None:
    """Run again what a workflow that has ended did not achieve.

    Creates a workflow with retryOf, named NAME-retry unless --name says
    otherwise, and prints its name. Steps that have succeeded are carried over.
    Exit status: 0, with --wait only if its outcome is success, else 1; 2
    refused; 3 the environment failed.
    """
    _create(where, name, "retry", steps, new_name, wait, output)


def _create(where: Where, name: str, kind: str, steps: tuple[int, ...], new_name: str | None, wait: bool,
            output: str) -> None:
    from wfcontroller.cli.creating import create_sequel, retry_sequel, rollback_sequel
    from wfcontroller.cli.where import workflow_name

    if wait and output not in ("text", "json"):
        raise click.UsageError(f"--wait shows how it ended, as text or json, not as {output}")
    sequel: Sequel = rollback_sequel if kind == "rollback" else retry_sequel
    create_sequel(where, name, sequel, steps, workflow_name(new_name) if new_name else None, wait, output)
