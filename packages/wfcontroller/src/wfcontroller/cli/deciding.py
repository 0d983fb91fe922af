"""Writes a person's decision on a plan: shown, asked, and bound to what was shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click

from wfcontroller.api import Object
from wfcontroller.cli.connection import Cluster, caller, on_cluster
from wfcontroller.cli.deciding_view import show_what_is_decided
from wfcontroller.cli.finding import change_workflow, the_workflow, understood
from wfcontroller.cli.output import NOT_SUCCESSFUL, BadInput, console
from wfcontroller.cli.showing import show_done
from wfcontroller.cli.where import Where
from wfcontroller.objects import annotations_of, metadata
from wfcore.lifecycle.consent import decision_annotations, why_not_decide
from wfcore.model.enums import ApprovalDecision
from wfcore.model.workflow import WorkflowExecution

_VERB: Mapping[ApprovalDecision, str] = {ApprovalDecision.APPROVED: "approve", ApprovalDecision.DENIED: "reject"}
_DONE: Mapping[ApprovalDecision, str] = {ApprovalDecision.APPROVED: "approved", ApprovalDecision.DENIED: "rejected"}


def decide_on(where: Where, name: str, decision: ApprovalDecision, *, reason: str, digest: str | None, ask: bool,
              output: str) -> None:
    """Show, ask, write.  `ask` needs a terminal; raises BadInput when there is nothing to decide or nobody to ask."""
    verb = _VERB[decision]

    async def work(cluster: Cluster) -> Object:
        workflow, by = understood(await the_workflow(cluster, name)), await caller(cluster)
        wanted = digest or workflow.status.plan_digest
        _refuse(workflow, by, wanted, verb)
        if ask:
            _ask(workflow, by, verb)

        def judge(current: Object) -> Object:
            _refuse(understood(current), by, wanted, verb)
            answer = decision_annotations(by, decision, wanted, reason)
            return {**current, "metadata": {**metadata(current),
                                            "annotations": {**annotations_of(current), **answer}}}

        return await change_workflow(cluster, name, judge, f"the server does not let {by} {verb} workflow {name}")

    show_done(on_cluster(where, work), _DONE[decision], output)


def can_ask() -> bool:
    """Whether a person sits at the other end."""
    return sys.stdin.isatty()


def _refuse(workflow: WorkflowExecution, by: str, digest: str, verb: str) -> None:
    why = why_not_decide(workflow, by, digest)
    if why:
        raise BadInput(f"cannot {verb}: workflow {workflow.metadata.name} {why}")


def _ask(workflow: WorkflowExecution, by: str, verb: str) -> None:
    # Standard output stays for the answer.
    show_what_is_decided(workflow, console(sys.stderr))
    if not can_ask():
        raise BadInput("standard input is no terminal, so nobody can be asked; look at the plan above, then repeat the "
                       f"command with --yes --digest {workflow.status.plan_digest}")
    if not click.confirm(f"As {by}, {verb} this plan?", err=True):
        click.echo("Nothing was decided.", err=True)
        raise click.exceptions.Exit(NOT_SUCCESSFUL)
