"""No workflow outgrows what the API server stores: planning refuses what cannot fit, the rest is shortened to fit.

An object has a mebibyte for spec and status.  Almost none comes near it; one
that would gives up what can be read elsewhere, in a fixed order: predictions
of the dry run, the published objects of the plan, summaries of results, long
texts, and last what follows from the rest.  Never what was done.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from wfcore.codec import Problem, encode
from wfcore.codec.size import at_most, json_bytes
from wfcore.execution.ledger import clipped
from wfcore.model.evolving import evolve
from wfcore.model.status import StepRollback, StepStatus, WorkflowExecutionStatus
from wfcore.snapshot import Snapshot

OBJECT_BYTES = 1024 * 1024
# Our own metadata and what is added after the end.  Annotations of others come on top: the server takes half as much
# more.
_METADATA_BYTES = 16 * 1024
# What a shortened status may still grow by: per step, besides the name of a child, and for all that is there once.
STEP_BYTES, REST_BYTES = 1000, 40 * 1024
_FEW, _SHORT, _NAME = 10, 60, 253
_KEY = 32  # what the name of a field takes, and an empty value
E = TypeVar("E", StepStatus, StepRollback)


def fitted(snapshot: Snapshot, status: WorkflowExecutionStatus) -> WorkflowExecutionStatus:
    """The status, shortened no more than it needs to be.  O(size)."""
    # Most statuses are small beside the largest spec there may be, whatever this one is.
    if largest(status) <= OBJECT_BYTES - _METADATA_BYTES - snapshot.settings.max_spec_bytes:
        return status
    room = _room(snapshot)
    for shorten in _SHORTENINGS:
        if json_bytes(encode(status)) <= room:
            break
        status = shorten(status)
    return status


def largest(status: WorkflowExecutionStatus) -> int:
    """An upper bound of the status's bytes.  What it shares with a status seen before is not written out again."""
    fields = status.__dict__
    parts = (*(part for name, part in fields.items() if part and name != "step_statuses"), *status.step_statuses)
    return sum(map(_part_bytes, parts)) + len(fields) * _KEY


@lru_cache(maxsize=2048)
def _part_bytes(part: Any) -> int:
    return at_most(encode(part)) + 1


def cannot_fit(snapshot: Snapshot, status: WorkflowExecutionStatus) -> Problem | None:
    """Why a planned workflow would outgrow its object in the end, however shortened; None when it can't."""
    room, steps = _room(snapshot), len(status.step_statuses)
    growth = steps * (STEP_BYTES + len(snapshot.workflow.metadata.name)) + REST_BYTES
    wanted = json_bytes(encode(minimal(evolve(status, step_statuses=())))) + growth
    if wanted <= room:
        return None
    return Problem(("spec", "workflowDefinition", "steps"), "TooLarge",
                   f"the ledger of {steps} steps may need {wanted} bytes, and beside this spec there is room for "
                   f"{max(room, 0)}; split the workflow into smaller ones")


def published_too_large(snapshot: Snapshot, status: WorkflowExecutionStatus) -> Problem | None:
    """Why the rendered steps of a plan-only workflow cannot be published, or None."""
    size, room = json_bytes(encode(status)), _room(snapshot) - REST_BYTES
    if size <= room:
        return None
    return Problem(("spec", "executionStrategy", "mode"), "TooLarge",
                   f"the rendered steps take {size} bytes, and beside this spec there is room for {max(room, 0)}; "
                   "split the workflow, or see its plan with `wfctl plan`")


def minimal(status: WorkflowExecutionStatus) -> WorkflowExecutionStatus:
    """The status with everything given up that may be."""
    for shorten in _SHORTENINGS:
        status = shorten(status)
    return status


def _room(snapshot: Snapshot) -> int:
    return OBJECT_BYTES - _METADATA_BYTES - json_bytes(encode(snapshot.workflow.spec))


def _without_predictions(status: WorkflowExecutionStatus) -> WorkflowExecutionStatus:
    found = status.validation_results
    if found is None or found.dry_run_results is None:
        return status
    steps = tuple(evolve(step, validation_errors=()) for step in found.dry_run_results.step_results)
    short = evolve(found.dry_run_results, step_results=steps, resource_changes=(), potential_issues=())
    return evolve(status, validation_results=evolve(found, dry_run_results=short))


def _without_published_objects(status: WorkflowExecutionStatus) -> WorkflowExecutionStatus:
    plan = status.execution_plan
    return status if plan is None else evolve(status, execution_plan=evolve(
        plan, resources=(), rollback_order=(), warnings=plan.warnings[:_FEW],
        safety_checks=tuple(evolve(check, description="") for check in plan.safety_checks)))


def _without_results(status: WorkflowExecutionStatus) -> WorkflowExecutionStatus:
    return evolve(status, step_statuses=tuple(evolve(e, result=None) for e in status.step_statuses))


def _with_short_texts(status: WorkflowExecutionStatus) -> WorkflowExecutionStatus:
    found, rollback, result = status.validation_results, status.rollback, status.workflow_result
    return evolve(
        status,
        validation_results=found and evolve(
            found, validation_errors=found.validation_errors[:_FEW], warnings=found.warnings[:_FEW],
            safety_checks=tuple(evolve(c, message=clipped(c.message, _SHORT)) for c in found.safety_checks)),
        adaptive_adjustments=status.adaptive_adjustments[-_FEW:],
        rollback=rollback and evolve(rollback, dirty=tuple(
            evolve(d, name=clipped(d.name, _NAME), expected="", actual="") for d in rollback.dirty)),
        workflow_result=result and evolve(
            result, new_alerts=result.new_alerts[:_FEW], recommended_actions=result.recommended_actions[:_FEW],
            optimizations=result.optimizations[:_FEW]),
        step_statuses=tuple(evolve(_shortly_said(e), rollback=e.rollback and _shortly_said(e.rollback))
                            for e in status.step_statuses))


def _shortly_said(entry: E) -> E:
    return evolve(entry, error_message=clipped(entry.error_message, _SHORT))


def _without_what_follows(status: WorkflowExecutionStatus) -> WorkflowExecutionStatus:
    return evolve(status, step_statuses=tuple(
        evolve(_bare(e), rollback=e.rollback and _bare(e.rollback)) for e in status.step_statuses))


def _bare(entry: E) -> E:
    """Kind and place of a child follow from what it is: only its name and uid are needed."""
    reference = entry.k8s_execution_ref
    return evolve(entry, error_message="", k8s_execution_ref=reference and evolve(
        reference, api_version="", kind="", namespace=""))


_SHORTENINGS: tuple[Callable[[WorkflowExecutionStatus], WorkflowExecutionStatus], ...] = (
    _without_predictions, _without_published_objects, _without_results, _with_short_texts, _without_what_follows,
)
