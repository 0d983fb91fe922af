"""`wfctl submit`: hands the workflows of files to a cluster, under the name of whoever does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wfcontroller.cli.output import BadInput, checked_or_refused, files_argument, format_option
from wfcontroller.cli.where import Where, cluster_options

if TYPE_CHECKING:
    from wfcontroller.api import Object
    from wfcontroller.cli.checking import Checked
    from wfcontroller.cli.connection import Cluster
    from wfcontroller.cli.documents import Document


@click.command(epilog="Example: wfctl submit docs/examples/scale-and-restart.yaml -n shop --wait")
@files_argument
@click.option("--wait", is_flag=True, help="Follow the workflows to their end.")
@click.option("--dry-run", is_flag=True, help="Let the server check everything and store nothing.")
@format_option("text", "json", "yaml", "name")
@cluster_options
def submit(files: tuple[str, ...], wait: bool, dry_run: bool, output: str, where: Where) -> None:
    """Create the workflows of files on a cluster.

    FILE is YAML or JSON; - is standard input. Other objects in the files are
    left alone. Each workflow carries your name as its creator: without it no
    approval counts. Exit status: 0, with --wait only if every outcome is
    success, else 1; 2 bad input; 3 the environment failed.
    """
    from wfcontroller.cli.connection import on_cluster

    if wait and dry_run:
        raise click.UsageError("--wait and --dry-run exclude each other: nothing is stored, so nothing ends")
    if wait and output not in ("text", "json"):
        raise click.UsageError(f"--wait shows how workflows ended, as text or json, not as {output}")
    checked = checked_or_refused(files)
    _say_what_is_left_alone(checked)

    async def work(cluster: Cluster) -> list[Object]:
        created, failures = await _create_all(cluster, checked.workflows, where.namespace, dry_run)
        if output == "text":
            _say_what_was_done(created, dry_run)
        for failure in failures:
            click.echo(f"Error: {failure.format_message()}", err=True)
        if failures:
            _show(created, output)
            raise click.exceptions.Exit(max(failure.exit_code for failure in failures))
        if not wait:
            return created
        from wfcontroller.cli.ending import wait_for_the_end

        return await wait_for_the_end(cluster, created, output)

    workflows = on_cluster(where, work)
    if wait:
        from wfcontroller.cli.ending import end_of_watching

        end_of_watching(workflows, output)
    else:
        _show(workflows, output)


def _show(workflows: list[Object], output: str) -> None:
    from wfcontroller.cli.showing import show_objects

    if output != "text":
        show_objects(workflows, output)


def _say_what_was_done(created: list[Object], dry_run: bool) -> None:
    from wfcontroller.cli.showing import show_done

    for workflow in created:
        show_done(workflow, "created" + (" (server dry run)" if dry_run else ""), "text")


def _say_what_is_left_alone(checked: Checked) -> None:
    for document in checked.documents:
        if not document.is_workflow:
            meta = document.value["metadata"]
            click.echo(f"{document.file}: {document.value['kind']} {meta['name']} is left alone; submit creates "
                       "workflows only", err=True)


async def _create_all(cluster: Cluster, documents: tuple[Document, ...], namespace: str | None,
                      dry_run: bool) -> tuple[list[Object], list[click.ClickException]]:
    """Create each; what is refused costs the others nothing."""
    from wfcontroller.api import ApiError
    from wfcontroller.cli.connection import caller
    from wfcontroller.cli.finding import named_kind
    from wfcontroller.cli.refusals import explained
    from wfcore.resources import WORKFLOW_EXECUTIONS

    bodies = [_placed(document, cluster, namespace) for document in documents]
    creator = await caller(cluster)
    created: list[Object] = []
    failures: list[click.ClickException] = []
    for document, body in zip(documents, bodies, strict=True):
        named = _named(document, body, creator)
        try:
            created.append(named_kind(await cluster.api.create(WORKFLOW_EXECUTIONS, named, dry_run=dry_run)))
        except ApiError as error:
            failures.append(explained(error, f"{document.file}: workflow {body['metadata']['name']} was refused"))
    return created, failures


def _placed(document: Document, cluster: Cluster, namespace: str | None) -> dict[str, Any]:
    """The document in its namespace, as kubectl chooses it."""
    from wfcontroller.sources import unnamed_sources

    meta = document.value["metadata"]
    given = meta.get("namespace")
    if given and namespace and given != namespace:
        raise BadInput(f"{document.file}: workflow {meta['name']} says namespace {given!r} and -n says {namespace!r}; "
                       "remove one of them")
    for source in unnamed_sources(document.value):
        raise BadInput(f"{document.file}: workflow {meta['name']} starts from workflow {source.name} of the same "
                       f"files, which has to end first; submit it afterwards, or use `wfctl rollback {source.name}` "
                       f"or `wfctl retry {source.name}`")
    return {**document.value, "metadata": {**meta, "namespace": given or cluster.namespace}}


def _named(document: Document, body: dict[str, Any], creator: str) -> dict[str, Any]:
    from wfcontroller.run.submission import submitted
    from wfcore.model.workflow import ANNOTATION_CREATED_BY

    before = body["metadata"].get("annotations") or {}
    named = submitted(body, {}, creator)
    dropped = sorted(before.keys() - named["metadata"]["annotations"].keys())
    if dropped or before.get(ANNOTATION_CREATED_BY, creator) != creator:
        what = ", ".join(dropped) or ANNOTATION_CREATED_BY
        click.echo(f"{document.file}: workflow {body['metadata']['name']}: {what} is not taken over: it belongs to "
                   f"another workflow, and this one is created by {creator}", err=True)
    return named
