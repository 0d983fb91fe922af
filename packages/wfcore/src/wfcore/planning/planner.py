"""From spec to plan: order, waves, estimate, resources, rollback order, digest.

The plan is a function of the spec (without `suspend` and `stop`), the
namespace, the settings and the committed plan inputs; it is recomputed, never
read back from status.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import field, frozen

from wfcore.codec.problems import Malformed, Problem
from wfcore.model.definition import WorkflowDefinition, WorkflowExecutionSpec, WorkflowStep
from wfcore.model.enums import Action, ExecutionKind, RollbackStrategy, Strategy
from wfcore.model.evolving import evolve
from wfcore.model.execution import KubernetesExecutionSpec
from wfcore.model.plan import ActionHistory, ExecutionPlan, PlanInputs, Wave
from wfcore.planning import dag
from wfcore.planning.advice import advice
from wfcore.planning.digest import plan_digest
from wfcore.planning.draft import Draft
from wfcore.planning.estimate import typical_duration
from wfcore.planning.idempotence import is_idempotent
from wfcore.planning.outline import Needs, outline_of, resolve
from wfcore.planning.render import forward_spec, health_targets
from wfcore.planning.reversal import draft_reversal, reversal_warnings
from wfcore.planning.review import criteria, plan_warnings, planned_resources
from wfcore.planning.tuning import ENVELOPE, Adjustment, Limits, tuned
from wfcore.settings import Settings

_MAX_WARNINGS = 100
_Levels = tuple[tuple[int, ...], ...]


@frozen(eq=False)
class Plan:
    """A planned workflow.  `order` is a topological order; mappings have one entry per step.

    `kind` is that of its children: `rollback` in a workflow that undoes another, where
    a prerequisite has to be over and need not have succeeded.  `carried` are steps
    that another workflow has achieved; they are never run.  `adjustments` were made
    from `experience`, what is known of the actions; `dynamic` allows more of them
    while it runs.
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
    kind: ExecutionKind = ExecutionKind.FORWARD
    carried: frozenset[int] = frozenset()
    adjustments: tuple[Adjustment, ...] = ()
    experience: Mapping[Action, ActionHistory] = field(factory=dict)
    dynamic: bool = False

    @property
    def reverses(self) -> bool:
        """Whether it undoes another workflow."""
        return self.kind is ExecutionKind.ROLLBACK


def plan_workflow(spec: WorkflowExecutionSpec, namespace: str, settings: Settings,
                  inputs: PlanInputs) -> Plan | Malformed:
    """Plan a workflow, or say everything that is wrong with its graph.

    Problems carry paths from the object's root (`spec.workflowDefinition...`).
    O(n log n + m) for n steps and m dependencies.
    """
    inputs = with_defaults(inputs, settings)
    draft = (_draft(spec, namespace, settings, inputs) if spec.rollback_of is None
             else draft_reversal(spec, namespace, inputs))
    if isinstance(draft, Malformed):
        return draft
    levels = dag.waves(draft.needs)
    order = draft.order or tuple(number for level in levels for number in level)
    strategy = spec.execution_strategy
    critical = frozenset(number for number, step in draft.steps.items() if step.critical_step)
    max_parallel = strategy.max_parallel_steps or inputs.max_parallel_steps or settings.max_parallel_steps
    published = _published(spec, draft, levels, order, inputs, settings)
    return Plan(
        steps=draft.steps, needs=draft.needs, dependants=dag.dependants(draft.needs), order=order,
        rendered=draft.rendered, retries=draft.retries, critical=critical, max_parallel=max_parallel,
        rollback_strategy=published.rollback_strategy, workflow_timeout=strategy.workflow_timeout,
        published=published, kind=draft.kind, carried=draft.carried,
        digest=plan_digest((draft.rendered[number] for number in draft.steps), draft.needs, draft.retries, critical,
                           strategy, max_parallel, inputs,
                           _adaptation(order, draft.experience, dynamic=draft.dynamic)),
        adjustments=draft.adjustments, experience=draft.experience, dynamic=draft.dynamic,
    )


def _definition(spec: WorkflowExecutionSpec, inputs: PlanInputs) -> WorkflowDefinition | None:
    """What a workflow is to do: its own definition, or the one taken over from the workflow that it retries."""
    return spec.workflow_definition or inputs.definition


