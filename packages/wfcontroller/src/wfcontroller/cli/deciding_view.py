"""What a person sees before deciding on a plan: the plan, its dry run, its simulated risk, its digest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from wfcontroller.cli.checking import OWN_SETTINGS
from wfcontroller.cli.plan_table import show
from wfcontroller.cli.plans import rendered
from wfcore.codec import Malformed
from wfcore.codec.durations import format_duration
from wfcore.codec.times import format_time
from wfcore.insight.forecast import forecast
from wfcore.lifecycle.planned import plan_of
from wfcore.model.results import DryRunResults
from wfcore.model.status import ApprovalStatus
from wfcore.model.workflow import WorkflowExecution
from wfcore.snapshot import Snapshot

if TYPE_CHECKING:
    from rich.console import Console

# Steps times runs: about two seconds.
_SIMULATED = 1_000
_MOST_RUNS, _MOST_STEPS = 100, 100


def show_what_is_decided(workflow: WorkflowExecution, console: Console) -> None:
    """Print all of it; what cannot be shown is said."""
    meta, status = workflow.metadata, workflow.status
    plan = plan_of(Snapshot(workflow=workflow, settings=OWN_SETTINGS))
    if isinstance(plan, Malformed):
        console.print(Text(f"{meta.name} in namespace {meta.namespace}", "bold"))
        console.print(Text(f"warning: its plan cannot be computed here, under other settings than the controller's: "
                           f"{plan}", "yellow"))
    else:
        show([{"name": meta.name, "namespace": meta.namespace, **rendered(plan)}], console)
    for text in (*_dry_run(workflow), *_risk(workflow), Text(_request(status.approval))):
        console.print(text)
    console.print(Text.assemble("Digest ", (status.plan_digest, "bold")))


def _dry_run(workflow: WorkflowExecution) -> Iterator[Text]:
    results = workflow.status.validation_results
    dry = results.dry_run_results if results is not None else None
    if dry is None:
        yield Text("Dry run  none was asked for (executionStrategy.dryRunFirst)", "yellow")
        return
    verdict = "every step would succeed" if dry.overall_success else "not every step would succeed"
    yield Text(f"Dry run  {verdict}")
    yield from (Text(f"  - {line}") for line in _predictions(dry))


def _predictions(dry: DryRunResults) -> Iterator[str]:
    for change in dry.resource_changes:
        # Without values: a dry run never keeps them, because they may be secret.
        place = f"{change.namespace}/" if change.namespace else ""
        yield f"{change.change_type} {change.resource_type.lower()} {place}{change.resource_name}"
    for step in dry.step_results:
        yield from (f"step {step.step_number} ({step.action}) would fail: {error}" for error in step.validation_errors)
    for issue in dry.potential_issues:
        advice = f"; {issue.recommendation}" if issue.recommendation else ""
        yield f"{issue.severity.value}: {issue.description}{advice}"


def _risk(workflow: WorkflowExecution) -> Iterator[Text]:
    """Simulated with the engine itself; nothing is known here of how such steps went before."""
    steps, spec = workflow.status.total_steps, workflow.spec
    if not 0 < steps <= _MOST_STEPS or spec.rollback_of is not None or spec.retry_of is not None:
        return
    runs = min(_SIMULATED // steps, _MOST_RUNS)
    found = forecast(workflow, OWN_SETTINGS, runs=runs)
    yield Text(f"Simulated risk  success {found.success:.0%}, rolled back {found.rollback_risk:.0%}, left changed "
               f"{found.manual_intervention:.0%}, takes {_rough(found.durations.p50)} to "
               f"{_rough(found.durations.p95)} ({runs} runs, without history)")


def _rough(length: timedelta) -> str:
    return format_duration(timedelta(seconds=round(length.total_seconds())))


def _request(approval: ApprovalStatus | None) -> str:
    return f"Asked for because {approval.needed_because}, until {format_time(approval.deadline)}" if approval else ""
