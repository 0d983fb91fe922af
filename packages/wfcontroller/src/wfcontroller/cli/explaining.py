"""Asks the engine about a workflow as the cluster has it, and words the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from wfcontroller.api import ApiError, Object
from wfcontroller.cli.connection import Cluster
from wfcontroller.cli.finding import found, the_workflow, understood
from wfcontroller.cli.freezing import controller_namespace
from wfcontroller.cli.outcomes import names_of
from wfcontroller.freeze import FREEZE, freeze_reason
from wfcontroller.listing import everything
from wfcontroller.objects import metadata, uid_of
from wfcore.codec.times import format_time
from wfcore.insight.explain import Explanation, explain
from wfcore.insight.outsider import surroundings_from
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import LABEL_WORKFLOW_UID
from wfcore.program import Surroundings
from wfcore.rawobject import RawObject
from wfcore.resources import CONFIG_MAPS, KUBERNETES_EXECUTIONS
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot, sort_children


@frozen(eq=False)
class Explained:
    """A workflow and what is said about it."""

    workflow: Object
    said: Explanation


async def explained(cluster: Cluster, name: str, given_namespace: str | None) -> Explained:
    """Explain a workflow as it is now; the settings are the defaults, as far as the plan has not committed others."""
    raw = await the_workflow(cluster, name)
    workflow = understood(raw)
    selector = f"{LABEL_WORKFLOW_UID}={uid_of(raw)}"
    children, _ = await everything(cluster.api, KUBERNETES_EXECUTIONS, cluster.namespace, selector)
    ours, foreign = sort_children(workflow.metadata, map(RawObject, children))
    namespace = controller_namespace(given_namespace)
    snapshot = Snapshot(
        workflow=workflow, children=ours, foreign=foreign, live=True,
        settings=Settings(controller_namespace=namespace, trusted_namespaces=None),
        surroundings=await _surroundings(cluster, namespace, workflow.status))
    return Explained(raw, explain(snapshot, cluster.now()))


async def _surroundings(cluster: Cluster, namespace: str, status: WorkflowExecutionStatus) -> Surroundings:
    try:
        freeze = freeze_reason(await found(cluster, CONFIG_MAPS, namespace, FREEZE))
    except ApiError as error:
        if error.status != 403:
            raise
        return surroundings_from(status, None, readable=False)
    return surroundings_from(status, freeze, readable=True)


def explanation_document(explained: Explained) -> dict[str, Any]:
    """The explanation as one JSON object."""
    said, meta, names = explained.said, metadata(explained.workflow), names_of(explained.workflow)
    return {
        "name": meta["name"], "namespace": meta["namespace"], "phase": said.phase, "headline": said.headline,
        "steps": [{"stepNumber": step.step_number, "name": names.get(step.step_number, ""), "status": step.status,
                   "why": step.why, "waitsFor": list(step.waits_for)} for step in said.steps],
        "next": said.next, "wakeAt": format_time(said.wake_at) if said.wake_at else None,
        "commands": list(said.commands),
    }


def explanation_lines(explained: Explained) -> Iterator[str]:
    """The explanation for people."""
    said, names = explained.said, names_of(explained.workflow)
    yield f"{metadata(explained.workflow)['name']}: {said.headline}"
    for step in said.steps:
        name = names.get(step.step_number, "")
        yield f"  step {step.step_number}{' ' if name else ''}{name}: {step.status}; {step.why}"
    yield f"next: {said.next}"
    for command in said.commands:
        yield f"  $ {command}"
