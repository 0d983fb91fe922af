"""Drafts a workflow that undoes another: one compensation per step, in the order that its inputs give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from wfcore.codec.problems import Malformed, Problem
from wfcore.model.definition import ObjectReference, WorkflowExecutionSpec, WorkflowStep
from wfcore.model.enums import ExecutionKind
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.plan import PlanInputs, PlannedCompensation
from wfcore.planning import dag
from wfcore.planning.draft import Draft
from wfcore.planning.estimate import TYPICAL_COMPENSATION
from wfcore.planning.outline import Needs
from wfcore.planning.review import collision_warnings, too_short
from wfcore.planning.targets import in_namespace


def draft_reversal(spec: WorkflowExecutionSpec, namespace: str, inputs: PlanInputs) -> Draft | Malformed:
    """The draft of a `rollbackOf`, from the compensations that were found at its source.

    An edge says which compensation comes first, not that it has to succeed.
    """
    found = {each.step_number: each for each in sorted(inputs.compensations, key=lambda c: c.step_number)}
    needs = {number: frozenset(each.after) for number, each in found.items()}
    if not found or len(found) < len(inputs.compensations) or not _is_order(needs):
        # Nothing this engine has gathered: not asked yet, or somebody wrote it.
        return Malformed((Problem(("spec", "rollbackOf"), "SourceNeeded",
                                  "what is to be undone is read from the source in planning, on a cluster"),))
    rendered = {number: _rendered(each, namespace, spec) for number, each in found.items()}
    return Draft(
        steps={n: WorkflowStep(step_number=n, name=c.name, action=c.action, depends_on=c.after)
               for n, c in found.items()},
        needs=needs, rendered=rendered, kind=ExecutionKind.ROLLBACK,
        retries={number: _retries(each, spec) for number, each in found.items()},
        typical={n: min(TYPICAL_COMPENSATION[c.rollback_action], c.timeout) for n, c in found.items()})


def reversal_warnings(draft: Draft, order: tuple[int, ...], spec: WorkflowExecutionSpec,
                      estimate: timedelta) -> Iterator[str]:
    """Things that are allowed but that a reviewer should know; `order` is a topological order."""
    yield from collision_warnings(draft.rendered, draft.needs, order)
    yield from too_short(spec.execution_strategy, estimate)


def _is_order(needs: Needs) -> bool:
    return all(before in needs for wanted in needs.values() for before in wanted) and not dag.find_cycle(needs)


def _retries(compensation: PlannedCompensation, spec: WorkflowExecutionSpec) -> int:
    """Who rolls back may say; else the compensation is retried as it would have been in its own workflow."""
    wanted = spec.execution_strategy.max_retries
    return compensation.max_retries if wanted is None else wanted


def _rendered(compensation: PlannedCompensation, namespace: str,
              spec: WorkflowExecutionSpec) -> KubernetesExecutionSpec:
    return KubernetesExecutionSpec(
        workflow_execution_ref=ObjectReference(namespace=namespace, name="workflow"),
        step_number=compensation.step_number, attempt=1, kind=ExecutionKind.ROLLBACK, action=compensation.action,
        rollback_action=compensation.rollback_action,
        rollback_parameters=in_namespace(compensation.parameters, namespace),
        safety_checks=spec.execution_strategy.safety_checks, timeout=compensation.timeout)


def nearest(order: tuple[int, ...], after: Mapping[int, tuple[int, ...]],
            chosen: frozenset[int]) -> dict[int, tuple[int, ...]]:
    """For each chosen step the chosen steps that stand on it, directly or through steps that are not chosen.

    `order` is a topological order, `after` the direct dependants.  Undoing a step
    only when these are over undoes it after every chosen step that (transitively)
    needs it.  A graph so tangled that this gives very many edges is put in one
    row, which any status can hold.
    """
    reached: dict[int, frozenset[int]] = {}
    for step in reversed(order):
        reached[step] = frozenset().union(
            *(frozenset({d}) if d in chosen else reached[d] for d in after[step]))
    found = {step: tuple(sorted(reached[step])) for step in sorted(chosen)}
    if sum(map(len, found.values())) <= _MOST_EDGES:
        return found
    row = [step for step in reversed(order) if step in chosen]
    return {step: tuple(row[max(place - 1, 0):place]) for place, step in enumerate(row)}


_MOST_EDGES = 20_000
