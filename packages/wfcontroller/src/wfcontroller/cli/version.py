"""`wfctl version` and `wfctl completion`."""

from __future__ import annotations

import click

from wfcontroller.cli.output import format_option, json_text


@click.command(epilog="Example: wfctl version -o json")
@format_option("text", "json")
def version(output: str) -> None:
    """Print the version of wfctl and of Python."""
    import platform
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        own = installed("wfcontroller")
    except PackageNotFoundError:
        own = "unknown (not installed as a package)"
    if output == "json":
        click.echo(json_text({"wfctl": own, "python": platform.python_version()}), nl=False)
    else:
        click.echo(f"wfctl {own} (Python {platform.python_version()})")


@click.command(epilog='Example: eval "$(wfctl completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(found(context.find_root().command, {}, "wfctl", "_WFCTL_COMPLETE").source())
