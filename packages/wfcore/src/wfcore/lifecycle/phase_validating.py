"""Validating: what must hold before anything is executed, and the phase that ends with the first intents."""

from __future__ import annotations

from datetime import datetime

import attrs

from wfcore.codec import Malformed
from wfcore.decision import Decision
from wfcore.ending import failed, not_executed
from wfcore.lifecycle.control import is_held
from wfcore.lifecycle.dry_run import advance_dry_run, is_due
from wfcore.lifecycle.phase_planning import problem_text
from wfcore.lifecycle.planned import plan_of
from wfcore.model.enums import Phase
from wfcore.model.status import ValidationResults, WorkflowExecutionStatus
from wfcore.planning.planner import Plan
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot


def advance_validating(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> Decision:
    """One pass of validating: hold, time out, dry-run, and begin execution once everything is in order."""
    if is_held(status):
        return Decision(status=status)
    if status.phase_deadline is not None and now >= status.phase_deadline:
        return Decision(status=failed(status, Reason.VALIDATING_TIMEOUT, "validating took too long", now), wake_at=now)
    plan = plan_of(snapshot)
    if isinstance(plan, Malformed):
        return Decision(status=failed(status, Reason.PLANNING_ERROR, problem_text(plan.problems), now), wake_at=now)
    if is_due(snapshot, status) and not snapshot.settings.observe_only:
        return advance_dry_run(snapshot, status, plan, now)
    if snapshot.settings.observe_only:
        return Decision(status=not_executed(status, now), wake_at=now)
    return Decision(status=validated(snapshot, status, plan, now), wake_at=now)


def validated(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan,
              now: datetime) -> WorkflowExecutionStatus:
    """Execution begins: the static checks were made before planning, the dry run, if asked for, is over."""
    results = attrs.evolve(status.validation_results or ValidationResults(), safety_checks_passed=True,
                           warnings=plan.published.warnings)
    return attrs.evolve(status, phase=Phase.EXECUTING, execution_start_time=now, phase_deadline=None,
                        validation_results=results)
