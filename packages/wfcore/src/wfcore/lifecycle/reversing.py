"""What a `rollbackOf` takes from its source: which steps are undone, with which values, in which order.

A step is undone if some attempt of it may have changed something, it has a
rollbackSpec, and no compensation of it has succeeded yet.  Values of Secrets are
never among what is taken: a compensation names the snapshot that holds them.
"""

from __future__ import annotations

from collections.abc import Iterator

from wfcore.codec import Problem
from wfcore.execution.ledger import clipped
from wfcore.lifecycle.sameness import differing
from wfcore.lifecycle.sources import Refusal, Source, refusal
from wfcore.model.compensations import CustomRollbackParams, RestorePreviousConfigParams, ScaleToPreviousParams
from wfcore.model.definition import SourceReference, WorkflowDefinition
from wfcore.model.enums import Mutated, RollbackStrategy
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.plan import PlanInputs, PlannedCompensation
from wfcore.planning.planner import Plan
from wfcore.planning.reversal import nearest
from wfcore.planning.targets import definition_of, restored_targets
from wfcore.reasons import Reason
from wfcore.rollback.restoring import captured_by, compensation_of
from wfcore.settings import Settings
from wfcore.validation.authority import outside_power

_REMARK = 1000


def reversal_inputs(given: WorkflowDefinition | None, reference: SourceReference, source: Source,
                    settings: Settings, creator: str) -> PlanInputs | Refusal:
    """The compensations of a source, or why there are none.  O(steps + dependencies).

    What its own creator may do elsewhere is asked for in validating; without a creator nothing is restored there.
    """
    plan, refused_definition = source.plan, differing(given, source)
    if refused_definition is not None:
        return refused_definition
    chosen = reference.steps or tuple(n for n, e in source.ledger.items() if e.mutated is not Mutated.NO)
    found = {number: _judged(source, number, settings, creator) for number in chosen}
    refused = {number: why for number, why in found.items() if isinstance(why, str)}
    if reference.steps and refused:
        return Refusal(Reason.NOT_COMPENSABLE, tuple(
            Problem(("spec", "rollbackOf", "steps", place), "NotCompensable",
                    f"step {number} of {source.name}: {refused[number]}")
            for place, number in enumerate(reference.steps) if number in refused))
    wanted = {number: spec for number, spec in found.items() if not isinstance(spec, str)}
    if not wanted or plan is None:
        whys = "; ".join(f"step {number}: {why}" for number, why in sorted(refused.items()))
        return refusal(Reason.NOTHING_TO_ROLL_BACK, ("spec", "rollbackOf"),
                       f"nothing of workflow {source.name} can be undone" + (f": {clipped(whys, 800)}" if whys else
                                                                          ": no step of it has changed anything"))
    after = nearest(plan.order, plan.dependants, frozenset(wanted))
    definition = definition_of(source.workflow)
    return PlanInputs(
        compensations=tuple(_planned(plan, number, wanted[number], after[number]) for number in sorted(wanted)),
        workflow_name=definition.name if definition else "", remarks=tuple(_remarks(source, refused)))


def _judged(source: Source, number: int, settings: Settings, creator: str) -> KubernetesExecutionSpec | str:
    """The compensation of a step, or why there is none."""
    entry, plan = source.ledger.get(number), source.plan
    if entry is None or plan is None:
        return "there is no such step, or it was never begun"
    if entry.mutated is Mutated.NO:
        return "it has changed nothing"
    if number in source.undone:
        return "it is undone already"
    forward, namespace = plan.rendered[number], source.workflow.metadata.namespace
    if forward.rollback_spec is None:
        return "it has no rollbackSpec"
    captured = captured_by(source.name, entry, source.children)
    spec = compensation_of(forward, captured, namespace, settings)
    return spec if spec is not None and not (why := _unfit(spec, namespace, settings, creator)) else (
        why if spec is not None else _NOTHING_CAPTURED)


_NOTHING_CAPTURED = "nothing was captured, and its rollbackSpec names no value"


def _unfit(spec: KubernetesExecutionSpec, namespace: str, settings: Settings, creator: str) -> str:
    """Why a compensation may not or cannot be run; empty if it can."""
    match spec.rollback_parameters:
        case ScaleToPreviousParams(previous_replicas=None) | RestorePreviousConfigParams(snapshot=""):
            return _NOTHING_CAPTURED
        case CustomRollbackParams(action_type=action) if action not in {a.action_type for a in settings.custom_actions}:
            return f"custom action {action!r} is not declared by the operator"
    targets = restored_targets(spec.rollback_parameters)
    refused = (outside_power(target, namespace, settings, creator) for target in targets)
    return next(filter(None, refused), "")


def _planned(plan: Plan, number: int, spec: KubernetesExecutionSpec, after: tuple[int, ...]) -> PlannedCompensation:
    assert spec.rollback_action is not None
    assert spec.rollback_parameters is not None
    return PlannedCompensation(
        step_number=number, name=plan.steps[number].name, action=spec.action, rollback_action=spec.rollback_action,
        parameters=spec.rollback_parameters, timeout=spec.timeout, max_retries=plan.retries[number], after=after)


def _remarks(source: Source, refused: dict[int, str]) -> Iterator[str]:
    by_reason: dict[str, list[int]] = {}
    for number, why in sorted(refused.items()):
        if number not in source.undone:
            by_reason.setdefault(why, []).append(number)
    for why, numbers in sorted(by_reason.items()):
        steps = ", ".join(map(str, numbers))
        yield clipped(f"what step {steps} of {source.name} may have changed stays changed: {why}", _REMARK)
    if source.workflow.spec.execution_strategy.rollback_strategy is RollbackStrategy.NONE:
        yield f"workflow {source.name} was not meant to be rolled back: its rollbackStrategy is none"
    for name in source.retried_by[:5]:
        yield clipped(f"workflow {name} has run steps of {source.name} again since; "
                      "values from before may undo what it did", _REMARK)
