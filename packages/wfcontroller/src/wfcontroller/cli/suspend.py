"""`wfctl suspend` and `wfctl resume`: nothing more is launched, until it may be again."""

from __future__ import annotations

import click

from wfcontroller.cli.output import format_option
from wfcontroller.cli.where import Where, cluster_options, some_names_argument


@click.command(epilog="Example: wfctl suspend patch-ledger -n payments")
@some_names_argument
@format_option("text", "json", "yaml", "name")
@cluster_options
def suspend(names: tuple[str, ...], output: str, where: Where) -> None:
    """Let workflows launch nothing more until they are resumed.

    Steps that run go on under their own time-outs; the deadlines of phase and
    approval move by the time held. Compensations are not held: `wfctl freeze`
    holds everything.
    """
    from wfcontroller.cli.steering import steer
    from wfcore.lifecycle.steering import suspending

    steer(where, names, suspending, output)


@click.command(epilog="Example: wfctl resume patch-ledger -n payments")
@some_names_argument
@format_option("text", "json", "yaml", "name")
@cluster_options
def resume(names: tuple[str, ...], output: str, where: Where) -> None:
    """Let suspended workflows go on."""
    from wfcontroller.cli.steering import steer
    from wfcore.lifecycle.steering import resuming

    steer(where, names, resuming, output)
