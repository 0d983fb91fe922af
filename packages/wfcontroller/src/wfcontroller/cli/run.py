"""`wfctl run`: workflows to their end on the embedded cluster and database."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from wfcontroller.cli.output import (
    BadInput,
    EnvironmentFailed,
    checked_or_refused,
    console,
    files_argument,
    format_option,
)

if TYPE_CHECKING:
    from wfcontroller.cli.checking import Checked
    from wfcontroller.run.request import RunObserver, RunRequest, RunResult

# Virtual seconds per second when someone watches.
_TERMINAL_SPEED = 20.0


def _speed(context: click.Context, _parameter: click.Parameter, value: str | None) -> float | str | None:
    if value is None or value == "max":
        return value
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise click.BadParameter(f"{value!r} is not a positive number or max")
    return speed


def _faults(context: click.Context, _parameter: click.Parameter, values: Iterable[str]) -> dict[int, int | None]:
    faults: dict[int, int | None] = {}
    for value in values:
        step, colon, attempts = value.partition(":")
        if not _positive(step) or (colon and not _positive(attempts)):
            raise click.BadParameter(f"{value!r} is not STEP or STEP:ATTEMPTS, like 2 or 2:1")
        if int(step) in faults:
            raise click.BadParameter(f"step {int(step)} is given twice")
        faults[int(step)] = int(attempts) if colon else None
    return faults


def _positive(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0


@click.command(epilog="Example: wfctl run docs/examples/flaky-retries.yaml --fail 2:1 --dump cluster.yaml")
@files_argument
@click.option("--fail", "faults", metavar="STEP[:ATTEMPTS]", callback=_faults, multiple=True,
              help="Make a step fail: its first ATTEMPTS before they act; without ATTEMPTS, all after they acted. "
              "Repeatable.")
@click.option("--approve", is_flag=True, help="Approve every workflow that asks for an approval.")
@click.option("--reject", is_flag=True, help="Deny it to every workflow that asks for an approval.")
@click.option("--seed", metavar="N", type=click.IntRange(0, 2**63 - 1),
              help="Fix uids and the start, on a throw-away database: the same bytes every time.")
@click.option("--speed", metavar="N|max", callback=_speed,
              help="Virtual seconds per second; default 20 on a terminal, else max.")
@click.option("--dump", type=click.Path(dir_okay=False), metavar="FILE",
              help="Write the final cluster as one List; YAML for .yaml, else JSON.")
@click.option("--database", metavar="URL", help="PostgreSQL to record to; default: an embedded one.")
@format_option("text", "json")
def run(files: tuple[str, ...], faults: dict[int, int | None], approve: bool, reject: bool, seed: int | None,
        speed: float | str | None, dump: str | None, database: str | None, output: str) -> None:
    """Run workflows to their end on a cluster in memory.

    The other objects in the files are the cluster's initial state, and the
    reference executor really changes them there. FILE is YAML or JSON; - is
    standard input. A workflow that asks for an approval gets the one that
    --approve or --reject gives, and without either waits until its time is up.
    rollbackOf and retryOf may name a workflow that stands earlier in the files
    without its uid, and wait for its end. Exit status: 0 every outcome is
    success, 1 one is anything else, 2 bad input, 3 the environment failed.
    """
    from wfcontroller.cli.ending import end_with
    from wfcontroller.cli.outcomes import run_document

    if approve and reject:
        raise click.UsageError("--approve and --reject exclude each other; give one of them")
    checked = checked_or_refused(files)
    _refuse_unknown_steps(checked, faults)
    _refuse_suspended(checked)
    _refuse_frozen(checked)
    on_terminal = output == "text" and sys.stdout.isatty()
    request = _request(checked, fail=faults, seed=seed, speed=_pace(speed, on_terminal), database=database,
                       decision="approved" if approve else "denied" if reject else None)
    result = _run(request, on_terminal, output)
    if dump is not None:
        from wfcontroller.cli.dump import write_dump

        write_dump(dump, result.cluster)
    end_with([run_document(workflow, result.audit_ids) for workflow in result.workflows], output, on_terminal)


def _pace(speed: float | str | None, on_terminal: bool) -> float | None:
    if speed is None:
        return _TERMINAL_SPEED if on_terminal else None
    return speed if isinstance(speed, float) else None


def _refuse_unknown_steps(checked: Checked, faults: Iterable[int]) -> None:
    definitions = [workflow.value["spec"].get("workflowDefinition") for workflow in checked.workflows]
    known = {step["stepNumber"] for definition in definitions if definition for step in definition["steps"]}
    for step in faults:
        if step not in known:
            raise BadInput(f"--fail {step}: no workflow has a step {step}")


def _refuse_suspended(checked: Checked) -> None:
    for workflow in checked.workflows:
        if workflow.value["spec"].get("suspend"):
            name = workflow.value["metadata"]["name"]
            raise BadInput(f"workflow {name} is suspended (spec.suspend: true) and nothing can resume it in this run; "
                           "remove the field")


def _refuse_frozen(checked: Checked) -> None:
    from wfcontroller.freeze import FREEZE
    from wfcore.settings import Settings

    place = ("ConfigMap", Settings().controller_namespace, FREEZE)
    for document in checked.documents:
        meta = document.value["metadata"]
        if place == (document.value["kind"], meta.get("namespace"), meta["name"]):
            raise BadInput(f"{document.file}: ConfigMap {FREEZE} in namespace {place[1]} freezes every workflow and "
                           "nothing can end the freeze in this run; remove it")


def _request(checked: Checked, *, decision: str | None, **options: Any) -> RunRequest:
    from wfcontroller.run.request import RunRequest
    from wfcore.model.enums import ApprovalDecision

    return RunRequest(documents=tuple(document.value for document in checked.documents),
                      decision=ApprovalDecision(decision) if decision else None, **options)


def _run(request: RunRequest, on_terminal: bool, output: str) -> RunResult:
    from wfcontroller.cli.observers import LineObserver, LiveObserver, QuietObserver

    if on_terminal:
        with LiveObserver(console(), request.speed) as live:
            return _session(request, live)
    several = sum(document.get("kind") == "WorkflowExecution" for document in request.documents) > 1
    return _session(request, QuietObserver() if output == "json" else LineObserver(several))


def _session(request: RunRequest, observer: RunObserver) -> RunResult:
    from wfcontroller.run.request import RunFailed
    from wfcontroller.run.session import run_session

    try:
        return run_session(request, observer)
    except RunFailed as failed:
        raise (BadInput if failed.bad_input else EnvironmentFailed)(str(failed)) from failed
