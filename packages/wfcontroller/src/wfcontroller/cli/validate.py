"""`wfctl validate`: every problem of files at once, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wfcontroller.cli.output import BAD_INPUT, files_argument, format_option, json_text

if TYPE_CHECKING:
    from wfcontroller.cli.checking import Checked


@click.command(epilog="Example: wfctl validate docs/examples/*.yaml")
@files_argument
@format_option("text", "json")
def validate(files: tuple[str, ...], output: str) -> None:
    """Name every problem of the files at once, offline.

    FILE is YAML or JSON with any number of objects; - is standard input. Each
    problem says file:line:column, the path within the object and what to do.
    Exit status: 0 all valid, 2 otherwise.
    """
    from wfcontroller.cli.checking import check

    checked = check(files)
    if output == "json":
        click.echo(json_text(problems_document(checked)), nl=False)
    else:
        _print(checked)
    if checked.findings:
        raise click.exceptions.Exit(BAD_INPUT)


def problems_document(checked: Checked) -> dict[str, object]:
    """`{valid, problems: [{file, line, column, path, reason, message}]}`."""
    import attrs

    return {"valid": not checked.findings, "problems": [attrs.asdict(finding) for finding in checked.findings]}


def _print(checked: Checked) -> None:
    for finding in checked.findings:
        click.echo(str(finding))
    wrong = {finding.file for finding in checked.findings}
    for file in dict.fromkeys(checked.files):
        if file not in wrong:
            inside = [document for document in checked.documents if document.file == file]
            workflows = sum(document.is_workflow for document in inside)
            others = _count(len(inside) - workflows, "other object")
            click.echo(f"{file}: valid; {_count(workflows, 'workflow')}, {others}")
    if wrong:
        click.echo(f"{_count(len(checked.findings), 'problem')} in {_count(len(wrong), 'file')}", err=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
