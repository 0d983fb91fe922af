"""What every command shares: exit codes, formats, and where text goes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from wfcontroller.cli.checking import Checked

NOT_SUCCESSFUL, BAD_INPUT, ENVIRONMENT_FAILED = 1, 2, 3
# What a pipe gets: enough for whole lines, the same for everyone.
PIPE_WIDTH = 160

F = TypeVar("F", bound=Callable[..., Any])


class BadInput(click.ClickException):
    """The user's input cannot be used."""

    exit_code = BAD_INPUT


class EnvironmentFailed(click.ClickException):
    """Something around the command failed: a database, a disk."""

    exit_code = ENVIRONMENT_FAILED


def format_option(*formats: str) -> Callable[[F], F]:
    """`-o`: the first format is the default."""
    return click.option("-o", "--output", type=click.Choice(formats), default=formats[0], show_default=True,
                        help="Format of the output.")


files_argument = click.argument("files", metavar="FILE...", nargs=-1, required=True)


def console(stream: IO[str] | None = None) -> Console:
    """A rich console: colour and terminal width on a terminal, plain wide lines elsewhere; honours NO_COLOR."""
    from rich.console import Console

    target = stream or sys.stdout
    return Console(file=target, width=None if target.isatty() else PIPE_WIDTH, highlight=False, soft_wrap=False)


def json_text(document: Any) -> str:
    """A document as people and programs read it, ending in a newline."""
    import json

    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def one_or_list(documents: Iterable[Any]) -> Any:
    """The document itself for one, a list for several."""
    several = list(documents)
    return several[0] if len(several) == 1 else several


def checked_or_refused(files: tuple[str, ...]) -> Checked:
    """Files that can be planned and run; otherwise every problem on standard error and exit 2."""
    from wfcontroller.cli.checking import check

    checked = check(files, needs_workflow=True)
    if checked.findings:
        refuse(checked)
    return checked


def refuse(checked: Checked) -> NoReturn:
    """Say everything that is wrong on standard error and end with exit 2."""
    for finding in checked.findings:
        click.echo(str(finding), err=True)
    raise click.exceptions.Exit(BAD_INPUT)
