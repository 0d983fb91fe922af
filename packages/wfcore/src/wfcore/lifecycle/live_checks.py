"""The checks of validating that look at the cluster as it is: whose power, safety checks, whether it can be watched.

They are made when validating begins, and again before execution when they have
become old; never while an approval is only waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen

from wfcore.ending import failed
from wfcore.execution.ledger import clipped
from wfcore.lifecycle.need import Need
from wfcore.lifecycle.phase_monitoring import is_judgeable
from wfcore.model.enums import RollbackStrategy
from wfcore.model.evolving import evolve
from wfcore.model.status import SafetyCheckResult, ValidationResults, WorkflowExecutionStatus
from wfcore.planning.planner import Plan
from wfcore.planning.targets import Target, impact_of, rendered_targets
from wfcore.program import Inspect, Request
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot
from wfcore.validation.authority import Power, creator_of, needed_powers, outside_power, power_review
from wfcore.validation.safety import Known, facts_needed, run_checks
from wfcore.validation.safety_health import touched
from wfcore.validation.safety_rbac import rbac_review, replies

_SHOWN = 5
_LISTED = 20


@frozen
class Doubt:
    """Whether the workflow may act is not known yet, and why."""

    why: str


def are_old(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> bool:
    """Whether what was checked is too old to act on, or nothing was checked yet."""
    results = status.validation_results
    at = results.checked_at if results else None
    return at is None or now - at >= snapshot.settings.recheck_after


def were_made(status: WorkflowExecutionStatus) -> bool:
    """Whether the checks were made once."""
    return status.validation_results is not None and status.validation_results.checked_at is not None


def check_live(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan,
               now: datetime) -> WorkflowExecutionStatus | Doubt | Need:
    """The status with the results, or failed by them; a question as long as one is open.  O(steps) but for the facts.

    Power comes first: nothing is read for a workflow that may not act.
    """
    judged = _power(snapshot, plan)
    if isinstance(judged, Need | Doubt):
        return judged
    if judged:
        more = f"; and {len(judged) - _SHOWN} more" if len(judged) > _SHOWN else ""
        return failed(status, Reason.UNAUTHORIZED, "; ".join(judged[:_SHOWN]) + more, now)
    request = _open_question(snapshot, plan)
    if request is not None:
        return Need(request)
    known = Known(plan, snapshot.settings, snapshot.facts or {}, snapshot.answers, now)
    return _judged(status, plan, run_checks(known), tuple(_unwatchable(snapshot, plan)), now)


def _power(snapshot: Snapshot, plan: Plan) -> tuple[str, ...] | Doubt | Need:
    """What the workflow may not do; empty when it may do everything."""
    meta, settings = snapshot.workflow.metadata, snapshot.settings
    creator = creator_of(meta)
    # Operators may have changed their mind since the workflow was planned.
    problems = [f"step {number}: {why}" for number, spec in plan.rendered.items() for target in rendered_targets(spec)
                if (why := outside_power(target, meta.namespace, settings, creator))]
    powers = needed_powers(plan.rendered.values(), meta.namespace, settings)
    if problems or not powers:
        return tuple(problems)
    if not snapshot.surroundings.approvals_guarded:
        return Doubt(f"nothing proves that {creator!r} created the workflow while the admission policy wf-guard "
                     "is missing")
    review = power_review(creator, powers)
    if review not in snapshot.answers:
        return Need(review)
    known = replies(review, snapshot.answers)
    answers = dict(zip(powers, (known.get(question) for question in review.questions), strict=True))
    denied = tuple(f"{creator} may not {_said(power)}" for power, allowed in answers.items() if allowed is False)
    open_ = [power for power, allowed in answers.items() if allowed is None]
    return Doubt(f"nobody could say whether {creator} may {_said(open_[0])}") if open_ and not denied else denied


def _said(power: Power) -> str:
    return f"have workflows {power} (verb {power.action.value} on remediations)"


def _open_question(snapshot: Snapshot, plan: Plan) -> Request | None:
    review = rbac_review(plan, snapshot.settings, snapshot.answers)
    if review is not None:
        return review
    targets = tuple(dict.fromkeys((*facts_needed(plan, snapshot.settings), *_samples(plan))))
    inspect = Inspect(targets)
    return inspect if targets and inspect not in snapshot.answers else None


def _samples(plan: Plan) -> tuple[Target, ...]:
    """One target of each kind that monitoring will read."""
    first: dict[str, Target] = {}
    for target in touched(plan):
        if is_judgeable(target):
            first.setdefault(target.kind, target)
    return tuple(first.values())


def _unwatchable(snapshot: Snapshot, plan: Plan) -> Iterator[str]:
    facts = snapshot.facts or {}
    for target in _samples(plan):
        if facts.get(target) is None:
            yield (f"{target} cannot be read, so whether the workflow helped will stay unknown; grant the controller "
                   "the role wf-observer")


def _judged(status: WorkflowExecutionStatus, plan: Plan, results: tuple[SafetyCheckResult, ...],
            unwatchable: tuple[str, ...], now: datetime) -> WorkflowExecutionStatus:
    wrong = tuple(f"{r.type.value}: {r.message}" for r in results if r.required and not r.passed)
    doubtful = tuple(f"safety check {r.type.value}: {r.message}" for r in results if not r.required and not r.passed)
    warnings = (*plan.published.warnings, *_undefined_rollback(plan), *doubtful, *unwatchable)
    validation = evolve(
        status.validation_results or ValidationResults(), safety_checks=results, safety_checks_passed=not wrong,
        checked_at=now, validation_errors=tuple(clipped(text, 1000) for text in wrong),
        warnings=tuple(clipped(text, 1000) for text in warnings))
    updated = evolve(status, validation_results=validation)
    if not wrong:
        return updated
    return failed(updated, Reason.SAFETY_VALIDATION_FAILED, "safety checks failed: " + "; ".join(
        clipped(text) for text in wrong), now)


def _undefined_rollback(plan: Plan) -> Iterator[str]:
    """A critical failure rolls back automatically: what then stays changed has to be known before."""
    if not plan.critical or plan.rollback_strategy is not RollbackStrategy.AUTOMATIC:
        return
    blank = [n for n, spec in plan.rendered.items() if spec.rollback_spec is None and impact_of(spec) != "none"]
    for number in blank[:_LISTED]:
        yield f"rollback is not defined for step {number}"
    if len(blank) > _LISTED:
        yield f"rollback is not defined for {len(blank) - _LISTED} more steps"
