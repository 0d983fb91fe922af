"""Who else changes the same objects: one active workflow per target, a rest after a success, failures that repeat.

All of it is judged from the WorkflowExecutions of the cluster, as old as the
cache that told of them, and nothing is safe because of it: a courtesy.  A
workflow that cannot be decoded executes nothing, so it never matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from attrs import frozen

from wfcore.codec.durations import format_duration
from wfcore.codec.problems import Malformed
from wfcore.codec.times import format_time
from wfcore.model.definition import WorkflowDefinition
from wfcore.model.enums import Action, Mode, Outcome, Phase
from wfcore.model.plan import ExecutionPlan
from wfcore.model.workflow import ObjectMeta, WorkflowExecution
from wfcore.planning.targets import IMPACT_OF, Target, definition_of, planned_targets, step_targets
from wfcore.rawobject import RawObject
from wfcore.reasons import Reason
from wfcore.settings import Settings

# What a workflow does to one object.
Change: TypeAlias = tuple[Target, Action]

WAITING_TO_PLAN = frozenset({Phase.NEW, Phase.PLANNING})
OVER = frozenset({Phase.COMPLETED, Phase.FAILED})
_LISTED = 5


@frozen
class Obstacle:
    """Why a workflow waits: a sentence, until when if that is known, and the reason in one word."""

    message: str
    until: datetime | None = None
    reason: Reason = Reason.TARGET_BUSY


def age(meta: ObjectMeta) -> tuple[datetime, str]:
    """What orders workflows, the oldest first; total, because no two have one uid."""
    return meta.creation_timestamp or datetime.max.replace(tzinfo=UTC), meta.uid


def rivals_of(me: ObjectMeta, surveyed: Iterable[RawObject]) -> tuple[WorkflowExecution, ...]:
    """The other workflows that may execute or have executed something, oldest first; not what is being deleted."""
    decoded = (raw.workflow() for raw in surveyed)
    return tuple(sorted(
        (w for w in decoded if not isinstance(w, Malformed) and w.metadata.deletion_timestamp is None
         and (w.metadata.namespace, w.metadata.name) != (me.namespace, me.name)
         and w.spec.execution_strategy.mode is Mode.EXECUTE),
        key=lambda w: age(w.metadata)))


def targets_changed(plan: ExecutionPlan) -> frozenset[Target]:
    """The objects that a plan changes: what is only looked at stays free for others."""
    return planned_targets(r for r in plan.resources if r.impact != "none")


def changes_in(definition: WorkflowDefinition | None, namespace: str) -> frozenset[Change]:
    """What the steps of a definition change."""
    steps = definition.steps if definition else ()
    return frozenset((target, step.action) for step in steps if IMPACT_OF[step.action] != "none"
                     for target in step_targets(step, namespace))


def obstacle(me: ObjectMeta, targets: frozenset[Target], changes: frozenset[Change],
             rivals: tuple[WorkflowExecution, ...], settings: Settings, now: datetime) -> Obstacle | None:
    """What keeps a workflow that is still planning from its targets, or None.

    Whoever is past planning never waits, and those who plan wait for older ones
    only: no two wait for each other.  O(steps of all rivals).
    """
    return _held(me, targets, rivals) or _resting(changes, rivals, settings, now)


def _held(me: ObjectMeta, targets: frozenset[Target], rivals: tuple[WorkflowExecution, ...]) -> Obstacle | None:
    for rival in rivals:
        phase = rival.status.phase
        if phase in OVER or (phase in WAITING_TO_PLAN and age(rival.metadata) > age(me)):
            continue
        shared = targets & _wanted(rival)
        if shared:
            return Obstacle(f"{_named(rival)} holds {min(shared)}")
    return None


def _wanted(rival: WorkflowExecution) -> frozenset[Target]:
    plan = rival.status.execution_plan
    published = targets_changed(plan) if plan else frozenset()
    return published.union(target for target, _ in _changes_of(rival))


def _changes_of(rival: WorkflowExecution) -> frozenset[Change]:
    return changes_in(definition_of(rival), rival.metadata.namespace)


def _resting(changes: frozenset[Change], rivals: tuple[WorkflowExecution, ...], settings: Settings,
             now: datetime) -> Obstacle | None:
    found = []
    for rival in rivals:
        ended, result = rival.status.completion_time, rival.status.workflow_result
        if ended is None or result is None or result.outcome is not Outcome.SUCCESS or rival.spec.rollback_of:
            continue
        # An end that is far ahead is nobody's clock but nonsense.
        if -settings.target_cooldown < now - ended < settings.target_cooldown:
            until = ended + settings.target_cooldown
            found += [(until, target, action, _named(rival)) for target, action in changes & _changes_of(rival)]
    if not found:
        return None
    until, target, action, name = max(found)
    return Obstacle(f"{target} rests until {format_time(until)}: {name} succeeded with {action.value}", until)


def loop_suspicion(targets: frozenset[Target], rivals: tuple[WorkflowExecution, ...], since: datetime,
                   settings: Settings) -> str:
    """Why a person should look before this runs again, or an empty string.

    A run counts when it executed something, ended after `since` minus the
    window, and failed or only caused new alerts.
    """
    start = since - settings.loop_breaker_window
    runs = [rival for rival in rivals if _was_in_vain(rival, start)]
    for target in sorted(targets) if settings.loop_breaker_runs else ():
        on_it = [run for run in runs if target in _wanted(run)]
        if len(on_it) >= settings.loop_breaker_runs:
            window = format_duration(settings.loop_breaker_window)
            return f"{len(on_it)} runs on {target} failed or did not help within {window}: {listed(on_it)}"
    return ""


def _was_in_vain(rival: WorkflowExecution, start: datetime) -> bool:
    status = rival.status
    if status.completion_time is None or status.completion_time < start or status.execution_start_time is None:
        return False
    failed = status.workflow_result is not None and status.workflow_result.outcome is Outcome.FAILED
    return failed or status.failure_reason == Reason.NEW_ALERTS.snake


def listed(workflows: Sequence[WorkflowExecution]) -> str:
    """The first few by name, and how many more there are."""
    more = f" and {len(workflows) - _LISTED} more" if len(workflows) > _LISTED else ""
    return f"{', '.join(map(_named, workflows[:_LISTED]))}{more}"


def _named(workflow: WorkflowExecution) -> str:
    return f"{workflow.metadata.namespace}/{workflow.metadata.name}"
