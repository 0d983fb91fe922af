"""From a new workflow to a validated one: planning and validating."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wfcore.codec import Problem, encode
from wfcore.ending import failed, not_executed
from wfcore.execution.ledger import clipped
from wfcore.model.enums import Phase
from wfcore.model.evolving import evolve
from wfcore.model.plan import PlanInputs
from wfcore.model.status import RenderedWorkflow, StepStatus, ValidationResults, WorkflowExecutionStatus
from wfcore.planning.planner import Plan, with_defaults
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot
from wfcore.validation.document import check_spec

_SHOWN_PROBLEMS = 5
_KEPT_ERRORS = 100


def begin(snapshot: Snapshot, now: datetime) -> WorkflowExecutionStatus:
    """A new workflow starts planning."""
    return evolve(
        snapshot.workflow.status, phase=Phase.PLANNING, planning_start_time=now,
        observed_generation=snapshot.workflow.metadata.generation,
        phase_deadline=now + snapshot.settings.planning_timeout)


def planned(snapshot: Snapshot, plan: Plan | None, problems: Sequence[Problem],
            now: datetime) -> WorkflowExecutionStatus:
    """The plan is published and every step gets its entry; or planning failed, and why."""
    status = snapshot.workflow.status
    if plan is None:
        errors = tuple(clipped(str(problem), 1000) for problem in problems[:_KEPT_ERRORS])
        reason = Reason.NOT_SUPPORTED if all(p.reason == "NotSupported" for p in problems) else Reason.PLANNING_ERROR
        return failed(evolve(status, validation_results=ValidationResults(validation_errors=errors)),
                      reason, problem_text(problems), now)
    inputs = with_defaults(status.plan_inputs or PlanInputs(), snapshot.settings)
    return evolve(
        status, phase=Phase.VALIDATING, plan_inputs=inputs, plan_digest=plan.digest, execution_plan=plan.published,
        total_steps=len(plan.steps), validation_start_time=now,
        step_statuses=tuple(StepStatus(step_number=n, action=step.action.value) for n, step in plan.steps.items()),
        phase_deadline=now + snapshot.settings.validating_timeout,
        workflow_deadline=now + plan.workflow_timeout if plan.workflow_timeout else None)


def plan_only(snapshot: Snapshot, plan: Plan, now: datetime) -> WorkflowExecutionStatus:
    """The terminal status of a workflow that only wanted its plan: the rendered steps are published."""
    rendered = tuple(evolve(plan.rendered[n], plan_digest=plan.digest) for n in plan.order)
    inputs = with_defaults(snapshot.workflow.status.plan_inputs or PlanInputs(), snapshot.settings)
    status = evolve(
        snapshot.workflow.status, plan_inputs=inputs,
        plan_digest=plan.digest, execution_plan=plan.published, total_steps=len(plan.steps),
        workflow=RenderedWorkflow(steps=rendered))
    return not_executed(status, now)


def static_problems(snapshot: Snapshot) -> tuple[Problem, ...]:
    """Everything that is wrong with a decoded spec: the same checks as for a document."""
    meta, spec = snapshot.workflow.metadata, snapshot.workflow.spec
    return tuple(check_spec(encode(spec), meta.namespace, snapshot.settings, spec))


def problem_text(problems: Sequence[Problem]) -> str:
    """The first problems in one sentence, and how many more there are."""
    text = "; ".join(str(problem) for problem in problems[:_SHOWN_PROBLEMS])
    more = len(problems) - _SHOWN_PROBLEMS
    return f"{text}; and {more} more" if more > 0 else text


def validated(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan,
              now: datetime) -> WorkflowExecutionStatus:
    """Execution begins: the static checks were made before planning, the dry run, if asked for, is over."""
    results = evolve(status.validation_results or ValidationResults(), safety_checks_passed=True,
                           warnings=plan.published.warnings)
    return evolve(status, phase=Phase.EXECUTING, execution_start_time=now, phase_deadline=None,
                        validation_results=results)
