"""The dry run of every step, before anything is executed: children of kind `dryrun`, judged together.

A step whose prerequisites have not run yet may fail its dry run for that very
reason: not_found and conflict are warnings there, and everything else fails
the workflow.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from wfcore.decision import CreateChild, Decision
from wfcore.ending import failed
from wfcore.execution.attempts import Attempt, AttemptFailed, Running, Succeeded, Verdict, judge
from wfcore.execution.children import child_object
from wfcore.execution.ledger import clipped
from wfcore.execution.names import child_name
from wfcore.model.enums import ExecutionKind, FailureClass, Level
from wfcore.model.results import DryRunResults, DryRunStepResult, PotentialIssue
from wfcore.model.status import ValidationResults, WorkflowExecutionStatus
from wfcore.model.workflow import KubernetesExecution
from wfcore.planning.planner import Plan
from wfcore.rawobject import RawObject
from wfcore.reasons import Reason
from wfcore.settings import Settings
from wfcore.snapshot import Snapshot

_EXCUSED = frozenset({FailureClass.RESOURCE_NOT_FOUND, FailureClass.RESOURCE_CONFLICT})
_SHOWN = 5


def is_due(snapshot: Snapshot, status: WorkflowExecutionStatus) -> bool:
    """Whether a dry run was asked for and has no results yet."""
    results = status.validation_results
    return snapshot.workflow.spec.execution_strategy.dry_run_first and not (results and results.dry_run_performed)


def advance_dry_run(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan, now: datetime) -> Decision:
    """Intend every dry run at once, then wait for all of them; one failure fails the workflow.  O(steps)."""
    start = status.dry_run_start_time
    if start is None:
        effects = tuple(_create(snapshot, plan, n) for n in plan.steps if n not in plan.carried)
        return Decision(status=attrs.evolve(status, dry_run_start_time=now), effects=effects,
                        wake_at=now + snapshot.settings.dry_run_timeout)
    verdicts = {n: _judged(snapshot, plan, n, start, now) for n in plan.steps if n not in plan.carried}
    running = {number: v for number, v in verdicts.items() if isinstance(v, Running) and not v.cancel}
    if any(v.need_live for v in running.values()):
        return Decision(status=status, need_live=True)
    if running:
        absent = [n for n in running if _name(snapshot, n) not in {*snapshot.children, *snapshot.foreign}]
        return Decision(status=status, effects=tuple(_create(snapshot, plan, n) for n in absent),
                        wake_at=min(v.wake_at for v in running.values()))
    return Decision(status=_results(snapshot, status, plan, verdicts, start, now), wake_at=now)


def _name(snapshot: Snapshot, number: int) -> str:
    return child_name(snapshot.workflow.metadata.name, ExecutionKind.DRYRUN, number, 1)


def _create(snapshot: Snapshot, plan: Plan, number: int) -> CreateChild:
    spec = attrs.evolve(plan.rendered[number], kind=ExecutionKind.DRYRUN,
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
    results, issues, errors = [], [], []
    for number, verdict in verdicts.items():
        message = _failure(snapshot, number, verdict)
        excused = isinstance(verdict, AttemptFailed) and verdict.failure_class in _EXCUSED
        excused = excused and not plan.needs[number] <= plan.carried
        if message and excused:
            issues.append(PotentialIssue(severity=Level.LOW, step_number=number, description=clipped(message),
                                         recommendation="its prerequisites may still make it possible"))
        elif message:
            errors.append(f"step {number}: {clipped(message)}")
        results.append(DryRunStepResult(
            step_number=number, action=plan.rendered[number].action.value, would_succeed=not message,
            validation_errors=(clipped(message),) if message else ()))
    dry_run = DryRunResults(overall_success=not errors, execution_time=now - start, steps_simulated=len(results),
                            step_results=tuple(results), potential_issues=tuple(issues))
    validation = attrs.evolve(status.validation_results or ValidationResults(), dry_run_performed=True,
                              dry_run_results=dry_run, validation_errors=tuple(errors))
    updated = attrs.evolve(status, validation_results=validation)
    if not errors:
        return updated
    more = f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    return failed(updated, Reason.DRY_RUN_FAILED, "; ".join(errors[:_SHOWN]) + more, now)


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
