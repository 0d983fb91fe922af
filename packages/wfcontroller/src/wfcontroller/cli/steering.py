"""Writes what a person changes of workflows under way, one after the other; what wfcore refuses is said and counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from wfcontroller.api import Object
from wfcontroller.cli.connection import Cluster, on_cluster
from wfcontroller.cli.finding import change_workflow, understood
from wfcontroller.cli.output import BadInput
from wfcontroller.cli.showing import show_done, show_objects
from wfcontroller.cli.where import Where
from wfcore.lifecycle.steering import NotPossible, Steering
from wfcore.model.workflow import WorkflowExecution


def steer(where: Where, names: Sequence[str], ask: Callable[[WorkflowExecution], Steering], output: str) -> None:
    """Change each workflow as `ask` says; exit 2 when one does not exist or cannot be changed."""
    done, failures = on_cluster(where, lambda cluster: _all(cluster, names, ask))
    if output == "text":
        for workflow, did in done:
            show_done(workflow, did, output)
    else:
        show_objects([workflow for workflow, _ in done], output, as_list=len(names) != 1)
    for failure in failures:
        click.echo(f"Error: {failure.format_message()}", err=True)
    if failures:
        raise click.exceptions.Exit(failures[0].exit_code)


async def _all(cluster: Cluster, names: Sequence[str], ask: Callable[[WorkflowExecution], Steering]) -> tuple[
        list[tuple[Object, str]], list[BadInput]]:
    done: list[tuple[Object, str]] = []
    failures: list[BadInput] = []
    for name in names:
        try:
            done.append(await _one(cluster, name, ask))
        except BadInput as refused:
            failures.append(refused)
    return done, failures


async def _one(cluster: Cluster, name: str, ask: Callable[[WorkflowExecution], Steering]) -> tuple[Object, str]:
    said: list[str] = []

    def judge(current: Object) -> Object | None:
        answer = ask(understood(current))
        if isinstance(answer, NotPossible):
            raise BadInput(f"workflow {name} {answer.why}")
        said.append(answer.said)
        return {**current, "spec": {**current["spec"], **answer.fields}} if answer.fields else None

    return await change_workflow(cluster, name, judge, f"workflow {name} cannot be changed"), said[-1]
