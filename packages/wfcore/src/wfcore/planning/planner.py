"""From spec to plan: order, waves, estimate, resources, rollback order, digest.

The plan is a function of the spec (without `suspend` and `stop`), the
namespace, the settings and the committed plan inputs; it is recomputed, never
read back from status.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import attrs
from attrs import field, frozen

from wfcore.codec.problems import Malformed
from wfcore.model.definition import WorkflowExecutionSpec, WorkflowStep
from wfcore.model.enums import Action, RollbackStrategy, Strategy
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.plan import ActionHistory, ExecutionPlan, PlanInputs, Wave
from wfcore.planning import dag
from wfcore.planning.digest import plan_digest
from wfcore.planning.estimate import typical_duration
from wfcore.planning.idempotence import is_idempotent
from wfcore.planning.outline import Needs, outline_of, resolve
from wfcore.planning.render import forward_spec, health_targets
from wfcore.planning.review import criteria, plan_warnings, planned_resources
from wfcore.planning.tuning import ENVELOPE, Adjustment, Limits, tuned
from wfcore.settings import Settings


@frozen(eq=False)
class Plan:
    """A planned workflow.  `order` is a topological order; mappings have one entry per step.

    `adjustments` were made from `experience`, what is known of the actions;
    `dynamic` allows more of them while it runs.
    """

    steps: Mapping[int, WorkflowStep]
    needs: Needs
    dependants: Mapping[int, tuple[int, ...]]
    order: tuple[int, ...]
    rendered: Mapping[int, KubernetesExecutionSpec]
    retries: Mapping[int, int]
    critical: frozenset[int]
    max_parallel: int
    rollback_strategy: RollbackStrategy
    workflow_timeout: timedelta | None
    published: ExecutionPlan
    digest: str
    adjustments: tuple[Adjustment, ...] = ()
    experience: Mapping[Action, ActionHistory] = field(factory=dict)
    dynamic: bool = False


def plan_workflow(spec: WorkflowExecutionSpec, namespace: str, settings: Settings,
                  inputs: PlanInputs) -> Plan | Malformed:
    """Plan a workflow, or say everything that is wrong with its graph.

    Problems carry paths from the object's root (`spec.workflowDefinition...`).
    O(n log n + m) for n steps and m dependencies.
    """
    inputs = with_defaults(inputs, settings)
    definition = spec.workflow_definition
    if definition is None:
        raise ValueError("a spec without workflowDefinition cannot be planned; check it first")
    needs, problems = resolve(outline_of(definition), ("spec", "workflowDefinition"))
    if problems:
        return Malformed(problems)
    steps = {step.step_number: step for step in sorted(definition.steps, key=lambda s: s.step_number)}
    levels = dag.waves(needs)
    experience = _experience(spec, inputs)
    limits, adjustments = tuned(
        _limits(steps, levels, spec, inputs, settings), levels, {n: s.action for n, s in steps.items()},
        frozenset(n for n, s in steps.items() if is_idempotent(s.parameters, settings)), experience)
    order, retries = limits.order, limits.retries
    rendered = {number: _render(step, needs, steps, namespace, spec, limits.timeouts[number])
                for number, step in steps.items()}
    strategy, adaptive = spec.execution_strategy, spec.adaptive_orchestration
    dynamic = adaptive.optimization_enabled and adaptive.dynamic_step_adjustment
    critical = frozenset(number for number, step in steps.items() if step.critical_step)
    max_parallel = strategy.max_parallel_steps or inputs.max_parallel_steps or settings.max_parallel_steps
    return Plan(
        steps=steps, needs=needs, dependants=dag.dependants(needs), order=order, rendered=rendered, retries=retries,
        critical=critical, max_parallel=max_parallel, rollback_strategy=strategy.rollback_strategy,
        workflow_timeout=strategy.workflow_timeout,
        published=_published(spec, steps, needs, levels, order, rendered, experience, settings),
        digest=plan_digest((rendered[number] for number in steps), needs, retries, critical, strategy, max_parallel,
                           inputs, _adaptation(order, experience, dynamic=dynamic)),
        adjustments=adjustments, experience=experience, dynamic=dynamic,
    )


def _experience(spec: WorkflowExecutionSpec, inputs: PlanInputs) -> Mapping[Action, ActionHistory]:
    adaptive = spec.adaptive_orchestration
    wanted = adaptive.optimization_enabled and adaptive.learning_from_history
    return {known.action: known for known in inputs.history} if wanted else {}


def _adaptation(order: tuple[int, ...], experience: Mapping[Action, ActionHistory], *, dynamic: bool) -> dict[str, Any]:
    """What the digest says about adaptation; empty when there is none, so that the switches cost nothing."""
    return {**({"order": list(order)} if experience else {}), **({"envelope": dict(ENVELOPE)} if dynamic else {})}


def _limits(steps: Mapping[int, WorkflowStep], levels: tuple[tuple[int, ...], ...], spec: WorkflowExecutionSpec,
            inputs: PlanInputs, settings: Settings) -> Limits:
    """What the spec and the operator say, before anything is fitted."""
    return Limits({n: step.timeout or inputs.step_timeout or settings.step_timeout for n, step in steps.items()},
                  {n: _retries(step, spec, inputs, settings) for n, step in steps.items()},
                  tuple(number for level in levels for number in level))


def with_defaults(inputs: PlanInputs, settings: Settings) -> PlanInputs:
    """The inputs with the operator's defaults where none are committed yet."""
    return attrs.evolve(
        inputs, step_timeout=inputs.step_timeout or settings.step_timeout,
        default_max_retries=(settings.default_max_retries if inputs.default_max_retries is None
                             else inputs.default_max_retries),
        max_parallel_steps=inputs.max_parallel_steps or settings.max_parallel_steps)


