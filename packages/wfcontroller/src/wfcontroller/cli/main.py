"""The entry point of `wfctl`.

Command modules import at their top only click, and what they need inside their
functions: `wfctl --help` stays quick.
"""

from __future__ import annotations

import click

from wfcontroller.cli.approve import approve, reject
from wfcontroller.cli.crds import crds
from wfcontroller.cli.doctor import doctor
from wfcontroller.cli.events import events
from wfcontroller.cli.explain import explain
from wfcontroller.cli.freeze import freeze, unfreeze
from wfcontroller.cli.get import get
from wfcontroller.cli.install import install, uninstall
from wfcontroller.cli.plan import plan
from wfcontroller.cli.run import run
from wfcontroller.cli.sequel import retry, rollback
from wfcontroller.cli.stop import stop
from wfcontroller.cli.submit import submit
from wfcontroller.cli.suspend import resume, suspend
from wfcontroller.cli.validate import validate
from wfcontroller.cli.version import completion, version
from wfcontroller.cli.watch import watch


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
             epilog="Example: wfctl run docs/examples/scale-and-restart.yaml")
def cli() -> None:
    """Run, plan and check remediation workflows.

    Exit status: 0 every outcome is success, 1 one is anything else, 2 bad input
    or usage, 3 the environment failed.
    """


for _command in (run, plan, validate, submit, get, watch, explain, events, approve, reject, suspend, resume, stop,
                 rollback, retry, freeze, unfreeze, doctor, install, uninstall, crds, version, completion):
    cli.add_command(_command)


def main() -> None:
    """Run wfctl with the process's arguments and exit."""
    cli(prog_name="wfctl")


if __name__ == "__main__":
    main()
