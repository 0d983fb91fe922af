"""Watches workflows on a cluster until they have ended, shows the verdict on each, and says with which exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from wfcontroller.api import Object
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.following import follow_all
from wfcontroller.cli.observers import LineObserver, LiveObserver, QuietObserver, verdict_panel
from wfcontroller.cli.outcomes import is_success, run_document
from wfcontroller.cli.output import NOT_SUCCESSFUL, console, json_text, one_or_list
from wfcontroller.cli.verdict import verdict_lines


def is_terminal() -> bool:
    """Whether a person watches standard output."""
    return sys.stdout.isatty()


async def wait_for_the_end(cluster: Cluster, workflows: Sequence[Object], output: str) -> list[Object]:
    """Follow them with live progress: a table on a terminal, a line per change elsewhere, nothing for JSON."""
    if output == "json":
        return await follow_all(cluster, workflows, QuietObserver())
    if is_terminal():
        with LiveObserver(console(), speed=1.0) as live:
            return await follow_all(cluster, workflows, live)
    return await follow_all(cluster, workflows, LineObserver(len(workflows) > 1))


def show_verdicts(documents: Sequence[dict[str, Any]], on_terminal: bool) -> None:
    """The verdict on each workflow: framed on a terminal, plain lines elsewhere."""
    for document in documents:
        lines = list(verdict_lines(document))
        if on_terminal:
            console().print(verdict_panel(lines, is_success(document)))
        else:
            click.echo("\n".join((lines[0], *("  " + line for line in lines[1:]))))


def end_with(documents: Sequence[dict[str, Any]], output: str, on_terminal: bool) -> None:
    """Show how workflows ended, from their `run_document`, and exit 1 unless every outcome is success."""
    if output == "json":
        click.echo(json_text(one_or_list(documents)), nl=False)
    else:
        show_verdicts(documents, on_terminal)
    if not all(map(is_success, documents)):
        raise click.exceptions.Exit(NOT_SUCCESSFUL)


def end_of_watching(workflows: Sequence[Object], output: str) -> None:
    """As `end_with`, for workflows as the cluster has them: who records them there is not known here."""
    end_with([run_document(workflow, {}) for workflow in workflows], output, is_terminal())