def _draft(spec: WorkflowExecutionSpec, namespace: str, settings: Settings, inputs: PlanInputs) -> Draft | Malformed:
    definition = _definition(spec, inputs)
    if definition is None:
        if spec.retry_of is None:
            return Malformed((Problem(("spec", "workflowDefinition"), "Missing", "required, but missing"),))
        return Malformed((Problem(("spec", "retryOf"), "SourceNeeded",
                                  "what is to be run again is read from the source in planning, on a cluster"),))
    needs, problems = resolve(outline_of(definition), ("spec", "workflowDefinition"))
    if problems:
        return Malformed(problems)
    steps = {step.step_number: step for step in sorted(definition.steps, key=lambda s: s.step_number)}
    experience = _experience(spec, inputs)
    levels = dag.waves(needs)
    limits, adjustments = tuned(
        _limits(steps, levels, spec, inputs, settings), levels, {n: s.action for n, s in steps.items()},
        frozenset(n for n, s in steps.items() if is_idempotent(s.parameters, settings)), experience)
    rendered = {number: _render(step, needs, steps, namespace, spec, limits.timeouts[number])
                for number, step in steps.items()}
    adaptive = spec.adaptive_orchestration
    return Draft(
        steps=steps, needs=needs, rendered=rendered, retries=limits.retries, order=limits.order,
        typical={number: typical_duration(step, rendered[number].timeout, experience.get(step.action))
                 for number, step in steps.items()},
        carried=frozenset(inputs.carried_over).intersection(steps), adjustments=adjustments, experience=experience,
        dynamic=adaptive.optimization_enabled and adaptive.dynamic_step_adjustment)


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
    return evolve(
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
    wanted = (step.max_retries, spec.execution_strategy.max_retries, inputs.default_max_retries)
    return next((retries for retries in wanted if retries is not None), settings.default_max_retries)


def strategy_of(levels: _Levels) -> Strategy:
    """Sequential if no wave has two steps, parallel if there is one wave, else both."""
    if all(len(level) <= 1 for level in levels):
        return Strategy.SEQUENTIAL
    return Strategy.PARALLEL if len(levels) == 1 else Strategy.SEQUENTIAL_WITH_PARALLEL


def _published(spec: WorkflowExecutionSpec, draft: Draft, levels: _Levels, order: tuple[int, ...], inputs: PlanInputs,
               settings: Settings) -> ExecutionPlan:
    reverses, strategy = draft.kind is ExecutionKind.ROLLBACK, spec.execution_strategy
    todo = [number for number in draft.steps if number not in draft.carried]
    seconds = {number: draft.typical[number].total_seconds() for number in draft.steps}
    path, length = dag.critical_path(order, draft.needs, {**seconds, **dict.fromkeys(draft.carried, 0.0)})
    compensable = [number for number in todo if draft.steps[number].rollback_spec is not None]
    return ExecutionPlan(
        strategy=strategy_of(levels),
        estimated_duration=timedelta(seconds=length),
        # What undoes another workflow is never undone itself.
        rollback_strategy=RollbackStrategy.NONE if reverses else strategy.rollback_strategy,
        safety_checks=strategy.safety_checks,
        waves=tuple(Wave(steps=level) for level in levels),
        critical_path=path,
        rollback_order=tuple(Wave(steps=wave) for wave in dag.reverse_waves(order, draft.needs, compensable)),
        resources=planned_resources({number: draft.rendered[number] for number in todo}),
        success_criteria=criteria(draft.steps, settings, "compensation" if reverses else "step"),
        warnings=_warnings(spec, draft, order, inputs, timedelta(seconds=length)),
    )


def _warnings(spec: WorkflowExecutionSpec, draft: Draft, order: tuple[int, ...], inputs: PlanInputs,
              estimate: timedelta) -> tuple[str, ...]:
    if draft.kind is ExecutionKind.ROLLBACK:
        return (*inputs.remarks, *reversal_warnings(draft, order, spec, estimate))[:_MAX_WARNINGS]
    definition = _definition(spec, inputs)
    found = plan_warnings(draft.steps, draft.rendered, draft.needs, order, estimate, spec.execution_strategy)
    said = advice(definition.ai_recommendations, draft.needs) if definition else ()
    return (*inputs.remarks, *found, *said)[:_MAX_WARNINGS]
