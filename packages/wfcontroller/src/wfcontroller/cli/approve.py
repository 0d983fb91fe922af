"""`wfctl approve` and `wfctl reject`: a person decides on a plan that waits for it."""

from __future__ import annotations

import click

from wfcontroller.cli.output import format_option
from wfcontroller.cli.where import F, Where, cluster_options, name_argument


def _decision_options(command: F) -> F:
    for option in (
        click.option("-y", "--yes", is_flag=True, help="Do not show the plan and do not ask."),
        click.option("--digest", metavar="DIGEST", help="Decide on this plan only; default: the one that waits."),
        click.option("--reason", default="", metavar="TEXT", help="Why; it is recorded."),
    ):
        command = option(command)
    return command


@click.command(epilog="Example: wfctl approve patch-ledger -n payments --reason 'CHG-1234'")
@name_argument
@_decision_options
@format_option("text", "json", "yaml", "name")
@cluster_options
def approve(name: str, reason: str, digest: str | None, yes: bool, output: str, where: Where) -> None:
    """Approve the plan of a workflow that waits for it.

    Shows the plan, what its dry run would change, its simulated risk and its
    digest, and asks. The approval counts for this plan alone; it needs the
    verb approve on workflowapprovals, and another person than the creator.
    Exit status: 0 approved, 1 you said no, 2 refused, 3 the environment
    failed.
    """
    from wfcontroller.cli.deciding import decide_on
    from wfcore.model.enums import ApprovalDecision

    decide_on(where, name, ApprovalDecision.APPROVED, reason=reason, digest=digest, ask=not yes, output=output)


@click.command(epilog="Example: wfctl reject patch-ledger -n payments --reason 'not during the sale'")
@name_argument
@_decision_options
@format_option("text", "json", "yaml", "name")
@cluster_options
def reject(name: str, reason: str, digest: str | None, yes: bool, output: str, where: Where) -> None:
    """Reject the plan of a workflow that waits for an approval; it fails, and that is final.

    Exit status: 0 rejected, 1 you said no, 2 refused, 3 the environment
    failed.
    """
    from wfcontroller.cli.deciding import decide_on
    from wfcore.model.enums import ApprovalDecision

    decide_on(where, name, ApprovalDecision.DENIED, reason=reason, digest=digest, ask=not yes, output=output)
