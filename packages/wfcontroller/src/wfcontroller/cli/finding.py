"""Reads workflows by name and changes them: each write has the version that was judged as its precondition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from wfcontroller.api import ApiError, Object
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.output import BadInput
from wfcontroller.cli.refusals import explained
from wfcore.codec import Malformed, decode_workflow
from wfcore.model.workflow import WorkflowExecution
from wfcore.resources import WORKFLOW_EXECUTIONS, Resource

# What is to be written: None when it stands there already.
Judge: TypeAlias = Callable[[Object], "Object | None"]
_ATTEMPTS = 5


async def found(cluster: Cluster, resource: Resource, namespace: str, name: str) -> Object | None:
    """An object, None when there is none of that name."""
    try:
        return await cluster.api.get(resource, namespace, name)
    except ApiError as error:
        if error.status == 404:
            return None
        raise


async def the_workflow(cluster: Cluster, name: str) -> Object:
    """A workflow of the namespace; raises BadInput when there is none of that name."""
    try:
        return named_kind(await cluster.api.get(WORKFLOW_EXECUTIONS, cluster.namespace, name))
    except ApiError as error:
        # A server without the definition answers 404 too, and then no name can be right.
        if error.status == 404 and name in error.message:
            raise no_such_workflow(cluster, name) from error
        raise


def no_such_workflow(cluster: Cluster, name: str) -> BadInput:
    """There is no workflow of that name."""
    return BadInput(f"workflow {name!r} does not exist in namespace {cluster.namespace!r}; `wfctl get -A` lists all")


def named_kind(workflow: Object) -> Object:
    """The object with its kind: items of a list come without."""
    return {"apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind, **workflow}


def understood(workflow: Object) -> WorkflowExecution:
    """The workflow as the engine reads it; raises BadInput with every problem of one that it cannot read."""
    decoded = decode_workflow(workflow)
    if isinstance(decoded, Malformed):
        raise BadInput(f"workflow {workflow['metadata']['name']} cannot be read: {decoded}; delete it and submit it "
                       "again")
    return decoded


async def change_workflow(cluster: Cluster, name: str, judge: Judge, doing: str) -> Object:
    """Read a workflow, let `judge` say what to write, write it; judge anew when somebody else was faster.

    `judge` raises a ClickException to refuse.  `doing` begins the sentence about a refusal of the server.
    """
    attempts_left = _ATTEMPTS
    while True:
        attempts_left -= 1
        current = await the_workflow(cluster, name)
        wanted = judge(current)
        if wanted is None:
            return current
        try:
            return named_kind(await cluster.api.update(WORKFLOW_EXECUTIONS, wanted))
        except ApiError as error:
            if error.reason != "Conflict" or not attempts_left:
                raise explained(error, doing) from error
