"""`wfctl stop`: ends workflows that are under way."""

from __future__ import annotations

import click

from wfcontroller.cli.output import format_option
from wfcontroller.cli.where import Where, cluster_options, some_names_argument


@click.command(epilog="Example: wfctl stop patch-ledger -n payments --rollback")
@some_names_argument
@click.option("--rollback", is_flag=True, help="Afterwards undo what the steps have changed.")
@format_option("text", "json", "yaml", "name")
@cluster_options
def stop(names: tuple[str, ...], rollback: bool, output: str, where: Where) -> None:
    """End workflows: running steps end, nothing more is launched, the phase becomes failed.

    It can't be taken back, and may be made a stop with rollback. It ends a
    suspension and a wait for an approval; under a freeze compensations wait.
    """
    from wfcontroller.cli.steering import steer
    from wfcore.lifecycle.steering import stopping
    from wfcore.model.enums import Stop

    steer(where, names, lambda workflow: stopping(workflow, Stop.ROLLBACK if rollback else Stop.GRACEFUL), output)
