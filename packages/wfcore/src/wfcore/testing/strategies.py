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
    DependencyList,
    ExecutionStrategy,
    RollbackSpec,
    WorkflowDefinition,
    WorkflowExecutionSpec,
    WorkflowStep,
)
from wfcore.model.enums import Action, RollbackAction, RollbackStrategy
from wfcore.model.plan import PlanInputs
from wfcore.planning.planner import Plan, plan_workflow
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import CustomAction, Settings
from wfcore.testing.instances import instances, json_values, times, words

__all__ = [
    "CUSTOM_ACTION", "SETTINGS", "definitions", "documents", "execution_strategies", "graphs", "instances",
    "json_values", "parameters", "plans", "rollback_specs", "times", "workflow_specs", "workflow_steps",
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
        return st.builds(
            RollbackSpec, action=st.just(action), timeout=st.none() | st.just(timedelta(seconds=30)),
            parameters=st.none() | instances(cls).flatmap(_localised))

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
        ExecutionStrategy, rollback_strategy=st.sampled_from(RollbackStrategy),
        max_retries=st.none() | st.integers(0, 3), max_parallel_steps=st.none() | st.integers(1, 4),
        workflow_timeout=st.none() | st.integers(60, 7200).map(lambda s: timedelta(seconds=s)))


def workflow_specs(**options: Any) -> st.SearchStrategy[WorkflowExecutionSpec]:
    """Specs that are valid in the namespace `default` under `SETTINGS`; options as for `definitions`."""
    return st.builds(
        WorkflowExecutionSpec, workflow_definition=definitions(**options), execution_strategy=execution_strategies(),
        ttl_seconds_after_finished=st.none() | st.integers(0, 100_000))


def plans(**options: Any) -> st.SearchStrategy[Plan]:
    """Plans of workflows in the namespace `default` under `SETTINGS`; options as for `definitions`."""
    return workflow_specs(**options).map(_planned)


def _planned(spec: WorkflowExecutionSpec) -> Plan:
    plan = plan_workflow(spec, "default", SETTINGS, PlanInputs())
    assert isinstance(plan, Plan), plan
    return plan


def documents(**options: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Raw WorkflowExecution documents without any problem under `SETTINGS`; options as for `definitions`."""
    return workflow_specs(**options).map(lambda spec: {
        "apiVersion": WORKFLOW_EXECUTIONS.api_version, "kind": WORKFLOW_EXECUTIONS.kind,
        "metadata": {"name": "w", "namespace": "default"}, "spec": encode(spec)})
