"""The entry point of `wfctl`.

Command modules import at their top only click, and what they need inside their
functions: `wfctl --help` stays quick.
"""

from __future__ import annotations

import click

from wfcontroller.cli.crds import crds
from wfcontroller.cli.plan import plan
from wfcontroller.cli.run import run
from wfcontroller.cli.validate import validate
from wfcontroller.cli.version import completion, version


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
             epilog="Example: wfctl run docs/examples/scale-and-restart.yaml")
def cli() -> None:
    """Run, plan and check remediation workflows.

    Exit status: 0 every outcome is success, 1 one is anything else, 2 bad input
    or usage, 3 the environment failed.
    """


for _command in (run, plan, validate, crds, version, completion):
    cli.add_command(_command)


def main() -> None:
    """Run wfctl with the process's arguments and exit."""
    cli(prog_name="wfctl")


if __name__ == "__main__":
    main()
