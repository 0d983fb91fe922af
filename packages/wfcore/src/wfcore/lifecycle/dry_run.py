"""The dry run of every step, before anything is executed: children of kind `dryrun`, judged together.

A step whose prerequisites have not run yet may fail its dry run for that very
reason: not_found and conflict are warnings there, and everything else fails
the workflow.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from wfcore.decision import CreateChild, Decision
from wfcore.ending import failed
from wfcore.execution.attempts import Attempt, AttemptFailed, Running, Succeeded, Verdict, judge
from wfcore.execution.children import child_object
from wfcore.execution.ledger import clipped
from wfcore.execution.names import child_name
from wfcore.lifecycle.side_effects import SideEffect, colliding, predicted, side_effects
from wfcore.model.enums import ExecutionKind, FailureClass, Level
from wfcore.model.evolving import evolve
from wfcore.model.results import DryRunResults, DryRunStepResult, PotentialIssue, ResourceChange
from wfcore.model.status import ValidationResults, WorkflowExecutionStatus
from wfcore.model.workflow import KubernetesExecution
from wfcore.planning.planner import Plan
from wfcore.planning.targets import Target
from wfcore.rawobject import RawObject
from wfcore.reasons import Reason
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot

_EXCUSED = frozenset({FailureClass.RESOURCE_NOT_FOUND, FailureClass.RESOURCE_CONFLICT})
_SHOWN = 5
# What a status keeps of each list: it has to stay far below what the API server stores.
_KEPT = 100
_WORST_FIRST = (Level.HIGH, Level.MEDIUM, Level.LOW)


def is_due(snapshot: Snapshot, status: WorkflowExecutionStatus) -> bool:
    """Whether a dry run was asked for and has no results yet."""
    results = status.validation_results
    return snapshot.workflow.spec.execution_strategy.dry_run_first and not (results and results.dry_run_performed)


def advance_dry_run(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, now: datetime) -> Decision:
    """Intend every dry run at once, then wait for all of them; one failure fails the workflow.  O(steps)."""
    start = status.dry_run_start_time
    if start is None:
        effects = tuple(_create(snapshot, plan, n) for n in plan.steps if n not in plan.carried)
        return Decision(status=evolve(status, dry_run_start_time=now), effects=effects,
                        wake_at=now + snapshot.settings.dry_run_timeout)
    verdicts = {n: _judged(snapshot, plan, n, start, now) for n in plan.steps if n not in plan.carried}
    running = {number: v for number, v in verdicts.items() if isinstance(v, Running) and not v.cancel}
    if running:
        absent = [n for n in running if _name(snapshot, n) not in {*snapshot.children, *snapshot.foreign}]
        return Decision(status=status, effects=tuple(_create(snapshot, plan, n) for n in absent),
                        wake_at=min(v.wake_at for v in running.values()))
    return Decision(status=_results(snapshot, status, plan, verdicts, start, now), wake_at=now)


def _name(snapshot: Snapshot, number: int) -> str:
    return child_name(snapshot.workflow.metadata.name, ExecutionKind.DRYRUN, number, 1)


def _create(snapshot: Snapshot, plan: Plan, number: int) -> CreateChild:
    spec = evolve(plan.rendered[number], kind=ExecutionKind.DRYRUN,
                        timeout=min(plan.rendered[number].timeout, snapshot.settings.dry_run_timeout))
    body: RawObject = child_object(snapshot.workflow.metadata, spec, 1, plan.digest)
    return CreateChild(_name(snapshot, number), body)


def _judged(snapshot: Snapshot, plan: Plan, number: int, start: datetime, now: datetime) -> Verdict:
    settings: Settings = snapshot.settings
    attempt = Attempt(name=_name(snapshot, number), kind=ExecutionKind.DRYRUN, number=1,
                      action=plan.rendered[number].action, digest=plan.digest, start=start,
                      deadline=start + settings.dry_run_timeout, cancelled_at=None, uid="")
    return judge(attempt, snapshot.children.get(attempt.name), snapshot.foreign.get(attempt.name), live=snapshot.live,
                 now=now, settings=settings)


def _results(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, verdicts: dict[int, Verdict],
             start: datetime, now: datetime) -> WorkflowExecutionStatus:
    steps, issues, errors = [], [], []
    for number, verdict in verdicts.items():
        message = clipped(_failure(snapshot, number, verdict))
        if message and _is_excused(verdict) and not plan.needs[number] <= plan.carried:
            issues.append(PotentialIssue(severity=Level.LOW, step_number=number, description=message,
                                         recommendation="its prerequisites may still make it possible"))
        elif message:
            errors.append(f"step {number}: {message}")
        steps.append(DryRunStepResult(
            step_number=number, action=plan.rendered[number].action.value, would_succeed=not message,
            validation_errors=(message,) if message else ()))
    predictions = _predictions(snapshot, plan)
    for effect in side_effects(plan, predictions, snapshot.workflow.metadata.namespace, snapshot.settings):
        issues.append(_issue_of(effect))
        if effect.forbidden:
            errors.append(f"{clipped(str(effect))}, where this workflow may not act")
    issues += [_collision(*pair) for pair in colliding(plan, predictions)]
    issues.sort(key=lambda issue: _WORST_FIRST.index(issue.severity))
    dry_run = DryRunResults(
        overall_success=not errors, execution_time=now - start, steps_simulated=len(steps), step_results=tuple(steps),
        resource_changes=tuple(c for changes in predictions.values() for c in changes)[:_KEPT],
        potential_issues=tuple(issues[:_KEPT]))
    return _concluded(status, dry_run, errors, now)


def _is_excused(verdict: Verdict) -> bool:
    """Whether prerequisites may still make it possible; not what was never tried, because its name was taken."""
    return (isinstance(verdict, AttemptFailed) and verdict.failure_class in _EXCUSED
            and verdict.reason is not Reason.NAME_CONFLICT)


def _concluded(status: WorkflowExecutionStatus, dry_run: DryRunResults, errors: list[str],
               now: datetime) -> WorkflowExecutionStatus:
    validation = evolve(status.validation_results or ValidationResults(), dry_run_performed=True,
                              dry_run_results=dry_run, validation_errors=tuple(errors[:_KEPT]))
    updated = evolve(status, validation_results=validation)
    if not errors:
        return updated
    more = f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    return failed(updated, Reason.DRY_RUN_FAILED, "; ".join(errors[:_SHOWN]) + more, now)


def _predictions(snapshot: Snapshot, plan: Plan) -> dict[int, tuple[ResourceChange, ...]]:
    seen = {number: snapshot.children.get(_name(snapshot, number)) for number in plan.steps}
    return {number: predicted(child.status) for number, child in seen.items() if isinstance(child, KubernetesExecution)}


def _issue_of(effect: SideEffect) -> PotentialIssue:
    return PotentialIssue(severity=Level.HIGH, step_number=effect.step_number, description=clipped(str(effect)),
                          recommendation="it is no target of the step; find out why before you approve")


def _collision(before: int, after: int, target: Target) -> PotentialIssue:
    return PotentialIssue(
        severity=Level.MEDIUM, step_number=after, recommendation="let one depend on the other",
        description=clipped(f"steps {before} and {after} both change {target} and neither waits for the other"))


def _failure(snapshot: Snapshot, number: int, verdict: Verdict) -> str:
    """Why the step would not succeed, or an empty string."""
    match verdict:
        case Succeeded():
            child = snapshot.children[_name(snapshot, number)]
            result = child.status.dry_run_result if isinstance(child, KubernetesExecution) else None
            if result is not None and not result.would_succeed:
                return "; ".join(result.validation_errors) or "the dry run would not succeed"
            return ""
        case AttemptFailed():
            return verdict.message
        case Running():
            return "the dry run did not end in time"
        case _:
            assert_never(verdict)
