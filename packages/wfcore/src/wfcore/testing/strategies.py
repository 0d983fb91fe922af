"""Hypothesis strategies for what can be planned: graphs, definitions, specs and raw documents, valid by construction.

Strategies for any single class of the model (`instances`) and for arbitrary JSON
come from `wfcore.testing.instances` and are named here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import attrs

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("the strategies of wfcore.testing need Hypothesis: pip install 'wfcore[testing]'") from error

from wfcore.codec import encode
from wfcore.model.actions import (
    PARAMETERS_OF,
    CheckPodHealthParams,
    RestartPodParams,
    SecretUpdate,
    StepParameters,
    UpdateSecretParams,
)
from wfcore.model.compensations import ROLLBACK_PARAMETERS_OF
from wfcore.model.definition import (
    AdaptiveOrchestrationConfig,
    DependencyList,
    ExecutionStrategy,
    RollbackSpec,
    SafetyCheck,
    SourceReference,
    WorkflowDefinition,
    WorkflowExecutionSpec,
    WorkflowStep,
)
from wfcore.model.enums import Action, RiskLevel, RollbackAction, RollbackStrategy
from wfcore.model.plan import PlanInputs
from wfcore.model.recommendations import AIRecommendations
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import CustomAction, Settings
from wfcore.testing.instances import instances, json_values, times, words

__all__ = [
    "CUSTOM_ACTION", "SETTINGS", "advised", "definitions", "documents", "execution_strategies", "graphs", "instances",
    "json_values", "parameters", "plans", "recommendations", "retry_specs", "reversal_specs", "rollback_specs", "times",
    "workflow_specs", "workflow_steps",
]

# The custom action that `SETTINGS` declares; `custom` steps of the strategies use it.
CUSTOM_ACTION = "flush-cache"
SETTINGS = Settings(custom_actions=(CustomAction(action_type=CUSTOM_ACTION, idempotent=True),))

_LOCAL: Mapping[str, st.SearchStrategy[Any]] = {"namespace": st.sampled_from(["", "default"])}


@cache
def parameters(action: Action) -> st.SearchStrategy[StepParameters | None]:
    """Parameters that a step with this action may have, within the namespace `default`, without inline secrets."""
    if action is Action.UPDATE_SECRET:
        return st.builds(UpdateSecretParams, **_LOCAL, name=words(), updates=st.lists(
            instances(SecretUpdate), min_size=1, max_size=2, unique_by=lambda update: update.key).map(tuple))
    if action is Action.RESTART_POD:
        return st.builds(RestartPodParams, **_LOCAL, pod_name=words()) | st.builds(
            RestartPodParams, **_LOCAL, selector=st.just("app=web"))
    if action is Action.CHECK_POD_HEALTH:
        return st.none() | st.builds(CheckPodHealthParams, **_LOCAL, deployment=words()) | st.builds(
            CheckPodHealthParams, **_LOCAL, selector=st.just("app=web"))
    cls: Any = PARAMETERS_OF[action]
    return instances(cls).flatmap(_localised)


def _localised(value: Any) -> st.SearchStrategy[Any]:
    fields = {a.name for a in attrs.fields(type(value))}
    named = attrs.evolve(value, action_type=CUSTOM_ACTION) if "action_type" in fields else value
    if "namespace" not in fields:
        return st.just(named)
    return _LOCAL["namespace"].map(lambda place: attrs.evolve(named, namespace=place))


@cache
def rollback_specs() -> st.SearchStrategy[RollbackSpec]:
    """Compensations with matching parameters, or none, within the namespace `default`."""
    def build(action: RollbackAction) -> st.SearchStrategy[RollbackSpec]:
        cls: Any = ROLLBACK_PARAMETERS_OF[action]
        # A compensation acts where its step does, and these steps act on no nodes.
        given = st.none() if action is RollbackAction.UNCORDON_NODE else st.none() | instances(cls).flatmap(_localised)
        return st.builds(
            RollbackSpec, action=st.just(action), timeout=st.none() | st.just(timedelta(seconds=30)), parameters=given)

    return st.one_of([build(action) for action in RollbackAction])


# What acts on objects of a namespace, of the cluster, or where nobody can tell.
_ON_NODES = frozenset({Action.CORDON_NODE, Action.UNCORDON_NODE, Action.DRAIN_NODE})
_NAMESPACED = tuple(a for a in Action if a not in _ON_NODES)
_COMPENSABLE = frozenset(_NAMESPACED) - {Action.CUSTOM, Action.CHECK_POD_HEALTH}


@st.composite
def workflow_steps(draw: st.DrawFn, number: int, needs: Sequence[int],
                   actions: Sequence[Action] = _NAMESPACED) -> WorkflowStep:
    """A step with this number and these prerequisites; valid in the namespace `default` under `SETTINGS`."""
    action = draw(st.sampled_from(actions))
    rollback = st.none() | rollback_specs() if action in _COMPENSABLE else st.none()
    return WorkflowStep(
        step_number=number, name=f"step {number}", action=action, parameters=draw(parameters(action)),
        critical_step=draw(st.booleans()), max_retries=draw(st.none() | st.integers(0, 3)),
        timeout=draw(st.none() | st.integers(1, 600).map(lambda s: timedelta(seconds=s))),
        depends_on=tuple(needs), rollback_spec=draw(rollback))


@st.composite
def graphs(draw: st.DrawFn, min_size: int = 1, max_size: int = 6) -> dict[int, frozenset[int]]:
    """For each step the steps it needs: acyclic, because edges only lead to steps drawn earlier."""
    size = draw(st.integers(min_size, max_size))
    numbers = draw(st.lists(st.integers(1, 60), min_size=size, max_size=size, unique=True))
    return {number: frozenset(draw(st.sets(st.sampled_from(numbers[:i]), max_size=3)) if i else ())
            for i, number in enumerate(numbers)}


@st.composite
def definitions(draw: st.DrawFn, needs: Mapping[int, frozenset[int]] | None = None,
                actions: Sequence[Action] = _NAMESPACED, max_size: int = 6) -> WorkflowDefinition:
    """A plannable definition: each edge is spelt in `dependsOn`, in `dependencies` or in both; steps in any order."""
    graph = draw(graphs(max_size=max_size)) if needs is None else needs
    steps, by_name = [], {}
    for number in draw(st.permutations(sorted(graph))):
        spelling = {before: draw(st.sampled_from(("number", "name", "both"))) for before in sorted(graph[number])}
        steps.append(draw(workflow_steps(number, [b for b, how in spelling.items() if how != "name"], actions)))
        named = tuple(f"step {b}" for b, how in spelling.items() if how != "number")
        if named:
            by_name[f"step {number}"] = named
    entries = tuple(DependencyList(step=name, needs=by_name[name]) for name in sorted(by_name))
    return WorkflowDefinition(name=draw(st.sampled_from(("heal", "scale-up"))), steps=tuple(steps),
                              dependencies=entries)


def execution_strategies() -> st.SearchStrategy[ExecutionStrategy]:
    """Strategies that ask for nothing this version refuses."""
    return st.builds(
        ExecutionStrategy, rollback_strategy=st.sampled_from(RollbackStrategy), dry_run_first=st.booleans(),
        approval_required=st.booleans(),
        approval_timeout=st.none() | st.integers(1, 3600).map(lambda s: timedelta(seconds=s)),
        safety_checks=st.lists(instances(SafetyCheck), max_size=3).map(tuple),
        max_retries=st.none() | st.integers(0, 3), max_parallel_steps=st.none() | st.integers(1, 4),
        workflow_timeout=st.none() | st.integers(60, 7200).map(lambda s: timedelta(seconds=s)))


def workflow_specs(**options: Any) -> st.SearchStrategy[WorkflowExecutionSpec]:
    """Specs that are valid in the namespace `default` under `SETTINGS`; options as for `definitions`."""
    return st.builds(
        WorkflowExecutionSpec, workflow_definition=definitions(**options), execution_strategy=execution_strategies(),
        adaptive_orchestration=instances(AdaptiveOrchestrationConfig),
        ttl_seconds_after_finished=st.none() | st.integers(0, 100_000))


def plans(**options: Any) -> st.SearchStrategy[Plan]:
    """Plans of workflows in the namespace `default` under `SETTINGS`; options as for `definitions`."""
    return workflow_specs(**options).map(_planned)


def _planned(spec: WorkflowExecutionSpec) -> Plan:
    plan = plan_workflow(spec, "default", SETTINGS, PlanInputs())
    assert isinstance(plan, Plan), plan
    return plan


def _sources(numbers: Sequence[int]) -> st.SearchStrategy[SourceReference]:
    chosen = st.lists(st.sampled_from(numbers), unique=True, max_size=3).map(tuple) if numbers else st.just(())
    return st.builds(SourceReference, name=st.just("source"), uid=words(), steps=chosen)


def reversal_specs(numbers: Sequence[int] = ()) -> st.SearchStrategy[WorkflowExecutionSpec]:
    """Specs of workflows that undo one named `source`, all of it or some of these steps; nothing of it is tried out."""
    strategies = execution_strategies().map(lambda strategy: attrs.evolve(strategy, dry_run_first=False))
    return st.builds(WorkflowExecutionSpec, rollback_of=_sources(numbers), execution_strategy=strategies)


def retry_specs(numbers: Sequence[int] = (),
                definition: WorkflowDefinition | None = None) -> st.SearchStrategy[WorkflowExecutionSpec]:
    """Specs of workflows that retry one named `source`, with its definition or without; some steps may be forced."""
    return st.builds(
        WorkflowExecutionSpec, retry_of=_sources(numbers), workflow_definition=st.none() | st.just(definition),
        execution_strategy=execution_strategies())


def advised(definition: WorkflowDefinition) -> st.SearchStrategy[WorkflowDefinition]:
    """The definition with whatever a recommender may say about it."""
    return instances(AIRecommendations).map(lambda said: attrs.evolve(definition, ai_recommendations=said))


@st.composite
def recommendations(draw: st.DrawFn, max_size: int = 5) -> list[dict[str, Any]]:
    """Recommendations as JSON that `build_workflow` accepts in the namespace `default` under `SETTINGS`."""
    said: list[dict[str, Any]] = []
    for index in range(draw(st.integers(1, max_size))):
        action = draw(st.sampled_from(_NAMESPACED))
        given = draw(parameters(action))
        flat = {} if given is None else encode(given)
        word = draw(st.sampled_from((action.value, action.value.replace("-", "_"))))
        earlier = st.lists(st.sampled_from([each["id"] for each in said]), max_size=2) if said else st.just([])
        said.append({"id": f"r{index}", "action": word, "parameters": flat, "dependsOn": draw(earlier),
                     "riskLevel": draw(st.sampled_from(RiskLevel)).value, **draw(_OPINIONS)})
    return said


_OPINIONS = st.fixed_dictionaries({}, optional={
    "effectivenessProbability": st.floats(0, 1), "confidence": st.floats(0, 1),
    "historicalSuccessRate": st.floats(0, 1), "explanation": st.text(max_size=20),
    "supportingEvidence": st.lists(st.text(max_size=5), max_size=2)})


def documents(**options: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Raw WorkflowExecution documents without any problem under `SETTINGS`; options as for `definitions`."""
    return workflow_specs(**options).map(lambda spec: {
        "apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
        "metadata": {"name": "w", "namespace": "default"}, "spec": encode(spec)})
