"""Planning: from a new workflow to one whose plan is published and every step has its entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from wfcore.codec import Malformed, Problem, encode
from wfcore.decision import Decision
from wfcore.ending import failed, not_executed
from wfcore.execution.ledger import clipped
from wfcore.lifecycle.fitting import cannot_fit, published_too_large
from wfcore.lifecycle.inputs import inputs_of
from wfcore.lifecycle.planned import plan_of
from wfcore.model.enums import Mode, Phase
from wfcore.model.status import RenderedWorkflow, StepStatus, ValidationResults, WorkflowExecutionStatus
from wfcore.planning.planner import Plan, with_defaults
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot
from wfcore.validation.document import check_spec

_SHOWN_PROBLEMS = 5
_KEPT_ERRORS = 100


def begin(snapshot: Snapshot, now: datetime) -> WorkflowExecutionStatus:
    """A new workflow starts planning."""
    return attrs.evolve(
        snapshot.workflow.status, phase=Phase.PLANNING, planning_start_time=now,
        observed_generation=snapshot.workflow.metadata.generation,
        phase_deadline=now + snapshot.settings.planning_timeout)


def advance_planning(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> Decision:
    """Check, plan, publish the plan; every problem at once fails the workflow.  O(steps + dependencies)."""
    if status.phase_deadline is not None and now >= status.phase_deadline:
        return Decision(status=failed(status, Reason.PLANNING_TIMEOUT, "planning took too long", now), wake_at=now)
    problems = static_problems(snapshot)
    plan = plan_of(snapshot) if not problems else Malformed(problems)
    if isinstance(plan, Malformed):
        return Decision(status=planned(snapshot, None, plan.problems, now), wake_at=now)
    if snapshot.workflow.spec.execution_strategy.mode is Mode.PLAN:
        only = plan_only(snapshot, plan, now)
        problem = published_too_large(snapshot, only)
        return Decision(status=only if problem is None else planned(snapshot, None, (problem,), now), wake_at=now)
    status = planned(snapshot, plan, (), now)
    problem = cannot_fit(snapshot, status)
    return Decision(status=status if problem is None else planned(snapshot, None, (problem,), now), wake_at=now)


def planned(snapshot: Snapshot, plan: Plan | None, problems: Sequence[Problem],
            now: datetime) -> WorkflowExecutionStatus:
    """The plan is published and every step gets its entry; or planning failed, and why."""
    status = snapshot.workflow.status
    if plan is None:
        errors = tuple(clipped(str(problem), 1000) for problem in problems[:_KEPT_ERRORS])
        reason = Reason.NOT_SUPPORTED if all(p.reason == "NotSupported" for p in problems) else Reason.PLANNING_ERROR
        return failed(attrs.evolve(status, validation_results=ValidationResults(validation_errors=errors)),
                      reason, problem_text(problems), now)
    inputs = with_defaults(inputs_of(snapshot), snapshot.settings)
    return attrs.evolve(
        status, phase=Phase.VALIDATING, plan_inputs=inputs, plan_digest=plan.digest, execution_plan=plan.published,
        total_steps=len(plan.steps), validation_start_time=now,
        step_statuses=tuple(StepStatus(step_number=n, action=step.action.value) for n, step in plan.steps.items()),
        phase_deadline=now + snapshot.settings.validating_timeout,
        workflow_deadline=now + plan.workflow_timeout if plan.workflow_timeout else None)


def plan_only(snapshot: Snapshot, plan: Plan, now: datetime) -> WorkflowExecutionStatus:
    """The terminal status of a workflow that only wanted its plan: the rendered steps are published."""
    rendered = tuple(attrs.evolve(plan.rendered[n], plan_digest=plan.digest) for n in plan.order)
    inputs = with_defaults(inputs_of(snapshot), snapshot.settings)
    status = attrs.evolve(
        snapshot.workflow.status, plan_inputs=inputs,
        plan_digest=plan.digest, execution_plan=plan.published, total_steps=len(plan.steps),
        workflow=RenderedWorkflow(steps=rendered))
    return not_executed(status, now)


def static_problems(snapshot: Snapshot) -> tuple[Problem, ...]:
    """Everything that is wrong with a decoded spec: the same checks as for a document."""
    meta = snapshot.workflow.metadata
    return tuple(check_spec(encode(snapshot.workflow.spec), meta.namespace, snapshot.settings))


def problem_text(problems: Sequence[Problem]) -> str:
    """The first problems in one sentence, and how many more there are."""
    text = "; ".join(str(problem) for problem in problems[:_SHOWN_PROBLEMS])
    more = len(problems) - _SHOWN_PROBLEMS
    return f"{text}; and {more} more" if more > 0 else text
