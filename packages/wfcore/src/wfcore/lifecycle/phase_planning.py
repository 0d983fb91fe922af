"""Planning: from a new workflow to one whose plan is published and every step has its entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wfcore.codec import Malformed, Problem, encode
from wfcore.decision import Decision
from wfcore.ending import failed, not_executed
from wfcore.execution.adapting import recorded
from wfcore.execution.ledger import carried_over, clipped
from wfcore.lifecycle.busy import wait_for_targets
from wfcore.lifecycle.control import is_held
from wfcore.lifecycle.fitting import cannot_fit, published_too_large
from wfcore.lifecycle.inputs import inputs_of, taken_from_source
from wfcore.lifecycle.planned import plan_of
from wfcore.lifecycle.sources import Refusal, source_question
from wfcore.model.enums import Mode, Phase
from wfcore.model.evolving import evolve
from wfcore.model.plan import PlanInputs
from wfcore.model.status import RenderedWorkflow, StepStatus, ValidationResults, WorkflowExecutionStatus
from wfcore.planning.digest import without_secrets
from wfcore.planning.planner import Plan, with_defaults
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot
from wfcore.validation.authority import creator_of
from wfcore.validation.document import check_spec

_SHOWN_PROBLEMS = 5
_KEPT_ERRORS = 100


def begin(snapshot: Snapshot, now: datetime) -> WorkflowExecutionStatus:
    """A new workflow starts planning."""
    return evolve(
        snapshot.workflow.status, phase=Phase.PLANNING, planning_start_time=now,
        observed_generation=snapshot.workflow.metadata.generation,
        phase_deadline=now + snapshot.settings.planning_timeout)


def advance_planning(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> Decision:
    """Check, plan, publish the plan; every problem at once fails the workflow.  O(steps + dependencies).

    What can be planned is planned, however late: a workflow does not fail because nobody was there to look at it.
    """
    problems = static_problems(snapshot)
    taken = taken_from_source(snapshot) if not problems else PlanInputs()
    if taken is None:
        if status.phase_deadline is not None and now >= status.phase_deadline:
            return Decision(status=failed(status, Reason.PLANNING_TIMEOUT, _late(snapshot), now), wake_at=now)
        return Decision(status=status, wake_at=_again(snapshot, status, now))
    if isinstance(taken, Refusal):
        return Decision(status=refused(snapshot, taken.reason, taken.problems, now), wake_at=now)
    plan = plan_of(snapshot) if not problems else Malformed(problems)
    if isinstance(plan, Malformed):
        return Decision(status=planned(snapshot, None, plan.problems, now), wake_at=now)
    if snapshot.workflow.spec.execution_strategy.mode is Mode.PLAN:
        only = plan_only(snapshot, plan, now)
        problem = published_too_large(snapshot, only)
        return Decision(status=only if problem is None else planned(snapshot, None, (problem,), now), wake_at=now)
    waiting = wait_for_targets(snapshot, status, plan, now)
    if waiting is not None:
        return waiting
    status = planned(snapshot, plan, (), now)
    problem = cannot_fit(snapshot, status)
    return Decision(status=status if problem is None else planned(snapshot, None, (problem,), now), wake_at=now)


def planned(snapshot: Snapshot, plan: Plan | None, problems: Sequence[Problem],
            now: datetime) -> WorkflowExecutionStatus:
    """The plan is published and every step gets its entry; or planning failed, and why."""
    status = snapshot.workflow.status
    if plan is None:
        reason = Reason.NOT_SUPPORTED if all(p.reason == "NotSupported" for p in problems) else Reason.PLANNING_ERROR
        return refused(snapshot, reason, problems, now)
    inputs = with_defaults(inputs_of(snapshot), snapshot.settings)
    fitted = recorded(status, plan.adjustments, now)
    return evolve(
        fitted, phase=Phase.VALIDATING, plan_inputs=inputs, plan_digest=plan.digest, execution_plan=plan.published,
        total_steps=len(plan.steps), current_step=len(plan.carried), validation_start_time=now,
        waiting_for="", waiting_reason="", target_wait_deadline=None,
        step_statuses=tuple(_entry(plan, number) for number in plan.steps),
        phase_deadline=now + snapshot.settings.validating_timeout,
        workflow_deadline=now + plan.workflow_timeout if plan.workflow_timeout else None)


def _entry(plan: Plan, number: int) -> StepStatus:
    action = plan.steps[number].action.value
    return carried_over(number, action) if number in plan.carried else StepStatus(step_number=number, action=action)


def refused(snapshot: Snapshot, reason: Reason, problems: Sequence[Problem], now: datetime) -> WorkflowExecutionStatus:
    """The terminal status of a workflow that cannot be planned, with everything that is wrong."""
    errors = tuple(clipped(str(problem), 1000) for problem in problems[:_KEPT_ERRORS])
    status = evolve(snapshot.workflow.status, validation_results=ValidationResults(validation_errors=errors))
    return failed(status, reason, problem_text(problems), now)


def _late(snapshot: Snapshot) -> str:
    question = source_question(snapshot)
    assert question is not None  # nothing else keeps planning from its end
    return f"planning took too long: workflow {question.ref} could not be read"


def _again(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> datetime:
    """When the source is asked for once more; a workflow that is held has no deadline."""
    again = now + snapshot.settings.backoff_base
    deadline = None if is_held(status) else status.phase_deadline
    return again if deadline is None else min(again, deadline)


def plan_only(snapshot: Snapshot, plan: Plan, now: datetime) -> WorkflowExecutionStatus:
    """The terminal status of a workflow that only wanted its plan: the rendered steps are published."""
    todo = (number for number in plan.order if number not in plan.carried)
    rendered = tuple(evolve(without_secrets(plan.rendered[n]), plan_digest=plan.digest) for n in todo)
    inputs = with_defaults(inputs_of(snapshot), snapshot.settings)
    status = evolve(
        snapshot.workflow.status, plan_inputs=inputs,
        plan_digest=plan.digest, execution_plan=plan.published, total_steps=len(plan.steps),
        workflow=RenderedWorkflow(steps=rendered))
    return not_executed(recorded(status, plan.adjustments, now), now)


def static_problems(snapshot: Snapshot) -> tuple[Problem, ...]:
    """Everything that is wrong with a decoded spec: the same checks as for a document."""
    meta = snapshot.workflow.metadata
    spec = snapshot.workflow.spec
    return tuple(check_spec(encode(spec), meta.namespace, snapshot.settings, creator=creator_of(meta), name=meta.name,
                            decoded=spec))


def problem_text(problems: Sequence[Problem]) -> str:
    """The first problems in one sentence, and how many more there are."""
    text = "; ".join(str(problem) for problem in problems[:_SHOWN_PROBLEMS])
    more = len(problems) - _SHOWN_PROBLEMS
    return f"{text}; and {more} more" if more > 0 else text
