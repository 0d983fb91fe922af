"""A workflow that would execute something waits for its targets and its turn, visibly and within a cap of its own.

The wait happens in planning: the deadline of that phase is off meanwhile, and
nothing taken from outside is committed before the way is free.
"""

from __future__ import annotations

from datetime import datetime

from wfcore.codec import Malformed
from wfcore.codec.durations import format_duration
from wfcore.decision import Decision
from wfcore.ending import failed
from wfcore.execution.ledger import clipped
from wfcore.lifecycle.inputs import inputs_of
from wfcore.lifecycle.planned import plan_of
from wfcore.model.enums import Mode, Stop
from wfcore.model.evolving import evolve
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.planning.crowding import crowded, is_crowded_out
from wfcore.planning.planner import Plan
from wfcore.planning.rivals import Obstacle, changes_in, obstacle, rivals_of, targets_changed
from wfcore.program import Ref, Survey, Surveyed
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot

_LONGEST = 1000
_MISSED = {Reason.TARGET_BUSY: "the targets were not free", Reason.PARALLELISM_LIMIT: "its turn did not come"}


def survey_question(snapshot: Snapshot) -> Survey | None:
    """Who else names the objects this workflow is to change, or is under way; None where nothing would be executed."""
    spec, meta = snapshot.workflow.spec, snapshot.workflow.metadata
    if spec.stop is not Stop.NO or spec.execution_strategy.mode is Mode.PLAN or snapshot.settings.observe_only:
        return None
    plan = plan_of(snapshot)
    if isinstance(plan, Malformed):
        return None
    targets, limited = targets_changed(plan.published), snapshot.settings.max_active_workflows > 0
    return Survey(Ref(meta.namespace, meta.name), tuple(sorted(targets)), limited) if targets or limited else None


def wait_for_targets(snapshot: Snapshot, status: WorkflowExecutionStatus, plan: Plan,
                     now: datetime) -> Decision | None:
    """The decision to wait, or to give up at the cap; None when the way is free.

    Only the beginning of a wait and another holder are written: a poll that
    finds the same holder changes nothing.
    """
    found = _obstacle(snapshot, status, now)
    if found is None:
        return None
    settings, deadline = snapshot.settings, status.target_wait_deadline or now + snapshot.settings.target_wait_timeout
    if now >= deadline and status.suspended_since is None:
        cap = format_duration(settings.target_wait_timeout)
        message = f"{_MISSED[found.reason]} within {cap}: {found.message}"
        return Decision(status=failed(status, found.reason, message, now), wake_at=now)
    # Whoever ends changes the numbers for all that wait for their turn: they keep their first sentence.
    same = is_crowded_out(status) and found.reason is Reason.PARALLELISM_LIMIT
    message = status.waiting_for if same else clipped(found.message, _LONGEST)
    waiting = evolve(status, waiting_for=message, waiting_reason=found.reason.value,
                     target_wait_deadline=deadline, phase_deadline=None, execution_plan=plan.published)
    due = (now + settings.target_poll_interval, deadline, found.until)
    return Decision(status=waiting, wake_at=min(i for i in due if i is not None and i > now))


def is_waiting(snapshot: Snapshot, now: datetime) -> bool:
    """Whether this pass will find that it has to wait: what is asked after the survey can be spared then."""
    status = snapshot.workflow.status
    return _obstacle(snapshot, status, max(now, status.planning_start_time or now)) is not None


def _obstacle(snapshot: Snapshot, status: WorkflowExecutionStatus, now: datetime) -> Obstacle | None:
    question = survey_question(snapshot)
    if question is None:
        return None
    answer, meta = snapshot.answers.get(question), snapshot.workflow.metadata
    if isinstance(answer, Surveyed):
        definition = snapshot.workflow.spec.workflow_definition or inputs_of(snapshot).definition
        changes = frozenset() if snapshot.workflow.spec.rollback_of else changes_in(definition, meta.namespace)
        rivals, settings = rivals_of(meta, answer.workflows), snapshot.settings
        return (obstacle(meta, frozenset(question.targets), changes, rivals, settings, now)
                or crowded(meta, rivals, settings.max_active_workflows))
    # Nobody could say.  A wait that has begun goes on, because its holder was there; none begins, and none ends in
    # failure, for want of an answer.
    going_on = status.target_wait_deadline is not None and now < status.target_wait_deadline
    reason = Reason.PARALLELISM_LIMIT if is_crowded_out(status) else Reason.TARGET_BUSY
    return Obstacle(status.waiting_for, reason=reason) if going_on else None