def _render(step: WorkflowStep, needs: Needs, steps: Mapping[int, WorkflowStep], namespace: str,
            spec: WorkflowExecutionSpec, timeout: timedelta) -> KubernetesExecutionSpec:
    return forward_spec(
        step, namespace, timeout=timeout, checks=spec.execution_strategy.safety_checks,
        judged=health_targets(step, needs[step.step_number], steps, namespace))


def _retries(step: WorkflowStep, spec: WorkflowExecutionSpec, inputs: PlanInputs, settings: Settings) -> int:
    for wanted in (step.max_retries, spec.execution_strategy.max_retries, inputs.default_max_retries):
        if wanted is not None:
            return wanted
    return settings.default_max_retries


def strategy_of(levels: tuple[tuple[int, ...], ...]) -> Strategy:
    """Sequential if no wave has two steps, parallel if there is one wave, else both."""
    if all(len(level) <= 1 for level in levels):
        return Strategy.SEQUENTIAL
    return Strategy.PARALLEL if len(levels) == 1 else Strategy.SEQUENTIAL_WITH_PARALLEL


def _published(spec: WorkflowExecutionSpec, steps: Mapping[int, WorkflowStep], needs: Needs,
               levels: tuple[tuple[int, ...], ...], order: tuple[int, ...],
               rendered: Mapping[int, KubernetesExecutionSpec], experience: Mapping[Action, ActionHistory],
               settings: Settings) -> ExecutionPlan:
    seconds = {n: typical_duration(step, rendered[n].timeout, experience.get(step.action)).total_seconds()
               for n, step in steps.items()}
    path, length = dag.critical_path(order, needs, seconds)
    compensable = [number for number, step in steps.items() if step.rollback_spec is not None]
    strategy = spec.execution_strategy
    return ExecutionPlan(
        strategy=strategy_of(levels),
        estimated_duration=timedelta(seconds=length),
        rollback_strategy=strategy.rollback_strategy,
        safety_checks=strategy.safety_checks,
        waves=tuple(Wave(steps=level) for level in levels),
        critical_path=path,
        rollback_order=tuple(Wave(steps=wave) for wave in dag.reverse_waves(order, needs, compensable)),
        resources=planned_resources(rendered),
        success_criteria=criteria(steps, settings),
        warnings=plan_warnings(steps, rendered, needs, order, timedelta(seconds=length), strategy),
    )
