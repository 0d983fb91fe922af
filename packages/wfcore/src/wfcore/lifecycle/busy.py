"""Busy targets: a workflow that would execute something waits, visibly and within a cap of its own, for its turn.

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
from wfcore.planning.planner import Plan
from wfcore.planning.rivals import Obstacle, changes_in, obstacle, rivals_of, targets_changed
from wfcore.program import Ref, Survey, Surveyed
from wfcore.reasons import Reason
from wfcore.snapshot import Snapshot

_LONGEST = 1000


def survey_question(snapshot: Snapshot) -> Survey | None:
    """Who else names the objects this workflow is to change; None where nothing would be executed."""
    spec, meta = snapshot.workflow.spec, snapshot.workflow.metadata
    if spec.stop is not Stop.NO or spec.execution_strategy.mode is Mode.PLAN or snapshot.settings.observe_only:
        return None
    plan = plan_of(snapshot)
    targets = frozenset() if isinstance(plan, Malformed) else targets_changed(plan.published)
    return Survey(Ref(meta.namespace, meta.name), tuple(sorted(targets))) if targets else None


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
        message = f"the targets were not free within {cap}: {found.message}"
        return Decision(status=failed(status, Reason.TARGET_BUSY, message, now), wake_at=now)
    waiting = evolve(status, waiting_for=clipped(found.message, _LONGEST), target_wait_deadline=deadline,
                           phase_deadline=None, execution_plan=plan.published)
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
        return obstacle(meta, frozenset(question.targets), changes, rivals_of(meta, answer.workflows),
                        snapshot.settings, now)
    # Nobody could say.  A wait that has begun goes on, because its holder was there; none begins, and none ends in
    # failure, for want of an answer.
    going_on = status.target_wait_deadline is not None and now < status.target_wait_deadline
    return Obstacle(status.waiting_for) if going_on else None
