"""Creates the workflow that undoes or retries another one, under the first derived name that is free."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from attrs import frozen

from wfcontroller.api import ApiError, Object
from wfcontroller.cli.connection import Cluster, caller, on_cluster
from wfcontroller.cli.ending import end_of_watching, wait_for_the_end
from wfcontroller.cli.finding import named_kind, the_workflow, understood
from wfcontroller.cli.output import BadInput
from wfcontroller.cli.refusals import explained
from wfcontroller.cli.showing import show_done
from wfcontroller.cli.where import Where
from wfcontroller.run.submission import submitted
from wfcore.building.sequel import (
    Kind,
    retry_document,
    rollback_document,
    sequel_names,
    why_no_retry,
    why_no_rollback,
)
from wfcore.model.workflow import WorkflowExecution
from wfcore.resources import WORKFLOW_EXECUTIONS

_MOST_NAMES = 100


@frozen
class Sequel:
    """What to make of a workflow that has ended, and why not."""

    kind: Kind
    why_not: Callable[[WorkflowExecution, Collection[int]], str]
    document: Callable[[WorkflowExecution, str, Sequence[int]], dict[str, Any]]


rollback_sequel = Sequel("rollback", why_no_rollback, rollback_document)
retry_sequel = Sequel("retry", why_no_retry, retry_document)


def create_sequel(where: Where, name: str, sequel: Sequel, steps: Sequence[int], new_name: str | None, wait: bool,
                  output: str) -> None:
    """Create it and print its name, or follow it to its end; raises BadInput when there is nothing to start from."""

    async def work(cluster: Cluster) -> Object:
        source = understood(await the_workflow(cluster, name))
        if why := sequel.why_not(source, steps):
            raise BadInput(f"cannot {sequel.kind}: workflow {name} {why}")
        names = (new_name,) if new_name else islice(sequel_names(name, sequel.kind), _MOST_NAMES)
        created = await _create(cluster, source, sequel, steps, names)
        if not wait:
            return created
        if output == "text":
            show_done(created, "created", output)
        return (await wait_for_the_end(cluster, [created], output))[0]

    made = on_cluster(where, work)
    if wait:
        end_of_watching([made], output)
    else:
        show_done(made, "created", output)


async def _create(cluster: Cluster, source: WorkflowExecution, sequel: Sequel, steps: Sequence[int],
                  names: Iterable[str]) -> Object:
    """Create it under the first of the names that is free."""
    creator, taken = await caller(cluster), ""
    for name in names:
        body = submitted(sequel.document(source, name, steps), {}, creator)
        try:
            return named_kind(await cluster.api.create(WORKFLOW_EXECUTIONS, body))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise explained(error, f"workflow {name} was refused") from error
            taken = name
    raise BadInput(f"workflow {taken} exists already; give another name with --name")
