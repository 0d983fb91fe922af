"""What a `retryOf` takes from its source: the definition, unless it has one of its own, and what is achieved already.

A step is carried over if it succeeded, nobody has tried to undo it, nobody wants
it run again, and the same holds for everything it needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.codec import Path, Problem, encode
from wfcore.lifecycle.sameness import differing
from wfcore.lifecycle.sources import Refusal, Source, refusal
from wfcore.model.actions import UpdateSecretParams
from wfcore.model.definition import SourceReference, WorkflowDefinition, WorkflowExecutionSpec
from wfcore.model.enums import StepPhase
from wfcore.model.evolving import evolve
from wfcore.model.plan import PlanInputs
from wfcore.model.status import DirtyObject
from wfcore.planning.planner import Plan
from wfcore.planning.targets import definition_of
from wfcore.reasons import Reason
from wfcore.settings import Settings
from wfcore.validation.document import check_spec


def retry_inputs(spec: WorkflowExecutionSpec, reference: SourceReference, namespace: str, source: Source,
                 settings: Settings, creator: str) -> PlanInputs | Refusal:
    """The definition and the carried-over steps, or why there is nothing to retry.  O(steps + dependencies)."""
    place: Path = ("spec", "retryOf")
    theirs = definition_of(source.workflow)
    if theirs is None:
        return refusal(Reason.SOURCE_UNUSABLE, place, f"workflow {source.name} has no definition")
    unknown = tuple(Problem((*place, "steps", index), "UnknownStep", f"workflow {source.name} has no step {number}")
                    for index, number in enumerate(reference.steps) if number not in _numbers(theirs))
    if unknown:
        return Refusal(Reason.PLANNING_ERROR, unknown)
    refused = _unusable(spec, theirs, namespace, source, settings, creator)
    if refused is not None:
        return refused
    left = sorted({d.step_number for d in _dirty(source)} - source.undone)
    if left:
        return refusal(Reason.SOURCE_DIRTY, place, f"workflow {source.name} has left objects changed (step "
                       f"{', '.join(map(str, left))}); undo them with `wfctl rollback {source.name} -n {namespace}` or "
                       "by hand, then create a workflow that starts from the beginning")
    carried = carried_over(source, source.plan, frozenset(reference.steps)) if source.plan is not None else ()
    if len(carried) == len(theirs.steps):
        return refusal(Reason.NOTHING_TO_RETRY, place, f"every step of workflow {source.name} has succeeded; "
                       "name steps to run them again")
    return PlanInputs(
        definition=None if spec.workflow_definition is not None else theirs, carried_over=carried,
        remarks=(f"carried over from workflow {source.name}: step {', '.join(map(str, carried[:20]))}"
                 + (f", ... ({len(carried)} in all)" if carried[20:] else ""),) if carried else ())


def carried_over(source: Source, plan: Plan, forced: frozenset[int]) -> tuple[int, ...]:
    """The steps that need not run again, ascending."""
    carried: set[int] = set()
    for number in plan.order:
        entry = source.ledger.get(number)
        if (entry is not None and entry.status is StepPhase.COMPLETED and number not in source.attempted
                and number not in forced and carried >= plan.needs[number]):
            carried.add(number)
    return tuple(sorted(carried))


def _dirty(source: Source) -> Iterator[DirtyObject]:
    rollback = source.workflow.status.rollback
    yield from rollback.dirty if rollback is not None else ()


def _numbers(definition: WorkflowDefinition) -> frozenset[int]:
    return frozenset(step.step_number for step in definition.steps)


def _unusable(spec: WorkflowExecutionSpec, theirs: WorkflowDefinition, namespace: str, source: Source,
              settings: Settings, creator: str) -> Refusal | None:
    """Why the definition cannot be used, whoever gives it."""
    if spec.workflow_definition is not None:
        return differing(spec.workflow_definition, source)
    inline = [step.step_number for step in theirs.steps
              if isinstance(step.parameters, UpdateSecretParams) and step.parameters.data_updates]
    if inline:
        return refusal(Reason.SOURCE_UNUSABLE, ("spec", "workflowDefinition"),
                       f"step {', '.join(map(str, inline))} of workflow {source.name} holds values of a Secret, which "
                       "are never copied into a status; give the definition here")
    problems = tuple(check_spec(encode(evolve(spec, workflow_definition=theirs)), namespace, settings,
                                creator=creator))
    return Refusal(Reason.SOURCE_UNUSABLE, problems) if problems else None
